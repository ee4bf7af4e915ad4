// One memory: one read and one write port on one clock, byte enables on the write port.
// Read latency: one cycle; read_data_o keeps its value while read_i is low. A read and a
// write of the same word in one cycle return the old word. A black box in synthesis: area
// and energy of memories come from tables.
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
  logic [8*Bytes-1:0] memory_q[Depth];
  logic [8*Bytes-1:0] read_q;

  always_ff @(posedge clk_i) begin
    if (read_i) read_q <= memory_q[read_address_i];
    for (int i = 0; i < Bytes; i++) begin
      if (write_i[i]) memory_q[write_address_i][8*i+:8] <= write_data_i[8*i+:8];
    end
  end

  assign read_data_o = read_q;
endmodule

`default_nettype wire
