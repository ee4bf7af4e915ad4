// Offsets of axn_taps: a tap that is present lies within kernel and channels, and its offset from
// tap (0, 0) of channel 0 is channel * plane + tap_y * width + tap_x (second operand of a sum:
// from its own address), for every kernel up to 7 x 7, up to 7 channels and any size of a plane;
// addresses modulo 256. What is summed from delta_o is that offset. What is assumed of a
// descriptor: kernel and channels are not 0, a pool has as many channels as its operand, a sum's
// kernel is 1 x 1 and its output has the channels of the larger operand, logits are dense.
module taps_proof (
    input wire clk_i,
    input wire start_i,
    input wire [2:0] op_i,
    input wire logits_i,
    input wire [2:0] kernel_height_i,
    input wire [2:0] kernel_width_i,
    input wire [3:0] width_i,
    input wire [7:0] plane_i,
    input wire [2:0] in_channels_i,
    input wire [2:0] second_channels_i,
    input wire [2:0] out_channels_i,
    input wire [7:0] second_offset_i,
    input wire window_ready_i,
    input wire window_last_i,
    input wire beat_done_i,
    input wire drained_i,
    input wire [5:0] spacing_i,
    output wire ok_o
);
  localparam DENSE = 1, MAXIMUM_POOL = 2, SUM_POOL = 3, SUM = 4;
  localparam IDLE = 0, TAP = 1;

  wire good = op_i <= SUM && kernel_height_i != 0 && kernel_width_i != 0 && in_channels_i != 0 &&
      out_channels_i != 0 && (!logits_i || op_i == DENSE) &&
      ((op_i != MAXIMUM_POOL && op_i != SUM_POOL) || out_channels_i == in_channels_i) &&
      (op_i != SUM || (kernel_height_i == 1 && kernel_width_i == 1 &&
      (out_channels_i == in_channels_i || out_channels_i == second_channels_i)));
  reg [2:0] op, kernel_height, kernel_width, in_channels, second_channels, out_channels;
  reg [3:0] width;
  reg [7:0] plane, second_offset;
  reg logits;
  reg reset_n = 0;
  wire idle, active, absent, move, take;
  wire [7:0] tap_y, tap_x, delta;
  // Nothing starts before the flush of the operation before.
  wire start = start_i && good && idle && reset_n;
  reg [7:0] sum;  // of delta_o since the records were taken
  always @(posedge clk_i) begin
    reset_n <= 1;
    if (start) begin
      {op, logits, kernel_height, kernel_width} <= {op_i, logits_i, kernel_height_i, kernel_width_i};
      {width, plane, second_offset} <= {width_i, plane_i, second_offset_i};
      {in_channels, second_channels, out_channels} <=
          {in_channels_i, second_channels_i, out_channels_i};
    end
    if (take) sum <= 0;
    else if (move) sum <= sum + delta;
  end
  wire kept_good = op <= SUM && kernel_height != 0 && kernel_width != 0 && in_channels != 0 &&
      out_channels != 0 && (!logits || op == DENSE) &&
      ((op != MAXIMUM_POOL && op != SUM_POOL) || out_channels == in_channels) &&
      (op != SUM || (kernel_height == 1 && kernel_width == 1 &&
      (out_channels == in_channels || out_channels == second_channels)));

  axn_taps #(
      .AddressW(8),
      .Cols(2)
  ) u_dut (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .clear_i(1'b0),
      .start_i(start),
      .done_o(),
      .op_i(start ? op_i : op),
      .logits_i(start ? logits_i : logits),
      .kernel_height_i({5'd0, start ? kernel_height_i : kernel_height}),
      .kernel_width_i({5'd0, start ? kernel_width_i : kernel_width}),
      .in_width_i({8'd0, start ? width_i : width}),
      .in_plane_i(start ? plane_i : plane),
      .in_channels_i({13'd0, start ? in_channels_i : in_channels}),
      .out_channels_i({13'd0, start ? out_channels_i : out_channels}),
      .second_channels_i({13'd0, start ? second_channels_i : second_channels}),
      .second_offset_i(start ? second_offset_i : second_offset),
      .spacing_i(spacing_i),
      .window_ready_i(window_ready_i),
      .window_last_i(window_last_i),
      .window_take_o(take),
      .beat_done_i(beat_done_i),
      .active_o(active),
      .absent_o(absent),
      .tap_y_o(tap_y),
      .tap_x_o(tap_x),
      .move_o(move),
      .delta_o(delta),
      .emit_o(),
      .first_o(),
      .dump_o(),
      .rewind_o(),
      .columns_o(),
      .drained_i(drained_i)
  );

  (* hierconn *) wire [1:0] \u_dut.state_q ;
  (* hierconn *) wire [15:0] \u_dut.channel_q ;
  (* hierconn *) wire \u_dut.operand_q ;
  (* hierconn *) wire [7:0] \u_dut.offset_q ;
  (* hierconn *) wire [7:0] \u_dut.row_q ;
  (* hierconn *) wire [7:0] \u_dut.plane_q ;
  assign idle = \u_dut.state_q == IDLE;
  wire operand = \u_dut.operand_q ;
  wire [2:0] channel = \u_dut.channel_q [2:0];
  wire [2:0] channels = operand ? second_channels : in_channels;

  // The claim.
  wire [7:0] wanted = (operand ? second_offset : 8'd0) + channel * plane + tap_y * width + tap_x;
  wire claim = !active || absent || (\u_dut.channel_q < channels && tap_y < kernel_height &&
      tap_x < kernel_width && sum == wanted);

  // What makes it inductive.
  wire [2:0] loop_channels = op < 2 ? in_channels : out_channels;
  wire inside = idle || (\u_dut.channel_q < loop_channels && tap_y < kernel_height &&
      tap_x < kernel_width && sum == \u_dut.offset_q && \u_dut.offset_q == wanted &&
      \u_dut.plane_q == channel * plane && \u_dut.row_q == \u_dut.plane_q + tap_y * width &&
      (!operand || op == SUM));
  assign ok_o = !reset_n || (claim && inside && (idle || kept_good));
endmodule
