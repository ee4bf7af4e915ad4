/* Any machine. Also the plain statement of what the other tiers compute. */
#include "multipliers/cgp_kernel_internal.h"

#define CGP_LANES 2 /* what 64-bit processors have at least */
#define CGP_TARGET
#define CGP_NAME "portable"
#define CGP_SYMBOL axn_cgp_kernel_portable
#define CGP_XOR3(x, y, z) ((x) ^ (y) ^ (z))
#define CGP_MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define CGP_BORROW(x, y, z) ((~(x) & ((y) | (z))) | ((y) & (z)))
#define CGP_POPCOUNT(x) popcount(x)

CGP_VECTOR_TYPES(CGP_LANES)

static inline __attribute__((always_inline)) vector popcount(vector x)
{
    x -= (x >> 1) & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + ((x >> 2) & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    x += x >> 8;
    x += x >> 16;
    return (x + (x >> 32)) & 0x7f;
}

#include "multipliers/cgp_kernel_template.h"
