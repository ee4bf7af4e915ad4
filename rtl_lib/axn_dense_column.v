// One column of axn_dense_block: the sum of Taps exact products a cycle, 31 bits in all (32,768
// taps of 255 * 255). Activations are registered outside, 0 where there is none; the weights here.
// Latency: a weight at the input in cycle t meets the activation at the input in t + 1 and is in
// the accumulator in t + 2.
`default_nettype none

module axn_dense_column #(
    parameter int Taps = 4
) (
    input  wire              clk_i,
    input  wire              active_i,  // a fully connected layer runs; else nothing moves
    input  wire [8*Taps-1:0] a_i,
    input  wire              load_i,    // with the first activations: load instead of add
    input  wire [8*Taps-1:0] w_i,
    output wire [      30:0] sum_o
);
  logic [8*Taps-1:0] w_q;
  logic [30:0] acc_q, acc_d;

  always_comb begin
    acc_d = acc_q & {31{~load_i}};
    for (int k = 0; k < Taps; k++) acc_d = acc_d + 31'(a_i[8*k+:8]) * 31'(w_q[8*k+:8]);
  end

  always_ff @(posedge clk_i) begin
    w_q   <= w_i & {8 * Taps{active_i}};
    acc_q <= acc_d;
  end

  assign sum_o = acc_q;
endmodule

`default_nettype wire
