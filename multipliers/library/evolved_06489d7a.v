// Evolved multiplier, written by: axnas multipliers evolve --targets multipliers/targets/far.json --generations 8000000 -o DIR
module evolved_06489d7a (A, B, O);
  input [7:0] A;
  input [7:0] B;
  output [15:0] O;
  wire n0, n1;
  assign n0 = A[7] ^ B[7];
  assign n1 = A[7] & B[7];
  assign O[0] = B[0];
  assign O[1] = 1'b1;
  assign O[2] = 1'b1;
  assign O[3] = 1'b1;
  assign O[4] = 1'b1;
  assign O[5] = 1'b1;
  assign O[6] = 1'b1;
  assign O[7] = 1'b0;
  assign O[8] = 1'b0;
  assign O[9] = B[5];
  assign O[10] = 1'b0;
  assign O[11] = B[6];
  assign O[12] = A[6];
  assign O[13] = n0;
  assign O[14] = 1'b0;
  assign O[15] = n1;
endmodule
