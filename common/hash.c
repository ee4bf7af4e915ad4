#include "common/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

bool axn_hash_parse(const char *text, uint64_t *hash)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t value = 0;
    *hash = 0;
    if (strlen(text) != AXN_HASH_TEXT - 1)
        return false;
    for (int i = 0; i < AXN_HASH_TEXT - 1; i++) {
        const char *digit = strchr(digits, text[i]);
        if (digit == NULL)
            return false;
        value = value << 4 | (uint64_t)(digit - digits);
    }
    *hash = value;
    return true;
}
