"""What every circuit of the catalogue keeps: the contract, tested from its entry alone."""

import json
import re

import numpy as np
import pytest
from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator

import rtl
from fixedpoint.circuit import Parameters
from sim.catalog import catalog

# The edges are many, and each of some classes compiles a kernel of its own.
CASES = [
    pytest.param(
        entry,
        parameters,
        id=f"{entry.name}-{f'edge{i}' if i else 'default'}",
        marks=[pytest.mark.slow] if i else [],
    )
    for entry in catalog()
    for i, parameters in enumerate(entry.all)
]
every_circuit = pytest.mark.parametrize(("entry", "parameters"), CASES)


def element(values, count):
    """Return the value of a port or register as `step` takes it."""
    return values.tolist() if count > 1 else int(values[0])


def naive(parameters, inputs, enable, rst, lanes):
    """Run `step` cycle by cycle and lane by lane."""
    cycles = len(enable)
    words = [g.words(cycles + 1).tolist() for g in parameters.generators]
    outputs = {
        p.name: np.zeros((cycles, lanes * p.count), np.int64) for p in parameters.outputs
    }
    for lane in range(lanes):

        def part(port, lane=lane):
            return slice(lane * port.count, (lane + 1) * port.count)

        def fresh():
            return {
                r.name: [r.reset] * r.count if r.count > 1 else r.reset
                for r in parameters.registers
            }

        registers, position = fresh(), 0
        for t in range(cycles):
            now = {
                p.name: element(inputs[p.name][t, part(p)], p.count) for p in parameters.inputs
            }
            after, shown = parameters.step(registers, [w[position] for w in words], **now)
            for port in parameters.outputs:
                outputs[port.name][t, part(port)] = shown[port.name]
            if rst[t]:
                registers, position = fresh(), 0
            elif enable[t]:
                registers, position = after, position + 1
    return outputs


def assert_equal(actual, expected):
    assert actual.keys() == expected.keys()
    for name in actual:
        np.testing.assert_array_equal(actual[name], expected[name], err_msg=name)


