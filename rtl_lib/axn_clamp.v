// max(low, min(255, value)). Combinational.
`default_nettype none

module axn_clamp (
    input  wire signed [25:0] value_i,
    input  wire        [ 7:0] low_i,
    output wire        [ 7:0] y_o
);
  logic [7:0] y;

  always_comb begin
    y = value_i[7:0];
    if (value_i[25]) y = low_i;
    else if (value_i[24:8] != '0) y = 8'hff;
    else if (value_i[7:0] < low_i) y = low_i;
  end

  assign y_o = y;
endmodule

`default_nettype wire
