// The right half of the columns of a convolution whose tiles are shorter than the row of
// columns: a second result bus a row brings their sums, which pass lanes and a writer of their
// own while the left half of the next tile leaves by the first. Idle in all other operations.
//
// The compiler lets such operations only have few taps, so 24 bits hold the sums with their
// bias, and no write that meets one of the first writer's in a bank.
`default_nettype none

module axn_right_columns #(
    parameter int Rows = 16,
    parameter int Cols = 16,
    parameter int AccW = 24,
    parameter int Banks = 4,
    parameter int Lanes = 16,
    parameter int AddressW = 16,
    parameter int ParameterW = 8
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    input  wire                  clear_i,
    input  wire                  start_i,         // an operation starts
    // descriptor, taken with start_i
    input  wire                  split_i,
    input  wire                  late_i,
    input  wire [          15:0] channels_i,
    input  wire [ParameterW-1:0] parameter_base_i,
    input  wire [  AddressW-1:0] base_i,
    input  wire [          23:0] plane_i,
    // constant during an operation
    input  wire [           7:0] zero_point_i,
    input  wire [           7:0] low_i,
    // tiles
    input  wire                  dump_i,          // as axn_parameters
    input  wire                  first_i,         // enters row 0
    input  wire [   24*Rows-1:0] held_i,          // sums of activations, from the pool lanes
    input  wire [ AccW*Rows-1:0] sum_i,           // bus 1 of each row
    // parameter memory
    output wire                  read_o,
    output wire [ParameterW-1:0] address_o,
    input  wire [          63:0] data_i,
    // arena write port
    output wire                  last_o,
    output wire [  16*Banks-1:0] write_o,
    output wire [  AddressW-5:0] word_o,
    output wire [   8*Lanes-1:0] data_o
);
  `include "axn_descriptor.vh"
  localparam int First = (Cols + 1) / 2;
  localparam int SumW = 24;
  localparam int ColumnW = $clog2(Cols);

  wire result;
  wire [32*(Rows+1)-1:0] bias  /*verilator split_var*/;
  wire [8*(Rows+1)-1:0] weight_zero  /*verilator split_var*/;
  wire [16*(Rows+1)-1:0] mantissa  /*verilator split_var*/;
  wire [6*(Rows+1)-1:0] shift  /*verilator split_var*/;
  wire [Rows:0] active_lanes  /*verilator split_var*/;
  wire [Rows:0] second  /*verilator split_var*/;
  wire [8*Rows-1:0] y;

  wire unused_drained, unused_select, unused_logit, unused_logit_last;
  wire [ColumnW-1:0] unused_column;
  axn_parameters #(
      .Cols(Cols),
      .AddressW(ParameterW),
      .First(First),
      .Width(Cols - First)
  ) u_parameters (
      .clk_i,
      .rst_ni,
      .clear_i,
      .start_i,
      .op_i(`AXN_OP_CONVOLUTION),
      .logits_i(1'b0),
      .in_channels_i(16'd0),
      .second_channels_i(16'd0),
      .out_channels_i(channels_i),
      .base_i(parameter_base_i),
      .step_i(1'b1),
      .split_i,
      .dump_i,
      .credit_i(1'b1),
      .drained_o(unused_drained),
      .select_o(unused_select),
      .column_o(unused_column),
      .result_o(result),
      .logit_o(unused_logit),
      .logit_last_o(unused_logit_last),
      .read_o,
      .address_o,
      .data_i,
      .bias_o(bias[31:0]),
      .weight_zero_o(weight_zero[7:0]),
      .mantissa_o(mantissa[15:0]),
      .shift_o(shift[5:0]),
      .active_o(active_lanes[0]),
      .second_o(second[0])
  );

  // The first right column of row r empties one cycle after first_tap[r + First].
  wire [Rows+First:0] first_tap;
  axn_delay #(
      .Length(Rows + First)
  ) u_first (
      .clk_i,
      .rst_ni,
      .clear_i,
      .bit_i(first_i),
      .tap_o(first_tap)
  );

  for (genvar r = 0; r < Rows; r++) begin : g_lane
    logic [23:0] held_q;
    wire [31:0] unused_acc;
    always_ff @(posedge clk_i) if (first_tap[r+First+1]) held_q <= held_i[24*r+:24];

    axn_post_lane #(
        .SumW(SumW),
        .AccumulatorW(SumW)
    ) u_post (
        .clk_i,
        .sum_i(SumW'(sum_i[AccW*r+:AccW])),
        .held_i(held_q),
        .bias_i(bias[32*r+:32]),
        .weight_zero_i(weight_zero[8*r+:8]),
        .mantissa_i(mantissa[16*r+:16]),
        .shift_i(shift[6*r+:6]),
        .active_i(active_lanes[r]),
        .second_i(second[r]),
        .bias_o(bias[32*(r+1)+:32]),
        .weight_zero_o(weight_zero[8*(r+1)+:8]),
        .mantissa_o(mantissa[16*(r+1)+:16]),
        .shift_o(shift[6*(r+1)+:6]),
        .active_o(active_lanes[r+1]),
        .second_o(second[r+1]),
        .zero_point_i,
        .low_i,
        .acc_o(unused_acc),
        .y_o(y[8*r+:8])
    );
    wire unused_lane;
    assign unused_lane = &{1'b0, unused_acc};
  end

  axn_writer #(
      .Rows(Rows),
      .Banks(Banks),
      .Lanes(Lanes),
      .AddressW(AddressW),
      .Cols(Cols),
      .First(First),
      .Width(Cols - First),
      .MayBeLate(1)
  ) u_writer (
      .clk_i,
      .rst_ni,
      .clear_i,
      .start_i,
      .base_i,
      .plane_i,
      .channels_i,
      .split_i,
      .late_i,
      .result_i(result),
      .y_i(y),
      .last_o,
      .image_write_i(1'b0),
      .image_word_i({(AddressW - 4) {1'b0}}),
      .image_data_i(128'd0),
      .write_o,
      .word_o,
      .data_o
  );

  wire unused;
  assign unused = &{1'b0, unused_drained, unused_select, unused_logit, unused_logit_last,
      unused_column, bias[32*Rows+:32], weight_zero[8*Rows+:8], mantissa[16*Rows+:16],
      shift[6*Rows+:6], active_lanes[Rows], second[Rows], first_tap};
endmodule

`default_nettype wire
