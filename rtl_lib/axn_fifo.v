// FIFO of any depth as a shift register: the oldest entry is always in stage 0, so data_o
// comes straight from a register. push_i needs room (count < Depth, the caller's duty);
// pop_i needs valid_o. An entry is visible the cycle after it was pushed.
`default_nettype none

module axn_fifo #(
    parameter int Width = 32,
    parameter int Depth = 4    // at least 2
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    input  wire             clear_i,
    input  wire             push_i,
    input  wire [Width-1:0] data_i,
    input  wire             pop_i,
    output wire             valid_o,
    output wire [Width-1:0] data_o
);
  logic [Depth-1:0] used_q, used_d;  // a thermometer: entries 0 .. count - 1
  logic [Depth-1:0] load;  // the entry that takes data_i
  logic [Width*Depth-1:0] entry_q;

  always_comb begin
    used_d = pop_i ? used_q >> 1 : used_q;
    load = ~used_d & {used_d[Depth-2:0], 1'b1} & {Depth{push_i}};
    used_d = used_d | load;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) used_q <= '0;
    else if (clear_i) used_q <= '0;
    else used_q <= used_d;
  end

  for (genvar i = 0; i < Depth; i++) begin : g_entry
    if (i < Depth - 1) begin : g_inner
      always_ff @(posedge clk_i) begin
        if (load[i]) entry_q[i*Width+:Width] <= data_i;
        else if (pop_i) entry_q[i*Width+:Width] <= entry_q[(i+1)*Width+:Width];
      end
    end else begin : g_last
      always_ff @(posedge clk_i) begin
        if (load[i]) entry_q[i*Width+:Width] <= data_i;
      end
    end
  end

  assign valid_o = used_q[0];
  assign data_o  = entry_q[0+:Width];
endmodule

`default_nettype wire
