// The accelerator: docs/accelerator.md describes structure, operations, memories and registers.
// Streams are valid/ready; a word moves in a cycle in which both are high.
`default_nettype none

module axn_accelerator #(
    parameter int Rows = 16,
    parameter int Cols = 16,
    parameter int AccW = 24,             // bits of the cells' accumulators
    parameter int AllowSwap = 0,         // 1: layers may swap the multiplier's operands
    parameter int Multipliers = 1,       // in every cell, 1 to 64; a layer uses one of them
    parameter int ArenaDepth = 256,      // rows of Banks * 16 bytes
    parameter int WeightDepth = 4096,    // words of Cols bytes, a multiple of DenseTaps
    parameter int ParameterDepth = 256,  // words of 8 bytes
    parameter int ProgramDepth = 256,    // words of 4 bytes
    parameter int Banks = Rows <= 16 ? 4 : 8,  // of the arena; more serve strided layers faster
    parameter int RowBuses = 1,          // 2: a second lane a row, for layers of few taps
    parameter int DenseTaps = 1          // of fully connected layers, a cycle: 1, 2, 4, 8, 16 <= Rows
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    // register port
    input  wire         reg_valid_i,
    input  wire         reg_write_i,
    input  wire [  7:0] reg_addr_i,
    input  wire [ 31:0] reg_wdata_i,
    output wire [ 31:0] reg_rdata_o,
    // image stream, byte 0 first
    input  wire         image_valid_i,
    output wire         image_ready_o,
    input  wire [127:0] image_data_i,
    // result stream: the logits, then the class with last
    output wire         result_valid_o,
    input  wire         result_ready_i,
    output wire [ 31:0] result_data_o,
    output wire         result_last_o,
    // observation
    output wire         layer_end_o,
    output wire [  7:0] layer_o,
    output wire         busy_o
);
  `include "axn_descriptor.vh"

  localparam int Lanes = Rows <= 16 ? 16 : 32;
  localparam int AddressW = $clog2(ArenaDepth) + $clog2(Banks) + 4;
  localparam int WeightW = $clog2(WeightDepth);
  localparam int WeightRowW = WeightW - $clog2(DenseTaps);
  localparam int ParameterW = $clog2(ParameterDepth);
  localparam int ProgramW = $clog2(ProgramDepth);
  localparam int RecordW = AddressW + 25;
  localparam int SumW = AccW > 24 ? AccW : 24;  // of the lanes; lane 0 has 31 for dense sums
  localparam int Sum0W = AccW > 31 ? AccW : 31;

  localparam int Part = (Cols + RowBuses - 1) / RowBuses;  // columns of a row's first bus
  localparam int EdgeW = 8 + $clog2(DenseTaps);

  wire clear, sweep;

  // Registers and loading.
  wire accept, abort, accepting;
  wire [27:0] image_words;
  wire [AddressW-5:0] image_base_word;
  wire [ProgramW-1:0] program_base, program_load_address, program_address;
  wire [7:0] layer_select;
  wire [31:0] cycles, layer_cycles, load_data, program_data;
  wire [3:0] program_write;
  wire [7:0] parameter_write;
  wire [Cols-1:0] weight_write;
  wire [ParameterW-1:0] parameter_load_address, parameter_address;
  wire [WeightW-1:0] weight_load_address;
  axn_registers #(
      .Cols(Cols),
      .AddressW(AddressW),
      .ProgramW(ProgramW),
      .ParameterW(ParameterW),
      .WeightW(WeightW)
  ) u_registers (
      .clk_i,
      .rst_ni,
      .reg_valid_i,
      .reg_write_i,
      .reg_addr_i,
      .reg_wdata_i,
      .reg_rdata_o,
      .accept_o(accept),
      .abort_o(abort),
      .image_words_o(image_words),
      .image_base_word_o(image_base_word),
      .program_o(program_base),
      .layer_select_o(layer_select),
      .busy_i(busy_o),
      .accepting_i(accepting),
      .cycles_i(cycles),
      .layer_cycles_i(layer_cycles),
      .program_write_o(program_write),
      .parameter_write_o(parameter_write),
      .weight_write_o(weight_write),
      .program_address_o(program_load_address),
      .parameter_address_o(parameter_load_address),
      .weight_address_o(weight_load_address),
      .load_data_o(load_data)
  );

  // Control.
  wire program_read, walk, start, taps_done, write_last, logit, logit_last, swap;
  wire window_ready, window_last, window_take, image_write;
  wire [511:0] descriptor;
  wire [2:0] op_held;
  wire [7:0] zero_point, low;
  wire [AddressW-5:0] image_word;
  axn_control #(
      .AddressW(AddressW),
      .ProgramW(ProgramW),
      .ClearCycles(Rows + Cols + 4)
  ) u_control (
      .clk_i,
      .rst_ni,
      .accept_i(accept),
      .abort_i(abort),
      .image_words_i(image_words),
      .image_base_word_i(image_base_word),
      .program_i(program_base),
      .layer_select_i(layer_select),
      .accepting_o(accepting),
      .cycles_o(cycles),
      .layer_cycles_o(layer_cycles),
      .clear_o(clear),
      .sweep_o(sweep),
      .program_read_o(program_read),
      .program_address_o(program_address),
      .program_data_i(program_data),
      .descriptor_o(descriptor),
      .walk_o(walk),
      .window_ready_i(window_ready),
      .start_o(start),
      .taps_done_i(taps_done),
      .write_last_i(write_last),
      .logit_last_i(logit && logit_last),
      .op_o(op_held),
      .swap_o(swap),
      .zero_point_o(zero_point),
      .low_o(low),
      .image_valid_i,
      .image_ready_o,
      .image_write_o(image_write),
      .image_word_o(image_word),
      .result_end_i(result_valid_o && result_ready_i && result_last_o),
      .layer_end_o,
      .layer_o,
      .busy_o
  );

  axn_memory #(
      .Bytes(4),
      .Depth(ProgramDepth)
  ) u_program (
      .clk_i,
      .read_i(program_read),
      .read_address_i(program_address),
      .read_data_o(program_data),
      .write_i(program_write),
      .write_address_i(program_load_address),
      .write_data_i(load_data)
  );

  // Front: window records, taps, gather, weights.
  wire [2:0] op;
  assign op = descriptor[`AXN_FIELD_OP];

  wire [Rows*RecordW-1:0] records;
  axn_walker #(
      .Rows(Rows),
      .AddressW(AddressW),
      .Steps(RowBuses)
  ) u_walker (
      .clk_i,
      .rst_ni,
      .clear_i(clear),
      .start_i(walk),
      .adaptive_i(descriptor[`AXN_FIELD_ADAPTIVE]),
      .in_base_i(AddressW'(descriptor[`AXN_FIELD_IN_BASE])),
      .in_height_i(descriptor[`AXN_FIELD_IN_HEIGHT]),
      .in_width_i(descriptor[`AXN_FIELD_IN_WIDTH]),
      .out_height_i(descriptor[`AXN_FIELD_OUT_HEIGHT]),
      .out_width_i(descriptor[`AXN_FIELD_OUT_WIDTH]),
      .kernel_height_i(descriptor[`AXN_FIELD_KERNEL_HEIGHT]),
      .kernel_width_i(descriptor[`AXN_FIELD_KERNEL_WIDTH]),
      .stride_i(descriptor[`AXN_FIELD_STRIDE]),
      .pad_height_i(descriptor[`AXN_FIELD_PAD_HEIGHT]),
      .pad_width_i(descriptor[`AXN_FIELD_PAD_WIDTH]),
      .step_x_i(descriptor[`AXN_FIELD_STEP_X]),
      .rest_x_i(descriptor[`AXN_FIELD_REST_X]),
      .step_y_i(descriptor[`AXN_FIELD_STEP_Y]),
      .rest_y_i(descriptor[`AXN_FIELD_REST_Y]),
      .ready_o(window_ready),
      .last_o(window_last),
      .take_i(window_take),
      .records_o(records)
  );

  wire beat_done, active, absent, dense_last, move, emit, first, dump, rewind, drained;
  wire [7:0] tap_y, tap_x;
  wire [AddressW-1:0] delta;
  wire [5:0] columns;
  wire [AddressW-1:0] second_offset;
  assign second_offset = AddressW'(descriptor[`AXN_FIELD_SECOND_BASE] -
                                   descriptor[`AXN_FIELD_IN_BASE]);
  axn_taps #(
      .AddressW(AddressW),
      .Cols(Cols)
  ) u_taps (
      .clk_i,
      .rst_ni,
      .clear_i(clear),
      .start_i(start),
      .done_o(taps_done),
      .op_i(op),
      .logits_i(descriptor[`AXN_FIELD_LOGITS]),
      .kernel_height_i(descriptor[`AXN_FIELD_KERNEL_HEIGHT]),
      .kernel_width_i(descriptor[`AXN_FIELD_KERNEL_WIDTH]),
      .in_width_i(descriptor[`AXN_FIELD_IN_WIDTH]),
      .in_plane_i(AddressW'(descriptor[`AXN_FIELD_IN_PLANE])),
      .in_channels_i(descriptor[`AXN_FIELD_IN_CHANNELS]),
      .out_channels_i(descriptor[`AXN_FIELD_OUT_CHANNELS]),
      .second_channels_i(descriptor[`AXN_FIELD_SECOND_CHANNELS]),
      .second_offset_i(second_offset),
      .spacing_i(RowBuses > 1 ? descriptor[`AXN_FIELD_SPACING] : 6'd0),
      .window_ready_i(window_ready),
      .window_last_i(window_last),
      .window_take_o(window_take),
      .beat_done_i(beat_done),
      .active_o(active),
      .absent_o(absent),
      .dense_last_o(dense_last),
      .tap_y_o(tap_y),
      .tap_x_o(tap_x),
      .move_o(move),
      .delta_o(delta),
      .emit_o(emit),
      .first_o(first),
      .dump_o(dump),
      .rewind_o(rewind),
      .columns_o(columns),
      .drained_i(drained)
  );

  wire [Banks-1:0] arena_read;
  wire [AddressW-5:0] arena_read_word;
  wire [(AddressW-4)*RowBuses-1:0] arena_write_word;
  wire [128*Banks-1:0] arena_read_data;
  wire [16*Banks*RowBuses-1:0] arena_write;
  wire [8*Lanes*RowBuses-1:0] arena_write_data;
  wire [8*Rows-1:0] a;
  wire [Rows-1:0] valid;
  wire first_row;
  axn_gather #(
      .Rows(Rows),
      .Banks(Banks),
      .AddressW(AddressW),
      .DenseTaps(DenseTaps)
  ) u_gather (
      .clk_i,
      .rst_ni,
      .clear_i(clear),
      .records_i(records),
      .take_i(window_take),
      .active_i(active),
      .absent_i(absent),
      .dense_last_i(dense_last),
      .tap_y_i(tap_y),
      .tap_x_i(tap_x),
      .move_i(move),
      .delta_i(delta),
      .emit_i(emit),
      .first_i(first || sweep),
      .beat_done_o(beat_done),
      .pad_i(op == `AXN_OP_CONVOLUTION),
      .zero_i(descriptor[`AXN_FIELD_IN_ZERO]),
      .last_bytes_i(descriptor[`AXN_FIELD_LAST_BYTES]),
      .read_o(arena_read),
      .word_o(arena_read_word),
      .data_i(arena_read_data),
      .a_o(a),
      .valid_o(valid),
      .first_o(first_row)
  );

  axn_arena #(
      .Banks(Banks),
      .Lanes(Lanes),
      .Depth(ArenaDepth),
      .AddressW(AddressW),
      .Writers(RowBuses)
  ) u_arena (
      .clk_i,
      .read_i(arena_read),
      .read_word_i(arena_read_word),
      .read_data_o(arena_read_data),
      .write_i(arena_write),
      .write_word_i(arena_write_word),
      .write_data_i(arena_write_data)
  );

  wire [DenseTaps-1:0] weight_read;
  wire [WeightRowW-1:0] weight_row;
  wire [8*Cols*DenseTaps-1:0] weight_data;
  wire [8*Cols-1:0] w;
  wire [Cols-1:0] enable;
  axn_weights #(
      .Cols(Cols),
      .AddressW(WeightW),
      .Banks(DenseTaps)
  ) u_weights (
      .clk_i,
      .rst_ni,
      .clear_i(clear),
      .base_i(WeightW'(descriptor[`AXN_FIELD_WEIGHT_BASE])),
      .emit_i(emit && (op == `AXN_OP_CONVOLUTION || op == `AXN_OP_DENSE)),
      .rewind_i(rewind),
      .whole_i(op == `AXN_OP_DENSE),
      .columns_i(columns),
      .enable_o(enable),
      .read_o(weight_read),
      .address_o(weight_row),
      .data_i(weight_data),
      .word_o(w)
  );

  wire [(Cols+3)/4*32-1:0] weight_load_data;
  assign weight_load_data = {(Cols + 3) / 4{load_data}};
  axn_weight_memory #(
      .Cols(Cols),
      .Banks(DenseTaps),
      .Depth(WeightDepth)
  ) u_weight_memory (
      .clk_i,
      .read_i(weight_read),
      .read_row_i(weight_row),
      .read_data_o(weight_data),
      .write_i(weight_write),
      .write_address_i(weight_load_address),
      .write_data_i(weight_load_data[8*Cols-1:0])
  );

  // Skew, array, dense row, pool lanes.
  wire is_convolution, is_dense, is_pool;
  assign is_convolution = op_held == `AXN_OP_CONVOLUTION;
  assign is_dense = op_held == `AXN_OP_DENSE;
  assign is_pool = !is_convolution && !is_dense;

  wire [8*Rows-1:0] a_skewed, edge_a;
  wire [8*Cols-1:0] w_skewed;
  wire [Rows-1:0] valid_skewed, first_skewed;
  wire [Cols-1:0] enable_skewed;
  // Cycles since activations, and weights, came from the gather and the memory.
  wire [Rows-1:0] loads_a;
  wire [Cols-1:0] loads_w;
  axn_delay #(
      .Length(Rows - 1)
  ) u_skew_loads (
      .clk_i,
      .rst_ni,
      .clear_i(clear),
      .bit_i(valid != '0),
      .tap_o(loads_a)
  );
  axn_delay #(
      .Length(Cols - 1)
  ) u_skew_weight_loads (
      .clk_i,
      .rst_ni,
      .clear_i(clear),
      .bit_i(enable[0]),
      .tap_o(loads_w)
  );
  axn_skew #(
      .Lanes(Rows),
      .Width(8)
  ) u_skew_activations (
      .clk_i,
      .load_i(loads_a),
      .data_i(a),
      .data_o(a_skewed)
  );
  axn_skew #(
      .Lanes(Rows),
      .Width(1)
  ) u_skew_valid (
      .clk_i,
      .load_i({Rows{1'b1}}),
      .data_i(valid),
      .data_o(valid_skewed)
  );
  axn_skew #(
      .Lanes(Cols),
      .Width(8)
  ) u_skew_weights (
      .clk_i,
      .load_i(loads_w),
      .data_i(w),
      .data_o(w_skewed)
  );
  axn_skew #(
      .Lanes(Cols),
      .Width(1)
  ) u_skew_enable (
      .clk_i,
      .load_i({Cols{1'b1}}),
      .data_i(enable),
      .data_o(enable_skewed)
  );
  axn_delay #(
      .Length(Rows - 1)
  ) u_skew_first (
      .clk_i,
      .rst_ni,
      .clear_i(clear),
      .bit_i(first_row),
      .tap_o(first_skewed)
  );

  // The multiplier of the running convolution; none in other operations.
  wire [Multipliers-1:0] select_multiplier;
  if (Multipliers == 1) begin : g_single_multiplier
    assign select_multiplier = 1'b1;
  end else begin : g_several_multipliers
    logic [Multipliers-1:0] select_q;
    always_ff @(posedge clk_i) begin
      if (start) begin
        for (int m = 0; m < Multipliers; m++) begin
          select_q[m] <= op == `AXN_OP_CONVOLUTION && descriptor[`AXN_FIELD_MULTIPLIER] == 6'(m);
        end
      end
    end
    assign select_multiplier = select_q;
  end

  wire [AccW*RowBuses*Rows-1:0] array_sum;
  wire [AccW*Rows-1:0] right_sum;
  wire [24*Rows-1:0] held_sums;
  logic split_q;  // the running operation's halves of columns leave apart
  wire split;
  assign split = RowBuses > 1 && descriptor[`AXN_FIELD_SPACING] != '0;
  always_ff @(posedge clk_i) if (start) split_q <= split;
  axn_array #(
      .Rows(Rows),
      .Cols(Cols),
      .AccW(AccW),
      .AllowSwap(AllowSwap),
      .Multipliers(Multipliers),
      .Buses(RowBuses)
  ) u_array (
      .clk_i,
      .a_i(a_skewed),
      .valid_i(valid_skewed & {Rows{is_convolution}}),
      .first_i(first_skewed & {Rows{is_convolution}}),
      .load_i(valid_skewed),
      .edge_o(edge_a),
      .w_i(w_skewed),
      .enable_i(enable_skewed),
      .swap_i(swap),
      .select_i(select_multiplier),
      .sum_o(array_sum)
  );

  wire select;
  wire [$clog2(Cols)-1:0] column;
  wire [30:0] dense_sum;
  wire [EdgeW-1:0] edge_sum;  // row 0's activations of a tap
  if (DenseTaps == 1) begin : g_dense_row
    axn_dense_row #(
        .Cols(Cols)
    ) u_dense (
        .clk_i,
        .rst_ni,
        .a_i(a[7:0]),
        .valid_i(valid[0] && is_dense),
        .first_i(first_row),
        .w_i(w_skewed),
        .enable_i(enable_skewed),
        .select_i(select && is_dense),
        .column_i(column),
        .sum_o(dense_sum)
    );
    assign edge_sum = edge_a[7:0];
  end else begin : g_dense_block
    wire [EdgeW-1:0] activations;
    axn_dense_block #(
        .Cols(Cols),
        .Taps(DenseTaps)
    ) u_dense (
        .clk_i,
        .rst_ni,
        .active_i(is_dense),
        .a_i(a[8*DenseTaps-1:0]),
        .valid_i(valid[DenseTaps-1:0]),
        .first_i(first_row),
        .activations_o(activations),
        .w_i(weight_data),
        .select_i(select && is_dense),
        .column_i(column),
        .sum_o(dense_sum)
    );
    assign edge_sum = is_dense ? activations : EdgeW'(edge_a[7:0]);
  end

  // Post-processing.
  wire credit, result, parameter_read, logits_end;
  wire [63:0] parameter_data;
  wire [31:0] logit_data;
  wire [32*(Rows+1)-1:0] bias  /*verilator split_var*/;
  wire [8*(Rows+1)-1:0] weight_zero  /*verilator split_var*/;
  wire [16*(Rows+1)-1:0] mantissa  /*verilator split_var*/;
  wire [6*(Rows+1)-1:0] shift  /*verilator split_var*/;
  wire [Rows:0] active_lanes  /*verilator split_var*/;
  wire [Rows:0] second  /*verilator split_var*/;
  wire [8*Rows-1:0] y;
  axn_parameters #(
      .Cols(Cols),
      .AddressW(ParameterW),
      .First(0),
      .Width(Part)
  ) u_parameters (
      .clk_i,
      .rst_ni,
      .clear_i(clear),
      .start_i(start),
      .op_i(op),
      .logits_i(descriptor[`AXN_FIELD_LOGITS]),
      .in_channels_i(descriptor[`AXN_FIELD_IN_CHANNELS]),
      .second_channels_i(descriptor[`AXN_FIELD_SECOND_CHANNELS]),
      .out_channels_i(descriptor[`AXN_FIELD_OUT_CHANNELS]),
      .base_i(ParameterW'(descriptor[`AXN_FIELD_PARAMETER_BASE])),
      .step_i(descriptor[`AXN_FIELD_PARAMETER_STEP]),
      .split_i(split),
      .dump_i(dump),
      .credit_i(credit),
      .drained_o(drained),
      .select_o(select),
      .column_o(column),
      .result_o(result),
      .logit_o(logit),
      .logit_last_o(logit_last),
      .read_o(parameter_read),
      .address_o(parameter_address),
      .data_i(parameter_data),
      .bias_o(bias[31:0]),
      .weight_zero_o(weight_zero[7:0]),
      .mantissa_o(mantissa[15:0]),
      .shift_o(shift[5:0]),
      .active_o(active_lanes[0]),
      .second_o(second[0])
  );

  axn_memory #(
      .Bytes(8),
      .Depth(ParameterDepth)
  ) u_parameter_memory (
      .clk_i,
      .read_i(parameter_read),
      .read_address_i(parameter_address),
      .read_data_o(parameter_data),
      .write_i(parameter_write),
      .write_address_i(parameter_load_address),
      .write_data_i({2{load_data}})
  );

  for (genvar r = 0; r < Rows; r++) begin : g_lane
    localparam int LaneSumW = r == 0 ? Sum0W : SumW;
    localparam int ValueW = r == 0 ? EdgeW : 8;
    wire [ValueW-1:0] value;
    wire [23:0] pool_sum, held;
    wire [31:0] acc;
    wire [LaneSumW-1:0] sum;
    wire [AccW-1:0] column_sum;

    if (RowBuses > 1) begin : g_two_buses
      assign right_sum[AccW*r+:AccW] = array_sum[AccW*(2*r+1)+:AccW];
      assign column_sum = array_sum[AccW*2*r+:AccW] |
          (split_q ? '0 : array_sum[AccW*(2*r+1)+:AccW]);
    end else begin : g_one_bus
      assign right_sum[AccW*r+:AccW] = '0;
      assign column_sum = array_sum[AccW*r+:AccW];
    end
    assign held_sums[24*r+:24] = held;

    axn_pool_lane #(
        .ValueW(ValueW)
    ) u_pool (
        .clk_i,
        .a_i(value),
        .valid_i(valid_skewed[r]),
        .first_i(first_skewed[r]),
        .maximum_i(op_held == `AXN_OP_MAXIMUM_POOL),
        .dump_i(is_pool),
        .dump_o(pool_sum),
        .held_o(held)
    );

    if (r == 0) begin : g_first
      assign value = edge_sum;
      assign sum = LaneSumW'(column_sum) | LaneSumW'(pool_sum) | LaneSumW'(dense_sum);
      assign logit_data = acc;
    end else begin : g_other
      assign value = edge_a[8*r+:8];
      assign sum = LaneSumW'(column_sum) | LaneSumW'(pool_sum);
      logic unused_acc;
      assign unused_acc = &{1'b0, acc};
    end

    axn_post_lane #(
        .SumW(LaneSumW)
    ) u_post (
        .clk_i,
        .sum_i(sum),
        .held_i(held),
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
        .zero_point_i(zero_point),
        .low_i(low),
        .acc_o(acc),
        .y_o(y[8*r+:8])
    );
  end

  // Results.
  wire left_last;
  axn_writer #(
      .Rows(Rows),
      .Banks(Banks),
      .Lanes(Lanes),
      .AddressW(AddressW),
      .Cols(Cols),
      .First(0),
      .Width(Part),
      .MayBeLate(0)
  ) u_writer (
      .clk_i,
      .rst_ni,
      .clear_i(clear),
      .start_i(start),
      .base_i(AddressW'(descriptor[`AXN_FIELD_OUT_BASE])),
      .plane_i(descriptor[`AXN_FIELD_OUT_PLANE]),
      .channels_i(descriptor[`AXN_FIELD_OUT_CHANNELS]),
      .split_i(split),
      .late_i(1'b0),
      .result_i(result),
      .y_i(y),
      .last_o(left_last),
      .image_write_i(image_write),
      .image_word_i(image_word),
      .image_data_i,
      .write_o(arena_write[16*Banks-1:0]),
      .word_o(arena_write_word[AddressW-5:0]),
      .data_o(arena_write_data[8*Lanes-1:0])
  );

  if (RowBuses > 1) begin : g_right
    wire right_read, right_last;
    wire [ParameterW-1:0] right_address;
    wire [63:0] right_data;
    axn_right_columns #(
        .Rows(Rows),
        .Cols(Cols),
        .AccW(AccW),
        .Banks(Banks),
        .Lanes(Lanes),
        .AddressW(AddressW),
        .ParameterW(ParameterW)
    ) u_columns (
        .clk_i,
        .rst_ni,
        .clear_i(clear),
        .start_i(start),
        .split_i(split),
        .late_i(descriptor[`AXN_FIELD_LATE]),
        .channels_i(descriptor[`AXN_FIELD_OUT_CHANNELS]),
        .parameter_base_i(ParameterW'(descriptor[`AXN_FIELD_PARAMETER_BASE])),
        .base_i(AddressW'(descriptor[`AXN_FIELD_OUT_BASE])),
        .plane_i(descriptor[`AXN_FIELD_OUT_PLANE]),
        .zero_point_i(zero_point),
        .low_i(low),
        .dump_i(dump),
        .first_i(first_row),
        .held_i(held_sums),
        .sum_i(right_sum),
        .read_o(right_read),
        .address_o(right_address),
        .data_i(right_data),
        .last_o(right_last),
        .write_o(arena_write[16*Banks+:16*Banks]),
        .word_o(arena_write_word[AddressW-4+:AddressW-4]),
        .data_o(arena_write_data[8*Lanes+:8*Lanes])
    );

    // A copy of the parameters: two channels are read in a cycle.
    axn_memory #(
        .Bytes(8),
        .Depth(ParameterDepth)
    ) u_parameter_memory (
        .clk_i,
        .read_i(right_read),
        .read_address_i(right_address),
        .read_data_o(right_data),
        .write_i(parameter_write),
        .write_address_i(parameter_load_address),
        .write_data_i({2{load_data}})
    );

    // The operation ends with the later of both halves' last writes.
    logic left_q, right_q;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        left_q  <= 1'b0;
        right_q <= 1'b0;
      end else if (clear) begin
        left_q  <= 1'b0;
        right_q <= 1'b0;
      end else begin
        left_q  <= start || (left_q && !left_last);
        right_q <= start ? split && descriptor[`AXN_FIELD_OUT_CHANNELS] > 16'(Part)
            : right_q && !right_last;
      end
    end
    assign write_last = (left_last && (!right_q || right_last)) || (right_last && !left_q);
  end else begin : g_left_only
    assign write_last = left_last;
    wire unused_right;
    assign unused_right = &{1'b0, right_sum, held_sums, split_q};
  end

  axn_argmax u_argmax (
      .clk_i,
      .rst_ni,
      .clear_i(clear),
      .select_i(select && logits_end),
      .credit_o(credit),
      .logit_i(logit),
      .logit_last_i(logit_last),
      .data_i(logit_data),
      .result_valid_o,
      .result_ready_i,
      .result_data_o,
      .result_last_o
  );
  assign logits_end = is_dense && !result;

  // Fields that the hardware does not need, and address bits beyond the memories.
  logic unused;
  assign unused = &{1'b0, descriptor, bias[32*Rows+:32], weight_zero[8*Rows+:8],
      mantissa[16*Rows+:16], shift[6*Rows+:6], active_lanes[Rows], second[Rows], weight_load_data};
endmodule

`default_nettype wire
