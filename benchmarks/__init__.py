"""Speeds relative to named peers: ``python -m benchmarks``."""

import os

# goldstream and its peers use one core each. NumPy reads this when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
