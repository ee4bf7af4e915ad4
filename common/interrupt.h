/* Ctrl-C and SIGTERM as a flag that long loops poll. */
#ifndef AXN_COMMON_INTERRUPT_H
#define AXN_COMMON_INTERRUPT_H

#include <stdbool.h>

#include "common/error.h"

void axn_interrupt_install(void);
bool axn_interrupted(void);
/* AXN_OK, or AXN_ERROR_INTERRUPTED with a message. */
axn_status axn_interrupt_check(axn_error *error);

#endif
