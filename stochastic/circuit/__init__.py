"""What circuits on bit streams share: `apply`, and the bases of gates and state machines."""

from .bitwise_gate import BitwiseGate
from .state_machine import StateMachine
from .stream_circuit import StreamCircuit

__all__ = ["BitwiseGate", "StateMachine", "StreamCircuit"]
