"""Layer traces: recomputed by naive loops, written and read, refused when corrupt."""

import dataclasses
import itertools

import numpy as np
import pytest

from fixedpoint import (
    AccumulatorSpec,
    CodeOverflowError,
    FixedArray,
    Format,
    LayerTrace,
    Overflow,
    Rounding,
    conv2d,
)
from fixedpoint.arrays import code_product, convolution
from stochastic import Lfsr, Pcg
from tests.support.quantization import quantised, rounded

# The kernels take long to compile.
pytestmark = pytest.mark.slow


def drawn(rng, shape, fmt):
    fmt = Format.parse(fmt)
    return FixedArray(rng.integers(fmt.minimum_code, fmt.maximum_code + 1, shape), fmt)


def made(
    *,
    kind="conv2d",
    inputs=(2, 4, 5, 6),
    weights=(6, 2, 3, 2),
    bias=True,
    accumulator=None,
    outputs="sQ4.2",
    **changes,
):
    """Return a trace of random codes whose outputs are all 0, which they should not be."""
    rng = np.random.default_rng(7)
    spec = accumulator or AccumulatorSpec(
        format="sQ6.4", rounding=Rounding.NEAREST_EVEN, overflow=Overflow.SATURATE
    )
    fields = {
        "name": "layer",
        "kind": kind,
        "inputs": drawn(rng, inputs, "uQ2.4"),
        "weights": drawn(rng, weights, "sQ2.3"),
        "bias": drawn(rng, weights[:1], str(spec.format)) if bias else None,
        "accumulator": spec,
        "output_rounding": "nearest_up",
        "output_overflow": "saturate",
    }
    if kind == "conv2d":
        fields |= {"groups": 2, "stride": (2, 1), "padding": (1, 0)}
        fields |= changes
        (n, _, h, w), (o, _, kh, kw) = inputs, weights
        (sy, sx), (py, px) = fields["stride"], fields["padding"]
        shape = (n, o, (h + 2 * py - kh) // sy + 1, (w + 2 * px - kw) // sx + 1)
    else:
        fields |= changes
        shape = (inputs[0], weights[0])
    return LayerTrace(**fields, outputs=FixedArray(np.zeros(shape, int), outputs))


def naive(trace):
    """Return the output codes by seven loops, and a division for each rounding."""
    linear = trace.kind == "linear"
    x, w = (a.codes.astype(int) for a in (trace.inputs, trace.weights))
    x, w = (a[:, :, None, None] if linear else a for a in (x, w))
    spec, target = trace.accumulator, trace.outputs.format
    resolution, early = spec.format.frac_bits, spec.product_rounding
    products = trace.inputs.format.frac_bits + trace.weights.format.frac_bits
    finest = resolution if early else max(products, resolution)
    outputs, inner, high, wide = w.shape
    shape = (*trace.outputs.shape, 1, 1) if linear else trace.outputs.shape
    made = np.zeros(shape, int)
    for n, o, y, column in itertools.product(*map(range, shape)):
        group = o // (outputs // trace.groups)
        total = 0 if trace.bias is None else int(trace.bias.codes[o])
        for c, ky, kx in itertools.product(range(inner), range(high), range(wide)):
            at = y * trace.stride[0] + ky - trace.padding[0]
            beside = column * trace.stride[1] + kx - trace.padding[1]
            inside = 0 <= at < x.shape[2] and 0 <= beside < x.shape[3]
            term = x[n, group * inner + c, at, beside] * w[o, c, ky, kx] if inside else 0
            if early:
                term = int(rounded(term, products - resolution, early))
            else:
                term = int(term) << finest - products
            exact = (total << finest - resolution) + term
            total, _ = quantised(exact, finest, spec.format, spec.rounding, spec.overflow)
            total = int(total)
        made[n, o, y, column], _ = quantised(
            total, resolution, target, trace.output_rounding, trace.output_overflow
        )
    return made.reshape(trace.outputs.shape)


SPECS = [
    AccumulatorSpec(format="sQ6.4", rounding="nearest_even", overflow="saturate"),
    AccumulatorSpec(format="sQ6.4", rounding="to_zero", overflow="wrap"),
    AccumulatorSpec(format="sQ12.7", overflow="wrap"),
    AccumulatorSpec(format="sQ5.2", rounding="jam", overflow="saturate_zero",
                    product_rounding="nearest_odd"),
    AccumulatorSpec(format="sQ6.9", rounding="truncate", overflow="saturate_symmetric"),
]  # fmt: skip


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("spec", SPECS, ids=lambda s: f"{s.format}-{s.overflow.value}")
def test_expected_is_what_naive_loops_give(spec, bias):
    trace = made(accumulator=spec, bias=bias)
    np.testing.assert_array_equal(trace.expected().codes, naive(trace))
    assert trace.expected().format == trace.outputs.format


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "linear", "inputs": (3, 7), "weights": (4, 7)},
        {"kind": "linear", "inputs": (1, 1), "weights": (1, 1), "outputs": "uQ2.0"},
        {"inputs": (2, 3, 4, 4), "weights": (3, 1, 3, 3), "groups": 3, "stride": (1, 2)},
        {"inputs": (1, 2, 1, 1), "weights": (2, 1, 1, 1), "padding": (0, 0)},
        {"outputs": "uQ1.0", "output_rounding": "ceil", "output_overflow": "wrap"},
        {"inputs": (0, 4, 5, 6)},
    ],
)
def test_expected_of_other_kinds_and_shapes(changes):
    trace = made(**changes)
    np.testing.assert_array_equal(trace.expected().codes, naive(trace))


