/* Ranks of a program built without MPI. */
#include "nas/ranks.h"

axn_status axn_ranks_start(axn_ranks *out, axn_error *error)
{
    int launched = axn_ranks_launched();
    *out = (axn_ranks){.count = 1};
    if (launched > 1) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "started %d times by mpirun or srun, but this axnas was built without MPI: "
                        "build it with `make MPI=1`, or start it once and let --jobs %d do the "
                        "work on this machine",
                        launched, launched);
    }
    return AXN_OK;
}
