// A bit delayed by 0 to Length cycles: tap_o[i] is bit_i of i cycles ago.
`default_nettype none

module axn_delay #(
    parameter int Length = 15  // at least 1
) (
    input  wire              clk_i,
    input  wire              rst_ni,
    input  wire              clear_i,
    input  wire              bit_i,
    output wire [Length : 0] tap_o
);
  logic [Length-1:0] chain_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) chain_q <= '0;
    else if (clear_i) chain_q <= '0;
    else chain_q <= tap_o[Length-1:0];
  end

  assign tap_o = {chain_q, bit_i};
endmodule

`default_nettype wire
