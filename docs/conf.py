"""Configuration of Sphinx: ``make docs`` builds the documentation into .build/docs.

``GOLDSTREAM_DOCS_CIRCUITS`` restricts the pages of circuits to some names, separated by spaces,
and leaves the reference and the examples out, for a fast build. ``GOLDSTREAM_RESULTS`` is a
folder of results that the pages of circuits show, by default ``docs/results``.
"""

import os
import sys
from pathlib import Path

import sim

ROOT = Path(sim.__file__).parents[1]
sys.path[:0] = [str(ROOT / "docs"), str(ROOT)]

import generate  # noqa: E402

SELECTED = os.environ.get("GOLDSTREAM_DOCS_CIRCUITS", "").split()
RESULTS = Path(os.environ.get("GOLDSTREAM_RESULTS", ROOT / "docs" / "results"))
SOURCE = Path(__file__).parent

project = "goldstream"
author = "the goldstream project"
copyright = author
version = release = sim.__version__

generate.write_circuits(SOURCE, RESULTS, SELECTED)
generate.write_repository_pages(SOURCE)
if not SELECTED:
    generate.write_reference(SOURCE)
    generate.write_examples(SOURCE)
generate.remove_stale(SOURCE)

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    *([] if SELECTED else ["sphinx_gallery.gen_gallery"]),
]
nitpicky = False
default_role = "py:obj"
exclude_patterns = ["generated/example_sources", "results"]
suppress_warnings = ["config.cache"]
if SELECTED:
    # A small build has no reference and no gallery to link to.
    suppress_warnings += ["toc.not_readable", "toc.excluded"]

myst_enable_extensions = ["deflist", "attrs_block"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = True
autodoc_default_options = {"members": True, "show-inheritance": True}
autosummary_generate = False
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False

sphinx_gallery_conf = {
    "examples_dirs": "generated/example_sources",
    "gallery_dirs": "generated/gallery",
    "filename_pattern": generate.RUN_PATTERN,
    "ignore_pattern": "__init__",
    "reset_argv": generate.ExampleArguments(),
    "image_scrapers": (generate.ExamplePictures(),),
    "default_thumb_file": str(ROOT / "docs" / "images" / "accuracy.png"),
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1e9,
    "remove_config_comments": True,
    "plot_gallery": True,
}

html_theme = "furo"
html_title = "goldstream"
html_static_path = ["_static"]
html_css_files = ["goldstream.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#8a5a00",
        "color-brand-content": "#8a5a00",
        "color-brand-visited": "#6e4a0a",
    },
    "dark_css_variables": {
        "color-brand-primary": "#e9b44c",
        "color-brand-content": "#e9b44c",
        "color-brand-visited": "#cfa24a",
    },
}
pygments_style = "friendly"
pygments_dark_style = "monokai"


def setup(app):
    """Links from a page to a file of the repository lead to that file's page."""
    app.connect("source-read", generate.relink)
