// axn_memory in block RAM of an FPGA: ports and behaviour of rtl_lib/axn_memory.v, but a word
// read in the cycle in which it is written is undefined. The accelerator never uses such a
// word: operands and results of an operation lie in different regions, and nothing is loaded
// while it runs. Logic that would give the old word costs more than the lanes. With
// AXN_FPGA_LOGIC_ONLY a memory has 256 words, whatever its depth: one row of blocks, to place the
// logic around memories that do not fit.
`default_nettype none

module axn_memory #(
    parameter int Bytes = 16,  // of a word
    parameter int Depth = 256  // words, at least 2
) (
    input  wire                     clk_i,
    // read port
    input  wire                     read_i,
    input  wire [$clog2(Depth)-1:0] read_address_i,
    output wire [      8*Bytes-1:0] read_data_o,
    // write port
    input  wire [        Bytes-1:0] write_i,
    input  wire [$clog2(Depth)-1:0] write_address_i,
    input  wire [      8*Bytes-1:0] write_data_i
);
`ifdef AXN_FPGA_LOGIC_ONLY
  localparam int Words = Depth < 256 ? Depth : 256;
`else
  localparam int Words = Depth;
`endif
  wire [$clog2(Words)-1:0] read_word, write_word;
  assign read_word  = read_address_i[$clog2(Words)-1:0];
  assign write_word = write_address_i[$clog2(Words)-1:0];

  (* ram_style = "block", no_rw_check *)
  reg [8*Bytes-1:0] memory_q[0:Words-1];
  reg [8*Bytes-1:0] read_q;

  integer i;
  always @(posedge clk_i) begin
    if (read_i) read_q <= memory_q[read_word];
    for (i = 0; i < Bytes; i = i + 1) begin
      if (write_i[i]) memory_q[write_word][8*i+:8] <= write_data_i[8*i+:8];
    end
  end

  assign read_data_o = read_q;
endmodule

`default_nettype wire
