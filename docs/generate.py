"""Pages that the build writes: circuits, reference, examples, and files of the repository."""

import importlib
import inspect
import itertools
import re
import shutil
import tempfile
from pathlib import Path

from sim.catalog import catalog, find
from sim.report.circuit_page import circuit_page
from sim.report.evidence import gather
from sim.report.figures_page import figures_page

ROOT = Path(__file__).parents[1]
# Where examples write; it goes when the build ends.
SCRATCH = tempfile.TemporaryDirectory(prefix="goldstream-docs-")

# Examples that the build runs, with their arguments; "{}" is a folder for what they write.
# The others train networks or simulate Verilog, which takes minutes to hours.
RUN = {
    "accuracy": ["--out", "{}"],
    "correlated_gates": [],
    "rounding_modes": ["--output", "{}/rounding_modes.png"],
    "shared_generator": [],
}
RUN_PATTERN = "/(" + "|".join(RUN) + r")\.py"
# Packages of the reference, and what comes first in each.
REFERENCE = {
    "stochastic": "Streams, generators and stochastic circuits.",
    "fixedpoint": "Formats, arrays and fixed-point circuits.",
    "rtl": "Hardware in Amaranth, and Verilog.",
    "sim": "Catalogue, cross-check and emission.",
}
# Modules that are public although no family of their package lists them.
FURTHER = {
    "stochastic": ("stochastic.training", "stochastic.expressions", "stochastic.invertible"),
    "fixedpoint": ("fixedpoint.layers",),
}


# The pages of this build.
written = set()


def write_page(path, text):
    """Write a page if it is not there already: the next build then reads what has changed."""
    written.add(path)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def remove_stale(source):
    """Remove pages of an earlier build that this one does not have."""
    for folder in ("circuits", "reference", "example_sources"):
        for path in (source / "generated" / folder).glob("*.*"):
            if path not in written:
                path.unlink()


def titled(title, mark="="):
    """Return a heading in reStructuredText."""
    return f"{title}\n{mark * len(title)}\n\n"


def write_circuits(source, results, selected=()):
    """Write a page for each circuit of the catalogue, and their index by family."""
    evidence = gather(results if results.is_dir() else None)
    entries = [find(name) for name in selected] or list(catalog())
    folder = source / "generated" / "circuits"
    for entry in entries:
        write_page(folder / f"{entry.name}.rst", circuit_page(entry, evidence))
    text = titled("Circuits") + (
        f"The catalogue has {len(catalog())} circuits with "
        f"{sum(len(entry.all) for entry in catalog())} sets of parameters. Each page is made "
        "from the circuit's catalogue entry and its class: nothing on it is written by hand. "
        ":doc:`/choosing` says which one to take; :doc:`figures` is a table of what was "
        "measured of all.\n\n"
    )
    families = []
    for family, members in itertools.groupby(entries, lambda entry: entry.family):
        listed = list(members)
        table = ".. list-table::\n   :class: circuit-index\n\n"
        for entry in listed:
            table += f"   * - :doc:`{entry.name}`\n     - {entry.default.summary}\n"
        pages = "".join(f"   {entry.name}\n" for entry in listed)
        page = f"{titled(family)}{table}\n.. toctree::\n   :hidden:\n\n{pages}"
        write_page(folder / f"family-{family}.rst", page)
        families.append(f"   family-{family}\n")
        text += f"{titled(family, '-')}{table}\n"
    write_page(folder / "figures.rst", figures_page(entries, evidence))
    text += ".. toctree::\n   :hidden:\n\n   figures\n" + "".join(families)
    write_page(folder / "index.rst", text)


