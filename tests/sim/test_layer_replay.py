"""Layers through the Verilog of the array: every bit equal, and every wrong bit found."""

import csv
import dataclasses
import subprocess
import sys

import numpy as np
import pytest

import rtl
from fixedpoint import AccumulatorSpec, FixedArray, Format, LayerTrace
from sim.checks.faults import faults
from sim.checks.layer_replay import array_of, replay_layer

pytestmark = pytest.mark.simulator


def made(inputs, weights, *, kind="conv2d", bias=True, seed=3, **geometry):
    """Return a trace of random codes with the outputs that `expected` gives."""
    rng = np.random.default_rng(seed)

    def drawn(shape, name):
        fmt = Format.parse(name)
        return FixedArray(rng.integers(fmt.minimum_code, fmt.maximum_code + 1, shape), fmt)

    walk = {"stride": (1, 1), "padding": (0, 0), **geometry}
    if kind == "linear":
        shape = (inputs[0], weights[0])
    else:
        size = [
            (inputs[i + 2] + 2 * walk["padding"][i] - weights[i + 2]) // walk["stride"][i] + 1
            for i in range(2)
        ]
        shape = (inputs[0], weights[0], *size)
    fields = {
        "name": "features.3",
        "kind": kind,
        "inputs": drawn(inputs, "uQ0.4"),
        "weights": drawn(weights, "sQ1.3"),
        "bias": drawn(weights[:1], "sQ3.5") if bias else None,
        "accumulator": AccumulatorSpec(
            format="sQ3.5", rounding="nearest_even", overflow="saturate"
        ),
        "output_rounding": "nearest_up",
        "output_overflow": "saturate",
        **geometry,
    }
    trace = LayerTrace(**fields, outputs=FixedArray(np.zeros(shape, int), "uQ1.3"))
    return dataclasses.replace(trace, outputs=trace.expected())


# Sizes that leave rows and columns of the array without work now and then.
LAYERS = {
    "convolution": made((2, 3, 4, 5), (4, 3, 3, 2), stride=(1, 2), padding=(1, 0)),
    "linear": made((5, 7), (4, 7), kind="linear", bias=False),
    "groups, row by row": made((2, 4, 3, 3), (4, 2, 2, 2), groups=2),
    "depthwise": made((2, 3, 4, 4), (3, 1, 3, 3), groups=3, padding=(1, 1)),
    "groups, side by side": made((1, 4, 3, 3), (8, 2, 2, 2), groups=2),
}


def array_for(name):
    array = array_of(LAYERS["convolution"], rows=2, columns=3)
    side_by_side = name in ("depthwise", "groups, side by side")
    return array.replace(inputs_per="unit") if side_by_side else array


@pytest.mark.parametrize("name", LAYERS)
def test_every_bit_of_every_output_is_equal(name):
    trace = LAYERS[name]
    result = replay_layer(trace, array_for(name))
    assert result.first is None, result.first
    assert result.mismatches == 0
    assert result.bits_compared == 4 * trace.outputs.size
    assert result.products == trace.products
    # What is compared is not all alike.
    assert len(np.unique(trace.outputs.codes)) > 3
    pixels = trace.outputs.size // len(trace.weights)
    each = len(trace.weights) // (1 if "side" in name or "depth" in name else trace.groups)
    blocks = len(trace.weights) // each * -(-each // 3) * -(-pixels // 2)
    assert result.cycles == blocks * trace.depth + 1


def test_some_images_in_several_simulations(monkeypatch):
    monkeypatch.setattr("sim.checks.layer_replay.MOST_BITS", 4000)
    seen = []
    trace = LAYERS["convolution"]
    result = replay_layer(
        trace, array_for(""), images=1, progress=lambda *report: seen.append(report)
    )
    assert result.mismatches == 0
    assert (result.images, result.outputs) == (1, trace.outputs.size // 2)
    assert len(seen) > 3 and seen[-1] == ("done", 1.0)
    assert [done for _, done in seen] == sorted(done for _, done in seen)


def test_a_wrong_bit_of_a_trace_is_found_where_it_is():
    trace = LAYERS["convolution"]
    codes = trace.outputs.codes.copy()
    codes[1, 2, 3, 0] ^= 5
    wrong = dataclasses.replace(trace, outputs=FixedArray(codes, trace.outputs.format))
    result = replay_layer(wrong, array_for(""))
    assert result.mismatches == 2
    assert result.first == (
        "layer features.3: result of output (1, 2, 3, 0) is "
        f"{codes[1, 2, 3, 0] ^ 5} in hardware, not {codes[1, 2, 3, 0]}"
    )


def test_a_fault_in_the_hardware_is_found(monkeypatch):
    array = array_for("")
    text = rtl.to_verilog(array, name="mac_array")
    fault = next(fault for fault in faults(text, 40) if fault.kind == "+ became -")
    monkeypatch.setattr(rtl, "to_verilog", lambda *_, **__: fault.verilog)
    result = replay_layer(LAYERS["convolution"], array)
    assert result.mismatches > 0
    assert "in hardware, not" in result.first


def test_an_array_is_no_larger_than_the_layer():
    array = array_of(LAYERS["depthwise"])
    assert (array.rows, array.columns, array.inputs_per) == (8, 3, "unit")
    array = array_of(LAYERS["linear"], rows=16, columns=2)
    assert (array.rows, array.columns, array.inputs_per) == (5, 2, "row")


def test_the_example(tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "examples.layer_replay", "--only", "mobilenetv2"),
            *("--images", "64", "--epochs", "1", "--passed", "1", "--rows", "2"),
            *("--columns", "2", "--out", tmp_path, "--networks", tmp_path / "networks"),
        ],
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with (tmp_path / "layers.csv").open() as file:
        (row,) = csv.DictReader(file)
    # 144 hidden channels at a quarter of the width are 36, of 14 x 14 pixels after stride 2.
    assert row["layer"] == "3x3, 36 channels depthwise, stride 2"
    assert int(row["outputs"]) == 36 * 14 * 14
    assert int(row["bits_compared"]) == 8 * 36 * 14 * 14
    assert int(row["mismatches"]) == 0
    trace = LayerTrace.load(tmp_path / "mobilenetv2.npz")
    np.testing.assert_array_equal(trace.expected().codes, trace.outputs.codes)


def test_errors():
    trace = LAYERS["convolution"]
    other = array_for("").replace(rounding="truncate")
    sentence = r"^layer features\.3 needs an array such as MacArray\(.*\), not MacArray"
    with pytest.raises(ValueError, match=sentence):
        replay_layer(trace, other)
    with pytest.raises(ValueError, match="^number of images must be between 1 and 2, not 3$"):
        replay_layer(trace, images=3)
    empty = made((0, 7), (4, 7), kind="linear")
    with pytest.raises(ValueError, match=r"^layer features\.3 has no outputs to replay$"):
        replay_layer(empty)
