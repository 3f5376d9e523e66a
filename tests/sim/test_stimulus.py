"""What the stimulus of every check does to a circuit."""

import itertools

import numpy as np
import pytest

from fixedpoint import MacArray
from sim import catalog
from sim.catalog import find
from sim.simulation.regimes import varied_stimulus
from sim.simulation.settling import Walker
from sim.simulation.stimulus import bench_cycles, planned_run, random_stimulus
from stochastic import Addie, Integrator, Lfsr, ParallelCounter


def bench(name, cycles=None):
    entry = find(name)
    p = entry.default
    cycles = cycles or bench_cycles(p, entry.directed)
    rng = np.random.default_rng(1)
    return p, planned_run(p, cycles, 1, rng, entry.stimulus, entry.directed)


@pytest.mark.parametrize("cycles", [1024, None])
@pytest.mark.parametrize("name", ["integral_encoder", "integral_layer", "integral_network"])
def test_a_stream_is_idle_and_held_up_in_all_orders(name, cycles):
    _, run = bench(name, cycles)
    valid, ready = (run.inputs[k][:, 0] for k in ("input_valid", "output_ready"))
    modes = 2 * valid + ready
    modes = np.where(run.enable & ~run.rst, modes, -1)
    # Each of the four modes lasts.
    changes = np.flatnonzero(np.diff(modes)) + 1
    lengths = {mode: 0 for mode in range(4)}
    for part in np.split(modes, changes):
        if part[0] >= 0:
            lengths[int(part[0])] = max(lengths[int(part[0])], len(part))
    assert min(lengths.values()) >= 14
    # And follows each of the others.
    pairs = set(zip(modes[:-1].tolist(), modes[1:].tolist(), strict=True))
    assert pairs >= set(itertools.permutations(range(4), 2))


def test_what_a_reset_leaves_is_seen_before_anything_is_loaded():
    p, run = bench("mac_array")
    assert isinstance(p, MacArray)
    load = run.inputs["load"][:, 0]
    resets = np.flatnonzero(run.rst)
    unloaded = [t for t in resets if not load[t + 1 : t + 30].any() and t + 30 < len(load)]
    assert len(unloaded) >= 6
    assert len(np.unique(run.inputs["a"][[t + 1 for t in unloaded]], axis=0)) >= 3


@pytest.mark.parametrize(
    ("circuit", "port", "ends"),
    [
        (Addie(width=8, generator=Lfsr(width=8)), "value", {0, 256}),
        (Integrator(width=8, generator=Lfsr(width=8)), "value", {0, 256}),
        # It needs 2^16 / 8 cycles.
        (ParallelCounter(fan_in=8, width=16), "total", {0, 65535}),
    ],
)
def test_counters_come_to_their_ends(circuit, port, ends):
    cycles = bench_cycles(circuit)
    run = planned_run(circuit, cycles, 1, np.random.default_rng(1))
    outputs, _ = circuit.run(run.inputs, enable=run.enable, rst=run.rst)
    assert ends <= set(outputs[port].ravel().tolist())


def test_registers_come_to_rest_when_the_model_says_so():
    counter = ParallelCounter(fan_in=8, width=10)

    def high(cycles):
        return {"streams": np.ones((cycles, 8), np.int64)}

    # 1023 / 8 cycles; the looks at it are up to a quarter apart.
    assert 128 <= Walker(counter).settle(high, 4096) <= 160
    # It does not within 100.
    assert Walker(counter).settle(high, 100) == 0


def test_directed_inputs_of_an_entry_are_a_part_of_the_stimulus():
    p, run = bench("integral_maximum")
    _, state = p.run(find("integral_maximum").directed(p))
    assert sorted(state.registers["sums"].tolist())[-2:] >= [120, 127]
    outputs = find("integral_maximum").directed(p)["values"]
    given = run.inputs["values"]
    windows = [t for t in np.flatnonzero(run.rst) if len(given) - t > len(outputs)]
    assert any((given[t + 1 : t + 1 + len(outputs)] == outputs).all() for t in windows)


def test_values_keep_to_the_ranges_of_ports():
    rng = np.random.default_rng(3)
    for entry in catalog():
        inputs = varied_stimulus(entry.default, 4000, 2, rng)
        for port in entry.default.inputs:
            values = port.check(inputs[port.name], 2 * port.count)
            assert set(port.range) <= set(np.unique(values).tolist())


def test_signed_ports_of_one_bit_are_data():
    sets = [p for entry in catalog() for p in entry.all]
    signed = [p for p in sets if any(q.signed and q.width == q.count == 1 for q in p.inputs)]
    assert signed
    for p in signed:
        run = planned_run(p, 1024, 1, np.random.default_rng(1), random_stimulus)
        for port in p.inputs:
            port.check(run.inputs[port.name], port.count)
