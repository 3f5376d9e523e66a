"""What all tests share: one thread a process, markers, and the order of the files."""

import os

# Test processes share the cores. Threads inside of them would wait for each other: PyTorch
# then takes five times as long for the small networks here.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")


def pytest_collection_modifyitems(items):
    """Put files with long tests first, so that all processes end at the same time."""
    long = {}
    for item in items:
        marks = sum(item.get_closest_marker(name) is not None for name in ("slow", "simulator"))
        long[item.path] = long.get(item.path, 0) + marks
    items.sort(key=lambda item: -long[item.path])
