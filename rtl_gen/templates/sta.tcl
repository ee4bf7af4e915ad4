# OpenSTA: the longest path before layout, under the constraints of axn_top.sdc at the period
# CLOCK_NS.
read_liberty $::env(LIBERTY)
read_verilog $::env(OUT)/axn_top_mapped.v
link_design axn_top
source syn/axn_top.sdc
report_checks -path_delay max
report_wns
report_tns
