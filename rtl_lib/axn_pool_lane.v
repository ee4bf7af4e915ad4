// The accumulator at the left edge of a row: sums the activations of a tile (for the weights'
// zero point, and for sum pools) or keeps their maximum. a_i is one cycle behind valid_i and
// first_i (edge_o of the array). When a tile starts, the finished value is on dump_o for that
// cycle if dump_i, and held on held_o from the next cycle until the next tile starts.
`default_nettype none
`include "axn_clock_gating.vh"

module axn_pool_lane #(
    parameter int ValueW = 8  // more for the sum of several activations, never their maximum
) (
    input  wire              clk_i,
    input  wire [ValueW-1:0] a_i,
    input  wire              valid_i,
    input  wire              first_i,
    input  wire              maximum_i,
    input  wire              dump_i,
    output wire [      23:0] dump_o,
    output wire [      23:0] held_o
);
  logic valid_q, first_q;
  logic [23:0] acc_q, acc_d, held_q, kept;
  logic [ValueW-1:0] value;

  always_comb begin
    kept  = acc_q & {24{~first_q}};
    value = a_i & {ValueW{valid_q}};
    acc_d = kept + 24'(value);
    if (maximum_i) acc_d = value[7:0] > kept[7:0] ? 24'(value[7:0]) : 24'(kept[7:0]);
  end

  always_ff @(posedge clk_i) begin
    valid_q <= valid_i;
    first_q <= first_i;
    if (`AXN_CLOCKED(valid_q || first_q)) acc_q <= acc_d;
    if (first_q) held_q <= acc_q;
  end

  assign dump_o = acc_q & {24{first_q & dump_i}};
  assign held_o = held_q;
endmodule

`default_nettype wire
