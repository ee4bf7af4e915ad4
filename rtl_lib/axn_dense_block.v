// The exact multipliers for fully connected layers that take several taps a cycle: one output
// pixel, Cols output channels, Taps products in each. All columns work at once: skewed streams as
// those of axn_dense_row would take more registers than a copy of the finished sums, which leave
// one at a time while the next tile runs. Column 0 shows its accumulator, which the next tile
// overwrites one cycle later.
//
// A sum is on sum_o in the cycle after its column was selected (select_i, column_i). A tap beside
// its weights in cycle t; first_i in the cycle of the next tile's first tap, or of the flush:
// column 0 may be selected in that cycle, column c at least c cycles later.
`default_nettype none

module axn_dense_block #(
    parameter int Cols = 16,
    parameter int Taps = 4,
    parameter int SumW = 8 + $clog2(Taps)
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    input  wire                    active_i,      // a fully connected layer runs
    // activations, one of each of the first Taps rows
    input  wire [      8*Taps-1:0] a_i,
    input  wire [        Taps-1:0] valid_i,
    input  wire                    first_i,
    output wire [        SumW-1:0] activations_o, // their sum, one cycle later
    // weights: of tap 0 for all columns, of tap 1, ...
    input  wire [ 8*Cols*Taps-1:0] w_i,
    // results
    input  wire                    select_i,
    input  wire [$clog2(Cols)-1:0] column_i,
    output wire [            30:0] sum_o
);
  logic [8*Taps-1:0] a_q, a_d;
  logic first_q, load_q;
  logic [Cols-1:0] dump_q, dump_d;
  wire [31*Cols-1:0] finished;

  always_comb begin
    for (int k = 0; k < Taps; k++) a_d[8*k+:8] = a_i[8*k+:8] & {8{active_i && valid_i[k]}};
    dump_d = '0;
    for (int c = 0; c < Cols; c++) dump_d[c] = select_i && column_i == $clog2(Cols)'(c);
  end

  always_ff @(posedge clk_i) begin
    a_q <= a_d;
    first_q <= first_i && active_i;
    load_q <= first_i && active_i && valid_i[0];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) dump_q <= '0;
    else dump_q <= dump_d;
  end

  for (genvar c = 0; c < Cols; c++) begin : g_col
    wire [8*Taps-1:0] w;
    wire [30:0] sum;
    for (genvar k = 0; k < Taps; k++) begin : g_tap
      assign w[8*k+:8] = w_i[8*(Cols*k+c)+:8];
    end
    axn_dense_column #(
        .Taps(Taps)
    ) u_column (
        .clk_i,
        .active_i,
        .a_i(a_q),
        .load_i(load_q),
        .w_i(w),
        .sum_o(sum)
    );
    if (c == 0) begin : g_running
      assign finished[0+:31] = sum;
    end else begin : g_kept
      logic [30:0] sum_q;
      always_ff @(posedge clk_i) if (first_q) sum_q <= sum;
      assign finished[31*c+:31] = sum_q;
    end
  end

  logic [SumW-1:0] activations;
  logic [30:0] shown;
  always_comb begin
    activations = '0;
    for (int k = 0; k < Taps; k++) activations = activations + SumW'(a_q[8*k+:8]);
    shown = '0;
    for (int c = 0; c < Cols; c++) shown = shown | (finished[31*c+:31] & {31{dump_q[c]}});
  end
  assign activations_o = activations;
  assign sum_o = shown;
endmodule

`default_nettype wire
