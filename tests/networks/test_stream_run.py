"""Training runs: they resume with the same bits, and refuse other networks."""

import pytest
import torch

from stochastic.networks import StreamRun, StreamTraining

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
