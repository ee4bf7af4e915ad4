// Talks to axn_fpga (RTL or netlist) over its serial line: sends setup.bin, then each image, and
// compares what comes back byte by byte.
//   +images=N       image_0.bin, answer_0.bin ... (default 1)
//   +divisor=N      clocks a bit after the first command (default 4)
//   +timeout=N      clocks to wait for an answer (default 20,000,000)
`default_nettype none

module axn_fpga_tb;
  logic clk = 1'b0;
  always #5 clk = !clk;

  logic rx = 1'b1;
  wire tx;
  wire [7:0] led;
  axn_fpga u_dut (
      .clk_i(clk),
      .rx_i (rx),
      .tx_o (tx),
      .led_o(led)
  );

  integer divisor = 104, faster, images, timeout, mismatches = 0, cycles = 0;
  always @(posedge clk) cycles = cycles + 1;

  task automatic send(input logic [7:0] value);
    rx = 1'b0;
    repeat (divisor) @(negedge clk);
    for (int i = 0; i < 8; i++) begin
      rx = value[i];
      repeat (divisor) @(negedge clk);
    end
    rx = 1'b1;
    repeat (divisor) @(negedge clk);
  endtask

  task automatic send_file(input string name);
    integer file, value;
    file = $fopen(name, "rb");
    if (file == 0) begin
      $display("AXN error %s cannot be opened", name);
      $fatal(1);
    end
    value = $fgetc(file);
    while (value >= 0) begin
      send(value[7:0]);
      value = $fgetc(file);
    end
    $fclose(file);
  endtask

  task automatic receive(output logic [7:0] value);
    integer waited;
    waited = 0;
    while (tx) begin
      @(negedge clk);
      waited = waited + 1;
      if (waited > timeout) begin
        $display("AXN error no answer after %0d clocks", timeout);
        $fatal(1);
      end
    end
    repeat (divisor + divisor / 2) @(negedge clk);
    for (int i = 0; i < 8; i++) begin
      value[i] = tx;
      repeat (divisor) @(negedge clk);
    end
    if (!tx) begin
      $display("AXN error no stop bit");
      $fatal(1);
    end
  endtask

  task automatic compare_file(input string name, input integer image);
    integer file, value, index;
    logic [7:0] got;
    file = $fopen(name, "rb");
    if (file == 0) begin
      $display("AXN error %s cannot be opened", name);
      $fatal(1);
    end
    value = $fgetc(file);
    index = 0;
    while (value >= 0) begin
      receive(got);
      if (got !== value[7:0]) begin
        mismatches = mismatches + 1;
        if (mismatches <= 5) begin
          $display("AXN mismatch image %0d byte %0d got %0d wanted %0d", image, index, got, value);
        end
      end
      value = $fgetc(file);
      index = index + 1;
    end
    $fclose(file);
  endtask

  initial begin
    if (!$value$plusargs("images=%d", images)) images = 1;
    if (!$value$plusargs("divisor=%d", faster)) faster = 4;
    if (!$value$plusargs("timeout=%d", timeout)) timeout = 20000000;
    repeat (40) @(negedge clk);
    send("B");
    send(faster[7:0]);
    send(faster[15:8]);
    repeat (2 * divisor) @(negedge clk);
    divisor = faster;
    send_file("setup.bin");
    for (int i = 0; i < images; i++) begin
      send_file($sformatf("image_%0d.bin", i));
      compare_file($sformatf("answer_%0d.bin", i), i);
    end
    $display("AXN done images %0d cycles %0d mismatches %0d", images, cycles, mismatches);
    if (mismatches != 0) $fatal(1);
    $finish;
  end
endmodule

`default_nettype wire
