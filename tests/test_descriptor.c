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

typedef struct port {
    const char *name;
    bool is_output;
    int width;
} port;

/* The number of ports in `text`, and whether one of them is `wanted`: lines of the form
 * "    input  wire [ 11:0] name," between the module's parentheses. */
static bool find_port(const char *text, const port *wanted, int *count)
{
    bool found = false;
    *count = 0;
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        char direction[8], name[64];
        int high = 0;
        if (strncmp(line, ");", 2) == 0) {
            break;
        }
        if (sscanf(line, " %7[a-z] wire [ %d:0] %63[a-z0-9_]", direction, &high, name) != 3) {
            high = 0;
            if (sscanf(line, " %7[a-z] wire %63[a-z0-9_]", direction, name) != 2) {
                continue;
            }
        }
        ++*count;
        found = found || (strcmp(name, wanted->name) == 0 && high + 1 == wanted->width &&
                          (strcmp(direction, "output") == 0) == wanted->is_output);
    }
    return found;
}

static void check_ports(const char *module, const port *ports, int count, int further)
{
    axn_error error = {0};
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    int found = 0;
    AXN_REQUIRE_OK(axn_program_path(path, module, &error), error);
    AXN_REQUIRE_OK(axn_file_read(path, 1 << 20, &text, &error), error);
    axn_buffer_append(&text, "", 1);
    for (int i = 0; i < count; i++) {
        if (!find_port((const char *)text.data, &ports[i], &found)) {
            printf("%s: %s is not as documented\n", module, ports[i].name);
            CU_FAIL("a port");
        }
    }
    CU_ASSERT_EQUAL(found, count + further);
    axn_buffer_free(&text);
}

static void ports_are_those_of_the_modules(void)
{
#define AXN_PORT(name, is_output, width, group, meaning) {#name, is_output, width},
    static const port top[] = {
#include "rtl_gen/ports.def"
    };
    static const port axi[] = {
#include "rtl_gen/axi_ports.def"
    };
#undef AXN_PORT
    check_ports("rtl_lib/axn_accelerator.v", top, sizeof top / sizeof top[0], 0);
    /* Clock, reset and three observation ports. */
    check_ports("rtl_lib/axn_axi_top.v", axi, sizeof axi / sizeof axi[0], 5);
}

AXN_TEST_MAIN("descriptor", {"fields survive encoding", fields_survive_encoding},
              {"fields do not share bits", fields_do_not_share_bits},
              {"too large values are named", too_large_values_are_named},
              {"the made files are current (else run build/tests/tools/write_descriptor)",
               made_files_are_current},
              {"ports are those of the modules", ports_are_those_of_the_modules})
