// Body of axn_mul8u: the exact product, whichever multiplier it stands for. Combinational.
`default_nettype none

module axn_mul8u #(
    parameter int Index = 0
) (
    input  wire [ 7:0] a_i,       // activation (weight when operands are swapped)
    input  wire [ 7:0] b_i,       // weight
    output wire [15:0] product_o
);
  assign product_o = 16'(a_i) * 16'(b_i);

  logic unused;
  assign unused = &{1'b0, 1'(Index)};
endmodule

`default_nettype wire
