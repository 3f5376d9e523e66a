// Up or down counter: the generator inside the circuits below.
module counter #(
  parameter WIDTH = 8,
  parameter DOWN = 0
) (
  input clk, rst, enable,
  output [WIDTH-1:0] word
);
  localparam [WIDTH-1:0] FIRST = DOWN ? -1 : 0;

  reg [WIDTH-1:0] count = FIRST;

  always @(posedge clk)
    if (rst) count <= FIRST;
    else if (enable) count <= DOWN ? count + {WIDTH{1'b1}} : count - {WIDTH{1'b1}};

  assign word = count;
endmodule
