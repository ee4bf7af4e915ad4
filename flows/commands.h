/* The subcommands of axnas: one file each, cmd_<name>.c. argv[0] is the subcommand's
 * name; the result is the exit status: 0 done, 1 failed, 2 wrong usage. */
#ifndef AXN_FLOWS_COMMANDS_H
#define AXN_FLOWS_COMMANDS_H

int axn_cmd_multipliers(int argc, char **argv);
int axn_cmd_search(int argc, char **argv);
int axn_cmd_pareto(int argc, char **argv);
int axn_cmd_train(int argc, char **argv);
int axn_cmd_retrain(int argc, char **argv);
int axn_cmd_evaluate(int argc, char **argv);
int axn_cmd_assign(int argc, char **argv);
int axn_cmd_rtl(int argc, char **argv);
int axn_cmd_simulate(int argc, char **argv);
int axn_cmd_synth(int argc, char **argv);
int axn_cmd_report(int argc, char **argv);
int axn_cmd_demo(int argc, char **argv);
int axn_cmd_worker(int argc, char **argv); /* started by search only */

#endif
