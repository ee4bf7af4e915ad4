#!/bin/sh
# What the emitted folder hands to other flows: each file is read by what Debian has that reads
# it, and every file that it names is there.
. tests/e2e/common.inc

"$tools/make_random_model" 7 "$work/model" 1 loa_7_10
check 'generate' "$axnas" rtl "$work/model" --rows 2 --cols 2 --out "$work/rtl"
cd "$work/rtl"

# OpenROAD-flow-scripts: make reads config.mk, from anywhere.
cat >"$work/orfs.mk" <<'END'
include rtl/orfs/config.mk
show:
	@printf '%s\n' '$(DESIGN_NAME)' '$(PLATFORM)' $(VERILOG_INCLUDE_DIRS) $(SDC_FILE) $(VERILOG_FILES)
END
(cd "$work" && make -s -f orfs.mk show) >"$work/orfs.txt"
check 'config.mk: design and platform' [ "$(sed -n '1,2p' "$work/orfs.txt" | tr '\n' ' ')" = 'axn_top nangate45 ' ]
tail -n +3 "$work/orfs.txt" >"$work/orfs.files"
check 'config.mk: every file is there' sh -c 'while read -r f; do [ -e "$f" ] || exit 1; done' <"$work/orfs.files"
sed -n 's,^rtl/,rtl/,p' filelist_syn.f | sort >"$work/wanted"
sed -n "s,^$work/rtl/\(rtl/.*\.v\)\$,\1,p" "$work/orfs.files" | sort >"$work/named"
check 'config.mk: the files that are synthesised' cmp "$work/wanted" "$work/named"
(cd "$work" && make -s -f orfs.mk show AXN_MEMORY=/macros.v) >"$work/macros.txt"
check 'config.mk: memories as macros' grep -qx /macros.v "$work/macros.txt"
check 'config.mk: and not ours then' sh -c "! grep -q axn_memory.v '$work/macros.txt'"

# FuseSoC: structure, names, files.
core=axn_top.core
check 'core: CAPI2' [ "$(head -n 1 $core)" = CAPI=2: ]
check 'core: a name of four parts' grep -Eqx 'name: [^: ]+:[^: ]+:[^: ]+:[0-9.]+' $core
check 'core: no tabs, indents of two' awk '/\t/ { exit 1 } { match($0, /^ */); if (RLENGTH % 2) exit 1 }' $core
sed -n 's/^      - \([a-z]*\/[^:]*\)\(: {is_include_file: true}\)\{0,1\}$/\1/p' $core >"$work/core.files"
check 'core: names files' [ "$(wc -l <"$work/core.files")" -gt 20 ]
check 'core: every file is there' sh -c 'while read -r f; do [ -e "$f" ] || exit 1; done' <"$work/core.files"
grep -x 'rtl/.*\.v' "$work/core.files" | sort >"$work/named"
check 'core: the files that are synthesised' cmp "$work/wanted" "$work/named"
check 'core: targets use filesets that it has' awk '
    /^filesets:/ { part = 1 } /^targets:/ { part = 2 }
    part == 1 && /^  [a-z]+:$/ { sub(/:/, ""); known[$1] = 1 }
    part == 2 && /^    [a-z]+:/ { inside = $1 == "filesets:" }
    part == 2 && inside && /^      - / { used++; if (!known[$2]) exit 1 }
    END { if (used < 5) exit 1 }' $core
if python3 -c 'import yaml' 2>/dev/null; then
    check 'core: YAML' python3 -c '
import yaml
core = yaml.safe_load(open("axn_top.core").read().split("\n", 1)[1])
assert set(core["filesets"]) == {"rtl", "lint", "constraints"}
assert core["targets"]["lint"]["toplevel"] == "axn_top"
assert all(f in core["filesets"] for t in core["targets"].values() for f in t["filesets"])'
fi

# Verilator: lint from the list alone; a broken file is seen.
check 'verilator.f' verilator --lint-only -f verilator.f
sed 's/axn_top (/axn_top (input wire extra_i,/' rtl/axn_top.v >"$work/axn_top.v"
sed "s,^rtl/axn_top.v,$work/axn_top.v," verilator.f >"$work/broken.f"
fails 'verilator.f: a warning counts' 1 UNUSEDSIGNAL sh -c "verilator --lint-only -f '$work/broken.f' 2>&1 |
    grep -m 1 UNUSED >&2; exit 1"

# SDC: OpenSTA on the mapped netlist. Ports are constrained, the clock is as asked for.
check 'mapped netlist' make synth
cat >"$work/sta.tcl" <<'END'
read_liberty /usr/share/qflow/tech/osu018/osu018_stdcells.lib
read_verilog build/axn_top_mapped.v
link_design axn_top
puts CONSTRAINTS
read_sdc syn/axn_top.sdc
puts "PERIOD [get_property [get_clocks clk] period]"
report_checks -path_delay max -from [get_ports reg_addr_i] -format full_clock
report_checks -path_delay max -to [get_ports reg_rdata_o] -format full_clock
report_checks -path_delay max -from [get_ports rst_ni]
report_checks -path_delay max -format full_clock
END
CLOCK_NS=20 sta -no_splash -exit "$work/sta.tcl" >"$work/sta.txt" 2>&1
check 'SDC: no complaint' sh -c "! sed '1,/^CONSTRAINTS/d' '$work/sta.txt' | grep -iE 'error|warning'"
check 'SDC: period' grep -q '^PERIOD 20' "$work/sta.txt"
check 'SDC: input delay' grep -Eq '4\.00 .*input external delay' "$work/sta.txt"
check 'SDC: output delay' grep -Eq '\-4\.00 .*output external delay' "$work/sta.txt"
check 'SDC: uncertainty' grep -Eq '\-0\.40 .*clock uncertainty' "$work/sta.txt"
check 'SDC: reset is no path' grep -q 'No paths found' "$work/sta.txt"
finish
