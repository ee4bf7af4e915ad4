#include "nas/table_gradient.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/random.h"

#define CODES 256
#define SUBSPACE (AXN_SLOPE_TERMS + 5) /* more than the terms wanted: it converges faster */
#define ITERATIONS 12
#define SWEEPS 12

static double product_at(const uint16_t *product, bool first, int moved, int other)
{
    return (double)(first ? product[moved * CODES + other] : product[other * CODES + moved]);
}

/* Slopes of one column: `values` by the moved operand. */
static void column_slopes(double *slopes, const double *values, int window)
{
    double smooth[CODES] = {0}, sum = 0;
    const int width = 2 * window + 1, first = window, last = CODES - 1 - window;
    for (int i = 0; i < CODES; i++) {
        sum += values[i] - (i >= width ? values[i - width] : 0);
        if (i >= width - 1) {
            smooth[i - window] = sum / width;
        }
    }
    const double mean = (smooth[last] - smooth[first]) / (last - first);
    for (int i = 0; i < CODES; i++) {
        slopes[(ptrdiff_t)i * CODES] = mean;
    }
    for (int i = first + 1; i < last; i++) {
        slopes[(ptrdiff_t)i * CODES] = (smooth[i + 1] - smooth[i - 1]) / 2;
    }
}

void axn_table_slopes(double *slopes, const uint16_t *product, bool swap, bool by_weight,
                      int window)
{
    double values[CODES];
    for (int other = 0; other < CODES; other++) {
        for (int i = 0; i < CODES; i++) {
            values[i] = product_at(product, swap == by_weight, i, other);
        }
        column_slopes(slopes + other, values, window);
    }
}

typedef double vector[CODES];

/* The leading singular triplets of a matrix: left[j] of length 1, right[j] of length sigma_j. */
typedef struct workspace {
    double slopes[CODES * CODES];
    vector left[SUBSPACE], right[SUBSPACE];
} workspace;

