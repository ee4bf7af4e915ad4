// Rounding, shift, zero point and clamp of axn_round_shift and axn_clamp against the formula of
// the requantisation, written with 64 bits and nothing saturated, for any product of 48 bits.
module requantise_proof (
    input wire signed [47:0] product_i,
    input wire [5:0] shift_i,  // shift - 1
    input wire [7:0] zero_point_i,
    input wire [7:0] low_i,
    output wire ok_o
);
  wire signed [24:0] rounded;
  wire [7:0] y;
  axn_round_shift u_round_shift (
      .product_i(product_i),
      .shift_i(shift_i),
      .value_o(rounded)
  );
  wire signed [25:0] sum = $signed({rounded[24], rounded}) + $signed({18'd0, zero_point_i});
  axn_clamp u_clamp (
      .value_i(sum),
      .low_i(low_i),
      .y_o(y)
  );

  wire signed [63:0] half = 64'sd1 <<< shift_i;
  wire signed [63:0] exact = product_i + half;
  wire signed [63:0] code = (exact >>> (shift_i + 7'd1)) + $signed({56'd0, zero_point_i});
  wire [7:0] wanted = code < $signed({56'd0, low_i}) ? low_i : code > 64'sd255 ? 8'd255 : code[7:0];
  assign ok_o = y == wanted;
endmodule
