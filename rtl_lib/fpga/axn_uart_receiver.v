// Serial receiver: 8 data bits, no parity, low bit first. divisor_i clocks a bit, at least 4.
// valid_o is high for one cycle, in the middle of the stop bit; a byte without its stop bit is
// dropped. rx_i may be asynchronous.
`default_nettype none

module axn_uart_receiver (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire [15:0] divisor_i,
    input  wire        rx_i,
    output wire        valid_o,
    output wire [ 7:0] data_o
);
  logic [1:0] sync_q;
  logic [15:0] timer_q, timer_d;
  logic [3:0] bit_q, bit_d;  // 0 idle, 1 start bit, 2..9 data, 10 stop bit
  logic [7:0] data_q, data_d;
  logic valid_q, valid_d, sample;

  always_comb begin
    bit_d = bit_q;
    data_d = data_q;
    valid_d = 1'b0;
    sample = timer_q == 16'd0;
    timer_d = sample ? divisor_i - 16'd1 : timer_q - 16'd1;
    if (bit_q == 4'd0) begin
      timer_d = {1'b0, divisor_i[15:1]} - 16'd1;  // to the middle of the start bit
      if (!sync_q[1]) bit_d = 4'd1;
    end else if (sample) begin
      bit_d = bit_q + 4'd1;
      if (bit_q == 4'd1 && sync_q[1]) bit_d = 4'd0;  // a glitch, no start bit
      if (bit_q >= 4'd2 && bit_q <= 4'd9) data_d = {sync_q[1], data_q[7:1]};
      if (bit_q == 4'd10) begin
        bit_d   = 4'd0;
        valid_d = sync_q[1];
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sync_q  <= 2'b11;
      bit_q   <= 4'd0;
      valid_q <= 1'b0;
    end else begin
      sync_q  <= {sync_q[0], rx_i};
      bit_q   <= bit_d;
      valid_q <= valid_d;
    end
  end

  always_ff @(posedge clk_i) begin
    timer_q <= timer_d;
    data_q  <= data_d;
  end

  assign valid_o = valid_q;
  assign data_o  = data_q;
endmodule

`default_nettype wire
