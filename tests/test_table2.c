/* The energies of the published search (Pinos, Mrazek, Sekanina 2021, table 2) by our cost code:
 * multiplications x power x delay of the multipliers in EvoApproxLib's headers. */
#include <math.h>

#include "model/builtin.h"
#include "nas/candidate.h"
#include "tests/check.h"

/* As printed: millions of multiplications to one digit, energies to two. */
static const struct {
    const char *multiplier;
    double power_mw, delay_ns; /* at 1 GHz: mW x ns = pJ */
    double millions, energy_uj, energy_pj;
} rows[] = {
    {"mul8u_QJD", 0.344, 1.4, 30.9, 14.88, 0.48},  {"mul8u_7C1", 0.329, 1.36, 30.9, 13.82, 0.45},
    {"mul8u_NGR", 0.276, 1.37, 28.5, 10.76, 0.38}, {"mul8u_DM1", 0.195, 1.52, 22.9, 6.79, 0.30},
    {"mul8u_185Q", 0.206, 1.41, 31.7, 9.22, 0.29}, {"mul8u_1JFF", 0.391, 1.43, 20.5, 11.48, 0.56},
    {"mul8u_185Q", 0.206, 1.41, 7.7, 2.23, 0.29},  {"mul8u_QKX", 0.029, 0.18, 27.2, 0.14, 0.01},
    {"mul8u_12N4", 0.142, 1.09, 6.8, 1.05, 0.15},  {"mul8u_1JFF", 0.391, 1.43, 8.1, 4.54, 0.56},
    {"mul8u_QKX", 0.029, 0.18, 26.8, 0.14, 0.01},  {"mul8u_DM1", 0.195, 1.52, 5.7, 1.68, 0.30},
    {"mul8u_QKX", 0.029, 0.18, 4.9, 0.03, 0.01},   {"mul8u_18DU", 0.031, 0.53, 3.2, 0.05, 0.02},
};
#define ROWS (sizeof rows / sizeof rows[0])

/* uJ of the convolutions of a network, by what the search uses. */
static double energy_of(axn_network *network, double energy_pj, axn_count_mode mode,
                        int64_t *multiplications)
{
    const axn_search_multiplier multiplier = {
        .name = "m", .energy_pj = energy_pj, .power_ratio = 1};
    axn_phenotype phenotype = {.network = *network, .multiplier_count = 1};
    axn_candidate candidate = {0};
    axn_candidate_measure(&phenotype, &multiplier, 1, mode, &candidate);
    *multiplications = candidate.multiplications;
    return candidate.energy_uj;
}

/* A convolution of exactly thousands x 1000 multiplications. */
static double energy_of_thousands(int thousands, double energy_pj)
{
    axn_network network = {0};
    axn_error error = {0};
    int64_t multiplications = 0;
    int image = axn_network_add_input(&network, (axn_shape){10, 10, 10});
    int layer = axn_network_add_conv(&network, image, thousands, 1, 1, true, true);
    axn_network_add_dense(&network, axn_network_add_global_average(&network, layer), 10, false);
    AXN_REQUIRE_OK(axn_network_infer(&network, &error), error);
    double energy = energy_of(&network, energy_pj, AXN_COUNT_EXACT, &multiplications);
    CU_ASSERT_EQUAL(multiplications, (int64_t)thousands * 1000);
    axn_network_free(&network);
    return energy;
}

/* Between the counts that are printed as this many millions lies one whose energy is printed
 * as that. */
static void energies_of_the_proposed_networks(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        double energy_pj = rows[i].power_mw * rows[i].delay_ns;
        int thousands = (int)lround(rows[i].millions * 1000);
        double least = energy_of_thousands(thousands - 50, energy_pj);
        double most = energy_of_thousands(thousands + 50, energy_pj);
        CU_ASSERT_TRUE(least <= rows[i].energy_uj + .005);
        CU_ASSERT_TRUE(most >= rows[i].energy_uj - .005);
        CU_ASSERT_TRUE(fabs(energy_pj - rows[i].energy_pj) <= .005 + 1e-9);
        /* The printed count itself is as near as its rounding allows. */
        double middle = energy_of_thousands(thousands, energy_pj);
        CU_ASSERT_TRUE(fabs(middle - rows[i].energy_uj) <= .05 * energy_pj + .005);
    }
}

/* The two rows whose networks are known, to the printed digit. */
static void energies_of_the_resnets(void)
{
    static const struct {
        const char *name;
        int64_t multiplications;
        const char *energy_uj;
    } networks[] = {{"resnet8", 21178368, "11.84"}, {"resnet14", 35334144, "19.76"}};
    for (size_t i = 0; i < 2; i++) {
        axn_network network = {0};
        axn_error error = {0};
        int64_t multiplications = 0;
        char printed[16];
        AXN_REQUIRE_OK(
            axn_network_builtin(networks[i].name, (axn_shape){32, 32, 3}, 10, &network, &error),
            error);
        double energy = energy_of(&network, .391 * 1.43, AXN_COUNT_PAPER, &multiplications);
        snprintf(printed, sizeof printed, "%.2f", energy);
        CU_ASSERT_EQUAL(multiplications, networks[i].multiplications);
        CU_ASSERT_STRING_EQUAL(printed, networks[i].energy_uj);
        axn_network_free(&network);
    }
}

AXN_TEST_MAIN("table 2", {"energies of the proposed networks", energies_of_the_proposed_networks},
              {"energies of the ResNets", energies_of_the_resnets})