def control(cycles, rng):
    """Return enable, often low, and rst with two pulses: one while enabled, one while not."""
    enable = rng.random(cycles) < 0.8
    rst = np.zeros(cycles, bool)
    rst[[cycles // 3, cycles // 2]] = True
    enable[cycles // 3], enable[cycles // 2] = True, False
    return enable, rst


@pytest.mark.slow
@every_circuit
def test_kernel_equals_plain_steps(entry, parameters):
    rng = np.random.default_rng(1)
    cycles, lanes = 300, 3
    inputs = entry.stimulus(parameters, cycles, lanes, rng)
    enable, rst = control(cycles, rng)
    outputs, _ = parameters.run(inputs, cycles=cycles, lanes=lanes, enable=enable, rst=rst)
    assert_equal(outputs, naive(parameters, inputs, enable, rst, lanes))
    for port in parameters.outputs:
        # It is in the range that the port states.
        port.check(outputs[port.name])


@pytest.mark.slow
@every_circuit
def test_state_is_handed_on(entry, parameters):
    rng = np.random.default_rng(2)
    cycles, lanes = 200, 2
    inputs = entry.stimulus(parameters, cycles, lanes, rng)
    enable, rst = control(cycles, rng)
    whole, last = parameters.run(inputs, cycles=cycles, lanes=lanes, enable=enable, rst=rst)
    parts, state = [], None
    for part in (slice(0, 0), slice(0, 77), slice(77, 78), slice(78, cycles)):
        outputs, state = parameters.run(
            {name: values[part] for name, values in inputs.items()},
            cycles=part.stop - part.start,
            lanes=lanes,
            enable=enable[part],
            rst=rst[part],
            state=state,
        )
        parts.append(outputs)
    assert_equal({name: np.concatenate([p[name] for p in parts]) for name in whole}, whole)
    assert state.position == last.position
    assert_equal(state.registers, last.registers)


@pytest.mark.parametrize(
    ("entry", "parameters"), [case for case in CASES if case.values[1].inputs]
)
def test_latency(entry, parameters):
    rng = np.random.default_rng(3)
    cycles, lanes = 160, 2
    delays = []
    for change in rng.integers(0, cycles // 2, 40).tolist():
        one = entry.stimulus(parameters, cycles, lanes, rng)
        other = entry.stimulus(parameters, cycles, lanes, rng)
        for name in one:
            other[name][:change] = one[name][:change]
        a, _ = parameters.run(one)
        b, _ = parameters.run(other)
        inputs_differ = np.any([(one[n] != other[n]).any(axis=1) for n in one], axis=0)
        outputs_differ = np.any([(a[n] != b[n]).any(axis=1) for n in a], axis=0)
        if outputs_differ.any():
            delays.append(int(outputs_differ.argmax()) - int(inputs_differ.argmax()))
    assert min(delays) == parameters.latency


@every_circuit
def test_parameters_go_through_json(entry, parameters):
    again = Parameters.from_json(parameters.to_json())
    assert again == parameters
    assert type(again) is type(parameters)
    assert hash(again) == hash(parameters)


@every_circuit
def test_description_is_json(entry, parameters):
    described = json.loads(json.dumps(parameters.describe()))
    assert Parameters.from_dict(described["parameters"]) == parameters
    widths = {p["name"]: p["width"] for p in described["ports"]}
    assert widths == {p.name: p.width * p.count for p in parameters.interface}
    assert described["latency"] == parameters.latency
    assert parameters.summary


@every_circuit
def test_theory(entry, parameters):
    lanes = 4
    theory = entry.oracle(parameters, 2000, lanes, np.random.default_rng(4))
    cycles = len(next(iter(theory.inputs.values()))) if theory.inputs else 2000
    outputs, _ = parameters.run(theory.inputs, cycles=cycles, lanes=lanes)
    measured, expected = np.broadcast_arrays(theory.measure(outputs), theory.expected)
    error = np.abs(measured - expected)
    assert measured.size
    assert np.all(error <= theory.tolerance), f"{error.max()} away: {theory.source}"


def packed(values, port):
    """Return the elements of a port as the one number on its pins."""
    mask = (1 << port.width) - 1
    return sum((int(v) & mask) << (i * port.width) for i, v in enumerate(values))


def unpacked(number, port):
    """Return the elements from the one number on a port's pins."""
    values = [(number >> (i * port.width)) & ((1 << port.width) - 1) for i in range(port.count)]
    if not port.signed:
        return values
    return [v - (1 << port.width) if v >> (port.width - 1) else v for v in values]


def simulate(parameters, inputs, enable, rst):
    """Run the RTL in Amaranth's own simulator, one lane."""
    outputs = {p.name: np.zeros((len(enable), p.count), np.int64) for p in parameters.outputs}
    module = Module()
    module.submodules.dut = dut = rtl.create(parameters)
    if parameters.sequential:
        module.domains.sync = domain = ClockDomain()

    async def bench(context):
        for t in range(len(enable)):
            for port in parameters.inputs:
                pins = getattr(dut, port.name)
                context.set(pins, unsigned_or_signed(packed(inputs[port.name][t], port), pins))
            if parameters.sequential:
                context.set(dut.enable, int(enable[t]))
                context.set(domain.rst, int(rst[t]))
            for port in parameters.outputs:
                number = context.get(getattr(dut, port.name))
                outputs[port.name][t] = unpacked(number, port)
            if parameters.sequential:
                await context.tick()
            else:
                await context.delay(1e-8)

    simulator = Simulator(module)
    if parameters.sequential:
        simulator.add_clock(1e-8)
    simulator.add_testbench(bench)
    simulator.run()
    return outputs


def unsigned_or_signed(number, pins):
    """Return a number of the pins' own signedness with the same bits."""
    shape = pins.shape()
    return (
        number - (1 << shape.width) if shape.signed and number >> (shape.width - 1) else number
    )


SMALL = [case for case in CASES if sum(p.width * p.count for p in case.values[1].ports) <= 128]


@pytest.mark.parametrize(("entry", "parameters"), SMALL)
def test_hardware_equals_model(entry, parameters):
    rng = np.random.default_rng(5)
    cycles = 100
    inputs = entry.stimulus(parameters, cycles, 1, rng)
    enable, rst = control(cycles, rng)
    expected, _ = parameters.run(inputs, cycles=cycles, lanes=1, enable=enable, rst=rst)
    assert_equal(simulate(parameters, inputs, enable, rst), expected)


@pytest.fixture(scope="module")
def verilog(request):
    """Return the Verilog of all tested circuits, converted in one batch."""
    test = "test_verilog_has_one_top"
    cases = [item.callspec for item in request.session.items if item.originalname == test]
    return rtl.to_verilog_many({c.id.replace("-", "_"): c.params["parameters"] for c in cases})


@pytest.mark.slow
def test_verilog_does_not_depend_on_the_batch():
    circuits = {entry.name: entry.default for entry in catalog()}
    forwards, backwards = (
        rtl.to_verilog_many(dict(order(circuits.items()))) for order in (list, reversed)
    )
    assert forwards == backwards


@pytest.mark.slow
@every_circuit
def test_verilog_has_one_top(entry, parameters, request, verilog):
    name = request.node.callspec.id.replace("-", "_")
    text = verilog[name]
    modules = re.findall(r"^module (\S+) ?\(", text, re.MULTILINE)
    assert modules.count(name) == 1
    instantiated = {m for m in modules if re.search(rf"^ +{re.escape(m)} ", text, re.MULTILINE)}
    assert set(modules) - instantiated == {name}
    pins = re.findall(
        r"^  (?:input|output) (?:\[\d+:0\] )?(\S+);", text.split("endmodule")[0], re.M
    )
    assert set(pins) == {p.name for p in parameters.interface}
