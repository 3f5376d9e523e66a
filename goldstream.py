"""The goldstream command, before anything that takes time is imported."""

from __future__ import annotations

import signal

__all__ = ["main"]


def main() -> None:
    """Run the command."""
    # Until the command handles signals itself, Ctrl-C ends it at once and without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from sim.cli import main as command

    command()


if __name__ == "__main__":
    main()
