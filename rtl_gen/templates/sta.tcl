# OpenSTA: longest register-to-register path before layout.
read_liberty $::env(LIBERTY)
read_verilog $::env(OUT)/axn_top_mapped.v
link_design axn_top
create_clock -name clk -period $::env(CLOCK_NS) [get_ports clk_i]
report_checks -path_delay max
report_wns
report_tns
