// axn_top with AXI4-Lite registers, an AXI4-Stream slave for images and a master for results.
// Bus ports have the names of the AXI specification, so that tools recognise the interfaces. All
// bus outputs are registered: no path leads from a READY to a VALID or back. The shell adds the
// registers of axi_registers.def and knows of CONTROL and IMAGE_WORDS what is written to them.
`default_nettype none

module axn_axi_top (
    input  wire         clk_i,
    input  wire         rst_ni,
    // registers: AXI4-Lite slave
    input  wire [ 11:0] s_axi_awaddr,
    input  wire [  2:0] s_axi_awprot,
    input  wire         s_axi_awvalid,
    output wire         s_axi_awready,
    input  wire [ 31:0] s_axi_wdata,
    input  wire [  3:0] s_axi_wstrb,
    input  wire         s_axi_wvalid,
    output wire         s_axi_wready,
    output wire [  1:0] s_axi_bresp,
    output wire         s_axi_bvalid,
    input  wire         s_axi_bready,
    input  wire [ 11:0] s_axi_araddr,
    input  wire [  2:0] s_axi_arprot,
    input  wire         s_axi_arvalid,
    output wire         s_axi_arready,
    output wire [ 31:0] s_axi_rdata,
    output wire [  1:0] s_axi_rresp,
    output wire         s_axi_rvalid,
    input  wire         s_axi_rready,
    // images: AXI4-Stream slave
    input  wire [127:0] s_axis_image_tdata,
    input  wire [ 15:0] s_axis_image_tkeep,
    input  wire         s_axis_image_tlast,
    input  wire         s_axis_image_tvalid,
    output wire         s_axis_image_tready,
    // results: AXI4-Stream master
    output wire [ 31:0] m_axis_result_tdata,
    output wire [  3:0] m_axis_result_tkeep,
    output wire         m_axis_result_tlast,
    output wire         m_axis_result_tvalid,
    input  wire         m_axis_result_tready,
    // observation
    output wire         layer_end_o,
    output wire [  7:0] layer_o,
    output wire         busy_o
);
  `include "axn_descriptor.vh"

  wire abort_request, bus_valid, bus_write, frame, bad_frame;
  wire [7:0] bus_addr;
  wire [31:0] bus_wdata, core_rdata, rdata;
  axn_axi_lite u_lite (
      .clk_i,
      .rst_ni,
      .s_axi_awaddr,
      .s_axi_awprot,
      .s_axi_awvalid,
      .s_axi_awready,
      .s_axi_wdata,
      .s_axi_wstrb,
      .s_axi_wvalid,
      .s_axi_wready,
      .s_axi_bresp,
      .s_axi_bvalid,
      .s_axi_bready,
      .s_axi_araddr,
      .s_axi_arprot,
      .s_axi_arvalid,
      .s_axi_arready,
      .s_axi_rdata,
      .s_axi_rresp,
      .s_axi_rvalid,
      .s_axi_rready,
      .hold_i(abort_request),
      .reg_valid_o(bus_valid),
      .reg_write_o(bus_write),
      .reg_addr_o(bus_addr),
      .reg_wdata_o(bus_wdata),
      .reg_rdata_i(rdata)
  );

  // The core's register port: the bus, or an abort for a bad frame.
  logic accept_q, abort_q;
  logic [27:0] image_words_q;
  wire core_valid, core_write;
  wire [7:0] core_addr;
  wire [31:0] core_wdata;
  assign core_valid = bus_valid || abort_request;
  assign core_write = bus_write || abort_request;
  assign core_addr  = abort_request ? `AXN_REG_CONTROL : bus_addr;
  assign core_wdata = abort_request ? {30'd0, 1'b1, accept_q} : bus_wdata;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      accept_q <= 1'b0;
      abort_q <= 1'b0;
      image_words_q <= '0;
    end else begin
      abort_q <= 1'b0;
      if (core_valid && core_write && core_addr == `AXN_REG_CONTROL) begin
        accept_q <= core_wdata[0];
        abort_q  <= core_wdata[1];
      end
      if (core_valid && core_write && core_addr == `AXN_REG_IMAGE_WORDS) begin
        image_words_q <= core_wdata[27:0];
      end
    end
  end

  // The shell's own registers; the core reads them as 0.
  logic [31:0] frames_q, bad_frames_q, own_rdata_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      frames_q <= '0;
      bad_frames_q <= '0;
    end else begin
      if (frame) frames_q <= frames_q + 32'd1;
      if (bad_frame) bad_frames_q <= bad_frames_q + 32'd1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (bus_valid && !bus_write) begin
      case (bus_addr)
        `AXN_REG_FRAMES: own_rdata_q <= frames_q;
        `AXN_REG_BAD_FRAMES: own_rdata_q <= bad_frames_q;
        default: own_rdata_q <= '0;
      endcase
    end
  end
  assign rdata = core_rdata | own_rdata_q;

  wire image_valid, image_ready, result_valid, result_ready, result_last;
  wire [127:0] image_data;
  wire [ 31:0] result_data;
  axn_axi_image u_image (
      .clk_i,
      .rst_ni,
      .s_axis_image_tdata,
      .s_axis_image_tkeep,
      .s_axis_image_tlast,
      .s_axis_image_tvalid,
      .s_axis_image_tready,
      .image_words_i(image_words_q),
      .give_up_i(abort_q || !accept_q),
      .abort_request_o(abort_request),
      .frame_o(frame),
      .bad_frame_o(bad_frame),
      .image_valid_o(image_valid),
      .image_ready_i(image_ready),
      .image_data_o(image_data)
  );
  axn_axi_result u_result (
      .clk_i,
      .rst_ni,
      .result_valid_i(result_valid),
      .result_ready_o(result_ready),
      .result_data_i(result_data),
      .result_last_i(result_last),
      .abort_i(abort_q),
      .m_axis_result_tdata,
      .m_axis_result_tkeep,
      .m_axis_result_tlast,
      .m_axis_result_tvalid,
      .m_axis_result_tready
  );

  axn_top u_top (
      .clk_i,
      .rst_ni,
      .reg_valid_i(core_valid),
      .reg_write_i(core_write),
      .reg_addr_i(core_addr),
      .reg_wdata_i(core_wdata),
      .reg_rdata_o(core_rdata),
      .image_valid_i(image_valid),
      .image_ready_o(image_ready),
      .image_data_i(image_data),
      .result_valid_o(result_valid),
      .result_ready_i(result_ready),
      .result_data_o(result_data),
      .result_last_o(result_last),
      .layer_end_o,
      .layer_o,
      .busy_o
  );
endmodule

`default_nettype wire
