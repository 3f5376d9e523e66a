"""Ways to compute one function, for the tables of `examples.silicon`."""

from __future__ import annotations

import numpy as np

from examples.silicon_updates import update
from examples.silicon_way import Way, held, random_bits
from examples.tanh_table import TanhTable
from fixedpoint import (
    FixedMultiplier,
    Format,
)
from stochastic import (
    ConditionalMultiplier,
    DeterministicMultiplier,
    IntegralNeuron,
    Lfsr,
    Multiplier,
    NStanh,
    Sng,
    StochasticToBinary,
    VanDerCorput,
    Xorshift32,
)
from stochastic.circuit import Netlist
from stochastic.invertible import Noise, SpinGate

__all__ = ["TABLES"]

# Products ----------------------------------------------------------------------------------


def stochastic_product(first, second, length: int) -> Netlist:
    """Return two SNGs, a gate and a counter: codes in, the count of a product out."""
    return Netlist(
        parts={
            "a": Sng(generator=first),
            "b": Sng(generator=second),
            "gate": Multiplier(),
            "counter": StochasticToBinary(length=length),
        },
        wires={
            "a.code": "x",
            "b.code": "y",
            "gate.a": "a.stream",
            "gate.b": "b.stream",
            "counter.stream": "gate.product",
            "product": "counter.count",
        },
    )


