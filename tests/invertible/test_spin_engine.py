"""The bit-sliced engine: all spins and counters of all replicas equal the scalar reference."""

import numpy as np
import pytest

from stochastic.invertible import (
    EnergyWatch,
    Hamiltonian,
    Noise,
    ProductWatch,
    Schedule,
    SpinEngine,
)
from stochastic.invertible.reference import reference_run

pytestmark = pytest.mark.slow


def random_hamiltonian(rng, n, degree, size):
    h = tuple(rng.integers(-size, size + 1, n).tolist())
    J = []
    for i in range(n):
        for j in range(i):
            if rng.random() < degree / n:
                J.append((i, j, int(rng.integers(-size, size + 1))))
    return Hamiltonian(h=h, J=tuple(J))


CASES = {
    "dense noise": {},
    "one limit above one": {"limits": [1] * 10},
    "sparse noise": {"noise": Noise(weight=6, density=1, density_bits=1)},
    "three eighths": {"noise": Noise(weight=5, density=3, density_bits=3)},
    "full density in bits": {"noise": Noise(weight=5, density=4, density_bits=2)},
    "no noise": {"noise": Noise(weight=0)},
    "any limit": {"limits": [3, 3, 5, 5, 7, 6, 2, 1, 13, 11, 9, 4, 8, 3]},
    "symmetric": {"symmetric": True, "limits": [4, 4, 8, 8, 3, 3, 1, 1, 2, 2, 8, 8]},
    "from zero": {"initial": "zero"},
    "directed": {"directed": ((0, 1, -3), (2, 0, 4))},
    "serial": {"order": "serial", "limits": [2, 4, 8, 8, 5, 5, 1, 1]},
    "ring": {"ring": 4, "couplings": [0, 1, 2, 3, 4, 5, 6, 7, 3, 2, 1, 0]},
    "ring of 64": {"ring": 64, "couplings": [5] * 12},
}


@pytest.mark.parametrize("replicas", [64, 576])
@pytest.mark.parametrize("case", CASES)
def test_engine_equals_reference(case, replicas):
    """576 replicas are one block of eight words and one of one."""
    rng = np.random.default_rng(len(case))
    hamiltonian = random_hamiltonian(rng, 9 if replicas == 64 else 4, 4, 5)
    options = {"noise": Noise(weight=3), "limits": [1, 2, 4, 8] * 3, "seed": 5, **CASES[case]}
    limits = options.pop("limits")
    couplings = options.pop("couplings", None)
    engine = SpinEngine(
        hamiltonian,
        limit=max(limits),
        replicas=replicas,
        coupling=max(couplings or [0]),
        **options,
    )
    reference = reference_run(
        hamiltonian, limits=limits, replicas=replicas, couplings=couplings, **options
    )
    for t, expected in enumerate(reference):
        counters = engine.counters
        assert np.array_equal(counters, expected), f"cycle {t}"
        assert np.array_equal(engine.spins, np.where(counters >= 0, 1, -1))
        if t < len(limits):
            engine.run([limits[t]], couplings=None if couplings is None else [couplings[t]])


def test_reference_tells_a_wrong_weight():
    """Negative control: one J off by one, or the other upper end, changes the counters."""
    rng = np.random.default_rng(2)
    hamiltonian = random_hamiltonian(rng, 6, 3, 3)
    i, j, weight = hamiltonian.J[0]
    wrong = Hamiltonian(h=hamiltonian.h, J=((i, j, weight + 1), *hamiltonian.J[1:]))
    options = {"noise": Noise(weight=12), "seed": 3}
    limits = [16] * 30
    expected = list(reference_run(hamiltonian, limits=limits, **options))[-1]
    for network, symmetric, equal in (
        (hamiltonian, False, True),
        (wrong, False, False),
        (hamiltonian, True, False),
    ):
        engine = SpinEngine(network, limit=16, symmetric=symmetric, **options)
        engine.run(limits)
        assert np.array_equal(engine.counters, expected) is equal


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_and_calls_change_nothing(threads):
    rng = np.random.default_rng(4)
    hamiltonian = random_hamiltonian(rng, 30, 5, 2)
    options = {"noise": Noise(weight=3), "limit": 8, "replicas": 4096 + 640, "seed": 9}
    schedule = Schedule.doubling(1, 8, hold=5)
    watch = EnergyWatch(hamiltonian=hamiltonian, every=3)
    whole = SpinEngine(hamiltonian, watch=watch, **options)
    whole.run(schedule, 40)
    parts = SpinEngine(hamiltonian, watch=watch, threads=threads, **options)
    for cycles in (1, 7, 0, 32):
        parts.run(schedule, cycles)
    for name in ("counters", "best_spins", "best_energies", "times"):
        assert np.array_equal(getattr(parts, name), getattr(whole, name))
    fewer = SpinEngine(hamiltonian, **{**options, "replicas": 64})
    fewer.run(schedule, 40)
    assert np.array_equal(fewer.counters, whole.counters[:64])
    other = SpinEngine(hamiltonian, **{**options, "seed": 10})
    other.run(schedule, 40)
    assert not np.array_equal(other.counters, whole.counters)


