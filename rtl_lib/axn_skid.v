// Register slice of a valid/ready stream (skid buffer): valid, data and ready all come from
// registers, a word a cycle passes, one cycle of latency. The second register catches the word
// that is under way when the receiver stops. Nothing is ready during reset.
`default_nettype none

module axn_skid #(
    parameter int Width = 32
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    // sender
    input  wire             valid_i,
    output wire             ready_o,
    input  wire [Width-1:0] data_i,
    // receiver
    output wire             valid_o,
    input  wire             ready_i,
    output wire [Width-1:0] data_o
);
  logic valid_q, valid_d, full_q, full_d, ready_q;
  logic [Width-1:0] data_q, spare_q;
  logic take, free;

  always_comb begin
    take = valid_i && ready_q;
    free = !valid_q || ready_i;
    valid_d = take || full_q || (valid_q && !ready_i);
    full_d = !free && (full_q || take);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      full_q  <= 1'b0;
      ready_q <= 1'b0;
    end else begin
      valid_q <= valid_d;
      full_q  <= full_d;
      ready_q <= !full_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (free) data_q <= full_q ? spare_q : data_i;
    if (take) spare_q <= data_i;
  end

  assign ready_o = ready_q;
  assign valid_o = valid_q;
  assign data_o  = data_q;
endmodule

`default_nettype wire
