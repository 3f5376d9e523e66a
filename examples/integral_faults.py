"""Misclassification of networks with faults: integral streams, bit streams and binary words.

All layers have faults of one kind on one node at a time. Bits flip in some of the cycles, or
are stuck; or bits of the sums are late, as after timing violations. The networks are those of
``examples.integral_mnist``. The study resumes.

    python -m examples.integral_faults --study build/mnist --out build/faults --data DIRECTORY
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from examples.exit_status import exit_with
from examples.faulty_binary import faulty_errors
from examples.integral_binary import binary_network, in_fixed_point
from examples.integral_mnist import BINARY_EPOCHS
from examples.integral_tables import add_rows, read_rows
from examples.picture import new_figure, save_figure
from fixedpoint.circuit.files import check_directory
from stochastic import StreamFaults
from stochastic.training import Dataset, load

RATES = (0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
KINDS = ("flip", "late_words", "stuck_at_0", "stuck_at_1", "late")
NODES = ("inputs", "weights", "sums", "counters")
# Runs of the study by what they are called here.
STREAMS = {"integral streams": "N256-m4-seed1", "bit streams": "N1024-m1-seed1"}
BINARY = "8-bit words"
NETWORKS = ("integral streams", BINARY, "bit streams")
COLUMNS = ("network", "node", "kind", "rate", "images", "error")
# Faults of the three layers of a network whose Verilog is simulated.
REPLAYED = (
    {0: ("weights", "flip", 0.05), 1: ("sums", "late", 0.1), 2: ("inputs", "flip", 0.05)},
    {0: ("inputs", "flip", 0.1), 1: ("counters", "flip", 0.05), 2: ("sums", "flip", 0.01)},
)


def faults_of(node: str, kind: str, rate: float, layers: int) -> dict[int, StreamFaults]:
    """Return faults on a node of all layers; an output layer has no counters."""
    last = layers - (node == "counters")
    return {
        number: StreamFaults(node=node, kind=kind, rate=rate, seed=number + 1)
        for number in range(last)
    }


def experiments() -> list[tuple[str, str, float]]:
    """Return node, kind and rate of each experiment; the first has no faults."""
    pairs = [(n, k) for k in KINDS for n in NODES if k[:4] != "late" or n == "sums"]
    found = [("inputs", "flip", 0.0)]
    return found + [(node, kind, rate) for node, kind in pairs for rate in RATES[1:]]


class Study:
    """All networks and the table of what has been measured."""

    def __init__(self, out: Path, study: Path, data: Dataset, images: int) -> None:
        self.table = out / "faults.csv"
        self.out, self.study, self.data = out, study, data
        self.images = data.test_images[:images]
        self.labels = data.test_labels[:images]
        check_directory(out)

    def measure(self, names: list[str]) -> None:
        """Run all experiments of some networks that are not in the table."""
        known = {tuple(row[name] for name in COLUMNS[:5]) for row in read_rows(self.table)}
        for name in names:
            run = None
            for node, kind, rate in experiments():
                if name == BINARY and node == "counters":
                    continue
                key = (name, node, kind, f"{rate:g}", str(len(self.labels)))
                if key in known:
                    continue
                run = run or self._network(name)
                wrong = run(node, kind, rate)
                values = [*key, f"{100 * wrong / len(self.labels):.3f}"]
                add_rows(self.table, COLUMNS, [values])
                print(", ".join(values), flush=True)

    def stream_network(self, name: str) -> Any:
        """Return a trained network on streams."""
        from stochastic.networks import convert, load_trained

        settings, model = load_trained(self.study / STREAMS[name])
        return convert(model, length=settings.length, range=settings.range)

    def _network(self, name: str) -> Any:
        """Return what gives the number of wrong labels for node, kind and rate."""
        if name == BINARY:
            model = binary_network(
                self.study / "binary",
                self.data,
                (100, 200),
                augment=True,
                seed=1,
                epochs=BINARY_EPOCHS,
            )
            fixed = in_fixed_point(model, self.data)

            def run_binary(node: str, kind: str, rate: float) -> int:
                options: dict[str, Any] = {"node": node, "kind": kind, "rate": rate}
                return faulty_errors(fixed, self.images, self.labels, **options)

            return run_binary
        network = self.stream_network(name)

        def run(node: str, kind: str, rate: float) -> int:
            faults = faults_of(node, kind, rate, len(network.layers)) if rate else {}
            found = network.with_faults(faults).classify(self.images)
            return int((found != self.labels).sum())

        return run

    def draw(self) -> None:
        """Draw one panel for each node and kind."""
        rows = read_rows(self.table)
        panels = [
            *((f"flipped {node}", node, ("flip",)) for node in NODES),
            *((f"stuck {node}", node, ("stuck_at_0", "stuck_at_1")) for node in NODES[:3]),
            ("late sums", "sums", ("late", "late_words")),
        ]
        figure, axes = new_figure(2, 4, figsize=(14, 6.4), sharex=True, sharey=True)
        for part, (title, node, kinds) in zip(axes.flat, panels, strict=True):
            for number, name in enumerate(NETWORKS):
                for kind in kinds:
                    points = self._curve(rows, name, node, kind)
                    if not points:
                        continue
                    part.plot(
                        [100 * rate for rate, _ in points],
                        [error for _, error in points],
                        color=f"C{number}", marker="o", markersize=3,
                        linestyle="-" if kind == kinds[0] else "--",
                        label=name if kind == kinds[0] else None,
                    )  # fmt: skip
            part.set(title=title, yscale="log")
            part.set_xscale("symlog", linthresh=0.1)
            part.grid(alpha=0.3, which="both")
        axes[0, 0].legend(fontsize=8, loc="lower right")
        for part, text in ((axes[1, 0], "dashed: at 1"), (axes[1, 3], "dashed: whole sums")):
            part.annotate(text, (0.05, 0.92), xycoords="axes fraction", fontsize=8)
        for part in axes[1]:
            part.set_xlabel("faulty bits (%)")
        for part in axes[:, 0]:
            part.set_ylabel("misclassification (%)")
        save_figure(figure, self.out / "faults.png")

    def _curve(
        self, rows: list[dict[str, str]], name: str, node: str, kind: str
    ) -> list[tuple[float, float]]:
        """Return rates and errors in order; every curve begins without faults.

        They are those of the most images that the network has been run on.
        """
        counts = [int(row["images"]) for row in rows if row["network"] == name]
        count = str(max(counts, default=0))
        points = [
            (float(row["rate"]), float(row["error"]))
            for row in rows
            if (row["network"], row["images"]) == (name, count)
            and (row["rate"] == "0" or (row["node"], row["kind"]) == (node, kind))
        ]
        return sorted(points) if len(points) > 1 else []

    def replay(self, images: int) -> int:
        """Simulate the Verilog of networks with faults; return the number of differences."""
        from sim.checks.network_replay import replay_network

        network = self.stream_network("integral streams")
        differences = 0
        for layers in REPLAYED:
            faults = {
                number: StreamFaults(node=node, kind=kind, rate=rate, seed=number + 1)
                for number, (node, kind, rate) in layers.items()
            }
            found = replay_network(
                network.with_faults(faults), self.images[:images], self.labels[:images]
            )
            differences += found.mismatches + found.labels_differing
            text = ", ".join(f"{rate:g} {kind} {node}" for node, kind, rate in layers.values())
            print(
                f"Verilog, {text}: {found.images} images, {found.cycles:,} cycles, "
                f"{found.bits_compared:,} bits compared, {found.mismatches} mismatches"
            )
        return differences


def main(arguments: list[str] | None = None) -> int:
    """Run the study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="folder of integral_mnist")
    parser.add_argument("--out", type=Path, required=True, help="folder of table and picture")
    parser.add_argument("--data", type=Path, help="directory of the data set")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--images", type=int, default=10000, help="test images, the first")
    parser.add_argument(
        "--networks",
        nargs="*",
        choices=NETWORKS,
        default=[name for name in NETWORKS if name == BINARY or name in STREAMS],
        help="by default all",
    )
    parser.add_argument(
        "--verify-images", type=int, default=0, help="images through Verilog with faults"
    )
    given = parser.parse_args(arguments)
    import torch

    torch.set_num_threads(1)
    study = Study(given.out, given.study, load(given.dataset, given.data), given.images)
    study.measure(given.networks)
    study.draw()
    return int(given.verify_images > 0 and study.replay(given.verify_images) > 0)


if __name__ == "__main__":
    exit_with(main)
