// AXI4-Stream slave for images: a frame is an image, IMAGE_WORDS words of 16 bytes, TLAST with the
// last. TKEEP is all ones but in the last word, whose bytes end where the image ends; bytes beyond
// enter as 0. A frame of another length or with gaps is bad: its wrong word and the rest up to
// TLAST are dropped, and the core is asked to abort the image it has begun. Where the core gives up
// an image of itself (an abort, or it no longer accepts), the rest of the frame is dropped as well.
// A word is judged when the core would take it.
`default_nettype none

module axn_axi_image (
    input  wire         clk_i,
    input  wire         rst_ni,
    // AXI4-Stream
    input  wire [127:0] s_axis_image_tdata,
    input  wire [ 15:0] s_axis_image_tkeep,
    input  wire         s_axis_image_tlast,
    input  wire         s_axis_image_tvalid,
    output wire         s_axis_image_tready,
    // registers
    input  wire [ 27:0] image_words_i,
    input  wire         give_up_i,            // the core gives up a begun image, takes no word
    output wire         abort_request_o,      // for one cycle: to be written to CONTROL
    // events
    output wire         frame_o,              // a whole image was passed on
    output wire         bad_frame_o,
    // core
    output wire         image_valid_o,
    input  wire         image_ready_i,        // independent of image_valid_o
    output wire [127:0] image_data_o
);
  wire valid, last;
  wire [15:0] keep;
  wire [127:0] data;
  logic take;
  axn_skid #(
      .Width(145)
  ) u_skid (
      .clk_i,
      .rst_ni,
      .valid_i(s_axis_image_tvalid),
      .ready_o(s_axis_image_tready),
      .data_i ({s_axis_image_tlast, s_axis_image_tkeep, s_axis_image_tdata}),
      .valid_o(valid),
      .ready_i(take),
      .data_o ({last, keep, data})
  );

  logic [27:0] index_q, index_d;  // words of this frame that the core has
  logic drop_q, drop_d, request_q, request_d;
  logic keep_tail, good, judge, pass, bad;
  always_comb begin
    keep_tail = keep[0] && (keep & (keep + 16'd1)) == '0;
    good = last == (index_q + 28'd1 == image_words_i) && (last ? keep_tail : keep == '1);
  end
  always_comb begin
    judge = valid && !drop_q && !request_q && !give_up_i && image_ready_i;
    pass = judge && good;
    bad = judge && !good;
    take = pass || bad || drop_q;

    index_d = index_q;
    drop_d = drop_q && !(valid && last);
    request_d = 1'b0;
    if (pass) index_d = last ? '0 : index_q + 28'd1;
    if (bad) begin
      index_d = '0;
      drop_d = !last;
      request_d = index_q != '0;
    end
    if (give_up_i) begin
      index_d = '0;
      if (index_q != '0) drop_d = 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      index_q <= '0;
      drop_q <= 1'b0;
      request_q <= 1'b0;
    end else begin
      index_q <= index_d;
      drop_q <= drop_d;
      request_q <= request_d;
    end
  end

  logic [127:0] kept;
  always_comb begin
    for (int i = 0; i < 16; i++) kept[8*i+:8] = keep[i] ? data[8*i+:8] : 8'd0;
  end

  assign abort_request_o = request_q;
  assign frame_o = pass && last;
  assign bad_frame_o = bad;
  assign image_valid_o = valid && good && !drop_q && !request_q && !give_up_i;
  assign image_data_o = kept;
endmodule

`default_nettype wire
