// AXI4-Stream master for results: a frame is the logits in class order and the class, 32-bit
// words, TLAST with the class. VALID and data stay until READY even over an abort. A frame that an
// abort cuts short is closed by a word without bytes (TKEEP 0) and TLAST.
`default_nettype none

module axn_axi_result (
    input  wire        clk_i,
    input  wire        rst_ni,
    // core
    input  wire        result_valid_i,
    output wire        result_ready_o,
    input  wire [31:0] result_data_i,
    input  wire        result_last_i,
    input  wire        abort_i,               // the core gives up its results in this cycle
    // AXI4-Stream
    output wire [31:0] m_axis_result_tdata,
    output wire [ 3:0] m_axis_result_tkeep,
    output wire        m_axis_result_tlast,
    output wire        m_axis_result_tvalid,
    input  wire        m_axis_result_tready
);
  logic open_q, open_d;  // a frame has begun and not ended
  logic close_q, close_d;  // a frame is to be closed
  wire ready, keep;
  always_comb begin
    open_d  = open_q;
    close_d = close_q && !ready;
    if (result_valid_i && result_ready_o) open_d = !result_last_i;
    if (abort_i) begin
      if (open_d) close_d = 1'b1;
      open_d = 1'b0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      open_q  <= 1'b0;
      close_q <= 1'b0;
    end else begin
      open_q  <= open_d;
      close_q <= close_d;
    end
  end

  axn_skid #(
      .Width(34)
  ) u_skid (
      .clk_i,
      .rst_ni,
      .valid_i(result_valid_i || close_q),
      .ready_o(ready),
      .data_i (close_q ? {1'b1, 1'b0, 32'd0} : {result_last_i, 1'b1, result_data_i}),
      .valid_o(m_axis_result_tvalid),
      .ready_i(m_axis_result_tready),
      .data_o ({m_axis_result_tlast, keep, m_axis_result_tdata})
  );

  assign m_axis_result_tkeep = {4{keep}};
  assign result_ready_o = ready && !close_q;
endmodule

`default_nettype wire
