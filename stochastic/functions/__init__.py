"""Functions of streams by saturating state machines."""

from .linear_gain import LinearGain
from .sabs import Sabs
from .sexp import Sexp
from .stanh import Stanh

__all__ = ["LinearGain", "Sabs", "Sexp", "Stanh"]
