// Result stream: logits in order, the lowest class of the largest, last; random stalls; asked for
// only on credit, so nothing is lost.
module argmax_tb;
  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;
  logic select = 1'b0, ready = 1'b0;
  logic [2:0] on_the_way = '0, lasts = '0;
  logic [31:0] d0 = '0, d1 = '0, d2 = '0;
  wire credit, valid, last;
  wire [31:0] data;

  axn_argmax u_dut (
      .clk_i(clk), .rst_ni(rst_n), .clear_i(1'b0), .select_i(select), .credit_o(credit),
      .logit_i(on_the_way[2]), .logit_last_i(lasts[2]), .data_i(d2), .result_valid_o(valid),
      .result_ready_i(ready), .result_data_o(data), .result_last_o(last));

  integer seed = 1, count, sent, class_wanted, got, image;
  logic signed [31:0] logits[1024];

  always @(posedge clk) begin
    on_the_way <= {on_the_way[1:0], select};
    lasts <= {lasts[1:0], sent == count};
    d0 <= logits[sent-1];
    d1 <= d0;
    d2 <= d1;
  end
  // select is decided between edges from credit; the logit appears three cycles later.
  always @(negedge clk) if (rst_n) begin
    select = credit && sent < count && ($random(seed) & 3) != 0;
    if (select) sent = sent + 1;
    ready = image % 3 == 0 || ($random(seed) & 3) == 0;
  end
  always @(posedge clk) if (valid && ready) begin
    if (got < count) begin
      if (data !== logits[got] || last) $fatal(1, "FAIL argmax image %0d logit %0d", image, got);
    end else begin
      if (data !== class_wanted || !last) begin
        $fatal(1, "FAIL argmax image %0d class got %0d wanted %0d", image, data, class_wanted);
      end
    end
    got = got + 1;
  end

  task automatic new_image;
    count = image == 5 ? 1024 : image == 6 ? 2 : 1 + ($random(seed) & 63);
    class_wanted = 0;
    for (int i = 0; i < count; i++) begin
      case (image % 4)
        0: logits[i] = $random(seed);
        1: logits[i] = ($random(seed) & 3) - 2;  // many ties
        2: logits[i] = 32'h80000000;
        default: logits[i] = i;
      endcase
      if (logits[i] > logits[class_wanted]) class_wanted = i;
    end
    got = 0;
    sent = 0;
  endtask

  initial begin
    image = 0;
    new_image();
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    for (int i = 0; i < 40; i++) begin
      wait (got == count + 1);
      @(negedge clk);
      image = image + 1;
      new_image();
    end
    $display("PASS argmax: %0d images", image);
    $finish;
  end
endmodule
