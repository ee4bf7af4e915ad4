// The window record of one output pixel (see axn_walker), and where the next pixel's lies.
// Combinational.
`default_nettype none

module axn_window #(
    parameter int AddressW = 16
) (
    // descriptor
    input  wire                       adaptive_i,
    input  wire        [        11:0] in_height_i,
    input  wire        [        11:0] in_width_i,
    input  wire        [        11:0] out_height_i,
    input  wire        [        11:0] out_width_i,
    input  wire        [         7:0] kernel_height_i,
    input  wire        [         7:0] kernel_width_i,
    input  wire        [         3:0] pad_width_i,
    input  wire        [        11:0] step_x_i,         // stride, or of the adaptive window
    input  wire        [        11:0] rest_x_i,
    input  wire        [        11:0] step_y_i,
    input  wire        [        11:0] rest_y_i,
    input  wire        [AddressW-1:0] line_step_i,      // step_y_i rows of the operand
    // this pixel: origin in the operand, remainder (adaptive), number, address of tap (0, 0) and
    // of the map row's first pixel
    input  wire signed [        12:0] y_i,
    input  wire signed [        12:0] x_i,
    input  wire        [        11:0] rest_y_now_i,
    input  wire        [        11:0] rest_x_now_i,
    input  wire        [        11:0] out_y_i,
    input  wire        [        11:0] out_x_i,
    input  wire        [AddressW-1:0] line_i,
    input  wire        [AddressW-1:0] address_i,
    output wire        [AddressW+23:0] record_o,
    output wire                       map_end_o,        // the last pixel
    // the next pixel
    output wire signed [        12:0] y_o,
    output wire signed [        12:0] x_o,
    output wire        [        11:0] rest_y_o,
    output wire        [        11:0] rest_x_o,
    output wire        [        11:0] out_y_o,
    output wire        [        11:0] out_x_o,
    output wire        [AddressW-1:0] line_o,
    output wire        [AddressW-1:0] address_o
);
  // Steps of the window; adaptive: one more when the remainder overflows.
  logic [12:0] sum_y, sum_x;
  logic carry_y, carry_x, more_y, more_x;
  logic [11:0] next_rest_y, next_rest_x;
  always_comb begin
    sum_y = 13'(rest_y_now_i) + 13'(rest_y_i);
    sum_x = 13'(rest_x_now_i) + 13'(rest_x_i);
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
    room_y  = $signed({2'd0, in_height_i}) - 14'sd1 - $signed({y_i[12], y_i});
    room_x  = $signed({2'd0, in_width_i}) - 14'sd1 - $signed({x_i[12], x_i});
    first_y = y_i[12] ? 4'd0 - y_i[3:0] : 4'd0;
    first_x = x_i[12] ? 4'd0 - x_i[3:0] : 4'd0;
    last_y  = kernel_height_i - 8'd1;
    last_x  = kernel_width_i - 8'd1;
    if (adaptive_i) begin
      last_y = 8'(step_y_i + 12'(carry_y) + 12'(more_y) - 12'd1);
      last_x = 8'(step_x_i + 12'(carry_x) + 12'(more_x) - 12'd1);
    end else begin
      if (room_y < $signed({6'd0, last_y})) last_y = room_y[7:0];
      if (room_x < $signed({6'd0, last_x})) last_x = room_x[7:0];
    end
  end

  // The next pixel.
  logic line_end;
  logic signed [12:0] y, x;
  logic [11:0] rest_y, rest_x, out_y, out_x;
  logic [AddressW-1:0] line, address;
  always_comb begin
    line_end = out_x_i == out_width_i - 12'd1;
    out_y = out_y_i;
    out_x = out_x_i + 12'd1;
    y = y_i;
    x = x_i + $signed({1'b0, step_x_i}) + $signed({12'd0, carry_x});
    line = line_i;
    address = address_i + AddressW'(step_x_i) + AddressW'(carry_x);
    rest_y = rest_y_now_i;
    rest_x = next_rest_x;
    if (line_end) begin
      out_x = '0;
      out_y = out_y_i + 12'd1;
      x = 13'sd0 - $signed({9'd0, pad_width_i});
      y = y_i + $signed({1'b0, step_y_i}) + $signed({12'd0, carry_y});
      rest_x = '0;
      rest_y = next_rest_y;
      line = line_i + line_step_i + (carry_y ? AddressW'(in_width_i) : '0);
      address = line;
    end
  end

  assign record_o = {last_x, first_x, last_y, first_y, address_i};
  assign map_end_o = line_end && out_y_i == out_height_i - 12'd1;
  assign y_o = y;
  assign x_o = x;
  assign rest_y_o = rest_y;
  assign rest_x_o = rest_x;
  assign out_y_o = out_y;
  assign out_x_o = out_x;
  assign line_o = line;
  assign address_o = address;
endmodule

`default_nettype wire
