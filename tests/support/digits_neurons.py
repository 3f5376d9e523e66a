"""A small network of neurons on integral streams, trained on digits."""

from stochastic.networks import StreamRun, StreamTraining

__all__ = ["NEURONS", "trained"]

NEURONS = StreamTraining(
    dataset="digits", hidden=(16,), range=2, length=32, states=16, epochs=1, augment=False
)


def trained(tmp_path_factory, settings=NEURONS):
    """Return the folder of a finished run."""
    path = tmp_path_factory.mktemp("neurons")
    StreamRun(path, settings).train()
    return path
