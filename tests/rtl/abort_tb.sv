// Streams and aborts on the whole accelerator, with a random network in the current folder:
// images with random stalls, abandoned in the middle (by CONTROL, or by reset) at a random cycle,
// then repeated; the logits and the class of each finished image must be those of the vectors.
`include "axn_config.vh"
`include "axn_descriptor.vh"

module abort_tb;
  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;
  logic reg_valid = 1'b0, reg_write = 1'b0, image_valid = 1'b0, result_ready = 1'b0;
  logic [7:0] reg_addr = '0;
  logic [31:0] reg_wdata = '0;
  logic [127:0] image_data = '0;
  wire [31:0] reg_rdata, result_data;
  wire image_ready, result_valid, result_last, layer_end, busy;
  wire [7:0] layer;
  axn_top u_dut (
      .clk_i(clk), .rst_ni(rst_n), .reg_valid_i(reg_valid), .reg_write_i(reg_write),
      .reg_addr_i(reg_addr), .reg_wdata_i(reg_wdata), .reg_rdata_o(reg_rdata),
      .image_valid_i(image_valid), .image_ready_o(image_ready), .image_data_i(image_data),
      .result_valid_o(result_valid), .result_ready_i(result_ready), .result_data_o(result_data),
      .result_last_o(result_last), .layer_end_o(layer_end), .layer_o(layer), .busy_o(busy));

  integer seed = 31, file, image_bytes, classes, vector_bytes, images, aborts = 0, passed = 0;
  logic [31:0] layout[4+5*64];
  logic [7:0] vectors[65536];

  task automatic put(input logic [7:0] address, input logic [31:0] value);
    {reg_valid, reg_write, reg_addr, reg_wdata} = {2'b11, address, value};
    @(negedge clk);
    {reg_valid, reg_write} = '0;
  endtask

  task automatic configure;
    put(`AXN_REG_IMAGE_WORDS, (image_bytes + 15) / 16);
    put(`AXN_REG_IMAGE_BASE, layout[0]);
    put(`AXN_REG_PROGRAM, 0);
    put(`AXN_REG_CONTROL, 1);
  endtask

  // Sends image `i` and takes its results; gives up after `limit` cycles (never when 0).
  logic finished;
  task automatic process_image(input integer i, input integer limit);
    integer sent, got, cycles, base;
    logic take_image, take_result;
    sent = 0;
    got = 0;
    cycles = 0;
    base = i * vector_bytes;
    finished = 1'b0;
    while (!finished && (limit == 0 || cycles < limit)) begin
      // A word once offered stays until it is taken.
      if (!image_valid && sent < image_bytes && ($random(seed) & 3) != 0) begin
        for (int b = 0; b < 16; b++)
          image_data[8*b+:8] = sent + b < image_bytes ? vectors[base+sent+b] : 8'd0;
        image_valid = 1'b1;
      end
      result_ready = ($random(seed) & 1) == 1;
      #1;
      take_image = image_valid && image_ready;
      take_result = result_valid && result_ready;
      if (take_result) begin
        integer at;
        at = base + vector_bytes - 4 * (classes + 1) + 4 * got;
        if (result_data !== {vectors[at+3], vectors[at+2], vectors[at+1], vectors[at]} ||
            result_last !== (got == classes)) begin
          $display("FAIL abort image %0d result %0d got %h", i, got, result_data);
          $fatal(1);
        end
        got = got + 1;
        finished = got == classes + 1;
      end
      @(negedge clk);
      if (take_image) begin
        sent = sent + 16;
        image_valid = 1'b0;
      end
      cycles = cycles + 1;
      if (cycles > 200000) $fatal(1, "FAIL abort: no result");
    end
    image_valid = 1'b0;
  endtask

  initial begin
    $readmemh("mem/layout.hex", layout);
    image_bytes = integer'(layout[1]);
    classes = integer'(layout[2]);
    vector_bytes = image_bytes + 4 * (classes + 1);
    for (int i = 0; i < integer'(layout[3]); i++)
      vector_bytes = vector_bytes + integer'(layout[4+5*i+2] * layout[4+5*i+3] * layout[4+5*i+4]);
    file = $fopen("golden/vectors.bin", "rb");
    images = $fread(vectors, file) / vector_bytes;
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    $readmemh("mem/program.hex", u_dut.u_accelerator.u_program.memory_q);
    $readmemh("mem/parameters.hex", u_dut.u_accelerator.u_parameter_memory.memory_q);
    $readmemh("mem/weights.hex", u_dut.u_accelerator.u_weight_memory.g_bank[0].u_memory.memory_q);
`ifdef AXN_TWO_BUSES
    $readmemh("mem/parameters.hex", u_dut.u_accelerator.g_right.u_parameter_memory.memory_q);
`endif
    configure();
    for (int n = 0; n < 12; n++) begin
      if (n % 3 != 0) begin
        process_image(n % images, 1 + ($random(seed) & 511));
        if (!finished) aborts = aborts + 1;
        if (n % 3 == 1) begin
          put(`AXN_REG_CONTROL, 3);
        end else begin
          rst_n = 1'b0;
          repeat (2) @(negedge clk);
          rst_n = 1'b1;
          configure();
        end
      end
      process_image((n + 1) % images, 0);
      passed = passed + 1;
    end
    if (aborts < 3) $fatal(1, "FAIL abort: only %0d images were abandoned", aborts);
    $display("PASS abort: %0d images, %0d abandoned", passed, aborts);
    $finish;
  end
endmodule
