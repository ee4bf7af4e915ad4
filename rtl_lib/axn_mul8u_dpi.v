// Body of axn_mul8u for Verilator: one table a multiplier, shared by all its instances, behind
// a C function (sim/tb/axn_mul8u_dpi.c). Combinational, simulation only.
`default_nettype none

module axn_mul8u #(
    parameter int Index = 0  // among the array's multipliers
) (
    input  wire [ 7:0] a_i,       // activation (weight when operands are swapped)
    input  wire [ 7:0] b_i,       // weight
    output wire [15:0] product_o
);
  import "DPI-C" pure function int unsigned axn_mul8u_product(input int unsigned operands);

  logic [31:0] product;

  always_comb product = axn_mul8u_product({16'(Index), a_i, b_i});

  assign product_o = product[15:0];

  logic unused;
  assign unused = &{1'b0, product[31:16]};
endmodule

`default_nettype wire
