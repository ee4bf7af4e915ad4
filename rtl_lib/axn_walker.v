// Steps through the output pixels of an operation, one a cycle, and writes the window
// record of each into the row it will run in, while the tile before still runs.
//
// Record of a row, RecordW = AddressW + 25 bits, high part first: enable, last and first valid
// tap across (8, 4), last and first valid tap down (8, 4), address of tap (0, 0).
//
// start_i: descriptor fields are valid and stay so; ready_o: a whole tile of records is there
// (last_o: with the last pixel); take_i: they are copied in this cycle, the next are made.
// From start_i to ready_o: 2 + max(pad_height, step) + min(Rows, pixels) cycles (step =
// stride, adaptive: step_y); from take_i to ready_o: min(Rows, pixels left).
`default_nettype none

module axn_walker #(
    parameter int Rows = 16,
    parameter int AddressW = 16
) (
    input  wire                          clk_i,
    input  wire                          rst_ni,
    input  wire                          clear_i,
    input  wire                          start_i,
    // descriptor
    input  wire                          adaptive_i,
    input  wire [          AddressW-1:0] in_base_i,
    input  wire [                  11:0] in_height_i,
    input  wire [                  11:0] in_width_i,
    input  wire [                  11:0] out_height_i,
    input  wire [                  11:0] out_width_i,
    input  wire [                   7:0] kernel_height_i,
    input  wire [                   7:0] kernel_width_i,
    input  wire [                   3:0] stride_i,
    input  wire [                   3:0] pad_height_i,
    input  wire [                   3:0] pad_width_i,
    input  wire [                  11:0] step_x_i,
    input  wire [                  11:0] rest_x_i,
    input  wire [                  11:0] step_y_i,
    input  wire [                  11:0] rest_y_i,
    // records
    output wire                          ready_o,
    output wire                          last_o,
    input  wire                          take_i,
    output wire [Rows*(AddressW+25)-1:0] records_o
);
  localparam int RecordW = AddressW + 25;
  localparam int RowW = $clog2(Rows);

  localparam logic [1:0] IDLE = 2'd0;
  localparam logic [1:0] SETUP = 2'd1;
  localparam logic [1:0] FILL = 2'd2;
  localparam logic [1:0] FULL = 2'd3;

  logic [1:0] state_q, state_d;
  logic [RowW-1:0] row_q, row_d;
  logic last_q, last_d;

  // Position of the window: origin in the operand (signed), remainder (adaptive), pixel.
  logic signed [12:0] y_q, y_d, x_q, x_d;
  logic [11:0] rest_y_q, rest_y_d, rest_x_q, rest_x_d;
  logic [11:0] out_y_q, out_y_d, out_x_q, out_x_d;
  logic [AddressW-1:0] line_q, line_d;  // address of the window at the map row's first pixel
  logic [AddressW-1:0] address_q, address_d;
  logic [AddressW-1:0] line_step_q, line_step_d;  // step_y rows of the operand
  logic [11:0] count_q, count_d;

  // Steps of the window; adaptive: one more when the remainder overflows.
  logic [11:0] step_y, step_x;
  logic [12:0] sum_y, sum_x;
  logic carry_y, carry_x, more_y, more_x;
  logic [11:0] next_rest_y, next_rest_x;
  always_comb begin
    step_y = adaptive_i ? step_y_i : 12'(stride_i);
    step_x = adaptive_i ? step_x_i : 12'(stride_i);
    sum_y = 13'(rest_y_q) + 13'(rest_y_i);
    sum_x = 13'(rest_x_q) + 13'(rest_x_i);
    carry_y = adaptive_i && sum_y >= 13'(out_height_i);
    carry_x = adaptive_i && sum_x >= 13'(out_width_i);
    next_rest_y = carry_y ? 12'(sum_y - 13'(out_height_i)) : sum_y[11:0];
    next_rest_x = carry_x ? 12'(sum_x - 13'(out_width_i)) : sum_x[11:0];
    more_y = next_rest_y != '0;  // the window ends within an input pixel
    more_x = next_rest_x != '0;
  end

  // First and last valid tap of the window.
  logic [7:0] last_y, last_x;
  logic [3:0] first_y, first_x;
  logic signed [13:0] room_y, room_x;  // taps from the window's origin to the map's end
  always_comb begin
    room_y  = $signed({2'd0, in_height_i}) - 14'sd1 - $signed({y_q[12], y_q});
    room_x  = $signed({2'd0, in_width_i}) - 14'sd1 - $signed({x_q[12], x_q});
    first_y = y_q[12] ? 4'd0 - y_q[3:0] : 4'd0;
    first_x = x_q[12] ? 4'd0 - x_q[3:0] : 4'd0;
    last_y  = kernel_height_i - 8'd1;
    last_x  = kernel_width_i - 8'd1;
    if (adaptive_i) begin
      last_y = 8'(step_y + 12'(carry_y) + 12'(more_y) - 12'd1);
      last_x = 8'(step_x + 12'(carry_x) + 12'(more_x) - 12'd1);
    end else begin
      if (room_y < $signed({6'd0, last_y})) last_y = room_y[7:0];
      if (room_x < $signed({6'd0, last_x})) last_x = room_x[7:0];
    end
  end

  // The next pixel.
  logic line_end, map_end;
  assign line_end = out_x_q == out_width_i - 12'd1;
  assign map_end  = line_end && out_y_q == out_height_i - 12'd1;

  logic write;
  always_comb begin
    state_d = state_q;
    row_d = row_q;
    last_d = last_q;
    y_d = y_q;
    x_d = x_q;
    rest_y_d = rest_y_q;
    rest_x_d = rest_x_q;
    out_y_d = out_y_q;
    out_x_d = out_x_q;
    line_d = line_q;
    address_d = address_q;
    line_step_d = line_step_q;
    count_d = count_q;
    write = 1'b0;

    case (state_q)
      SETUP: begin
        // line = base - pad_height * width - pad_width and line_step = step * width, by adding.
        count_d = count_q + 12'd1;
        if (count_q < 12'(pad_height_i)) line_d = line_q - AddressW'(in_width_i);
        if (count_q < step_y) line_step_d = line_step_q + AddressW'(in_width_i);
        address_d = line_q;
        if (count_q >= 12'(pad_height_i) && count_q >= step_y) state_d = FILL;
      end
      FILL: write = 1'b1;
      FULL: begin
        write = take_i && !last_q;
        if (take_i && last_q) state_d = IDLE;
      end
      default: ;
    endcase

    if (write) begin
      last_d = map_end;
      row_d = row_q + RowW'(1);
      state_d = FILL;
      if (map_end || row_q == RowW'(Rows - 1)) begin
        row_d   = '0;
        state_d = FULL;
      end
      out_x_d = out_x_q + 12'd1;
      x_d = x_q + $signed({1'b0, step_x}) + $signed({12'd0, carry_x});
      address_d = address_q + AddressW'(step_x) + AddressW'(carry_x);
      rest_x_d = next_rest_x;
      if (line_end) begin
        out_x_d = '0;
        out_y_d = out_y_q + 12'd1;
        x_d = 13'sd0 - $signed({9'd0, pad_width_i});
        y_d = y_q + $signed({1'b0, step_y}) + $signed({12'd0, carry_y});
        rest_x_d = '0;
        rest_y_d = next_rest_y;
        line_d = line_q + line_step_q + (carry_y ? AddressW'(in_width_i) : '0);
        address_d = line_d;
      end
    end

    if (start_i) begin
      state_d = SETUP;
      count_d = '0;
      line_d = in_base_i - AddressW'(pad_width_i);
      line_step_d = '0;
      out_y_d = '0;
      out_x_d = '0;
      rest_y_d = '0;
      rest_x_d = '0;
      y_d = 13'sd0 - $signed({9'd0, pad_height_i});
      x_d = 13'sd0 - $signed({9'd0, pad_width_i});
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= IDLE;
      row_q   <= '0;
    end else if (clear_i) begin
      state_q <= IDLE;
      row_q   <= '0;
    end else begin
      state_q <= state_d;
      row_q   <= row_d;
    end
  end

  always_ff @(posedge clk_i) begin
    last_q <= last_d;
    y_q <= y_d;
    x_q <= x_d;
    rest_y_q <= rest_y_d;
    rest_x_q <= rest_x_d;
    out_y_q <= out_y_d;
    out_x_q <= out_x_d;
    line_q <= line_d;
    address_q <= address_d;
    line_step_q <= line_step_d;
    count_q <= count_d;
  end

  // Records. Row 0 of a tile disables the rows after it until they are written.
  logic [Rows-1:0] enable_q;
  always_ff @(posedge clk_i) begin
    if (write) begin
      for (int r = 0; r < Rows; r++) begin
        if (row_q == RowW'(r)) enable_q[r] <= 1'b1;
        else if (row_q == '0) enable_q[r] <= 1'b0;
      end
    end
  end

  for (genvar r = 0; r < Rows; r++) begin : g_record
    logic [RecordW-2:0] record_q;
    always_ff @(posedge clk_i) begin
      if (write && row_q == RowW'(r)) record_q <= {last_x, first_x, last_y, first_y, address_q};
    end
    assign records_o[r*RecordW+:RecordW] = {enable_q[r], record_q};
  end

  assign ready_o = state_q == FULL;
  assign last_o  = last_q;
endmodule

`default_nettype wire
