"""``goldstream emit``: a circuit's Verilog with a bench."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..catalog import find
from ..progress import progress_bar
from .given_parameters import Assignments, Given, given_parameters
from .options import AsJson, Name, Sources, load_sources

__all__ = ["emit_circuit"]


def emit_circuit(
    name: Name,
    out: Annotated[
        Path, typer.Option("--out", help="Directory for the files, created if missing.")
    ] = Path("."),
    parameters: Given = None,
    assignments: Assignments = None,
    sources: Sources = None,
    cycles: Annotated[
        int | None,
        typer.Option(
            help="Length of the golden vectors in cycles; by default as the circuit needs."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the random part of the stimulus.")] = 1,
    count_faults: Annotated[
        bool,
        typer.Option(help="Plant faults and state in NAME.json how many the bench catches."),
    ] = True,
    wrap: Annotated[
        str | None,
        typer.Option(
            metavar="WRAPPER",
            help="Also write the circuit behind a bus: axi-stream (sample in, sample out) or "
            "axi-lite (registers, with a C header).",
        ),
    ] = None,
    align: Annotated[
        bool,
        typer.Option(
            "--align",
            help="Of axi-stream: leave out the first results after a reset, as many as the "
            "latency, so that each word meets its own result.",
        ),
    ] = False,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Of axi-stream: reset the circuit behind each packet."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a circuit's Verilog with a self-checking bench that needs no Python.

    The files are NAME.v, its description NAME.json, the bench NAME_tb.v, and the golden
    vectors NAME_in.hex and NAME_out.hex. With --wrap there also are NAME_axi_stream.v or
    NAME_axi_lite.v, and a description of its data or registers.

    Example: goldstream emit addie --set width=6 --set generator.type=Sobol --out addie
    """
    from ..checks.emission import emit
    from ..wrappers.wrapper_files import wrapper_texts, write_texts

    load_sources(sources)
    entry = find(name)
    given = given_parameters(entry, parameters, assignments)
    if wrap is None and (align or restart):
        raise ValueError("--align and --restart need --wrap axi-stream")
    texts = {}
    if wrap is not None:
        circuit = given or entry.default
        texts = wrapper_texts(name, circuit, wrap, align=align, restart=restart)
    with progress_bar(as_json) as bar:
        task = bar.add_task("starting", total=1.0)
        files = emit(
            entry,
            out,
            parameters=given,
            cycles=cycles,
            seed=seed,
            count_faults=count_faults,
            progress=lambda stage, done: bar.update(task, description=stage, completed=done),
        )
    files |= write_texts(out, texts)
    if as_json:
        print(json.dumps({role: str(path) for role, path in files.items()}, indent=2))
    else:
        for path in files.values():
            print(path)
