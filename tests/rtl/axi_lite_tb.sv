// AXI4-Lite slave: random writes and reads, many under way at once, addresses and data of writes
// in any order, random stalls on all five channels. The register port sees each good write once
// and in order, reads give what the port answered, bad accesses give SLVERR and never reach it.
module axi_lite_tb;
  `include "axn_descriptor.vh"
  localparam int Accesses = 3000;

  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;
  logic [11:0] awaddr = '0, araddr = '0;
  logic [31:0] wdata = '0;
  logic [3:0] wstrb = '0;
  logic awvalid = 1'b0, wvalid = 1'b0, bready = 1'b0, arvalid = 1'b0, rready = 1'b0, hold = 1'b0;
  wire awready, wready, bvalid, arready, rvalid, reg_valid, reg_write;
  wire [1:0] bresp, rresp;
  wire [31:0] rdata, reg_wdata;
  wire [7:0] reg_addr;
  logic [31:0] reg_rdata = '0;
  axn_axi_lite u_dut (
      .clk_i(clk), .rst_ni(rst_n), .s_axi_awaddr(awaddr), .s_axi_awprot(3'd0), .s_axi_awvalid(awvalid),
      .s_axi_awready(awready), .s_axi_wdata(wdata), .s_axi_wstrb(wstrb), .s_axi_wvalid(wvalid),
      .s_axi_wready(wready), .s_axi_bresp(bresp), .s_axi_bvalid(bvalid), .s_axi_bready(bready),
      .s_axi_araddr(araddr), .s_axi_arprot(3'd0), .s_axi_arvalid(arvalid), .s_axi_arready(arready),
      .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rvalid(rvalid), .s_axi_rready(rready),
      .hold_i(hold), .reg_valid_o(reg_valid), .reg_write_o(reg_write), .reg_addr_o(reg_addr),
      .reg_wdata_o(reg_wdata), .reg_rdata_i(reg_rdata));

  // The accesses; their number is in the data.
  logic [11:0] write_address[Accesses], read_address[Accesses];
  logic [3:0] strobe[Accesses];
  integer seed = 9, aw = 0, w = 0, b = 0, ar = 0, r = 0, effects = 0, reads = 0;
  logic [1:0] stall = '0;

  function automatic logic has(input logic [63:0] map, input logic [11:0] address);
    has = address < 12'h100 && map[address[7:2]];
  endfunction
  function automatic logic takes_effect(input integer i);
    takes_effect = has(`AXN_REG_WRITABLE, write_address[i]) && strobe[i] == 4'hf;
  endfunction
  function automatic logic [1:0] write_response(input integer i);
    write_response = has(`AXN_REG_WRITABLE, write_address[i]) && (strobe[i] == 4'hf || strobe[i] == 4'h0)
        ? 2'b00 : 2'b10;
  endfunction
  function automatic logic [31:0] answer(input integer i);
    answer = {20'hcafe0, read_address[i][11:2], 2'b00};
  endfunction
  function automatic logic go(input integer dummy);
    go = stall == 2'd0 || ($random(seed) & 3) < integer'(stall);
  endfunction

  initial begin
    for (int i = 0; i < Accesses; i++) begin
      write_address[i] = 12'($random(seed)) & (i % 5 == 0 ? 12'hfff : 12'h07f);
      read_address[i] = 12'($random(seed)) & (i % 5 == 0 ? 12'hfff : 12'h07f);
      strobe[i] = i % 4 == 0 ? 4'($random(seed)) : i % 7 == 0 ? 4'h0 : 4'hf;
    end
    repeat (3) @(negedge clk);
    if (bvalid || rvalid) $fatal(1, "FAIL axi_lite: VALID during reset");
    rst_n = 1'b1;
  end

  // Drives after the falling edge; what moves is known before the rising one.
  logic [1:0] b_kept;
  logic [33:0] r_kept;
  logic b_waits = 1'b0, r_waits = 1'b0, aw_moves, w_moves, b_moves, ar_moves, r_moves;
  always @(negedge clk)
    if (rst_n) begin
      stall = 2'((b / 400) & 3);
      if (!awvalid && aw < Accesses && go(0)) {awvalid, awaddr} = {1'b1, write_address[aw]};
      if (!wvalid && w < Accesses && go(0)) {wvalid, wdata, wstrb} = {1'b1, 32'(w), strobe[w]};
      if (!arvalid && ar < Accesses && go(0)) {arvalid, araddr} = {1'b1, read_address[ar]};
      bready = go(0);
      rready = go(0);
      hold = stall == 2'd2 && ($random(seed) & 7) == 0;
      #1;
      if (b_waits && (!bvalid || bresp != b_kept)) $fatal(1, "FAIL axi_lite: B changed");
      if (r_waits && (!rvalid || {rresp, rdata} != r_kept)) $fatal(1, "FAIL axi_lite: R changed");
      b_waits  = bvalid && !bready;
      b_kept   = bresp;
      r_waits  = rvalid && !rready;
      r_kept   = {rresp, rdata};
      aw_moves = awvalid && awready;
      w_moves  = wvalid && wready;
      b_moves  = bvalid && bready;
      ar_moves = arvalid && arready;
      r_moves  = rvalid && rready;
      if (reg_valid && hold) $fatal(1, "FAIL axi_lite: an access while the port is taken");
      if (reg_valid && reg_write) begin
        while (!takes_effect(effects)) effects = effects + 1;
        if (reg_addr != {write_address[effects][7:2], 2'b00} || reg_wdata != effects)
          $fatal(1, "FAIL axi_lite: write %0d reached the port as %h %h", effects, reg_addr, reg_wdata);
        effects = effects + 1;
      end
      if (reg_valid && !reg_write) begin
        while (!has(`AXN_REG_READABLE, read_address[reads])) reads = reads + 1;
        if (reg_addr != {read_address[reads][7:2], 2'b00}) $fatal(1, "FAIL axi_lite: read order");
        reads = reads + 1;
      end
      if (b_moves && (b >= aw || b >= w || bresp != write_response(b)))
        $fatal(1, "FAIL axi_lite: response %b of write %0d", bresp, b);
      if (r_moves && {rresp, rdata} != (has(`AXN_REG_READABLE, read_address[r]) ? {2'b00, answer(r)} : {2'b10, 32'd0}))
        $fatal(1, "FAIL axi_lite: read %0d gave %b %h", r, rresp, rdata);
    end
  always @(posedge clk)
    if (rst_n) begin
      if (reg_valid && !reg_write) reg_rdata <= {20'hcafe0, 4'd0, reg_addr};
      #1;
      if (aw_moves) {awvalid, aw} = {1'b0, 32'(aw + 1)};
      if (w_moves) {wvalid, w} = {1'b0, 32'(w + 1)};
      if (ar_moves) {arvalid, ar} = {1'b0, 32'(ar + 1)};
      if (b_moves) b = b + 1;
      if (r_moves) r = r + 1;
      {aw_moves, w_moves, ar_moves, b_moves, r_moves} = '0;
      if (b == Accesses && r == Accesses) begin
        while (effects < Accesses && !takes_effect(effects)) effects = effects + 1;
        if (effects != Accesses) $fatal(1, "FAIL axi_lite: a write was lost");
        $display("PASS axi_lite: %0d writes, %0d reads", b, r);
        $finish;
      end
    end
endmodule
