"""nextpnr: the clock of a circuit on an FPGA."""

from __future__ import annotations

from pathlib import Path

from ..tools import TimeLimitError, ToolError, run_tool
from .targets import Target
from .yosys import read_json

__all__ = ["place_and_route"]

# The frequency that the router aims at. It goes on beyond it no further, so this is high.
AIM_MHZ = 400


def place_and_route(
    target: Target, folder: Path, luts: int, limit: float | None = None
) -> tuple[float | None, str]:
    """Place and route ``harness.json``, and return the highest frequency of its clock.

    Parameters
    ----------
    target : Target
    folder : pathlib.Path
        With the mapped harness.
    luts : int
        How many LUTs of the device are needed at least.
    limit : float, optional
        Seconds of processor time.

    Returns
    -------
    fmax : float or None
        MHz; None if the circuit does not fit the largest device.
    note : str
        Why there is no frequency.

    Raises
    ------
    ToolError
        If the router fails for another reason.
    """
    largest = target.devices[-1][0]
    options = next((text for size, text in target.devices if luts < 0.85 * size), None)
    if options is None:
        return None, f"does not fit a device of {largest} LUTs"
    if target.constraints:
        (folder / "pins.cst").write_text(target.constraints)
    program = target.router.replace("_", "-")
    command = [
        *(program, *options.split(), "--json", "harness.json", "--report", "report.json"),
        *("--freq", str(AIM_MHZ), "--timing-allow-fail", "--seed", "1", "-q"),
    ]
    if target.name == "ecp5":
        command.append("--lpf-allow-unconstrained")
    try:
        run_tool(command, folder, limit)
    except TimeLimitError:
        raise
    except ToolError as error:
        text = str(error)
        if "Unable to find a placement" in text or "No Bels remaining" in text:
            return None, f"does not fit a device of {largest} LUTs"
        errors = [line for line in text.splitlines() if line.startswith("ERROR")]
        raise ToolError(f"{program}: {errors[0] if errors else text}") from None
    clocks = read_json(folder / "report.json")["fmax"].values()
    if not clocks:
        # The timing of Gowin's fabric is incomplete in nextpnr.
        return None, "the router knows no timing of its paths"
    return min(clock["achieved"] for clock in clocks), ""
