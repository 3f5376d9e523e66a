"""The files of a circuit behind a bus."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fixedpoint.circuit import Circuit
from fixedpoint.circuit.files import check_directory, writing

from ..tools import require
from .c_header import c_header

__all__ = ["WRAPPERS", "emit_wrapper", "wrapper_texts", "write_texts"]

WRAPPERS = ("axi-stream", "axi-lite")


def emit_wrapper(
    name: str,
    parameters: Circuit,
    directory: Path,
    kind: str,
    *,
    align: bool = False,
    restart: bool = False,
) -> dict[str, Path]:
    """Write a circuit behind a bus: its Verilog, a description and, for registers, a C header.

    Parameters
    ----------
    name : str
        Of the circuit. The top module is ``NAME_axi_stream`` or ``NAME_axi_lite``, and the
        files are called like it.
    parameters : Circuit
    directory : pathlib.Path
        Created if missing. A file in it is replaced by a complete one or not at all.
    kind : {"axi-stream", "axi-lite"}
    align, restart : bool
        Of `rtl.wrappers.axi_stream.AxiStream`.

    Returns
    -------
    dict of str to pathlib.Path
        ``"wrapper"``, ``"wrapper_description"`` and, for AXI4-Lite, ``"wrapper_header"``.

    Raises
    ------
    ValueError
        If the wrapper is unknown or does not take the options, the ports are too wide, or the
        directory cannot be written to.
    """
    texts = wrapper_texts(name, parameters, kind, align=align, restart=restart)
    return write_texts(directory, texts)


def wrapper_texts(
    name: str,
    parameters: Circuit,
    kind: str,
    *,
    align: bool = False,
    restart: bool = False,
) -> dict[str, tuple[str, str]]:
    """Return the name and text of each file that `emit_wrapper` writes, by its role."""
    if kind not in WRAPPERS:
        near = difflib.get_close_matches(kind, WRAPPERS, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]}" if near else ""
        raise ValueError(f"a wrapper is {' or '.join(WRAPPERS)}, not {kind!r}{hint}")
    if kind == "axi-lite" and (align or restart):
        raise ValueError("align and restart are of the wrapper axi-stream, not of axi-lite")
    require("amaranth", "rtl")
    from rtl.component import create
    from rtl.verilog import check_size, convert
    from rtl.verilog_header import wrapper_header
    from rtl.wrappers.axi_lite import AxiLite
    from rtl.wrappers.axi_stream import AxiStream
    from rtl.wrappers.stream_core import check_stream

    check_size(parameters)
    if kind == "axi-stream":
        check_stream(parameters, align, restart)
    ports = [port.name for port in parameters.interface]
    body = convert({name: (create(parameters), ports)})[name]
    digest = hashlib.sha256(body.encode()).hexdigest()
    wrapper: Any = (
        AxiLite(parameters, digest)
        if kind == "axi-lite"
        else AxiStream(parameters, align=align, restart=restart)
    )
    top = f"{name}_{wrapper.suffix}"
    text = convert({top: (wrapper, wrapper.interface)})[top]
    header = wrapper_header(parameters, top, wrapper.summary, wrapper.notes(), text)
    facts = {"name": name, "top": top, **wrapper.describe(), "digest": digest}
    files = {
        "wrapper": (f"{top}.v", header + text),
        "wrapper_description": (f"{top}.json", json.dumps(facts, indent=2) + "\n"),
    }
    if kind == "axi-lite":
        files["wrapper_header"] = (f"{top}.h", c_header(name, parameters.summary, facts))
    return files


def write_texts(directory: Path, texts: Mapping[str, tuple[str, str]]) -> dict[str, Path]:
    """Write the files of `wrapper_texts` into a directory, which is created if missing."""
    check_directory(directory)
    written = {}
    for role, (file_name, content) in texts.items():
        written[role] = directory / file_name
        with writing(written[role]) as file:
            file.write(content)
    return written
