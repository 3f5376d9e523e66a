"""Annealing, Gibbs sampling, tempering and solving, against enumeration and closed forms."""

import itertools

import numpy as np
import pytest

from stochastic.invertible import (
    PLANS,
    SOLVERS,
    AnnealingPlan,
    Cnf,
    GibbsSampler,
    Hamiltonian,
    MaxCut,
    Noise,
    Qubo,
    SpinEngine,
    colours,
    gate,
    inverse_temperature,
    solve,
    temper,
)

# The kernels take long to compile.
pytestmark = pytest.mark.slow


def random_graph(n, degree, seed):
    rng = np.random.default_rng(seed)
    pairs = list(itertools.combinations(range(n), 2))
    keep = rng.random(len(pairs)) < degree / n
    weights = rng.choice([-1, 1], len(pairs)).tolist()
    edges = [(*pair, w) for pair, w, k in zip(pairs, weights, keep, strict=True) if k]
    return MaxCut(n, tuple(edges))


def boltzmann(hamiltonian, beta):
    weights = np.exp(-beta * (hamiltonian.spectrum - hamiltonian.ground_energy))
    return weights / weights.sum()


def histogram(samples, n):
    index = (np.concatenate(samples) > 0) @ (1 << np.arange(n))
    return np.bincount(index, minlength=1 << n) / len(index)


@pytest.mark.parametrize("beta", [0.3, 0.7])
def test_gibbs_sampling_obeys_the_boltzmann_law(beta):
    rng = np.random.default_rng(1)
    matrix = np.triu(rng.integers(-1, 2, (7, 7)), 1)
    hamiltonian = Hamiltonian.from_dense(rng.integers(-1, 2, 7), matrix + matrix.T)
    sampler = GibbsSampler(hamiltonian, replicas=4000, seed=3)
    sampler.run([beta] * 30)
    samples = []
    for _ in range(40):
        sampler.run([beta] * 3)
        samples.append(sampler.spins.copy())
    measured = histogram(samples, 7)
    assert np.abs(measured - boltzmann(hamiltonian, beta)).sum() / 2 < 0.02
    # Negative control: another temperature is told apart.
    assert np.abs(measured - boltzmann(hamiltonian, 1.3 * beta)).sum() / 2 > 0.05


def test_gibbs_energies_of_20_spins_obey_the_boltzmann_law():
    """All 2^20 states are enumerated; the law of the energies is compared."""
    hamiltonian, beta = random_graph(20, 4, 2).hamiltonian, 0.5
    levels, counts = np.unique(hamiltonian.spectrum, return_counts=True)
    sampler = GibbsSampler(hamiltonian, replicas=4000, seed=5)
    sampler.run([beta] * 60)
    samples = []
    for _ in range(30):
        sampler.run([beta] * 3)
        samples.append(hamiltonian.energy(sampler.spins))
    energies = np.concatenate(samples)
    measured = np.array([(energies == level).mean() for level in levels])
    for assumed, near in ((beta, True), (1.2 * beta, False)):
        law = counts * np.exp(-assumed * (levels - levels[0]))
        assert (np.abs(measured - law / law.sum()).sum() / 2 < 0.02) == near


def test_colours_differ_between_neighbours():
    hamiltonian = random_graph(60, 6, 1).hamiltonian
    found = colours(hamiltonian)
    assert all(found[i] != found[j] for i, j, _ in hamiltonian.J)
    assert found.max() < 12


def stationary_law(field, noise, limit):
    """Return the stationary law of one gate's counter, from its transition matrix."""
    states = np.arange(-limit, limit)
    chain = np.zeros((2 * limit, 2 * limit))
    for k, state in enumerate(states):
        for step in (noise, -noise):
            moved = min(max(state + field + step, -limit), limit - 1)
            chain[k, moved + limit] += 0.5
    values, vectors = np.linalg.eig(chain.T)
    law = np.real(vectors[:, np.argmax(np.real(values))])
    return law / law.sum()


@pytest.mark.parametrize("field", [1, 2])
def test_one_gate_has_its_exact_law(field):
    """A single gate is a Markov chain with a known law, which is close to tanh."""
    noise, limit = Noise(weight=15), 45
    engine = SpinEngine(Hamiltonian(h=(field,)), noise=noise, limit=limit, replicas=8192)
    engine.run([limit] * 600)
    counts = np.zeros(2 * limit)
    for _ in range(60):
        engine.run([limit] * 20)
        counts += np.bincount(engine.counters[:, 0] + limit, minlength=2 * limit)
    law = stationary_law(field, 15, limit)
    assert np.abs(counts / counts.sum() - law).sum() / 2 < 0.02
    mean = law[limit:].sum() - law[:limit].sum()
    assert abs(mean - np.tanh(inverse_temperature(limit, noise) * field)) < 0.05


