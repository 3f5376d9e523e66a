"""Run the examples as commands, in this process."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import io
import sys
from unittest import mock

from examples.exit_status import exit_with


@dataclasses.dataclass(frozen=True)
class Done:
    """What a command left: its exit status, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def run_example(module, *arguments):
    """Run ``python -m examples.MODULE ARGUMENTS`` without a new interpreter."""
    main = importlib.import_module(f"examples.{module}").main
    words = [module, *map(str, arguments)]
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", words),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            exit_with(main)
        except SystemExit as end:
            status = end.code or 0
    return Done(status, out.getvalue(), err.getvalue())
