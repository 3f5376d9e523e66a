"""Recorded updates through the Verilog: every bit equal, and every wrong bit found."""

import dataclasses

import numpy as np
import pytest

from sim.replay import replay
from stochastic import Lfsr, MomentumSgd
from stochastic.training import Record


def unit(cycles_per_step):
    return MomentumSgd(
        lanes=4,
        momentum_bits=8,
        weight_bits=10,
        decay_shift=3,
        cycles_per_step=cycles_per_step,
        rate_bits=4,
        gradient_generator=Lfsr(width=7),
        momentum_generator=Lfsr(width=8, seed=5),
    )


def recorded(circuit, steps=(3, 9)):
    """Return updates by the plain-Python step, so that no kernel is asked twice."""
    rng = np.random.default_rng(4)
    updates = []
    for step in steps:
        position = 1000 * step + 1
        for name, size in (("weight", 21), ("bias", 1), ("gain", 8)):
            gradient = rng.integers(-128, 129, size).astype(np.int32)
            momentum = rng.integers(-256, 257, size).astype(np.int32)
            low, high = circuit.weight_range
            weight = rng.choice([low, low + 1, 0, 7, high - 1, high], size).astype(np.int32)
            after = [], []
            for begin in range(0, size, 4):
                lanes = slice(begin, begin + 4)
                pad = 4 - len(gradient[lanes])
                registers = {"momentum": [0] * 4, "weight": [0] * 4}
                for cycle in range(circuit.cycles_per_step):
                    at = position + begin // 4 * circuit.cycles_per_step + cycle
                    words = [int(g.words(1, at)[0]) for g in circuit.generators]
                    registers, _ = circuit.step(
                        registers,
                        words,
                        load=int(cycle == 0),
                        rate=step,
                        gradient=[*gradient[lanes].tolist(), *[0] * pad],
                        momentum_in=[*momentum[lanes].tolist(), *[0] * pad],
                        weight_in=[*weight[lanes].tolist(), *[0] * pad],
                    )
                after[0].extend(registers["momentum"][: 4 - pad])
                after[1].extend(registers["weight"][: 4 - pad])
            arrays = [np.array(values, np.int32) for values in after]
            updates.append(
                Record(
                    step=step,
                    name=name,
                    rate=step,
                    scale=0,
                    position=position,
                    gradient=gradient,
                    momentum_before=momentum,
                    momentum_after=arrays[0],
                    weight_before=weight,
                    weight_after=arrays[1],
                )
            )
            position += circuit.cycles(size)
    return updates


@pytest.mark.parametrize("cycles_per_step", [1, 4])
def test_every_bit_of_every_update_is_equal(cycles_per_step):
    circuit = unit(cycles_per_step)
    updates = recorded(circuit)
    results = replay(circuit, updates)
    assert [(r.name, r.step, r.parameters) for r in results] == [
        (u.name, u.step, len(u.gradient)) for u in updates
    ]
    widths = sum(port.width for port in circuit.outputs)
    for result in results:
        assert result.first is None, result.first
        assert result.mismatches == 0
        assert result.bits_compared == widths * result.parameters


def test_a_wrong_bit_is_found_where_it_is():
    circuit = unit(1)
    updates = recorded(circuit)
    updates[3].weight_after[13] ^= 4
    results = replay(circuit, updates)
    wrong = results[3]
    assert wrong.mismatches == sum(r.mismatches for r in results) == 1
    assert wrong.first.startswith("weight, step 9: weight of element 13 (lane 1, group 3) is ")


def test_tensors_must_follow_each_other():
    circuit = unit(1)
    updates = recorded(circuit)
    updates[1] = dataclasses.replace(updates[1], position=updates[1].position + 1)
    sentence = "tensor bias of step 3 must start at cycle 3007, where the one before it ends,"
    with pytest.raises(ValueError, match=f"^{sentence} not at 3008$"):
        replay(circuit, updates)


def test_nothing_to_replay():
    assert replay(unit(1), []) == []
