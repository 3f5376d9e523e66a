// An integrator that loses what it gives out.
module addie #(
  parameter WIDTH = 8,
  parameter BITS = 9,
  parameter [BITS-1:0] MAXIMUM = 256,
  parameter [BITS-1:0] INITIAL = 0
) (
  input clk, rst, enable,
  input stream_in,
  output stream,
  output [BITS-1:0] value
);
  integrator #(.WIDTH(WIDTH), .BITS(BITS), .MAXIMUM(MAXIMUM), .INITIAL(INITIAL)) integrator (
    .clk(clk), .rst(rst), .enable(enable),
    .increment(stream_in), .decrement(stream), .stream(stream), .value(value)
  );
endmodule
