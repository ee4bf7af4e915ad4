// Body of axn_mul8u: the exact product. Combinational.
`default_nettype none

module axn_mul8u (
    input  wire [ 7:0] a_i,       // activation (weight when operands are swapped)
    input  wire [ 7:0] b_i,       // weight
    output wire [15:0] product_o
);
  assign product_o = 16'(a_i) * 16'(b_i);
endmodule

`default_nettype wire
