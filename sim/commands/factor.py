"""``goldstream factor``: a multiplier that runs backwards, in software or in Verilog."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

import typer

from ..progress import progress_bar

__all__ = ["factor_number", "operand_bits"]


def operand_bits(text: str) -> tuple[int, int]:
    """Return the widths of both operands, from ``4`` or ``4,5``."""
    found = re.fullmatch(r"\s*(\d{1,4})(?:\s*[,x]\s*(\d{1,4}))?\s*", text)
    if found is None:
        raise ValueError(f"--bits must be a width such as 4, or two such as 4,5, not {text!r}")
    first = int(found[1])
    return first, first if found[2] is None else int(found[2])


def factor_number(
    number: Annotated[
        int, typer.Argument(help="The composite number to factor, 4 to 2^62 - 1.")
    ],
    bits: Annotated[
        str | None,
        typer.Option(
            help="Bits of the operands, 4 for both or 4,5; by default those of the number."
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(help="After how many seconds to give up.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Seed of the random bits of the search.")] = 1,
    threads: Annotated[
        int, typer.Option(help="How many threads search side by side; they change no result.")
    ] = 1,
    in_verilog: Annotated[
        bool, typer.Option("--rtl", help="Run the multiplier as Verilog on Verilator.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for machines instead of text.")
    ] = False,
) -> None:
    """Find two factors of a number with a multiplier whose product is clamped.

    Spin gates search for operands that agree with the product. The answer is multiplied out
    before it is printed. With --rtl the same network runs as Verilog, and every spin and
    counter is compared with the golden model in every cycle. The exit status is 1 if no
    factors were found in time.

    Example: goldstream factor 1022117 --seed 3
    """
    from fixedpoint.circuit import check_integer
    from stochastic.invertible import factorizer
    from stochastic.invertible.factor import check_factorable

    check_factorable(number)
    if not 0 < seconds <= 10**7:
        raise ValueError(f"--seconds must be above 0 and at most 10000000, not {seconds}")
    check_integer("--seed", seed, 0, 2**63 - 1)
    check_integer("--threads", threads, 1, 1024)
    pair = None if bits is None else operand_bits(bits)
    if pair is not None:
        for width in pair:
            check_integer("operand bits", width, 1, 62)
        factorizer(number, *pair)
    result: dict[str, Any] = {"number": number}
    with progress_bar(as_json) as bar:
        task = bar.add_task("starting", total=1.0)
        if in_verilog:
            result |= _in_verilog(number, pair, seconds, seed, bar, task)
        else:
            result |= _in_software(number, pair, seconds, seed, threads, bar, task)
    mismatch = result.pop("mismatch", "")
    detail = result.pop("detail")
    if as_json:
        print(json.dumps(result, indent=2))
    if mismatch:
        typer.echo(f"goldstream: the Verilog and the model differ: {mismatch}", err=True)
    elif not result["factors"]:
        typer.echo(f"goldstream: no factors of {number} after {detail}", err=True)
    elif not as_json:
        low, high = result["factors"]
        print(f"{number} = {low} x {high}")
        print(detail)
    if not result["factors"]:
        raise typer.Exit(1)


def _in_software(number, pair, seconds, seed, threads, bar, task) -> dict:
    from stochastic.invertible import FactorProgress, factor

    def report(now: FactorProgress) -> None:
        a, b = now.operands
        stage = f"{now.cycles:,} cycles, best {a} x {b}, energy {now.excess} above the least"
        bar.update(task, description=stage, completed=min(1.0, now.seconds / seconds))

    found = factor(
        number, bits=pair, seconds=seconds, seed=seed, threads=threads, progress=report
    )
    return {
        "factors": list(found.factors),
        "updates": found.updates,
        "seconds": found.seconds,
        "detail": f"{found.updates:,} spin updates of {found.replicas} replicas, "
        f"{found.cycles:,} cycles, {found.seconds:.2f} s, seed {seed}",
    }


def _in_verilog(number, pair, seconds, seed, bar, task) -> dict:
    from ..checks.factor_in_verilog import factor_in_verilog

    found = factor_in_verilog(
        number,
        bits=pair,
        seed=seed,
        seconds=seconds,
        progress=lambda stage, done: bar.update(task, description=stage, completed=done),
    )
    return {
        "factors": list(found.factors),
        "updates": found.updates,
        "seconds": found.seconds,
        "cycles": found.cycles,
        "mismatch": found.mismatch,
        "detail": f"{found.cycles:,} cycles of the Verilog on Verilator, "
        f"{found.bits_compared:,} bits equal to the model, {found.seconds:.2f} s, seed {seed}",
    }
