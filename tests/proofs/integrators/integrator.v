// max(0, min(C + A - B, MAXIMUM)) in signed arithmetic with room to spare.
module integrator #(
  parameter WIDTH = 8,
  parameter BITS = 9,
  parameter [BITS-1:0] MAXIMUM = 256,
  parameter [BITS-1:0] INITIAL = 0
) (
  input clk, rst, enable,
  input increment, decrement,
  output stream,
  output reg [BITS-1:0] value = INITIAL
);
  wire [WIDTH-1:0] word;
  counter #(.WIDTH(WIDTH)) generator (.clk(clk), .rst(rst), .enable(enable), .word(word));

  wire signed [BITS+1:0] end_value = {2'b00, MAXIMUM};
  wire signed [BITS+1:0] moved = {2'b00, value} + increment - decrement;

  always @(posedge clk)
    if (rst) value <= INITIAL;
    else if (enable) value <= moved < 0 ? 0 : moved > end_value ? MAXIMUM : moved;

  assign stream = {2'b00, value} > {2'b00, word};

  always @* assert (value <= MAXIMUM);
endmodule
