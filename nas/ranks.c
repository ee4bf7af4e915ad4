/* What ranks agree on at the start. */
#include "nas/ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/hash.h"

#define PROGRAM_MAX ((size_t)1 << 30)

int axn_ranks_launched(void)
{
    /* OpenMPI, MPICH and others, Slurm. The first decides: mpirun may itself use srun. */
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        long number = value != NULL ? strtol(value, NULL, 10) : 0;
        if (number >= 1 && number <= 1000000) {
            return (int)number;
        }
    }
    return 1;
}

void axn_ranks_finish(axn_ranks *ranks)
{
    if (ranks->finish != NULL) {
        ranks->finish(ranks->context);
    }
    *ranks = (axn_ranks){.count = 1};
}

/* Host names may be equal on different machines; the kernel's boot is not. */
static uint64_t hash_machine(const char *host)
{
    uint64_t hash = axn_hash(AXN_HASH_SEED, host, strlen(host));
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file != NULL) {
        char text[64] = "";
        if (fgets(text, sizeof text, file) != NULL) {
            hash = axn_hash(AXN_HASH_SEED, text, strlen(text));
        }
        (void)fclose(file);
    }
    return hash;
}

static axn_status fill_card(int level, axn_rank_card *card, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer program = {0};
    memset(card, 0, sizeof *card); /* padding travels, too */
    card->level = level;
    if (gethostname(card->host, sizeof card->host - 1) != 0) {
        snprintf(card->host, sizeof card->host, "unknown");
    }
    card->machine = hash_machine(card->host);
    if (sched_getaffinity(0, sizeof card->allowed, &card->allowed) != 0) {
        CPU_SET(0, &card->allowed);
    }
    axn_status status = axn_program_executable(path, error);
    if (status == AXN_OK) {
        status = axn_file_read(path, PROGRAM_MAX, &program, error);
    }
    if (status == AXN_OK) {
        card->program = axn_hash(AXN_HASH_SEED, program.data, program.length);
    }
    axn_buffer_free(&program);
    return status;
}

axn_status axn_ranks_meet(const axn_ranks *ranks, int level, axn_rank_card *cards, axn_error *error)
{
    axn_rank_card mine;
    axn_error trouble = {0};
    /* One that cannot read itself still takes part: the others wait for it. */
    axn_status status = fill_card(level, &mine, &trouble);
    if (ranks->count == 1) {
        cards[0] = mine;
    } else if (ranks->gather(ranks->context, &mine, sizeof mine, cards, error) != AXN_OK) {
        return error != NULL ? error->status : AXN_ERROR_IO;
    }
    if (status != AXN_OK) {
        return axn_fail(error, status, "%s", trouble.message);
    }
    for (int i = 1; i < ranks->count && status == AXN_OK; i++) {
        if (cards[i].program != cards[0].program) {
            status = axn_fail(error, AXN_ERROR_MISMATCH,
                              "rank %d on %s runs another build of axnas than rank 0 on %s", i,
                              cards[i].host, cards[0].host);
        }
    }
    return status;
}

int axn_ranks_lowest(const axn_rank_card *cards, int count)
{
    int lowest = cards[0].level;
    for (int i = 1; i < count; i++) {
        lowest = cards[i].level < lowest ? cards[i].level : lowest;
    }
    return lowest;
}

int axn_ranks_share(const axn_rank_card *cards, int count, int rank)
{
    double share = 0;
    for (size_t processor = 0; processor < CPU_SETSIZE; processor++) {
        if (!CPU_ISSET(processor, &cards[rank].allowed)) {
            continue;
        }
        int users = 0;
        for (int i = 0; i < count; i++) {
            users +=
                cards[i].machine == cards[rank].machine && CPU_ISSET(processor, &cards[i].allowed);
        }
        share += 1.0 / users;
    }
    return share < 1.5 ? 1 : (int)(share + 1e-6);
}
