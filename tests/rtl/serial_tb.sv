// The serial bridge spoken to by a host: registers, images, results held back, an image word too
// many, a new speed, unfinished commands.
module serial_tb;
  logic clk = 1'b0, rst_n = 1'b0, rx = 1'b1;
  always #5 clk = !clk;

  wire tx, reg_valid, reg_write, image_valid, result_ready;
  wire [7:0] reg_addr;
  wire [31:0] reg_wdata;
  wire [127:0] image_data;
  logic [31:0] reg_rdata = '0, result_data = '0;
  logic image_ready = 1'b0, result_valid = 1'b0, result_last = 1'b0;
  axn_serial_bridge #(.Divisor(9)) u_dut (
      .clk_i(clk), .rst_ni(rst_n), .rx_i(rx), .tx_o(tx),
      .reg_valid_o(reg_valid), .reg_write_o(reg_write), .reg_addr_o(reg_addr),
      .reg_wdata_o(reg_wdata), .reg_rdata_i(reg_rdata),
      .image_valid_o(image_valid), .image_ready_i(image_ready), .image_data_o(image_data),
      .result_valid_i(result_valid), .result_ready_o(result_ready), .result_data_i(result_data),
      .result_last_i(result_last));

  // Registers: a word per address; what was read comes in the next cycle.
  logic [31:0] register[256];
  integer writes = 0, image_words = 0;
  logic [127:0] image;
  always @(posedge clk) begin
    if (reg_valid && reg_write) begin
      register[reg_addr] <= reg_wdata;
      writes <= writes + 1;
    end
    if (reg_valid && !reg_write) reg_rdata <= register[reg_addr];
    if (image_valid && image_ready) begin
      image <= image_data;
      image_words <= image_words + 1;
    end
  end

  integer divisor = 9;
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

  // Bytes from the bridge, collected beside everything else.
  logic [7:0] got[64];
  integer count = 0;
  initial
    forever begin
      logic [7:0] value;
      @(negedge tx);
      repeat (divisor + divisor / 2) @(posedge clk);
      for (int i = 0; i < 8; i++) begin
        value[i] = tx;
        repeat (divisor) @(posedge clk);
      end
      if (!tx) $fatal(1, "FAIL serial: no stop bit");
      got[count] = value;
      count = count + 1;
    end

  task automatic expect_message(input logic [7:0] tag, input logic [31:0] data, input string what);
    wait (count == 5);
    if (got[0] !== tag || {got[4], got[3], got[2], got[1]} !== data)
      $fatal(1, "FAIL serial: %s: %c %h", what, got[0], {got[4], got[3], got[2], got[1]});
    count = 0;
    repeat (4 * divisor) @(negedge clk);
  endtask

  task automatic write_register(input logic [7:0] address, input logic [31:0] data);
    send("W");
    send(address);
    for (int i = 0; i < 4; i++) send(data[8*i+:8]);
  endtask

  task automatic send_image(input logic [7:0] first);
    send("I");
    for (int i = 0; i < 16; i++) send(first + 8'(i));
  endtask

  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    repeat (3) @(negedge clk);
    // Unfinished bytes of a host before us.
    for (int i = 0; i < 16; i++) send(8'd0);
    for (int speed = 0; speed < 3; speed++) begin
      write_register(8'h24, 32'h89abcdef);
      write_register(8'h04, 32'h00000001 + speed);
      repeat (4) @(negedge clk);
      if (writes != 2 || register[8'h24] !== 32'h89abcdef || register[4] !== 1 + speed)
        $fatal(1, "FAIL serial: register writes");
      writes = 0;
      send("R");
      send(8'h24);
      expect_message("D", 32'h89abcdef, "register read");

      // An image word waits for the accelerator; the next one is lost and told.
      send_image(8'h10);
      repeat (4) @(negedge clk);
      if (!image_valid) $fatal(1, "FAIL serial: no image word");
      send_image(8'h30);
      expect_message("E", 32'd0, "image word too many");
      image_ready = 1'b1;
      repeat (3) @(negedge clk);
      if (image_words != 1 || image !== 128'h1f1e1d1c1b1a19181716151413121110)
        $fatal(1, "FAIL serial: image word %h", image);
      send_image(8'h50);
      repeat (3) @(negedge clk);
      if (image_words != 2 || image[7:0] !== 8'h50) $fatal(1, "FAIL serial: second image word");
      image_words = 0;
      image_ready = 1'b0;

      // A register write takes the place of an image word that waits.
      send_image(8'h70);
      write_register(8'h10, 32'h12345678);
      repeat (4) @(negedge clk);
      if (image_valid || register[8'h10] !== 32'h12345678)
        $fatal(1, "FAIL serial: write while an image word waits");
      writes = 0;

      // Results, one taken each message.
      result_valid = 1'b1;
      result_data = 32'hfffffffe;
      @(posedge result_ready);
      @(posedge clk);
      #1 result_valid = 1'b0;
      expect_message("S", 32'hfffffffe, "logit");
      result_valid = 1'b1;
      result_last = 1'b1;
      result_data = 32'd7;
      @(posedge result_ready);
      @(posedge clk);
      #1 result_valid = 1'b0;
      result_last = 1'b0;
      expect_message("L", 32'd7, "class");

      send("B");
      send(speed == 0 ? 8'd4 : 8'd44);
      send(speed == 0 ? 8'd0 : 8'd1);
      repeat (2 * divisor) @(negedge clk);
      divisor = speed == 0 ? 4 : 300;
    end
    $display("PASS serial");
    $finish;
  end

  initial begin
    #60000000 $fatal(1, "FAIL serial: time");
  end
endmodule
