// The result stream: the logits as they come, then the lowest class of the largest logit,
// with last. Logits are asked for only while credit_o says that the FIFO has room for
// all that are on their way: select_i counts them in, the stream counts them out.
`default_nettype none

module axn_argmax (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        clear_i,
    // credits
    input  wire        select_i,       // a logit was asked for
    output wire        credit_o,
    // logits in class order
    input  wire        logit_i,
    input  wire        logit_last_i,
    input  wire [31:0] data_i,
    // result stream
    output wire        result_valid_o,
    input  wire        result_ready_i,
    output wire [31:0] result_data_o,
    output wire        result_last_o
);
  localparam int Credits = 5;  // select to result takes 5 cycles

  logic [2:0] outstanding_q, outstanding_d;
  logic [9:0] index_q, class_q;
  logic signed [31:0] best_q;
  logic finish_q, better, pop;

  always_comb begin
    pop = result_valid_o && result_ready_i;
    outstanding_d = outstanding_q + 3'(select_i) - 3'(pop && !result_last_o);
    better = index_q == '0 || $signed(data_i) > best_q;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      outstanding_q <= '0;
      index_q <= '0;
      finish_q <= 1'b0;
    end else if (clear_i) begin
      outstanding_q <= '0;
      index_q <= '0;
      finish_q <= 1'b0;
    end else begin
      outstanding_q <= outstanding_d;
      finish_q <= logit_i && logit_last_i;
      if (logit_i) index_q <= logit_last_i ? '0 : index_q + 10'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (logit_i && better) begin
      best_q  <= data_i;
      class_q <= index_q;
    end
  end

  // One entry more than credits, for the class.
  axn_fifo #(
      .Width(33),
      .Depth(Credits + 1)
  ) u_fifo (
      .clk_i,
      .rst_ni,
      .clear_i,
      .push_i (logit_i || finish_q),
      .data_i (finish_q ? {1'b1, 22'd0, class_q} : {1'b0, data_i}),
      .pop_i  (pop),
      .valid_o(result_valid_o),
      .data_o ({result_last_o, result_data_o})
  );

  assign credit_o = outstanding_q < 3'(Credits);
endmodule

`default_nettype wire
