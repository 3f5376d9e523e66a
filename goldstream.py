"""The goldstream command, before anything that takes time is imported."""

from __future__ import annotations

import gc
import signal

__all__ = ["main"]


def main() -> None:
    """Run the command."""
    # Until the command handles signals itself, Ctrl-C ends it at once and without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Modules live to the end: a garbage collector that walks through them as they are loaded
    # would take a tenth of the start.
    gc.disable()
    from sim.cli import main as command

    gc.freeze()
    gc.enable()
    command()


if __name__ == "__main__":
    main()
