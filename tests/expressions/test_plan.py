"""The plan of generators: how few, which are shared, and what is refused."""

import itertools

import numpy as np
import pytest

from stochastic import Lfsr, Sobol
from stochastic.expressions import (
    absolute_difference,
    add,
    bernstein,
    compose,
    maximum,
    number,
    stream,
    tanh,
)
from stochastic.expressions.colouring import colouring
from stochastic.expressions.sequences import correlates, sequences

A, B, C, D = (number(name) for name in "abcd")
P, Q = number("p", "unipolar"), number("q", "unipolar")
PRODUCTS = sum(number(f"x{i}", low=-0.5) * number(f"w{i}", high=0.5) for i in range(9))


def fewest_colours(vertices, edges):
    """Return the least number of colours, by trying all colourings."""
    for count in range(1, len(vertices) + 1):
        for colours in itertools.product(range(count), repeat=len(vertices)):
            if all(colours[a] != colours[b] for a, b in edges):
                return count
    return 0


@pytest.mark.parametrize("seed", range(30))
def test_colours_are_as_few_as_possible(seed):
    rng = np.random.default_rng(seed)
    vertices = range(rng.integers(1, 8))
    edges = [e for e in itertools.combinations(vertices, 2) if rng.random() < 0.5]
    colours, fewest = colouring(vertices, edges)
    assert fewest
    assert all(colours[a] != colours[b] for a, b in edges)
    assert len(set(colours.values())) == fewest_colours(vertices, edges)
    assert set(colours.values()) == set(range(len(set(colours.values()))))


def test_more_vertices_than_python_can_recurse():
    # A ring of odd length needs three colours; a thousand vertices without edges need one.
    ring = [(i, (i + 1) % 2001) for i in range(2001)]
    colours, fewest = colouring(range(2001), ring)
    assert set(colours.values()) == {0, 1, 2} and not fewest
    assert all(colours[a] != colours[b] for a, b in ring)
    assert colouring(range(1500), []) == (dict.fromkeys(range(1500), 0), True)
    assert colouring([], []) == ({}, True)


@pytest.mark.parametrize(
    ("expression", "sequences", "generators"),
    [
        (A + B + C, 1, 1),
        (A * B, 2, 2),
        (A * B + C, 2, 2),
        (A * B + C * D, 2, 2),
        (A * B * C, 3, 3),
        (PRODUCTS, 2, 2),
        # After reconvergence: a, b, a once more, and c.
        ((A * B) * (A * C), 4, 4),
        (A * A, 2, 2),
        # The third is for the multiplexer.
        (tanh(A * B + C), 3, 3),
        # It serves the multiplexers of others too, and SNGs that they do not meet.
        (tanh(A + B) + tanh(C + D) + tanh(A + D), 2, 2),
        # Six copies and the coefficients.
        (bernstein(lambda x: x**2, P, 6), 7, 7),
        (absolute_difference(P, Q), 1, 1),
    ],
)
def test_number_of_generators(expression, sequences, generators):
    plan = expression.compose().plan
    assert (plan.sequences, plan.generators, plan.fewest) == (sequences, generators, True)


@pytest.mark.parametrize(
    ("sharing", "generators"), [("none", 4), ("rotation", 2), ("permutation", 2), ("delay", 1)]
)
def test_shared_generators(sharing, generators):
    circuit = ((A * B) * (C * D)).compose(sharing=sharing)
    assert circuit.plan.generators == generators
    for one, other in circuit.plan.apart:
        pair = [circuit.plan.sequence_of[s].generator for s in (one, other)]
        assert not correlates(*pair)
    # The netlist is equal to its streams, and so close to the product as chance allows.
    rng = np.random.default_rng(5)
    values = {name: rng.uniform(-1, 1, 100) for name in "abcd"}
    found = circuit.evaluate(**values)["y"]
    codes = {n: np.tile(c, (256, 1)) for n, c in circuit.codes(**values).items()}
    outputs, _ = circuit.netlist.run(codes)
    np.testing.assert_array_equal(2 * outputs["y"].mean(axis=0) - 1, found)
    assert np.sqrt(np.mean((found - circuit.exact(**values)["y"]) ** 2)) < 0.15


def test_the_plan_is_a_table():
    plan = (A * B).compose(sharing="rotation").plan
    lines = str(plan).splitlines()
    assert lines[0] == (
        "1 generators for 2 uses: 2 independent sequences, no fewer are possible"
    )
    assert lines[1].startswith("  generator0  Lfsr(width=8")
    assert lines[1].endswith("a_sng, b_sng (rotated by 4)")
    assert lines[2] == "  a_sng and b_sng share one: error 0.0112, random streams 0.0105"


def test_correlated_gates_share_a_generator_where_they_can():
    shared = maximum(A, B).compose()
    assert shared.netlist.circuits["maximum"].depth == 0
    (pair,) = shared.plan.together
    assert {s.name for s in pair} == {"a_sng", "b_sng"}
    # A multiplier needs the two independent: then a synchronizer correlates them.
    both = compose({"y": maximum(A, B), "z": A * B})
    assert both.netlist.circuits["maximum"].depth == 2
    assert maximum(A * B, C).compose().netlist.circuits["maximum"].depth == 2


