/* 64-bit FNV-1a: identity of truth tables, files and simulators (not for security). */
#ifndef AXN_COMMON_HASH_H
#define AXN_COMMON_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AXN_HASH_SEED UINT64_C(0xcbf29ce484222325)
#define AXN_HASH_TEXT 17 /* 16 lower-case hex digits and NUL */

/* Continues `hash` (start with AXN_HASH_SEED) over length bytes. */
uint64_t axn_hash(uint64_t hash, const void *bytes, size_t length);
void axn_hash_text(char out[AXN_HASH_TEXT], uint64_t hash);
/* The other way; false unless it is exactly 16 lower-case hex digits. */
bool axn_hash_parse(const char *text, uint64_t *hash);

#endif
