"""What docstrings say about parameters, read as text."""

import dataclasses
import subprocess
import sys

from fixedpoint.circuit.docstrings import docstring, parameter_notes, sections


@dataclasses.dataclass(frozen=True)
class Base:
    """Base.

    Parameters
    ----------
    width, depth : int
        Bits, 1..8.
    kind : {"a", "b"}
        Of the base.
    """

    width: int
    depth: int
    kind: str = "a"


@dataclasses.dataclass(frozen=True)
class Derived(Base):
    """Derived: one more field.

    Parameters
    ----------
    kind : {"b"}
        Of the derived class,
        in two lines.
    free : int, optional

    Notes
    -----
    A law.
    """

    kind: str = "b"
    free: int | None = None
    silent: int = 0


def test_fields_of_bases_come_first_and_the_last_word_is_the_class_s():
    notes = parameter_notes(Derived)
    assert list(notes) == ["width", "depth", "kind", "free"]
    assert [note.type for note in notes.values()] == ["int", "int", '{"b"}', "int, optional"]
    assert notes["depth"].meaning == "Bits, 1..8."
    assert notes["kind"].meaning == "Of the derived class, in two lines."
    assert notes["free"].meaning == ""


def test_sections_have_their_titles():
    assert list(sections(Derived)) == ["Parameters", "Notes"]
    assert sections(Derived)["Notes"] == "A law."
    assert sections(int) == {}


def test_docstrings_are_there_without_docstrings():
    code = (
        "from stochastic import Addie, Counter;"
        "print(Addie(width=8, generator=Counter(width=8)).summary)"
    )
    plain, stripped = (
        subprocess.run(
            [sys.executable, *options, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        for options in ((), ("-OO",))
    )
    assert plain == stripped
    assert plain.startswith("ADDIE (adaptive digital element)")
    assert docstring(Base).startswith("Base.\n")
