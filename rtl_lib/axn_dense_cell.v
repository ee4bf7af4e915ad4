// One cell of the dense row: exact product, 31-bit sum (32,768 taps of 255 * 255). The
// activation is registered outside, the weight here. Latency: a weight at the input in cycle
// t meets the activation at the input in t + 1 and is in the accumulator in t + 2.
`default_nettype none

module axn_dense_cell (
    input  wire        clk_i,
    input  wire [ 7:0] a_i,
    input  wire        valid_i,
    input  wire        first_i,   // with valid_i: load instead of add
    input  wire [ 7:0] w_i,
    input  wire        enable_i,
    input  wire        dump_i,    // show the accumulator
    output wire [30:0] dump_o
);
  logic [ 7:0] w_q;
  logic enable_q, run;
  logic [15:0] product, gated;
  logic [30:0] acc_q;

  assign run = valid_i & enable_q;
  assign product = 16'(a_i) * 16'(w_q);
  assign gated = product & {16{run}};

  always_ff @(posedge clk_i) begin
    w_q <= w_i;
    enable_q <= enable_i;
    acc_q <= (acc_q & {31{~(first_i & valid_i)}}) + 31'(gated);
  end

  assign dump_o = acc_q & {31{dump_i}};
endmodule

`default_nettype wire
