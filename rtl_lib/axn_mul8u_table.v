// Body of axn_mul8u for simulators without DPI: a table read from mem/multiplier.hex, of the
// further multipliers of an array from mem/multiplier_1.hex and so on (65,536 hexadecimal
// products, index 256 * a + b). Every instance holds its own copy: small arrays only.
// Combinational, simulation only.
`default_nettype none

module axn_mul8u #(
    parameter int Index = 0  // among the array's multipliers
) (
    input  wire [ 7:0] a_i,       // activation (weight when operands are swapped)
    input  wire [ 7:0] b_i,       // weight
    output wire [15:0] product_o
);
  logic [15:0] table_q[65536];

  if (Index == 0) begin : g_first
    initial $readmemh("mem/multiplier.hex", table_q);
  end else begin : g_further
    initial $readmemh($sformatf("mem/multiplier_%0d.hex", Index), table_q);
  end

  assign product_o = table_q[{a_i, b_i}];
endmodule

`default_nettype wire
