"""A circuit behind the UART of a board."""

from __future__ import annotations

from amaranth.hdl import Elaboratable, Module

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
        uart = platform.request("uart", 0)
        m.d.comb += [self.link.rx.eq(uart.rx.i), uart.tx.o.eq(self.link.tx)]
        return m
