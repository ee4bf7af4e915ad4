// Reads the weight word of each finished tap (Cols bytes, in the order of use) and starts
// over at every pixel tile. A tap that leaves axn_taps in cycle t has its weights on the memory's
// output in t + 3, beside the activations; enable_o marks the columns in use then, none without a tap.
`default_nettype none

module axn_weights #(
    parameter int Cols = 16,
    parameter int AddressW = 12
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                clear_i,
    input  wire [AddressW-1:0] base_i,
    input  wire                emit_i,
    input  wire                rewind_i,
    input  wire [         5:0] columns_i,
    output wire                read_o,
    output wire [AddressW-1:0] address_o,
    output wire [    Cols-1:0] enable_o
);
  logic emit_bq, emit_cq, emit_dq, rewind_bq;
  logic [5:0] columns_bq, columns_cq;
  logic [AddressW-1:0] address_q;
  logic [Cols-1:0] enable_q, enable_d;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      emit_bq <= 1'b0;
      emit_cq <= 1'b0;
      emit_dq <= 1'b0;
    end else if (clear_i) begin
      emit_bq <= 1'b0;
      emit_cq <= 1'b0;
      emit_dq <= 1'b0;
    end else begin
      emit_bq <= emit_i;
      emit_cq <= emit_bq;
      emit_dq <= emit_cq;
    end
  end

  always_comb begin
    for (int c = 0; c < Cols; c++) enable_d[c] = columns_cq > 6'(c);
  end

  always_ff @(posedge clk_i) begin
    rewind_bq  <= rewind_i;
    columns_bq <= columns_i;
    columns_cq <= columns_bq;
    if (emit_bq) address_q <= rewind_bq ? base_i : address_q + AddressW'(1);
    if (emit_cq) enable_q <= enable_d;
  end

  assign read_o = emit_cq;
  assign address_o = address_q;
  assign enable_o = enable_q & {Cols{emit_dq}};
endmodule

`default_nettype wire
