"""Random values that do not depend on which tests ran before."""

import pytest


@pytest.fixture(autouse=True)
def fresh_random_values():
    """Restart the generator that the tests of layers share."""
    pytest.importorskip("torch")
    from tests.support.layer_values import RNG

    RNG.bit_generator.state = type(RNG.bit_generator)(7).state
