// Arena: words from any address on, bytes to any address, against a flat memory. -DBANKS.
module arena_tb;
  localparam int Banks = `BANKS;
  localparam int Lanes = Banks == 8 ? 32 : 16;
  localparam int Depth = 12;
  localparam int Bytes = Depth * Banks * 16;
  localparam int AddressW = 4 + 4 + $clog2(Banks);

  logic clk = 1'b0;
  always #5 clk = !clk;
  logic [Banks-1:0] read = '0;
  logic [AddressW-5:0] read_word = '0, write_word = '0;
  wire [128*Banks-1:0] read_data;
  logic [16*Banks-1:0] write = '0;
  logic [8*Lanes-1:0] write_data = '0;
  axn_arena #(.Banks(Banks), .Lanes(Lanes), .Depth(Depth), .AddressW(AddressW)) u_dut (
      .clk_i(clk), .read_i(read), .read_word_i(read_word), .read_data_o(read_data), .write_i(write),
      .write_word_i(write_word), .write_data_i(write_data));

  logic [7:0] flat[Bytes];
  integer seed = 9, address, count, word, checks = 0;

  initial begin
    for (int i = 0; i < Bytes / 16; i++) begin
      for (int j = 0; j < 16; j++) flat[16*i+j] = 8'(i * 31 + j);
      write = '0;
      write[16*(i%Banks)+:16] = '1;
      write_word = (AddressW - 4)'(i);
      for (int j = 0; j < Lanes; j++) write_data[8*j+:8] = flat[16*i+j%16];
      @(negedge clk);
    end
    for (int n = 0; n < 4000; n++) begin
      count = 1 + ($random(seed) & 32'h7fffffff) % Lanes;
      address = ($random(seed) & 32'h7fffffff) % (Bytes - count);
      write = '0;
      write_word = (AddressW - 4)'(address / 16);
      for (int i = 0; i < count; i++) begin
        write[(address+i)%(16*Banks)] = 1'b1;
        write_data[8*((address+i)%Lanes)+:8] = 8'($random(seed));
      end
      word = ($random(seed) & 32'h7fffffff) % (Bytes / 16 - Banks + 1);
      read_word = (AddressW - 4)'(word);
      read = '1;
      @(negedge clk);
      for (int i = 0; i < 16 * Banks; i++) begin
        integer at;
        at = 16 * word + i;
        if (read_data[8*(at%(16*Banks))+:8] !== flat[at]) begin
          $display("FAIL arena byte %0d got %h wanted %h", at, read_data[8*(at%(16*Banks))+:8], flat[at]);
          $fatal(1);
        end
        checks = checks + 1;
      end
      // Written with the read, seen after it.
      for (int i = 0; i < count; i++) flat[address+i] = write_data[8*((address+i)%Lanes)+:8];
    end
    $display("PASS arena %0d banks: %0d bytes", Banks, checks);
    $finish;
  end
endmodule
