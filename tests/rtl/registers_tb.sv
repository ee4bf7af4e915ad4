// Register port: identity, loading of all memories part by part, settings, abort, read-back.
module registers_tb;
  `include "axn_descriptor.vh"
  localparam int Cols = 5;
  logic clk = 1'b0, rst_n = 1'b0, valid = 1'b0, write = 1'b0;
  always #5 clk = !clk;
  logic [7:0] addr = '0;
  logic [31:0] wdata = '0;
  wire [31:0] rdata, load_data;
  wire accept, abort;
  wire [27:0] image_words;
  wire [11:0] image_base_word;
  wire [7:0] program_base, program_address, layer_select;
  wire [9:0] parameter_address, weight_address;
  wire [3:0] program_write;
  wire [7:0] parameter_write;
  wire [Cols-1:0] weight_write;

  axn_registers #(.Cols(Cols), .AddressW(16), .ProgramW(8), .ParameterW(10), .WeightW(10)) u_dut (
      .clk_i(clk), .rst_ni(rst_n), .reg_valid_i(valid), .reg_write_i(write), .reg_addr_i(addr),
      .reg_wdata_i(wdata), .reg_rdata_o(rdata), .accept_o(accept), .abort_o(abort),
      .image_words_o(image_words), .image_base_word_o(image_base_word), .program_o(program_base),
      .layer_select_o(layer_select), .busy_i(1'b1), .accepting_i(1'b0), .cycles_i(32'd1234),
      .layer_cycles_i(32'd567), .program_write_o(program_write),
      .parameter_write_o(parameter_write), .weight_write_o(weight_write),
      .program_address_o(program_address), .parameter_address_o(parameter_address),
      .weight_address_o(weight_address), .load_data_o(load_data));

  // What the memories would hold.
  logic [31:0] program_memory[256];
  logic [63:0] parameter_memory[1024];
  logic [39:0] weight_memory[1024];
  integer aborts = 0;
  always @(posedge clk) begin
    if (program_write == '1) program_memory[program_address] <= load_data;
    for (int i = 0; i < 8; i++)
      if (parameter_write[i]) parameter_memory[parameter_address][8*i+:8] <= load_data[8*(i%4)+:8];
    for (int i = 0; i < Cols; i++)
      if (weight_write[i]) weight_memory[weight_address][8*i+:8] <= load_data[8*(i%4)+:8];
    if (abort) aborts = aborts + 1;
  end

  task automatic put(input logic [7:0] address, input logic [31:0] value);
    {valid, write, addr, wdata} = {2'b11, address, value};
    @(negedge clk);
    {valid, write} = '0;
  endtask
  task automatic check(input logic [7:0] address, input logic [31:0] value);
    {valid, write, addr} = {2'b10, address};
    @(negedge clk);
    valid = 1'b0;
    if (rdata !== value) $fatal(1, "FAIL registers %h got %h wanted %h", address, rdata, value);
  endtask
  task automatic require(input logic good, input string what);
    if (!good) $fatal(1, "FAIL registers: %s", what);
  endtask

  initial begin
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    check(`AXN_REG_ID, 32'h41584E31);
    check(`AXN_REG_STATUS, 32'h1);
    check(`AXN_REG_CYCLES, 32'd1234);
    check(`AXN_REG_LAYER_CYCLES, 32'd567);
    check(8'hf0, 32'd0);
    put(`AXN_REG_IMAGE_WORDS, 32'd49);
    put(`AXN_REG_IMAGE_BASE, 32'h0230);
    put(`AXN_REG_PROGRAM, 32'd32);
    put(`AXN_REG_LAYER_SELECT, 32'd7);
    require(image_words == 49 && image_base_word == 12'h23 && program_base == 32 && layer_select == 7,
            "settings");
    put(`AXN_REG_LOAD_ADDRESS, 32'h0000_0003);
    for (int i = 0; i < 20; i++) put(`AXN_REG_LOAD_DATA, 32'hA000_0000 + i);
    put(`AXN_REG_LOAD_ADDRESS, 32'h1000_0010);
    for (int i = 0; i < 20; i++) put(`AXN_REG_LOAD_DATA, 32'hB000_0000 + i);
    put(`AXN_REG_LOAD_ADDRESS, 32'h2000_0001);
    for (int i = 0; i < 20; i++) put(`AXN_REG_LOAD_DATA, 32'hC000_0000 + i);
    for (int i = 0; i < 20; i++) require(program_memory[3+i] === 32'hA000_0000 + i, "program");
    for (int i = 0; i < 10; i++)
      require(parameter_memory[16+i] === {32'(32'hB000_0001 + 2 * i), 32'(32'hB000_0000 + 2 * i)}, "parameters");
    for (int i = 0; i < 10; i++)
      require(weight_memory[1+i] === {8'(2 * i + 1), 32'(32'hC000_0000 + 2 * i)}, "weights");
    put(`AXN_REG_CONTROL, 32'd1);
    require(accept === 1'b1 && aborts == 0, "accept");
    put(`AXN_REG_CONTROL, 32'd3);
    repeat (3) @(negedge clk);
    require(accept === 1'b1 && aborts == 1, "abort lasts one cycle");
    $display("PASS registers");
    $finish;
  end
endmodule
