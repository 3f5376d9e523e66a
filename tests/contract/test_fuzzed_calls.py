"""Public calls with bad values: a TypeError or ValueError with a sentence, or a result."""

import dataclasses
import enum
import inspect
import random
import signal
import warnings
from fractions import Fraction

import numpy as np
import pytest

import fixedpoint
import sim
import stochastic
from fixedpoint import FixedArray, Format
from fixedpoint.circuit import (
    Circuit,
    Parameters,
    check_array,
    check_axes,
    check_control,
    check_flag,
    check_integer,
    check_number,
    json_object,
)
from stochastic import Bitstream, Lfsr

SEED = 20261128

# Their first argument is the beginning of the message.
CHECKS = (
    *(check_array, check_axes, check_control),
    *(check_flag, check_integer, check_number),
)

# What runs tools or files.
LEFT_OUT = {"verify", "verify_many", "verify_verilog", "emit", "load_circuits"}

# What only circuits and arrays call, with values that they have checked.
UNCHECKED = ("from_valid_codes", "cycle_code", "step", "logic")


class Odd:
    """An object whose conversions fail in their own ways."""

    def __array__(self, dtype=None, copy=None):
        raise OSError("no array")

    def __len__(self):
        raise ZeroDivisionError


def bad_values():
    """Return values of some twenty kinds."""
    return [
        None, True, False, 0, -1, 1, 3, 2**31, 2**64, -(2**64), 10**5000,
        0.5, -0.0, 1e308, float("nan"), float("inf"), 1j, Fraction(1, 3),
        "", "x", "sQ4.4", "bipolar", b"\xff", "é" * 5, "a" * 100_000,
        [], [1, 2], [[1], [1, 2]], (), (1, 2, 3), (0,), {}, {"type": "Lfsr"}, {"a": [1]}, set(),
        np.array(3), np.zeros((0, 3)), np.arange(6).reshape(2, 3), np.array(["a"]),
        np.array([None]), np.array([1 + 1j]), np.datetime64("2020-01-01"), np.float16(1.5),
        np.ma.array([1, 2], mask=[0, 1]), np.uint64(2**64 - 1), np.ones((1,) * 20),
        Format.parse("sQ4.4"), FixedArray([1, 2], "sQ4.4"), Lfsr(width=4), Lfsr,
        Bitstream.from_bits([0, 1, 1], "unipolar"), Odd(), object(), len, range(3),
        enum.Enum("Colour", "RED").RED, slice(1, 2), ..., NotImplemented,
    ]  # fmt: skip


def public_calls():
    """Return the public functions and classes, and methods of the arrays, by name."""
    found = {}
    for package in (fixedpoint, stochastic, sim):
        for name in package.__all__:
            value = getattr(package, name)
            if callable(value) and name not in LEFT_OUT and not _is_protocol(value):
                found[f"{package.__name__}.{name}"] = value
    for function in (
        check_array, check_axes, check_control, check_flag, check_integer, check_number,
        json_object, Parameters.from_dict, Parameters.from_json, Format.parse,
        Bitstream.from_bits,
    ):  # fmt: skip
        found[f"circuit.{function.__qualname__}"] = function
    array = FixedArray(np.arange(6).reshape(2, 3), "sQ4.4")
    stream = Bitstream.from_bits([[0, 1, 1], [1, 0, 1]], "unipolar")
    generator = Lfsr(width=4)
    for owner in (array, stream, generator):
        for name, _ in inspect.getmembers(type(owner), callable):
            if not name.startswith("_"):
                found[f"{type(owner).__name__}.{name}"] = getattr(owner, name)
    found["FixedArray[...]"] = lambda index: array[index]
    for name in UNCHECKED:
        found.pop(f"FixedArray.{name}", None)
        found.pop(f"Lfsr.{name}", None)
    for name in ("add", "sub", "mul", "lt", "eq", "lshift", "rshift", "matmul", "neg"):
        if hasattr(array, f"__{name}__"):
            found[f"FixedArray {name}"] = getattr(array, f"__{name}__")
    return found


