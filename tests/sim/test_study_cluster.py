"""A study on a real cluster of Dask, on this computer."""

import functools
import os
import signal

import pytest
from typer.testing import CliRunner

from sim.catalog import find
from sim.cli import app
from sim.studies.evaluation import evaluate
from sim.studies.execution import on_a_cluster, on_this_computer
from sim.studies.folder import opened
from sim.studies.study import Study

STUDY = Study(
    circuit="multiplier",
    parameters=find("multiplier").default.to_json(),
    lengths=(64, 4096),
    generators=("lfsr", "sobol", "halton"),
    samples=2000,
    seeds=6,
)
WORK = functools.partial(evaluate, STUDY)


def results(folder, found):
    """Return the bytes of the table of a study, and the numbers of the tasks as they came."""
    numbers = []
    with opened(folder, STUDY) as results_folder:
        for task, rows in found:
            numbers.append(task.number)
            results_folder.put(task, rows)
        path = results_folder.write_results(results_folder.rows())
    return path.read_bytes(), numbers


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_and_doubles_nothing(tmp_path):
    distributed = pytest.importorskip("distributed")
    tasks = list(STUDY.tasks())
    options = {"processes": True, "n_workers": 2, "threads_per_worker": 1}
    with distributed.LocalCluster(**options, dashboard_address=None) as cluster:
        victim = cluster.workers[0].process.pid

        def with_a_death():
            for number, result in enumerate(
                on_a_cluster(WORK, tasks, cluster.scheduler_address)
            ):
                if number == 2:
                    os.kill(victim, signal.SIGKILL)
                yield result

        table, numbers = results(tmp_path / "cluster", with_a_death())
        assert cluster.workers[0].process is None or cluster.workers[0].process.pid != victim
    assert sorted(numbers) == [task.number for task in tasks]
    alone, _ = results(tmp_path / "alone", on_this_computer(WORK, tasks, 1))
    assert table == alone


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer(tmp_path):
    pytest.importorskip("distributed")
    address = "tcp://127.0.0.1:9"
    message = f"^no Dask scheduler answers at {address}: start one with `dask scheduler`$"
    with pytest.raises(ValueError, match=message):
        next(on_a_cluster(WORK, list(STUDY.tasks()), address))
    arguments = ["study", "circuit", "multiplier", "--scheduler", address, "--out"]
    result = CliRunner().invoke(app, [*arguments, str(tmp_path / "out")])
    assert str(result.exception) == message[1:-1]
    assert not (tmp_path / "out").exists()
