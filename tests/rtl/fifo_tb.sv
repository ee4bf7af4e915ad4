// FIFO: random pushes and pops, order and fill for depths 2, 5 and 6.
module fifo_tb;
  logic clk = 1'b0, rst_n = 1'b0, clear = 1'b0;
  always #5 clk = !clk;
  integer seed = 11, finished = 0;

  for (genvar g = 0; g < 3; g++) begin : g_depth
    localparam int Depth = g == 0 ? 2 : g == 1 ? 5 : 6;
    logic push = 1'b0, pop = 1'b0;
    logic [15:0] data = '0;
    wire valid;
    wire [15:0] head;
    axn_fifo #(.Width(16), .Depth(Depth)) u_dut (
        .clk_i(clk), .rst_ni(rst_n), .clear_i(clear), .push_i(push), .data_i(data), .pop_i(pop),
        .valid_o(valid), .data_o(head));

    integer pushed = 0, popped = 0, bias = 0;
    initial begin
      wait (rst_n);
      for (int i = 0; i < 4000; i++) begin
        @(negedge clk);
        if (valid !== (pushed != popped)) $fatal(1, "FAIL fifo depth %0d: valid", Depth);
        if (valid && head !== 16'(popped * 7 + 3)) $fatal(1, "FAIL fifo depth %0d: order", Depth);
        bias = i / 500;  // full for a while, then empty
        pop = valid && ($random(seed) & 7) < (bias % 2 == 0 ? 3 : 6);
        push = pushed - popped - (pop ? 1 : 0) < Depth && ($random(seed) & 7) < 5;
        data = 16'(pushed * 7 + 3);
        if (push) pushed = pushed + 1;
        if (pop) popped = popped + 1;
      end
      if (popped < 500) $fatal(1, "FAIL fifo: hardly used");
      finished = finished + 1;
      if (finished == 3) begin
        $display("PASS fifo");
        $finish;
      end
    end
  end

  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
  end
endmodule
