"""What all tests share: one thread a process, the order of the files, and less to collect."""

import gc
import os
import signal
import sys

import pytest

# Test processes share the cores. Threads inside of them would wait for each other: PyTorch
# then takes five times as long for the small networks here.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# Thousands of tests are objects that live to the end. The garbage collector would walk through
# them again and again, first while they are made and then in every compilation of a kernel.
gc.disable()


def pytest_collection_finish():
    """Leave what has been collected so far out of all further garbage collections."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def _own_circuits_are_forgotten():
    """Take circuits that a test has brought into the catalogue out of it again."""
    yield
    # Most tests need no catalogue.
    module = sys.modules.get("sim.catalog")
    if module is not None:
        built_in = {entry.name for entry in module.built_in()}
        module.unregister({entry.name for entry in module.catalog()} - built_in)


@pytest.fixture(autouse=True)
def _signals_are_handled_as_before():
    """Undo what a command that ran inside of a test has set: its handlers end the process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def pytest_collection_modifyitems(items):
    """Put files with many long tests first, so that processes end at about the same time.

    Those that need a simulator come after the other slow ones: the cross-check has processes
    of its own, which would compile the same kernels at the same time.
    """
    slow, simulated = (dict.fromkeys((item.path for item in items), 0) for _ in range(2))
    for item in items:
        slow[item.path] += item.get_closest_marker("slow") is not None
        simulated[item.path] += item.get_closest_marker("simulator") is not None

    def place(item):
        path = item.path
        if slow[path] and not simulated[path]:
            return 0, -slow[path]
        return (1, -simulated[path]) if simulated[path] else (2, 0)

    items.sort(key=place)