def test_windows_are_the_steps_of_every_sum():
    trace = made(accumulator=AccumulatorSpec(format="sQ20.7"), bias=False)
    windows = trace.windows()
    images, outputs, rows, columns = trace.outputs.shape
    assert windows.shape == (2, images * rows * columns, trace.depth)
    weights = trace.weights.codes.reshape(2, outputs // 2, trace.depth).astype(int)
    sums = np.einsum("gpk,gok->pgo", windows, weights)
    sums = sums.reshape(images, rows, columns, outputs).transpose(0, 3, 1, 2)
    exact = conv2d(
        trace.inputs, trace.weights, trace.accumulator, stride=(2, 1), padding=(1, 0), groups=2
    )
    np.testing.assert_array_equal(sums, exact.codes)
    assert trace.products == sums.size * trace.depth == sums.size * 2 * 3 * 2


@pytest.mark.parametrize("piece", [1 << 22, 100])
def test_a_bias_is_the_start_of_sums_even_with_words(piece, monkeypatch):
    """Without overflow or rounding a sum that starts at b is b more than one from 0."""
    for module in (code_product, convolution):
        monkeypatch.setattr(module, "MAX_WORDS", piece)
    rng = np.random.default_rng(1)
    x, w = drawn(rng, (2, 2, 9, 9), "sQ4.2"), drawn(rng, (5, 2, 3, 3), "sQ4.2")
    bias = drawn(rng, (5,), "sQ40.4")
    spec = AccumulatorSpec(format="sQ40.4")
    plain = conv2d(x, w, spec).codes
    np.testing.assert_array_equal(
        conv2d(x, w, spec, bias=bias).codes, plain + bias.codes[:, None, None]
    )
    narrow = AccumulatorSpec(format="sQ30.1", rounding=Rounding.STOCHASTIC)
    for source in (Lfsr(width=7), Pcg(width=16, seed=3)):
        start = FixedArray(bias.codes % 1000, "sQ30.1")
        difference = (
            conv2d(x, w, narrow, bias=start, bits=source).codes
            - conv2d(x, w, narrow, bits=source).codes
        )
        expected = np.broadcast_to(start.codes[:, None, None], difference.shape)
        np.testing.assert_array_equal(difference, expected)


def test_an_overflow_of_a_sum_from_a_bias_is_named():
    x, w = FixedArray(np.ones((1, 1, 1, 2), int), "sQ3.0"), FixedArray([[[[1, 1]]]], "sQ3.0")
    spec = AccumulatorSpec(format="sQ4.0", overflow="error")
    sentence = r"^sQ4\.0 cannot hold 8\.0 at addition 1 of output \(0, 0, 0, 0\)$"
    with pytest.raises(CodeOverflowError, match=sentence):
        conv2d(x, w, spec, bias=FixedArray([6], "sQ4.0"))


@pytest.mark.parametrize(
    ("bias", "spec", "kind", "message"),
    [
        ([0], SPECS[0], TypeError, r"conv2d takes FixedArrays; quantize \[0\] first"),
        (
            FixedArray([0], "sQ6.4"),
            None,
            ValueError,
            "conv2d with a bias takes an accumulator whose order is sequential",
        ),
        (
            FixedArray([0], "sQ6.4"),
            SPECS[0].replace(order="tree"),
            ValueError,
            "conv2d with a bias takes an accumulator whose order is sequential",
        ),
        (
            FixedArray([0, 0], "sQ6.4"),
            SPECS[0],
            ValueError,
            r"conv2d's bias must be 1 codes of the accumulator's format sQ6\.4, "
            r"not of sQ6\.4 and shape \(2,\)",
        ),
    ],
)
def test_bad_biases(bias, spec, kind, message):
    x = FixedArray(np.ones((1, 1, 1, 1), int), "sQ3.0")
    with pytest.raises(kind, match=f"^{message}$"):
        conv2d(x, x, spec, bias=bias)


@pytest.mark.parametrize(
    "changes", [{}, {"bias": False}, {"kind": "linear", "inputs": (3, 7), "weights": (4, 7)}]
)
def test_a_file_gives_the_same_trace_back(changes, tmp_path):
    trace = made(**changes)
    trace.save(tmp_path / "trace.of-a-layer")
    again = LayerTrace.load(tmp_path / "trace.of-a-layer")
    for field in dataclasses.fields(LayerTrace):
        before, after = getattr(trace, field.name), getattr(again, field.name)
        if isinstance(before, FixedArray):
            assert after.format == before.format
            assert after.codes.dtype == before.codes.dtype
            np.testing.assert_array_equal(after.codes, before.codes)
        else:
            assert after == before


@pytest.mark.parametrize("cut", [0, 40, -200])
def test_a_corrupt_file_is_refused_by_name(cut, tmp_path):
    path = tmp_path / "cut.npz"
    made().save(path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"cut\.npz is not a file of a layer trace: "):
        LayerTrace.load(path)


def test_a_file_of_something_else_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    with pytest.raises(ValueError, match=r"other\.npz is not a file of a layer trace: "):
        LayerTrace.load(tmp_path / "other.npz")
    with pytest.raises(FileNotFoundError):
        LayerTrace.load(tmp_path / "missing.npz")


def test_some_of_the_images():
    trace = made()
    one = trace.of_images(1)
    np.testing.assert_array_equal(one.inputs.codes, trace.inputs.codes[:1])
    np.testing.assert_array_equal(one.expected().codes, trace.expected().codes[:1])
    with pytest.raises(ValueError, match="^number of images must be between 1 and 2, not 3$"):
        trace.of_images(3)


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (
            {"kind": "pool"},
            ValueError,
            "LayerTrace kind must be one of conv2d, linear, not 'pool'",
        ),
        ({"inputs": 3}, TypeError, "LayerTrace inputs must be a FixedArray, not 3"),
        ({"outputs": None}, TypeError, "LayerTrace outputs must be a FixedArray, not None"),
        (
            {"accumulator": "sQ8.8"},
            TypeError,
            "LayerTrace accumulator must be an AccumulatorSpec, not 'sQ8.8'",
        ),
        (
            {"accumulator": SPECS[0].replace(order="tree")},
            ValueError,
            "LayerTrace accumulator order must be sequential, not tree",
        ),
        (
            {"accumulator": SPECS[0].replace(rounding=Rounding.STOCHASTIC)},
            ValueError,
            "LayerTrace takes roundings that need no words, not stochastic",
        ),
        (
            {"output_rounding": Rounding.STOCHASTIC},
            ValueError,
            "LayerTrace takes roundings that need no words, not stochastic",
        ),
        ({"stride": 2}, TypeError, "LayerTrace stride must be a pair of integers, not 2"),
        (
            {"stride": (0, 1)},
            ValueError,
            "LayerTrace stride must be between 1 and 2147483648, not 0",
        ),
        (
            {"inputs": FixedArray([1], "sQ4.0")},
            ValueError,
            r"LayerTrace inputs of kind conv2d must have 4 dimensions, not shape \(1,\)",
        ),
        (
            {"groups": 3},
            ValueError,
            r"LayerTrace weights \(6, 2, 3, 2\) do not fit inputs \(2, 4, 5, 6\) in 3 groups",
        ),
        (
            {"weights": FixedArray(np.zeros((6, 2, 9, 2), int), "sQ2.3")},
            ValueError,
            r"LayerTrace weights \(6, 2, 9, 2\) leave no output of inputs \(2, 4, 5, 6\)",
        ),
        (
            {"stride": (1, 1)},
            ValueError,
            r"LayerTrace outputs must have shape \(2, 6, 5, 5\), not \(2, 6, 3, 5\)",
        ),
        (
            {"bias": FixedArray([1], "sQ6.4")},
            ValueError,
            r"LayerTrace bias must have shape \(6,\), not \(1,\)",
        ),
        (
            {"bias": FixedArray([1] * 6, "sQ4.4")},
            ValueError,
            r"LayerTrace bias must have the accumulator's format sQ6\.4, not sQ4\.4",
        ),
    ],
)
def test_errors(changes, kind, message):
    with pytest.raises(kind, match=f"^{message}$"):
        dataclasses.replace(made(), **changes)


def test_a_linear_layer_has_no_stride():
    trace = made(kind="linear", inputs=(3, 7), weights=(4, 7))
    sentence = (
        r"LayerTrace of kind linear takes stride \(1, 1\), padding \(0, 0\) and 1 group, "
        r"not \(2, 1\), \(0, 0\) and 1"
    )
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        dataclasses.replace(trace, stride=(2, 1))
