// Walker, taps and gather together: for kernels 1 to 7, strides 1 to 3, all paddings, pools,
// adaptive windows, dense operands and two-operand sums, every tap that leaves must carry the
// byte of its place (or the padding code) on every row, in the loop order of the array. -DROWS.
module feeder_tb;
  `include "axn_descriptor.vh"
  localparam int Rows = `ROWS;
  localparam int Cols = 4;
  localparam int Banks = Rows <= 16 ? 4 : 8;
  localparam int AddressW = 12;
  localparam int Bytes = 1 << AddressW;

  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  // Descriptor.
  logic [2:0] op = '0;
  logic adaptive = 1'b0, walk = 1'b0, start = 1'b0;
  logic [AddressW-1:0] in_base = '0, in_plane = '0, second_offset = '0;
  logic [11:0] in_h = '0, in_w = '0, out_h = '0, out_w = '0, step_x = '0, rest_x = '0, step_y = '0;
  logic [11:0] rest_y = '0;
  logic [7:0] k_h = '0, k_w = '0, zero = 8'd99;
  logic [3:0] stride = '0, pad_h = '0, pad_w = '0;
  logic [15:0] in_c = '0, out_c = '0, second_c = '0;

  wire ready, last, take, beat_done, active, absent, move, emit, first, dump, rewind, done;
  wire [Rows*(AddressW+25)-1:0] records;
  wire [7:0] tap_y, tap_x;
  wire [AddressW-1:0] delta;
  wire [5:0] columns;
  wire [Banks-1:0] read;
  wire [AddressW-5:0] word;
  logic [128*Banks-1:0] data = '0;
  wire [8*Rows-1:0] a;
  wire [Rows-1:0] valid;
  wire first_d;

  axn_walker #(.Rows(Rows), .AddressW(AddressW)) u_walker (
      .clk_i(clk), .rst_ni(rst_n), .clear_i(1'b0), .start_i(walk), .adaptive_i(adaptive),
      .in_base_i(in_base), .in_height_i(in_h), .in_width_i(in_w), .out_height_i(out_h),
      .out_width_i(out_w), .kernel_height_i(k_h), .kernel_width_i(k_w), .stride_i(stride),
      .pad_height_i(pad_h), .pad_width_i(pad_w), .step_x_i(step_x), .rest_x_i(rest_x),
      .step_y_i(step_y), .rest_y_i(rest_y), .ready_o(ready), .last_o(last), .take_i(take),
      .records_o(records));
  axn_taps #(.AddressW(AddressW), .Cols(Cols)) u_taps (
      .clk_i(clk), .rst_ni(rst_n), .clear_i(1'b0), .start_i(start), .done_o(done), .op_i(op),
      .logits_i(1'b0), .kernel_height_i(k_h), .kernel_width_i(k_w), .in_width_i(in_w),
      .in_plane_i(in_plane), .in_channels_i(in_c), .out_channels_i(out_c),
      .second_channels_i(second_c), .second_offset_i(second_offset), .spacing_i(6'd0),
      .window_ready_i(ready),
      .window_last_i(last), .window_take_o(take), .beat_done_i(beat_done), .active_o(active),
      .absent_o(absent), .tap_y_o(tap_y), .tap_x_o(tap_x), .move_o(move), .delta_o(delta),
      .emit_o(emit), .first_o(first), .dump_o(dump), .rewind_o(rewind), .columns_o(columns),
      .drained_i(1'b1));
  axn_gather #(.Rows(Rows), .Banks(Banks), .AddressW(AddressW)) u_gather (
      .clk_i(clk), .rst_ni(rst_n), .clear_i(1'b0), .records_i(records), .take_i(take),
      .active_i(active), .absent_i(absent), .dense_last_i(1'b0), .last_bytes_i(5'd0), .tap_y_i(tap_y), .tap_x_i(tap_x), .move_i(move),
      .delta_i(delta), .emit_i(emit), .first_i(first), .beat_done_o(beat_done),
      .pad_i(op == `AXN_OP_CONVOLUTION), .zero_i(zero), .read_o(read), .word_o(word),
      .data_i(data), .a_o(a), .valid_o(valid), .first_o(first_d));

  // The arena: the address of a byte, mixed.
  function automatic logic [7:0] content(input integer address);
    content = 8'(address * 37 + (address >> 8) * 11 + 5);
  endfunction
  always @(posedge clk) begin
    for (int b = 0; b < Banks; b++) begin
      if (read[b]) begin
        for (int j = 0; j < 16; j++) begin
          integer at;
          at = (((integer'(word) + Banks - 1 - b) / Banks) * Banks + b) * 16 + j;
          data[8*(16*b+j)+:8] <= content(at % Bytes);
        end
      end
    end
  end

  // emit, three cycles later.
  logic [2:0] emit_q = '0, rewind_q = '0;
  always @(posedge clk) begin
    emit_q <= {emit_q[1:0], emit};
  end

  logic done_seen = 1'b0;
  always @(posedge clk) if (done) done_seen <= 1'b1; else if (start) done_seen <= 1'b0;

  integer seed = 21, configurations = 0, taps_checked = 0, dumps = 0;
  always @(posedge clk) if (dump) dumps = dumps + 1;

  // Window of output i along one side.
  integer w_start, w_size;
  task automatic window(input integer i, input integer size_in, input integer size_out,
                        input integer kernel, input integer pad);
    if (adaptive) begin
      w_start = i * size_in / size_out;
      w_size = ((i + 1) * size_in + size_out - 1) / size_out - w_start;
    end else begin
      w_start = i * integer'(stride) - pad;
      w_size  = kernel;
    end
  endtask

  // The next tap that leaves must be (channel, ky, kx) of the tile from `pixel` on.
  task automatic expect_tap(input integer pixel, input integer base, input integer channel,
                            input integer ky, input integer kx, input logic missing,
                            input logic is_first);
    integer oy, ox, y, x;
    logic in_map, on;
    logic [7:0] wanted;
    @(negedge clk);
    while (!emit_q[2]) @(negedge clk);
    if (first_d !== is_first) $fatal(1, "FAIL feeder: first");
    for (int r = 0; r < Rows; r++) begin
      on = pixel + r < integer'(out_h) * integer'(out_w);
      oy = (pixel + r) / integer'(out_w);
      ox = (pixel + r) % integer'(out_w);
      window(oy, integer'(in_h), integer'(out_h), integer'(k_h), integer'(pad_h));
      y = w_start + ky;
      in_map = ky < w_size && y >= 0 && y < integer'(in_h);
      window(ox, integer'(in_w), integer'(out_w), integer'(k_w), integer'(pad_w));
      x = w_start + kx;
      in_map = in_map && kx < w_size && x >= 0 && x < integer'(in_w) && !missing;
      if (valid[r] !== (on && (in_map || op == `AXN_OP_CONVOLUTION))) begin
        $display("FAIL feeder op %0d pixel %0d row %0d channel %0d tap %0d %0d valid %b", op, pixel, r,
                 channel, ky, kx, valid[r]);
        $fatal(1);
      end
      if (valid[r]) begin
        wanted = in_map ? content(base + channel * integer'(in_plane) + y * integer'(in_w) + x) : zero;
        taps_checked = taps_checked + 1;
        if (a[8*r+:8] !== wanted) begin
          $display("FAIL feeder op %0d pixel %0d row %0d channel %0d tap %0d %0d got %h wanted %h", op,
                   pixel, r, channel, ky, kx, a[8*r+:8], wanted);
          $fatal(1);
        end
      end
    end
  endtask

  task automatic run;
    integer dumps_before, tiles;
    configurations = configurations + 1;
    tiles = 0;
    dumps_before = dumps;
    walk = 1'b1;
    @(negedge clk);
    walk = 1'b0;
    while (!ready) @(negedge clk);
    start = 1'b1;
    @(negedge clk);
    start = 1'b0;
    for (int p = 0; p < integer'(out_h) * integer'(out_w); p = p + Rows) begin
      if (op == `AXN_OP_CONVOLUTION || op == `AXN_OP_DENSE) begin
        for (int t = 0; t < integer'(out_c); t = t + Cols) begin
          tiles = tiles + 1;
          for (int c = 0; c < integer'(in_c); c++)
            for (int ky = 0; ky < integer'(k_h); ky++)
              for (int kx = 0; kx < integer'(k_w); kx++)
                expect_tap(p, integer'(in_base), c, ky, kx, 1'b0, c + ky + kx == 0);
        end
      end else if (op == `AXN_OP_SUM) begin
        for (int c = 0; c < integer'(out_c); c++) begin
          tiles = tiles + 2;
          expect_tap(p, integer'(in_base), c, 0, 0, c >= integer'(in_c), 1'b1);
          expect_tap(p, (integer'(in_base) + integer'(second_offset)) % Bytes, c, 0, 0,
                     c >= integer'(second_c), 1'b1);
        end
      end else begin
        for (int c = 0; c < integer'(out_c); c++) begin
          tiles = tiles + 1;
          for (int ky = 0; ky < integer'(k_h); ky++)
            for (int kx = 0; kx < integer'(k_w); kx++)
              expect_tap(p, integer'(in_base), c, ky, kx, 1'b0, ky + kx == 0);
        end
      end
    end
    while (!done_seen) @(negedge clk);
    repeat (5) @(negedge clk);
    if (dumps - dumps_before != tiles) $fatal(1, "FAIL feeder: %0d tiles, %0d dumps", tiles, dumps - dumps_before);
  endtask

  function automatic integer between(input integer low, input integer high);
    between = low + ($random(seed) & 32'h7fffffff) % (high - low + 1);
  endfunction

  task automatic set_maps(input integer h, input integer w, input integer oh, input integer ow);
    in_h = 12'(h);
    in_w = 12'(w);
    out_h = 12'(oh);
    out_w = 12'(ow);
    in_plane = AddressW'(h * w);
  endtask

  initial begin
    integer h, w, s, k, c, p;
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    second_c = '0;
    // Convolutions: every kernel with every stride; the padding is (kernel - 1) / 2.
    for (k = 1; k <= 7; k++) begin
      for (s = 1; s <= 3; s++) begin
        op = `AXN_OP_CONVOLUTION;
        h = between(1, 11);
        w = between(1, 11);
        c = between(1, 3);
        set_maps(h, w, (h + s - 1) / s, (w + s - 1) / s);
        k_h = 8'(k);
        k_w = 8'(k);
        stride = 4'(s);
        pad_h = 4'((k - 1) / 2);
        pad_w = 4'((k - 1) / 2);
        in_c = 16'(c);
        out_c = 16'(between(1, 9));
        in_base = AddressW'(between(0, Bytes - 1 - c * h * w));
        run();
      end
    end
    // Pools, every padding below the kernel.
    for (int n = 0; n < 24; n++) begin
      op = n % 2 == 0 ? `AXN_OP_MAXIMUM_POOL : `AXN_OP_SUM_POOL;
      k = between(1, 5);
      s = between(1, 3);
      p = n % 2 == 0 ? between(0, k - 1) : 0;
      h = between(k, 12);
      w = between(k, 12);
      set_maps(h, w, (h + 2 * p - k) / s + 1, (w + 2 * p - k) / s + 1);
      k_h = 8'(k);
      k_w = 8'(k);
      stride = 4'(s);
      pad_h = 4'(p);
      pad_w = 4'(p);
      out_c = 16'(between(1, 5));
      in_c = out_c;
      in_base = AddressW'(between(0, 1000));
      run();
    end
    // Adaptive windows.
    for (int n = 0; n < 16; n++) begin
      op = `AXN_OP_MAXIMUM_POOL;
      adaptive = 1'b1;
      {pad_h, pad_w} = '0;
      stride = 4'd1;
      h = between(1, 13);
      w = between(1, 13);
      set_maps(h, w, between(1, h), between(1, w));
      step_x = 12'(w / integer'(out_w));
      rest_x = 12'(w % integer'(out_w));
      step_y = 12'(h / integer'(out_h));
      rest_y = 12'(h % integer'(out_h));
      k_h = 8'd0;
      k_w = 8'd0;
      for (int i = 0; i < integer'(out_h); i++) begin
        window(i, h, integer'(out_h), 0, 0);
        if (w_size > integer'(k_h)) k_h = 8'(w_size);
      end
      for (int i = 0; i < integer'(out_w); i++) begin
        window(i, w, integer'(out_w), 0, 0);
        if (w_size > integer'(k_w)) k_w = 8'(w_size);
      end
      out_c = 16'(between(1, 3));
      in_c = out_c;
      in_base = AddressW'(between(0, 1000));
      run();
    end
    adaptive = 1'b0;
    // Two-operand sums with missing channels; a dense operand.
    for (int n = 0; n < 8; n++) begin
      op = `AXN_OP_SUM;
      {k_h, k_w} = {8'd1, 8'd1};
      h = between(1, 8);
      w = between(1, 8);
      set_maps(h, w, h, w);
      in_c = 16'(between(1, 4));
      second_c = 16'(between(1, 4));
      out_c = in_c > second_c ? in_c : second_c;
      in_base = AddressW'(between(0, 1000));
      second_offset = AddressW'(between(1000, 2000)) - in_base;
      run();
    end
    op = `AXN_OP_DENSE;
    set_maps(1, 1, 1, 1);
    in_c = 16'd100;
    out_c = 16'd7;
    in_base = AddressW'(33);
    run();
    $display("PASS feeder %0d rows: %0d configurations, %0d bytes", Rows, configurations, taps_checked);
    $finish;
  end
endmodule