def _is_protocol(value):
    return inspect.isclass(value) and (
        issubclass(value, enum.Enum | Warning) or getattr(value, "_is_protocol", False)
    )


def arguments(call, rng, values):
    """Return arguments for a call: some bad ones, and defaults for the others."""
    try:
        signature = inspect.signature(call)
    except (TypeError, ValueError):
        return [rng.choice(values)], {}
    given, named = [], {}
    for parameter in signature.parameters.values():
        if parameter.kind == parameter.VAR_POSITIONAL:
            given += rng.choices(values, k=rng.randrange(3))
        elif parameter.kind == parameter.VAR_KEYWORD:
            continue
        elif parameter.default is not parameter.empty and rng.random() < 0.6:
            if parameter.kind == parameter.POSITIONAL_OR_KEYWORD:
                given.append(parameter.default)
            continue
        elif parameter.name in ("name", "rule") and call in CHECKS:
            given.append("x")  # The beginning of the message.
        elif call in CHECKS and parameter.name in ("low", "high", "dimensions", "cycles"):
            given.append(2)
        elif parameter.kind == parameter.KEYWORD_ONLY:
            named[parameter.name] = rng.choice(values)
        else:
            given.append(rng.choice(values))
    return given, named


def circuits():
    """Return the default circuits of the catalogue, whose fields are changed."""
    return [entry.default for entry in sim.catalog()]


def outcome(call, *given, **named):
    """Return what is wrong with the error of a call, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call(*given, **named)
    except (TypeError, ValueError) as error:
        text = str(error)
        if not text and not isinstance(error, UnicodeError):
            return f"{type(error).__name__} without a sentence"
        if len(text) > 2500:
            return f"a message of {len(text)} characters: {text[:60]}"
        return None
    except (MemoryError, NotImplementedError, TimeoutError):
        return None
    except IndexError as error:
        good = "out of bounds" in str(error) or "too many indices" in str(error)
        return None if good else f"IndexError: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    return None


def fuzz(calls, seed):
    """Return the complaints about `calls` random calls."""
    rng, values, found = random.Random(seed), bad_values(), {}
    public, designs = public_calls(), circuits()
    names = sorted(public)
    for _ in range(calls):
        if rng.random() < 0.3:
            circuit = rng.choice(designs)
            field = rng.choice([f.name for f in dataclasses.fields(circuit)] or [None])
            if rng.random() < 0.5 and field is not None:
                name, call = f"{type(circuit).__name__}.replace({field}=)", circuit.replace
                given, named = [], {field: rng.choice(values)}
            else:
                name, call = f"{type(circuit).__name__}.run", circuit.run
                named = {
                    key: rng.choice(values)
                    for key in rng.sample(["lanes", "enable", "rst", "state"], 1)
                }
                inputs = {port.name: rng.choice(values) for port in circuit.inputs}
                given, named["cycles"] = [inputs], rng.choice([1, 2, 3, *values[:8]])
                named["lanes"] = rng.choice([None, 1, 2, "x", 0.5, -1])
        else:
            name = rng.choice(names)
            call = public[name]
            given, named = arguments(call, rng, values)
        signal.setitimer(signal.ITIMER_REAL, 2)
        try:
            complaint = outcome(call, *given, **named)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if complaint is not None:
            found.setdefault((name, complaint), (given, named))
    return found


@pytest.fixture(autouse=True)
def files_go_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def no_call_takes_long():
    def stop(number, frame):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    yield
    signal.signal(signal.SIGALRM, before)


def test_bad_values_are_answered_in_a_sentence():
    found = fuzz(1000, SEED)
    assert not found, "\n".join(f"{name}: {text}" for name, text in found)


def test_the_fuzzer_tells_what_is_wrong():
    assert outcome(lambda x: x.none, 3).startswith("AttributeError: ")
    assert outcome(lambda x: [][x], 3) == "IndexError: list index out of range"
    assert outcome(lambda: float("x" * 3000)).startswith("a message of ")
    assert outcome(check_integer, "x", 3, 4, 5) is None


def test_a_circuit_is_what_the_fuzzer_changes():
    assert all(isinstance(circuit, Circuit) for circuit in circuits())
