"""Verilog of an 8-bit ADDIE, written by hand as its user would."""

from __future__ import annotations

# Registers have no initial values, so a reset comes first.
ADDIE = """\
`default_nettype none
// ADDIE of 8 bits: the counter goes from 0 to 256.
module my_addie (
  input  wire       clk,
  input  wire       rst,
  input  wire       enable,
  input  wire       stream_in,
  output wire       stream,
  output wire [8:0] value
);
  reg [7:0] lfsr;
  reg [8:0] count;
  assign stream = {1'b0, lfsr} < count;
  assign value  = count;
  always @(posedge clk)
    if (rst) begin
      lfsr  <= 8'd1;
      count <= 9'd0;
    end else if (enable) begin
      lfsr <= {lfsr[6:0], lfsr[7] ^ lfsr[5] ^ lfsr[4] ^ lfsr[3]};
      if (stream_in && !stream) begin
        if (count != 9'd256) count <= count + 9'd1;
      end else if (!stream_in && stream)
        count <= count - 9'd1;
    end
endmodule
"""

# The counter stops one below full scale.
FAULTY_ADDIE = ADDIE.replace("9'd256", "9'd255")
