"""Static figures as SVG inside a page: text as text, and colours that follow its theme."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from typing import Any

__all__ = ["HEIGHT", "SERIES", "STYLES", "series_style", "svg_figure"]

# Matplotlib draws with these colours, and the page says what they are: `style.css` has the
# palette of Okabe and Ito, which colour-blind readers tell apart, for light and for dark.
INK, MUTED, GRID, FIELD = "#010101", "#020202", "#030303", "#040404"
SERIES = tuple(f"#0501{number:02x}" for number in range(6))
VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", FIELD: "field"} | {
    colour: f"series{number}" for number, colour in enumerate(SERIES)
}

# A series differs from the others in its marker and its dashes as well as in its colour.
MARKERS = "osD^vP"
STYLES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), "-", (0, (3, 1)))

SETTINGS: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "goldstream",
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
}
# Inches at 72 dots: a phone shows the whole width with letters that are still readable.
WIDTH, HEIGHT = 4.5, 3.1


def series_style(number: int) -> dict[str, Any]:
    """Return colour, marker and dashes of a series."""
    return {
        "color": SERIES[number % len(SERIES)],
        "marker": MARKERS[number % len(MARKERS)],
        "linestyle": STYLES[number % len(STYLES)],
    }


def svg_figure(
    name: str, title: str, draw: Callable[[Any, Any], None], height: float = HEIGHT
) -> str:
    """Draw a figure and return the SVG element.

    Parameters
    ----------
    name : str
        An identifier that no other figure of the page has.
    title : str
        What the figure shows, for readers that do not see it.
    draw : callable
        ``draw(figure, axes)`` draws with the colours of this module. An artist whose group
        identifier is ``tip:TEXT`` shows the text under the mouse.
    height : float
        In inches.

    Returns
    -------
    str
        The same text for the same drawing.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with pyplot.rc_context(SETTINGS):
        figure, axes = pyplot.subplots(figsize=(WIDTH, height), layout="constrained")
        try:
            draw(figure, axes)
            stream = io.StringIO()
            figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        finally:
            pyplot.close(figure)
    return _inline(stream.getvalue(), name, title)


def _inline(text: str, name: str, title: str) -> str:
    """Return the SVG element with variables for colours and identifiers of its own."""
    svg = text[text.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="tip:([^"]*)">', lambda m: f"<g><title>{_plain(m[1])}</title>", svg)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', svg))
    svg = re.sub(
        r' id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", svg
    )
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "var(--sans)", svg)
    view = re.search(r'viewBox="[^"]+"', svg)
    assert view is not None
    head = f'<svg role="img" aria-label="{html.escape(title)}" {view[0]}>'
    return re.sub(r"<svg[^>]*>", head, svg, count=1).strip()


def _plain(text: str) -> str:
    """Return a text that may already be escaped, escaped once."""
    return html.escape(html.unescape(text))
