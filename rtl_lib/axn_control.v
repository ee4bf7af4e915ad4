// After reset or abort it empties the cells first (sweep_o): they have no reset.
// Fetches descriptors, starts operations one after another, takes the image, counts cycles.
// While the results of one operation still leave the lanes, the next descriptor is
// fetched and the walker prepares its first tile; it starts when the last byte is written.
//
// Descriptor fields for the front (walker, taps, gather, weights) come from descriptor_o, which
// changes when the front is done; *_o with the comment `held` keep the running operation's values
// until the next one starts.
`default_nettype none

module axn_control #(
    parameter int AddressW = 16,
    parameter int ProgramW = 8,
    parameter int ClearCycles = 36  // of CLEAR, at most 127
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    // registers
    input  wire                accept_i,
    input  wire                abort_i,
    input  wire [        27:0] image_words_i,
    input  wire [AddressW-5:0] image_base_word_i,
    input  wire [ProgramW-1:0] program_i,
    input  wire [         7:0] layer_select_i,
    output wire                accepting_o,
    output wire [        31:0] cycles_o,
    output wire [        31:0] layer_cycles_o,
    output wire                clear_o,            // abort: every state machine to its start
    output wire                sweep_o,            // empty the cells
    // program memory
    output wire                program_read_o,
    output wire [ProgramW-1:0] program_address_o,
    input  wire [        31:0] program_data_i,
    output wire [       511:0] descriptor_o,
    // front
    output wire                walk_o,             // walker: start
    input  wire                window_ready_i,
    output wire                start_o,            // an operation starts
    input  wire                taps_done_i,
    // back
    input  wire                write_last_i,
    input  wire                logit_last_i,
    output wire [         2:0] op_o,               // held
    output wire                swap_o,             // held
    output wire [         7:0] zero_point_o,       // held
    output wire [         7:0] low_o,              // held
    // image stream
    input  wire                image_valid_i,
    output wire                image_ready_o,
    output wire                image_write_o,
    output wire [AddressW-5:0] image_word_o,
    // result stream
    input  wire                result_end_i,       // the last result word was taken
    // observation
    output wire                layer_end_o,
    output wire [         7:0] layer_o,
    output wire                busy_o
);
  `include "axn_descriptor.vh"

  localparam logic [2:0] CLEAR = 3'd0;
  localparam logic [2:0] FETCH = 3'd1;
  localparam logic [2:0] WALK = 3'd2;
  localparam logic [2:0] READY = 3'd3;
  localparam logic [2:0] RUN = 3'd4;
  localparam logic [2:0] OFF = 3'd5;

  logic [2:0] state_q, state_d;
  logic [6:0] count_q, count_d;
  logic [ProgramW-1:0] address_q, address_d;
  logic [511:0] descriptor_q;
  logic is_first_q, is_first_d;  // the descriptor is the program's first

  logic loaded_q, loaded_d;  // an image waits for the first operation
  logic image_q, image_d;  // an image is in work
  logic running_q, running_d;  // an operation has not written its last result
  logic [27:0] word_q, word_d;
  logic [AddressW-5:0] image_word_q, image_word_d;

  logic start, accepting, take, image_end, op_end;
  always_comb begin
    start = state_q == READY && window_ready_i && !running_q && (loaded_q || !is_first_q);
    accepting = state_q == READY && window_ready_i && is_first_q && !image_q && accept_i && !abort_i;
    take = accepting && image_valid_i;
    image_end = take && word_q + 28'd1 == image_words_i;
    op_end = write_last_i || logit_last_i;
  end

  // Front: fetch, walk, run.
  always_comb begin
    state_d = state_q;
    count_d = count_q;
    address_d = address_q;
    is_first_d = is_first_q;
    case (state_q)
      CLEAR: begin
        count_d = count_q + 7'd1;
        if (count_q == 7'(ClearCycles)) state_d = OFF;
      end
      OFF: begin
        count_d = '0;
        address_d = program_i;
        is_first_d = 1'b1;
        if (accept_i) state_d = FETCH;
      end
      FETCH: begin
        count_d = count_q + 7'd1;
        if (!count_q[4]) address_d = address_q + ProgramW'(1);
        if (count_q[4]) state_d = WALK;
      end
      WALK: state_d = READY;
      READY: begin
        if (start) state_d = RUN;
        else if (is_first_q && !accept_i && !image_q) state_d = OFF;
      end
      RUN: begin
        count_d = '0;
        if (taps_done_i) begin
          state_d = FETCH;
          is_first_d = descriptor_q[`AXN_FIELD_PROGRAM_END];
          if (descriptor_q[`AXN_FIELD_PROGRAM_END]) begin
            address_d = program_i;
            state_d   = OFF;
          end
        end
      end
      default: state_d = CLEAR;
    endcase
    if (abort_i) begin
      state_d = CLEAR;
      count_d = '0;
    end
  end

  // Image.
  always_comb begin
    loaded_d = (loaded_q || image_end) && !start;
    image_d = (image_q || image_end) && !result_end_i;
    running_d = (running_q && !op_end) || start;
    word_d = word_q;
    image_word_d = image_word_q;
    if (take) begin
      word_d = word_q + 28'd1;
      image_word_d = image_word_q + (AddressW - 4)'(1);
    end
    if (state_q == OFF || image_end) begin
      word_d = '0;
      image_word_d = image_base_word_i;
    end
    if (abort_i) begin
      loaded_d = 1'b0;
      image_d = 1'b0;
      running_d = 1'b0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= CLEAR;
      count_q <= '0;
      loaded_q <= 1'b0;
      image_q <= 1'b0;
      running_q <= 1'b0;
    end else begin
      state_q <= state_d;
      count_q <= count_d;
      loaded_q <= loaded_d;
      image_q <= image_d;
      running_q <= running_d;
    end
  end

  always_ff @(posedge clk_i) begin
    address_q <= address_d;
    is_first_q <= is_first_d;
    word_q <= word_d;
    image_word_q <= image_word_d;
  end

  for (genvar i = 0; i < 16; i++) begin : g_word
    always_ff @(posedge clk_i) begin
      if (state_q == FETCH && count_q == 7'(i + 1)) descriptor_q[32*i+:32] <= program_data_i;
    end
  end

  // What the back needs after the front has gone on.
  logic [2:0] op_q;
  logic swap_q, ends_layer_q;
  logic [7:0] zero_point_q, low_q, layer_q;
  always_ff @(posedge clk_i) begin
    if (start) begin
      op_q <= descriptor_q[`AXN_FIELD_OP];
      swap_q <= descriptor_q[`AXN_FIELD_SWAP];
      ends_layer_q <= descriptor_q[`AXN_FIELD_LAYER_END];
      layer_q <= descriptor_q[`AXN_FIELD_LAYER];
      zero_point_q <= descriptor_q[`AXN_FIELD_ZERO_POINT];
      low_q <= descriptor_q[`AXN_FIELD_LOW];
    end
    if (sweep_o) op_q <= `AXN_OP_CONVOLUTION;
  end

  // Cycles: of the image, of the layer, of the selected layer. The layer's counter starts after
  // the last image word, or after the last write of the layer before.
  logic layer_end_q, counting_q;
  logic [31:0] cycles_q, layer_timer_q, layer_cycles_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      layer_end_q <= 1'b0;
      counting_q <= 1'b0;
      cycles_q <= '0;
      layer_timer_q <= '0;
      layer_cycles_q <= '0;
    end else begin
      layer_end_q <= op_end && ends_layer_q && !abort_i;
      if (take && !counting_q) begin
        counting_q <= 1'b1;
        cycles_q   <= 32'd1;
      end else if (counting_q) begin
        cycles_q <= cycles_q + 32'd1;
      end
      if (result_end_i || abort_i) counting_q <= 1'b0;
      layer_timer_q <= layer_timer_q + 32'd1;
      if (image_end || (op_end && ends_layer_q)) layer_timer_q <= '0;
      if (op_end && ends_layer_q && layer_q == layer_select_i) begin
        layer_cycles_q <= layer_timer_q + 32'd1;
      end
    end
  end

  assign accepting_o = accepting;
  assign cycles_o = cycles_q;
  assign layer_cycles_o = layer_cycles_q;
  assign clear_o = abort_i;
  assign sweep_o = state_q == CLEAR;
  assign program_read_o = state_q == FETCH && !count_q[4];
  assign program_address_o = address_q;
  assign descriptor_o = descriptor_q;
  assign walk_o = state_q == WALK;
  assign start_o = start;
  assign op_o = op_q;
  assign swap_o = swap_q;
  assign zero_point_o = zero_point_q;
  assign low_o = low_q;
  assign image_ready_o = accepting;
  assign image_write_o = take;
  assign image_word_o = image_word_q;
  assign layer_end_o = layer_end_q;
  assign layer_o = layer_q;
  assign busy_o = image_q || counting_q;
endmodule

`default_nettype wire
