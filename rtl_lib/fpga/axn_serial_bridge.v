// Register port, image stream and result stream of the accelerator behind one serial line.
//
// From the host, one command after another; words go low byte first:
//   'W' address, 4 bytes    write a register
//   'R' address             read a register; answered by 'D' and 4 bytes
//   'I' 16 bytes            one word of the image stream
//   'B' 2 bytes             clocks a bit from now on, at least 4 (reset: Divisor)
// 'W' and 'B' drop an image word that is still waiting.
// Other bytes are ignored, so that 16 zero bytes bring the bridge to a known state.
// To the host, five bytes each: 'D' and a register; 'S' and a word of the result stream, 'L' and
// its last one (the class); 'E' and four zeros for an image word that came while the one before
// was still waiting, and was dropped. The host waits for 'L' before it sends the next image.
`default_nettype none

module axn_serial_bridge #(
    parameter int Divisor = 104  // clocks a bit after reset: 115,200 baud at 12 MHz
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    // serial line
    input  wire         rx_i,
    output wire         tx_o,
    // register port
    output wire         reg_valid_o,
    output wire         reg_write_o,
    output wire [  7:0] reg_addr_o,
    output wire [ 31:0] reg_wdata_o,
    input  wire [ 31:0] reg_rdata_i,
    // image stream
    output wire         image_valid_o,
    input  wire         image_ready_i,
    output wire [127:0] image_data_o,
    // result stream
    input  wire         result_valid_i,
    output wire         result_ready_o,
    input  wire [ 31:0] result_data_i,
    input  wire         result_last_i
);
  localparam logic [2:0] IDLE = 3'd0;
  localparam logic [2:0] ADDRESS = 3'd1;
  localparam logic [2:0] DATA = 3'd2;
  localparam logic [2:0] IMAGE = 3'd3;
  localparam logic [2:0] BAUD = 3'd4;

  wire received, tx_ready;
  wire [7:0] byte_in;
  logic [15:0] divisor_q, divisor_d;
  axn_uart_receiver u_receiver (
      .clk_i,
      .rst_ni,
      .divisor_i(divisor_q),
      .rx_i,
      .valid_o(received),
      .data_o(byte_in)
  );

  // Commands. Data of all of them are shifted into one word.
  logic [2:0] state_q, state_d;
  logic is_write_q, is_write_d;
  logic [3:0] count_q, count_d;
  logic [7:0] addr_q, addr_d;
  logic [127:0] word_q, word_d;
  logic access_q, access_d;  // the register port is used in this cycle
  logic answer_q;  // reg_rdata_i is the answer of a read
  logic image_q, image_d;  // word_q is an image word
  logic lost_q, lost_d;
  always_comb begin
    state_d = state_q;
    is_write_d = is_write_q;
    count_d = count_q;
    addr_d = addr_q;
    word_d = word_q;
    access_d = 1'b0;
    image_d = image_q && !image_ready_i;
    lost_d = lost_q;
    divisor_d = divisor_q;
    if (received) begin
      // A waiting image word stays as it is, its successor is lost; data of another command
      // take its place.
      if (!image_q || state_q == DATA || state_q == BAUD) word_d = {byte_in, word_q[127:8]};
      if (state_q == DATA || state_q == BAUD) image_d = 1'b0;
      count_d = count_q + 4'd1;
      case (state_q)
        IDLE: begin
          count_d = '0;
          is_write_d = byte_in == "W";
          if (byte_in == "W" || byte_in == "R") state_d = ADDRESS;
          if (byte_in == "I") state_d = IMAGE;
          if (byte_in == "B") state_d = BAUD;
          lost_d = 1'b0;
        end
        ADDRESS: begin
          count_d = '0;
          addr_d = byte_in;
          access_d = !is_write_q;
          state_d = is_write_q ? DATA : IDLE;
        end
        DATA: begin
          access_d = count_q == 4'd3;
          if (count_q == 4'd3) state_d = IDLE;
        end
        IMAGE: begin
          if (image_q) lost_d = 1'b1;
          if (count_q == 4'd15) begin
            state_d = IDLE;
            if (!image_q && !lost_q) image_d = 1'b1;
          end
        end
        BAUD: begin
          if (count_q == 4'd1) begin
            state_d   = IDLE;
            divisor_d = {byte_in, word_q[127:120]};
          end
        end
        default: state_d = IDLE;
      endcase
    end
  end

  // Answers: five bytes each, a register's first.
  logic [39:0] message_q, message_d;
  logic [2:0] left_q, left_d;
  logic pending_q, pending_d, error_q, error_d, take;
  always_comb begin
    message_d = message_q;
    left_d = left_q;
    take = 1'b0;
    pending_d = pending_q || answer_q;
    error_d = error_q || (lost_d && !lost_q);
    if (left_q != 3'd0) begin
      if (tx_ready) begin
        message_d = {8'd0, message_q[39:8]};
        left_d = left_q - 3'd1;
      end
    end else if (pending_q) begin
      message_d = {reg_rdata_i, "D"};
      left_d = 3'd5;
      pending_d = 1'b0;
    end else if (error_q) begin
      message_d = {32'd0, "E"};
      left_d = 3'd5;
      error_d = 1'b0;
    end else if (result_valid_i) begin
      message_d = {result_data_i, result_last_i ? "L" : "S"};
      left_d = 3'd5;
      take = 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= IDLE;
      divisor_q <= 16'(Divisor);
      access_q <= 1'b0;
      answer_q <= 1'b0;
      image_q <= 1'b0;
      lost_q <= 1'b0;
      left_q <= '0;
      pending_q <= 1'b0;
      error_q <= 1'b0;
    end else begin
      state_q <= state_d;
      divisor_q <= divisor_d;
      access_q <= access_d;
      answer_q <= access_q && !is_write_q;
      image_q <= image_d;
      lost_q <= lost_d;
      left_q <= left_d;
      pending_q <= pending_d;
      error_q <= error_d;
    end
  end

  always_ff @(posedge clk_i) begin
    is_write_q <= is_write_d;
    count_q <= count_d;
    addr_q <= addr_d;
    word_q <= word_d;
    message_q <= message_d;
  end

  axn_uart_transmitter u_transmitter (
      .clk_i,
      .rst_ni,
      .divisor_i(divisor_q),
      .valid_i(left_q != 3'd0),
      .ready_o(tx_ready),
      .data_i(message_q[7:0]),
      .tx_o
  );

  assign reg_valid_o = access_q;
  assign reg_write_o = is_write_q;
  assign reg_addr_o = addr_q;
  assign reg_wdata_o = word_q[127:96];
  assign image_valid_o = image_q;
  assign image_data_o = word_q;
  assign result_ready_o = take;
endmodule

`default_nettype wire
