"""The version of goldstream, which is that of the installed distribution."""

from __future__ import annotations

import functools

__all__ = ["goldstream_version", "version_attribute"]


@functools.cache
def goldstream_version() -> str:
    """Return the version, or "unknown" in a source tree that is not installed."""
    from importlib import metadata

    try:
        return metadata.version("goldstream")
    except metadata.PackageNotFoundError:
        return "unknown"


def version_attribute(package: str, name: str) -> str:
    """Return ``__version__`` as the one attribute that a package computes when asked for it."""
    if name == "__version__":
        return goldstream_version()
    raise AttributeError(f"module {package!r} has no attribute {name!r}")
