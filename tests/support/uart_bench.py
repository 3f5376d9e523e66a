"""A circuit behind a UART in the Amaranth simulator, with bytes in and bytes out."""

import warnings

from amaranth.sim import Simulator

__all__ = ["byte_levels", "simulate_link"]


def byte_levels(byte, cycles):
    """Return the levels of a line for one byte: start, 8 bits, stop."""
    bits = [0, *((byte >> i) & 1 for i in range(8)), 1]
    return [bit for bit in bits for _ in range(cycles)]


class LineDecoder:
    """Bytes from the levels of a line, sampled in the middle of each bit."""

    def __init__(self, cycles):
        self.cycles = cycles
        self.levels = []

    def add(self, level):
        """Take the level of one clock cycle and return a byte if it was the last of one."""
        if not self.levels and level:
            return None
        self.levels.append(level)
        if len(self.levels) < 10 * self.cycles:
            return None
        bits = self.levels[self.cycles // 2 :: self.cycles]
        self.levels = []
        assert (bits[0], bits[9]) == (0, 1), "no stop bit"
        return sum(bit << i for i, bit in enumerate(bits[1:9]))


def simulate_link(link, exchange, most_cycles=400_000):
    """Clock a link until an exchange ends.

    Parameters
    ----------
    link : rtl.wrappers.uart_link.UartLink
    exchange : callable
        ``exchange(received)`` is called when the line to the board is idle, with the bytes that
        came from the board since the last call. It returns bytes to send, or None at the end.
    """

    async def bench(ctx):
        decoder = LineDecoder(link.cycles)
        waiting, received = [], bytearray()
        for _ in range(most_cycles):
            if not waiting:
                sent = exchange(bytes(received))
                received.clear()
                if sent is None:
                    return
                waiting = [level for byte in sent for level in byte_levels(byte, link.cycles)]
            ctx.set(link.rx, waiting.pop(0) if waiting else 1)
            byte = decoder.add(ctx.get(link.tx))
            if byte is not None:
                received.append(byte)
            await ctx.tick()
        raise AssertionError("the exchange did not end")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        simulator = Simulator(link)
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()
