"""The examples of arithmetic: what their tables claim."""

import numpy as np
import pytest

from examples import state_machine_laws
from examples.arithmetic_accuracy import rows
from examples.square_roots import X, bit_inserting_rows, gaines_rows
from tests.support.example_runs import run_example

pytestmark = pytest.mark.slow


def test_errors_of_the_circuits():
    found = {name: errors for name, _, errors in rows()}
    # An independent product of N bits: sqrt(5 / (36 N)); the law of a mean of two streams,
    # sqrt(1 / (12 N)).
    for i, length in enumerate((256, 4096)):
        assert 0.8 < found["Multiplier"][i] / (5 / (36 * length)) ** 0.5 < 1.25
        assert 0.6 < found["ToggleAdder"][i] / (1 / (12 * length)) ** 0.5 < 1.25
    # The means of p q / 1 squared over the triangle p + q < 1, and its mirror: the OR's law.
    assert 0.09 < found["OrAdder, 2"][1] < 0.12
    assert found["BitInsertingSquareRoot, as published"][1] > 0.06
    assert found["GainesSquareRoot, n = 6"][1] < 0.02


def test_means_of_the_square_roots():
    loop = dict(bit_inserting_rows())
    np.testing.assert_allclose(loop["the output, as published"], 2 * X / (1 + X), atol=1e-6)
    distance = [
        np.abs(loop[f"one of the last {n} at random"] - np.sqrt(X)).max() for n in (2, 8)
    ]
    assert distance[1] < distance[0] < 0.07
    gaines = dict(gaines_rows())
    assert np.abs(gaines["Xorshift32, 1"] - np.sqrt(X)).max() < 0.01


def test_commands_print_tables():
    for name in ("arithmetic_accuracy", "square_roots"):
        done = run_example(name)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("| ")


def test_streams_follow_the_exact_laws():
    found = state_machine_laws.curves()
    x = state_machine_laws.X
    np.testing.assert_allclose(
        found["tanh, K = 8"][0], np.tanh(4 * np.arctanh(x)), rtol=0, atol=1e-12
    )
    # Brown and Card's formula for exp is off by 1/8 at 0: the law has (K - G) / K there.
    exact, textbook, _ = found["exp, K = 16, G = 2"]
    assert textbook[19] - exact[19] == pytest.approx(1 / 8)
    for exact, textbook, measured in found.values():
        closer = np.sqrt(np.mean((measured - exact) ** 2))
        assert closer < 0.03
        assert np.abs(exact - textbook).max() > 0.01
