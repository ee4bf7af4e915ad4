// The register port (addresses in axn_descriptor.vh, meaning in docs/descriptor.md) and the
// loading of program, parameters and weights. A write takes effect in the next cycle; read data
// is there in the cycle after the read.
`default_nettype none

module axn_registers #(
    parameter int Cols = 16,
    parameter int AddressW = 16,
    parameter int ProgramW = 8,
    parameter int ParameterW = 10,
    parameter int WeightW = 12
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    // register port
    input  wire                  reg_valid_i,
    input  wire                  reg_write_i,
    input  wire [           7:0] reg_addr_i,
    input  wire [          31:0] reg_wdata_i,
    output wire [          31:0] reg_rdata_o,
    // settings
    output wire                  accept_o,
    output wire                  abort_o,            // for one cycle
    output wire [          27:0] image_words_o,
    output wire [  AddressW-5:0] image_base_word_o,
    output wire [  ProgramW-1:0] program_o,
    output wire [           7:0] layer_select_o,
    // state
    input  wire                  busy_i,
    input  wire                  accepting_i,
    input  wire [          31:0] cycles_i,
    input  wire [          31:0] layer_cycles_i,
    // write ports of the memories
    output wire [           3:0] program_write_o,
    output wire [           7:0] parameter_write_o,
    output wire [      Cols-1:0] weight_write_o,
    output wire [  ProgramW-1:0] program_address_o,
    output wire [ParameterW-1:0] parameter_address_o,
    output wire [   WeightW-1:0] weight_address_o,
    output wire [          31:0] load_data_o
);
  `include "axn_descriptor.vh"
  localparam logic [2:0] LastWeightPart = 3'((Cols + 3) / 4 - 1);

  logic accept_q, abort_q;
  logic [27:0] image_words_q, load_word_q;
  logic [AddressW-5:0] image_base_word_q;
  logic [ProgramW-1:0] program_q;
  logic [7:0] layer_select_q;
  logic [3:0] load_memory_q;
  logic [2:0] load_part_q, last_part;
  logic [31:0] rdata_q, rdata_d;
  wire write, load;

  assign write = reg_valid_i && reg_write_i;
  assign load  = write && reg_addr_i == `AXN_REG_LOAD_DATA;

  always_comb begin
    case (load_memory_q)
      4'd1: last_part = 3'd1;
      4'd2: last_part = LastWeightPart;
      default: last_part = 3'd0;
    endcase
    case (reg_addr_i)
      `AXN_REG_ID: rdata_d = 32'h41584E31;
      `AXN_REG_STATUS: rdata_d = {30'd0, accepting_i, busy_i};
      `AXN_REG_CYCLES: rdata_d = cycles_i;
      `AXN_REG_LAYER_CYCLES: rdata_d = layer_cycles_i;
      default: rdata_d = '0;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      accept_q <= 1'b0;
      abort_q <= 1'b0;
      image_words_q <= '0;
      image_base_word_q <= '0;
      program_q <= '0;
      layer_select_q <= '0;
      load_memory_q <= '0;
      load_word_q <= '0;
      load_part_q <= '0;
    end else begin
      abort_q <= 1'b0;
      if (write) begin
        case (reg_addr_i)
          `AXN_REG_CONTROL: begin
            accept_q <= reg_wdata_i[0];
            abort_q  <= reg_wdata_i[1];
          end
          `AXN_REG_IMAGE_WORDS: image_words_q <= reg_wdata_i[27:0];
          `AXN_REG_IMAGE_BASE: image_base_word_q <= reg_wdata_i[AddressW-1:4];
          `AXN_REG_PROGRAM: program_q <= reg_wdata_i[ProgramW-1:0];
          `AXN_REG_LAYER_SELECT: layer_select_q <= reg_wdata_i[7:0];
          `AXN_REG_LOAD_ADDRESS: begin
            load_memory_q <= reg_wdata_i[31:28];
            load_word_q   <= reg_wdata_i[27:0];
            load_part_q   <= '0;
          end
          `AXN_REG_LOAD_DATA: begin
            load_part_q <= load_part_q + 3'd1;
            if (load_part_q == last_part) begin
              load_part_q <= '0;
              load_word_q <= load_word_q + 28'd1;
            end
          end
          default: ;
        endcase
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (reg_valid_i && !reg_write_i) rdata_q <= rdata_d;
  end

  logic [Cols-1:0] weight_write;
  always_comb begin
    for (int c = 0; c < Cols; c++) begin
      weight_write[c] = load && load_memory_q == 4'd2 && load_part_q == 3'(c / 4);
    end
  end

  assign reg_rdata_o = rdata_q;
  assign accept_o = accept_q;
  assign abort_o = abort_q;
  assign image_words_o = image_words_q;
  assign image_base_word_o = image_base_word_q;
  assign program_o = program_q;
  assign layer_select_o = layer_select_q;
  assign program_write_o = {4{load && load_memory_q == 4'd0}};
  assign parameter_write_o = {
    {4{load && load_memory_q == 4'd1 && load_part_q[0]}},
    {4{load && load_memory_q == 4'd1 && !load_part_q[0]}}
  };
  assign weight_write_o = weight_write;
  assign program_address_o = load_word_q[ProgramW-1:0];
  assign parameter_address_o = load_word_q[ParameterW-1:0];
  assign weight_address_o = load_word_q[WeightW-1:0];
  assign load_data_o = reg_wdata_i;

  logic unused;
  assign unused = &{1'b0, load_word_q};
endmodule

`default_nettype wire
