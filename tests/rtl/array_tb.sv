// The array: random tiles back to back, with bubbles, idle rows and columns (the last ones), empty flushes, both
// operand orders, each multiplier in turn (-DMULTIPLIERS); every finished sum at its cycle on its
// row's bus, and the operands of the multipliers not in use never move. -DROWS, -DCOLS.
module array_tb;
  localparam int Rows = `ROWS;
  localparam int Cols = `COLS;
  localparam int AccW = 28;
`ifdef MULTIPLIERS
  localparam int Multipliers = `MULTIPLIERS;
`else
  localparam int Multipliers = 1;
`endif
  localparam int Tiles = 24;
  localparam int MaxCycles = (Tiles * 40 + 100) * 2 * Multipliers;

  logic clk = 1'b0;
  always #5 clk = !clk;

  logic [8*Rows-1:0] a = '0, a_skewed_in;
  logic [Rows-1:0] valid = '0;
  logic first = 1'b0, swap = 1'b0;
  logic [Multipliers-1:0] select = Multipliers'(1);
  integer index = 0;
  logic [8*Cols-1:0] w = '0;
  logic [Cols-1:0] enable = '0;
  wire [8*Rows-1:0] a_skewed, edge_a;
  wire [Rows-1:0] valid_skewed;
  wire [8*Cols-1:0] w_skewed;
  wire [Cols-1:0] enable_skewed;
  wire [Rows-1:0] first_skewed;
  wire [AccW*Rows-1:0] sum;

  axn_skew #(.Lanes(Rows), .Width(8)) u_a (.clk_i(clk), .load_i({Rows{1'b1}}), .data_i(a), .data_o(a_skewed));
  axn_skew #(.Lanes(Rows), .Width(1)) u_v (.clk_i(clk), .load_i({Rows{1'b1}}), .data_i(valid), .data_o(valid_skewed));
  axn_skew #(.Lanes(Cols), .Width(8)) u_w (.clk_i(clk), .load_i({Cols{1'b1}}), .data_i(w), .data_o(w_skewed));
  axn_skew #(.Lanes(Cols), .Width(1)) u_e (.clk_i(clk), .load_i({Cols{1'b1}}), .data_i(enable), .data_o(enable_skewed));
  logic rst_n = 1'b0;
  axn_delay #(.Length(Rows - 1)) u_f (
      .clk_i(clk), .rst_ni(rst_n), .clear_i(1'b0), .bit_i(first), .tap_o(first_skewed));
  axn_array #(.Rows(Rows), .Cols(Cols), .AccW(AccW), .AllowSwap(1), .Multipliers(Multipliers)) u_array (
      .clk_i(clk), .a_i(a_skewed), .valid_i(valid_skewed), .first_i(first_skewed), .load_i({Rows{1'b0}}), .edge_o(edge_a),
      .w_i(w_skewed), .enable_i(enable_skewed), .swap_i(swap), .select_i(select), .sum_o(sum));

  // Products: those of the body itself, one instance tabulated (gates), or those of axn_mul8u_odd.
  logic [15:0] products[65536];
`ifdef GATES
  logic [7:0] body_a = '0, body_b = '0;
  wire [15:0] body_product;
  axn_mul8u u_body (.a_i(body_a), .b_i(body_b), .product_o(body_product));
  task automatic tabulate;
    for (int i = 0; i < 65536; i++) begin
      {body_a, body_b} = 16'(i);
      #1 products[i] = body_product;
    end
  endtask
`else
  task automatic tabulate;
    for (int i = 0; i < 65536; i++) begin
      products[i] = 16'((i >> 8) * (i & 252) + (((i >> 8) ^ i) & 63) + 5);
    end
  endtask
`endif

  // Expected value of the bus of row r in cycle t, where one is expected.
  logic [MaxCycles*Rows-1:0] expected = '0;
  logic [AccW-1:0] wanted[MaxCycles*Rows];
  logic [AccW-1:0] model[Rows*Cols];
  integer cycle = 0, seed = 7, checks = 0;

  logic started = 1'b0;
  always @(posedge clk) if (started) begin
    for (int r = 0; r < Rows; r++) begin
      if (expected[cycle*Rows+r]) begin
        checks = checks + 1;
        if (sum[AccW*r+:AccW] !== wanted[cycle*Rows+r]) begin
          $display("FAIL array %0dx%0d cycle %0d row %0d got %h wanted %h", Rows, Cols, cycle, r,
                   sum[AccW*r+:AccW], wanted[cycle*Rows+r]);
          $fatal(1);
        end
      end
    end
    cycle = cycle + 1;
  end

  // Operands of each multiplier in cell (0, 0) and in the last cell.
  logic held = 1'b0;
  integer operand_moves = 0;
  if (Multipliers > 1) begin : g_held
    for (genvar m = 0; m < Multipliers; m++) begin : g_multiplier
      wire [31:0] operands;
      assign operands = {
        u_array.g_row[0].g_col[0].u_cell.g_several.g_multiplier[m].u_mul8u.a_i,
        u_array.g_row[0].g_col[0].u_cell.g_several.g_multiplier[m].u_mul8u.b_i,
        u_array.g_row[Rows-1].g_col[Cols-1].u_cell.g_several.g_multiplier[m].u_mul8u.a_i,
        u_array.g_row[Rows-1].g_col[Cols-1].u_cell.g_several.g_multiplier[m].u_mul8u.b_i};
      always @(operands) begin
        if (held) operand_moves = operand_moves + 1;
        if (held && !select[m]) begin
          $display("FAIL array: an operand of multiplier %0d, not in use, moves", m);
          $fatal(1);
        end
      end
    end
  end

  // The last cell's registers move in cycles in which it works, or just did, or a tile starts.
  logic [31:0] last_q = '0;
  logic [2:0] last_busy = '1;
  integer quiet = 0;
  wire last_works;
  assign last_works = u_array.g_row[Rows-1].g_col[Cols-1].u_cell.run ||
      u_array.g_row[Rows-1].g_col[Cols-1].u_cell.first_i;
  always @(negedge clk) begin
    if (started && last_busy == '0) begin
      quiet = quiet + 1;
      if (last_q !== {u_array.g_row[Rows-1].g_col[Cols-1].u_cell.a_q,
                      u_array.g_row[Rows-1].g_col[Cols-1].u_cell.w_q,
                      u_array.g_row[Rows-1].g_col[Cols-1].u_cell.acc_q[15:0]}) begin
        $display("FAIL array: the registers of an idle cell move in cycle %0d", cycle);
        $fatal(1);
      end
    end
    last_q = {u_array.g_row[Rows-1].g_col[Cols-1].u_cell.a_q,
              u_array.g_row[Rows-1].g_col[Cols-1].u_cell.w_q,
              u_array.g_row[Rows-1].g_col[Cols-1].u_cell.acc_q[15:0]};
    last_busy = {last_busy[1:0], last_works};
  end

  // One step of the streams, taken over at the next edge.
  task automatic step(input logic go, input logic is_first, input logic [Rows-1:0] rows_on,
                      input logic [Cols-1:0] cols_on, input logic dump);
    for (int r = 0; r < Rows; r++) if (go) a[8*r+:8] = 8'($random(seed));
    for (int c = 0; c < Cols; c++) if (go) w[8*c+:8] = 8'($random(seed));
    valid  = go ? rows_on : '0;
    first  = is_first;
    enable = cols_on;
    for (int r = 0; r < Rows; r++) begin
      for (int c = 0; c < Cols; c++) begin
        // The cell registers its inputs once: the bus shows the sum one cycle later.
        if (is_first && dump) begin
          wanted[(cycle+1+r+c)*Rows+r] = model[r*Cols+c];
          expected[(cycle+1+r+c)*Rows+r] = 1'b1;
        end
        if (is_first) model[r*Cols+c] = '0;
        if (go && rows_on[r] && cols_on[c]) begin
          model[r*Cols+c] = model[r*Cols+c] + AccW'(77 * index) +
              AccW'(swap ? products[{w[8*c+:8], a[8*r+:8]}] : products[{a[8*r+:8], w[8*c+:8]}]);
        end
      end
    end
    @(negedge clk);
  endtask

  initial begin
    tabulate();
    @(negedge clk);
    started = 1'b1;
    rst_n = 1'b1;
    first = 1'b1;
    repeat (Rows + Cols + 2) @(negedge clk);
    first = 1'b0;
    repeat (Rows + Cols) @(negedge clk);
    for (int pass = 0; pass < 2 * Multipliers; pass++) begin
      swap = pass[0];
      index = pass / 2;
      select = Multipliers'(1) << index;
      held = 1'b0;
      @(negedge clk);
      held = 1'b1;
      for (int t = 0; t < Tiles; t++) begin
        logic [Rows-1:0] rows_on;
        logic [Cols-1:0] cols_on;
        integer taps;
        rows_on = t % 3 == 0 ? '1 : {Rows{1'b1}} >> ($unsigned($random(seed)) % (Rows + 1));
        cols_on = t % 3 == 0 ? '1 : {Cols{1'b1}} >> ($unsigned($random(seed)) % (Cols + 1));
        taps = Cols + ($random(seed) & 7);
        for (int k = 0; k < taps; k++) begin
          while (t % 2 == 1 && k > 0 && ($random(seed) & 3) == 0) step(1'b0, 1'b0, '0, cols_on, 1'b0);
          step(1'b1, k == 0, rows_on, cols_on, t > 0 && k == 0);
        end
      end
      step(1'b0, 1'b1, '0, '0, 1'b1);
      for (int k = 0; k < Rows + Cols + 4; k++) step(1'b0, 1'b0, '0, '0, 1'b0);
    end
    if (checks < Tiles * Rows * Cols) $fatal(1, "FAIL array: only %0d sums seen", checks);
    if (quiet < 100) $fatal(1, "FAIL array: the last cell was idle in %0d cycles only", quiet);
    if (Multipliers > 1 && operand_moves == 0) $fatal(1, "FAIL array: no operand ever moved");
    $display("PASS array %0dx%0d: %0d sums", Rows, Cols, checks);
    $finish;
  end
endmodule
