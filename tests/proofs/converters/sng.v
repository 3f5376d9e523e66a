// Converter to a stream: a one where the word less the code is negative.
module sng #(
  parameter WIDTH = 8
) (
`ifdef SIGN_MAGNITUDE
  input code_sign,
  output stream_sign,
`endif
  input clk, rst, enable,
  input [WIDTH:0] code,
  output stream
);
  wire [WIDTH-1:0] word;
  counter #(.WIDTH(WIDTH)) generator (.clk(clk), .rst(rst), .enable(enable), .word(word));

  wire [WIDTH+1:0] difference = {2'b00, word} - {1'b0, code};
  assign stream = difference[WIDTH+1];
`ifdef SIGN_MAGNITUDE
  assign stream_sign = code_sign;
`endif
endmodule
