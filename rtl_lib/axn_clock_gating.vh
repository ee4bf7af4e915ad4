// AXN_CLOCKED(enable): the condition under which registers of the data path are clocked. Synthesis
// for standard cells turns such enables into clock gates, an FPGA has them in its flip-flops.
// Defining AXN_UNGATED clocks these registers always: the same results, no gates.
`ifdef AXN_UNGATED
`define AXN_CLOCKED(enable) 1'b1
`else
`define AXN_CLOCKED(enable) (enable)
`endif
