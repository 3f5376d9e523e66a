"""Cross-checks of Verilog with the golden models, and the command line."""
