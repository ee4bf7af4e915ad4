#include "common/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>

static atomic_int interrupted;

static void on_signal(int signal_number)
{
    atomic_store(&interrupted, signal_number);
}

void axn_interrupt_install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    /* A second Ctrl-C ends the program at once. */
    action.sa_flags = (int)SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* A file over the limit of `ulimit -f` shall be a failed write with a message. */
    action.sa_handler = SIG_IGN;
    action.sa_flags = 0;
    sigaction(SIGXFSZ, &action, NULL);
}

bool axn_interrupted(void)
{
    return atomic_load_explicit(&interrupted, memory_order_relaxed) != 0;
}

axn_status axn_interrupt_check(axn_error *error)
{
    if (!axn_interrupted())
        return AXN_OK;
    return axn_fail(error, AXN_ERROR_INTERRUPTED, "interrupted");
}
