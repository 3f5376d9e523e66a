"""The goldstream command."""

from __future__ import annotations

import sys
from typing import NoReturn

from fixedpoint.circuit.packages import what_to_install

try:
    import typer

    from .commands.catalogue import list_circuits, show_circuit
    from .commands.doctor import doctor
    from .commands.emit import emit_circuit
    from .commands.factor import factor_number
    from .commands.infer import infer
    from .commands.replay import replay_run
    from .commands.solve import solve_file
    from .commands.study import study
    from .commands.train import train
    from .commands.verify import verify_circuits
except ModuleNotFoundError as missing:
    sentence = what_to_install(missing)
    if sentence is None:
        raise
    print(f"goldstream: {sentence}", file=sys.stderr)
    sys.exit(2)

__all__ = ["app", "main"]

app = typer.Typer(
    help="Bit-accurate stochastic circuits: golden models, Verilog, and their cross-check.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command("list")(list_circuits)
app.command("show")(show_circuit)
app.command("emit")(emit_circuit)
app.command("verify")(verify_circuits)
app.command()(train)
app.command()(infer)
app.command("replay")(replay_run)
app.command("factor")(factor_number)
app.command("solve")(solve_file)
app.add_typer(study, name="study")
app.command()(doctor)


def main() -> None:
    """Run the command; bad use is one sentence and exit 2."""
    try:
        app(prog_name="goldstream")
    except ModuleNotFoundError as error:
        missing = what_to_install(error)
        if missing is None:
            raise
        _refuse(missing)
    except OSError as error:
        known = error.filename is not None and error.strerror is not None
        _refuse(f"{error.filename}: {error.strerror}" if known else str(error))
    except (ValueError, TypeError) as error:
        _refuse(str(error))
    except (MemoryError, RuntimeError) as error:
        # Torch has no class of its own for the memory of a CPU.
        if not isinstance(error, MemoryError) and "allocate memory" not in str(error):
            raise
        _refuse(f"there is not enough memory: {str(error) or 'ask for less at once'}")


def _refuse(sentence: str) -> NoReturn:
    print(f"goldstream: {sentence}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
