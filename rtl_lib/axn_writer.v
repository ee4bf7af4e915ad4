// Aligns the lanes' results, which come skewed, and writes them to the arena: for each
// pixel tile, for each channel, the tile's pixels as consecutive bytes. result_i (from
// axn_parameters) is Rows + 5 cycles ahead of the write. Image words use the same port while no
// operation runs. split_i: only the columns First .. First + Width - 1 of each tile come here.
// May be late: with late_i everything is written one cycle later.
`default_nettype none
`include "axn_clock_gating.vh"

module axn_writer #(
    parameter int Rows = 16,
    parameter int Banks = 4,
    parameter int Lanes = 16,    // 16, or 32 for more than 16 rows
    parameter int AddressW = 16,
    parameter int Cols = 16,
    parameter int First = 0,
    parameter int Width = Cols,
    parameter int MayBeLate = 0
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                clear_i,
    input  wire                start_i,         // an operation starts
    // descriptor, taken with start_i
    input  wire [AddressW-1:0] base_i,
    input  wire [        23:0] plane_i,
    input  wire [        15:0] channels_i,
    input  wire                split_i,
    input  wire                late_i,
    // results
    input  wire                result_i,
    input  wire [  8*Rows-1:0] y_i,
    output wire                last_o,          // this cycle writes the operation's last bytes
    // image
    input  wire                image_write_i,
    input  wire [AddressW-5:0] image_word_i,
    input  wire [       127:0] image_data_i,
    // arena write port
    output wire [16*Banks-1:0] write_o,
    output wire [AddressW-5:0] word_o,
    output wire [ 8*Lanes-1:0] data_o
);
  localparam int SpanW = $clog2(16 * Banks);
  localparam int LaneW = $clog2(Lanes);

  // Lane r waits Rows - 1 - r cycles.
  wire [8*Rows-1:0] mirrored, aligned_mirrored, in_time, aligned;
  for (genvar r = 0; r < Rows; r++) begin : g_mirror
    assign mirrored[8*r+:8] = y_i[8*(Rows-1-r)+:8];
    assign in_time[8*r+:8]  = aligned_mirrored[8*(Rows-1-r)+:8];
  end
  wire [Rows+5+MayBeLate:0] result_tap;
  axn_delay #(
      .Length(Rows + 5 + MayBeLate)
  ) u_delay (
      .clk_i,
      .rst_ni,
      .clear_i,
      .bit_i(result_i),
      .tap_o(result_tap)
  );
  // A lane's byte is at the input 6 cycles after its result was announced, lane 0 first.
  axn_skew #(
      .Lanes(Rows),
      .Width(8),
      .Align(1)
  ) u_skew (
      .clk_i,
      .load_i(result_tap[6+:Rows]),
      .data_i(mirrored),
      .data_o(aligned_mirrored)
  );

  wire write;
  if (MayBeLate != 0) begin : g_late
    logic late_q;
    logic [8*Rows-1:0] later_q;
    always_ff @(posedge clk_i) begin
      if (start_i) late_q <= late_i;
      if (`AXN_CLOCKED(result_tap[Rows+5])) later_q <= in_time;
    end
    assign aligned = late_q ? later_q : in_time;
    assign write   = late_q ? result_tap[Rows+6] : result_tap[Rows+5];
  end else begin : g_in_time
    wire unused_late;
    assign unused_late = late_i;
    assign aligned = in_time;
    assign write   = result_tap[Rows+5];
  end

  // Address of the channel's bytes, of the next tile's first channel, pixels left.
  localparam int ColumnW = $clog2(Cols) + 1;
  localparam int Skip = Cols - Width + 1;  // from the last column here to the next tile's first
  logic [AddressW-1:0] address_q, address_d, tile_q, tile_d, plane_q, first_tile;
  logic [23:0] left_q, left_d;
  logic [15:0] channel_q, channel_d, last_channel_q, channel_next;
  logic [ColumnW-1:0] column_q, column_d;
  logic column_end, split_q, channel_end, tile_last;
  assign first_tile = base_i + AddressW'(First * 32'(plane_i));
  always_comb begin
    column_end = split_q && column_q == ColumnW'(Width - 1);
    channel_next = channel_q + (column_end ? 16'(Skip) : 16'd1);
    channel_end = channel_next > last_channel_q;
    tile_last = left_q <= 24'(Rows);
    address_d = address_q;
    tile_d = tile_q;
    left_d = left_q;
    channel_d = channel_q;
    column_d = column_q;
    if (write) begin
      address_d = address_q + (column_end ? AddressW'(Skip * 32'(plane_q)) : plane_q);
      channel_d = channel_next;
      column_d  = column_end ? '0 : column_q + ColumnW'(1);
      if (channel_end) begin
        address_d = tile_q;
        tile_d = tile_q + AddressW'(Rows);
        left_d = left_q - 24'(Rows);
        channel_d = 16'(First);
        column_d = '0;
      end
    end
    if (start_i) begin
      address_d = first_tile;
      tile_d = first_tile + AddressW'(Rows);
      left_d = plane_i;
      channel_d = 16'(First);
      column_d = '0;
    end
  end

  always_ff @(posedge clk_i) begin
    address_q <= address_d;
    tile_q <= tile_d;
    left_q <= left_d;
    channel_q <= channel_d;
    column_q <= column_d;
    if (start_i) begin
      split_q <= split_i;
      plane_q <= AddressW'(plane_i);
      last_channel_q <= channels_i - 16'd1;
    end
  end

  // Bytes and their enables, rotated to their place.
  logic [8*Lanes-1:0] data;
  logic [2*8*Lanes-1:0] data_twice;
  logic [16*Banks-1:0] enable;
  logic [2*16*Banks-1:0] enable_twice;
  always_comb begin
    data = (8 * Lanes)'(aligned);
    enable = '0;
    for (int r = 0; r < Rows; r++) enable[r] = write && (!tile_last || left_q[5:0] > 6'(r));
    data_twice = {data, data} << {address_q[LaneW-1:0], 3'd0};
    enable_twice = {enable, enable} << address_q[SpanW-1:0];
  end

  assign write_o = image_write_i ? (16 * Banks)'(16'hffff) << {image_word_i[SpanW-5:0], 4'd0}
      : enable_twice[16*Banks+:16*Banks] & {16 * Banks{write}};
  assign word_o = image_write_i ? image_word_i : address_q[AddressW-1:4];
  assign data_o = image_write_i ? {Lanes / 16{image_data_i}} : data_twice[8*Lanes+:8*Lanes];
  assign last_o = write && channel_end && tile_last;

  logic unused;
  assign unused = &{1'b0, data_twice[8*Lanes-1:0], enable_twice[16*Banks-1:0], result_tap};
endmodule

`default_nettype wire
