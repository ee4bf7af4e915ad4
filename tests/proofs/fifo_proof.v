// An arbitrary word that enters the FIFO leaves it after exactly those that were there before it,
// unchanged, and there is a word to take exactly while some are inside: order, no loss, no
// duplication. The last three terms are the invariant that makes the claim inductive.
module fifo_proof #(
    parameter Depth = 4,
    parameter Width = 3
) (
    input wire clk_i,
    input wire push_i,
    input wire pop_i,
    input wire mark_i,  // follow the word pushed in this cycle
    input wire clear_i,
    input wire [Width-1:0] data_i,
    output wire ok_o
);
  wire valid;
  wire [Width-1:0] data;
  reg [3:0] count = 0;  // words inside
  reg followed = 0;  // the word is inside
  reg [3:0] before = 0;  // words before it
  reg [Width-1:0] value = 0;

  // The caller's duties: room for a push, a word for a pop.
  wire pop = pop_i && count != 0;
  wire push = push_i && (count != Depth || pop);
  reg reset_n = 0;
  always @(posedge clk_i) begin
    reset_n <= 1;
    if (reset_n && clear_i) begin
      count <= 0;
      followed <= 0;
    end else if (reset_n) begin
      count <= count + push - pop;
      if (followed && pop) begin
        if (before == 0) followed <= 0;
        else before <= before - 1;
      end
      if (push && mark_i && (!followed || (pop && before == 0))) begin
        followed <= 1;
        before <= count - pop;
        value <= data_i;
      end
    end
  end

  axn_fifo #(
      .Width(Width),
      .Depth(Depth)
  ) u_dut (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .clear_i(clear_i),
      .push_i(push && reset_n),
      .data_i(data_i),
      .pop_i(pop && reset_n),
      .valid_o(valid),
      .data_o(data)
  );

  (* hierconn *)
  wire [Depth-1:0] \u_dut.used_q ;
  (* hierconn *)
  wire [Width*Depth-1:0] \u_dut.entry_q ;
  wire order = !(followed && before == 0) || data == value;
  wire fill = valid == (count != 0);
  wire thermometer = \u_dut.used_q == (1 << count) - 1;
  wire kept = !followed || (before < count && \u_dut.entry_q [before*Width+:Width] == value);
  wire started = reset_n || (count == 0 && !followed);
  assign ok_o = !reset_n || (order && fill && thermometer && kept && count <= Depth && started);
endmodule
