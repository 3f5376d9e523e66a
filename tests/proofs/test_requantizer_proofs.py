"""Requantisers against `proofs/requantizer.v`, which divides and compares."""

import functools
import itertools
from pathlib import Path

import pytest

import rtl
from fixedpoint import Overflow, Requantizer, Rounding
from sim.checks.faults import faults
from sim.checks.proofs import Claim, prove_many
from stochastic import Counter

pytestmark = pytest.mark.simulator


def made(source, target, rounding, overflow, width=8):
    return Requantizer(
        source=source,
        target=target,
        rounding=rounding,
        overflow=overflow,
        generator=Counter(width=width) if rounding is Rounding.STOCHASTIC else None,
    )


CIRCUITS = [
    *(made("sQ4.12", "sQ2.6", *modes) for modes in itertools.product(Rounding, Overflow)),
    *(made("uQ4.12", "sQ3.4", rounding, Overflow.SATURATE) for rounding in Rounding),
    *(made("sQ4.12", "uQ3.4", rounding, Overflow.SATURATE_ZERO) for rounding in Rounding),
    # The product of two of 16 bits, and all that was there discarded.
    *(made("sQ8.24", "sQ4.12", rounding, Overflow.SATURATE) for rounding in Rounding),
    *(made("sQ3.5", "sQ9.-6", rounding, Overflow.WRAP) for rounding in Rounding),
]


def claim(circuit, verilog):
    here = Path(__file__).parent / "quantizers"
    random = circuit.rounding is Rounding.STOCHASTIC
    flag = circuit.overflow is Overflow.ERROR
    reference = "".join(
        (
            "`define RANDOM\n" * random + "`undef RANDOM\n" * (not random),
            "`define FLAG\n" * flag + "`undef FLAG\n" * (not flag),
            (here.parent / "generators" / "counter.v").read_text() if random else "",
            (here / "requantizer.v").read_text(),
        )
    )
    settings = {
        "IN": circuit.source.width,
        "IN_SIGNED": int(circuit.source.signed),
        "OUT": circuit.target.width,
        "OUT_SIGNED": int(circuit.target.signed),
        "DISCARDED": circuit.source.frac_bits - circuit.target.frac_bits,
        "ROUNDING": list(Rounding).index(circuit.rounding),
        "OVERFLOW": list(Overflow).index(circuit.overflow),
        "WORD": circuit.generator.width if random else 1,
    }
    return Claim(verilog=verilog, reference=reference, module="requantizer", settings=settings)


def emitted(circuits):
    """Return the circuits' texts, each under the name ``circuit``."""
    texts = rtl.to_verilog_many({f"emitted{i}": c for i, c in enumerate(circuits)})
    return [text.replace(name, "circuit") for name, text in texts.items()]


@functools.cache
def proofs():
    pairs = zip(CIRCUITS, emitted(CIRCUITS), strict=True)
    return dict(zip(CIRCUITS, prove_many([claim(*pair) for pair in pairs]), strict=True))


def label(circuit):
    return f"{circuit.source}-{circuit.target}-{circuit.rounding.name}-{circuit.overflow.name}"


@pytest.mark.parametrize("circuit", CIRCUITS, ids=label)
def test_a_requantizer_equals_its_description(circuit):
    assert proofs()[circuit].proven, proofs()[circuit]


FAULTY = [
    made("sQ4.4", "sQ2.2", Rounding.NEAREST_EVEN, Overflow.SATURATE_SYMMETRIC),
    made("sQ4.4", "uQ2.2", Rounding.NEAREST_ZERO, Overflow.ERROR),
    made("sQ4.4", "sQ2.1", Rounding.STOCHASTIC, Overflow.SATURATE, width=4),
]


@functools.cache
def controls():
    """Return the proof of every fault that can be planted in the circuits."""
    planted = [
        (circuit, fault)
        for circuit, verilog in zip(FAULTY, emitted(FAULTY), strict=True)
        for fault in faults(verilog, most=1000)
    ]
    found = prove_many([claim(circuit, fault.verilog) for circuit, fault in planted])
    return [(*row, proof) for row, proof in zip(planted, found, strict=True)]


@pytest.mark.parametrize("circuit", FAULTY, ids=label)
def test_every_planted_fault_has_a_counterexample(circuit):
    mine = [(fault, proof) for of, fault, proof in controls() if of is circuit]
    assert len(mine) >= 5
    for fault, proof in mine:
        assert not proof.proven, fault
        shown = proof.counterexample[-1]
        sides = (
            [v for name, v in shown.items() if name.startswith(side)]
            for side in ("circuit.", "reference.")
        )
        assert next(sides) != next(sides)
