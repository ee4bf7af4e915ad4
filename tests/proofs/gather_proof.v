// Reads of axn_gather, for any records, moves and taps, the last one of a fully connected layer of
// two taps a cycle among them: each bank that is read delivers the word of
// a byte that a row with a tap inside its window waits for (the arena's word in that bank at or
// after word_o), so no word is read that holds no byte of the operand; a row that is served finds
// its byte in a word that is read.
module gather_proof #(
    parameter Rows = 3,  // the invariant names each
    parameter Banks = 4,
    parameter AddressW = 9
) (
    input wire clk_i,
    input wire [Rows*(AddressW+25)-1:0] records_i,
    input wire take_i,
    input wire active_i,
    input wire absent_i,
    input wire dense_last_i,
    input wire [4:0] last_bytes_i,
    input wire [7:0] tap_y_i,
    input wire [7:0] tap_x_i,
    input wire move_i,
    input wire [AddressW-1:0] delta_i,
    output reg ok_o
);
  localparam BankW = $clog2(Banks);
  localparam WordW = AddressW - 4;
  localparam RecordW = AddressW + 25;
  wire [Banks-1:0] read;
  wire [WordW-1:0] word;
  reg reset_n = 0;
  reg settled = 0;
  reg loaded = 0;  // no tap comes before the first records
  wire active = active_i && loaded;
  always @(posedge clk_i) begin
    {settled, reset_n} <= {reset_n, 1'b1};
    if (take_i) loaded <= 1;
  end

  axn_gather #(
      .Rows(Rows),
      .Banks(Banks),
      .AddressW(AddressW),
      .DenseTaps(2)
  ) u_dut (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .clear_i(1'b0),
      .records_i(records_i),
      .take_i(take_i),
      .active_i(active && reset_n),
      .absent_i(absent_i),
      .dense_last_i(dense_last_i),
      .tap_y_i(tap_y_i),
      .tap_x_i(tap_x_i),
      .move_i(move_i),
      .delta_i(delta_i),
      .emit_i(1'b0),
      .first_i(1'b0),
      .beat_done_o(),
      .pad_i(1'b1),
      .zero_i(8'd0),
      .last_bytes_i(last_bytes_i),
      .read_o(read),
      .word_o(word),
      .data_i({128*Banks{1'b0}}),
      .a_o(),
      .valid_o(),
      .first_o()
  );

  // The rows, as the records and moves leave them; what waits in this cycle is judged in the next.
  reg [Rows-1:0] has_tap_q;
  reg [Rows*AddressW-1:0] address_q;
  (* hierconn *) wire [Rows-1:0] \u_dut.hit_bq ;
  (* hierconn *) wire [Rows-1:0] \u_dut.enable_q ;
  (* hierconn *) wire [AddressW-1:0] \u_dut.g_row[0].address_q ;
  (* hierconn *) wire [AddressW-1:0] \u_dut.g_row[1].address_q ;
  (* hierconn *) wire [AddressW-1:0] \u_dut.g_row[2].address_q ;
  (* hierconn *) wire [23:0] \u_dut.g_row[0].window_q ;
  (* hierconn *) wire [23:0] \u_dut.g_row[1].window_q ;
  (* hierconn *) wire [23:0] \u_dut.g_row[2].window_q ;
  wire equal = {\u_dut.enable_q [0], \u_dut.g_row[0].window_q , \u_dut.g_row[0].address_q } ==
      {g_row[0].window, g_row[0].address} &&
      {\u_dut.enable_q [1], \u_dut.g_row[1].window_q , \u_dut.g_row[1].address_q } ==
      {g_row[1].window, g_row[1].address} &&
      {\u_dut.enable_q [2], \u_dut.g_row[2].window_q , \u_dut.g_row[2].address_q } ==
      {g_row[2].window, g_row[2].address};
  wire same = !loaded || equal;
  genvar r;
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      reg [AddressW-1:0] address;
      reg [24:0] window;
      always @(posedge clk_i) begin
        if (take_i) {window, address} <= records_i[r*RecordW+:RecordW];
        else if (move_i) address <= address + delta_i;
        has_tap_q[r] <= active && reset_n && !absent_i &&
            (r != 1 || !dense_last_i || last_bytes_i > 1) && window[24] && tap_x_i <= window[23:16] &&
            tap_x_i >= window[15:12] && tap_y_i <= window[11:4] && tap_y_i >= window[3:0];
        address_q[r*AddressW+:AddressW] <= address;
      end
    end
  endgenerate

  integer b, i;
  reg found;
  reg [WordW-1:0] up, bank_word, at, distance;
  always @* begin
    ok_o = same;
    for (b = 0; b < Banks; b = b + 1) begin
      up = word + Banks - 1 - b;
      bank_word = {up[WordW-1:BankW], {BankW{1'b0}}} + b;
      found = 0;
      for (i = 0; i < Rows; i = i + 1) begin
        if (has_tap_q[i] && address_q[i*AddressW+4+:WordW] == bank_word) found = 1;
      end
      if (read[b] && !found) ok_o = 0;
    end
    for (i = 0; i < Rows; i = i + 1) begin
      at = address_q[i*AddressW+4+:WordW];
      distance = at - word;
      if (\u_dut.hit_bq [i] && (!has_tap_q[i] || !read[at[BankW-1:0]] || distance >= Banks)) ok_o = 0;
    end
    if (!settled) ok_o = same;
  end
endmodule
