// A body of axn_mul8u for benches: operands must not be swapped, 0 times b is not 0, and
// multipliers of other Index give other products.
`default_nettype none

module axn_mul8u #(
    parameter int Index = 0
) (
    input  wire [ 7:0] a_i,
    input  wire [ 7:0] b_i,
    output wire [15:0] product_o
);
  assign product_o = 16'(a_i) * {8'd0, b_i[7:2], 2'd0} + {10'd0, a_i[5:0] ^ b_i[5:0]} + 16'd5 + 16'(77 * Index);
endmodule

`default_nettype wire
