// Lane i leaves i cycles after it entered; lane 0 passes through.
`default_nettype none

module axn_skew #(
    parameter int Lanes = 16,
    parameter int Width = 8
) (
    input  wire                   clk_i,
    input  wire [Lanes*Width-1:0] data_i,
    output wire [Lanes*Width-1:0] data_o
);
  assign data_o[0+:Width] = data_i[0+:Width];

  for (genvar i = 1; i < Lanes; i++) begin : g_lane
    logic [i*Width-1:0] stages_q;
    if (i == 1) begin : g_one
      always_ff @(posedge clk_i) stages_q <= data_i[i*Width+:Width];
    end else begin : g_many
      always_ff @(posedge clk_i) stages_q <= {stages_q[0+:(i-1)*Width], data_i[i*Width+:Width]};
    end
    assign data_o[i*Width+:Width] = stages_q[(i-1)*Width+:Width];
  end
endmodule

`default_nettype wire
