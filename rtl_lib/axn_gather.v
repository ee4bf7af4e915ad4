// Brings one byte a tap to each row. Holds the rows' window records; for the present tap it
// finds the rows inside the map, and in each beat reads Banks consecutive words of 16 bytes
// from the word of the lowest row not yet served, and serves every row whose byte lies in them.
// A convolution's taps outside the map get the code zero_i, a pool's are not valid.
// A fully connected layer of DenseTaps taps a cycle has its bytes in as many rows; in its last
// cycle only last_bytes_i of them are.
//
// Pipeline: A addresses, choice of the words, beat_done_o; B arena read; C crossbar; D the
// registers a_o, valid_o, first_o. What leaves axn_taps in cycle t is at D in t + 3.
`default_nettype none
`include "axn_clock_gating.vh"

module axn_gather #(
    parameter int Rows = 16,
    parameter int Banks = 4,
    parameter int AddressW = 16,
    parameter int DenseTaps = 1
) (
    input  wire                          clk_i,
    input  wire                          rst_ni,
    input  wire                          clear_i,
    // window records, see axn_walker
    input  wire [Rows*(AddressW+25)-1:0] records_i,
    input  wire                          take_i,
    // present tap
    input  wire                          active_i,
    input  wire                          absent_i,
    input  wire                          dense_last_i,
    input  wire [                   7:0] tap_y_i,
    input  wire [                   7:0] tap_x_i,
    input  wire                          move_i,
    input  wire [          AddressW-1:0] delta_i,
    input  wire                          emit_i,
    input  wire                          first_i,
    output wire                          beat_done_o,
    // descriptor
    input  wire                          pad_i,        // convolution: zero_i outside the map
    input  wire [                   7:0] zero_i,
    input  wire [                   4:0] last_bytes_i,
    // arena read port
    output wire [             Banks-1:0] read_o,
    output wire [          AddressW-5:0] word_o,       // first of the consecutive words
    input  wire [         128*Banks-1:0] data_i,
    // to the rows, not yet skewed
    output wire [            8*Rows-1:0] a_o,
    output wire [              Rows-1:0] valid_o,
    output wire                          first_o
);
  localparam int RecordW = AddressW + 25;
  localparam int WordW = AddressW - 4;
  localparam int BankW = $clog2(Banks);
  localparam int SelectW = BankW + 4;
  localparam int Leaves = 1 << $clog2(Rows);

  // A: records, rows inside the map, the lowest row that waits.
  logic [Rows-1:0] enable_q, served_q, served_d, in_map, waiting, hit;
  logic [Rows*WordW-1:0] word;
  wire [WordW-1:0] lowest;
  logic [Rows*SelectW-1:0] select;

  for (genvar r = 0; r < Rows; r++) begin : g_row
    wire [RecordW-1:0] record;
    logic [AddressW-1:0] address_q;
    logic [23:0] window_q;
    wire [7:0] x_last, y_last;
    wire [3:0] x_first, y_first;
    wire [WordW-1:0] distance;
    wire present;

    assign record = records_i[r*RecordW+:RecordW];
    assign {x_last, x_first, y_last, y_first} = window_q;

    always_ff @(posedge clk_i) begin
      if (take_i) begin
        enable_q[r] <= record[RecordW-1];
        window_q <= record[AddressW+:24];
        address_q <= record[AddressW-1:0];
      end else if (move_i) begin
        address_q <= address_q + delta_i;
      end
    end

    if (r > 0 && r < DenseTaps) begin : g_dense
      assign present = !dense_last_i || last_bytes_i > 5'(r);
    end else begin : g_always
      assign present = 1'b1;
    end
    assign in_map[r] = enable_q[r] && !absent_i && present && tap_x_i >= 8'(x_first) && tap_x_i <= x_last &&
        tap_y_i >= 8'(y_first) && tap_y_i <= y_last;
    assign word[r*WordW+:WordW] = address_q[AddressW-1:4];
    assign select[r*SelectW+:SelectW] = address_q[SelectW-1:0];
    assign distance = address_q[AddressW-1:4] - lowest;
    assign hit[r] = waiting[r] && distance < WordW'(Banks);
  end

  assign waiting = in_map & ~served_q;

  // A tree: each node shows the lowest waiting row below it.
  wire [2*Leaves-1:0] some  /*verilator split_var*/;
  wire [2*Leaves*WordW-1:0] chosen  /*verilator split_var*/;
  for (genvar i = 0; i < 2 * Leaves; i++) begin : g_node
    if (i >= Leaves && i < Leaves + Rows) begin : g_leaf
      assign some[i] = waiting[i-Leaves];
      assign chosen[i*WordW+:WordW] = word[(i-Leaves)*WordW+:WordW];
    end else if (i > 0 && i < Leaves) begin : g_inner
      assign some[i] = some[2*i] || some[2*i+1];
      assign chosen[i*WordW+:WordW] =
          some[2*i] ? chosen[2*i*WordW+:WordW] : chosen[(2*i+1)*WordW+:WordW];
    end else begin : g_none
      assign some[i] = 1'b0;
      assign chosen[i*WordW+:WordW] = '0;
    end
  end
  assign lowest = chosen[WordW+:WordW];
  wire unused_root;
  assign unused_root = &{1'b0, some[1:0], chosen[0+:WordW]};

  assign beat_done_o = (waiting & ~hit) == '0;
  assign served_d = active_i && !beat_done_o ? served_q | hit : '0;

  logic [Banks-1:0] read;
  always_comb begin
    read = '0;
    for (int r = 0; r < Rows; r++) begin
      for (int b = 0; b < Banks; b++) begin
        if (hit[r] && select[r*SelectW+4+:BankW] == BankW'(b)) read[b] = active_i;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) served_q <= '0;
    else if (clear_i) served_q <= '0;
    else served_q <= served_d;
  end

  // B and C: what the crossbar needs, beside the arena's read.
  logic [Banks-1:0] read_bq;
  logic [WordW-1:0] word_bq;
  logic [Rows-1:0] hit_bq, hit_cq, fill_bq, fill_cq, valid_bq, valid_cq, valid_dq;
  logic [Rows*SelectW-1:0] select_bq, select_cq;
  logic first_bq, first_cq, first_dq;

  always_ff @(posedge clk_i) begin
    if (`AXN_CLOCKED(active_i)) begin
      word_bq <= lowest;
      select_bq <= select;
    end
    if (`AXN_CLOCKED(read_bq != '0)) select_cq <= select_bq;
    hit_bq <= hit & {Rows{active_i}};
    hit_cq <= hit_bq;
    fill_bq <= enable_q & ~in_map & {Rows{active_i && pad_i}};
    fill_cq <= fill_bq;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      read_bq  <= '0;
      valid_bq <= '0;
      valid_cq <= '0;
      valid_dq <= '0;
      first_bq <= 1'b0;
      first_cq <= 1'b0;
      first_dq <= 1'b0;
    end else begin
      read_bq  <= read;
      valid_bq <= (pad_i ? enable_q : in_map) & {Rows{emit_i}};
      valid_cq <= valid_bq;
      valid_dq <= valid_cq;
      first_bq <= first_i;
      first_cq <= first_bq;
      first_dq <= first_cq;
    end
  end

  assign read_o = read_bq;
  assign word_o = word_bq;

  // C to D: the crossbar. A row that is not served keeps its byte.
  for (genvar r = 0; r < Rows; r++) begin : g_byte
    logic [7:0] a_dq;
    always_ff @(posedge clk_i) begin
      if (hit_cq[r]) a_dq <= data_i[{select_cq[r*SelectW+:SelectW], 3'd0}+:8];
      else if (fill_cq[r]) a_dq <= zero_i;
    end
    assign a_o[8*r+:8] = a_dq;
  end

  assign valid_o = valid_dq;
  assign first_o = first_dq;

  wire unused_last;
  assign unused_last = &{1'b0, dense_last_i, last_bytes_i};
endmodule

`default_nettype wire
