"""Speeds as ratios to named peers: ``python -m benchmarks``."""

import os

# Ours and the peers have one core each; read when NumPy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
