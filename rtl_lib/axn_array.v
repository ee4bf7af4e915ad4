// The array: Rows x Cols cells. Row r takes activations, column c weights, both already
// skewed: cell (r, c) works r + c cycles after cell (0, 0). sum_o of row r shows the
// finished sums of its columns, one a cycle, as `first` moves along the row.
// With two buses a row, sum_o shows each half of the columns apart (axn_row_bus), so that the
// next tile may start while the right half still empties.
// edge_o: the activations of the rows with load_i one cycle later, for their pool lanes.
// Rows in use are the first ones, and columns likewise: row r - 1 has work where row r has.
`default_nettype none

module axn_array #(
    parameter int Rows = 16,
    parameter int Cols = 16,
    parameter int AccW = 24,
    parameter int AllowSwap = 0,
    parameter int Multipliers = 1,
    parameter int Buses = 1  // result buses of a row
) (
    input  wire                   clk_i,
    // activations, row by row
    input  wire [     8*Rows-1:0] a_i,
    input  wire [       Rows-1:0] valid_i,
    input  wire [       Rows-1:0] first_i,
    input  wire [       Rows-1:0] load_i,
    output wire [     8*Rows-1:0] edge_o,
    // weights, column by column
    input  wire [     8*Cols-1:0] w_i,
    input  wire [       Cols-1:0] enable_i,
    input  wire                   swap_i,
    input  wire [Multipliers-1:0] select_i,
    // finished sums, row by row
    output wire [AccW*Buses*Rows-1:0] sum_o
);
  // Streams between cells: index row * (Cols + 1) + column, and row * Cols + column.
  localparam int Across = Rows * (Cols + 1);
  localparam int Down = (Rows + 1) * Cols;
  wire [8*Across-1:0] a  /*verilator split_var*/;
  wire [Across-1:0] valid  /*verilator split_var*/;
  wire [Across-1:0] first  /*verilator split_var*/;
  wire [8*Down-1:0] w  /*verilator split_var*/;
  wire [Down-1:0] enable  /*verilator split_var*/;

  assign w[0+:8*Cols] = w_i;
  assign enable[0+:Cols] = enable_i;
  // What leaves the last row.
  wire unused_down;
  assign unused_down = &{1'b0, w[8*Rows*Cols+:8*Cols], enable[Rows*Cols+:Cols]};

  for (genvar r = 0; r < Rows; r++) begin : g_row
    wire [AccW*Cols-1:0] dump;

    assign a[8*r*(Cols+1)+:8] = a_i[8*r+:8];
    assign valid[r*(Cols+1)] = valid_i[r];
    assign first[r*(Cols+1)] = first_i[r];
    assign edge_o[8*r+:8] = a[8*(r*(Cols+1)+1)+:8];
    // What leaves the last column.
    wire unused_right;
    assign unused_right =
        &{1'b0, a[8*(r*(Cols+1)+Cols)+:8], valid[r*(Cols+1)+Cols], first[r*(Cols+1)+Cols]};

    for (genvar c = 0; c < Cols; c++) begin : g_col
      axn_cell #(
          .AccW(AccW),
          .AllowSwap(AllowSwap),
          .Multipliers(Multipliers)
      ) u_cell (
          .clk_i,
          .a_i(a[8*(r*(Cols+1)+c)+:8]),
          .valid_i(valid[r*(Cols+1)+c]),
          .first_i(first[r*(Cols+1)+c]),
          .load_i(c == 0 ? load_i[r] : 1'b0),
          .a_o(a[8*(r*(Cols+1)+c+1)+:8]),
          .valid_o(valid[r*(Cols+1)+c+1]),
          .first_o(first[r*(Cols+1)+c+1]),
          .w_i(w[8*(r*Cols+c)+:8]),
          .enable_i(enable[r*Cols+c]),
          .w_o(w[8*((r+1)*Cols+c)+:8]),
          .enable_o(enable[(r+1)*Cols+c]),
          .swap_i,
          .select_i,
          .dump_o(dump[AccW*c+:AccW])
      );
    end

    axn_row_bus #(
        .Cols(Cols),
        .AccW(AccW),
        .Buses(Buses)
    ) u_bus (
        .dump_i(dump),
        .sum_o(sum_o[AccW*Buses*r+:AccW*Buses])
    );
  end

endmodule

`default_nettype wire
