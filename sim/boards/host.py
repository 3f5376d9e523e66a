"""Send golden vectors to a circuit on a board, and compare what comes back.

This program needs Python alone, without goldstream; on Windows also pyserial. It prints PASS
or the first difference, and exits with 0 for equal, 1 for different, and 2 if the port cannot
be used, or the board does not answer or holds another circuit.

    python NAME_host.py PORT        PORT is such as /dev/ttyUSB0 or COM3
"""

import contextlib
import os
import select
import sys
import time
from pathlib import Path

__all__ = ["BoardError", "check", "main", "read_vectors"]

# Seconds until an answer must be there.
PATIENCE = 3.0


class BoardError(Exception):
    """The board does not answer, or answers as another circuit would."""


class TerminalPort:
    """A serial port of a POSIX system: 8 bits, no parity, one stop bit, no flow control."""

    def __init__(self, path, baud):
        import termios
        import tty

        self.handle = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        speed = getattr(termios, f"B{baud}", None)
        if speed is None:
            raise BoardError(f"this system has no rate of {baud} baud")
        try:
            tty.setraw(self.handle)
            settings = termios.tcgetattr(self.handle)
            settings[2] = settings[2] & ~(termios.CRTSCTS | termios.PARENB | termios.CSTOPB)
            settings[2] |= termios.CLOCAL | termios.CREAD | termios.CS8
            settings[4] = settings[5] = speed
            termios.tcsetattr(self.handle, termios.TCSANOW, settings)
            termios.tcflush(self.handle, termios.TCIOFLUSH)
        except termios.error as error:
            raise BoardError(f"{path} is no serial port: {error.args[-1]}") from None

    def write(self, data):
        while data:
            select.select([], [self.handle], [])
            data = data[os.write(self.handle, data) :]

    def read(self, size):
        """Return so many bytes, or those that came in time."""
        found, end = b"", time.monotonic() + PATIENCE
        while len(found) < size and (left := end - time.monotonic()) > 0:
            if select.select([self.handle], [], [], left)[0]:
                with contextlib.suppress(BlockingIOError):
                    found += os.read(self.handle, size - len(found))
        return found


def open_port(path, baud):
    """Open a serial port, by pyserial where there are no POSIX terminals."""
    if os.name == "posix":
        return TerminalPort(path, baud)
    import serial

    return serial.Serial(path, baud, timeout=PATIENCE)


def read_vectors(path):
    """Return the facts at the head of a file of vectors, and its lines.

    A line is the inputs and outputs of one cycle in hexadecimal bytes, or None for a reset.
    """
    facts, vectors = {}, []
    for line in Path(path).read_text().splitlines():
        words = line.split()
        if words[:1] == ["#"]:
            facts[words[1]] = words[2]
        elif words == ["reset"]:
            vectors.append(None)
        else:
            vectors.append(tuple(bytes.fromhex("" if w == "-" else w) for w in words))
    return facts, vectors


def ask(port, command, size):
    """Send a command and return its answer."""
    port.write(command)
    answer = port.read(size)
    if len(answer) < size:
        raise BoardError(f"the board sent {len(answer)} of {size} bytes: is it the right port?")
    return answer


def check(port, facts, vectors, say=print):
    """Compare a board with vectors; return the number of the first different word, or -1."""
    identity = ask(port, b"I", 17)
    if identity[:4] != b"gold" or identity[4] != 1:
        raise BoardError(f"the board sent {identity.hex()}, which is no goldstream circuit")
    sizes = [int.from_bytes(identity[i : i + 2], "little") for i in (5, 7)]
    if sizes != [int(facts["input_bytes"]), int(facts["output_bytes"])]:
        raise BoardError(f"the circuit on the board has words of {sizes} bytes")
    if identity[9:].hex() != facts["digest"]:
        raise BoardError(f"the board holds the circuit {identity[9:].hex()}, not this one")
    for number, vector in enumerate([None, *vectors]):
        if vector is None:
            if ask(port, b"R", 1) != b"R":
                raise BoardError("the board did not confirm a reset")
            continue
        sent, expected = vector
        found = ask(port, b"S" + sent, len(expected))
        if found != expected:
            say(f"MISMATCH: line {number}, sent {sent.hex()}, received {found.hex()}, "
                f"expected {expected.hex()}")  # fmt: skip
            return number
    say(f"PASS: {sum(v is not None for v in vectors)} cycles, "
        f"{sum(v is None for v in vectors) + 1} resets")  # fmt: skip
    return -1


def main(arguments):
    """Run the program and return its exit status."""
    if len(arguments) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    program, path = arguments
    vectors = Path(program).resolve().with_name(Path(program).stem[: -len("_host")] + ".vec")
    try:
        facts, lines = read_vectors(vectors)
        port = open_port(path, int(facts["baud"]))
        return 1 if check(port, facts, lines) >= 0 else 0
    except (BoardError, OSError) as error:
        print(f"{Path(program).name}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv))
