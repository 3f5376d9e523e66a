"""Files of a circuit behind a bus: its Verilog, the layout of its data, a C header."""

from .wrapper_files import emit_wrapper

__all__ = ["emit_wrapper"]
