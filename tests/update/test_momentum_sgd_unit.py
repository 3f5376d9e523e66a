"""The streaming unit: its results under any back-pressure, its protocol, and bad input."""

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib.wiring import connect
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from rtl.update.momentum_sgd_unit import MomentumSgdStream
from stochastic import Counter, Lfsr, MomentumSgdLanes, MomentumSgdUnit

pytestmark = pytest.mark.slow

FIELDS = ("gradient", "momentum_in", "weight_in")


def lanes(many=3, **changes):
    given = {
        "lanes": many,
        "momentum_bits": 6,
        "weight_bits": 8,
        "decay_shift": 2,
        "rate_bits": 3,
        "gradient_generator": Lfsr(width=5),
        "momentum_generator": Lfsr(width=6),
    }
    return MomentumSgdLanes(**{**given, **changes})


def tensor(circuit, size, rng):
    """Return codes of gradients, momenta and weights, their ends among them."""
    ports = {port.name: port for port in circuit.inputs}
    found = []
    for name in FIELDS:
        low, high = ports[name].range
        values = rng.integers(low, high, size, endpoint=True)
        found.append(np.where(rng.random(size) < 0.2, rng.choice([low, 0, high], size), values))
    return found


def groups(values, circuit):
    """Return rows of lanes, zeros after the tensor's end."""
    rows = np.zeros(-(-len(values) // circuit.lanes) * circuit.lanes, np.int64)
    rows[: len(values)] = values
    return rows.reshape(-1, circuit.lanes)


def stream(unit, rows, rates, offered, wanted, state=None, rst=None):
    """Pass groups through the unit; return what was taken, and all outputs.

    A group is offered in the cycles that `offered` names and stays until it is taken; the
    model is run cycle by cycle, so that the choice can depend on what it did before.
    """
    taken, shown, place, held = [], [], 0, False
    for cycle in range(len(offered)):
        held = held or offered[cycle]
        valid = held and place < len(rates)
        now = min(place, len(rates) - 1)
        outputs, state = unit.run(
            {
                "input_valid": [int(valid)],
                "rate": [rates[now]],
                "output_ready": [int(wanted[cycle])],
                **{name: rows[name][now][None] for name in FIELDS},
            },
            state=state,
            rst=None if rst is None else [rst == cycle],
        )
        shown.append({name: values[0] for name, values in outputs.items()})
        if valid and shown[-1]["input_ready"][0]:
            place, held = place + 1, False
        if wanted[cycle] and shown[-1]["output_valid"][0]:
            taken.append((shown[-1]["momentum"], shown[-1]["weight"]))
        if len(taken) == len(rates):
            break
    return taken, shown


@pytest.mark.parametrize("cycles_per_step", [1, 4])
@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_any_back_pressure_gives_the_bits_of_step_tensor(cycles_per_step, data):
    circuit = lanes(cycles_per_step=cycles_per_step)
    unit = MomentumSgdUnit(circuit=circuit)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    size = data.draw(st.integers(1, 3 * circuit.lanes))
    values = tensor(circuit, size, rng)
    rate = data.draw(st.integers(0, 7))
    rows = {n: groups(v, circuit) for n, v in zip(FIELDS, values, strict=True)}
    many = len(rows["gradient"])
    chance = data.draw(st.tuples(*[st.sampled_from([0.2, 0.5, 1.0])] * 2))
    length = 60 * many * cycles_per_step
    offered, wanted = (rng.random(length) < c for c in chance)
    # Both sides are willing at last, however rarely they were before.
    offered[length // 2 :] = wanted[length // 2 :] = True
    taken, _ = stream(unit, rows, [rate] * many, offered, wanted)
    momentum, weight, position = circuit.step_tensor(*values, rate=rate)
    assert position == many * cycles_per_step
    assert len(taken) == many
    np.testing.assert_array_equal(np.ravel([m for m, _ in taken])[:size], momentum)
    np.testing.assert_array_equal(np.ravel([w for _, w in taken])[:size], weight)


@pytest.mark.parametrize("cycles_per_step", [1, 2, 8])
def test_full_throughput(cycles_per_step):
    circuit = lanes(cycles_per_step=cycles_per_step, momentum_bits=6)
    unit = MomentumSgdUnit(circuit=circuit)
    many, rng = 20, np.random.default_rng(1)
    cycles = many * cycles_per_step + 1
    values = tensor(circuit, many * circuit.lanes, rng)
    # A new group stands on the inputs as soon as the one before it was taken.
    number = -(-np.arange(cycles) // cycles_per_step)
    number = np.minimum(number, many - 1)
    outputs, _ = unit.run(
        {
            "input_valid": (np.arange(cycles) < cycles - 1).astype(int),
            "rate": np.full(cycles, 5),
            "output_ready": np.ones(cycles, int),
            **{n: groups(v, circuit)[number] for n, v in zip(FIELDS, values, strict=True)},
        }
    )
    ready = np.arange(cycles) % cycles_per_step == 0
    np.testing.assert_array_equal(outputs["input_ready"][:, 0], ready)
    valid = ready & (np.arange(cycles) > 0)
    np.testing.assert_array_equal(outputs["output_valid"][:, 0], valid)
    momentum, weight, _ = circuit.step_tensor(*values, rate=5)
    np.testing.assert_array_equal(outputs["momentum"][valid].reshape(-1), momentum)
    np.testing.assert_array_equal(outputs["weight"][valid].reshape(-1), weight)


@pytest.mark.parametrize("cycles_per_step", [1, 4])
def test_a_valid_output_stands_still_until_it_is_taken(cycles_per_step):
    circuit = lanes(cycles_per_step=cycles_per_step)
    unit = MomentumSgdUnit(circuit=circuit)
    rng = np.random.default_rng(3)
    cycles = 500
    inputs = {
        p.name: rng.integers(*p.range, (cycles, p.count), endpoint=True) for p in unit.inputs
    }
    outputs, _ = unit.run(inputs)
    waits = (outputs["output_valid"] & ~inputs["output_ready"] & 1)[:-1, 0].astype(bool)
    assert waits.sum() > 50
    assert outputs["output_valid"][1:, 0][waits].all()
    for name in ("momentum", "weight"):
        np.testing.assert_array_equal(outputs[name][:-1][waits], outputs[name][1:][waits])


def test_ready_depends_on_no_valid():
    unit = MomentumSgdUnit(circuit=lanes())
    rng = np.random.default_rng(4)
    for cycles in range(1, 20):
        inputs = {
            p.name: rng.integers(*p.range, (cycles, p.count), endpoint=True)
            for p in unit.inputs
        }
        one, _ = unit.run(inputs)
        inputs["input_valid"][-1] ^= 1
        other, _ = unit.run(inputs)
        assert one["input_ready"][-1] == other["input_ready"][-1]


@pytest.mark.parametrize("cycles_per_step", [1, 4])
def test_reset_in_mid_stream_drops_what_is_inside(cycles_per_step):
    circuit = lanes(cycles_per_step=cycles_per_step)
    unit = MomentumSgdUnit(circuit=circuit)
    rng = np.random.default_rng(5)
    values = tensor(circuit, 6 * circuit.lanes, rng)
    rows = {n: groups(v, circuit) for n, v in zip(FIELDS, values, strict=True)}
    # Reset in the last cycle of a group; in the next cycle its result would be valid.
    rst = 3 * cycles_per_step - 1
    length = 8 * cycles_per_step
    always = np.ones(length, bool)
    taken, shown = stream(unit, rows, [2] * 6, always, always, rst=rst)
    assert not shown[rst + 1]["output_valid"][0]
    assert not shown[rst + 1]["momentum"].any()
    assert not shown[rst + 1]["weight"].any()
    # Two results came before; the third group is lost; the fourth meets the first words.
    before = circuit.step_tensor(*(v[: 2 * circuit.lanes] for v in values), rate=2)
    after = circuit.step_tensor(*(v[3 * circuit.lanes :] for v in values), rate=2)
    assert len(taken) == 5
    for place in range(2):
        expected = np.concatenate([before[place], after[place]])
        np.testing.assert_array_equal(np.ravel([t[place] for t in taken]), expected)


def test_a_rate_is_the_one_that_came_with_the_group():
    generator, words = Counter(width=3), Counter(width=3, direction="down")
    circuit = lanes(
        1,
        momentum_bits=3,
        decay_shift=1,
        cycles_per_step=4,
        gradient_generator=generator,
        momentum_generator=words,
    )
    unit = MomentumSgdUnit(circuit=circuit)
    # At full scale every S is 1: four times the group's rate leaves W, whatever comes later.
    outputs, _ = unit.run(
        {
            "input_valid": [1, 0, 0, 0, 0],
            "rate": [3, 7, 1, 0, 5],
            "gradient": [8, -8, 0, 1, 2],
            "momentum_in": [8, 0, 0, 0, 0],
            "weight_in": [100, 0, 0, 0, 0],
            "output_ready": [0, 0, 0, 0, 0],
        }
    )
    assert outputs["output_valid"][:, 0].tolist() == [0, 0, 0, 0, 1]
    assert outputs["weight"][4, 0] == 100 - 4 * 3
    assert outputs["momentum"][4, 0] == 8


def test_streams_connect():
    """Two units in a row, joined to each other and to both ends by Amaranth's own rules."""
    circuit = lanes(2, cycles_per_step=2, weight_bits=6)
    module = Module()
    unit = MomentumSgdUnit(circuit=circuit)
    module.submodules.first = first = MomentumSgdStream(unit)
    module.submodules.second = second = MomentumSgdStream(unit)
    source, sink = (
        first.input.signature.flip().create(),
        second.output.signature.flip().create(),
    )
    between = second.input.signature.flip().create()
    connect(module, source, first.input)
    connect(module, between, second.input)
    connect(module, second.output, sink)
    module.d.comb += [
        between.valid.eq(first.output.valid),
        between.payload.momentum_in.eq(first.output.payload.momentum),
        between.payload.weight_in.eq(first.output.payload.weight),
        first.output.ready.eq(between.ready),
        first.enable.eq(1),
        second.enable.eq(1),
    ]
    rng = np.random.default_rng(6)
    many = 5
    values = tensor(circuit, 2 * many, rng)
    rows = [groups(v, circuit) for v in values]
    widths = [p.width for p in circuit.ports if p.name in FIELDS]
    found = []

    def packed(row, width):
        return sum((int(v) & ((1 << width) - 1)) << (i * width) for i, v in enumerate(row))

    async def give(context):
        context.set(source.valid, 1)
        context.set(source.payload.rate, 1)
        for number in range(many):
            for name, row, width in zip(FIELDS, rows, widths, strict=True):
                context.set(getattr(source.payload, name), packed(row[number], width))
            await context.tick().until(source.ready)
        context.set(source.valid, 0)

    async def take(context):
        for number in range(many):
            await context.tick().repeat(1 + 3 * (number % 2))
            context.set(sink.ready, 1)
            payload = sink.payload
            found.append(
                await context.tick().sample(payload.momentum, payload.weight).until(sink.valid)
            )
            context.set(sink.ready, 0)

    simulator = Simulator(module)
    simulator.add_clock(1e-8)
    simulator.add_testbench(give)
    simulator.add_testbench(take)
    simulator.run_until(1e-6)
    # The second unit's gradients and rate are 0.
    momentum, weight, _ = circuit.step_tensor(*values, rate=1)
    momentum, weight, _ = circuit.step_tensor(0 * momentum, momentum, weight, rate=0)
    assert found == [
        (packed(m, widths[1]), packed(w, widths[2]))
        for m, w in zip(momentum.reshape(-1, 2), weight.reshape(-1, 2), strict=True)
    ]


def test_circuit_must_update_parameters():
    sentence = (
        r"MomentumSgdUnit circuit must update parameters, as MomentumSgdLanes does, "
        r"not Counter\(width=3, phase=0, direction='up'\)"
    )
    with pytest.raises(TypeError, match=f"^{sentence}$"):
        MomentumSgdUnit(circuit=Counter(width=3))
