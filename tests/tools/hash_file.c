/* Prints the hash that a manifest would give for a file: hash_file FILE */
#include <stdio.h>

#include "common/file.h"
#include "common/hash.h"

int main(int argc, char **argv)
{
    axn_error error = {0};
    axn_buffer content = {0};
    char text[AXN_HASH_TEXT];
    if (argc != 2) {
        fputs("usage: hash_file FILE\n", stderr);
        return 2;
    }
    if (axn_file_read(argv[1], (size_t)64 << 20, &content, &error) != AXN_OK) {
        fprintf(stderr, "hash_file: %s\n", error.message);
        return 1;
    }
    axn_hash_text(text, axn_hash(AXN_HASH_SEED, content.data, content.length));
    puts(text);
    axn_buffer_free(&content);
    return 0;
}
