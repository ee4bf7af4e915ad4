# Yosys: the design mapped to a Liberty with its hierarchy kept, memories as black boxes.
yosys -import
set liberty $::env(LIBERTY)
set out $::env(OUT)
set files {}
set list [open filelist_syn.f]
foreach line [split [read $list] "\n"] {
    if {[string match "*.v" $line] && $line ne "rtl/axn_memory.v"} {
        lappend files $line
    }
}
close $list
foreach file $files {
    read_verilog -sv -Irtl $file
}
read_verilog -sv -lib syn/axn_memory.v
hierarchy -check -top axn_top
synth -top axn_top
dfflibmap -liberty $liberty
# Buffers and sizes gates, as the figures of `axnas synth` do.
abc -liberty $liberty -script {+strash;,dch;,amap,-F,10,-A,10;,topo;,buffer,-c,-N,12;,upsize;,dnsize}
opt_clean
tee -q -o $out/area.txt stat -liberty $liberty
# OpenSTA reads no parameter values.
setparam -unset Bytes -unset Depth t:axn_memory
splitnets
clean
write_verilog -noattr -noexpr -simple-lhs $out/axn_top_mapped.v
