"""Files of a circuit behind a bus: its Verilog, the layout of its data, a C header."""
