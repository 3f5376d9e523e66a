import numpy as np
import pytest
from scipy.integrate import solve_ivp

from stochastic import Counter, Integrator, Lfsr, OdeSolver, Pcg, Sng, Sobol, VanDerCorput


def solver(phase, width=8, centre=128, first=0, second=128):
    """Return the system of Liu, Gross and Han 2020, equation (8), with Sobol words."""
    return OdeSolver(
        width=width,
        generator=Sobol(width=width, phase=phase),
        centre_generator=Sobol(width=width, dimension=1, phase=phase),
        centre=centre,
        first=first,
        second=second,
    )


def errors(circuit, cycles):
    """Return the root mean square errors of both values."""
    outputs, _ = circuit.run(cycles=cycles)
    values = np.stack([outputs["y1"][:, 0], outputs["y2"][:, 0]]) * 2.0**-circuit.width
    return np.sqrt(np.mean((values - circuit.solution(cycles)) ** 2, axis=1))


@pytest.mark.parametrize(
    "circuit",
    [
        solver(76),
        solver(3, width=4, centre=11, first=16, second=0),
        OdeSolver(
            width=1,
            generator=Counter(width=1),
            centre_generator=Counter(width=1, direction="down"),
            centre=1,
            first=2,
            second=0,
        ),
        OdeSolver(
            width=32,
            generator=VanDerCorput(width=32),
            centre_generator=Lfsr(width=32),
            centre=1,
            first=0,
            second=1 << 32,
        ),
    ],
)
def test_is_two_integrators_that_feed_each_other(circuit):
    """The same as two integrators and a converter, wired together cycle by cycle."""
    cycles = 500
    first, second = (
        Integrator(width=circuit.width, generator=circuit.generator, initial=initial)
        for initial in (circuit.first, circuit.second)
    )
    constant = Sng(generator=circuit.centre_generator).run({"code": [circuit.centre] * cycles})
    bits = constant[0]["stream"][:, 0].tolist()
    one, two = {"value": circuit.first}, {"value": circuit.second}
    outputs, _ = circuit.run(cycles=cycles)
    for t, word in enumerate(circuit.generator.words(cycles).tolist()):
        # The streams depend on the state alone, so any inputs show them.
        y1 = first.step(one, [word], increment=0, decrement=0)[1]
        y2 = second.step(two, [word], increment=0, decrement=0)[1]
        assert outputs["y1"][t, 0] == y1["value"]
        assert outputs["y2"][t, 0] == y2["value"]
        one, _ = first.step(one, [word], increment=y2["stream"], decrement=bits[t])
        two, _ = second.step(two, [word], increment=bits[t], decrement=y1["stream"])


@pytest.mark.parametrize(
    ("centre", "first", "second"), [(128, 0, 128), (100, 30, 200), (0, 256, 1)]
)
def test_solution_is_that_of_the_equation(centre, first, second):
    circuit = solver(0, centre=centre, first=first, second=second)
    a = centre / 256
    numeric = solve_ivp(
        lambda t, y: (y[1] - a, a - y[0]),
        (0, 3216 / 256),
        (first / 256, second / 256),
        t_eval=np.arange(3217) / 256,
        rtol=1e-10,
        atol=1e-12,
    )
    np.testing.assert_allclose(circuit.solution(3217), numeric.y, atol=1e-8)


def test_error_over_two_turns():
    """Liu, Gross and Han 2020, table II: 3217 iterations; the paper's RMSE is 4.7e-3."""
    assert np.all(errors(solver(76), 3217) <= 6e-3)


@pytest.mark.parametrize("phase", [0, 1, 128])
def test_error_at_the_phases_of_whole_blocks(phase):
    """Euler's method in floats errs by 5.1e-3; beside it one step of the counter, 3.9e-3."""
    assert np.all(errors(solver(phase), 3217) <= 9e-3)


@pytest.mark.parametrize("phase", range(0, 256, 15))
def test_error_at_other_phases(phase):
    """Most phases are worse: their errors, like the best, are below a tenth of random ones'.

    Random words err by sqrt(3217 / 4) / 256 = 0.11 at the most in the mean over a run: the
    variance after k steps of h is at most h^2 k / 2.
    """
    assert np.all(errors(solver(phase), 3217) <= 0.011 * 2)


def test_error_falls_with_the_step():
    """The step is the noise too: from 8 to 14 bits, more than 2^3 times less."""
    coarse, fine = (
        errors(solver(0, n, 1 << (n - 1), 0, 1 << (n - 1)), round(4 * np.pi * 2**n)).max()
        for n in (8, 14)
    )
    assert fine < coarse / 8


def test_random_words_err_as_their_variance_says():
    seeds = range(8)
    squares = []
    for seed in seeds:
        circuit = solver(0).replace(
            generator=Pcg(width=8, seed=seed), centre_generator=Pcg(width=8, seed=100 + seed)
        )
        squares.append(errors(circuit, 3217) ** 2)
    # After k steps of h the variance is at most h^2 k / 2: the mean over the run is 0.11^2,
    # less where the values are near the ends. Eight runs stay within a factor of two.
    assert 0.11 / 4 <= np.sqrt(np.mean(squares)) <= 0.11 * 2


def test_a_constant_at_the_ends_stays():
    """At y1 = y2 = a nothing moves: exactly where the streams are constant."""
    for code in (0, 16):
        outputs, _ = solver(0, 4, code, code, code).run(cycles=100)
        assert np.all(outputs["y1"] == code)
        assert np.all(outputs["y2"] == code)


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"width": 33}, ValueError, "OdeSolver width must be between 1 and 32, not 33"),
        (
            {"generator": Lfsr(width=7)},
            ValueError,
            "OdeSolver generator must have the width 8, not 7",
        ),
        (
            {"centre_generator": 1},
            TypeError,
            "OdeSolver centre_generator must be a generator, not 1",
        ),
        ({"centre": 257}, ValueError, "OdeSolver centre must be between 0 and 256, not 257"),
        ({"first": -1}, ValueError, "OdeSolver first must be between 0 and 256, not -1"),
        ({"second": 0.5}, TypeError, "OdeSolver second must be an integer, not 0.5"),
        (
            {"generator": VanDerCorput(width=8), "centre_generator": VanDerCorput(width=8)},
            ValueError,
            "OdeSolver needs two generators of different sequences, not "
            "VanDerCorput\\(width=8, phase=0\\) and VanDerCorput\\(width=8, phase=0\\)",
        ),
    ],
)
def test_bad_parameters(changes, kind, message):
    with pytest.raises(kind, match=f"^{message}$"):
        solver(0).replace(**changes)
