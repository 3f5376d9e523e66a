"""Every default circuit's emitted bench against the faults planted in its Verilog."""

import collections

import pytest

from sim import catalog
from tests.support.emitted_faults import sweep

pytestmark = [pytest.mark.simulator, pytest.mark.slow]

# Faults of the default circuits that their benches miss and that are not proven to change
# nothing. A circuit that is not named here misses none.
MISSED = {}


def test_benches_catch_every_fault_that_changes_something():
    left = collections.Counter()
    names = []
    for each in sweep(catalog()):
        names.append(each.name)
        assert each.planted
        left[each.name] += len(each.missed())
    assert names == [entry.name for entry in catalog()]
    # The difference keeps what is more than is allowed.
    assert left - collections.Counter(MISSED) == {}
