// Evolved multiplier, written by: axnas multipliers evolve --targets multipliers/targets/far.json --generations 8000000 -o DIR
module evolved_0d1d1345 (A, B, O);
  input [7:0] A;
  input [7:0] B;
  output [15:0] O;
  wire n0, n1, n2;
  assign n0 = B[7] & A[7];
  assign n1 = ~(B[6] & A[6]);
  assign n2 = ~(n0 & n1);
  assign O[0] = 1'b1;
  assign O[1] = 1'b1;
  assign O[2] = 1'b1;
  assign O[3] = 1'b0;
  assign O[4] = 1'b0;
  assign O[5] = 1'b0;
  assign O[6] = 1'b1;
  assign O[7] = B[6];
  assign O[8] = 1'b0;
  assign O[9] = 1'b0;
  assign O[10] = 1'b0;
  assign O[11] = 1'b0;
  assign O[12] = 1'b0;
  assign O[13] = 1'b0;
  assign O[14] = n2;
  assign O[15] = n0;
endmodule
