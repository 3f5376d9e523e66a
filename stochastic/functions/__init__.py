"""Functions of streams by saturating state machines."""

from .bernstein_fit import BernsteinFit, bernstein_coefficients, bernstein_values, fit_bernstein
from .bernstein_polynomial import BernsteinPolynomial
from .coefficient_table import CoefficientTable
from .hard_tanh import HardTanh
from .linear_gain import LinearGain
from .sabs import Sabs
from .sexp import Sexp
from .smax import Smax
from .smin import Smin
from .srelu import Srelu
from .ssigmoid import Ssigmoid
from .ssign import Ssign
from .stanh import Stanh

__all__ = [
    "BernsteinFit",
    "BernsteinPolynomial",
    "CoefficientTable",
    "HardTanh",
    "LinearGain",
    "Sabs",
    "Sexp",
    "Smax",
    "Smin",
    "Srelu",
    "Ssigmoid",
    "Ssign",
    "Stanh",
    "bernstein_coefficients",
    "bernstein_values",
    "fit_bernstein",
]
