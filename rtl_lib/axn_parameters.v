// Follows the finished tiles: dump_i (from axn_taps) in cycle t means that column 0 of the
// tile leaves the cells in t + 4, and one more column each cycle. Counts their channels,
// reads the channel's parameter word and hands each of its fields to lane 0 when the stage
// that needs it works on that channel. With logits_i a column is selected only while credit_i.
//
// split_i: this instance follows only the columns First .. First + Width - 1, whose results
// leave by a bus of their own; else all Cols (First = 0).
//
// Column c is selected (select_o, column_o) in t + 3 + c: the dense row shows it one cycle
// later, the lane has acc in select + 3, and result_o belongs to the same cycle as select_o:
// the value that comes of it is to be written.
`default_nettype none

module axn_parameters #(
    parameter int Cols = 16,
    parameter int AddressW = 10,
    parameter int First = 0,
    parameter int Width = 16
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    input  wire                    clear_i,
    input  wire                    start_i,            // an operation starts
    // descriptor, taken with start_i
    input  wire [             2:0] op_i,
    input  wire                    logits_i,
    input  wire [            15:0] in_channels_i,
    input  wire [            15:0] second_channels_i,
    input  wire [            15:0] out_channels_i,
    input  wire [    AddressW-1:0] base_i,
    input  wire                    step_i,
    input  wire                    split_i,
    // finished tiles
    input  wire                    dump_i,
    input  wire                    credit_i,
    output wire                    drained_o,          // no column is left
    output wire                    select_o,
    output wire [$clog2(Cols)-1:0] column_o,
    output wire                    result_o,
    output wire                    logit_o,            // lane 0 shows a logit
    output wire                    logit_last_o,
    // parameter memory
    output wire                    read_o,
    output wire [    AddressW-1:0] address_o,
    input  wire [            63:0] data_i,
    // lane 0
    output wire [            31:0] bias_o,
    output wire [             7:0] weight_zero_o,
    output wire [            15:0] mantissa_o,
    output wire [             5:0] shift_o,
    output wire                    active_o,
    output wire                    second_o
);
  `include "axn_descriptor.vh"
  localparam int ColumnW = $clog2(Cols);

  logic is_array_q, is_sum_q, logits_q, step_q, split_q;
  logic [15:0] in_channels_q, second_channels_q, last_channel_q;
  logic [AddressW-1:0] base_q;
  always_ff @(posedge clk_i) begin
    if (start_i) begin
      is_array_q <= op_i == `AXN_OP_CONVOLUTION || op_i == `AXN_OP_DENSE;
      is_sum_q <= op_i == `AXN_OP_SUM;
      logits_q <= logits_i;
      in_channels_q <= in_channels_i;
      second_channels_q <= second_channels_i;
      last_channel_q <= out_channels_i - 16'd1;
      base_q <= base_i;
      step_q <= step_i;
      split_q <= split_i;
    end
  end

  // Column First leaves First cycles after column 0.
  logic dump;
  if (First == 0) begin : g_left
    assign dump = dump_i;
  end else begin : g_right
    logic [First-1:0] wait_q;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) wait_q <= '0;
      else if (clear_i) wait_q <= '0;
      else wait_q <= First'({wait_q, dump_i && split_q});
    end
    assign dump = wait_q[First-1];
  end

  logic dump_bq, dump_cq, dump_dq, running_q, running_d, busy, select;
  logic [ColumnW-1:0] column_q, column_d;
  logic [15:0] channel_q, channel_d;
  logic operand_q, operand_d;
  logic [AddressW-1:0] address_q, address_d;

  logic channel_end, burst_end, column_end, wrap, absent_tile;
  logic [15:0] channel_next, skip;
  always_comb begin
    // A last tile of few columns has none here: the pixel tile is over.
    absent_tile = dump_dq && channel_q > last_channel_q;
    busy = running_q || (dump_dq && !absent_tile);
    select = busy && (credit_i || !logits_q);
    channel_end = channel_q == last_channel_q && (operand_q || !is_sum_q);
    column_end = column_q == (split_q ? ColumnW'(Width - 1) : ColumnW'(Cols - 1));
    burst_end = channel_end || !is_array_q || column_end;
    skip = split_q && column_end ? 16'(Cols - Width + 1) : 16'd1;
    channel_next = channel_q + skip;
    // The left columns are followed to the end of the pixel tile, the right ones until a dump
    // shows that the last tile has none of them.
    wrap = channel_end || (First == 0 && channel_next > last_channel_q && !is_sum_q);
    running_d = busy && !(select && burst_end);
    column_d = column_q;
    channel_d = channel_q;
    operand_d = operand_q;
    address_d = address_q;
    if (select) begin
      column_d  = burst_end ? '0 : column_q + ColumnW'(1);
      operand_d = is_sum_q && !operand_q;
      if (!operand_d) channel_d = wrap ? 16'(First) : channel_next;
      if (is_sum_q) address_d = operand_q ? base_q : base_q + AddressW'(1);
      else if (wrap) address_d = base_q + AddressW'(First);
      else if (step_q) address_d = address_q + AddressW'(skip);
    end else if (absent_tile) begin
      channel_d = 16'(First);
      address_d = base_q + AddressW'(First);
    end
    if (start_i) begin
      column_d  = '0;
      channel_d = 16'(First);
      operand_d = 1'b0;
      address_d = base_i + AddressW'(First);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      dump_bq   <= 1'b0;
      dump_cq   <= 1'b0;
      dump_dq   <= 1'b0;
      running_q <= 1'b0;
    end else if (clear_i) begin
      dump_bq   <= 1'b0;
      dump_cq   <= 1'b0;
      dump_dq   <= 1'b0;
      running_q <= 1'b0;
    end else begin
      dump_bq   <= dump;
      dump_cq   <= dump_bq;
      dump_dq   <= dump_cq;
      running_q <= running_d;
    end
  end

  always_ff @(posedge clk_i) begin
    column_q  <= column_d;
    channel_q <= channel_d;
    operand_q <= operand_d;
    address_q <= address_d;
  end

  assign drained_o = !(dump_bq || dump_cq || busy);
  assign select_o = select;
  assign column_o = column_q;
  assign result_o = select && !logits_q && (operand_q || !is_sum_q);
  assign read_o = select;
  assign address_o = address_q;

  // Fields are delayed to the stage that needs them.
  logic absent, absent_q;
  logic [15:0] mantissa_q;
  logic [5:0] shift_q, shift_qq;
  logic [2:0] select_q, second_q, logit_last_q;
  assign absent = is_sum_q && channel_q >= (operand_q ? second_channels_q : in_channels_q);

  always_ff @(posedge clk_i) begin
    absent_q <= absent;
    mantissa_q <= absent_q ? 16'd0 : data_i[47:32];  // an absent operand contributes 0
    shift_q <= data_i[53:48] - 6'd1;
    shift_qq <= shift_q;
    second_q <= {second_q[1:0], operand_q};
    logit_last_q <= {logit_last_q[1:0], channel_end};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) select_q <= '0;
    else if (clear_i) select_q <= '0;
    else select_q <= {select_q[1:0], select};
  end

  assign bias_o = data_i[31:0];
  assign weight_zero_o = data_i[63:56];
  assign mantissa_o = mantissa_q;
  assign shift_o = shift_qq;
  assign active_o = select_q[0];
  assign second_o = second_q[2];
  assign logit_o = select_q[2] && logits_q;
  assign logit_last_o = logit_last_q[2];

  logic unused;
  assign unused = &{1'b0, data_i[55:54]};
endmodule

`default_nettype wire
