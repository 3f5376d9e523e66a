// Sums over windows of LENGTH cycles. The sums are wide; that none of them outgrows the
// port, RANGE for each cycle of the window at the most, is proven with the rest.
module stochastic_to_binary #(
  parameter LENGTH = 256,
  parameter RANGE = 1,
  parameter IN = 1,
  parameter OUT = 9,
  parameter CYCLE = 8
) (
`ifdef SIGN_MAGNITUDE
  input stream_sign,
`endif
  input clk, rst, enable,
  input [IN-1:0] stream,
  output [OUT-1:0] count, result,
  output reg valid = 0
);
  reg [CYCLE-1:0] cycle = 0;
  reg signed [OUT-1:0] sum = 0, last_sum = 0;
  wire [31:0] cycles = cycle;
  wire signed [63:0] most = RANGE * cycles;
`ifdef SIGN_MAGNITUDE
  wire signed [63:0] term = stream_sign ? -{64'd0, stream} : {64'd0, stream};
  wire signed [63:0] wide = sum, wide_result = last_sum;
  wire signed [63:0] least = -most, least_result = -RANGE * LENGTH;
`else
  wire signed [63:0] term = {64'd0, stream};
  wire signed [63:0] wide = {64'd0, sum}, wide_result = {64'd0, last_sum};
  wire signed [63:0] least = 0, least_result = 0;
`endif
  wire whole = cycles + 1 == LENGTH;

  always @(posedge clk)
    if (rst) begin
      cycle <= 0;
      sum <= 0;
      last_sum <= 0;
      valid <= 0;
    end else if (enable) begin
      cycle <= whole ? 0 : cycles + 1;
      sum <= whole ? 0 : wide + term;
      if (whole) last_sum <= wide + term;
      valid <= whole;
    end

  assign count = sum;
  assign result = last_sum;

  always @* begin
    assume (stream <= RANGE);
    assert (cycles < LENGTH);
    assert (least <= wide && wide <= most);
    assert (least_result <= wide_result && wide_result <= RANGE * LENGTH);
  end
endmodule
