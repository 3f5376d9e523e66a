"""Signals while the processes of a pool start."""

import os
import signal
import threading
import time

import pytest

from fixedpoint.circuit.worker_pool import signals_blocked


class TerminatedError(Exception):
    """What the handler of SIGTERM raises here."""


@pytest.fixture
def other_thread():
    """Let the process have a thread that may receive signals, as a progress bar is."""
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    yield
    end.set()
    thread.join()


@pytest.fixture(autouse=True)
def interrupts():
    """Let SIGINT interrupt, as it does in a shell's foreground; elsewhere it may be ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def terminated():
    def handle(number, frame):
        raise TerminatedError

    signal.signal(signal.SIGTERM, handle)
    return handle


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, TerminatedError)]
)
def test_signals_come_after_the_block(other_thread, terminated, number, error):
    done = []
    with pytest.raises(error):
        with signals_blocked():
            os.kill(os.getpid(), number)
            # The main thread handles signals between two instructions.
            time.sleep(0.1)
            done.append("whole")
        done.append("after")
    assert done == ["whole"]
    assert signal.getsignal(signal.SIGTERM) is terminated
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_without_the_block_signals_come_at_once(other_thread):
    done = []
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
        done.append("after")
    assert not done


def test_an_ignored_signal_stays_ignored(other_thread):
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with signals_blocked():
            os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_another_thread_than_the_main_one_may_start_processes():
    found = []

    def start():
        with signals_blocked():
            found.append(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        found.append(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert found == [True, False]
