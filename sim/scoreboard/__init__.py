"""A golden model beside a circuit in a cocotb bench of one's own."""

from .cocotb_bench import cocotb_bench
from .lanes import pack_lanes, unpack_lanes
from .scoreboard import Scoreboard

__all__ = ["Scoreboard", "cocotb_bench", "pack_lanes", "unpack_lanes"]
