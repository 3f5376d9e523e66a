"""Every default circuit's emitted bench against the faults planted in its Verilog."""

import datetime

import pytest

from sim import catalog
from sim.checks.equivalent_faults import equivalent_faults, proof_digests
from sim.checks.kept_proofs import kept_proofs, least_cycles
from sim.tools import simulators
from tests.support.argued_faults import argued
from tests.support.emitted_faults import sweep
from tests.support.kept_proofs import rows, write

pytestmark = [pytest.mark.simulator, pytest.mark.slow]

# Circuits that are looked at more closely; others follow on the next day.
ON_ICARUS = 8
PROVEN_AGAIN = 2

# Characters of Verilog for which proofs take at most a few seconds.
SHORT = 9000


@pytest.fixture(scope="module")
def swept():
    return list(sweep(catalog()))


def todays(each, number):
    """Return some of a list, which are others every day."""
    begin = datetime.date.today().toordinal() * number
    return [each[(begin + k) % len(each)] for k in range(number)]


def test_benches_catch_every_fault_that_changes_something(swept):
    assert [each.name for each in swept] == [entry.name for entry in catalog()]
    for each in swept:
        assert each.planted
        assert each.missed() == [], each.name


def test_proofs_can_be_made_again(swept):
    proven = [each for each in swept if each.uncaught and len(each.verilog) < SHORT]
    assert len(proven) > 10
    for each in todays(proven, PROVEN_AGAIN):
        left = [f for f in each.uncaught if not argued(each.name, each.number, f.before)]
        # A fault that the bench catches, too, so that a proof of everything is none.
        _, caught = min(
            (cycle, number) for number, cycle in enumerate(each.shown) if cycle >= 0
        )
        planted = [*left, each.planted[caught]]
        again = equivalent_faults(
            each.parameters, each.name, each.verilog, planted, seconds=30, again=True
        )
        assert again == [True] * len(left) + [False], each.name


def test_no_proof_is_kept_of_a_fault_that_is_caught(swept):
    for each in swept:
        digests = proof_digests(each.parameters, each.verilog, each.planted)
        for digest, cycle in zip(digests, each.shown, strict=True):
            assert cycle < 0 or digest not in kept_proofs(), each.name
            assert cycle < 0 or cycle >= least_cycles().get(digest, 0), each.name


@pytest.mark.skipif("icarus" not in simulators(), reason="Icarus is not installed")
def test_benches_show_the_same_faults_on_icarus(swept):
    for each in todays(swept, ON_ICARUS):
        assert each.agrees(each.on_icarus()), each.name


def test_kept_proofs_are_read_as_they_are_written(tmp_path):
    kept = rows()
    assert set(kept) <= {entry.name for entry in catalog()}
    digests = {digest for found in kept.values() for digest, _ in found}
    assert digests == kept_proofs() | set(least_cycles())
    assert not kept_proofs() & set(least_cycles())
    write(kept, tmp_path / "kept.csv")
    assert rows(tmp_path / "kept.csv") == kept
