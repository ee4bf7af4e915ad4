// Test bench of axn_axi_top, for Verilator (--binary --timing) and Icarus (-g2012): loads the
// memories and sets up the accelerator through AXI4-Lite, streams images back to back, compares
// logits and classes with the vectors. In every cycle it checks the rules of the buses: VALID and
// what goes with it stay until READY, no VALID during reset, no output that depends on an input
// of the same cycle.
//
//   +vectors=FILE        golden/vectors.bin when missing
//   +images=N            at most N images
//   +stalls=SEED         random stalls on every channel
//   +faults=SEED         and then: frames too short, too long or with gaps among good ones, aborts
//                        and resets in mid-image, in computation and while results leave, accesses
//                        that must fail; after each of them whole images again
//   +table=FILE          multiplier's table (Verilator), mem/multiplier.hex when missing
`include "axn_config.vh"
`include "axn_descriptor.vh"

module axn_axi_tb;
  localparam int MaxImages = 64;
  localparam int MaxBytes = 1 << 20;
  localparam int MaxLogits = 1 << 16;
  localparam int Patience = 20000000;  // cycles without any transfer

  localparam int GOOD = 0, EARLY = 1, LATE = 2, GAP = 3;

  logic clk = 1'b0, rst_n = 1'b0;
  // The inputs change at the falling edge; at `settled` the outputs would show it.
  logic settled = 1'b0;
  always begin
    #2 settled = 1'b1;
    #3 clk = 1'b1;
    settled = 1'b0;
    #5 clk = 1'b0;
  end

  logic [11:0] awaddr = '0, araddr = '0;
  logic awvalid = 1'b0, wvalid = 1'b0, bready = 1'b0, arvalid = 1'b0, rready = 1'b0;
  logic [31:0] wdata = '0;
  logic [3:0] wstrb = '0;
  wire awready, wready, bvalid, arready, rvalid;
  wire [1:0] bresp, rresp;
  wire [31:0] rdata;
  logic [127:0] image_data = '0;
  logic [15:0] image_keep = '0;
  logic image_last = 1'b0, image_valid = 1'b0, result_ready = 1'b0;
  wire image_ready, result_last, result_valid, layer_end, busy;
  wire [31:0] result_data;
  wire [3:0] result_keep;
  wire [7:0] layer;

  axn_axi_top u_dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .s_axi_awaddr(awaddr),
      .s_axi_awprot(3'd0),
      .s_axi_awvalid(awvalid),
      .s_axi_awready(awready),
      .s_axi_wdata(wdata),
      .s_axi_wstrb(wstrb),
      .s_axi_wvalid(wvalid),
      .s_axi_wready(wready),
      .s_axi_bresp(bresp),
      .s_axi_bvalid(bvalid),
      .s_axi_bready(bready),
      .s_axi_araddr(araddr),
      .s_axi_arprot(3'd0),
      .s_axi_arvalid(arvalid),
      .s_axi_arready(arready),
      .s_axi_rdata(rdata),
      .s_axi_rresp(rresp),
      .s_axi_rvalid(rvalid),
      .s_axi_rready(rready),
      .s_axis_image_tdata(image_data),
      .s_axis_image_tkeep(image_keep),
      .s_axis_image_tlast(image_last),
      .s_axis_image_tvalid(image_valid),
      .s_axis_image_tready(image_ready),
      .m_axis_result_tdata(result_data),
      .m_axis_result_tkeep(result_keep),
      .m_axis_result_tlast(result_last),
      .m_axis_result_tvalid(result_valid),
      .m_axis_result_tready(result_ready),
      .layer_end_o(layer_end),
      .layer_o(layer),
      .busy_o(busy)
  );

  // Options, images, what they must give.
  logic [31:0] layout[4+5*512];
  logic [7:0] pixels[MaxBytes];
  logic [31:0] logits[MaxLogits];
  integer image_bytes, image_words, classes, images = 0;
  integer seed = 1;
  logic stalls = 1'b0;

  task automatic fail(input string what);
    $display("AXN error %s", what);
    $fatal(1, "the shell failed");
  endtask

  function automatic integer below(input integer limit);
    below = integer'($unsigned($random(seed)) % $unsigned(limit));
  endfunction

  // Source of image frames: the plan's frames one after another, as far as it may go.
  integer plan_image[1024], plan_kind[1024];
  integer planned = 0, sent_frames = 0, sent_words = 0, pause_at = -1;  // pause after so many words
  integer frame_words = 0, gap_word = 0;
  logic frame_open = 1'b0;

  task automatic open_frame;
    frame_open = 1'b1;
    sent_words = 0;
    frame_words = image_words;
    gap_word = -1;
    case (plan_kind[sent_frames])
      EARLY: frame_words = 1 + below(image_words - 1);
      LATE: frame_words = image_words + 1 + below(3);
      GAP: gap_word = below(image_words);
      default: ;
    endcase
  endtask

  task automatic drive_image;
    if (!frame_open && sent_frames < planned && !image_valid) open_frame();
    if (frame_open && !image_valid && sent_words != pause_at && (!stalls || below(3) != 0)) offer_word();
  endtask

  task automatic offer_word;
    integer at;
    image_valid = 1'b1;
    image_last  = sent_words == frame_words - 1;
    for (int i = 0; i < 16; i++) begin
      at = 16 * sent_words + i;
      image_keep[i] = at < image_bytes || sent_words != image_words - 1;
      // Bytes beyond the image are not to be seen.
      image_data[8*i+:8] = at < image_bytes ? pixels[plan_image[sent_frames]*image_bytes+at]
          : 8'($random(seed));
    end
    if (sent_words == gap_word) image_keep[sent_words==image_words-1?0 : below(16)] = 1'b0;
  endtask

  // Sink of result frames: those expected, in order.
  integer expected[1024];
  integer expected_count = 0, done_count = 0, word_index = 0, closed = 0;
  logic may_close = 1'b0;  // an abort may have cut the frame short

  task automatic check_result(input logic [31:0] data, input logic [3:0] keep, input logic last);
    if (keep == '0 && last && may_close && word_index > 0) begin
      closed = closed + 1;
      word_index = 0;
      done_count = done_count + 1;
    end else begin
      check_word(data, keep, last);
    end
  endtask

  task automatic check_word(input logic [31:0] data, input logic [3:0] keep, input logic last);
    if (done_count >= expected_count) fail("a result that no image asked for");
    if (keep != '1) fail("a result word with missing bytes");
    if (data !== logits[expected[done_count]*(classes+1)+word_index]) begin
      $display("AXN mismatch image %0d result %0d got %0d wanted %0d", expected[done_count],
               word_index, $signed(data),
               $signed(logits[expected[done_count]*(classes+1)+word_index]));
      $fatal(1, "a result differs");
    end
    if (last != (word_index == classes)) fail("TLAST is not with the class");
    word_index = last ? 0 : word_index + 1;
    if (last) done_count = done_count + 1;
  endtask

  // One clock cycle, from falling edge to falling edge: drives and checks the streams.
  integer idle = 0;
  longint cycle = 0;
  logic in_reset = 1'b1;
  logic [34:0] r_before;
  logic [37:0] result_before;
  logic [2:0] b_before;
  logic b_waits = 1'b0, r_waits = 1'b0, result_waits = 1'b0;
  logic [79:0] outputs;

  function automatic logic [79:0] bus_outputs(input integer dummy);
    bus_outputs = {awready, wready, bvalid, arready, rvalid, image_ready, result_valid, bresp, rresp,
                   rdata, result_data, result_keep, result_last};
  endfunction

  task automatic tick;
    logic image_moves, result_moves;
    logic [36:0] word;
    outputs = bus_outputs(0);
    if (!in_reset) begin
      drive_image();
      result_ready = !stalls || below(3) != 0;
    end
    @(posedge settled);
    if (bus_outputs(0) !== outputs) fail("an output depends on an input of the same cycle");
    if (in_reset && (bvalid || rvalid || result_valid)) fail("VALID during reset");
    if (b_waits && {bvalid, bresp} !== b_before) fail("B changed before READY");
    if (r_waits && {rvalid, rresp, rdata} !== r_before) fail("R changed before READY");
    if (result_waits && {result_valid, result_last, result_keep, result_data} !== result_before)
      fail("results changed before READY");
    if (^{awready, wready, bvalid, arready, rvalid, image_ready, result_valid} === 1'bx)
      fail("an unknown handshake");
    b_waits = bvalid && !bready && !in_reset;
    r_waits = rvalid && !rready && !in_reset;
    result_waits = result_valid && !result_ready && !in_reset;
    b_before = {bvalid, bresp};
    r_before = {rvalid, rresp, rdata};
    result_before = {result_valid, result_last, result_keep, result_data};

    image_moves = image_valid && image_ready;
    result_moves = result_valid && result_ready && !in_reset;
    word = {result_last, result_keep, result_data};
    @(negedge clk);
    cycle = cycle + 1;
    idle = image_moves || result_moves ? 0 : idle + 1;
    if (idle > Patience) fail("nothing moves");
    if (image_moves) begin
      image_valid = 1'b0;
      sent_words  = sent_words + 1;
      if (image_last) begin
        frame_open  = 1'b0;
        sent_frames = sent_frames + 1;
      end
    end
    if (result_moves) check_result(word[31:0], word[35:32], word[36]);
  endtask

  // AXI4-Lite accesses. Address and data of a write start independently.
  task automatic write_strobed(input logic [11:0] address, input logic [31:0] data,
                               input logic [3:0] strobe, input logic [1:0] response);
    integer aw_wait, w_wait;
    logic aw_moves, w_moves, b_moves, aw_done, w_done;
    aw_wait = stalls ? below(5) : 0;
    w_wait = stalls ? below(5) : 0;
    {aw_done, w_done, b_moves} = '0;
    while (!b_moves) begin
      if (!aw_done && aw_wait == 0) {awvalid, awaddr} = {1'b1, address};
      if (!w_done && w_wait == 0) {wvalid, wdata, wstrb} = {1'b1, data, strobe};
      bready = !stalls || below(3) == 0;
      aw_moves = awvalid && awready;
      w_moves = wvalid && wready;
      b_moves = bvalid && bready;
      if (b_moves && !(aw_done && w_done)) fail("B before the write");
      if (b_moves && bresp !== response) begin
        $display("AXN error write %h got response %b", address, bresp);
        $fatal(1, "a wrong response");
      end
      tick();
      if (aw_wait > 0) aw_wait = aw_wait - 1;
      if (w_wait > 0) w_wait = w_wait - 1;
      if (aw_moves) {aw_done, awvalid} = 2'b10;
      if (w_moves) {w_done, wvalid} = 2'b10;
    end
    bready = 1'b0;
  endtask

  task automatic put(input logic [7:0] address, input logic [31:0] data);
    write_strobed(12'(address), data, 4'hf, 2'b00);
  endtask

  logic [31:0] got;
  task automatic read(input logic [11:0] address, input logic [1:0] response);
    integer ar_wait;
    logic ar_moves, r_moves;
    ar_wait = stalls ? below(5) : 0;
    {ar_moves, r_moves} = '0;
    {arvalid, araddr} = {ar_wait == 0, address};
    while (!r_moves) begin
      rready   = !stalls || below(3) == 0;
      ar_moves = arvalid && arready;
      r_moves  = rvalid && rready;
      got = rdata;
      if (r_moves && (rresp !== response || (response != '0 && got != '0)))
        fail("a wrong response to a read");
      tick();
      if (ar_moves) {arvalid, ar_wait} = {1'b0, -32'd1};
      if (ar_wait > 0) begin
        ar_wait = ar_wait - 1;
        arvalid = ar_wait == 0;
      end
    end
    rready = 1'b0;
  endtask

  task automatic configure;
    put(`AXN_REG_IMAGE_WORDS, image_words);
    put(`AXN_REG_IMAGE_BASE, layout[0]);
    put(`AXN_REG_PROGRAM, 0);
    put(`AXN_REG_CONTROL, 1);
  endtask

  task automatic reset;
    in_reset = 1'b1;
    rst_n = 1'b0;
    {awvalid, wvalid, arvalid, image_valid, frame_open, result_ready} = '0;
    {b_waits, r_waits, result_waits} = '0;
    sent_frames = planned;
    word_index = 0;
    done_count = expected_count;
    @(negedge clk);
    repeat (2) tick();
    rst_n = 1'b1;
    in_reset = 1'b0;
  endtask

  // Memories through the register port: a word of the file as so many parts of 32 bits.
  task automatic load_memory(input integer memory, input string name, input integer parts);
    integer file;
    logic [8*32-1:0] word;
    file = $fopen(name, "r");
    if (file == 0) fail("a memory's contents cannot be opened");
    put(`AXN_REG_LOAD_ADDRESS, memory << 28);
    while ($fscanf(file, "%h", word) == 1) begin
      for (int p = 0; p < parts; p++) put(`AXN_REG_LOAD_DATA, word[32*p+:32]);
    end
    $fclose(file);
  endtask

  task automatic load_memories;
    load_memory(0, "mem/program.hex", 1);
    load_memory(1, "mem/parameters.hex", 2);
    load_memory(2, "mem/weights.hex", (`AXN_COLS + 3) / 4);
  endtask

  task automatic read_vectors(input string name, input integer limit);
    integer file, first, skipped, value;
    file = $fopen(name, "rb");
    if (file == 0) fail("the vectors cannot be opened");
    skipped = 0;
    for (int i = 0; i < integer'(layout[3]); i++)
      skipped = skipped + integer'(layout[4+5*i+2] * layout[4+5*i+3] * layout[4+5*i+4]);
    first = $fgetc(file);
    while (first >= 0 && images < limit && images < MaxImages && (images + 1) * image_bytes <= MaxBytes &&
           (images + 1) * (classes + 1) <= MaxLogits) begin
      pixels[images*image_bytes] = first[7:0];
      for (int i = 1; i < image_bytes; i++) begin
        value = $fgetc(file);
        pixels[images*image_bytes+i] = value[7:0];
      end
      for (int i = 0; i < skipped; i++) begin
        value = $fgetc(file);
        if (value < 0) fail("the vectors end in the middle of an image");
      end
      for (int i = 0; i <= classes; i++) begin
        for (int b = 0; b < 4; b++) begin
          value = $fgetc(file);
          logits[images*(classes+1)+i][8*b+:8] = value[7:0];
        end
      end
      images = images + 1;
      first  = $fgetc(file);
    end
    $fclose(file);
    if (images == 0) fail("no image in the vectors");
  endtask

  // Adds a frame to the plan; its result is awaited when it is good and not to be cut short.
  task automatic plan(input integer image, input integer kind);
    plan_image[planned] = image;
    plan_kind[planned] = kind;
    planned = planned + 1;
    if (kind == GOOD) begin
      expected[expected_count] = image;
      expected_count = expected_count + 1;
    end
  endtask

  task automatic finish_plan;
    while (sent_frames < planned || done_count < expected_count) tick();
  endtask

  // Frames and bad frames since the last reset.
  integer frames = 0, bad_frames = 0;
  task automatic check_counts;
    read(12'(`AXN_REG_FRAMES), 2'b00);
    if (got !== frames) fail("FRAMES");
    read(12'(`AXN_REG_BAD_FRAMES), 2'b00);
    if (got !== bad_frames) fail("BAD_FRAMES");
  endtask

  task automatic accesses_that_fail;
    read(12'h100, 2'b10);
    read(12'hffc, 2'b10);
    read(12'(`AXN_REG_LAYER_CYCLES) + 12'd4, 2'b10);
    read(12'(`AXN_REG_LOAD_DATA), 2'b10);
    write_strobed(12'(`AXN_REG_CONTROL) + 12'h100, 32'd2, 4'hf, 2'b10);
    write_strobed(12'(`AXN_REG_ID), 32'd0, 4'hf, 2'b10);
    // Were they to have an effect, no image would come through any more.
    write_strobed(12'(`AXN_REG_IMAGE_WORDS), 32'd1, 4'h3, 2'b10);
    write_strobed(12'(`AXN_REG_IMAGE_WORDS), 32'd1, 4'h0, 2'b00);
    read(12'(`AXN_REG_ID) + 12'd3, 2'b00);
    if (got !== 32'h41584E31) fail("ID");
    read(12'(`AXN_REG_STATUS), 2'b00);
  endtask

  // Good frames and bad ones back to back.
  task automatic mixed_frames(input integer count);
    integer kind;
    for (int i = 0; i < count; i++) begin
      kind = below(5);
      if (kind > GAP || (kind == EARLY && image_words == 1)) kind = GOOD;
      plan(below(images), kind);
      if (kind == GOOD) frames = frames + 1;
      else bad_frames = bad_frames + 1;
    end
    // Its result says that all before it were judged.
    plan(below(images), GOOD);
    frames = frames + 1;
    finish_plan();
    check_counts();
  endtask

  // Waits until the core has taken a frame whole.
  task automatic wait_frame;
    got = '0;
    while (got != frames) read(12'(`AXN_REG_FRAMES), 2'b00);
  endtask

  // After an abort: what is under way leaves, nothing more is awaited.
  task automatic settle;
    for (int quiet = 0; quiet < 40; quiet++) begin
      if (result_valid) quiet = 0;
      tick();
    end
    if (word_index != 0) fail("a frame was left open");
    may_close = 1'b0;
    done_count = expected_count;
  endtask

  // Aborts or resets, or stops accepting, while words of an image have been taken.
  task automatic in_mid_image(input logic by_reset, input logic [31:0] control);
    finish_plan();
    plan(below(images), GOOD);
    expected_count = expected_count - 1;  // no result
    // Two words may wait in the shell.
    pause_at = 3 + below(image_words - 3);
    while (sent_words != pause_at || image_valid) tick();
    repeat (below(8)) tick();
    if (by_reset) begin
      reset();
      {frames, bad_frames} = '0;
      pause_at = -1;
      configure();
    end else begin
      put(`AXN_REG_CONTROL, control);
      pause_at = -1;
      put(`AXN_REG_CONTROL, 1);
    end
  endtask

  // After `delay` cycles of computing, or when results leave.
  task automatic in_computation(input logic by_reset, input integer delay);
    finish_plan();
    plan(below(images), GOOD);
    frames = frames + 1;
    wait_frame();
    if (delay >= 0) repeat (delay) tick();
    else while (word_index == 0 && done_count < expected_count) tick();
    if (by_reset) begin
      reset();
      {frames, bad_frames} = '0;
      configure();
    end else begin
      may_close = 1'b1;
      put(`AXN_REG_CONTROL, 3);
      settle();
    end
  endtask

  integer faults = 0;
  task automatic all_faults;
    longint started;
    integer span;
    logic by_reset;
    started = cycle;
    plan(0, GOOD);
    frames = frames + 1;
    finish_plan();
    span = integer'(cycle - started);
    for (int round = 0; round < 6; round++) begin
      stalls   = round != 1;
      by_reset = round % 3 == 2;
      mixed_frames(8);
      accesses_that_fail();
      if (image_words > 3) in_mid_image(by_reset, 3);
      mixed_frames(2);
      if (image_words > 3) in_mid_image(1'b0, round % 2 == 0 ? 0 : 2);
      mixed_frames(2);
      in_computation(by_reset, below(span));
      mixed_frames(2);
      in_computation(by_reset, -1);
      mixed_frames(2);
      faults = faults + 4;
    end
  endtask

`include "axn_tables.svh"

  initial begin
    string name;
    integer limit;
    if (!$value$plusargs("vectors=%s", name)) name = "golden/vectors.bin";
    if (!$value$plusargs("images=%d", limit)) limit = MaxImages;
    $readmemh("mem/layout.hex", layout);
    image_bytes = integer'(layout[1]);
    image_words = (image_bytes + 15) / 16;
    classes = integer'(layout[2]);
    read_vectors(name, limit);
    load_tables();
    @(negedge clk);
    reset();
    load_memories();
    configure();
    stalls = $value$plusargs("stalls=%d", seed) != 0;
    for (int i = 0; i < images; i++) plan(i, GOOD);
    frames = images;
    finish_plan();
    check_counts();
    if ($value$plusargs("faults=%d", seed) != 0) begin
      all_faults();
      if (closed == 0) fail("no result frame was cut short");
    end
    $display("AXN done images %0d of %0d frames, %0d aborts and resets, %0d cut short, mismatches 0",
             done_count, planned, faults, closed);
    $finish;
  end

  logic unused;
  assign unused = &{1'b0, layer_end, layer, busy};
endmodule
