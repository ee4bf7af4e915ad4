// One lane of post-processing: zero point of the weights, bias, requantisation, clamp:
//   acc = sum - zw * sum of activations + bias
//   y = clamp(zero_point + rq(acc; mantissa, shift) [+ the value before], low, 255)
//   rq(v; m, s) = (v * m + 2^(s-1)) >> s
// Parameters enter on the left, each when its stage needs it, and pass on to the next lane
// one cycle later, as the sums do. A sum on sum_i in cycle t (bias and zw registered in t + 1,
// mantissa in t + 2, the rest in t + 3): acc_o in t + 2, y_o in t + 5. active_i in cycle t says that
// there is one: registers of stages without a sum are not clocked.
`default_nettype none
`include "axn_clock_gating.vh"

module axn_post_lane #(
    parameter int SumW = 32,         // bits of sum_i, at most 32
    parameter int AccumulatorW = 32  // bits that hold acc, at least SumW
) (
    input  wire            clk_i,
    // finished sum, and the sum of the tile's activations (from the next cycle on)
    input  wire [SumW-1:0] sum_i,
    input  wire [    23:0] held_i,
    // parameters of the channel
    input  wire [    31:0] bias_i,
    input  wire [     7:0] weight_zero_i,
    input  wire [    15:0] mantissa_i,
    input  wire [     5:0] shift_i,        // shift - 1
    input  wire            active_i,       // a sum is on sum_i
    input  wire            second_i,       // its value is added to the one before
    output wire [    31:0] bias_o,
    output wire [     7:0] weight_zero_o,
    output wire [    15:0] mantissa_o,
    output wire [     5:0] shift_o,
    output wire            active_o,
    output wire            second_o,
    // constant during an operation
    input  wire [     7:0] zero_point_i,
    input  wire [     7:0] low_i,
    // results
    output wire [    31:0] acc_o,
    output wire [     7:0] y_o
);
  logic [31:0] bias_q;
  logic [7:0] weight_zero_q;
  logic [15:0] mantissa_q;
  logic [5:0] shift_q;
  logic second_q;
  logic [3:0] active_q;  // at the second to the fifth stage

  always_ff @(posedge clk_i) begin
    active_q <= {active_q[2:0], active_i};
    second_q <= second_i;
    if (`AXN_CLOCKED(active_i)) begin
      bias_q <= bias_i;
      weight_zero_q <= weight_zero_i;
    end
    if (`AXN_CLOCKED(active_q[0])) mantissa_q <= mantissa_i;
    if (`AXN_CLOCKED(active_q[1])) shift_q <= shift_i;
  end

  assign bias_o = bias_q;
  assign weight_zero_o = weight_zero_q;
  assign mantissa_o = mantissa_q;
  assign shift_o = shift_q;
  assign active_o = active_q[0];
  assign second_o = second_q;

  logic [SumW-1:0] sum_q;
  logic [AccumulatorW-1:0] acc_q;
  logic signed [47:0] product_q;
  logic signed [25:0] value_q;
  logic [7:0] y_q, y_d;
  logic signed [47:0] acc_extended, mantissa_extended;

  // 48 bits hold the product of 32 and 16 bits.
  assign acc_extended = {{48 - AccumulatorW{acc_q[AccumulatorW-1]}}, acc_q};
  assign mantissa_extended = {{32{mantissa_q[15]}}, mantissa_q};

  logic signed [24:0] rounded;
  axn_round_shift u_round_shift (
      .product_i(product_q),
      .shift_i(shift_q),
      .value_o(rounded)
  );

  logic signed [25:0] addend, value_d;
  assign addend  = second_q ? value_q : $signed({18'd0, zero_point_i});
  assign value_d = $signed({rounded[24], rounded}) + addend;

  axn_clamp u_clamp (
      .value_i(value_q),
      .low_i,
      .y_o(y_d)
  );

  always_ff @(posedge clk_i) begin
    if (`AXN_CLOCKED(active_i)) sum_q <= sum_i;
    if (`AXN_CLOCKED(active_q[0])) begin
      acc_q <= AccumulatorW'(32'(sum_q) - 32'(weight_zero_q) * 32'(held_i) + bias_q);
    end
    if (`AXN_CLOCKED(active_q[1])) product_q <= acc_extended * mantissa_extended;
    if (active_q[2]) value_q <= value_d;
    if (`AXN_CLOCKED(active_q[3])) y_q <= y_d;
  end

  assign acc_o = acc_extended[31:0];
  assign y_o   = y_q;
endmodule

`default_nettype wire
