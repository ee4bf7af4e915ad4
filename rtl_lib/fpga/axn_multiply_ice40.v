// Yosys techmap for iCE40, which has no multiplier blocks (HX) or few: a product as a ripple
// of rows, each of which adds the first factor where a bit of the second is set:
//   t = h + a;  chosen = b[j] ? t : h;  result bit j = chosen[0];  h = chosen >> 1
// Sum and choice share the LUT behind the carry, so a product of n x m bits takes about n * m
// logic cells, a third of a tree of full adders; it is slower. The last row of a signed
// product subtracts.
(* techmap_celltype = "$mul" *)
module axn_multiply_ice40 (
    A,
    B,
    Y
);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  output [Y_WIDTH-1:0] Y;

  // a is the wider factor: fewer rows.
  localparam AW = A_WIDTH >= B_WIDTH ? A_WIDTH : B_WIDTH;
  localparam BW = A_WIDTH >= B_WIDTH ? B_WIDTH : A_WIDTH;
  wire [AW-1:0] a;
  wire [BW-1:0] b;
  generate
    if (A_WIDTH >= B_WIDTH) begin : g_straight
      assign a = A;
      assign b = B;
    end else begin : g_swapped
      assign a = B;
      assign b = A;
    end
  endgenerate

  wire [AW:0] extended;
  assign extended = {A_SIGNED && a[AW-1], a};
  wire [AW*(BW+1)-1:0] high;  // h before row j: bits AW * j
  wire [AW+BW-1:0] product;
  assign high[AW-1:0] = {AW{1'b0}};
  genvar i, j;
  generate
    for (j = 0; j < BW; j = j + 1) begin : g_row
      localparam Subtract = A_SIGNED && j == BW - 1;
      wire [AW:0] h, addend, chosen;
      assign h = {A_SIGNED && high[AW*j+AW-1], high[AW*j+:AW]};
      assign addend = Subtract ? ~extended : extended;
      if (j == 0 && !Subtract) begin : g_first
        assign chosen = addend & {AW + 1{b[0]}};
      end else begin : g_add
        wire [AW+1:0] carry;
        assign carry[0] = Subtract;
        for (i = 0; i <= AW; i = i + 1) begin : g_bit
          SB_CARRY u_carry (
              .I0(addend[i]),
              .I1(h[i]),
              .CI(carry[i]),
              .CO(carry[i+1])
          );
          // I0 ? I1 ^ I2 ^ I3 : I2
          SB_LUT4 #(
              .LUT_INIT(16'b1101_0010_0111_1000)
          ) u_lut (
              .I0(b[j]),
              .I1(addend[i]),
              .I2(h[i]),
              .I3(carry[i]),
              .O (chosen[i])
          );
        end
      end
      assign product[j] = chosen[0];
      assign high[AW*(j+1)+:AW] = chosen[AW:1];
    end
  endgenerate
  assign product[AW+BW-1:BW] = high[AW*BW+:AW];

  generate
    if (Y_WIDTH <= AW + BW) begin : g_low
      assign Y = product[Y_WIDTH-1:0];
    end else begin : g_extend
      assign Y = {{Y_WIDTH - AW - BW{A_SIGNED && product[AW+BW-1]}}, product};
    end
  endgenerate
endmodule
