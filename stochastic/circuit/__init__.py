"""What circuits on bit streams share: `apply`, bases of gates and state machines; netlists."""

from .bitwise_gate import BitwiseGate
from .netlist import Netlist, Part
from .state_machine import StateMachine
from .stream_circuit import StreamCircuit

__all__ = ["BitwiseGate", "Netlist", "Part", "StateMachine", "StreamCircuit"]
