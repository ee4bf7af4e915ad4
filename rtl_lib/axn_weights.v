// Reads the weight word of each finished tap (Cols bytes, in the order of use) and starts
// over at every pixel tile. Word w lies in bank w mod Banks; with whole_i a tap takes a word of
// each bank, from a multiple of Banks on, else one word, which is on word_o. A tap that leaves
// axn_taps in cycle t has its weights on the memory's output in t + 3, beside the activations;
// enable_o marks the columns in use then, none without a tap.
`default_nettype none

module axn_weights #(
    parameter int Cols = 16,
    parameter int AddressW = 12,  // of a word
    parameter int Banks = 1,      // 1, 2, 4, 8 or 16
    parameter int RowW = AddressW - $clog2(Banks)
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    input  wire                    clear_i,
    input  wire [    AddressW-1:0] base_i,
    input  wire                    emit_i,
    input  wire                    rewind_i,
    input  wire                    whole_i,
    input  wire [             5:0] columns_i,
    output wire [        Cols-1:0] enable_o,
    // memory
    output wire [       Banks-1:0] read_o,
    output wire [        RowW-1:0] address_o,
    input  wire [8*Cols*Banks-1:0] data_i,
    output wire [      8*Cols-1:0] word_o
);
  logic emit_bq, emit_cq, emit_dq, rewind_bq;
  logic [5:0] columns_bq, columns_cq;
  logic [AddressW-1:0] address_q, step;
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
    if (emit_bq) address_q <= rewind_bq ? base_i : address_q + step;
    if (emit_cq) enable_q <= enable_d;
  end
  assign enable_o = enable_q & {Cols{emit_dq}};

  if (Banks == 1) begin : g_one
    assign step = AddressW'(1);
    assign read_o = emit_cq;
    assign address_o = address_q;
    assign word_o = data_i;
    wire unused_whole;
    assign unused_whole = whole_i;
  end else begin : g_several
    localparam int BankW = $clog2(Banks);
    logic whole_q;
    logic [BankW-1:0] bank_q;
    always_ff @(posedge clk_i) begin
      whole_q <= whole_i;
      if (emit_cq) bank_q <= address_q[BankW-1:0];
    end
    assign step = whole_q ? AddressW'(Banks) : AddressW'(1);
    for (genvar b = 0; b < Banks; b++) begin : g_bank
      assign read_o[b] = emit_cq && (whole_q || address_q[BankW-1:0] == BankW'(b));
    end
    assign address_o = address_q[AddressW-1:BankW];
    assign word_o = data_i[bank_q*8*Cols+:8*Cols];
  end
endmodule

`default_nettype wire
