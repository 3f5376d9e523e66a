"""One training step in fixed point on one core, forward, backward and update.

The peer is the step of the same network in float with `torch.optim.SGD`, in the memory format
in which torch is fastest. The networks have 1/4 width and take 64 images of 32 x 32 pixels.
The steps take turns, and the shortest time of each counts.

    python -m benchmarks.training_steps [--json FILE]
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

from benchmarks.measurement import Measurement, best_times, main
from fixedpoint import WordReader
from fixedpoint.layers import CrossEntropy, with_roles
from stochastic.training import NETWORKS, OPTIMIZERS, training_roles
from stochastic.training.networks.memory_formats import fastest_format
from stochastic.training.runs.training_roles import words_of_seed

TURNS = 5
IMAGES = 64


def _step(network: str, formats: str | None) -> Callable[[], None]:
    """Return a training step of a network, in float if `formats` is None."""
    torch.manual_seed(1)
    model: torch.nn.Module = NETWORKS[network](channels=3, classes=10, width=0.25)
    memory_format = fastest_format(model)
    model = model.to(memory_format=memory_format)  # type: ignore[call-overload]
    images = torch.randn(IMAGES, 3, 32, 32).contiguous(memory_format=memory_format)
    labels = torch.randint(0, 10, (IMAGES,))
    loss: Callable[..., torch.Tensor] = functional.cross_entropy
    if formats is not None:
        roles, words = training_roles(formats), WordReader(words_of_seed(1))
        model = with_roles(model, roles, bits=words)
        loss = CrossEntropy(roles, bits=words)
    optimizer = OPTIMIZERS["sgd" if formats is None else "fixed-stochastic"].make(
        list(model.named_parameters()), lr=0.005, momentum=0.9375
    )

    def step() -> None:
        optimizer.zero_grad()
        loss(model(images), labels).backward()
        optimizer.step()

    return step


def measure() -> list[Measurement]:
    """Measure the steps of all networks."""
    torch.set_num_threads(1)
    measurements = []
    for network in NETWORKS:
        steps = {
            formats or "float": _step(network, formats) for formats in (None, "8-bit", "16-bit")
        }
        for step in steps.values():
            step()
        times = best_times(steps, turns=TURNS)
        measurements += [
            Measurement(
                name=f"{network}, {formats}",
                unit="images/s",
                rate=IMAGES / times[formats],
                peer=IMAGES / times["float"],
            )
            for formats in ("8-bit", "16-bit")
        ]
    return measurements


if __name__ == "__main__":
    main("Training step in fixed point, one core", measure)
