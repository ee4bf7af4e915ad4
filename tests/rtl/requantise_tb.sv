// The post lane against the golden model's C function (requantise_dpi.c), a value a cycle: all
// combinations of the corners of accumulator, mantissa, shift, zero point and lower clamp, then a
// million random ones, of which half have accumulators near a rounding tie or a code's limits.
module requantise_tb;
  import "DPI-C" function int axn_wanted_code(input int acc, input int mantissa, input int shift,
                                              input int zero_point, input int low);
  localparam int Corners = 15 * 11 * 46 * 4 * 4;
  localparam int Values = Corners + 1000000;

  logic clk = 1'b0;
  always #5 clk = !clk;

  // A value's fields, each put in the cycle in which its stage takes it; zero point and lower clamp
  // are constant during an operation in the accelerator, here they follow the value as well.
  logic [31:0] acc;
  logic [15:0] mantissa;
  logic [5:0] shift;
  logic [7:0] zero_point, low;
  logic [15:0] m_1;
  logic [5:0] s_1, s_2;
  logic [7:0] z_1, z_2, z_3, l_1, l_2, l_3, l_4;
  always @(posedge clk) begin
    m_1 <= mantissa;
    {s_2, s_1} <= {s_1, shift};
    {z_3, z_2, z_1} <= {z_2, z_1, zero_point};
    {l_4, l_3, l_2, l_1} <= {l_3, l_2, l_1, low};
  end
  wire [7:0] y;
  axn_post_lane #(.SumW(32)) u_lane (
      .clk_i(clk), .sum_i(acc), .held_i(24'd0), .bias_i(32'd0), .weight_zero_i(8'd0), .mantissa_i(m_1),
      .shift_i(s_2), .active_i(1'b1), .second_i(1'b0), .bias_o(), .weight_zero_o(), .mantissa_o(),
      .shift_o(), .active_o(), .second_o(), .zero_point_i(z_3), .low_i(l_4), .acc_o(), .y_o(y));

  function automatic logic [31:0] corner_acc(input integer i);
    case (i)
      0: corner_acc = 32'h80000000;
      1: corner_acc = 32'h80000001;
      2: corner_acc = 32'h7fffffff;
      3: corner_acc = 32'hffffffff;
      4: corner_acc = 32'd0;
      5: corner_acc = 32'd1;
      6: corner_acc = 32'd255;
      7: corner_acc = 32'hffffff01;
      8: corner_acc = 32'h00008000;
      9: corner_acc = 32'hffff8000;
      10: corner_acc = 32'h007fffff;
      11: corner_acc = 32'h00800000;
      12: corner_acc = 32'hff800000;
      13: corner_acc = 32'h40000000;
      default: corner_acc = 32'h55555555;
    endcase
  endfunction
  function automatic logic [15:0] corner_mantissa(input integer i);
    case (i)
      0: corner_mantissa = 16'h8000;
      1: corner_mantissa = 16'h8001;
      2: corner_mantissa = 16'h7fff;
      3: corner_mantissa = 16'h4000;
      4: corner_mantissa = 16'hc000;
      5: corner_mantissa = 16'd0;
      6: corner_mantissa = 16'd1;
      7: corner_mantissa = 16'hffff;
      8: corner_mantissa = 16'd2;
      9: corner_mantissa = 16'h7ffe;
      default: corner_mantissa = 16'h5555;
    endcase
  endfunction
  function automatic logic [7:0] corner_code(input integer i);
    case (i)
      0: corner_code = 8'd0;
      1: corner_code = 8'd1;
      2: corner_code = 8'd128;
      default: corner_code = 8'd255;
    endcase
  endfunction

  integer seed = 17;
  task automatic choose(input integer i);
    integer at;
    longint near;
    if (i < Corners) begin
      at = i;
      acc = corner_acc(at % 15);
      at = at / 15;
      mantissa = corner_mantissa(at % 11);
      at = at / 11;
      shift = 6'(at % 46);
      at = at / 46;
      zero_point = corner_code(at % 4);
      low = corner_code(at / 4);
    end else begin
      mantissa = 16'($random(seed));
      shift = 6'($unsigned($random(seed)) % 46);
      {zero_point, low} = 16'($random(seed));
      acc = 32'($random(seed)) >>> ($random(seed) & 15);
      if ((i & 1) == 1 && mantissa != 0) begin
        // Half a code beside a code, or the value before or after it.
        near = (longint'($random(seed) & 511) - 128) * 2 + 1;
        near = (near <<< shift) / $signed({{48{mantissa[15]}}, mantissa}) + longint'($random(seed) % 2);
        if (near >= -64'sd2147483648 && near <= 64'sd2147483647) acc = near[31:0];
      end
    end
  endtask

  // Five cycles from the sum to the code.
  logic [7:0] wanted[8];
  initial begin
    for (int i = 0; i < Values + 5; i++) begin
      if (i < Values) choose(i);
      wanted[i%8] = 8'(axn_wanted_code(int'(acc), int'($signed(mantissa)), int'(shift) + 1,
                                       int'(zero_point), int'(low)));
      @(negedge clk);
      // What was put in round i - 4 has now passed its fifth rising edge.
      if (i >= 4 && y != wanted[(i-4)%8]) begin
        $display("FAIL requantise value %0d got %0d wanted %0d", i - 4, y, wanted[(i-4)%8]);
        $fatal(1);
      end
    end
    $display("PASS requantise: %0d corners, %0d random values", Corners, Values - Corners);
    $finish;
  end
endmodule
