// Dense row: exact sums a column, selected late or at once; dense block: the same of several taps
// a cycle, also while the next tile runs; pool lane: sum and maximum of the valid activations, held
// value, empty tiles.
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

  // The block takes Taps bytes and words at once.
  localparam int Taps = 4;
  logic active = 1'b0, block_first = 1'b0, block_select = 1'b0;
  logic [8*Taps-1:0] block_a = '0;
  logic [Taps-1:0] block_valid = '0;
  logic [8*Cols*Taps-1:0] block_w = '0;
  logic [2:0] block_column = '0;
  wire [30:0] block_sum;
  wire [9:0] activations;
  axn_dense_block #(.Cols(Cols), .Taps(Taps)) u_block (
      .clk_i(clk), .rst_ni(rst_n), .active_i(active), .a_i(block_a), .valid_i(block_valid),
      .first_i(block_first), .activations_o(activations), .w_i(block_w), .select_i(block_select),
      .column_i(block_column), .sum_o(block_sum));

  logic [30:0] finished[Cols], now[Cols];
  logic [9:0] total_now;

  // A cycle of the block: bytes of which `count` are valid, column `column` of the tile before
  // selected (none if negative) and the one selected last compared.
  task automatic block_step(input integer count, input logic is_first, input integer column);
    block_first = is_first;
    block_select = column >= 0;
    block_column = 3'(column);
    total_now = '0;
    for (int i = 0; i < Taps; i++) begin
      block_a[8*i+:8] = 8'($random(seed));
      block_valid[i] = i < count;
      if (i < count) total_now = total_now + 10'(block_a[8*i+:8]);
      for (int c = 0; c < Cols; c++) begin
        block_w[8*(Cols*i+c)+:8] = 8'($random(seed));
      end
    end
    if (is_first) begin
      for (int c = 0; c < Cols; c++) begin
        finished[c] = now[c];
        if (count > 0) now[c] = '0;
      end
    end
    for (int c = 0; c < Cols; c++) begin
      for (int i = 0; i < count; i++) now[c] = now[c] + 31'(block_a[8*i+:8]) * 31'(block_w[8*(Cols*i+c)+:8]);
    end
    @(negedge clk);
    if (activations !== total_now) $fatal(1, "FAIL block: activations %0d, wanted %0d", activations, total_now);
    if (column >= 0 && block_sum !== finished[column])
      $fatal(1, "FAIL block column %0d got %0d wanted %0d", column, block_sum, finished[column]);
    if (column < 0 && block_sum !== '0) $fatal(1, "FAIL block: bus not idle");
    checks = checks + 1;
  endtask

  // Tiles back to back, then one that is flushed and read late.
  task automatic block_tiles;
    for (int t = 0; t < 100; t++) begin
      active = 1'b1;
      k = Cols + ($random(seed) & 7);
      for (int i = 0; i < k; i++)
        block_step(i == k - 1 ? 1 + ($random(seed) & 3) : Taps, i == 0, t > 0 && i < Cols ? i : -1);
      if (t % 3 == 2) begin
        block_step(0, 1'b1, 0);
        for (int c = 1; c < Cols; c++) begin
          repeat ($random(seed) & 3) block_step(0, 1'b0, -1);
          block_step(0, 1'b0, c);
        end
        block_step(0, 1'b0, 0);
        // Another operation: nothing of it may come in.
        active = 1'b0;
        block_valid = '1;
        block_first = 1'b1;
        block_select = 1'b0;
        repeat (3) @(negedge clk);
        if (activations !== '0) $fatal(1, "FAIL block: activations of another operation");
      end
    end
    active = 1'b0;
  endtask

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
    block_tiles();
    $display("PASS dense and pool: %0d sums", checks);
    $finish;
  end
endmodule
