"""Exit status of the examples: 0 for success, 1 for a failed check, 2 for bad use."""

from __future__ import annotations

import sys
from collections.abc import Callable

__all__ = ["exit_with"]


def exit_with(main: Callable[[], int | None]) -> None:
    """Run a main function and exit with the status that it returns.

    A `ValueError`, `TypeError` or `OSError` is printed without a traceback, and the exit
    status is 2.
    """
    try:
        sys.exit(main())
    except (ValueError, TypeError, OSError) as error:
        print(f"{error}", file=sys.stderr)
        sys.exit(2)
