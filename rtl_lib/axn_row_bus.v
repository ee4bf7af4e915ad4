// The result bus of a row of the array: the cells show their sums one at a time, the others 0.
// Combinational.
`default_nettype none

module axn_row_bus #(
    parameter int Cols = 16,
    parameter int AccW = 24
) (
    input  wire [AccW*Cols-1:0] dump_i,
    output wire [     AccW-1:0] sum_o
);
  logic [AccW-1:0] sum;

  always_comb begin
    sum = '0;
    for (int c = 0; c < Cols; c++) sum = sum | dump_i[AccW*c+:AccW];
  end

  assign sum_o = sum;
endmodule

`default_nettype wire