@pytest.mark.parametrize("name", ["and", "or", "nand", "nor", "xor", "xnor", "majority"])
def test_gates_forwards_and_backwards(name):
    """For each clamping of one side the most frequent states are right."""
    one = gate(name)
    bits = len(one.inputs) + len(one.outputs)
    rows = {row[:bits] for row in one.rows}
    sides = (range(len(one.inputs)), range(len(one.inputs), bits))
    for side in sides:
        for values in itertools.product((-1, 1), repeat=len(side)):
            clamps = dict(zip(side, values, strict=True))
            expected = {r for r in rows if all(r[k] == v for k, v in clamps.items())}
            if not expected:
                continue
            folded, _, free = one.hamiltonian.fold(clamps)
            engine = SpinEngine(folded, noise=Noise(weight=3), limit=4, replicas=1024)
            seen = []
            for _ in range(40):
                engine.run([4] * 5)
                full = np.zeros((1024, one.hamiltonian.size), int)
                full[:, list(free)] = engine.spins
                for k, v in clamps.items():
                    full[:, k] = v
                seen.append(full[:, :bits])
            states, counts = np.unique(np.concatenate(seen), axis=0, return_counts=True)
            best = {tuple(s) for s in states[np.argsort(-counts)[: len(expected)]].tolist()}
            assert best == expected


@pytest.mark.parametrize("name", PLANS)
def test_plans_reach_the_best_cut_of_small_graphs(name):
    graph = random_graph(18, 5, 7)
    best = int(graph.value(graph.hamiltonian.ground_states()[0]))
    engine = PLANS[name].anneal(graph.hamiltonian, 500, replicas=128)
    values = graph.value(engine.spins)
    assert values.max() == best
    assert values.mean() > 0.8 * best


def test_common_field_keeps_spins_from_flipping_together():
    """All weights of one sign and no mu: the spins flip all at once, and the cut is near 0."""
    complete = MaxCut(40, tuple((i, j, 1) for i, j in itertools.combinations(range(40), 2)))
    published = PLANS["published"]
    with_mu = published.anneal(complete.hamiltonian, 1000).spins
    without = published.replace(common_field=0.0).anneal(complete.hamiltonian, 1000).spins
    assert complete.value(with_mu).mean() > 380
    assert complete.value(without).mean() < 100


@pytest.mark.parametrize("solver", SOLVERS)
def test_each_solver_finds_the_best_cut_and_says_the_truth(solver):
    graph = random_graph(20, 6, 3)
    best = int(graph.value(graph.hamiltonian.ground_states()[0]))
    calls = []
    options = {"solver": solver, "rounds": 3, "seconds": 60, "cycles": 300, "target": best}
    found = solve(graph, progress=calls.append, **options)
    spins = 2 * np.array(found.assignment) - 1
    assert found.value == best == graph.value(spins)
    assert calls[-1].value == best
    assert calls[-1].updates == found.updates > 0
    again = solve(graph, **options)
    assert again.assignment == found.assignment


def test_a_formula_is_satisfied():
    rng = np.random.default_rng(5)
    hidden = rng.choice([-1, 1], 30)
    clauses = []
    while len(clauses) < 100:
        index = rng.choice(30, 3, replace=False)
        signs = rng.choice([-1, 1], 3)
        if (signs == hidden[index]).any():
            clauses.append(tuple(int(v) for v in signs * (index + 1)))
    found = solve(Cnf(30, tuple(clauses)), seconds=30)
    assert found.value == 100
    assert len(found.assignment) == 30


def test_tempering_keeps_the_best_states():
    graph = random_graph(16, 5, 2)
    engine = temper(graph.hamiltonian, 400, replicas=128)
    best = int(graph.value(graph.hamiltonian.ground_states()[0]))
    assert graph.value(engine.best_spins).max() == best
    assert np.array_equal(engine.hamiltonian.energy(engine.best_spins), engine.best_energies)
    # A descent ends in the least energy of its path, which the watch keeps.
    assert np.all(engine.best_energies <= engine.hamiltonian.energy(engine.spins))
    with pytest.raises(ValueError, match="^period must be between 1 and 1048576, not 0$"):
        temper(graph.hamiltonian, 20, period=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: solve(random_graph(4, 2, 1), solver="magic"),
            "solver must be one of metropolis, serial, ssa, ssqa, published, tempering, "
            "gibbs, not 'magic'",
        ),
        (
            lambda: solve(random_graph(4, 2, 1), seconds=0),
            "seconds must be above 0 and at most 10000000, not 0",
        ),
        (
            lambda: solve(random_graph(4, 2, 1), seed=-1),
            "seed must be between 0 and 9223372036854775807, not -1",
        ),
        (lambda: Cnf(3, ((1, 2), ())), "a clause must have a literal"),
        (lambda: Cnf(3, ((1, -4),)), "there is no variable 4, only 1 to 3"),
        (
            lambda: Qubo.from_matrix([[np.nan, 1], [0, 1]]),
            "a weight must be an integer, not nan",
        ),
        (
            lambda: solve(Qubo.from_matrix([[0, 30000], [0, 0]]), solver="serial"),
            "the mean size of a field must be at most 13653 for this noise, not 42426: divide "
            "the coefficients, or take the solver metropolis",
        ),
        (
            lambda: AnnealingPlan(noise=-1, first=1, last=2),
            "AnnealingPlan noise must be between 0 and 1000, not -1",
        ),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=".") as error:
        make()
    assert str(error.value) == message