def product_error(first, second, length: int) -> float:
    """Return the RMS error of all products of 8-bit codes by two generators."""
    codes = np.arange(257)
    size = 1 << first.width
    a, b = (
        (generator.words(length)[None] < (codes * size // 256)[:, None]).astype(float)
        for generator in (first, second)
    )
    return float(np.sqrt(np.mean((a @ b.T / length - np.outer(codes, codes) / 256**2) ** 2)))


def fixed_product_error(bits: int) -> float:
    """Return the RMS error of products of 8-bit numbers rounded to some bits."""
    x = np.arange(257) / 256
    step = 2.0**-bits
    rounded = np.minimum(np.round(x / step), 2**bits - 1) * step
    product = np.round(np.outer(rounded, rounded) / step) * step
    return float(np.sqrt(np.mean((product - np.outer(x, x)) ** 2)))


def fixed_product(bits: int) -> FixedMultiplier:
    """Return an unsigned multiplier with operands and product of some bits."""
    form = Format.parse(f"uQ0.{bits}")
    return FixedMultiplier(
        a=form, b=form, target=form, rounding="nearest_up", overflow="saturate"
    )


def multiply() -> list[Way]:
    """Return products by streams, and by fixed point of at most their RMS error."""
    ways = []
    lfsrs = (Lfsr(width=8), Lfsr(width=8, form="galois", taps=(8, 7, 5, 3)))
    quasi = (Lfsr(width=8, zero_state=True), VanDerCorput(width=8))
    for label, (first, second), length in (
        ("two LFSRs, N = 255", lfsrs, 255),
        ("LFSR and van der Corput, N = 256", quasi, 256),
    ):
        circuit = stochastic_product(first, second, length)
        error = product_error(first, second, length)
        ways.append(Way(label, circuit, length, 1, error, held(length, 4)))
    exact = Netlist(
        parts={
            "gate": DeterministicMultiplier(width=4),
            "counter": StochasticToBinary(length=256),
        },
        wires={
            "gate.a": "x",
            "gate.b": "y",
            "counter.stream": "gate.product",
            "product": "counter.count",
            "last": "gate.last",
        },
    )
    x = np.arange(257) / 256
    rounded = np.round(x * 16) / 16
    error = np.sqrt(np.mean((np.outer(rounded, rounded) - np.outer(x, x)) ** 2))
    label = "two counters of 4 bits, N = 256"
    ways.append(Way(label, exact, 256, 1, float(error), held(256, 4)))
    for way in tuple(ways):
        bits = next(b for b in range(1, 17) if fixed_product_error(b) <= (way.error or 0))
        label = f"fixed point, {bits} bits"
        if label not in {w.label for w in ways}:
            error = fixed_product_error(bits)
            ways.append(Way(label, fixed_product(bits), 1, 1, error, held(1, 1024)))
    return ways


def gates() -> list[Way]:
    """Return two ways to the stream of a product, without a counter."""
    wires = {"a.code": "x", "gate.code": "y", "gate.stream": "a.stream"}
    unary = Netlist(
        parts={
            "a": Sng(generator=Lfsr(width=8)),
            "gate": ConditionalMultiplier(generator=Lfsr(width=8)),
        },
        wires={**wires, "product": "gate.product"},
    )
    independent = Netlist(
        parts={
            "a": Sng(generator=Lfsr(width=8)),
            "b": Sng(generator=Lfsr(width=8, form="galois", taps=(8, 7, 5, 3))),
            "gate": Multiplier(),
        },
        wires={
            "a.code": "x",
            "b.code": "y",
            "gate.a": "a.stream",
            "gate.b": "b.stream",
            "product": "gate.product",
        },
    )
    return [
        Way("two SNGs and a gate (Gaines)", independent, 256, 1, None, held(256, 4)),
        Way("an SNG and ConditionalMultiplier (uMUL)", unary, 256, 1, None, held(256, 4)),
    ]


# tanh --------------------------------------------------------------------------------------


def tanh_error(states: int, range_: int, length: int) -> float:
    """Return the RMS error of NStanh's mean over a stream, for values over the whole range."""
    rng = np.random.default_rng(2)
    values = np.linspace(-1, 1, 129)
    ones = rng.binomial(range_, np.tile((values + 1) / 2, 8), (length, 8 * len(values)))
    y = NStanh(states=states, range=range_).run({"value": 2 * ones - range_})[0]["y"]
    found = 2 * y.mean(axis=0) - 1
    expected = np.tanh(states / range_ * range_ * values / 2)
    return float(np.sqrt(np.mean((found - np.tile(expected, 8)) ** 2)))


def table_error(width: int, gain: int) -> float:
    """Return the RMS error of a table of tanh for the same values."""
    half = 1 << (width - 1)
    values = np.linspace(-1, 1, 129)
    table = TanhTable(width=width, gain=gain).table
    code = np.clip(np.round(values * half), -half, half - 1).astype(int) + half
    found = np.array(table)[code] / half
    return float(np.sqrt(np.mean((found - np.tanh(gain * values / 2)) ** 2)))


def tanh() -> list[Way]:
    """Return counters of 16 states on streams, and tables of tanh."""
    ways = []
    for range_, length in ((1, 1024), (4, 256)):
        error = tanh_error(16, range_, length)
        label = f"NStanh, K = 16, m = {range_}, N = {length}"
        circuit = NStanh(states=16, range=range_)
        ways.append(Way(label, circuit, length, 1, error, random_bits))
    width = next(w for w in range(2, 11) if table_error(w, 16) <= max(w.error for w in ways))
    for bits in dict.fromkeys((width, 8)):
        circuit = TanhTable(width=bits, gain=16)
        label = f"table, {bits} bits"
        ways.append(Way(label, circuit, 1, 1, table_error(bits, 16), held(1, 1024)))
    return ways


# Neurons and spins -------------------------------------------------------------------------


# Misclassification of MNIST by 784-100-200-10 neurons of length N and range m, as
# docs/integral.md has it.
MNIST_ERRORS = {
    (1024, 1): 0.0149,
    (512, 2): 0.0135,
    (256, 4): 0.0127,
    (128, 2): 0.0147,
    (64, 4): 0.0147,
    (32, 8): 0.0166,
    (64, 2): 0.0188,
}


def neuron() -> list[Way]:
    """Return neurons of 32 inputs at each length and range with a network that was trained."""
    return [
        Way(
            f"N = {n}, m = {m}",
            IntegralNeuron(fan_in=32, range=m, states=8 * m),
            n,
            1,
            error,
            random_bits,
        )
        for (n, m), error in MNIST_ERRORS.items()
    ]


def spin() -> list[Way]:
    """Return spin gates of four and of eight neighbours."""
    return [
        Way(
            f"{len(weights)} neighbours, I0 = {limit}",
            SpinGate(
                h=1,
                weights=weights,
                limit=limit,
                noise=Noise(weight=2),
                generator=Xorshift32(width=1),
            ),
            1,
            1,
            None,
            random_bits,
        )
        for weights, limit in (((2, -1, 2, -2), 16), ((2, -1, 2, -2) * 2, 16))
    ]


# Of each table: its title, the ways, and what one result is.
TABLES = {
    "multiply": (
        "Product of two numbers of 8 bits: streams, and fixed point of at most their error",
        multiply,
        "a product",
    ),
    "gates": (
        "Stream of a product of two numbers of 8 bits, N = 256",
        gates,
        "a product",
    ),
    "update": (
        "Momentum SGD of eight weights, and the error of ResNet18 trained by such updates",
        update,
        "an update",
    ),
    "tanh": (
        "tanh(8 x): a counter of 16 states on streams, and tables",
        tanh,
        "a value",
    ),
    "neuron": (
        "Neuron of 32 inputs, and the error of MNIST by a network of such neurons",
        neuron,
        "a value",
    ),
    "spin": (
        "Spin of an invertible circuit, with the generator of its noise",
        spin,
        "an update",
    ),
}
