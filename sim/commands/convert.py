"""``goldstream convert``: a trained network as parameters of circuits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import AsJson
from .study_grid import numbers
from .trained_network import Length, Seed, StreamRunFolder, load_neurons

if TYPE_CHECKING:
    from fixedpoint.circuit import Circuit
    from stochastic import IntegralNetwork

__all__ = ["convert_run"]


def convert_run(
    folder: StreamRunFolder,
    out: Annotated[Path, typer.Option(help="Folder for the files, created if missing.")],
    length: Length = None,
    seed: Seed = 1,
    parallel: Annotated[
        str | None,
        typer.Option(
            help="Neurons of each layer that work at a time, with commas; by default few of "
            "them, so that the circuit is small."
        ),
    ] = None,
    group: Annotated[
        int | None,
        typer.Option(help="Pixels that enter at a time; by default at most 16."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a trained network on integral streams as parameters of circuits.

    The files are network.json, with the weights in its memories, and the parts of it:
    layer0.json and so on, and neuron0.json for the neurons of each hidden layer. The commands
    emit, verify, show and synth take them as --parameters.

    Example: goldstream convert runs/mnist --parallel 2,4,2 --out circuits
    """
    from fixedpoint.circuit.files import check_directory, writing
    from stochastic.networks import StreamNetwork, circuit_of, convert

    from ..checks.network_replay import hardware_of

    settings, model = load_neurons(folder)
    if settings.convolutions:
        raise ValueError(
            f"{folder} has convolutions, and there is no hardware of a whole network with them"
        )
    network = convert(
        model,
        length=settings.length if length is None else length,
        range=settings.range,
        seed=seed,
    )
    assert isinstance(network, StreamNetwork)
    whole = hardware_of(network)
    each = numbers("parallel", parallel, int) or [layer.parallel for layer in whole.layers]
    entering = whole.layers[0].group if group is None else group
    whole = circuit_of(network, parallel=each, group=entering)
    check_directory(out)
    parts = _parts(whole)
    for name, circuit in parts.items():
        with writing(out / f"{name}.json") as file:
            file.write(circuit.to_json() + "\n")
    rows = [_row(out / f"{name}.json", circuit) for name, circuit in parts.items()]
    if as_json:
        print(json.dumps(rows))
    else:
        _print(rows)


def _parts(whole: IntegralNetwork) -> dict[str, Circuit]:
    """Return the network, its layers, and the neurons of its hidden layers, by name."""
    from stochastic import IntegralNeuron

    parts: dict[str, Circuit] = {"network": whole}
    for number, layer in enumerate(whole.layers):
        parts[f"layer{number}"] = layer
    for number, layer in enumerate(whole.layers):
        if layer.states is not None:
            parts[f"neuron{number}"] = IntegralNeuron(
                fan_in=layer.fan_in, range=layer.range, states=layer.states
            )
    return parts


def _row(path: Path, circuit: Any) -> dict[str, Any]:
    """Return what the table says about a circuit."""
    from stochastic import IntegralLayer, IntegralNetwork

    row: dict[str, Any] = {"file": str(path), "circuit": "integral_neuron"}
    if isinstance(circuit, IntegralNetwork):
        row |= {"circuit": "integral_network", "cycles": circuit.image_cycles}
    if isinstance(circuit, IntegralLayer):
        row |= {"circuit": "integral_layer", "cycles": circuit.image_cycles}
        row |= {"neurons": circuit.neurons, "at_a_time": circuit.parallel}
    return row


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Written to {Path(rows[0]['file']).parent}")
    for heading in ("file", "circuit"):
        table.add_column(heading, overflow="fold")
    for heading in ("neurons", "at a time", "cycles an image"):
        table.add_column(heading, justify="right")
    for row in rows:
        figures = [row.get(name, "") for name in ("neurons", "at_a_time", "cycles")]
        table.add_row(Path(row["file"]).name, row["circuit"], *map(str, figures))
    Console().print(table)
    first = rows[0]
    print(f"Next: goldstream emit {first['circuit']} --parameters {first['file']}")
