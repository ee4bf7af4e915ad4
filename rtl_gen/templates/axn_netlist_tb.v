// All 65,536 operand pairs of axn_mul8u's netlist against mem/multiplier.hex.
`default_nettype none

module axn_netlist_tb;
  reg [7:0] a, b;
  wire [15:0] product;
  reg [15:0] expected[0:65535];
  integer i, wrong;

  axn_mul8u u_mul8u (
      .a_i(a),
      .b_i(b),
      .product_o(product)
  );

  initial begin
    $readmemh("mem/multiplier.hex", expected);
    wrong = 0;
    for (i = 0; i < 65536; i = i + 1) begin
      {a, b} = i;
      #1;
      if (product !== expected[i]) begin
        if (wrong < 5) begin
          $display("AXN mismatch multiplier a %0d b %0d got %0d wanted %0d", a, b, product,
                   expected[i]);
        end
        wrong = wrong + 1;
      end
    end
    $display("AXN multiplier pairs 65536 mismatches %0d", wrong);
    if (wrong != 0) $fatal(1, "the netlist is not the table");
    $finish;
  end
endmodule

`default_nettype wire
