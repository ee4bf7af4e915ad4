// Ports of axn_memory, a black box in synthesis.
`default_nettype none

module axn_memory #(
    parameter int Bytes = 16,
    parameter int Depth = 256
) (
    input  wire                     clk_i,
    input  wire                     read_i,
    input  wire [$clog2(Depth)-1:0] read_address_i,
    output wire [      8*Bytes-1:0] read_data_o,
    input  wire [        Bytes-1:0] write_i,
    input  wire [$clog2(Depth)-1:0] write_address_i,
    input  wire [      8*Bytes-1:0] write_data_i
);
endmodule

`default_nettype wire
