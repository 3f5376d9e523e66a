"""Coefficients of Bernstein polynomials, from functions and from powers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_array, check_integer
from fixedpoint.circuit.array_checks import check_floats

from .bernstein_polynomial import MOST_DEGREE, BernsteinPolynomial

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ..generators.generator import Generator

__all__ = ["BernsteinFit", "bernstein_coefficients", "bernstein_values", "fit_bernstein"]

# Nodes of the quadrature: enough for functions with a root at an end, as in gamma correction.
NODES = 256
# Binomial coefficients of larger degrees do not fit into float64.
MOST_COEFFICIENTS = 1024


@dataclasses.dataclass(frozen=True)
class BernsteinFit:
    """A Bernstein polynomial that approximates a function.

    Attributes
    ----------
    coefficients : tuple of float
        b_0 .. b_n, each in [0, 1].
    rms_error : float
        Root of the mean square distance to the function over [0, 1].
    max_error : float
        Largest distance at the 256 points of the fit and at both ends.
    """

    coefficients: tuple[float, ...]
    rms_error: float
    max_error: float

    @property
    def degree(self) -> int:
        """n, one less than the number of coefficients."""
        return len(self.coefficients) - 1

    def values(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the polynomial at x."""
        return bernstein_values(self.coefficients, x)

    def circuit(self, generator: Generator) -> BernsteinPolynomial:
        """Return the circuit, its coefficients rounded to the width of the generator."""
        return BernsteinPolynomial.from_coefficients(self.coefficients, generator)


def bernstein_values(coefficients: ArrayLike, x: ArrayLike) -> NDArray[np.float64]:
    """Return a polynomial in Bernstein form at x.

    Parameters
    ----------
    coefficients : float array ``[n + 1]``
        b_0 .. b_n.
    x : float array, any shape

    Returns
    -------
    float64 array of the shape of x
        ``sum over k of b_k C(n, k) x^k (1 - x)^(n - k)``.

    Examples
    --------
    >>> bernstein_values([0.25, 0.75], [0.0, 0.5, 1.0]).tolist()
    [0.25, 0.5, 0.75]
    """
    b = check_floats("bernstein_values coefficients must be", coefficients)
    points = check_floats("bernstein_values takes", x)
    if b.ndim != 1 or not b.size:
        raise ValueError(f"bernstein_values takes one or more coefficients, not {b.shape}")
    if len(b) > MOST_COEFFICIENTS:
        raise ValueError(
            f"bernstein_values takes at most {MOST_COEFFICIENTS} coefficients, not {len(b)}"
        )
    return np.asarray(_basis(len(b) - 1, points) @ b)


def fit_bernstein(function: Callable[[Any], Any], degree: int) -> BernsteinFit:
    """Fit a Bernstein polynomial with coefficients in [0, 1] to a function.

    Parameters
    ----------
    function : callable
        From a float64 array ``[points]`` in [0, 1] to values in [0, 1] of its shape.
    degree : int
        n, 1..32.

    Returns
    -------
    BernsteinFit
        The least squares over [0, 1] under the bounds of the coefficients.

    Raises
    ------
    TypeError, ValueError
        If the degree is out of range, or a value of the function is no number in [0, 1].

    Notes
    -----
    The integral of the squared distance is a Gauss-Legendre sum of 256 points.

    Source: as `BernsteinPolynomial`. Its gamma correction ``x^0.45`` of degree 6 is the
    published example.

    Examples
    --------
    >>> fit = fit_bernstein(lambda x: x**2, 2)
    >>> [round(b, 6) + 0.0 for b in fit.coefficients]
    [0.0, 0.0, 1.0]
    """
    degree = check_integer("fit_bernstein degree", degree, 1, MOST_DEGREE)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    x = np.concatenate([[0.0], (nodes + 1) / 2, [1.0]])
    values = check_array("fit_bernstein function must give", function(x))
    if values.shape != x.shape:
        raise ValueError(
            f"fit_bernstein function must give the shape {x.shape}, not {values.shape}"
        )
    values = check_floats("fit_bernstein function must give", values)
    wrong = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if wrong.size:
        i = wrong[0]
        raise ValueError(
            f"fit_bernstein function must be between 0 and 1, not {values[i]:g} at {x[i]:g}"
        )
    # SciPy takes a quarter of a second to import, and only fits need it.
    from scipy.optimize import lsq_linear

    root = np.sqrt(weights / 2)
    basis = _basis(degree, x)
    found = lsq_linear(
        root[:, None] * basis[1:-1], root * values[1:-1], bounds=(0, 1), method="bvls"
    )
    coefficients = np.clip(found.x, 0, 1)
    distance = basis @ coefficients - values
    return BernsteinFit(
        coefficients=tuple(coefficients.tolist()),
        rms_error=float(np.sqrt((weights / 2 * distance[1:-1] ** 2).sum())),
        max_error=float(np.abs(distance).max()),
    )


def bernstein_coefficients(powers: ArrayLike, degree: int | None = None) -> tuple[float, ...]:
    """Return the Bernstein form of a polynomial in powers of x.

    Parameters
    ----------
    powers : float array ``[m + 1]``
        a_0 .. a_m of ``a_0 + a_1 x + ... + a_m x^m``.
    degree : int, optional
        n, m..32; by default m. A polynomial that stays inside (0, 1) on [0, 1] has
        coefficients in [0, 1] from some degree on.

    Returns
    -------
    tuple of float
        b_0 .. b_n, each in [0, 1]: ``b_k = sum over i of a_i C(k, i) / C(n, i)``.

    Raises
    ------
    ValueError
        If a coefficient leaves [0, 1].

    Examples
    --------
    >>> bernstein_coefficients([1 / 4, 9 / 8, -15 / 8, 5 / 4])
    (0.25, 0.625, 0.375, 0.75)
    """
    name = "bernstein_coefficients"
    a = check_floats(f"{name} takes", powers)
    if a.ndim != 1 or len(a) < 1:
        raise ValueError(f"{name} takes an array [m + 1], not one of shape {a.shape}")
    least = max(1, len(a) - 1)
    if least > MOST_DEGREE:
        raise ValueError(f"{name} takes at most {MOST_DEGREE + 1} powers, not {len(a)}")
    n = least if degree is None else degree
    n = check_integer(f"{name} degree of {len(a)} powers", n, least, MOST_DEGREE)
    found = []
    for k in range(n + 1):
        b = math.fsum(a[i] * math.comb(k, i) / math.comb(n, i) for i in range(len(a)))
        # Rounding may leave the interval by a few units in the last place.
        if not -1e-12 <= b <= 1 + 1e-12:
            raise ValueError(
                f"{name} must be between 0 and 1, but coefficient {k} of degree {n} is {b:g}"
            )
        found.append(min(max(b, 0.0), 1.0))
    return tuple(found)


def _basis(degree: int, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Bernstein polynomials at x, ``[..., n + 1]``."""
    k = np.arange(degree + 1)
    counts = np.array([math.comb(degree, i) for i in k], np.float64)
    x = x[..., None]
    return counts * x**k * (1 - x) ** (degree - k)
