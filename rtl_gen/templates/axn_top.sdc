# Constraints of axn_top: one clock; a fifth of its period outside each port, and uncertainty for
# jitter and what the clock tree will skew. Times are in the Liberty's unit, here ns.
set clock_period 10.0
if {[info exists ::env(CLOCK_NS)]} { set clock_period $::env(CLOCK_NS) }
set io_delay [expr {0.2 * $clock_period}]

create_clock -name clk -period $clock_period [get_ports clk_i]
set_clock_uncertainty [expr {0.02 * $clock_period}] [get_clocks clk]

set data_inputs {}
foreach port [all_inputs] {
    if {[get_property $port full_name] ni {clk_i rst_ni}} { lappend data_inputs $port }
}
set_input_delay $io_delay -clock clk $data_inputs
set_output_delay $io_delay -clock clk [all_outputs]

# Asserted for many cycles before anything is asked for.
set_false_path -from [get_ports rst_ni]
