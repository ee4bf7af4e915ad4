// (product + 2^(s-1)) >> s for s = shift_i + 1, 1 <= s <= 48, arithmetic. Results outside
// -2^24 .. 2^24 - 1 before the last halving saturate; every later clamp to 8 bits is the
// same as without saturation. Combinational.
`default_nettype none

module axn_round_shift (
    input  wire signed [47:0] product_i,
    input  wire        [ 5:0] shift_i,
    output wire signed [24:0] value_o
);
  logic signed [47:0] shifted;
  logic signed [24:0] limited;
  logic signed [25:0] sum;
  logic fits;

  always_comb begin
    shifted = product_i >>> shift_i;
    fits = shifted[47:24] == {24{shifted[47]}};
    limited = fits ? shifted[24:0] : {shifted[47], {24{~shifted[47]}}};
    sum = $signed({limited[24], limited}) + 26'sd1;
  end

  assign value_o = sum[25:1];

  logic unused;
  assign unused = sum[0];
endmodule

`default_nettype wire
