// A code over 2^DISCARDED, as the nearer or the named one of the two integers around it,
// compared with the ends of the result's range.
module requantizer #(
  parameter IN = 8, IN_SIGNED = 1, OUT = 4, OUT_SIGNED = 1, DISCARDED = 2,
  // Modes by number, in the order of their definition.
  parameter ROUNDING = 0, OVERFLOW = 0,
  parameter WORD = 1
) (
`ifdef FLAG
  output overflowed,
`endif
`ifdef RANDOM
  input clk, rst, enable,
`endif
  input [IN-1:0] source,
  output [OUT-1:0] result
);
  localparam WIDE = IN + OUT + WORD + 3;
  localparam signed [WIDE-1:0] UNIT = {{WIDE-1{1'b0}}, 1'b1} << DISCARDED;
  localparam signed [WIDE-1:0] LEVELS = {{WIDE-1{1'b0}}, 1'b1} << OUT;
  localparam signed [WIDE-1:0] LEAST = OUT_SIGNED ? -(LEVELS >>> 1) : 0;
  localparam signed [WIDE-1:0] HIGH = LEAST + LEVELS - 1;
  // The symmetric range ends at minus its maximum.
  localparam signed [WIDE-1:0] LOW = OVERFLOW == 2 && OUT_SIGNED ? LEAST + 1 : LEAST;

`ifdef RANDOM
  wire [WORD-1:0] word;
  counter #(.WIDTH(WORD)) generator (.clk(clk), .rst(rst), .enable(enable), .word(word));
`else
  wire [WORD-1:0] word = 0;
`endif

  wire negative = IN_SIGNED && source[IN-1];
  wire signed [WIDE-1:0] value = {{WIDE-IN{negative}}, source};
  wire signed [WIDE-1:0] below = value >>> DISCARDED;
  wire exact = below * UNIT == value;
  wire signed [WIDE-1:0] above = exact ? below : below + 1;
  wire signed [WIDE-1:0] down = value - below * UNIT;
  wire signed [WIDE-1:0] up = above * UNIT - value;
  wire signed [WIDE-1:0] drawn = ((value << WORD) + $signed({1'b0, word}) * UNIT) >>> (DISCARDED + WORD);

  wire tie_is_above =
    ROUNDING == 4 ? 1 :
    ROUNDING == 5 ? 0 :
    ROUNDING == 6 ? value < 0 :
    ROUNDING == 7 ? value > 0 :
    ROUNDING == 8 ? below[0] == 1 :
    below[0] == 0;
  wire signed [WIDE-1:0] nearest =
    down < up ? below : up < down ? above : tie_is_above ? above : below;
  wire signed [WIDE-1:0] rounded =
    ROUNDING == 0 ? below :
    ROUNDING == 1 ? above :
    ROUNDING == 2 ? (value < 0 ? above : below) :
    ROUNDING == 3 ? (value < 0 ? below : above) :
    ROUNDING == 10 ? (below[0] ? below : below + 1) :
    ROUNDING == 11 ? drawn :
    nearest;

  wire lost = rounded < LOW || rounded > HIGH;
  wire signed [WIDE-1:0] fitted =
    !lost || OVERFLOW == 0 || OVERFLOW == 4 ? rounded :
    OVERFLOW == 3 ? 0 :
    rounded < LOW ? LOW : HIGH;
  assign result = fitted[OUT-1:0];
`ifdef FLAG
  assign overflowed = lost;
`endif
endmodule
