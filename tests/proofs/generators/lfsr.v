// Linear feedback shift register. Bit i of TAPS stands for tap i + 1.
// The zero state is inserted between its two neighbours by name; all else is the plain register.
module lfsr #(
  parameter WIDTH = 8,
  parameter GALOIS = 0,
  parameter ZERO_STATE = 0,
  parameter [WIDTH-1:0] TAPS = 0,
  parameter [WIDTH-1:0] SEED = 1
) (
  input clk, rst, enable,
  output [WIDTH-1:0] word
);
  localparam [WIDTH-1:0] BEFORE_ZERO = GALOIS ? 1 : 1 << (WIDTH - 1);
  localparam [WIDTH-1:0] AFTER_ZERO = GALOIS ? TAPS : 1;

  reg [WIDTH-1:0] state = SEED;
  reg [WIDTH-1:0] following;
  integer i;

  always @* begin
    following = 0;
    if (GALOIS) begin
      for (i = 0; i < WIDTH - 1; i = i + 1)
        following[i] = state[i + 1];
      for (i = 0; i < WIDTH; i = i + 1)
        if (TAPS[i] && state[0]) following[i] = !following[i];
    end else begin
      for (i = 0; i < WIDTH - 1; i = i + 1)
        following[i + 1] = state[i];
      for (i = 0; i < WIDTH; i = i + 1)
        if (TAPS[i] && state[i]) following[0] = !following[0];
    end
    if (ZERO_STATE && state == BEFORE_ZERO) following = 0;
    if (ZERO_STATE && state == 0) following = AFTER_ZERO;
  end

  always @(posedge clk)
    if (rst) state <= SEED;
    else if (enable) state <= following;

  assign word = state;
endmodule
