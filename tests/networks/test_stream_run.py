"""Training runs: they resume with the same bits, and refuse other networks."""

import matplotlib
import numpy as np
import pytest
import torch

from stochastic.networks import (
    Inference,
    StreamConvolution,
    StreamRun,
    StreamTraining,
    convert,
    load_trained,
)
from stochastic.networks.simulated_forward import simulated_forward

pytestmark = pytest.mark.slow

SMALL = StreamTraining(
    dataset="digits", hidden=(8,), range=2, length=16, states=16, epochs=1, loop_epochs=2,
    rate=0.02,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def weights_of(run):
    return torch.cat([p.detach().flatten() for p in run.model.parameters()])


def test_an_interrupted_run_ends_with_the_same_bits(tmp_path):
    whole = StreamRun(tmp_path / "whole", SMALL)
    whole.train()

    def interrupt(step, total, error):
        if step >= total * 2 // 3:
            raise KeyboardInterrupt

    parts = StreamRun(tmp_path / "parts", SMALL)
    with pytest.raises(KeyboardInterrupt):
        parts.train(interrupt)
    parts = StreamRun(tmp_path / "parts")
    assert len(parts.rows) == 2
    parts.train()
    assert torch.equal(weights_of(parts), weights_of(whole))
    assert [row[:3] for row in parts.rows] == [row[:3] for row in whole.rows]
    other = StreamRun(tmp_path / "other", SMALL.replace(seed=2))
    other.train()
    assert not torch.equal(weights_of(other), weights_of(whole))


def test_training_learns_and_a_second_run_starts_from_it(tmp_path):
    settings = SMALL.replace(hidden=(32,), epochs=12, loop_epochs=0, augment=False)
    first = StreamRun(tmp_path / "first", settings)
    first.train()
    assert first.rows[-1][2] < 15
    second = settings.replace(range=4, epochs=0, loop_epochs=1, start=settings)
    with pytest.raises(ValueError, match="^the run needs the finished run that it starts from"):
        StreamRun(tmp_path / "second", second)
    run = StreamRun(tmp_path / "second", second, start=first)
    torch.testing.assert_close(weights_of(run), 2 * weights_of(first))


def test_other_draws_from_the_generator_change_nothing(tmp_path):
    settings = SMALL.replace(loop_epochs=0)
    alone = StreamRun(tmp_path / "alone", settings)
    trained = alone.train()
    run = StreamRun(tmp_path / "run", settings)
    before = torch.get_rng_state()
    StreamRun(tmp_path / "other", settings.replace(seed=2))
    assert torch.equal(torch.get_rng_state(), before)
    run.train(lambda step, total, error: torch.rand(3))
    assert torch.equal(weights_of(run), weights_of(alone))
    # The weights are the first that torch draws after the seed.
    torch.manual_seed(1)
    first = settings.model(1, 64, 10)
    fresh = StreamRun(tmp_path / "fresh", settings)
    assert torch.equal(fresh.model[1].weight, first[1].weight)
    assert not trained.training
    assert not StreamRun(tmp_path / "run").train().training


def test_a_batch_larger_than_the_data_is_refused(tmp_path):
    with pytest.raises(ValueError, match="^batch_size must be between 1 and .*, not 5000$"):
        StreamRun(tmp_path / "run", SMALL.replace(batch_size=5000))
    assert not (tmp_path / "run").exists()


def test_refused_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no run: there is no configuration$"):
        StreamRun(tmp_path / "nothing")
    run = StreamRun(tmp_path / "run", SMALL.replace(epochs=1, loop_epochs=0))
    run.train()
    with pytest.raises(ValueError, match="holds a run with other settings: give the same"):
        StreamRun(tmp_path / "run", SMALL)
    other = StreamRun(tmp_path / "other", SMALL.replace(hidden=(9,), loop_epochs=0))
    other.train()
    (tmp_path / "run" / "checkpoint.pt").write_bytes(other.checkpoint.read_bytes())
    with pytest.raises(ValueError, match="checkpoint.pt is no checkpoint of this network: "):
        StreamRun(tmp_path / "run")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"range": 0}, "range must be between 1 and 64, not 0"),
        ({"length": 0}, "length must be between 1 and 65536, not 0"),
        ({"dataset": "letters"}, "data set must be one of .*, not 'letters'"),
        ({"rate": 1.5}, "rate must be between 0 and 1, not 1.5"),
        ({"start": SMALL.replace(hidden=(9,))}, r"start must have hidden \(8,\), not \(9,\)"),
    ],
)
def test_bad_settings(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        SMALL.replace(**options)


LENET = SMALL.replace(
    convolutions=(
        StreamConvolution(channels=3, kernel=3, padding=1),
        StreamConvolution(channels=4, kernel=3, pool=2),
    ),
    hidden=(8,),
    loop_epochs=1,
)


def test_convolutions_are_trained_and_run(tmp_path):
    run = StreamRun(
        tmp_path / "run", LENET.replace(epochs=6, batch_size=20, augment=False, length=32)
    )
    run.train()
    settings, model = load_trained(run.folder)
    assert settings == run.configuration
    images, labels = run.data.test_images, run.data.test_labels
    network = convert(model, length=32, range=2, images=images)
    inference = Inference(tmp_path / "test", network, images, labels)
    backend = matplotlib.get_backend()
    matplotlib.use("svg")
    # Chance is 90 %.
    assert inference.run() < 0.6 * len(labels)
    assert matplotlib.get_backend() == "svg"
    matplotlib.use(backend)
    assert (inference.folder / "error.png").read_bytes().startswith(b"\x89PNG")
    assert (inference.sums == network.run(images)).all()
    assert inference.errors_after()[-1] == inference.errors
    # The forward pass of the loop is the network's own sums.
    grey = torch.from_numpy(images[:25].astype(np.float32) / 256)
    with torch.no_grad():
        sums = simulated_forward(model, grey, seed=1)
    codes = images[:25].astype(np.int16)
    np.testing.assert_array_equal(32 * sums.numpy(), network.run(codes))
    assert (32 * sums.numpy() != network.run(codes[::-1])).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": 0}, "convolution channels must be between 1 and 65536, not 0"),
        ({"kernel": 0}, "convolution kernel must be between 1 and 65536, not 0"),
        ({"pool": 12}, "convolution pool must be between 1 and 11, not 12"),
        ({"padding": -1}, "convolution padding must be between 0 and 65536, not -1"),
    ],
)
def test_bad_convolutions(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        StreamConvolution(**{"channels": 1, "kernel": 1, **options})
    with pytest.raises(TypeError, match=r"^convolutions must be a tuple of StreamConvolution"):
        SMALL.replace(convolutions=(3,))


def test_more_streams_than_seeds_are_refused_before_training():
    message = "streams of 13-bit registers must be between 1 and 8191, not 12560"
    with pytest.raises(ValueError, match=f"^{message}$"):
        StreamTraining(range=16).features(1, 28, 28)
    with pytest.raises(ValueError, match="must be between 1 and 8191, not 12004$"):
        StreamTraining(hidden=(3000,)).features(1, 28, 28)


def test_a_window_that_exceeds_the_images_is_refused_before_training(tmp_path):
    wide = SMALL.replace(convolutions=(StreamConvolution(channels=1, kernel=9),))
    with pytest.raises(ValueError, match="^a window of 9x9 exceeds its padded input$"):
        StreamRun(tmp_path / "run", wide)
    assert not (tmp_path / "run").exists()