def test_energy_watch_keeps_the_best_state():
    rng = np.random.default_rng(6)
    hamiltonian = random_hamiltonian(rng, 12, 4, 6)
    engine = SpinEngine(
        hamiltonian, noise=Noise(weight=4), limit=4, watch=EnergyWatch(hamiltonian=hamiltonian)
    )
    best, times = np.full(64, 10**9), np.zeros(64, int)
    for t in range(50):
        engine.run([4])
        energies = hamiltonian.energy(engine.spins)
        times[energies < best] = t + 1
        best = np.minimum(best, energies)
        assert np.array_equal(engine.best_energies, best)
        assert np.array_equal(hamiltonian.energy(engine.best_spins), best)
        assert np.array_equal(engine.times, times)


def test_product_watch_stops_at_the_product():
    hamiltonian = Hamiltonian(h=(0,) * 6)
    watch = ProductWatch(first=(0, 1, 2), second=(3, 4, 5), product=15)
    engine = SpinEngine(hamiltonian, noise=Noise(weight=1), limit=1, watch=watch, replicas=128)
    done, times = np.zeros(128, bool), np.zeros(128, int)
    for t in range(40):
        engine.run([1])
        bits = (engine.spins > 0).astype(int)
        product = (bits[:, :3] @ [1, 2, 4]) * (bits[:, 3:] @ [1, 2, 4])
        new = (product == 15) & ~done
        times[new], done = t + 1, done | new
        assert np.array_equal(engine.done, done)
        assert np.array_equal(engine.times, times)
    assert done.any()
    bits = (engine.best_spins[done] > 0).astype(int)
    # A replica that looks on has its next answer later, and another one keeps its own.
    first, other = np.flatnonzero(done)[:2]
    engine.look_on([first])
    assert np.array_equal(np.flatnonzero(done & ~engine.done), [first])
    engine.run([1] * 500)
    assert engine.done[first]
    assert engine.times[first] > 40
    assert engine.times[other] == times[other]
    assert set(((bits[:, :3] @ [1, 2, 4]) * (bits[:, 3:] @ [1, 2, 4])).tolist()) == {15}


def test_descent_is_greedy():
    """Spin after spin takes the sign of its field, or stays where that is 0."""
    rng = np.random.default_rng(12)
    hamiltonian = random_hamiltonian(rng, 15, 5, 4)
    h, J = hamiltonian.dense()
    engine = SpinEngine(hamiltonian, noise=Noise(weight=4), limit=8, replicas=576)
    engine.run([4] * 5)
    expected = engine.spins.astype(int)
    for _ in range(3):
        for i in range(15):
            field = h[i] + expected @ J[i]
            expected[:, i] = np.where(field == 0, expected[:, i], np.sign(field))
    twin = SpinEngine(hamiltonian, noise=Noise(weight=4), limit=8, replicas=576)
    twin.run([4] * 5)
    engine.descend(3)
    assert np.array_equal(engine.spins, expected)
    assert np.array_equal(engine.counters, np.where(expected > 0, 0, -1))
    assert np.all(hamiltonian.energy(engine.spins) <= hamiltonian.energy(twin.spins))


