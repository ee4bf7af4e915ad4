// All 65,536 operand pairs of each multiplier's netlist against its table.
`include "axn_config.vh"
`default_nettype none

module axn_netlist_tb;
  localparam int Multipliers = `AXN_MULTIPLIERS;

  reg [7:0] a, b;
  wire [16*Multipliers-1:0] products;
  reg [15:0] expected[0:65536*Multipliers-1];
  integer i, m, wrong;

  if (Multipliers == 1) begin : g_single
    axn_mul8u u_mul8u (
        .a_i(a),
        .b_i(b),
        .product_o(products)
    );
    initial $readmemh("mem/multiplier.hex", expected);
  end else begin : g_several
    for (genvar k = 0; k < Multipliers; k = k + 1) begin : g_multiplier
      axn_mul8u #(
          .Index(k)
      ) u_mul8u (
          .a_i(a),
          .b_i(b),
          .product_o(products[16*k+:16])
      );
      if (k == 0) begin : g_first
        initial $readmemh("mem/multiplier.hex", expected, 0, 65535);
      end else begin : g_further
        initial
          $readmemh($sformatf("mem/multiplier_%0d.hex", k), expected, 65536 * k, 65536 * k + 65535);
      end
    end
  end

  initial begin
    wrong = 0;
    for (i = 0; i < 65536; i = i + 1) begin
      {a, b} = i;
      #1;
      for (m = 0; m < Multipliers; m = m + 1) begin
        if (products[16*m+:16] !== expected[65536*m+i]) begin
          if (wrong < 5) begin
            $display("AXN mismatch multiplier %0d a %0d b %0d got %0d wanted %0d", m, a, b,
                     products[16*m+:16], expected[65536*m+i]);
          end
          wrong = wrong + 1;
        end
      end
    end
    $display("AXN multipliers %0d pairs 65536 mismatches %0d", Multipliers, wrong);
    if (wrong != 0) $fatal(1, "the netlist is not the table");
    $finish;
  end
endmodule

`default_nettype wire
