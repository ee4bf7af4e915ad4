// Part of axn_tb, with AXN_PROBE: +probe=FILE records the boundary of the accelerator's logic,
// its ports and those of its memories, one line a clock cycle from the start of simulation to
// the last result word of the first image: the settled values just before the clock edge, in
// hexadecimal. The first line names the columns, NAME:WIDTH, memories by instance path below
// axn_top. @check is 1 in all cycles, @count from the first image word to the last result word.
`define AXN_PROBED u_dut.u_accelerator
`define AXN_PROBE_MEMORY(path, bytes, depth) \
  $fwrite(probe_file, " %s.read_data_o:%0d %s.read_i:1 %s.read_address_i:%0d %s.write_i:%0d", \
          `"path`", 8 * (bytes), `"path`", `"path`", $clog2(depth), \
          `"path`", bytes); \
  $fwrite(probe_file, " %s.write_address_i:%0d %s.write_data_i:%0d", \
          `"path`", $clog2(depth), `"path`", 8 * (bytes));
`define AXN_PROBE_VALUES(path) \
  $fwrite(probe_file, " %h %h %h %h", u_dut.path.read_data_o, u_dut.path.read_i, \
          u_dut.path.read_address_i, u_dut.path.write_i); \
  $fwrite(probe_file, " %h %h", u_dut.path.write_address_i, u_dut.path.write_data_i);

  integer probe_file = 0;
  logic probe_counting = 1'b0;

  // The banks of the arena, side by side.
  localparam int ProbeRow = $clog2(`AXN_ARENA_DEPTH);
  wire [Banks*ProbeRow-1:0] probe_read_row, probe_write_row;
  wire [Banks-1:0] probe_read;
  wire [16*Banks-1:0] probe_write;
  wire [128*Banks-1:0] probe_read_data, probe_write_data;
  for (genvar b = 0; b < Banks; b++) begin : g_probe
    assign probe_read_row[ProbeRow*b+:ProbeRow] =
        `AXN_PROBED.u_arena.g_bank[b].u_memory.read_address_i;
    assign probe_write_row[ProbeRow*b+:ProbeRow] =
        `AXN_PROBED.u_arena.g_bank[b].u_memory.write_address_i;
    assign probe_read[b] = `AXN_PROBED.u_arena.g_bank[b].u_memory.read_i;
    assign probe_write[16*b+:16] = `AXN_PROBED.u_arena.g_bank[b].u_memory.write_i;
    assign probe_read_data[128*b+:128] = `AXN_PROBED.u_arena.g_bank[b].u_memory.read_data_o;
    assign probe_write_data[128*b+:128] = `AXN_PROBED.u_arena.g_bank[b].u_memory.write_data_i;
  end

  // The corner of the array, at most 4 x 4, once more: its ports go to FILE.array, from the first
  // tile on, for a simulation of its netlist. @check is 1 when all that was before is flushed.
  localparam int CornerRows = `AXN_ROWS < 4 ? `AXN_ROWS : 4;
  localparam int CornerCols = `AXN_COLS < 4 ? `AXN_COLS : 4;
  localparam int CornerBuses = CornerCols == `AXN_COLS ? `AXN_ROW_BUSES : 1;
  localparam int CornerFlush = CornerRows + CornerCols + 3;
  localparam int CornerLines = 200000;
  integer corner_file = 0, corner_lines = 0, corner_flushed = 0;
  logic [CornerRows-1:0] corner_begun = '0;  // rows that have had their first tile
  wire [8*CornerRows-1:0] corner_a, corner_edge;
  wire [CornerRows-1:0] corner_valid, corner_first, corner_load;
  wire [8*CornerCols-1:0] corner_w;
  wire [CornerCols-1:0] corner_enable;
  wire [`AXN_ACC_W*CornerBuses*CornerRows-1:0] corner_sum;
  assign corner_a = `AXN_PROBED.u_array.a_i[8*CornerRows-1:0];
  assign corner_valid = `AXN_PROBED.u_array.valid_i[CornerRows-1:0];
  assign corner_first = `AXN_PROBED.u_array.first_i[CornerRows-1:0];
  assign corner_load = `AXN_PROBED.u_array.load_i[CornerRows-1:0];
  assign corner_w = `AXN_PROBED.u_array.w_i[8*CornerCols-1:0];
  assign corner_enable = `AXN_PROBED.u_array.enable_i[CornerCols-1:0];
  axn_array #(
      .Rows(CornerRows),
      .Cols(CornerCols),
      .AccW(`AXN_ACC_W),
      .AllowSwap(`AXN_ALLOW_SWAP),
      .Multipliers(`AXN_MULTIPLIERS),
      .Buses(CornerBuses)
  ) u_corner (
      .clk_i(clk),
      .a_i(corner_a),
      .valid_i(corner_valid),
      .first_i(corner_first),
      .load_i(corner_load),
      .edge_o(corner_edge),
      .w_i(corner_w),
      .enable_i(corner_enable),
      .swap_i(`AXN_PROBED.u_array.swap_i),
      .select_i(`AXN_PROBED.u_array.select_i),
      .sum_o(corner_sum)
  );

  task automatic corner_open;
    string name;
    if ($value$plusargs("probe=%s", name) != 0) begin
      corner_file = $fopen({name, ".array"}, "w");
      if (corner_file == 0) begin
        $display("AXN error %s.array cannot be written", name);
        $fatal(1);
      end
      $fwrite(corner_file, "@check:1 a_i:%0d valid_i:%0d first_i:%0d load_i:%0d w_i:%0d",
              8 * CornerRows, CornerRows, CornerRows, CornerRows, 8 * CornerCols);
      $fwrite(corner_file, " enable_i:%0d swap_i:1 select_i:%0d edge_o:%0d sum_o:%0d\n", CornerCols,
              `AXN_MULTIPLIERS, 8 * CornerRows, `AXN_ACC_W * CornerBuses * CornerRows);
    end
  endtask

  task automatic corner_write_line;
    if (corner_file != 0 && (corner_lines > 0 || |(corner_first & corner_valid)) &&
        corner_lines < CornerLines) begin
      $fwrite(corner_file, "%h %h %h %h %h %h", 1'(corner_flushed >= CornerFlush), corner_a,
              corner_valid, corner_first, corner_load, corner_w);
      $fwrite(corner_file, " %h %h %h %h %h\n", corner_enable, `AXN_PROBED.u_array.swap_i,
              `AXN_PROBED.u_array.select_i, corner_edge, corner_sum);
      corner_lines = corner_lines + 1;
      corner_begun = corner_begun | corner_first;
      if (&corner_begun) corner_flushed = corner_flushed + 1;
    end
  endtask

  // Those of the weights.
  localparam int ProbeWeightRow = $clog2(`AXN_WEIGHT_DEPTH / WeightBanks);
  wire [WeightBanks*ProbeWeightRow-1:0] probe_weight_row, probe_weight_write_row;
  wire [WeightBanks-1:0] probe_weight_read;
  wire [`AXN_COLS*WeightBanks-1:0] probe_weight_write;
  wire [8*`AXN_COLS*WeightBanks-1:0] probe_weight_data, probe_weight_write_data;
  for (genvar b = 0; b < WeightBanks; b++) begin : g_probe_weights
    assign probe_weight_row[ProbeWeightRow*b+:ProbeWeightRow] =
        `AXN_PROBED.u_weight_memory.g_bank[b].u_memory.read_address_i;
    assign probe_weight_write_row[ProbeWeightRow*b+:ProbeWeightRow] =
        `AXN_PROBED.u_weight_memory.g_bank[b].u_memory.write_address_i;
    assign probe_weight_read[b] = `AXN_PROBED.u_weight_memory.g_bank[b].u_memory.read_i;
    assign probe_weight_write[`AXN_COLS*b+:`AXN_COLS] =
        `AXN_PROBED.u_weight_memory.g_bank[b].u_memory.write_i;
    assign probe_weight_data[8*`AXN_COLS*b+:8*`AXN_COLS] =
        `AXN_PROBED.u_weight_memory.g_bank[b].u_memory.read_data_o;
    assign probe_weight_write_data[8*`AXN_COLS*b+:8*`AXN_COLS] =
        `AXN_PROBED.u_weight_memory.g_bank[b].u_memory.write_data_i;
  end

  task automatic probe_open;
    string name;
    if ($value$plusargs("probe=%s", name) != 0) begin
      probe_file = $fopen(name, "w");
      if (probe_file == 0) begin
        $display("AXN error %s cannot be written", name);
        $fatal(1);
      end
      $fwrite(probe_file, "@check:1 @count:1 rst_ni:1 reg_valid_i:1 reg_write_i:1 reg_addr_i:8");
      $fwrite(probe_file, " reg_wdata_i:32 reg_rdata_o:32 image_valid_i:1 image_ready_o:1");
      $fwrite(probe_file, " image_data_i:128 result_valid_o:1 result_ready_i:1 result_data_o:32");
      $fwrite(probe_file, " result_last_o:1 layer_end_o:1 layer_o:8 busy_o:1");
      `AXN_PROBE_MEMORY(u_accelerator.u_program, 4, `AXN_PROGRAM_DEPTH)
      `AXN_PROBE_MEMORY(u_accelerator.u_parameter_memory, 8, `AXN_PARAMETER_DEPTH)
`ifdef AXN_TWO_BUSES
      `AXN_PROBE_MEMORY(u_accelerator.g_right.u_parameter_memory, 8, `AXN_PARAMETER_DEPTH)
`endif
      for (int b = 0; b < Banks; b++) begin
        name = $sformatf(" u_accelerator.u_arena.g_bank[%0d].u_memory.", b);
        $fwrite(probe_file, "%sread_data_o:128%sread_i:1%sread_address_i:%0d", name, name, name,
                ProbeRow);
        $fwrite(probe_file, "%swrite_i:16%swrite_address_i:%0d%swrite_data_i:128", name, name,
                ProbeRow, name);
      end
      for (int b = 0; b < WeightBanks; b++) begin
        name = $sformatf(" u_accelerator.u_weight_memory.g_bank[%0d].u_memory.", b);
        $fwrite(probe_file, "%sread_data_o:%0d%sread_i:1%sread_address_i:%0d", name, 8 * `AXN_COLS,
                name, name, ProbeWeightRow);
        $fwrite(probe_file, "%swrite_i:%0d%swrite_address_i:%0d%swrite_data_i:%0d", name, `AXN_COLS,
                name, ProbeWeightRow, name, 8 * `AXN_COLS);
      end
      $fwrite(probe_file, "\n");
    end
  endtask
  initial begin
    probe_open();
    corner_open();
  end

  task automatic probe_write_line;
    $fwrite(probe_file, "1 %h %h %h %h", probe_counting, rst_n, reg_valid, reg_write);
    $fwrite(probe_file, " %h %h %h", reg_addr, reg_wdata, reg_rdata);
    $fwrite(probe_file, " %h %h %h", image_valid, image_ready, image_data);
    $fwrite(probe_file, " %h %h %h %h", result_valid, result_ready, result_data, result_last);
    $fwrite(probe_file, " %h %h %h", layer_end, layer, busy);
    `AXN_PROBE_VALUES(u_accelerator.u_program)
    `AXN_PROBE_VALUES(u_accelerator.u_parameter_memory)
`ifdef AXN_TWO_BUSES
    `AXN_PROBE_VALUES(u_accelerator.g_right.u_parameter_memory)
`endif
    for (int b = 0; b < Banks; b++) begin
      $fwrite(probe_file, " %h %h %h", probe_read_data[128*b+:128], probe_read[b],
              probe_read_row[ProbeRow*b+:ProbeRow]);
      $fwrite(probe_file, " %h %h %h", probe_write[16*b+:16],
              probe_write_row[ProbeRow*b+:ProbeRow], probe_write_data[128*b+:128]);
    end
    for (int b = 0; b < WeightBanks; b++) begin
      $fwrite(probe_file, " %h %h %h", probe_weight_data[8*`AXN_COLS*b+:8*`AXN_COLS],
              probe_weight_read[b], probe_weight_row[ProbeWeightRow*b+:ProbeWeightRow]);
      $fwrite(probe_file, " %h %h %h", probe_weight_write[`AXN_COLS*b+:`AXN_COLS],
              probe_weight_write_row[ProbeWeightRow*b+:ProbeWeightRow],
              probe_weight_write_data[8*`AXN_COLS*b+:8*`AXN_COLS]);
    end
    $fwrite(probe_file, "\n");
  endtask

  always @(posedge clk) begin
    if (probe_file != 0) begin
      if (image_valid && image_ready) probe_counting = 1'b1;
      probe_write_line();
      corner_write_line();
      if (result_valid && result_ready && result_last) begin
        $fclose(probe_file);
        probe_file = 0;
        if (corner_file != 0) $fclose(corner_file);
        corner_file = 0;
      end
    end
  end
