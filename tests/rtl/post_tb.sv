// Post lane: corners and random parameters against 64-bit arithmetic, one value a cycle, single
// values and pairs (two-operand sums).
module post_tb;
  localparam int Values = 60000;

  logic clk = 1'b0;
  always #5 clk = !clk;

  logic [31:0] sum = '0, bias = '0;
  logic [23:0] held = '0;
  logic [7:0] weight_zero = '0, zero_point = '0, low = '0;
  logic [15:0] mantissa = '0;
  logic [5:0] shift = '0;
  logic active = 1'b0, second = 1'b0;
  wire [31:0] acc;
  wire [7:0] y;

  // The fields' delays of axn_parameters: held and bias one cycle after the sum, and so on.
  logic [23:0] held_1 = '0;
  logic [31:0] bias_1 = '0;
  logic [7:0] zw_1 = '0;
  logic [15:0] m_1 = '0, m_2 = '0;
  logic [5:0] s_1 = '0, s_2 = '0, s_3 = '0;
  logic p_1 = 1'b0, p_2 = 1'b0, p_3 = 1'b0;
  always @(posedge clk) begin
    held_1 <= held;
    m_1 <= mantissa;
    {s_2, s_1} <= {s_1, shift};
    {p_2, p_1} <= {p_1, second};
  end
  wire [31:0] bias_o;
  wire [7:0] weight_zero_o;
  wire [15:0] mantissa_o;
  wire [5:0] shift_o;
  wire active_o, second_o;
  axn_post_lane #(.SumW(32)) u_lane (
      .clk_i(clk), .sum_i(sum), .held_i(held_1), .bias_i(bias), .weight_zero_i(weight_zero),
      .mantissa_i(m_1), .shift_i(s_2), .active_i(active), .second_i(p_2), .bias_o, .weight_zero_o,
      .mantissa_o, .shift_o, .active_o, .second_o, .zero_point_i(zero_point), .low_i(low),
      .acc_o(acc), .y_o(y));

  integer seed = 3, cycle = 0;
  logic [7:0] wanted[Values+64];
  logic checked[Values+64];
  logic signed [63:0] previous;

  function automatic logic signed [31:0] pick32(input integer kind);
    case (kind & 15)
      0: pick32 = 32'h7fffffff;
      1: pick32 = 32'h80000000;
      2: pick32 = 0;
      3: pick32 = -1;
      4: pick32 = 1;
      5, 6, 7: pick32 = 32'($random(seed)) >>> 16;
      8, 9: pick32 = 32'($random(seed)) >>> 24;
      default: pick32 = 32'($random(seed));
    endcase
  endfunction

  initial begin
    logic signed [31:0] a, wanted_acc;
    logic signed [15:0] m;
    logic signed [63:0] p, q, v;
    integer s;
    for (int i = 0; i < Values + 64; i++) checked[i] = 1'b0;
    zero_point = 8'd77;
    for (int group = 0; group < 12; group++) begin
      case (group % 4)
        0: {zero_point, low} = {8'd0, 8'd0};
        1: {zero_point, low} = {8'd255, 8'd255};
        2: {zero_point, low} = {8'd128, 8'd128};
        default: {zero_point, low} = {8'($random(seed)), 8'($random(seed))};
      endcase
      for (int i = 0; i < Values / 12; i++) begin
        second = (i & 1) == 1 && group >= 8;
        s = 1 + ($random(seed) & 32'h7fffffff) % 46;
        case ($random(seed) & 7)
          0: m = 16'h8000;
          1: m = 16'h7fff;
          2: m = 16'h0001;
          default: m = 16'($random(seed));
        endcase
        a = pick32($random(seed));
        if (group >= 8) a = a >>> 23;  // operands of sums are codes less zero points
        weight_zero = 8'($random(seed));
        held = 24'($random(seed));
        bias = 32'($random(seed));
        // The lane's stages need bias and zero point of the weights one cycle after the sum.
        wanted_acc = a;
        sum = wanted_acc + 32'(weight_zero) * 32'(held) - bias;
        mantissa = m;
        shift = 6'(s - 1);
        active = 1'b1;
        p = 64'(wanted_acc) * 64'(m);
        q = (p + (64'sd1 <<< (s - 1))) >>> s;
        v = second ? previous + q : $signed({56'd0, zero_point}) + q;
        previous = v;
        wanted[cycle+5] = v < $signed({56'd0, low}) ? low : v > 64'sd255 ? 8'd255 : v[7:0];
        checked[cycle+5] = 1'b1;
        // bias_i and weight_zero_i are registered in the lane: valid with the sum.
        @(negedge clk);
      end
      active = 1'b0;
      repeat (8) @(negedge clk);
    end
    $display("PASS post: %0d values", cycle);
    $finish;
  end

  // Driven between edges: what is put previous edge `cycle` is in sum_q after it.
  always @(posedge clk) begin
    if (checked[cycle] && y !== wanted[cycle]) begin
      $display("FAIL post value %0d got %0d wanted %0d", cycle, y, wanted[cycle]);
      $fatal(1);
    end
    cycle <= cycle + 1;
  end
endmodule
