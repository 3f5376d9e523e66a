"""Ways to compute one function, for the tables of `examples.silicon`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from examples.tanh_table import TanhTable
from fixedpoint import (
    Bfloat16MomentumSgdLanes,
    FixedMomentumSgdLanes,
    FixedMultiplier,
    Format,
)
from fixedpoint.circuit import Circuit
from stochastic import (
    ConditionalMultiplier,
    DeterministicMultiplier,
    HybridMomentumSgdLanes,
    IntegralNeuron,
    Lfsr,
    MomentumSgdLanes,
    Multiplier,
    NStanh,
    Sng,
    StochasticToBinary,
    VanDerCorput,
    Xorshift32,
)
from stochastic.circuit import Netlist
from stochastic.invertible import Noise, SpinGate

__all__ = ["LANES", "TABLES", "Way"]

LANES = 16


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to compute a function.

    Attributes
    ----------
    label : str
    circuit : Circuit
    cycles : int
        Clock cycles for one result.
    results : int
        How many results come at once.
    error : float or None
        RMS error of a result.
    inputs : callable
        ``inputs(circuit, rng)`` gives the streams of the workload.
    """

    label: str
    circuit: Circuit
    cycles: int
    results: int
    error: float | None
    inputs: Callable[[Circuit, np.random.Generator], dict[str, NDArray[np.int64]]]


# Products ----------------------------------------------------------------------------------


def held(cycles: int, results: int) -> Callable[..., dict[str, NDArray[np.int64]]]:
    """Return inputs that hold random values during each result, after a cycle of reset."""

    def inputs(circuit: Circuit, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
        found = {}
        for port in circuit.inputs:
            low, high = port.range
            values = rng.integers(low, high, (results, LANES * port.count), endpoint=True)
            rows = np.repeat(values, cycles, axis=0)
            found[port.name] = np.concatenate([rows[:1], rows])
        return found

    return inputs


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


# Updates -----------------------------------------------------------------------------------

UPDATE_LANES = 2
GENERATORS = (Lfsr(width=8), Lfsr(width=8, form="galois"))


def bfloat16_codes(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return numbers cut to bfloat16, as codes."""
    return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.int64)


def updates(circuit: Circuit, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """Return updates: weights are loaded once, gradients are normal, the rate is held."""
    cycles = 512
    ports = {port.name: port for port in circuit.inputs}
    shape = (cycles, LANES * UPDATE_LANES)
    real = {
        "gradient": np.clip(rng.normal(0, 1 / 8, shape), -1, 1),
        "momentum_in": np.zeros(shape),
        "weight_in": rng.uniform(-0.5, 0.5, shape),
    }
    found = {"load": np.zeros((cycles, LANES), np.int64)}
    found["load"][1] = 1
    floating = isinstance(circuit, Bfloat16MomentumSgdLanes)
    for name, values in real.items():
        if floating:
            found[name] = bfloat16_codes(values)
        else:
            # The number 1 is half of the range of a Q2.14 or Q4.12 code, and all of a sample's.
            fixed = isinstance(circuit, FixedMomentumSgdLanes)
            unit = (4096 if name == "weight_in" else 16384) if fixed else ports[name].range[1]
            found[name] = np.round(values * unit).astype(np.int64)
    # A tenth, or of a narrow port a code with as many ones.
    rate = 26 if ports["rate"].width == 8 else 13
    if floating:
        rate = int(bfloat16_codes(np.array([0.1]))[0])
    found["rate"] = np.full((cycles, LANES), rate, np.int64)
    return found


def update() -> list[Way]:
    """Return momentum SGD: dynamic stochastic, hybrid, fixed point and bfloat16."""
    first, second = GENERATORS
    shape = {"lanes": UPDATE_LANES, "decay_shift": 4}
    narrow = {**shape, "momentum_bits": 8, "weight_bits": 14, "rate_bits": 4}
    circuits = {
        "dynamic stochastic": MomentumSgdLanes(
            **narrow, gradient_generator=first, momentum_generator=second
        ),
        "hybrid": HybridMomentumSgdLanes(**narrow, gradient_bits=7, generator=first),
        "fixed point, 16 bits": FixedMomentumSgdLanes(
            lanes=UPDATE_LANES,
            gradient_format=Format.parse("sQ2.14"),
            momentum_format=Format.parse("sQ2.14"),
            weight_format=Format.parse("sQ4.12"),
            rate_format=Format.parse("uQ0.8"),
            decay_shift=4,
            rounding="stochastic",
            overflow="saturate",
            momentum_generator=Lfsr(width=4),
            weight_generator=Lfsr(width=10),
        ),
        "bfloat16": Bfloat16MomentumSgdLanes(
            **shape, rounding="stochastic", weight_generator=first
        ),
    }
    return [
        Way(label, circuit, 1, UPDATE_LANES, None, updates)
        for label, circuit in circuits.items()
    ]


# tanh --------------------------------------------------------------------------------------


def random_bits(circuit: Circuit, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """Return streams: a bit is 1 in half of the cycles, an integer a sum of such bits."""
    found = {}
    for port in circuit.inputs:
        low, high = port.range
        shape = (512, LANES * port.count)
        if low < 0:
            found[port.name] = 2 * rng.binomial(high, 0.5, shape) - high
        else:
            found[port.name] = rng.binomial(high, 0.5, shape)
    return found


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


def neuron() -> list[Way]:
    """Return neurons of 32 inputs where N m = 1024."""
    return [
        Way(
            f"N = {1024 // m}, m = {m}",
            IntegralNeuron(fan_in=32, range=m, states=8 * m),
            1024 // m,
            1,
            None,
            random_bits,
        )
        for m in (1, 2, 4, 8, 16)
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
        "Momentum SGD of two weights, one update of each in a cycle",
        update,
        "an update",
    ),
    "tanh": (
        "tanh(8 x): a counter of 16 states on streams, and tables",
        tanh,
        "a value",
    ),
    "neuron": (
        "Neuron of 32 inputs with N m = 1024, which is equal noise of the streams",
        neuron,
        "a value",
    ),
    "spin": (
        "Spin of an invertible circuit, with the generator of its noise",
        spin,
        "an update",
    ),
}
