#include "multipliers/table.h"

#include <stdlib.h>

#include "common/buffer.h"
#include "common/file.h"
#include "common/memory.h"
#include "multipliers/verilog_reader.h"

#define TABLE_BYTES ((size_t)131072)

void axn_table_exact(axn_table *table)
{
    for (int a = 0; a < 256; a++)
        for (int b = 0; b < 256; b++)
            table->product[a * 256 + b] = (uint16_t)(a * b);
}

/* Products as bytes, least significant first, whatever the machine's order. */
static void to_bytes(const axn_table *table, unsigned char *bytes)
{
    for (size_t i = 0; i < 65536; i++) {
        bytes[2 * i] = (unsigned char)(table->product[i] & 0xff);
        bytes[2 * i + 1] = (unsigned char)(table->product[i] >> 8);
    }
}

uint64_t axn_table_hash(const axn_table *table)
{
    unsigned char row[512];
    uint64_t hash = AXN_HASH_SEED;
    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b++) {
            row[2 * b] = (unsigned char)(table->product[a * 256 + b] & 0xff);
            row[2 * b + 1] = (unsigned char)(table->product[a * 256 + b] >> 8);
        }
        hash = axn_hash(hash, row, sizeof row);
    }
    return hash;
}

axn_status axn_table_from_verilog(const char *const *files, const char *const *modules, int count,
                                  axn_table *tables, axn_error *error)
{
    axn_verilog_circuit *circuits = NULL;
    axn_status status = axn_verilog_read(files, modules, count, &circuits, error);
    for (int i = 0; i < count && status == AXN_OK; i++)
        status = axn_circuit_tabulate(&circuits[i].circuit, &tables[i], error);
    axn_verilog_free(circuits, count);
    return status;
}

axn_status axn_table_write(const char *path, const axn_table *tables, int count, axn_error *error)
{
    unsigned char *bytes = NULL;
    axn_status status = axn_allocate(&bytes, (size_t)count, TABLE_BYTES, "tables", error);
    if (status != AXN_OK)
        return status;
    for (int i = 0; i < count; i++)
        to_bytes(&tables[i], bytes + (size_t)i * TABLE_BYTES);
    status = axn_file_write(path, bytes, (size_t)count * TABLE_BYTES, error);
    free(bytes);
    return status;
}

axn_status axn_table_read(const char *path, axn_table *tables, int count, axn_error *error)
{
    axn_buffer bytes = {0};
    size_t expected = (size_t)count * TABLE_BYTES;
    axn_status status = axn_file_read(path, expected + 1, &bytes, error);
    if (status == AXN_OK && bytes.length != expected)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: %zu bytes, expected %zu (%d tables)", path,
                          bytes.length, expected, count);
    for (int t = 0; t < count && status == AXN_OK; t++)
        for (size_t i = 0; i < 65536; i++) {
            const unsigned char *pair =
                (const unsigned char *)bytes.data + (size_t)t * TABLE_BYTES + 2 * i;
            tables[t].product[i] = (uint16_t)(pair[0] | pair[1] << 8);
        }
    axn_buffer_free(&bytes);
    return status;
}
