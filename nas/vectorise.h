/* Loops over whole tensors, compiled for several instruction sets and chosen when the
 * program is loaded. Only element-wise arithmetic and integer reductions go through it,
 * so the results are the same whichever variant runs. */
#ifndef AXN_NAS_VECTORISE_H
#define AXN_NAS_VECTORISE_H

/* The sanitizers instrument the functions that choose a variant before they are ready. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) &&                             \
    !defined(__SANITIZE_ADDRESS__)
#define AXN_VECTORISE                                                                              \
    __attribute__((optimize("O3", "fp-contract=off", "no-math-errno", "no-trapping-math"),         \
                   target_clones("avx512f", "avx2", "default")))
#else
#define AXN_VECTORISE
#endif

#endif
