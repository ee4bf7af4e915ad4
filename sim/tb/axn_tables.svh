// Part of the test benches: load_tables reads the tables of the array's multipliers, which one C
// function serves to all cells (Verilator; under Icarus each cell reads its own).
//   +table=FILE          the first multiplier's table, mem/multiplier.hex when missing; those of
//                        further ones are mem/multiplier_1.hex and so on
//   +tables=N            only the first N: the program uses no other multipliers
`ifdef VERILATOR
  import "DPI-C" function int axn_mul8u_load(input int index, input string path);
  task automatic load_tables;
    string table_name;
    integer count;
    if (!$value$plusargs("tables=%d", count)) count = `AXN_MULTIPLIERS;
    for (int i = 0; i < count; i++) begin
      table_name = $sformatf("mem/multiplier_%0d.hex", i);
      if (i == 0 && !$value$plusargs("table=%s", table_name)) table_name = "mem/multiplier.hex";
      if (axn_mul8u_load(i, table_name) == 0) begin
        $display("AXN error multiplier %0d: %s does not hold 65536 products", i, table_name);
        $fatal(1);
      end
    end
  endtask
`else
  task automatic load_tables;
  endtask
`endif
