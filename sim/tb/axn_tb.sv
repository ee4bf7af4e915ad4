// Test bench of axn_top: feeds images, compares every byte that every layer writes, the
// logits and the class with the vectors, and reports cycles. docs/accelerator.md has the
// protocol. For Verilator (--binary --timing) and Icarus (-g2012).
//
//   +vectors=FILE        golden/vectors.bin when missing
//   +images=N            at most N images
//   +load=port           load the memories through the register port (else directly)
//   +stalls=SEED         random stalls on both streams
//   +table=, +tables=   multipliers' tables (Verilator; axn_tables.svh)
//   +timeout=N           give up after N cycles without the end of a layer (20,000,000)
//   +trace=FILE          waveforms: FST (Verilator built with --trace-fst; vvp -fst), or VCD
//   +trace_layer=L       of layer L of the network alone, in the first image; ends there
//   +probe=FILE          values at the boundary of the logic, with -DAXN_PROBE (axn_probe.svh)
`include "axn_config.vh"
`include "axn_descriptor.vh"

module axn_tb;
`ifdef AXN_BANKS
  localparam int Banks = `AXN_BANKS;
`else
  localparam int Banks = `AXN_ROWS <= 16 ? 4 : 8;
`endif
  localparam int ArenaBytes = `AXN_ARENA_DEPTH * Banks * 16;
  localparam int WeightParts = (`AXN_COLS + 3) / 4;
  localparam int MaxLayers = 512;
  localparam int LayoutWords = 4 + 5 * MaxLayers;
  localparam int ReportedMismatches = 20;

  logic clk = 1'b0;
  logic rst_n = 1'b0;
  always #5 clk = !clk;

  logic reg_valid = 1'b0, reg_write = 1'b0;
  logic [7:0] reg_addr = '0;
  logic [31:0] reg_wdata = '0;
  wire [31:0] reg_rdata, result_data;
  logic image_valid = 1'b0, result_ready = 1'b0;
  logic [127:0] image_data = '0;
  wire image_ready, result_valid, result_last, layer_end, busy;
  wire [7:0] layer;

  axn_top u_dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .reg_valid_i(reg_valid),
      .reg_write_i(reg_write),
      .reg_addr_i(reg_addr),
      .reg_wdata_i(reg_wdata),
      .reg_rdata_o(reg_rdata),
      .image_valid_i(image_valid),
      .image_ready_o(image_ready),
      .image_data_i(image_data),
      .result_valid_o(result_valid),
      .result_ready_i(result_ready),
      .result_data_o(result_data),
      .result_last_o(result_last),
      .layer_end_o(layer_end),
      .layer_o(layer),
      .busy_o(busy)
  );

  // Layout of the arena: header, then five words a layer.
  logic [31:0] layout[LayoutWords];
  integer image_base, image_bytes, classes, layer_count;

  // Options, files, counts.
  string vectors_name, load_name;
  integer vectors, image_limit, stall_seed, timeout;
  logic stalls = 1'b0, running = 1'b0, opened = 1'b0;
  integer image = 0, mismatches = 0, image_mismatches = 0, reported = 0, layers_checked = 0;
  longint bytes_checked = 0, cycle = 0;

  function automatic logic report_mismatch(input integer dummy);
    mismatches = mismatches + 1;
    image_mismatches = image_mismatches + 1;
    reported = reported + 1;
    report_mismatch = reported <= ReportedMismatches;
  endfunction

  function automatic integer next_byte(input integer dummy);
    next_byte = $fgetc(vectors);
    if (next_byte < 0) begin
      $display("AXN error the vectors end in the middle of an image");
      $fatal(1);
    end
  endfunction

  function automatic integer next_word(input integer dummy);
    integer b0, b1, b2, b3;
    b0 = next_byte(0);
    b1 = next_byte(0);
    b2 = next_byte(0);
    b3 = next_byte(0);
    next_word = b0 | (b1 << 8) | (b2 << 16) | (b3 << 24);
  endfunction

  // Mirror of what is written to the arena's banks.
  localparam int ArenaRowW = $clog2(`AXN_ARENA_DEPTH);
  logic [7:0] mirror[ArenaBytes];
  wire [16*Banks-1:0] arena_write;
  wire [ArenaRowW*Banks-1:0] arena_row;
  wire [128*Banks-1:0] arena_data;
  for (genvar b = 0; b < Banks; b++) begin : g_mirror
    assign arena_write[16*b+:16] = u_dut.u_accelerator.u_arena.g_bank[b].u_memory.write_i;
    assign arena_row[ArenaRowW*b+:ArenaRowW] =
        u_dut.u_accelerator.u_arena.g_bank[b].u_memory.write_address_i;
    assign arena_data[128*b+:128] = u_dut.u_accelerator.u_arena.g_bank[b].u_memory.write_data_i;
  end

  task automatic mirror_write;
    for (int b = 0; b < Banks; b++) begin
      if (arena_write[16*b+:16] != '0) begin
        integer base;
        base = (integer'(arena_row[ArenaRowW*b+:ArenaRowW]) * Banks + b) * 16;
        for (int j = 0; j < 16; j++) begin
          if (arena_write[16*b+j]) mirror[base+j] = arena_data[8*(16*b+j)+:8];
        end
      end
    end
  endtask

  // Layers: bytes when layer_end rises, cycles from the end of the layer before.
  integer layer_index = 0;
  longint layer_start = 0;
  longint layer_cycles[MaxLayers+1];

  task automatic check_layer;
    integer base, channels, height, width, wanted, got;
    longint cycles;
    cycles = cycle - layer_start;
    layer_start = cycle;
    if (image == 0) begin
      layer_cycles[layer_index] = cycles;
      if (layer_index < layer_count) begin
        $display("AXN layer %0d cycles %0d", layout[4+5*layer_index], cycles);
      end else begin
        $display("AXN layer %0d cycles %0d", layer, cycles);
      end
    end else if (cycles != layer_cycles[layer_index] && !(stalls && layer_index == layer_count)) begin
      if (report_mismatch(0)) begin
        $display("AXN mismatch image %0d layer %0d cycles got %0d wanted %0d", image, layer, cycles,
                 layer_cycles[layer_index]);
      end
    end
    if (layer_index < layer_count) begin
      if (layer != layout[4+5*layer_index][7:0]) begin
        if (report_mismatch(0)) begin
          $display("AXN mismatch image %0d layer number got %0d wanted %0d", image, layer,
                   layout[4+5*layer_index][7:0]);
        end
      end
      base = integer'(layout[4+5*layer_index+1]);
      channels = integer'(layout[4+5*layer_index+2]);
      height = integer'(layout[4+5*layer_index+3]);
      width = integer'(layout[4+5*layer_index+4]);
      for (int i = 0; i < channels * height * width; i++) begin
        wanted = next_byte(0);
        got = integer'(mirror[base+i]);
        if (mirror[base+i] !== wanted[7:0]) begin
          if (report_mismatch(0)) begin
            $display("AXN mismatch image %0d layer %0d channel %0d row %0d column %0d got %0d wanted %0d",
                     image, layout[4+5*layer_index], i / (height * width),
                     (i / width) % height, i % width, got, wanted);
          end
        end
      end
      bytes_checked = bytes_checked + longint'(channels) * longint'(height) * longint'(width);
      layers_checked = layers_checked + 1;
    end
    layer_index = layer_index + 1;
    if (tracing && trace_layer > 0) trace_step();
  endtask

  // Waveforms: of everything, or from the end of the layer before to the end of one layer.
  logic tracing = 1'b0;
  integer trace_layer = 0;
  string trace_name;

  task automatic trace_step;
    if (layer_index == trace_layer) begin
      $display("AXN trace layer %0d", trace_layer);
      $finish;
    end else if (layer_index == trace_layer - 1) begin
      $dumpvars(0, u_dut);
    end
  endtask

  // Image: 16 bytes a word, from the vectors.
  integer image_sent = 0;  // bytes handed to image_data
  longint image_start = 0;
  logic image_open = 1'b0;  // words are left to send
  logic image_started = 1'b0;

  task automatic put_image_word;
    logic [127:0] word;
    word = '0;
    for (int i = 0; i < 16; i++) begin
      if (image_sent < image_bytes) begin
        word[8*i+:8] = 8'(next_byte(0));
        image_sent = image_sent + 1;
      end
    end
    image_data <= word;
  endtask

  // Opens the next image; none is left at the end of the vectors.
  task automatic next_image;
    integer first;
    image_mismatches = 0;
    image_sent = 0;
    image_started = 1'b0;
    layer_index = 0;
    result_index = 0;
    image_open = 1'b0;
    first = $fgetc(vectors);
    if (first >= 0 && (image_limit < 0 || image < image_limit)) begin
      image_open = 1'b1;
      first = $ungetc(first, vectors);
      put_image_word();
      image_valid <= 1'b1;
    end else begin
      $display("AXN done images %0d layers %0d bytes %0d mismatches %0d", image, layers_checked,
               bytes_checked, mismatches);
      // $fatal would leave a waveform file unfinished.
      if ((mismatches != 0 || image == 0) && !tracing) $fatal(1, "not every byte agreed");
      $finish;
    end
  endtask

  // Results.
  integer result_index = 0;
  task automatic check_result;
    integer wanted;
    wanted = next_word(0);
    if (result_last != (result_index == classes)) begin
      if (report_mismatch(0)) $display("AXN mismatch image %0d result %0d last", image, result_index);
    end
    if (result_data !== wanted) begin
      if (report_mismatch(0)) begin
        if (result_index == classes) begin
          $display("AXN mismatch image %0d class got %0d wanted %0d", image, result_data, wanted);
        end else begin
          $display("AXN mismatch image %0d logit %0d got %0d wanted %0d", image, result_index,
                   $signed(result_data), wanted);
        end
      end
    end
    if (result_index == classes) begin
      if (layer_index != layer_count + 1) begin
        if (report_mismatch(0)) begin
          $display("AXN mismatch image %0d layers ended got %0d wanted %0d", image, layer_index,
                   layer_count + 1);
        end
      end
      $display("AXN image %0d cycles %0d class %0d mismatches %0d", image, cycle - image_start + 1,
               result_data, image_mismatches);
      image = image + 1;
      next_image();
    end else begin
      result_index = result_index + 1;
    end
  endtask

  // One process samples and drives everything.
  always @(posedge clk) begin
    cycle = cycle + 1;
    if (running && !opened) begin
      opened = 1'b1;
      layer_start = cycle;
      next_image();
    end else if (running) begin
      if (arena_write != '0) mirror_write();
      if (image_valid && image_ready) begin
        if (!image_started) image_start = cycle;
        image_started = 1'b1;
        image_valid <= 1'b0;
        // The end of a layer is seen one cycle after its last write.
        layer_start = cycle + 1;
        if (image_sent < image_bytes) put_image_word();
        else image_open = 1'b0;
      end
      if (image_open) image_valid <= !stalls || $random(stall_seed) % 3 != 0;
      if (image_valid && !image_ready) image_valid <= 1'b1;
      if (layer_end) check_layer();
      if (result_valid && result_ready) check_result();
      result_ready <= !stalls || $random(stall_seed) % 3 == 0;
      if (cycle - layer_start > longint'(timeout)) begin
        $display("AXN error no layer ended within %0d cycles", timeout);
        $fatal(1);
      end
    end
  end

  // Registers are written between the rising edges.
  task automatic write_register(input logic [7:0] address, input logic [31:0] data);
    reg_valid = 1'b1;
    reg_write = 1'b1;
    reg_addr  = address;
    reg_wdata = data;
    @(negedge clk);
    reg_valid = 1'b0;
    reg_write = 1'b0;
  endtask

  // Memory images, for loading through the port.
  logic [31:0] program_image[`AXN_PROGRAM_DEPTH];
  logic [63:0] parameter_image[`AXN_PARAMETER_DEPTH];
  logic [8*`AXN_COLS-1:0] weight_image[`AXN_WEIGHT_DEPTH];

  task automatic load_by_port;
    logic [32*WeightParts-1:0] word;
    $readmemh("mem/program.hex", program_image);
    $readmemh("mem/parameters.hex", parameter_image);
    $readmemh("mem/weights.hex", weight_image);
    write_register(`AXN_REG_LOAD_ADDRESS, 32'h0000_0000);
    for (int i = 0; i < `AXN_PROGRAM_DEPTH; i++) write_register(`AXN_REG_LOAD_DATA, program_image[i]);
    write_register(`AXN_REG_LOAD_ADDRESS, 32'h1000_0000);
    for (int i = 0; i < `AXN_PARAMETER_DEPTH; i++) begin
      write_register(`AXN_REG_LOAD_DATA, parameter_image[i][31:0]);
      write_register(`AXN_REG_LOAD_DATA, parameter_image[i][63:32]);
    end
    write_register(`AXN_REG_LOAD_ADDRESS, 32'h2000_0000);
    for (int i = 0; i < `AXN_WEIGHT_DEPTH; i++) begin
      word = '0;
      word[8*`AXN_COLS-1:0] = weight_image[i];
      for (int p = 0; p < WeightParts; p++) write_register(`AXN_REG_LOAD_DATA, word[32*p+:32]);
    end
  endtask

  // Each bank of the weights takes its words.
`ifdef AXN_DENSE_TAPS
  localparam int WeightBanks = `AXN_DENSE_TAPS;
`else
  localparam int WeightBanks = 1;
`endif
  logic load_weights = 1'b0;
  for (genvar b = 0; b < WeightBanks; b++) begin : g_weights
    always @(load_weights) begin
      for (int i = 0; i < `AXN_WEIGHT_DEPTH / WeightBanks; i++)
        u_dut.u_accelerator.u_weight_memory.g_bank[b].u_memory.memory_q[i] = weight_image[i*WeightBanks+b];
    end
  end

  task automatic load_directly;
    $readmemh("mem/program.hex", u_dut.u_accelerator.u_program.memory_q);
    $readmemh("mem/parameters.hex", u_dut.u_accelerator.u_parameter_memory.memory_q);
    $readmemh("mem/weights.hex", weight_image);
    load_weights = !load_weights;
`ifdef AXN_TWO_BUSES
    $readmemh("mem/parameters.hex", u_dut.u_accelerator.g_right.u_parameter_memory.memory_q);
`endif
  endtask

`include "axn_tables.svh"

  initial begin
    if (!$value$plusargs("vectors=%s", vectors_name)) vectors_name = "golden/vectors.bin";
    if (!$value$plusargs("images=%d", image_limit)) image_limit = -1;
    if (!$value$plusargs("timeout=%d", timeout)) timeout = 20000000;
    if (!$value$plusargs("load=%s", load_name)) load_name = "direct";
    stalls = $value$plusargs("stalls=%d", stall_seed) != 0;
    if (!$value$plusargs("trace_layer=%d", trace_layer)) trace_layer = 0;
    tracing = $value$plusargs("trace=%s", trace_name) != 0;
    if (tracing) $dumpfile(trace_name);
    if (tracing && trace_layer <= 1) $dumpvars(0, u_dut);
    vectors = $fopen(vectors_name, "rb");
    if (vectors == 0) begin
      $display("AXN error %s cannot be opened", vectors_name);
      $fatal(1);
    end
    $readmemh("mem/layout.hex", layout);
    image_base = integer'(layout[0]);
    image_bytes = integer'(layout[1]);
    classes = integer'(layout[2]);
    layer_count = integer'(layout[3]);
    load_tables();

    repeat (4) @(negedge clk);
    rst_n = 1'b1;
    @(negedge clk);
    if (load_name == "port") load_by_port();
    else load_directly();
    write_register(`AXN_REG_IMAGE_WORDS, (image_bytes + 15) / 16);
    write_register(`AXN_REG_IMAGE_BASE, image_base);
    write_register(`AXN_REG_PROGRAM, 0);
    write_register(`AXN_REG_LAYER_SELECT, 1);
    write_register(`AXN_REG_CONTROL, 1);
    running = 1'b1;
  end

`ifdef AXN_PROBE
  `include "axn_probe.svh"
`endif
endmodule
