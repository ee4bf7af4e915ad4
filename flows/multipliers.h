/* The actions of `axnas multipliers`, one file each (multipliers_<action>.c), and what
 * they share: from characterised circuits to a library on disk and a printed table. */
#ifndef AXN_FLOWS_MULTIPLIERS_H
#define AXN_FLOWS_MULTIPLIERS_H

#include <stdbool.h>

#include "multipliers/characterise.h"
#include "multipliers/families.h"

/* argv[0] is the action's name; the result is the exit status. */
int axn_multipliers_list(int argc, char **argv);
int axn_multipliers_characterise(int argc, char **argv);
int axn_multipliers_generate(int argc, char **argv);
int axn_multipliers_import(int argc, char **argv);
int axn_multipliers_evolve(int argc, char **argv);
int axn_multipliers_recharacterise(int argc, char **argv);
int axn_multipliers_front(int argc, char **argv);
int axn_multipliers_lite(int argc, char **argv);

/* What becomes of the jobs. */
typedef struct axn_multipliers_outcome {
    const char *command;     /* "multipliers generate", for messages */
    const char *liberty;     /* path, NULL = default */
    const char *histogram;   /* path of an operand histogram, NULL = none */
    const char *folder;      /* the library to write; NULL = print a table */
    const axn_library *base; /* circuits that the library holds already; NULL = none */
    int threads;             /* 0 = all processors */
    bool force;              /* the folder may hold files */
    bool choose_lite;        /* of the library written (multipliers/lite.h) */
    bool json;
} axn_multipliers_outcome;

/* Characterises the jobs (with `histogram` unless it is NULL) and makes the library of those that
 * succeed, on top of outcome->base; without an exact circuit in it the cheapest of our own joins as
 * jobs[*count]. If no job succeeds the library stays as it is. Writes no files. */
axn_status axn_multipliers_make(const axn_multipliers_outcome *outcome, const axn_liberty *liberty,
                                const axn_operand_histogram *histogram, axn_characterise_job *jobs,
                                int *count, axn_library *library, axn_error *error);

/* Characterises the jobs, gives them an exact multiplier of our own to compare with if
 * none of them is exact, writes the library, prints it and what failed. `jobs` has room
 * for one more than count; free it with count + 1. Returns the exit status: 0 when every
 * job succeeded. */
int axn_multipliers_finish(const axn_multipliers_outcome *outcome, axn_characterise_job *jobs,
                           int count);

/* Writes a circuit to folder/NAME.v, NAME being job->multiplier.name, and sets job->file.
 * `comment` becomes its first line; `path` (of AXN_PATH_MAX) is kept by the caller as
 * long as the job. */
axn_status axn_multipliers_place(const axn_circuit *circuit, const char *comment,
                                 const char *folder, char *path, axn_characterise_job *job,
                                 axn_error *error);
/* The same for a member of a family, whose job is filled wholly; `arguments` of the command
 * that makes it again, NULL = "--only NAME". */
axn_status axn_multipliers_member(const axn_family_member *member, const char *arguments,
                                  const char *folder, char *path, axn_characterise_job *job,
                                  axn_error *error);

/* A library as a table, sorted by power. */
axn_status axn_multipliers_print_table(const axn_library *library, axn_error *error);
/* A library as one JSON object; with jobs also `rejected`: those that failed. */
axn_status axn_multipliers_print_json(const axn_library *library, const axn_characterise_job *jobs,
                                      int count, axn_error *error);

#endif
