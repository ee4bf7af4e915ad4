#include "common/hash.h"

#include <inttypes.h>
#include <stdio.h>

#define FNV_PRIME UINT64_C(0x100000001b3)

uint64_t axn_hash(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ byte[i]) * FNV_PRIME;
    return hash;
}

void axn_hash_text(char out[AXN_HASH_TEXT], uint64_t hash)
{
    snprintf(out, AXN_HASH_TEXT, "%016" PRIx64, hash);
}