@pytest.mark.parametrize("depth", [None, 2])
@pytest.mark.parametrize(
    "expression",
    [
        lambda depth: maximum(-A, B, depth=depth),
        lambda depth: maximum(A * C, B, depth=depth),
        lambda depth: absolute_difference(1 - P, Q, depth=depth),
    ],
)
def test_a_synchronizer_does_not_get_anticorrelated_streams(expression, depth):
    circuit = expression(depth).compose()
    numbers = {s.name: s for s in circuit.plan.sequence_of}
    second = numbers.get("b_sng") or numbers["q_sng"]
    others = [s for s in numbers.values() if s is not second]
    sequence = circuit.plan.sequence_of
    assert all(sequence[second].number != sequence[s].number for s in others)


def test_a_synchronizer_may_get_correlated_streams():
    rising = maximum(P * number("r", "unipolar"), Q)
    # Both operands have more ones where the shared word is small.
    assert rising.compose().plan.generators == 2


def test_more_generators_than_allowed_are_refused():
    with pytest.raises(
        ValueError,
        match="^compose needs 2 generators for operands that must be independent, "
        "not at most 1$",
    ):
        (A * B).compose(most=1)
    assert (A * B).compose(most=1, sharing="rotation").plan.generators == 1


def test_equal_generators_are_refused():
    twice = (Lfsr(width=8), Lfsr(width=8, seed=2, phase=254))
    with pytest.raises(ValueError, match="which meet at one gate: they are the same sequence$"):
        (A * B).compose(generators=twice)
    shifted = (Lfsr(width=8), Lfsr(width=8, phase=1))
    with pytest.raises(
        ValueError, match="which meet at one gate: they make products wrong by 0.053$"
    ):
        (A * B).compose(generators=shifted)
    # Where they do not meet, they may be equal.
    assert (A + B).compose(generators=twice).plan.generators == 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: (A * B).compose(generators=(Lfsr(width=8),)),
            ValueError,
            "compose needs 2 independent sequences, but the generators given make 1",
        ),
        (
            lambda: (A * B).compose(generators=(Lfsr(width=7), Lfsr(width=8))),
            ValueError,
            "compose generators must have the width 8, not 7",
        ),
        (
            lambda: (A * B).compose(generators=(1, 2)),
            TypeError,
            "compose generators must be generators, not 1",
        ),
        (
            lambda: (A * B).compose(generators="mersenne"),
            ValueError,
            "compose generators must be one of lfsr, sobol, xorshift, not 'mersenne'",
        ),
        (
            lambda: (A * B).compose(sharing="yes"),
            ValueError,
            "compose sharing must be one of none, rotation, permutation, delay, not 'yes'",
        ),
        (
            lambda: (A * B).compose(width=2),
            ValueError,
            "compose width must be between 3 and 16, not 2",
        ),
        (
            lambda: compose({"y": maximum(A, B, depth=0), "z": A * B}),
            ValueError,
            "maximum of depth 0 needs operands of one generator, but a and b must be "
            "independent at another gate: leave depth out, or give it a synchronizer",
        ),
        (
            lambda: maximum(A * B, C, depth=0).compose(),
            ValueError,
            "maximum of depth 0 needs operands of one generator, but its operands are not both "
            "numbers: leave depth out, or give it a synchronizer",
        ),
        (
            lambda: (stream("u") * stream("u")).compose(),
            ValueError,
            "name 'u' is used twice, for two inputs",
        ),
    ],
)
def test_impossible_plans_are_one_sentence(make, error, message):
    with pytest.raises(error, match=f"^{message}$"):
        make()


def test_a_stream_from_outside_cannot_be_made_twice():
    u = stream("u")
    with pytest.raises(
        ValueError,
        match="^product needs independent operands, but u and u both depend on the stream u, "
        r"which cannot be made twice: take a number\(\)$",
    ):
        (u * u).compose()


def test_simulation_tells_of_a_plan_that_was_too_bold():
    rng = np.random.default_rng(4)
    values = {name: rng.uniform(-1, 1, 300) for name in "abc"}
    expression = (A * B) * (A * C)
    good = expression.compose(width=12).correlations(**values)
    assert [c.part for c in good] == ["product", "product2", "product3"]
    assert not any(c.bold for c in good)
    # The top bits of these phases of one LFSR have the sum 0 modulo 2: independent in pairs,
    # but the products of two pairs are not.
    phases = tuple(Lfsr(width=12, phase=phase) for phase in (0, 108, 198, 2245))
    assert not any(correlates(g, h) for g, h in itertools.combinations(phases, 2))
    bold = expression.compose(width=12, generators=phases).correlations(**values)
    assert [c.bold for c in bold] == [False, False, True]
    assert "product3: a and b have SCC" in str(bold[2])


def test_sobol_dimensions_and_variants_are_independent():
    found = sequences(6, 6, "sobol", "permutation")
    assert len({s.number for s in found}) < 6
    assert found[0].base == Sobol(width=6)
    for one, other in itertools.combinations([s for s in found if s.number == 0], 2):
        assert not correlates(one.generator, other.generator)


def test_a_plain_sum_has_no_pairs():
    assert add(A, B).compose().plan.apart == ()


def test_ports_may_have_the_names_of_parts():
    x, y = number("generator0"), number("product")
    netlist = compose({"sum": x * y + x}).netlist
    assert [p.name for p in netlist.ports] == ["generator0", "product", "sum"]
    assert len(netlist.circuits) == 6
