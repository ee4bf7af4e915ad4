// An arbitrary word that the register slice takes leaves it after exactly those taken before it,
// unchanged; a word that is offered stays until it is taken; the slice is ready whenever its
// second register is free. The last terms are the invariant that makes the claim inductive.
module skid_proof #(
    parameter Width = 3
) (
    input wire clk_i,
    input wire valid_i,
    input wire ready_i,
    input wire mark_i,
    input wire [Width-1:0] data_i,
    output wire ok_o
);
  wire valid, ready;
  wire [Width-1:0] data;
  reg [1:0] count = 0;
  reg followed = 0;
  reg before = 0;
  reg [Width-1:0] value = 0;
  reg reset_n = 0;

  wire push = valid_i && ready && reset_n;
  wire pop = valid && ready_i && reset_n;
  reg waits = 0;
  reg [Width-1:0] waiting = 0;
  reg running = 0;  // a cycle after reset
  always @(posedge clk_i) begin
    reset_n <= 1;
    if (reset_n) begin
      running <= 1;
      count <= count + push - pop;
      waits <= valid && !ready_i;
      waiting <= data;
      if (followed && pop) begin
        if (!before) followed <= 0;
        before <= 0;
      end
      if (push && mark_i && (!followed || (pop && !before))) begin
        followed <= 1;
        before <= count - pop;
        value <= data_i;
      end
    end
  end

  axn_skid #(
      .Width(Width)
  ) u_dut (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .valid_i(valid_i && reset_n),
      .ready_o(ready),
      .data_i(data_i),
      .valid_o(valid),
      .ready_i(ready_i && reset_n),
      .data_o(data)
  );

  (* hierconn *)
  wire \u_dut.full_q ;
  (* hierconn *)
  wire [Width-1:0] \u_dut.spare_q ;
  wire order = !(followed && !before) || (valid && data == value);
  wire fill = valid == (count != 0);
  wire stays = !waits || (valid && data == waiting);
  wire spare = !(followed && before) || (\u_dut.full_q && \u_dut.spare_q == value);
  wire full = \u_dut.full_q == (count == 2) && count != 3 && (!running || ready == !\u_dut.full_q );
  wire quiet = running || (count == 0 && !followed && !ready && !waits);
  assign ok_o = !reset_n || (order && fill && stays && spare && full && quiet);
endmodule
