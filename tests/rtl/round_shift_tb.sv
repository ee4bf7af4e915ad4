// Round and shift: every shift, corners of ties and saturation, random products.
module round_shift_tb;
  logic signed [47:0] product;
  logic [5:0] shift;
  wire signed [24:0] value;
  axn_round_shift u_dut (.product_i(product), .shift_i(shift), .value_o(value));

  integer seed = 5, checks = 0;

  // Exact, then limited as the header says: equal inside, beyond 255 + 255 outside.
  task automatic check;
    logic signed [63:0] exact;
    logic good;
    #1;
    exact = (64'(product) + (64'sd1 <<< shift)) >>> (shift + 1);
    if (exact >= -64'sd8388608 && exact <= 64'sd8388607) good = 64'(value) == exact;
    else if (exact > 0) good = value >= 25'sd8388607;
    else good = value <= -25'sd8388608;
    checks = checks + 1;
    if (!good) begin
      $display("FAIL round_shift %0d >> %0d got %0d wanted %0d", product, shift + 1, value, exact);
      $fatal(1);
    end
  endtask

  initial begin
    for (int s = 0; s < 46; s++) begin
      shift = 6'(s);
      for (int k = -6; k <= 6; k++) begin
        for (int d = -1; d <= 1; d++) begin
          product = 48'(k) * (48'sd1 <<< s) + 48'(d);
          check();
        end
      end
      product = 48'sh7fffffffffff;
      check();
      product = 48'sh800000000000;
      check();
      for (int i = 0; i < 2000; i++) begin
        product = 48'({$random(seed), $random(seed)}) >>> ($random(seed) & 31);
        check();
      end
    end
    $display("PASS round_shift: %0d products", checks);
    $finish;
  end
endmodule
