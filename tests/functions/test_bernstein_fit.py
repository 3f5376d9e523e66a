"""Coefficients of Bernstein polynomials: published fits, exact conversions, refusals."""

import numpy as np
import pytest

from stochastic import (
    Lfsr,
    bernstein_coefficients,
    bernstein_values,
    fit_bernstein,
)


def test_gamma_correction_as_published():
    fit = fit_bernstein(lambda x: x**0.45, 6)
    published = (0.0955, 0.7207, 0.3476, 0.9988, 0.7017, 0.9695, 0.9939)
    np.testing.assert_allclose(fit.coefficients, published, atol=7e-4)
    assert fit.degree == 6
    assert fit.rms_error == pytest.approx(0.0045, abs=5e-5)
    # The root has no tangent at 0: the largest error is the value there.
    assert fit.max_error == pytest.approx(fit.coefficients[0], rel=1e-6)


def test_a_polynomial_is_found_exactly():
    b = (2 / 8, 5 / 8, 3 / 8, 6 / 8)
    fit = fit_bernstein(lambda x: 1 / 4 + 9 / 8 * x - 15 / 8 * x**2 + 5 / 4 * x**3, 3)
    np.testing.assert_allclose(fit.coefficients, b, atol=1e-9)
    assert fit.max_error < 1e-9
    np.testing.assert_allclose(fit.values([0, 0.5, 1]), bernstein_values(b, [0, 0.5, 1]))


def test_bounds_bind_where_they_must():
    # Without bounds the coefficients of a steep sigmoid leave [0, 1].
    fit = fit_bernstein(lambda x: 1 / (1 + np.exp(-20 * (x - 0.5))), 5)
    assert min(fit.coefficients) == 0
    assert max(fit.coefficients) == 1
    assert 0.02 < fit.rms_error < 0.2


def test_higher_degrees_fit_better():
    errors = [fit_bernstein(lambda x: np.sin(3 * x) ** 2, n).rms_error for n in (2, 4, 6, 8)]
    assert errors == sorted(errors, reverse=True)


def test_circuit_of_a_fit():
    circuit = fit_bernstein(lambda x: x**0.45, 6).circuit(Lfsr(width=8))
    assert circuit.codes == (24, 184, 89, 256, 180, 248, 254)


def test_powers_to_bernstein_form():
    powers = [1 / 4, 9 / 8, -15 / 8, 5 / 4]
    assert bernstein_coefficients(powers) == (2 / 8, 5 / 8, 3 / 8, 6 / 8)
    # A higher degree gives the same polynomial.
    x = np.linspace(0, 1, 9)
    raised = bernstein_values(bernstein_coefficients(powers, 7), x)
    np.testing.assert_allclose(raised, np.polynomial.polynomial.polyval(x, powers))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: bernstein_coefficients([0, 2, -1]),
            None,
        ),
        (
            lambda: bernstein_coefficients([0, 3, -3]),
            "bernstein_coefficients must be between 0 and 1, but coefficient 1 of degree 2 is "
            "1.5",
        ),
        (
            lambda: fit_bernstein(lambda x: 2 * x, 3),
            r"fit_bernstein function must be between 0 and 1, not 1\.\d+ at 0\.5\d*",
        ),
        (
            lambda: fit_bernstein(lambda x: x * np.nan, 3),
            "fit_bernstein function must be between 0 and 1, not nan at 0",
        ),
        (
            lambda: fit_bernstein(lambda x: 0.5, 3),
            r"fit_bernstein function must give the shape \(258,\), not \(\)",
        ),
        (
            lambda: fit_bernstein(lambda x: x, 0),
            "fit_bernstein degree must be between 1 and 32, not 0",
        ),
        (
            lambda: bernstein_coefficients([0, 0, 1], 1),
            "bernstein_coefficients degree of 3 powers must be between 2 and 32, not 1",
        ),
        (
            lambda: bernstein_coefficients([0.01] * 40),
            "bernstein_coefficients takes at most 33 powers, not 40",
        ),
        (
            lambda: bernstein_values([0.5] * 1025, 0.5),
            "bernstein_values takes at most 1024 coefficients, not 1025",
        ),
    ],
)
def test_polynomials_that_leave_the_interval(call, message):
    if message is None:
        assert max(call()) == 1
        return
    with pytest.raises(ValueError, match=f"^{message}$"):
        call()