def test_one_limit_for_each_replica():
    rng = np.random.default_rng(8)
    hamiltonian = random_hamiltonian(rng, 8, 3, 3)
    options = {"noise": Noise(weight=3), "seed": 2}
    limits = rng.integers(1, 9, 64)
    engine = SpinEngine(hamiltonian, limit=8, **options)
    engine.set_limits(limits)
    engine.run([0] * 25)
    # The limits of all replicas stand until others are set.
    twin = SpinEngine(hamiltonian, limit=8, **options)
    twin.set_limits(limits)
    for part in ([3] * 2, [0] * 25):
        twin.run(part)
    assert twin.counters[limits == 8].max() > 2
    for limit in range(1, 9):
        alone = list(reference_run(hamiltonian, limits=[limit] * 25, **options))[-1]
        assert np.array_equal(
            engine.counters[limits == limit], np.array(alone)[limits == limit]
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"replicas": 100}, "SpinEngine replicas must be a multiple of 64, not 100"),
        ({"ring": 3}, "SpinEngine ring must be a power of two, not 3"),
        ({"limit": 0}, "SpinEngine limit must be between 1 and 1048576, not 0"),
        ({"initial": "one"}, "SpinEngine initial must be one of zero, random, not 'one'"),
    ],
)
def test_bad_input(changes, message):
    with pytest.raises(ValueError, match="SpinEngine") as error:
        SpinEngine(Hamiltonian(h=(1,)), **{"noise": Noise(weight=1), "limit": 4, **changes})
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"directed": ((0, 50, 1),)},
            "a directed link names spin 50, but",
        ),
        (
            {"directed": ((-1, 0, 1),)},
            "a directed link names spin -1, but",
        ),
        ({"directed": ((1, 1, 1),)}, "a directed link must join two spins, not 1 with itself"),
        ({"directed": ((0, 1),)}, "a directed link must be (i, j, weight), not (0, 1)"),
        (
            {"watch": ProductWatch(first=(0,), second=(9,), product=1)},
            "ProductWatch names spin 9, but the spins are 0 to 1",
        ),
        (
            {"watch": ProductWatch(first=(-3,), second=(1,), product=1)},
            "ProductWatch names spin -3, but the spins are 0 to 1",
        ),
        (
            {"watch": EnergyWatch(hamiltonian=Hamiltonian(h=(1, 1, 1)))},
            "an EnergyWatch of 3 spins must not watch 2 spins",
        ),
    ],
)
def test_what_reads_spins_that_there_are_not(options, message):
    with pytest.raises(ValueError, match=".") as error:
        SpinEngine(Hamiltonian(h=(0, 0)), noise=Noise(weight=1), limit=4, **options)
    assert str(error.value).startswith(message)


def test_bad_watches():
    with pytest.raises(ValueError, match=r"^Watch every must be between 1 and 2147483648, not"):
        EnergyWatch(hamiltonian=Hamiltonian(h=(1,)), every=0)
    with pytest.raises(ValueError, match=r"^ProductWatch product must be between 0 and 3, not"):
        ProductWatch(first=(0,), second=(1,), product=4)


def test_bad_limits():
    engine = SpinEngine(Hamiltonian(h=(1,)), noise=Noise(weight=1), limit=4)
    with pytest.raises(ValueError, match=r"^limits must be between 0 and 4, not 5$"):
        engine.run([5])
    with pytest.raises(ValueError, match=r"^a limit of 0 needs the limits of set_limits$"):
        engine.run([0])
    with pytest.raises(ValueError, match=r"^limits must hold integers, not 1.5$"):
        engine.run([1.5])
    with pytest.raises(ValueError, match=r"^couplings must be between 0 and 0, not 1$"):
        engine.run([4], couplings=[1])
    for limits, reason in (
        ([100] * 64, "limits must be between 1 and 4, not 100"),
        ([-2] * 64, "limits must be between 1 and 4, not -2"),
        ([4], r"limits must be \[64\], not of shape \(1,\)"),
    ):
        with pytest.raises(ValueError, match=f"^{reason}$"):
            engine.set_limits(limits)
    engine.set_limits([4] * 64)
    with pytest.raises(ValueError, match=r"^limits must be 0 in all cycles or in none$"):
        engine.run([4, 0])
    with pytest.raises(ValueError, match=r"^the engine was made without a watch$"):
        _ = engine.best_energies
