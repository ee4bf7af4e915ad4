// Body of axn_mul8u for simulators without DPI: a table read from the file AXN_TABLE
// (65,536 hexadecimal products, index 256 * a + b). Every instance holds its own copy:
// small arrays only. Combinational, simulation only.
`default_nettype none

`ifndef AXN_TABLE
`define AXN_TABLE "mem/multiplier.hex"
`endif

module axn_mul8u (
    input  wire [ 7:0] a_i,       // activation (weight when operands are swapped)
    input  wire [ 7:0] b_i,       // weight
    output wire [15:0] product_o
);
  logic [15:0] table_q[65536];

  initial $readmemh(`AXN_TABLE, table_q);

  assign product_o = table_q[{a_i, b_i}];
endmodule

`default_nettype wire
