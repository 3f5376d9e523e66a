// The product of the numbers that single bits stand for.
module multiplier #(
  parameter BIPOLAR = 0
) (
`ifdef SIGN_MAGNITUDE
  input a_sign, b_sign,
  output product_sign,
`endif
  input a, b,
  output product
);
  wire signed [7:0] x = BIPOLAR ? (a ? 1 : -1) : a;
  wire signed [7:0] y = BIPOLAR ? (b ? 1 : -1) : b;
  wire signed [7:0] xy = x * y;
  assign product = xy == 1;
`ifdef SIGN_MAGNITUDE
  wire signed [7:0] signs = (a_sign ? -1 : 1) * (b_sign ? -1 : 1);
  assign product_sign = signs < 0;
`endif
endmodule
