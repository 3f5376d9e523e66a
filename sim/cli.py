"""The goldstream command."""

from __future__ import annotations

import os
import sys
import traceback
from typing import NoReturn

from fixedpoint.circuit.packages import what_to_install

try:
    import typer

    from .commands.board import board_circuit
    from .commands.cache import show_cache
    from .commands.catalogue import list_circuits, show_circuit
    from .commands.convert import convert_run
    from .commands.doctor import doctor
    from .commands.emit import emit_circuit
    from .commands.factor import factor_number
    from .commands.infer import infer
    from .commands.replay import replay_run
    from .commands.report import report
    from .commands.solve import solve_file
    from .commands.study import study
    from .commands.synth import synthesize_circuits
    from .commands.train import train
    from .commands.verify import verify_circuits
    from .commands.version import with_version
    from .interrupts import handle_signals, interrupt_status
except ModuleNotFoundError as missing:
    sentence = what_to_install(missing)
    if sentence is None:
        raise
    print(f"goldstream: {sentence}", file=sys.stderr)
    sys.exit(2)

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.callback()(with_version)
app.command("list")(list_circuits)
app.command("show")(show_circuit)
app.command("emit")(emit_circuit)
app.command("board")(board_circuit)
app.command("verify")(verify_circuits)
app.command()(train)
app.command()(infer)
app.command("convert")(convert_run)
app.command("replay")(replay_run)
app.command("factor")(factor_number)
app.command("solve")(solve_file)
app.add_typer(study, name="study")
app.command("synth")(synthesize_circuits)
app.command()(report)
app.command()(doctor)
app.command("cache")(show_cache)


def main() -> None:
    """Run the command.

    It exits with 0 for success, 1 if a check found a mismatch, and 2 for anything else; with
    130 after Ctrl-C, 143 after SIGTERM and 141 if nobody reads what it prints.
    """
    handle_signals()
    try:
        status = app(prog_name="goldstream", standalone_mode=False)
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except ModuleNotFoundError as error:
        missing = what_to_install(error)
        if missing is None:
            _fail()
        _refuse(missing)
    except BrokenPipeError:
        # The end of the process would write the rest, and fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except OSError as error:
        known = error.filename is not None and error.strerror is not None
        _refuse(f"{error.filename}: {error.strerror}" if known else str(error))
    except (ValueError, TypeError) as error:
        _refuse(str(error))
    except Exception as error:
        if callable(show := getattr(error, "show", None)):
            show()  # How Typer tells about the use of a command.
            sys.exit(2)
        # Torch has no class of its own for the memory of a CPU.
        if not isinstance(error, MemoryError) and "allocate memory" not in str(error):
            _fail()
        _refuse(f"there is not enough memory: {str(error) or 'ask for less at once'}")
    if status == 130:
        status = interrupt_status()
        print("goldstream: interrupted", file=sys.stderr)
    sys.exit(status)


def _fail() -> NoReturn:
    """Print the traceback of an error that is one of goldstream's."""
    traceback.print_exc()
    print("goldstream: this is an error in goldstream; please report it", file=sys.stderr)
    sys.exit(2)


def _refuse(sentence: str) -> NoReturn:
    print(f"goldstream: {sentence}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
