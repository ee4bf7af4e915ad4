// The row of exact multipliers for fully connected layers: one output pixel, Cols output
// channels. Streams as in a row of the array. A column's finished sum is put on sum_o in
// the cycle after it was selected (select_i, column_i), until its next tile starts; so the
// result stream can hold the logits back.
`default_nettype none

module axn_dense_row #(
    parameter int Cols = 16
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    // activations
    input  wire [             7:0] a_i,
    input  wire                    valid_i,
    input  wire                    first_i,
    // weights, skewed
    input  wire [      8*Cols-1:0] w_i,
    input  wire [        Cols-1:0] enable_i,
    // results
    input  wire                    select_i,
    input  wire [$clog2(Cols)-1:0] column_i,
    output wire [            30:0] sum_o
);
  logic [8*Cols-1:0] a_q;
  logic [Cols-1:0] valid_q, first_q, dump_q, dump_d;
  wire  [31*Cols-1:0] dump;
  logic [       30:0] sum;

  always_comb begin
    dump_d = '0;
    for (int c = 0; c < Cols; c++) dump_d[c] = select_i && column_i == $clog2(Cols)'(c);
  end

  always_ff @(posedge clk_i) begin
    a_q <= {a_q[8*(Cols-1)-1:0], a_i};
    first_q <= {first_q[Cols-2:0], first_i};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
      dump_q  <= '0;
    end else begin
      valid_q <= {valid_q[Cols-2:0], valid_i};
      dump_q  <= dump_d;
    end
  end

  for (genvar c = 0; c < Cols; c++) begin : g_col
    axn_dense_cell u_cell (
        .clk_i,
        .a_i(a_q[8*c+:8]),
        .valid_i(valid_q[c]),
        .first_i(first_q[c]),
        .w_i(w_i[8*c+:8]),
        .enable_i(enable_i[c]),
        .dump_i(dump_q[c]),
        .dump_o(dump[31*c+:31])
    );
  end

  always_comb begin
    sum = '0;
    for (int c = 0; c < Cols; c++) sum = sum | dump[31*c+:31];
  end
  assign sum_o = sum;
endmodule

`default_nettype wire
