// Input k is picked by the words from ceil(k 2^WIDTH / FAN_IN) on, up to the next input's.
module mux_adder #(
  parameter WIDTH = 8,
  parameter FAN_IN = 4
) (
  input clk, rst, enable,
  input [FAN_IN-1:0] streams,
  output reg mean
);
  wire [WIDTH-1:0] word;
  counter #(.WIDTH(WIDTH)) generator (.clk(clk), .rst(rst), .enable(enable), .word(word));

  localparam [63:0] WORDS = 64'd1 << WIDTH;
  integer k;

  always @* begin
    mean = streams[0];
    for (k = 1; k < FAN_IN; k = k + 1)
      if (word >= (k * WORDS + FAN_IN - 1) / FAN_IN) mean = streams[k];
  end
endmodule
