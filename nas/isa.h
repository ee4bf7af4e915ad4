/* Classes of machines by their instructions: within one, the same inputs and seed give the
 * same bytes. What is exact in integers is the same in all of them. */
#ifndef AXN_NAS_ISA_H
#define AXN_NAS_ISA_H

#include "common/error.h"

#define AXN_ISA_WORDS "avx512|avx2|portable" /* as users write them */

typedef enum axn_isa {
    AXN_ISA_BEST, /* the best class of this machine */
    AXN_ISA_PORTABLE,
    AXN_ISA_AVX2,
    AXN_ISA_AVX512 /* F, BW, DQ and VL */
} axn_isa;

axn_isa axn_isa_of(const char *name);  /* unknown names: AXN_ISA_BEST */
const char *axn_isa_name(axn_isa isa); /* of BEST: that of the class it stands for */

/* AXN_ERROR_USAGE for a class that this machine lacks. */
axn_status axn_isa_check(axn_isa isa, axn_error *error);

/* Holds the float arithmetic of this process, which is oneDNN's, to a class. Once it has been
 * used in a process, another class is AXN_ERROR_USAGE. */
axn_status axn_isa_use(axn_isa isa, axn_error *error);

#endif
