"""Values in time and in differences: race logic, sigma-delta, decisions that end early."""

from .early_decision import EarlyDecision
from .race_decoder import RaceDecoder
from .race_delay import RaceDelay
from .race_encoder import RaceEncoder
from .race_maximum import RaceMaximum
from .race_minimum import RaceMinimum
from .sigma_delta_encoder import SigmaDeltaEncoder

__all__ = [
    "EarlyDecision",
    "RaceDecoder",
    "RaceDelay",
    "RaceEncoder",
    "RaceMaximum",
    "RaceMinimum",
    "SigmaDeltaEncoder",
]
