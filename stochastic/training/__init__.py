"""Training networks with the stochastic optimizer; needs PyTorch."""

from .datasets import Dataset, load
from .loop import Epoch, train
from .networks import NETWORKS, mobilenet_v2, resnet18, vgg16
from .optimizer import MomentumSGD
from .recorder import Record, Recorder, load_records, save_records
from .scale import Scale

__all__ = [
    "NETWORKS",
    "Dataset",
    "Epoch",
    "MomentumSGD",
    "Record",
    "Recorder",
    "Scale",
    "load",
    "load_records",
    "mobilenet_v2",
    "resnet18",
    "save_records",
    "train",
    "vgg16",
]
