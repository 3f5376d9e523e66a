"""Training networks with the stochastic optimizer; needs PyTorch."""

from .circuit_optimizer import CircuitOptimizer
from .configuration import Configuration
from .curve import draw_curves
from .datasets import DATASETS, Dataset, load
from .formats import training_roles
from .layerwise import layerwise_groups
from .loop import Epoch, Trainer, evaluate, train
from .networks import NETWORKS, mobilenet_v2, resnet18, vgg16
from .optimizer import MomentumSGD
from .optimizer_bfloat16 import Bfloat16MomentumSGD
from .optimizer_fixed import FixedMomentumSGD
from .optimizer_hybrid import HybridMomentumSGD
from .optimizers import OPTIMIZERS
from .recorder import Record, Recorder, load_records, save_records
from .run import Run
from .scale import Scale
from .schedule import ShiftLR
from .schedules import SCHEDULES
from .study import Mean, paired, run_all

__all__ = [
    "DATASETS",
    "NETWORKS",
    "OPTIMIZERS",
    "SCHEDULES",
    "Bfloat16MomentumSGD",
    "CircuitOptimizer",
    "Configuration",
    "Dataset",
    "Epoch",
    "FixedMomentumSGD",
    "HybridMomentumSGD",
    "Mean",
    "MomentumSGD",
    "Record",
    "Recorder",
    "Run",
    "Scale",
    "ShiftLR",
    "Trainer",
    "draw_curves",
    "evaluate",
    "layerwise_groups",
    "load",
    "load_records",
    "mobilenet_v2",
    "paired",
    "resnet18",
    "run_all",
    "save_records",
    "train",
    "training_roles",
    "vgg16",
]
