// Serial transmitter: 8 data bits, no parity, one stop bit, low bit first. divisor_i clocks a
// bit, at least 2. A byte is taken in a cycle in which valid_i and ready_o are high.
`default_nettype none

module axn_uart_transmitter (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire [15:0] divisor_i,
    input  wire        valid_i,
    output wire        ready_o,
    input  wire [ 7:0] data_i,
    output wire        tx_o
);
  logic [15:0] timer_q, timer_d;
  logic [3:0] left_q, left_d;  // bits not yet ended
  logic [8:0] shift_q, shift_d;  // the line shows bit 0

  always_comb begin
    left_d  = left_q;
    shift_d = shift_q;
    timer_d = timer_q - 16'd1;
    if (left_q == 4'd0) begin
      timer_d = divisor_i - 16'd1;
      if (valid_i) begin
        left_d  = 4'd10;
        shift_d = {data_i, 1'b0};
      end
    end else if (timer_q == 16'd0) begin
      timer_d = divisor_i - 16'd1;
      left_d  = left_q - 4'd1;
      shift_d = {1'b1, shift_q[8:1]};
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      left_q  <= 4'd0;
      shift_q <= '1;
    end else begin
      left_q  <= left_d;
      shift_q <= shift_d;
    end
  end

  always_ff @(posedge clk_i) timer_q <= timer_d;

  assign ready_o = left_q == 4'd0;
  assign tx_o = shift_q[0];
endmodule

`default_nettype wire
