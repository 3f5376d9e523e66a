"""What all tests share: one thread a process, the order of the files, and less to collect."""

import gc
import os

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


def pytest_collection_modifyitems(items):
    """Put files with many long tests first, so that processes end at about the same time."""
    long = dict.fromkeys((item.path for item in items), 0)
    for item in items:
        marks = (item.get_closest_marker(name) for name in ("slow", "simulator"))
        long[item.path] += any(mark is not None for mark in marks)
    items.sort(key=lambda item: -long[item.path])
