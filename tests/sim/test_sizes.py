"""What takes more memory than there is is refused before any work."""

import time

import pytest

import sim
from sim.checks import memory


def test_a_cross_check_that_is_too_long_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(memory, "_memory", lambda: 16 * 10**9)
    begin = time.monotonic()
    # The multiplier has 3 ports of a bit.
    sentence = (
        "^10000000 cycles of 256 lanes of multiplier take about 184.3 GB of memory, more than "
        "the 16.0 GB of this machine: ask for fewer cycles or lanes$"
    )
    with pytest.raises(ValueError, match=sentence):
        sim.verify("multiplier", cycles=10**7, lanes=256)
    assert time.monotonic() - begin < 1


def test_the_system_tells_its_memory():
    with open("/proc/meminfo") as file:
        kilobytes = int(file.readline().split()[1])
    assert memory._memory() == pytest.approx(kilobytes * 1024, rel=0.01)
    memory.check_memory([sim.catalog()[0]], 1024, 64)
