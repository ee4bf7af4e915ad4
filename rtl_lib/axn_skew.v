// Lane i leaves i cycles after it entered; lane 0 passes through. With Align the lanes come skewed
// the other way (the last one first) and leave together.
// load_i[j]: what entered j cycles ago (Align: what the last lane brought j cycles ago) is of use;
// stages that nothing of use enters keep what they have. All ones: everything is passed on.
`default_nettype none
`include "axn_clock_gating.vh"

module axn_skew #(
    parameter int Lanes = 16,
    parameter int Width = 8,
    parameter int Align = 0
) (
    input  wire                   clk_i,
    input  wire [      Lanes-1:0] load_i,
    input  wire [Lanes*Width-1:0] data_i,
    output wire [Lanes*Width-1:0] data_o
);
  assign data_o[0+:Width] = data_i[0+:Width];

  for (genvar i = 1; i < Lanes; i++) begin : g_lane
    wire [(i+1)*Width-1:0] chain  /*verilator split_var*/;
    assign chain[0+:Width] = data_i[i*Width+:Width];
    for (genvar k = 0; k < i; k++) begin : g_stage
      logic [Width-1:0] stage_q;
      always_ff @(posedge clk_i) begin
        if (`AXN_CLOCKED(load_i[Align != 0 ? Lanes-1-i+k : k])) stage_q <= chain[k*Width+:Width];
      end
      assign chain[(k+1)*Width+:Width] = stage_q;
    end
    assign data_o[i*Width+:Width] = chain[i*Width+:Width];
  end

  wire unused;
  assign unused = &{1'b0, load_i};
endmodule

`default_nettype wire
