// Dense row: exact sums a column, selected late or at once; pool lane: sum and maximum of the
// valid activations, held value, empty tiles.
module dense_pool_tb;
  localparam int Cols = 5;
  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  logic [7:0] a = '0, edge_a = '0;
  logic valid = 1'b0, first = 1'b0, select = 1'b0, maximum = 1'b0;
  logic [8*Cols-1:0] w = '0;
  logic [Cols-1:0] enable = '0;
  logic [2:0] column = '0;
  wire [8*Cols-1:0] w_skewed;
  wire [Cols-1:0] enable_skewed;
  wire [30:0] sum;
  wire [23:0] pool, held;
  axn_skew #(.Lanes(Cols), .Width(8)) u_w (.clk_i(clk), .load_i({Cols{1'b1}}), .data_i(w), .data_o(w_skewed));
  axn_skew #(.Lanes(Cols), .Width(1)) u_e (.clk_i(clk), .load_i({Cols{1'b1}}), .data_i(enable), .data_o(enable_skewed));
  axn_dense_row #(.Cols(Cols)) u_dense (
      .clk_i(clk), .rst_ni(rst_n), .a_i(a), .valid_i(valid), .first_i(first), .w_i(w_skewed),
      .enable_i(enable_skewed), .select_i(select), .column_i(column), .sum_o(sum));
  axn_pool_lane u_pool (
      .clk_i(clk), .a_i(edge_a), .valid_i(valid), .first_i(first), .maximum_i(maximum),
      .dump_i(1'b1), .dump_o(pool), .held_o(held));
  always @(posedge clk) edge_a <= a;

  integer seed = 13, k, checks = 0;
  logic [30:0] wanted[Cols];
  logic [23:0] total, most;

  initial begin
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    for (int t = 0; t < 300; t++) begin
      k = 1 + ($random(seed) & 63);
      maximum = t[0];
      for (int c = 0; c < Cols; c++) wanted[c] = '0;
      total = '0;
      most = '0;
      enable = t % 5 == 0 ? Cols'(7) : '1;
      for (int i = 0; i < k; i++) begin
        a = t % 7 == 0 ? 8'd255 : 8'($random(seed));
        for (int c = 0; c < Cols; c++) w[8*c+:8] = t % 7 == 0 ? 8'd255 : 8'($random(seed));
        valid = ($random(seed) & 3) != 0 || i == 0;
        first = i == 0;
        if (valid) begin
          for (int c = 0; c < Cols; c++) wanted[c] = wanted[c] + 31'(a) * 31'(w[8*c+:8]);
          total = total + 24'(a);
          if (24'(a) > most) most = 24'(a);
        end
        @(negedge clk);
      end
      valid = 1'b0;
      first = 1'b1;  // flush: the dense row keeps its sums, the pool lane shows and empties
      @(negedge clk);
      first = 1'b0;
      #1;
      if (pool !== (maximum ? most : total)) begin
        $fatal(1, "FAIL pool tile %0d got %0d wanted %0d", t, pool, maximum ? most : total);
      end
      @(negedge clk);
      if (held !== (maximum ? most : total)) $fatal(1, "FAIL pool tile %0d held", t);
      repeat (Cols) @(negedge clk);
      for (int c = 0; c < Cols; c++) begin
        repeat ($random(seed) & 1) @(negedge clk);
        if (sum !== '0) $fatal(1, "FAIL dense: bus not idle");
        select = 1'b1;
        column = 3'(c);
        @(negedge clk);
        select = 1'b0;
        if (enable[c] && sum !== wanted[c]) begin
          $fatal(1, "FAIL dense tile %0d column %0d got %0d wanted %0d", t, c, sum, wanted[c]);
        end
        checks = checks + 1;
        @(negedge clk);
      end
    end
    $display("PASS dense and pool: %0d sums", checks);
    $finish;
  end
endmodule
