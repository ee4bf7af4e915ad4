// Window records of axn_walker: whatever tap lies within a record's limits lies inside the map,
// and the record's address is that of tap (0, 0). So tap (ty, tx) of channel c has the address
// base + c * plane + (y + ty) * width + x + tx with 0 <= y + ty < height, 0 <= x + tx < width.
// For every map up to 7 x 7, kernel up to 7 x 7, stride up to 3, padding up to 3 and every
// adaptive window of such maps, one record a cycle; addresses modulo 256. What is assumed of a descriptor (the
// compiler gives nothing else): the last window begins inside the map; adaptive: no padding,
// step and rest are quotient and remainder, the output is not larger than the operand.
module walker_proof #(
    parameter Steps = 1  // 2 takes minutes
) (
    input wire clk_i,
    input wire start_i,
    input wire take_i,
    input wire adaptive_i,
    input wire [7:0] base_i,
    input wire [2:0] height_i,
    input wire [2:0] width_i,
    input wire [2:0] out_height_i,
    input wire [2:0] out_width_i,
    input wire [2:0] kernel_height_i,
    input wire [2:0] kernel_width_i,
    input wire [1:0] stride_i,
    input wire [1:0] pad_height_i,
    input wire [1:0] pad_width_i,
    input wire [2:0] step_y_i,
    input wire [2:0] rest_y_i,
    input wire [2:0] step_x_i,
    input wire [2:0] rest_x_i,
    input wire [2:0] tap_y_i,  // any tap
    input wire [2:0] tap_x_i,
    output wire ok_o
);
  localparam IDLE = 0, SETUP = 1, FILL = 2, FULL = 3;

  // The descriptor, taken at the start when it is a possible one.
  wire good = height_i != 0 && width_i != 0 && out_height_i != 0 && out_width_i != 0 &&
      kernel_height_i != 0 && kernel_width_i != 0 && (adaptive_i ?
      pad_height_i == 0 && pad_width_i == 0 && out_height_i <= height_i && out_width_i <= width_i &&
      rest_y_i < out_height_i && {4'd0, step_y_i} * out_height_i + rest_y_i == height_i &&
      rest_x_i < out_width_i && {4'd0, step_x_i} * out_width_i + rest_x_i == width_i :
      stride_i != 0 && {4'd0, out_height_i - 3'd1} * stride_i < {3'd0, height_i} + pad_height_i &&
      {4'd0, out_width_i - 3'd1} * stride_i < {3'd0, width_i} + pad_width_i);
  // Nothing starts before the last records of the operation before were taken.
  wire idle;
  wire start = start_i && good && idle;
  reg adaptive;
  reg [7:0] base;
  reg [2:0] height, width, out_height, out_width, kernel_height, kernel_width;
  reg [2:0] step_y, rest_y, step_x, rest_x;
  reg [1:0] stride, pad_height, pad_width;
  reg reset_n = 0;
  always @(posedge clk_i) begin
    reset_n <= 1;
    if (start) begin
      {adaptive, base, height, width} <= {adaptive_i, base_i, height_i, width_i};
      {out_height, out_width} <= {out_height_i, out_width_i};
      {kernel_height, kernel_width} <= {kernel_height_i, kernel_width_i};
      {stride, pad_height, pad_width} <= {stride_i, pad_height_i, pad_width_i};
      {step_y, rest_y, step_x, rest_x} <= {step_y_i, rest_y_i, step_x_i, rest_x_i};
    end
  end
  wire kept_good = height != 0 && width != 0 && out_height != 0 && out_width != 0 &&
      kernel_height != 0 && kernel_width != 0 && (adaptive ?
      pad_height == 0 && pad_width == 0 && out_height <= height && out_width <= width &&
      rest_y < out_height && {4'd0, step_y} * out_height + rest_y == height &&
      rest_x < out_width && {4'd0, step_x} * out_width + rest_x == width :
      stride != 0 && {4'd0, out_height - 3'd1} * stride < {3'd0, height} + pad_height &&
      {4'd0, out_width - 3'd1} * stride < {3'd0, width} + pad_width);

  wire ready;
  axn_walker #(
      .Rows(3),
      .AddressW(8),
      .Steps(Steps)
  ) u_dut (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .clear_i(1'b0),
      .start_i(start && reset_n),
      .adaptive_i(start ? adaptive_i : adaptive),
      .in_base_i(start ? base_i : base),
      .in_height_i({9'd0, start ? height_i : height}),
      .in_width_i({9'd0, start ? width_i : width}),
      .out_height_i({9'd0, start ? out_height_i : out_height}),
      .out_width_i({9'd0, start ? out_width_i : out_width}),
      .kernel_height_i({5'd0, start ? kernel_height_i : kernel_height}),
      .kernel_width_i({5'd0, start ? kernel_width_i : kernel_width}),
      .stride_i({2'd0, start ? stride_i : stride}),
      .pad_height_i({2'd0, start ? pad_height_i : pad_height}),
      .pad_width_i({2'd0, start ? pad_width_i : pad_width}),
      .step_x_i({9'd0, start ? step_x_i : step_x}),
      .rest_x_i({9'd0, start ? rest_x_i : rest_x}),
      .step_y_i({9'd0, start ? step_y_i : step_y}),
      .rest_y_i({9'd0, start ? rest_y_i : rest_y}),
      .ready_o(ready),
      .last_o(),
      .take_i(take_i && ready),
      .records_o()
  );

  (* hierconn *) wire [1:0] \u_dut.state_q ;
  (* hierconn *) wire \u_dut.write ;
  (* hierconn *) wire \u_dut.last_q ;
  (* hierconn *) wire [12:0] \u_dut.y_q ;
  (* hierconn *) wire [12:0] \u_dut.x_q ;
  (* hierconn *) wire [11:0] \u_dut.out_y_q ;
  (* hierconn *) wire [11:0] \u_dut.out_x_q ;
  (* hierconn *) wire [11:0] \u_dut.rest_y_q ;
  (* hierconn *) wire [11:0] \u_dut.rest_x_q ;
  (* hierconn *) wire [11:0] \u_dut.count_q ;
  (* hierconn *) wire [7:0] \u_dut.line_q ;
  (* hierconn *) wire [7:0] \u_dut.address_q ;
  (* hierconn *) wire [7:0] \u_dut.line_step_q ;
  (* hierconn *) wire [Steps-1:0] \u_dut.writes ;
  (* hierconn *) wire [32*Steps-1:0] \u_dut.windows ;
  (* hierconn *) wire [13*(Steps+1)-1:0] \u_dut.ys ;
  (* hierconn *) wire [13*(Steps+1)-1:0] \u_dut.xs ;
  wire [1:0] state = \u_dut.state_q ;
  assign idle = state == IDLE;
  wire [12:0] y = \u_dut.y_q ;
  wire [12:0] x = \u_dut.x_q ;
  wire [2:0] out_y = \u_dut.out_y_q [2:0];
  wire [2:0] out_x = \u_dut.out_x_q [2:0];
  wire [3:0] count = \u_dut.count_q [3:0];

  // The claim, for each record that is written in this cycle.
  wire [Steps-1:0] claims;
  genvar i;
  generate
    for (i = 0; i < Steps; i = i + 1) begin : g_record
      wire [7:0] last_x, last_y, address;
      wire [3:0] first_x, first_y;
      assign {last_x, first_x, last_y, first_y, address} = \u_dut.windows [32*i+:32];
      wire [12:0] window_y = \u_dut.ys [13*i+:13];
      wire [12:0] window_x = \u_dut.xs [13*i+:13];
      wire [12:0] at_y = window_y + tap_y_i;
      wire [12:0] at_x = window_x + tap_x_i;
      wire in_window = tap_y_i >= first_y && tap_y_i <= last_y && tap_x_i >= first_x &&
          tap_x_i <= last_x;
      assign claims[i] = !\u_dut.write || !\u_dut.writes [i] ||
          (address == base + window_y[7:0] * width + window_x[7:0] &&
           (!in_window || (at_y < height && at_x < width)));
    end
  endgenerate
  wire claim = &claims;

  // What makes it inductive: where the window is.
  wire [3:0] step = adaptive ? {1'b0, step_y} : {2'b0, stride};
  wire more = state == FILL || (state == FULL && !\u_dut.last_q );
  wire in_setup = state != SETUP || (out_y == 0 && out_x == 0 && \u_dut.out_y_q [11:3] == 0 &&
      \u_dut.out_x_q [11:3] == 0 && \u_dut.rest_y_q == 0 && \u_dut.rest_x_q == 0 &&
      y == 13'd0 - pad_height && x == 13'd0 - pad_width && \u_dut.count_q [11:4] == 0 &&
      count <= (step > pad_height ? step : {2'd0, pad_height}) &&
      \u_dut.line_q == base - pad_width - (count < pad_height ? count : {2'd0, pad_height}) * width &&
      \u_dut.line_step_q == (count < step ? count : step) * width);
  wire [12:0] scaled_y = adaptive ? y * out_height + \u_dut.rest_y_q : y;
  wire [12:0] scaled_x = adaptive ? x * out_width + \u_dut.rest_x_q : x;
  wire in_map = !more || (out_y < out_height && out_x < out_width && \u_dut.out_y_q [11:3] == 0 &&
      \u_dut.out_x_q [11:3] == 0 && \u_dut.line_step_q == step * width &&
      scaled_y == (adaptive ? {10'd0, out_y} * height : {10'd0, out_y} * stride - pad_height) &&
      scaled_x == (adaptive ? {10'd0, out_x} * width : {10'd0, out_x} * stride - pad_width) &&
      (!adaptive || (\u_dut.rest_y_q < out_height && \u_dut.rest_x_q < out_width &&
                     y < height && x < width)) &&
      \u_dut.line_q == base + y[7:0] * width - pad_width &&
      \u_dut.address_q == base + y[7:0] * width + x[7:0]);
  wire held_good = state == IDLE || kept_good;
  assign ok_o = !reset_n || (claim && in_setup && in_map && held_good);
endmodule
