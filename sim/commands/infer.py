"""``goldstream infer``: a trained network on integral streams, bit by bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..progress import progress_bar
from ..tools import check_simulator
from .trained_network import Length, Seed, StreamRunFolder, load_neurons

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["infer"]


def infer(
    folder: StreamRunFolder,
    images: Annotated[
        Path | None,
        typer.Option(
            help="Directory of the run's data set, or an .npz file with images and labels."
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option(help="How many images to classify at most; by default all.")
    ] = None,
    length: Length = None,
    seed: Seed = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the results, which resumes; by default one inside of the run's."
        ),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Simulate the Verilog of the network on the first images, too."
        ),
    ] = False,
    verify_images: Annotated[
        int, typer.Option(help="How many images go through the Verilog with --verify.")
    ] = 10,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for machines instead of text.")
    ] = False,
) -> None:
    """Classify images with a trained network on integral streams.

    The simulation is bit-accurate. The command writes predictions.csv with the label and the
    sums of every image, and error.png with the misclassification from cycle to cycle, into a
    folder inside of the run's. An interrupted command continues. With --verify the first
    images also go through the simulated Verilog of the whole network, and every output bit of
    every cycle is compared with the circuit's model; the exit status is 1 if one differs. This
    check continues, too.

    Example: goldstream infer runs/mnist --count 1000 --length 512
    """
    from fixedpoint.circuit import check_integer

    check_integer("--seed", seed, 1, 1 << 31)
    if count is not None:
        check_integer("--count", count, 1, 1 << 31)
    check_integer("--verify-images", verify_images, 1, 1 << 31)
    if verify:
        check_simulator("verilator")

    from stochastic.networks import CountedNetwork, Inference, convert

    settings, model = load_neurons(folder)
    if verify and settings.convolutions:
        raise ValueError(
            "--verify is for networks without convolutions: there is no hardware of the whole "
            f"network in {folder}"
        )
    found, labels = _images(settings.dataset, images)
    if found.ndim and labels.ndim:
        found, labels = found[:count], labels[:count]
    network = convert(
        model,
        length=settings.length if length is None else length,
        range=settings.range,
        seed=seed,
        # Their size is that of the first convolution's input.
        images=found if settings.convolutions else None,
    )
    assert not isinstance(network, CountedNetwork)
    name = f"infer-N{network.length}-seed{seed}-{labels.size}"
    inference = Inference(folder / name if out is None else out, network, found, labels)
    with progress_bar(as_json) as bar:
        task = bar.add_task("first images", total=len(labels), completed=inference.done)

        def show(done: int, wrong: int) -> None:
            text = f"{done} images, {100 * wrong / done:.2f} % wrong"
            bar.update(task, completed=done, description=text)

        errors = inference.run(show)
    result: dict[str, Any] = {
        "images": len(labels),
        "errors": errors,
        "length": network.length,
        "range": settings.range,
        "seconds": round(inference.seconds, 3),
    }
    replayed = None
    if verify:
        part = found[:verify_images], labels[:verify_images]
        replayed = _replay(network, *part, inference.folder, as_json)
        result["verified"] = replayed.to_dict()
    if as_json:
        print(json.dumps(result))
    else:
        print(
            f"{errors} of {len(labels)} images wrong ({100 * errors / len(labels):.2f} %), "
            f"N = {network.length}, m = {settings.range}, {inference.seconds:.2f} s"
        )
        if replayed is not None:
            print(
                f"Verilog: {replayed.images} images, {replayed.cycles:,} cycles, "
                f"{replayed.bits_compared:,} bits compared, {replayed.mismatches} mismatches"
            )
        print(f"Written to {inference.folder}")
    if replayed is not None and not replayed.passed:
        raise typer.Exit(1)


def _replay(network: Any, images: Any, labels: Any, folder: Path, hidden: bool) -> Any:
    """Return the result of the images in the Verilog of the network."""
    from ..checks.replay_in_parts import replay_in_parts

    with progress_bar(hidden) as bar:
        task = bar.add_task("building the simulation", total=len(labels))

        def show(done: int) -> None:
            text = f"{done} images through the Verilog"
            bar.update(task, completed=done, description=text)

        path = folder / f"verilog-{len(labels)}.json"
        return replay_in_parts(network, images, labels, path, progress=show)


def _images(dataset: str, path: Path | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return test images and labels of a data set, or those of an archive."""
    from fixedpoint.circuit.archives import archive
    from stochastic.training.datasets import load

    if path is None or path.is_dir():
        data = load(dataset, path)
        return data.test_images, data.test_labels
    if not path.exists():
        raise FileNotFoundError(f"there is no file or directory {path}")
    with (
        path.open("rb") as file,
        archive(file, f"{path} is no archive with images and labels") as arrays,
    ):
        return arrays["images"], arrays["labels"]
