"""Speeds as ratios to named peers: ``python -m benchmarks``."""
