"""Help of every command: a phrase for each option, and an example that the command takes."""

import re
import shlex

import click
import pytest
import typer
from typer.testing import CliRunner

from sim.cli import app

ROOT_COMMAND = typer.main.get_command(app)


def commands(command, name="goldstream"):
    """Yield the name and the command of every leaf of the command line."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, inner in command.commands.items():
        yield from commands(inner, f"{name} {word}")


COMMANDS = dict(commands(ROOT_COMMAND))
every_command = pytest.mark.parametrize("name", COMMANDS)


def poor_phrases(command):
    """Return the parameters of a command whose help is no whole phrase."""
    found = []
    for parameter in command.params:
        text = getattr(parameter, "help", None) or ""
        words = text.split()
        whole = text[:1].isupper() and text.endswith(".") and len(words) >= 4
        if not whole and parameter.name not in (
            "help",
            "install_completion",
            "show_completion",
        ):
            found.append(parameter.name)
    return found


def examples(command):
    """Return the examples in a command's help."""
    text = " ".join((command.help or "").split())
    return re.findall(r"Example: (goldstream .*)$", text)


@every_command
def test_every_option_has_a_whole_phrase(name):
    assert poor_phrases(COMMANDS[name]) == []


@every_command
def test_the_help_begins_with_a_sentence_and_ends_with_an_example(name):
    command = COMMANDS[name]
    assert command.help.split("\n")[0].endswith(".")
    (example,) = examples(command)
    words = shlex.split(example)
    assert " ".join(words[: len(name.split())]) == name
    # The parser takes the example, without running it.
    command.make_context(name, words[len(name.split()) :], resilient_parsing=False)


@every_command
def test_the_help_shows_defaults(name):
    done = CliRunner().invoke(app, [*name.split()[1:], "--help"], terminal_width=200)
    assert done.exit_code == 0
    shown = " ".join(done.output.split())
    for parameter in COMMANDS[name].params:
        if isinstance(parameter.default, int | float | str) and not parameter.is_flag:
            assert f"[default: {parameter.default}]" in shown


def test_poor_help_is_found():
    def command(
        good: int = typer.Option(1, help="How many there are at most."),
        bad: int = typer.Option(1, help="Of them, fraction"),
        none: int = typer.Option(1),
    ):
        """Do it."""

    small = typer.Typer()
    small.command()(command)
    assert poor_phrases(typer.main.get_command(small)) == ["bad", "none"]
    assert examples(typer.main.get_command(small)) == []


def test_the_tree_of_commands_is_whole():
    assert isinstance(ROOT_COMMAND, click.Group | type(ROOT_COMMAND))
    assert {"goldstream list", "goldstream verify", "goldstream study accuracy"} <= set(
        COMMANDS
    )
    assert len(COMMANDS) >= 14
