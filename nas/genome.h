/* Genotype of the search: links between the cells of a template, the output gene and
 * the multiplier genes (Cartesian genetic programming; Pinos, Mrazek, Sekanina 2021,
 * section 3.1), and its decoding to a network. */
#ifndef AXN_NAS_GENOME_H
#define AXN_NAS_GENOME_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/random.h"
#include "model/network.h"
#include "nas/template.h"

#define AXN_GENOME_INPUT (-1)     /* a link to the network's input */
#define AXN_GENOME_MAX_GROUPS 8   /* multiplier genes */
#define AXN_GENOME_ATTEMPTS 20000 /* draws before a template counts as hopeless */

/* What genomes are drawn from. Borrowed members stay with the caller. */
typedef struct axn_search_space {
    const axn_template *grid;
    int levels_back; /* of the template unless configured */
    axn_shape input;
    int classes;
    int multiplier_count;        /* multiplier genes are 0 .. multiplier_count-1 */
    int multiplier_groups;       /* 1 .. AXN_GENOME_MAX_GROUPS: consecutive columns share a gene */
    int min_convolutions;        /* at least 1 */
    int64_t max_multiplications; /* of the convolutions, exact count; 0 = no limit */
    int64_t max_parameters;      /* 0 = no limit */
} axn_search_space;

typedef struct axn_genome {
    int cell_count;
    int *links; /* [cell_count][2]: cell index (column * rows + row) or AXN_GENOME_INPUT */
    int output; /* an FC cell of the last column */
    int multipliers[AXN_GENOME_MAX_GROUPS];
} axn_genome;

/* What a genome means. Layers come in depth-first order from the output, so equal
 * graphs give equal networks wherever their cells lie in the grid. */
typedef struct axn_phenotype {
    axn_network network; /* inferred; `multiplier` of a CONV indexes `multipliers` below */
    int multipliers[AXN_GENOME_MAX_GROUPS]; /* distinct genes in use, by first use */
    int multiplier_count;
    int *origin; /* [network.count]: cell * 16 + number within the cell; the input and
                    the classifier have negative values */
    int convolutions;
    uint64_t hash; /* of the network without its multipliers */
} axn_phenotype;

typedef struct axn_mutation {
    double p_architecture;
    double p_multiplier;
} axn_mutation;

axn_status axn_genome_copy(const axn_genome *from, axn_genome *to, axn_error *error);
void axn_genome_free(axn_genome *genome); /* back to {0} */
bool axn_genome_equal(const axn_genome *one, const axn_genome *other);

/* A random legal genome whose network is feasible; AXN_ERROR_USAGE with the last
 * reason when the template yields none. Free with axn_genome_free. */
axn_status axn_genome_random(const axn_search_space *space, axn_random *random, axn_genome *out,
                             axn_error *error);

/* With p_architecture: draws a cell or the output gene and redraws all its links
 * within levels_back, again and again until an active one was hit and the network
 * differs from what it was; a draw that makes the network infeasible is taken back.
 * With p_multiplier: redraws a multiplier gene. *changed (may be NULL): the network
 * differs; false only when p_architecture did not strike or the bound on draws was met. */
axn_status axn_genome_mutate(const axn_search_space *space, const axn_mutation *mutation,
                             axn_random *random, axn_genome *genome, bool *changed,
                             axn_error *error);

/* active[cell_count]: is the cell reached from the output? */
void axn_genome_activity(const axn_search_space *space, const axn_genome *genome, bool *active);

/* Checks every gene against the rules of the space; AXN_ERROR_FORMAT names the gene. */
axn_status axn_genome_check(const axn_search_space *space, const axn_genome *genome,
                            axn_error *error);

/* Decodes a legal genome; an infeasible network (shape rules, limits of the space) is
 * AXN_ERROR_LIMIT or what axn_network_infer says. Free with axn_phenotype_free. */
axn_status axn_genome_decode(const axn_search_space *space, const axn_genome *genome,
                             axn_phenotype *out, axn_error *error);
void axn_phenotype_free(axn_phenotype *phenotype); /* back to {0} */

/* For each layer of `child` the layer of `parent` that came from the same cell and has
 * weights of the same shape, else -1 (layers without weights too). map[child count]. */
void axn_phenotype_inherit(const axn_phenotype *parent, const axn_phenotype *child, int *map);

/* {"links": [...], "output": n, "multipliers": [...]}; NULL when out of memory. */
cJSON *axn_genome_to_json(const axn_search_space *space, const axn_genome *genome);
axn_status axn_genome_from_json(const axn_search_space *space, const cJSON *json, const char *file,
                                axn_genome *out, axn_error *error);

#endif
