/* Descriptors: fields keep their values and their bits, and the files made from the
 * definition are current. */
#include "tests/check.h"

#include "common/random.h"
#include "rtl_gen/descriptor.h"

static void fields_survive_encoding(void)
{
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 0, 0);
    for (int trial = 0; trial < 200; trial++) {
        uint32_t words[AXN_DESCRIPTOR_WORDS];
        axn_descriptor before, after = {0};
#define AXN_FIELD(name, word, lsb, width, meaning)                                                 \
    before.name = axn_random_u32(&random) >> (32 - (width));
#include "rtl_gen/descriptor.def"
#undef AXN_FIELD
        axn_descriptor_encode(&before, words);
        axn_descriptor_decode(words, &after);
        CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof before), 0);
    }
}

static void fields_do_not_share_bits(void)
{
    uint32_t used[AXN_DESCRIPTOR_WORDS] = {0};
#define AXN_FIELD(name, word, lsb, width, meaning)                                                 \
    {                                                                                              \
        uint32_t mask = (uint32_t)(((UINT64_C(1) << (width)) - 1) << (lsb));                       \
        CU_ASSERT((lsb) + (width) <= 32);                                                          \
        CU_ASSERT_EQUAL(used[word] & mask, 0);                                                     \
        used[word] |= mask;                                                                        \
    }
#include "rtl_gen/descriptor.def"
#undef AXN_FIELD
}

static void too_large_values_are_named(void)
{
    axn_error error = {0};
    axn_descriptor descriptor = {.stride = 15, .in_height = 4095};
    AXN_CHECK_OK(axn_descriptor_check(&descriptor, "conv_1", &error), error);
    descriptor.stride = 16;
    AXN_CHECK_FAILS(axn_descriptor_check(&descriptor, "conv_1", &error), error, AXN_ERROR_LIMIT,
                    "layer conv_1: stride is 16, the accelerator takes at most 15");
}

static void check_current(const char *name, void (*make)(axn_buffer *))
{
    axn_error error = {0};
    char path[AXN_PATH_MAX];
    axn_buffer made = {0}, committed = {0};
    make(&made);
    AXN_REQUIRE_OK(axn_program_path(path, name, &error), error);
    AXN_REQUIRE_OK(axn_file_read(path, 1 << 20, &committed, &error), error);
    CU_ASSERT_EQUAL(made.length, committed.length);
    CU_ASSERT(made.length == committed.length &&
              memcmp(made.data, committed.data, made.length) == 0);
    axn_buffer_free(&made);
    axn_buffer_free(&committed);
}

static void made_files_are_current(void)
{
    check_current("rtl_lib/axn_descriptor.vh", axn_descriptor_verilog);
    check_current("docs/descriptor.md", axn_descriptor_document);
}

AXN_TEST_MAIN("descriptor", {"fields survive encoding", fields_survive_encoding},
              {"fields do not share bits", fields_do_not_share_bits},
              {"too large values are named", too_large_values_are_named},
              {"the made files are current (else run build/tests/tools/write_descriptor)",
               made_files_are_current})