static double dot(const double *a, const double *b)
{
    double sum = 0;
    for (int i = 0; i < CODES; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static void add_scaled(double *to, const double *from, double factor)
{
    for (int i = 0; i < CODES; i++) {
        to[i] += factor * from[i];
    }
}

static void scale(double *v, double factor)
{
    for (int i = 0; i < CODES; i++) {
        v[i] *= factor;
    }
}

/* Modified Gram and Schmidt, twice; what vanishes becomes 0. */
static void orthonormalise(vector *v)
{
    for (int j = 0; j < SUBSPACE; j++) {
        const double before = sqrt(dot(v[j], v[j]));
        for (int k = 0; k < 2 * j; k++) {
            add_scaled(v[j], v[k % j], -dot(v[j], v[k % j]));
        }
        const double length = sqrt(dot(v[j], v[j]));
        scale(v[j], length > 1e-10 * before ? 1 / length : 0);
    }
}

/* right = slopes^T left */
static void apply_transposed(workspace *w)
{
    for (int j = 0; j < SUBSPACE; j++) {
        memset(w->right[j], 0, sizeof w->right[j]);
        for (int i = 0; i < CODES; i++) {
            add_scaled(w->right[j], w->slopes + (ptrdiff_t)i * CODES, w->left[j][i]);
        }
    }
}

static void apply(workspace *w)
{
    for (int j = 0; j < SUBSPACE; j++) {
        for (int i = 0; i < CODES; i++) {
            w->left[j][i] = dot(w->slopes + (ptrdiff_t)i * CODES, w->right[j]);
        }
    }
}

/* One-sided Jacobi: rotates the pairs until all of `right` are orthogonal. */
static void rotate_pair(workspace *w, int j, int k)
{
    const double a = dot(w->right[j], w->right[j]), b = dot(w->right[k], w->right[k]);
    const double c = dot(w->right[j], w->right[k]);
    if (fabs(c) <= 1e-14 * sqrt(a * b)) {
        return;
    }
    const double z = (b - a) / (2 * c);
    const double t = (z < 0 ? -1 : 1) / (fabs(z) + sqrt(1 + z * z));
    const double cosine = 1 / sqrt(1 + t * t), sine = cosine * t;
    for (int i = 0; i < CODES; i++) {
        const double l = w->left[j][i], r = w->right[j][i];
        w->left[j][i] = cosine * l - sine * w->left[k][i];
        w->left[k][i] = sine * l + cosine * w->left[k][i];
        w->right[j][i] = cosine * r - sine * w->right[k][i];
        w->right[k][i] = sine * r + cosine * w->right[k][i];
    }
}

/* Subspace iteration from fixed random vectors. */
static void decompose(workspace *w)
{
    axn_random random = axn_random_stream(1, AXN_RANDOM_WEIGHTS, 0, 0);
    for (int j = 0; j < SUBSPACE; j++) {
        for (int i = 0; i < CODES; i++) {
            w->left[j][i] = axn_random_normal(&random);
        }
    }
    orthonormalise(w->left);
    for (int i = 0; i < ITERATIONS; i++) {
        apply_transposed(w);
        orthonormalise(w->right);
        apply(w);
        orthonormalise(w->left);
    }
    apply_transposed(w);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        for (int j = 0; j < SUBSPACE; j++) {
            for (int k = j + 1; k < SUBSPACE; k++) {
                rotate_pair(w, j, k);
            }
        }
    }
}

/* Index of the longest of the vectors that are not yet used. */
static int longest(const workspace *w, bool *used)
{
    int best = -1;
    double most = -1;
    for (int j = 0; j < SUBSPACE; j++) {
        const double length = dot(w->right[j], w->right[j]);
        if (!used[j] && length > most) {
            best = j;
            most = length;
        }
    }
    used[best] = true;
    return best;
}

static void factorise(axn_slope_factors *f, workspace *w)
{
    double whole = 0, rest = 0;
    for (int other = 0; other < CODES; other++) {
        double mean = 0;
        for (int i = 0; i < CODES; i++) {
            mean += w->slopes[i * CODES + other] / CODES;
        }
        for (int i = 0; i < CODES; i++) {
            double *slope = &w->slopes[i * CODES + other];
            whole += *slope * *slope;
            *slope -= mean;
            rest += *slope * *slope;
        }
        f->along[0][other] = 1;
        f->across[0][other] = (float)mean;
    }
    decompose(w);
    bool used[SUBSPACE] = {false};
    const double enough = AXN_SLOPE_TOLERANCE * AXN_SLOPE_TOLERANCE * whole;
    for (f->terms = 1; f->terms < AXN_SLOPE_TERMS && rest > enough; f->terms++) {
        const int j = longest(w, used);
        rest -= dot(w->right[j], w->right[j]);
        for (int i = 0; i < CODES; i++) {
            f->along[f->terms][i] = (float)w->left[j][i];
            f->across[f->terms][i] = (float)w->right[j][i];
        }
    }
    f->residual = whole > 0 ? sqrt(fmax(rest, 0) / whole) : 0;
}

axn_status axn_table_gradient_create(const uint16_t *product, bool swap, int window,
                                     axn_table_gradient **out, axn_error *error)
{
    if (window < 0 || window > AXN_GRADIENT_WINDOW_MAX) {
        return axn_fail(error, AXN_ERROR_USAGE, "the gradient window must be 0 to %d, not %d",
                        AXN_GRADIENT_WINDOW_MAX, window);
    }
    axn_table_gradient *g = NULL;
    workspace *w = NULL;
    axn_status status = axn_allocate(&g, 1, sizeof *g, "the slopes of a multiplier", error);
    if (status == AXN_OK) {
        status = axn_allocate(&w, 1, sizeof *w, "the slopes of a multiplier", error);
    }
    if (status != AXN_OK) {
        free(g);
        return status;
    }
    axn_table_slopes(w->slopes, product, swap, false, window);
    factorise(&g->activation, w);
    axn_table_slopes(w->slopes, product, swap, true, window);
    factorise(&g->weight, w);
    free(w);
    *out = g;
    return AXN_OK;
}

void axn_table_gradient_free(axn_table_gradient *gradient)
{
    free(gradient);
}
