// The weights: Banks memories of words of Cols bytes, word w in bank w mod Banks. Each bank reads
// for itself, all from one row; a write goes to one word. Read latency one cycle.
`default_nettype none

module axn_weight_memory #(
    parameter int Cols = 16,
    parameter int Banks = 1,     // 1, 2, 4, 8 or 16
    parameter int Depth = 4096,  // words, a multiple of Banks
    parameter int AddressW = $clog2(Depth),
    parameter int RowW = AddressW - $clog2(Banks)
) (
    input  wire                    clk_i,
    // read
    input  wire [       Banks-1:0] read_i,
    input  wire [        RowW-1:0] read_row_i,
    output wire [8*Cols*Banks-1:0] read_data_o,     // bank 0 first
    // write
    input  wire [        Cols-1:0] write_i,         // bytes to write
    input  wire [    AddressW-1:0] write_address_i, // of a word
    input  wire [      8*Cols-1:0] write_data_i
);
  for (genvar b = 0; b < Banks; b++) begin : g_bank
    wire mine;
    if (Banks == 1) begin : g_one
      assign mine = 1'b1;
    end else begin : g_several
      assign mine = write_address_i[AddressW-RowW-1:0] == (AddressW - RowW)'(b);
    end
    axn_memory #(
        .Bytes(Cols),
        .Depth(Depth / Banks)
    ) u_memory (
        .clk_i,
        .read_i(read_i[b]),
        .read_address_i(read_row_i),
        .read_data_o(read_data_o[8*Cols*b+:8*Cols]),
        .write_i(write_i & {Cols{mine}}),
        .write_address_i(write_address_i[AddressW-1:AddressW-RowW]),
        .write_data_i
    );
  end
endmodule

`default_nettype wire
