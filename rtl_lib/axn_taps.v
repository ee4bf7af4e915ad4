// Sequences an operation: pixel tile > channel tile > tap. One tap is present at a time; it
// is finished when the gather has served all rows (beat_done_i), and the next follows in
// the next cycle. A tile of the array waits until the columns of the tile before have left the
// rows' result buses, or, with two buses a row and spacing_i > 0, for as many cycles at most;
// a pixel tile waits for its window records. After the last tile one
// empty `first` (flush) pushes out the last sums. Logits: a flush after each tile, and the next
// waits until drained_i.
//
// Pools: a tile is one channel. Two-operand sum: a tile is one operand of one channel.
`default_nettype none

module axn_taps #(
    parameter int AddressW = 16,
    parameter int Cols = 16
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                clear_i,
    input  wire                start_i,            // with window_ready_i; first tap next cycle
    output wire                done_o,             // the flush is present
    // descriptor
    input  wire [         2:0] op_i,
    input  wire                logits_i,
    input  wire [         7:0] kernel_height_i,
    input  wire [         7:0] kernel_width_i,
    input  wire [        11:0] in_width_i,
    input  wire [AddressW-1:0] in_plane_i,
    input  wire [        15:0] in_channels_i,
    input  wire [        15:0] out_channels_i,
    input  wire [        15:0] second_channels_i,
    input  wire [AddressW-1:0] second_offset_i,    // second operand's address - first's
    input  wire [         5:0] spacing_i,          // two buses: cycles between tiles; 0: one bus
    // walker
    input  wire                window_ready_i,
    input  wire                window_last_i,
    output wire                window_take_o,      // load the records of the next pixel tile
    // gather
    input  wire                beat_done_i,
    output wire                active_o,           // a tap is present
    output wire                absent_o,           // its operand lacks the channel
    output wire                dense_last_o,       // the last of a fully connected layer's tile
    output wire [         7:0] tap_y_o,
    output wire [         7:0] tap_x_o,
    output wire                move_o,             // add delta_o to all row addresses
    output wire [AddressW-1:0] delta_o,
    // pipeline: what leaves this cycle
    output wire                emit_o,             // a tap is finished
    output wire                first_o,            // first of a tile, or flush
    output wire                dump_o,             // and a tile is before it
    output wire                rewind_o,           // first tap of a pixel tile
    output wire [         5:0] columns_o,          // columns in use in this tile
    input  wire                drained_i           // all dumped columns were taken
);
  `include "axn_descriptor.vh"

  localparam logic [1:0] IDLE = 2'd0;
  localparam logic [1:0] TAP = 2'd1;
  localparam logic [1:0] PAUSE = 2'd2;
  localparam logic [1:0] FLUSH = 2'd3;

  logic [1:0] state_q, state_d;
  logic [7:0] tap_y_q, tap_y_d, tap_x_q, tap_x_d;
  logic [15:0] channel_q, channel_d;  // input channel; pools and sums: output channel
  logic [15:0] left_q, left_d;  // output channels from this tile on
  logic operand_q, operand_d;
  logic [AddressW-1:0] offset_q, offset_d;  // of this tap, of its row, of its channel
  logic [AddressW-1:0] row_q, row_d;
  logic [AddressW-1:0] plane_q, plane_d;
  logic first_q, first_d;
  logic have_q, have_d;  // the cells hold a finished or running tile
  logic rewind_q, rewind_d;
  logic last_q, last_d;  // last pixel tile
  logic flushed_q, flushed_d;
  logic [5:0] hold_q, hold_d;  // cycles until the result buses are free, less one
  logic [5:0] columns_before_q, columns_before_d;

  logic is_array, is_sum;
  assign is_array = op_i == `AXN_OP_CONVOLUTION || op_i == `AXN_OP_DENSE;
  assign is_sum   = op_i == `AXN_OP_SUM;

  logic x_end, y_end, channel_end, tap_end, more;
  logic [5:0] columns, columns_held;
  always_comb begin
    x_end = tap_x_q == kernel_width_i - 8'd1;
    y_end = tap_y_q == kernel_height_i - 8'd1;
    channel_end = channel_q == (is_array ? in_channels_i : out_channels_i) - 16'd1;
    tap_end = x_end && y_end && (channel_end || !is_array);
    columns = is_array ? (left_q > 16'(Cols) ? 6'(Cols) : left_q[5:0]) : 6'd1;
    columns_held = spacing_i != '0 && spacing_i < columns ? spacing_i : columns;
    if (is_array) more = left_q > 16'(Cols);
    else more = !channel_end || (is_sum && !operand_q);
  end

  logic done, emission, pending, go, flush_next, pixel_next, tile_start;
  always_comb begin
    done = state_q == TAP && beat_done_i;
    emission = (done && first_q) || state_q == FLUSH;
    hold_d = hold_q == '0 ? '0 : hold_q - 6'd1;
    if (emission) hold_d = columns_before_q == '0 ? '0 : columns_before_q - 6'd1;
    pending = (done && tap_end) || state_q == PAUSE;
    flush_next = logits_i ? !flushed_q : !more && last_q;
    pixel_next = !more && !flush_next;
    go = pending && hold_d == '0 && (window_ready_i || !pixel_next) && (drained_i || !flushed_q);
    tile_start = go && !flush_next;
  end

  logic [AddressW-1:0] plane_next, row_next;
  assign plane_next = plane_q + in_plane_i;
  assign row_next   = row_q + AddressW'(in_width_i);

  always_comb begin
    state_d = state_q;
    tap_y_d = tap_y_q;
    tap_x_d = tap_x_q;
    channel_d = channel_q;
    left_d = left_q;
    operand_d = operand_q;
    offset_d = offset_q;
    row_d = row_q;
    plane_d = plane_q;
    first_d = first_q;
    have_d = have_q;
    rewind_d = rewind_q;
    last_d = last_q;
    flushed_d = flushed_q;
    columns_before_d = columns_before_q;

    if (done) begin
      first_d  = 1'b0;
      rewind_d = 1'b0;
    end
    if (emission) begin
      have_d = 1'b1;
      columns_before_d = columns_held;
    end

    // The next tap of this tile.
    if (done && !tap_end) begin
      tap_x_d  = tap_x_q + 8'd1;
      offset_d = offset_q + AddressW'(1);
      if (x_end) begin
        tap_x_d = '0;
        tap_y_d = tap_y_q + 8'd1;
        row_d = row_next;
        offset_d = row_next;
        if (y_end) begin
          tap_y_d = '0;
          channel_d = channel_q + 16'd1;
          plane_d = plane_next;
          row_d = plane_next;
          offset_d = plane_next;
        end
      end
    end

    // What follows a tile.
    if (pending) state_d = PAUSE;
    if (go && flush_next) state_d = FLUSH;
    if (state_q == FLUSH) begin
      have_d = 1'b0;
      columns_before_d = '0;
      flushed_d = 1'b1;
      state_d = logits_i && more ? PAUSE : IDLE;
    end
    if (tile_start) begin
      state_d = TAP;
      first_d = 1'b1;
      flushed_d = 1'b0;
      tap_x_d = '0;
      tap_y_d = '0;
      if (is_array) begin
        channel_d = '0;
        left_d = left_q - 16'(Cols);
        plane_d = '0;
        row_d = '0;
        offset_d = '0;
      end else if (is_sum && !operand_q) begin
        operand_d = 1'b1;
        offset_d  = plane_q + second_offset_i;
      end else begin
        operand_d = 1'b0;
        channel_d = channel_q + 16'd1;
        plane_d = plane_next;
        row_d = plane_next;
        offset_d = plane_next;
      end
    end
    if (start_i || (tile_start && pixel_next)) begin
      state_d = TAP;
      first_d = 1'b1;
      tap_x_d = '0;
      tap_y_d = '0;
      channel_d = '0;
      operand_d = 1'b0;
      left_d = out_channels_i;
      plane_d = '0;
      row_d = '0;
      offset_d = '0;
      rewind_d = 1'b1;
      last_d = window_last_i;
    end
    if (start_i) begin
      have_d = 1'b0;
      flushed_d = 1'b0;
      columns_before_d = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= IDLE;
      hold_q  <= '0;
    end else if (clear_i) begin
      state_q <= IDLE;
      hold_q  <= '0;
    end else begin
      state_q <= state_d;
      hold_q  <= hold_d;
    end
  end

  always_ff @(posedge clk_i) begin
    tap_y_q <= tap_y_d;
    tap_x_q <= tap_x_d;
    channel_q <= channel_d;
    left_q <= left_d;
    operand_q <= operand_d;
    offset_q <= offset_d;
    row_q <= row_d;
    plane_q <= plane_d;
    first_q <= first_d;
    have_q <= have_d;
    rewind_q <= rewind_d;
    last_q <= last_d;
    flushed_q <= flushed_d;
    columns_before_q <= columns_before_d;
  end

  assign done_o = state_q == FLUSH && !(logits_i && more);
  assign window_take_o = start_i || (tile_start && pixel_next);
  assign active_o = state_q == TAP;
  assign absent_o = is_sum && channel_q >= (operand_q ? second_channels_i : in_channels_i);
  assign dense_last_o = op_i == `AXN_OP_DENSE && channel_end;
  assign tap_y_o = tap_y_q;
  assign tap_x_o = tap_x_q;
  assign move_o = (done && !tap_end) || (tile_start && !pixel_next);
  assign delta_o = offset_d - offset_q;
  assign emit_o = done;
  assign first_o = emission;
  assign dump_o = emission && have_q;
  assign rewind_o = rewind_q;
  assign columns_o = columns;

  logic unused;  // a small arena has fewer address bits
  assign unused = &{1'b0, in_width_i};
endmodule

`default_nettype wire
