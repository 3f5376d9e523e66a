"""Images through the Verilog in parts, which resume."""

import json

import numpy as np
import pytest

from sim.checks import replay_in_parts as parts
from sim.checks.replay_in_parts import replay_in_parts
from stochastic.networks import StreamNetwork
from tests.support.stream_layers import small_layers

pytestmark = pytest.mark.simulator


def test_finished_parts_are_not_repeated(tmp_path, monkeypatch):
    network = StreamNetwork(small_layers(np.random.default_rng(1)), length=20)
    images = np.random.default_rng(2).integers(0, 256, (7, 6), dtype=np.uint8)
    labels = network.classify(images)
    path = tmp_path / "verilog.json"
    seen = []
    whole = replay_in_parts(network, images, labels, path, progress=seen.append)
    assert whole.passed
    assert (whole.images, whole.errors, seen[-1]) == (7, 0, 7)
    # The last two images are repeated, and then none.
    stored = json.loads(path.read_text())
    first = {**stored, "images": 5, "errors": 3}
    path.write_text(json.dumps(first))
    again = replay_in_parts(network, images, labels, path)
    assert (again.images, again.errors) == (7, 3)
    monkeypatch.setattr(parts, "replay_network", None)
    assert replay_in_parts(network, images, labels, path).errors == 3
    # Parts of other images do not count.
    with pytest.raises(TypeError, match="not callable"):
        replay_in_parts(network, images[::-1].copy(), labels, path)
