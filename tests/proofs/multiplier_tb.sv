// Every operand pair, straight and swapped, through a cell with the multiplier's netlist, against
// the table: a proof by trying all 131,072 cases. In cell terms: activation a, weight w.
module multiplier_tb;
  logic clk = 1'b0, swap = 1'b0;
  always #5 clk = !clk;
  logic [7:0] a = '0, w = '0;
  wire [15:0] product;
  axn_cell #(.AccW(16), .AllowSwap(1)) u_cell (
      .clk_i(clk), .a_i(a), .valid_i(1'b1), .first_i(1'b1), .load_i(1'b0), .a_o(), .valid_o(), .first_o(), .w_i(w),
      .enable_i(1'b1), .w_o(), .enable_o(), .swap_i(swap), .select_i(1'b1), .dump_o(product));

  logic [15:0] products[65536];
  integer wrong = 0, pairs = 0;
  initial begin
    $readmemh("mem/multiplier.hex", products);
    for (int s = 0; s < 2; s++) begin
      swap = s == 1;
      for (int i = 0; i < 65538; i++) begin
        {a, w} = 16'(i);
        @(negedge clk);
        // A pair is in the accumulator after the second rising edge.
        if (i >= 1 && i <= 65536) begin
          pairs = pairs + 1;
          if (product !== products[swap ? {8'(i - 1), 8'((i - 1) >> 8)} : 16'(i - 1)]) wrong = wrong + 1;
        end
      end
    end
    if (pairs == 131072 && wrong == 0) $display("PASS %0d operand pairs", pairs);
    else $display("WRONG %0d of %0d operand pairs", wrong, pairs);
    $finish;
  end
endmodule
