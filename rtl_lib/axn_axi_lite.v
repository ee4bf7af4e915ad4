// AXI4-Lite slave in front of the register port. Addresses and data arrive in any order, all five
// channels are registered (axn_skid): a write a cycle, a read every second one, in turns when both
// wait. SLVERR and no effect: an address without a register, a register that cannot be read
// (written), a write of some bytes of a word only. A write without any byte is OKAY and does
// nothing. Address bits 1:0 and the protection bits are ignored.
`default_nettype none

module axn_axi_lite (
    input  wire        clk_i,
    input  wire        rst_ni,
    // AXI4-Lite
    input  wire [11:0] s_axi_awaddr,
    input  wire [ 2:0] s_axi_awprot,
    input  wire        s_axi_awvalid,
    output wire        s_axi_awready,
    input  wire [31:0] s_axi_wdata,
    input  wire [ 3:0] s_axi_wstrb,
    input  wire        s_axi_wvalid,
    output wire        s_axi_wready,
    output wire [ 1:0] s_axi_bresp,
    output wire        s_axi_bvalid,
    input  wire        s_axi_bready,
    input  wire [11:0] s_axi_araddr,
    input  wire [ 2:0] s_axi_arprot,
    input  wire        s_axi_arvalid,
    output wire        s_axi_arready,
    output wire [31:0] s_axi_rdata,
    output wire [ 1:0] s_axi_rresp,
    output wire        s_axi_rvalid,
    input  wire        s_axi_rready,
    // register port; read data comes one cycle after the read
    input  wire        hold_i,         // no access in this cycle
    output wire        reg_valid_o,
    output wire        reg_write_o,
    output wire [ 7:0] reg_addr_o,
    output wire [31:0] reg_wdata_o,
    input  wire [31:0] reg_rdata_i
);
  `include "axn_descriptor.vh"

  wire aw_valid, w_valid, ar_valid, b_ready, r_ready, write_go, read_go;
  wire [9:0] aw_word, ar_word;
  wire [31:0] w_data;
  wire [3:0] w_strobe;
  axn_skid #(
      .Width(10)
  ) u_aw (
      .clk_i,
      .rst_ni,
      .valid_i(s_axi_awvalid),
      .ready_o(s_axi_awready),
      .data_i (s_axi_awaddr[11:2]),
      .valid_o(aw_valid),
      .ready_i(write_go),
      .data_o (aw_word)
  );
  axn_skid #(
      .Width(36)
  ) u_w (
      .clk_i,
      .rst_ni,
      .valid_i(s_axi_wvalid),
      .ready_o(s_axi_wready),
      .data_i ({s_axi_wstrb, s_axi_wdata}),
      .valid_o(w_valid),
      .ready_i(write_go),
      .data_o ({w_strobe, w_data})
  );
  axn_skid #(
      .Width(10)
  ) u_ar (
      .clk_i,
      .rst_ni,
      .valid_i(s_axi_arvalid),
      .ready_o(s_axi_arready),
      .data_i (s_axi_araddr[11:2]),
      .valid_o(ar_valid),
      .ready_i(read_go),
      .data_o (ar_word)
  );

  // One access a cycle. A read is only started when its answer will find room.
  localparam logic [63:0] Writable = `AXN_REG_WRITABLE;
  localparam logic [63:0] Readable = `AXN_REG_READABLE;
  logic pending_q, pending_error_q, turn_q;
  logic write_can, read_can, write_error, read_error;
  always_comb begin
    write_can = aw_valid && w_valid && b_ready && !hold_i;
    read_can = ar_valid && r_ready && !pending_q && !hold_i;
    write_error = (w_strobe != 4'hf && w_strobe != 4'h0) || aw_word[9:6] != '0 ||
        !Writable[aw_word[5:0]];
    read_error = ar_word[9:6] != '0 || !Readable[ar_word[5:0]];
  end
  assign write_go = write_can && (turn_q || !read_can);
  assign read_go  = read_can && !write_go;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pending_q <= 1'b0;
      turn_q <= 1'b0;
    end else begin
      pending_q <= read_go;
      if (write_go) turn_q <= 1'b0;
      else if (read_go) turn_q <= 1'b1;
    end
  end
  always_ff @(posedge clk_i) pending_error_q <= read_error;

  wire b_error, r_error;
  axn_skid #(
      .Width(1)
  ) u_b (
      .clk_i,
      .rst_ni,
      .valid_i(write_go),
      .ready_o(b_ready),
      .data_i (write_error),
      .valid_o(s_axi_bvalid),
      .ready_i(s_axi_bready),
      .data_o (b_error)
  );
  axn_skid #(
      .Width(33)
  ) u_r (
      .clk_i,
      .rst_ni,
      .valid_i(pending_q),
      .ready_o(r_ready),
      .data_i ({pending_error_q, pending_error_q ? 32'd0 : reg_rdata_i}),
      .valid_o(s_axi_rvalid),
      .ready_i(s_axi_rready),
      .data_o ({r_error, s_axi_rdata})
  );

  assign s_axi_bresp = {b_error, 1'b0};  // SLVERR or OKAY
  assign s_axi_rresp = {r_error, 1'b0};
  assign reg_valid_o = (write_go && !write_error && w_strobe == 4'hf) || (read_go && !read_error);
  assign reg_write_o = write_go;
  assign reg_addr_o  = {write_go ? aw_word[5:0] : ar_word[5:0], 2'd0};
  assign reg_wdata_o = w_data;

  logic unused;
  assign unused = &{1'b0, s_axi_awaddr[1:0], s_axi_araddr[1:0], s_axi_awprot, s_axi_arprot};
endmodule

`default_nettype wire
