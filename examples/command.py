"""How every example ends: with its exit status, or with one sentence and exit 2."""

from __future__ import annotations

import sys
from collections.abc import Callable

__all__ = ["finish"]


def finish(main: Callable[[], int | None]) -> None:
    """Run an example's main function and end the process with what it returns."""
    try:
        sys.exit(main())
    except (ValueError, TypeError, OSError) as error:
        print(f"{error}", file=sys.stderr)
        sys.exit(2)