def write_repository_pages(source):
    """Copy the Markdown pages of the repository's root, so that links to them lead to them."""
    for name in ("CHANGELOG.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        text = text.replace("](docs/", "](../").replace("](CHANGELOG.md", "](CHANGELOG.md")
        write_page(source / "generated" / name, text)


def relink(app, name, content):
    """Adapt a Markdown page: links to files beside docs/, and pages that no list has.

    Links to files of the repository lead to the pages made of them. The index lists every
    page, so that a new one needs no change there.
    """
    if name.startswith("generated/"):
        return
    link = r"\]\(\.\./(CHANGELOG|CONTRIBUTING)\.md"
    text = re.sub(link, r"](generated/\1.md", content[0])
    text = text.replace("](../README.md", "](index.md")
    if name == "index":
        pages = sorted(path.stem for path in Path(app.srcdir).glob("*.md"))
        further = [page for page in pages if page not in {"index", *text.split()}]
        listed = "".join(f"{page}\n" for page in further)
        if further:
            text += f"\n```{{toctree}}\n:caption: More\n:hidden:\n\n{listed}```\n"
    content[0] = text


def families(package):
    """Yield the names of the modules of a package that list public names."""
    for path in sorted((ROOT / package).glob("*/__init__.py")):
        name = f"{package}.{path.parent.name}"
        if name not in FURTHER.get(package, ()) and package in ("stochastic", "fixedpoint"):
            yield name
    yield from FURTHER.get(package, ())
    if package in ("rtl", "sim"):
        yield package


def write_reference(source):
    """Write a page for each family: a summary of its names, then what each of them is."""
    folder = source / "generated" / "reference"
    text = titled("Reference") + "Import public names from the packages, not from modules.\n\n"
    for package, what in REFERENCE.items():
        text += titled(package, "-") + f"{what}\n\n.. toctree::\n   :maxdepth: 1\n\n"
        for name in families(package):
            module = importlib.import_module(name)
            names = list(getattr(module, "__all__", ()))
            if not names:
                continue
            text += f"   {name}\n"
            page = f"{titled(name)}{(module.__doc__ or '').strip()}\n\n"
            page += f".. currentmodule:: {name}\n\n.. autosummary::\n   :nosignatures:\n\n"
            page += "".join(f"   {member}\n" for member in names) + "\n"
            page += "".join(
                f".. auto{kind_of(getattr(module, member))}:: {member}\n\n" for member in names
            )
            write_page(folder / f"{name}.rst", page)
        text += "\n"
    write_page(folder / "index.rst", text)


def kind_of(value):
    """Return what autodoc calls a value."""
    if inspect.isclass(value):
        return "exception" if issubclass(value, BaseException) else "class"
    return "function" if inspect.isroutine(value) else "data"


def write_examples(source):
    """Write the examples in the form that Sphinx-Gallery takes."""
    folder = source / "generated" / "example_sources"
    # A module that is not run is a helper of others.
    paths = sorted((ROOT / "examples").glob("*.py"))
    shown = [path.stem for path in paths if '"__main__"' in path.read_text(encoding="utf-8")]
    for name in shown:
        write_page(folder / f"{name}.py", gallery_source(name))
    run = ", ".join(f"``{name}``" for name in shown if name in RUN)
    write_page(
        folder / "GALLERY_HEADER.rst",
        titled("Examples")
        + f"Each is a module: ``python -m examples.NAME``. The build of this page ran {run}, "
        "and shows what they printed and drew. The others train networks or simulate Verilog "
        "for minutes to hours; the tests run small forms of them.\n",
    )


def gallery_source(name):
    """Return an example with a title, absolute imports and a call that does not exit."""
    text = (ROOT / "examples" / f"{name}.py").read_text(encoding="utf-8")
    match = re.match(r'"""(.*?)"""\n', text, re.DOTALL)
    title, _, body = match[1].partition("\n")
    body = re.sub(
        r"\n\n((?:    [^\n]+\n)+)",
        lambda m: (
            "\n\n.. code-block:: console\n\n"
            + re.sub(r"^    (?=python|pip )", "    $ ", m[1], flags=re.MULTILINE)
        ),
        f"\n{body.strip()}\n",
    )
    title = title.rstrip(".")
    text = f'"""\n{titled(title)}{body.strip()}\n"""\n' + text[match.end() :]
    text = re.sub(r"^from \.(\w*) ?", _absolute, text, flags=re.MULTILINE)
    return re.sub(
        r'\nif __name__ == "__main__":\n    (?:exit_with\(main\)|main\(\))\n',
        "\n# %%\n# Run it:\nmain()\n",
        text,
    )


def _absolute(found):
    return f"from examples.{found[1]} " if found[1] else "from examples "


class ExampleArguments:
    """The arguments of an example that the build runs."""

    def __call__(self, configuration, variables):
        """Return them; pictures go to a folder of the example's own."""
        name = Path(variables["src_file"]).stem
        folder = Path(SCRATCH.name) / name
        folder.mkdir(parents=True, exist_ok=True)
        return [argument.replace("{}", str(folder)) for argument in RUN.get(name, ())]

    def __repr__(self):
        """Return the same text in every build, so that Sphinx knows it again."""
        return "ExampleArguments"


class ExamplePictures:
    """The pictures that an example has written to its folder."""

    def __call__(self, block, variables, configuration):
        """Move them to the gallery and return the directives that show them."""
        from sphinx_gallery.scrapers import figure_rst

        paths = []
        for picture in sorted(
            (Path(SCRATCH.name) / Path(variables["src_file"]).stem).glob("*.png")
        ):
            target = next(variables["image_path_iterator"])
            shutil.move(picture, target)
            paths.append(target)
        return figure_rst(paths, configuration["src_dir"])

    def __repr__(self):
        """Return the same text in every build, so that Sphinx knows it again."""
        return "ExamplePictures"
