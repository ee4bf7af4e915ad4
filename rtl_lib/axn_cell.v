// One cell of the array: multiplies an activation by a weight and adds the product to its
// accumulator. Activations pass to the right, weights down, one register each. `first`
// starts a tile: the accumulator is loaded instead of added to, and in that cycle its
// finished sum stands on dump_o (else 0). first without valid only empties the cell.
// A cell whose row (valid) or column (enable) is idle adds nothing. Idle rows are the last ones and
// idle columns the last ones, so what is idle is not passed on either: valid_o and enable_o are
// both "this cell works". load_i takes over the activation even so (column 0, for the pool lanes).
// A cell without work and without `first` keeps all its registers: they share a gated clock.
// With several multipliers select_i has one bit each, at most one of them set; the operands of
// the others stay 0, so that nothing in them moves, and their products are left out.
// swap_i and select_i may be the same for all cells, whatever the skew: they change when an
// operation starts, that is after the last write of the one before, when no cell has work.
// Latency: operands at the inputs in cycle t are in the accumulator in t + 2.
`default_nettype none
`include "axn_clock_gating.vh"

module axn_cell #(
    parameter int AccW = 24,
    parameter int AllowSwap = 0,
    parameter int Multipliers = 1
) (
    input  wire                   clk_i,
    // activations, from the left and on to the right
    input  wire [            7:0] a_i,
    input  wire                   valid_i,
    input  wire                   first_i,
    input  wire                   load_i,
    output wire [            7:0] a_o,
    output wire                   valid_o,
    output wire                   first_o,
    // weights, from above and on downwards
    input  wire [            7:0] w_i,
    input  wire                   enable_i,
    output wire [            7:0] w_o,
    output wire                   enable_o,
    // the weight goes to port A (constant during an operation)
    input  wire                   swap_i,
    // the multiplier in use (constant during an operation)
    input  wire [Multipliers-1:0] select_i,
    // result bus of the row
    output wire [       AccW-1:0] dump_o
);
  logic [7:0] a_q, w_q;
  logic run, run_q, first_q;  // works on the operands at the inputs, in the registers
  logic [AccW-1:0] acc_q, acc_d;
  logic [ 7:0] port_a, port_b;
  logic [15:0] gated;

  if (AllowSwap != 0) begin : g_swap
    assign port_a = swap_i ? w_q : a_q;
    assign port_b = swap_i ? a_q : w_q;
  end else begin : g_fixed
    logic unused;
    assign unused = swap_i;
    assign port_a = a_q;
    assign port_b = w_q;
  end

  if (Multipliers == 1) begin : g_single
    logic [15:0] product;
    axn_mul8u u_mul8u (
        .a_i(port_a),
        .b_i(port_b),
        .product_o(product)
    );
    assign gated = product & {16{run_q}};
    logic unused_select;
    assign unused_select = &{1'b0, select_i};
  end else begin : g_several
    wire [16*Multipliers-1:0] products;
    for (genvar m = 0; m < Multipliers; m++) begin : g_multiplier
      logic [15:0] product;
      axn_mul8u #(
          .Index(m)
      ) u_mul8u (
          .a_i(port_a & {8{select_i[m]}}),
          .b_i(port_b & {8{select_i[m]}}),
          .product_o(product)
      );
      assign products[16*m+:16] = product & {16{run_q & select_i[m]}};
    end
    always_comb begin
      gated = '0;
      for (int m = 0; m < Multipliers; m++) gated = gated | products[16*m+:16];
    end
  end

  assign acc_d = (acc_q & {AccW{~first_q}}) + AccW'(gated);

  assign run = valid_i & enable_i;
  always_ff @(posedge clk_i) begin
    if (`AXN_CLOCKED(run || first_i || load_i || run_q || first_q)) begin
      a_q <= a_i;
      w_q <= w_i;
      run_q <= run;
      first_q <= first_i;
      acc_q <= acc_d;
    end
  end

  assign a_o = a_q;
  assign w_o = w_q;
  assign valid_o = run_q;
  assign first_o = first_q;
  assign enable_o = run_q;
  assign dump_o = acc_q & {AccW{first_q}};
endmodule

`default_nettype wire
