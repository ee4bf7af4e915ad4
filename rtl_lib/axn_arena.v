// The arena: Banks memories of 16-byte words, word w in bank w mod Banks. A read gives Banks
// consecutive words from any word on, in the order of the banks; a write puts up to Lanes
// consecutive bytes anywhere; with two writers each does, and they never touch one bank in a
// cycle. Read latency one cycle.
`default_nettype none

module axn_arena #(
    parameter int Banks = 4,
    parameter int Lanes = 16,    // 16 or 32
    parameter int Depth = 256,   // words of a bank
    parameter int AddressW = 14, // of a byte
    parameter int Writers = 1    // 1 or 2
) (
    input  wire                 clk_i,
    // read
    input  wire [    Banks-1:0] read_i,        // banks to read
    input  wire [ AddressW-5:0] read_word_i,   // first word
    output wire [128*Banks-1:0] read_data_o,   // bank 0 first
    // write
    input  wire [ 16*Banks*Writers-1:0] write_i,        // bytes to write, bank 0 first
    input  wire [(AddressW-4)*Writers-1:0] write_word_i,  // first word
    input  wire [  8*Lanes*Writers-1:0] write_data_i    // byte i goes to addresses = i modulo Lanes
);
  localparam int BankW = $clog2(Banks);

  for (genvar b = 0; b < Banks; b++) begin : g_bank
    // Word w lies in row (w - b) / Banks of bank b, rounded up: the first word at or after w there.
    wire [AddressW-5:0] read_up, write_up, write_word;
    wire [15:0] write;
    wire [127:0] write_data;
    assign read_up  = read_word_i + (AddressW - 4)'(Banks - 1 - b);
    assign write_up = write_word + (AddressW - 4)'(Banks - 1 - b);
    if (Writers == 1) begin : g_one
      assign write = write_i[16*b+:16];
      assign write_word = write_word_i;
      assign write_data = write_data_i[128*(b%(Lanes/16))+:128];
    end else begin : g_two
      wire second;
      assign second = write_i[16*(Banks+b)+:16] != '0;
      assign write = write_i[16*b+:16] | write_i[16*(Banks+b)+:16];
      assign write_word = second ? write_word_i[AddressW-4+:AddressW-4] : write_word_i[0+:AddressW-4];
      assign write_data = second ? write_data_i[8*Lanes+128*(b%(Lanes/16))+:128]
          : write_data_i[128*(b%(Lanes/16))+:128];
    end
    wire unused;
    assign unused = &{1'b0, read_up[BankW-1:0], write_up[BankW-1:0]};

    axn_memory #(
        .Bytes(16),
        .Depth(Depth)
    ) u_memory (
        .clk_i,
        .read_i(read_i[b]),
        .read_address_i(read_up[AddressW-5:BankW]),
        .read_data_o(read_data_o[128*b+:128]),
        .write_i(write),
        .write_address_i(write_up[AddressW-5:BankW]),
        .write_data_i(write_data)
    );
  end
endmodule

`default_nettype wire
