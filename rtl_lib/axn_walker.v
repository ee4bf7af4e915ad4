// Steps through the output pixels of an operation, Steps a cycle, and writes the window
// record of each into the row it will run in, while the tile before still runs.
//
// Record of a row, RecordW = AddressW + 25 bits, high part first: enable, last and first valid
// tap across (8, 4), last and first valid tap down (8, 4), address of tap (0, 0).
//
// start_i: descriptor fields are valid and stay so; ready_o: a whole tile of records is there
// (last_o: with the last pixel); take_i: they are copied in this cycle, the next are made.
// From start_i to ready_o: 2 + max(pad_height, step) + min(Rows, pixels) / Steps cycles (step =
// stride, adaptive: step_y); from take_i to ready_o: min(Rows, pixels left) / Steps, rounded up.
`default_nettype none

module axn_walker #(
    parameter int Rows = 16,
    parameter int AddressW = 16,
    parameter int Steps = 1       // 1 or 2
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

  logic [11:0] step_y, step_x;
  assign step_y = adaptive_i ? step_y_i : 12'(stride_i);
  assign step_x = adaptive_i ? step_x_i : 12'(stride_i);

  // The windows of this pixel and the Steps - 1 after it; part i of these is before step i.
  wire signed [13*(Steps+1)-1:0] ys  /*verilator split_var*/;
  wire signed [13*(Steps+1)-1:0] xs  /*verilator split_var*/;
  wire [12*(Steps+1)-1:0] rest_ys  /*verilator split_var*/;
  wire [12*(Steps+1)-1:0] rest_xs  /*verilator split_var*/;
  wire [12*(Steps+1)-1:0] out_ys  /*verilator split_var*/;
  wire [12*(Steps+1)-1:0] out_xs  /*verilator split_var*/;
  wire [AddressW*(Steps+1)-1:0] lines  /*verilator split_var*/;
  wire [AddressW*(Steps+1)-1:0] addresses  /*verilator split_var*/;
  wire [(RecordW-1)*Steps-1:0] windows;
  wire [Steps-1:0] map_ends;
  assign ys[12:0] = y_q;
  assign xs[12:0] = x_q;
  assign rest_ys[11:0] = rest_y_q;
  assign rest_xs[11:0] = rest_x_q;
  assign out_ys[11:0] = out_y_q;
  assign out_xs[11:0] = out_x_q;
  assign lines[AddressW-1:0] = line_q;
  assign addresses[AddressW-1:0] = address_q;
  for (genvar i = 0; i < Steps; i++) begin : g_step
    axn_window #(
        .AddressW(AddressW)
    ) u_window (
        .adaptive_i,
        .in_height_i,
        .in_width_i,
        .out_height_i,
        .out_width_i,
        .kernel_height_i,
        .kernel_width_i,
        .pad_width_i,
        .step_x_i(step_x),
        .rest_x_i,
        .step_y_i(step_y),
        .rest_y_i,
        .line_step_i(line_step_q),
        .y_i(ys[13*i+:13]),
        .x_i(xs[13*i+:13]),
        .rest_y_now_i(rest_ys[12*i+:12]),
        .rest_x_now_i(rest_xs[12*i+:12]),
        .out_y_i(out_ys[12*i+:12]),
        .out_x_i(out_xs[12*i+:12]),
        .line_i(lines[AddressW*i+:AddressW]),
        .address_i(addresses[AddressW*i+:AddressW]),
        .record_o(windows[(RecordW-1)*i+:RecordW-1]),
        .map_end_o(map_ends[i]),
        .y_o(ys[13*(i+1)+:13]),
        .x_o(xs[13*(i+1)+:13]),
        .rest_y_o(rest_ys[12*(i+1)+:12]),
        .rest_x_o(rest_xs[12*(i+1)+:12]),
        .out_y_o(out_ys[12*(i+1)+:12]),
        .out_x_o(out_xs[12*(i+1)+:12]),
        .line_o(lines[AddressW*(i+1)+:AddressW]),
        .address_o(addresses[AddressW*(i+1)+:AddressW])
    );
  end

  // How many of them are written in this cycle: up to the map's or the tile's end.
  wire [Steps-1:0] writes, ends;
  wire ended;
  for (genvar i = 0; i < Steps; i++) begin : g_end
    assign ends[i] = map_ends[i] || row_q == RowW'(Rows - 1 - i);
    if (i == 0) begin : g_first
      assign writes[i] = 1'b1;
    end else begin : g_next
      assign writes[i] = !ends[i-1];
    end
  end
  assign ended = |(ends & writes);

  // A tile may end between the pixels of one cycle.
  wire [11:0] next_out_x;
  wire [11:0] next_out_y;
  wire signed [12:0] next_x;
  wire signed [12:0] next_y;
  wire [11:0] next_rest_x;
  wire [11:0] next_rest_y;
  wire [AddressW-1:0] next_line, next_address;
  assign next_out_x = writes[Steps-1] ? out_xs[12*Steps+:12] : out_xs[12+:12];
  assign next_out_y = writes[Steps-1] ? out_ys[12*Steps+:12] : out_ys[12+:12];
  assign next_x = writes[Steps-1] ? xs[13*Steps+:13] : xs[13+:13];
  assign next_y = writes[Steps-1] ? ys[13*Steps+:13] : ys[13+:13];
  assign next_rest_x = writes[Steps-1] ? rest_xs[12*Steps+:12] : rest_xs[12+:12];
  assign next_rest_y = writes[Steps-1] ? rest_ys[12*Steps+:12] : rest_ys[12+:12];
  assign next_line = writes[Steps-1] ? lines[AddressW*Steps+:AddressW] : lines[AddressW+:AddressW];
  assign next_address =
      writes[Steps-1] ? addresses[AddressW*Steps+:AddressW] : addresses[AddressW+:AddressW];

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
      last_d = |(map_ends & writes);
      row_d = row_q + RowW'(Steps);
      state_d = FILL;
      if (ended) begin
        row_d   = '0;
        state_d = FULL;
      end
      out_x_d = next_out_x;
      out_y_d = next_out_y;
      x_d = next_x;
      y_d = next_y;
      rest_x_d = next_rest_x;
      rest_y_d = next_rest_y;
      line_d = next_line;
      address_d = next_address;
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
  for (genvar r = 0; r < Rows; r++) begin : g_record
    localparam int Step = r % Steps;
    logic enable_q;
    logic [RecordW-2:0] record_q;
    always_ff @(posedge clk_i) begin
      if (write && writes[Step] && row_q == RowW'(r - Step)) begin
        enable_q <= 1'b1;
        record_q <= windows[(RecordW-1)*Step+:RecordW-1];
      end else if (write && row_q == '0) begin
        enable_q <= 1'b0;
      end
    end
    assign records_o[r*RecordW+:RecordW] = {enable_q, record_q};
  end

  assign ready_o = state_q == FULL;
  assign last_o  = last_q;
endmodule

`default_nettype wire
