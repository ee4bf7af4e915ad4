// The result buses of a row of the array: the cells show their sums one at a time on each bus,
// the others 0. Bus 0 has the columns 0 .. ceil(Cols / Buses) - 1, bus 1 the others.
// Combinational.
`default_nettype none

module axn_row_bus #(
    parameter int Cols = 16,
    parameter int AccW = 24,
    parameter int Buses = 1   // 1 or 2
) (
    input  wire [ AccW*Cols-1:0] dump_i,
    output wire [AccW*Buses-1:0] sum_o
);
  localparam int Part = (Cols + Buses - 1) / Buses;

  for (genvar i = 0; i < Buses; i++) begin : g_bus
    localparam int End = (i + 1) * Part < Cols ? (i + 1) * Part : Cols;
    logic [AccW-1:0] sum;
    always_comb begin
      sum = '0;
      for (int c = i * Part; c < End; c++) sum = sum | dump_i[AccW*c+:AccW];
    end
    assign sum_o[AccW*i+:AccW] = sum;
  end
endmodule

`default_nettype wire
