"""Training of networks with optimizers that are circuits; needs PyTorch."""

from fixedpoint.circuit.packages import explained

try:
    from .datasets import DATASETS, Dataset, load
    from .networks import NETWORKS, mobilenet_v2, resnet18, vgg16
    from .optimizers.bfloat16_momentum_sgd import Bfloat16MomentumSGD
    from .optimizers.circuit_optimizer import CircuitOptimizer
    from .optimizers.fixed_momentum_sgd import FixedMomentumSGD
    from .optimizers.gradient_scale import Scale
    from .optimizers.hybrid_momentum_sgd import HybridMomentumSGD
    from .optimizers.layerwise_rates import layerwise_groups
    from .optimizers.momentum_sgd import MomentumSGD
    from .optimizers.optimizer_registry import OPTIMIZERS
    from .runs.accuracy_picture import draw_curves
    from .runs.configuration import Configuration
    from .runs.many_runs import finished_run, run_all
    from .runs.recorder import Record, Recorder, load_records, save_records
    from .runs.run import Run
    from .runs.run_statistics import Mean, paired
    from .runs.trainer import Epoch, Trainer, evaluate, train
    from .runs.training_roles import training_roles
    from .schedules.schedule_registry import SCHEDULES
    from .schedules.shift_lr import ShiftLR
except ModuleNotFoundError as error:
    raise explained(error) from None

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
    "finished_run",
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
