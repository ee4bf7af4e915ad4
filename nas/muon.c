/* Muon: momentum whose matrix is made orthogonal before it is taken as a step. */
#include <math.h>
#include <string.h>

#include "nas/trainer_internal.h"
#include "nas/vectorise.h"

#define ITERATIONS 5
/* Jordan et al. 2024: x -> A x + (B g + C g g) x with g = x x^T drives singular values in (0, 1]
 * to about 1 (.7 to 1.2) within five rounds. */
#define A 3.4445F
#define B (-4.7750F)
#define C 2.0315F
/* Liu et al. 2025: the elements of a step are as large as Adam's, and so are the rates. */
#define ADAMS_SIZE 0.2F
#define LEAST_NORM 1e-7 /* of a matrix without gradient */

size_t axn_muon_scratch(int rows, int columns)
{
    const size_t small = (size_t)(rows < columns ? rows : columns);
    return (4 * (size_t)rows * (size_t)columns + 2 * small * small) * sizeof(float);
}

/* z[rows][columns] += x[rows][inner] y[inner][columns], in the order of `inner` whatever the
 * instructions. */
AXN_VECTORISE static void add_product(float *restrict z, const float *restrict x,
                                      const float *restrict y, int rows, int inner, int columns)
{
    for (int row = 0; row < rows; row++) {
        float *restrict out = z + (ptrdiff_t)row * columns;
        for (int i = 0; i < inner; i++) {
            const float factor = x[(ptrdiff_t)row * inner + i];
            const float *restrict in = y + (ptrdiff_t)i * columns;
            for (int column = 0; column < columns; column++) {
                out[column] += factor * in[column];
            }
        }
    }
}

static void transpose(float *to, const float *from, int rows, int columns)
{
    for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
            to[(ptrdiff_t)column * rows + row] = from[(ptrdiff_t)row * columns + column];
        }
    }
}

static void copy_scaled(float *to, const float *from, size_t count, float factor)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = factor * from[i];
    }
}

void axn_orthogonalise(float *matrix, int rows, int columns, float *scratch)
{
    /* The products are of the smaller side. */
    const bool tall = rows > columns;
    const int r = tall ? columns : rows, c = tall ? rows : columns;
    const size_t size = (size_t)r * (size_t)c, square = (size_t)r * (size_t)r;
    float *x = scratch, *next = x + size, *transposed = next + size;
    float *gram = transposed + size, *polynomial = gram + square;
    double norm = 0;
    for (size_t i = 0; i < size; i++) {
        norm += (double)matrix[i] * (double)matrix[i];
    }
    copy_scaled(matrix, matrix, size, (float)(1 / (sqrt(norm) + LEAST_NORM)));
    if (tall) {
        transpose(x, matrix, rows, columns);
    } else {
        memcpy(x, matrix, size * sizeof *x);
    }
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        transpose(transposed, x, r, c);
        memset(gram, 0, square * sizeof *gram);
        add_product(gram, x, transposed, r, c, r);
        copy_scaled(polynomial, gram, square, B / C);
        add_product(polynomial, gram, gram, r, r, r);
        copy_scaled(polynomial, polynomial, square, C);
        copy_scaled(next, x, size, A);
        add_product(next, polynomial, x, r, r, c);
        float *old = x;
        x = next;
        next = old;
    }
    if (tall) {
        transpose(matrix, x, r, c);
    } else {
        memcpy(matrix, x, size * sizeof *x);
    }
}

/* Nesterov's momentum, as in SGD. */
AXN_VECTORISE static void advance(float *restrict step, float *restrict m, const float *restrict p,
                                  const float *restrict g0, const float *restrict g1,
                                  const float *restrict g2, const float *restrict g3, int64_t count,
                                  float momentum, float l2)
{
    for (int64_t i = 0; i < count; i++) {
        float g = ((g0[i] + g1[i]) + g2[i]) + g3[i];
        g += l2 * p[i];
        m[i] = momentum * m[i] + g;
        step[i] = g + momentum * m[i];
    }
}

AXN_VECTORISE static void take_step(float *restrict p, const float *restrict step, int64_t count,
                                    float rate, float keep)
{
    for (int64_t i = 0; i < count; i++) {
        p[i] = keep * p[i] - rate * step[i];
    }
}

void axn_muon_step(axn_trainer *trainer, const axn_train_layer *layer, int thread, float rate,
                   float l2, float keep)
{
    const int64_t at = layer->weights, count = (int64_t)layer->units * layer->taps;
    const int larger = layer->units > layer->taps ? layer->units : layer->taps;
    float *const *g = trainer->gradients;
    float *step = (float *)(void *)trainer->scratch[thread];
    advance(step, trainer->first + at, trainer->parameters + at, g[0] + at, g[1] + at, g[2] + at,
            g[3] + at, count, (float)trainer->config.momentum, l2);
    axn_orthogonalise(step, layer->units, layer->taps, step + count);
    take_step(trainer->parameters + at, step, count, rate * ADAMS_SIZE * sqrtf((float)larger),
              keep);
}
