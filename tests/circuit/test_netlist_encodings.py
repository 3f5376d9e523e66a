"""Encodings of the streams of a netlist, and streams that must not be zero."""

import pytest

from stochastic import (
    Bitstream,
    Cordiv,
    GainesDivider,
    HybridMultiplier,
    Inverter,
    Isolator,
    Lfsr,
    Multiplier,
    MuxAdder,
    Netlist,
    Selector,
    Sng,
    Stanh,
)

TANH, SNG = Stanh(states=4), Sng(generator=Lfsr(width=4))
REMEDY = "pass reinterpreted=True if that is meant"


@pytest.mark.parametrize(
    ("parts", "wires", "message"),
    [
        (
            {"tanh": TANH, "gate": Multiplier()},
            {"tanh.x": "x", "gate.a": "tanh.y", "gate.b": "z", "y": "gate.product"},
            "from tanh.y to gate.a must join streams of one encoding, not bipolar and unipolar",
        ),
        (
            # One stream from outside for two gates.
            {"tanh": TANH, "gate": Multiplier()},
            {"gate.a": "x", "gate.b": "z", "tanh.x": "x", "y": "gate.product", "t": "tanh.y"},
            "from x to tanh.x must join streams of one encoding, not unipolar and bipolar",
        ),
        (
            {"sng": SNG, "tanh": TANH},
            {"sng.code": "code", "tanh.x": "sng.stream", "y": "tanh.y"},
            "from sng.stream to tanh.x must join streams of one encoding, not unipolar and "
            "bipolar",
        ),
        (
            # Behind circuits that take any encoding.
            {"tanh": TANH, "late": Isolator(), "not": Inverter(), "gate": Multiplier()},
            {
                "tanh.x": "x",
                "late.x": "tanh.y",
                "not.x": "late.y",
                "gate.a": "not.y",
                "gate.b": "z",
                "y": "gate.product",
            },
            "from not.y to gate.a must join streams of one encoding, not bipolar and unipolar",
        ),
        (
            {"mean": Selector(width=2, fan_in=2), "one": Multiplier(), "two": TANH},
            {
                "one.a": "p",
                "one.b": "q",
                "two.x": "r",
                "mean.word": "word",
                "mean.streams[0]": "one.product",
                "mean.streams[1]": "two.y",
                "y": "mean.mean",
            },
            r"from two.y to mean.streams\[1\] must join streams of one encoding, not unipolar "
            "and bipolar",
        ),
        (
            {
                "inner": Netlist(
                    parts={"late": Isolator()}, wires={"late.x": "in", "out": "late.y"}
                ),
                "tanh": TANH,
                "word": HybridMultiplier(width=2),
            },
            {
                "tanh.x": "x",
                "inner.in": "tanh.y",
                "word.stream": "inner.out",
                "word.word": 1,
                "y": "word.product",
            },
            "from inner.out to word.stream must join streams of one encoding, not bipolar and "
            "unipolar",
        ),
    ],
)
def test_a_wire_joins_streams_of_one_encoding(parts, wires, message):
    if any("streams" in end for end in wires):
        # The constructor names the stream that drives, then the port.
        message = message.replace("unipolar and bipolar", "bipolar and unipolar")
    with pytest.raises(ValueError, match=f"^Netlist wire {message}: {REMEDY}$"):
        Netlist(parts=parts, wires=wires)
    assert Netlist(parts=parts, wires=wires, reinterpreted=True).outputs[0].name == "y"


def test_encodings_of_ports_follow_from_the_parts():
    parts = {"late": Isolator(), "mean": MuxAdder(fan_in=2, generator=Lfsr(width=4)), "t": TANH}
    wires = {"late.x": "a", "mean.streams[0]": "late.y", "mean.streams[1]": "b"}
    wires |= {"t.x": "mean.mean", "y": "t.y", "late_a": "late.y"}
    netlist = Netlist(parts=parts, wires=wires)
    assert netlist.encodings == dict.fromkeys(("a", "b", "y", "late_a"), "bipolar")
    a = Bitstream.from_bits([1, 0], "unipolar")
    with pytest.raises(ValueError, match="^Netlist a must be bipolar, not unipolar$"):
        netlist.apply(a=a, b=a, correlated=True)
    plain = Netlist(parts={"late": Isolator()}, wires={"late.x": "a", "y": "late.y"})
    assert plain.encodings == {"a": None, "y": None}


DIVIDER = GainesDivider(width=4, generator=Lfsr(width=4, form="galois"))


@pytest.mark.parametrize(
    ("parts", "wires", "driver"),
    [
        ({}, {"divide.divisor": 0}, "the constant 0"),
        (
            {"sng": SNG},
            {"divide.divisor": "sng.stream", "sng.code": 0},
            "sng.stream, whose code is 0",
        ),
    ],
)
def test_a_divisor_that_is_zero_is_refused(parts, wires, driver):
    parts = {"divide": Cordiv(), **parts}
    wires = {"divide.dividend": "x", "y": "divide.quotient", **wires}
    message = f"^Netlist port divide.divisor must not be zero, but is driven by {driver}$"
    with pytest.raises(ValueError, match=message):
        Netlist(parts=parts, wires=wires)


def streams(*rows):
    return Bitstream.from_bits([[int(c) for c in row] for row in rows], "unipolar")


@pytest.mark.parametrize("engine", ["bit", "auto"])
def test_divisors_inside_are_checked_as_the_streams_run(engine):
    wires = {
        "gate.a": "p",
        "gate.b": "q",
        "divide.dividend": "x",
        "divide.divisor": "gate.product",
        "y": "divide.quotient",
    }
    inner = Netlist(parts={"gate": Multiplier(), "divide": DIVIDER}, wires=wires)
    outer = Netlist(
        parts={"inner": inner, "not": Inverter()},
        wires={
            "not.x": "n",
            "inner.p": "not.y",
            "inner.q": "q",
            "inner.x": "x",
            "y": "inner.y",
        },
    )
    p, q, x = streams("1100", "1100"), streams("1010", "0011"), streams("1000", "0001")
    n = streams("0011", "0011")
    message = "^Netlist port {} must not be zero, but 1 of 2 streams are$"
    with pytest.raises(ValueError, match=message.format("divide.divisor")):
        inner.apply(p=p, q=q, x=x, engine=engine)
    with pytest.raises(ValueError, match=message.format("inner.divide.divisor")):
        outer.apply(n=n, q=q, x=x, engine=engine)
    ones = streams("1111", "1111")
    found = inner.apply(p=p, q=ones, x=x, engine=engine)
    by_hand = DIVIDER.apply(dividend=x, divisor=p)
    assert found.bits().tolist() == by_hand.bits().tolist()
    assert outer.apply(n=n, q=ones, x=x, engine=engine).bits().tolist() == found.bits().tolist()
    direct = Netlist(
        parts={"divide": DIVIDER},
        wires={"divide.dividend": "x", "divide.divisor": "z", "y": "divide.quotient"},
    )
    with pytest.raises(ValueError, match=message.format("divide.divisor")):
        direct.apply(x=x, z=streams("0000", "1000"), engine=engine)
