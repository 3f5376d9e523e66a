"""A circuit behind the UART of a board."""

from __future__ import annotations

from amaranth.hdl import Elaboratable, Module
from amaranth.lib import io

from .uart_link import UartLink

__all__ = ["BoardTop"]


class BoardTop(Elaboratable):
    """A circuit behind its UART, connected to the pins of a board.

    Parameters
    ----------
    link : UartLink
    """

    def __init__(self, link: UartLink) -> None:
        self.link = link

    def elaborate(self, platform):
        m = Module()
        m.submodules.link = self.link
        uart = platform.request("uart", 0, dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [self.link.rx.eq(rx.i), tx.o.eq(self.link.tx)]
        return m
