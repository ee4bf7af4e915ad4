// Writer: skewed lane results to consecutive bytes of each channel's plane, for any base, plane
// size and channel count; nothing beside them is touched; image words. -DROWS.
module writer_tb;
  localparam int Rows = `ROWS;
  localparam int Banks = Rows <= 16 ? 4 : 8;
  localparam int Lanes = Rows <= 16 ? 16 : 32;
  localparam int AddressW = 12;
  localparam int Bytes = 1 << AddressW;

  logic clk = 1'b0, rst_n = 1'b0, start = 1'b0, result = 1'b0, image = 1'b0;
  always #5 clk = !clk;
  logic [AddressW-1:0] base = '0;
  logic [23:0] plane = 24'd1;
  logic [15:0] channels = 16'd1;
  logic [AddressW-5:0] image_word = '0;
  logic [127:0] image_data = '0;
  wire last;
  wire [16*Banks-1:0] write;
  wire [AddressW-5:0] word;
  wire [8*Lanes-1:0] data;

  // Lane r shows the value of lane 0 r cycles later; lane 0 shows it 6 cycles after result.
  logic [8*Rows-1:0] lanes[Rows+8];
  logic [8*Rows-1:0] y, value = '0;
  always @(posedge clk) begin
    for (int i = Rows + 7; i > 0; i--) lanes[i] <= lanes[i-1];
    lanes[0] <= value;
  end
  always_comb begin
    y = '0;
    for (int r = 0; r < Rows; r++) y[8*r+:8] = lanes[5+r][8*r+:8];
  end

  axn_writer #(.Rows(Rows), .Banks(Banks), .Lanes(Lanes), .AddressW(AddressW)) u_dut (
      .clk_i(clk), .rst_ni(rst_n), .clear_i(1'b0), .start_i(start), .base_i(base), .plane_i(plane),
      .channels_i(channels), .split_i(1'b0), .late_i(1'b0), .result_i(result), .y_i(y), .last_o(last), .image_write_i(image),
      .image_word_i(image_word), .image_data_i(image_data), .write_o(write), .word_o(word),
      .data_o(data));

  logic [7:0] memory[Bytes], wanted[Bytes];
  integer lasts = 0, seed = 17, tests = 0;
  always @(posedge clk) begin
    for (int i = 0; i < 16 * Banks; i++) begin
      if (write[i] === 1'b1) begin
        integer at;
        at = (((integer'(word) + Banks - 1 - i / 16) / Banks) * Banks * 16 + i) % Bytes;
        memory[at] = data[8*(i%Lanes)+:8];
      end
    end
    if (last === 1'b1) lasts = lasts + 1;
  end

  initial begin
    for (int i = 0; i < Bytes; i++) begin
      memory[i] = 8'(i);
      wanted[i] = 8'(i);
    end
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    for (int n = 0; n < 60; n++) begin
      plane = 24'(1 + ($random(seed) & 63));
      channels = 16'(1 + ($random(seed) & 15));
      base = AddressW'(($random(seed) & 32'h7fffffff) % (Bytes - integer'(plane) * integer'(channels)));
      lasts = 0;
      start = 1'b1;
      @(negedge clk);
      start = 1'b0;
      for (int p = 0; p < integer'(plane); p = p + Rows) begin
        for (int c = 0; c < integer'(channels); c++) begin
          result = 1'b1;
          for (int r = 0; r < Rows; r++) begin
            value[8*r+:8] = 8'($random(seed));
            if (p + r < integer'(plane)) wanted[integer'(base)+c*integer'(plane)+p+r] = value[8*r+:8];
          end
          @(negedge clk);
          result = 1'b0;
          while (($random(seed) & 3) == 0) @(negedge clk);
        end
      end
      repeat (Rows + 8) @(negedge clk);
      if (lasts != 1) $fatal(1, "FAIL writer: last %0d times", lasts);
      image = 1'b1;
      image_word = (AddressW - 4)'($random(seed));
      image_data = {$random(seed), $random(seed), $random(seed), $random(seed)};
      for (int i = 0; i < 16; i++) wanted[16*integer'(image_word)+i] = image_data[8*i+:8];
      @(negedge clk);
      image = 1'b0;
      for (int i = 0; i < Bytes; i++) begin
        if (memory[i] !== wanted[i]) begin
          $display("FAIL writer test %0d byte %0d got %h wanted %h", n, i, memory[i], wanted[i]);
          $fatal(1);
        end
      end
      tests = tests + 1;
    end
    $display("PASS writer %0d rows: %0d maps", Rows, tests);
    $finish;
  end
endmodule
