#include "nas/rank_correlation.h"

#include <math.h>

/* Rank of a value: 1 + how many are smaller + half of the others that are equal. */
static double rank_of(const double *values, int count, int at)
{
    double rank = 1;
    for (int i = 0; i < count; i++) {
        rank += values[i] < values[at] ? 1 : values[i] == values[at] && i != at ? .5 : 0;
    }
    return rank;
}

double axn_spearman(const double *one, const double *other, int count)
{
    double middle = (count + 1) / 2.0; /* mean of the ranks, with ties or without */
    double both = 0;
    double first = 0;
    double second = 0;
    for (int i = 0; i < count; i++) {
        double a = rank_of(one, count, i) - middle;
        double b = rank_of(other, count, i) - middle;
        both += a * b;
        first += a * a;
        second += b * b;
    }
    return first > 0 && second > 0 ? both / sqrt(first * second) : (double)NAN;
}

static int sign(double difference)
{
    return (difference > 0) - (difference < 0);
}

double axn_kendall(const double *one, const double *other, int count)
{
    double agreement = 0;
    double first = 0;
    double second = 0;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < i; j++) {
            int a = sign(one[i] - one[j]);
            int b = sign(other[i] - other[j]);
            agreement += a * b;
            first += a != 0 ? 1 : 0;
            second += b != 0 ? 1 : 0;
        }
    }
    return first > 0 && second > 0 ? agreement / sqrt(first * second) : (double)NAN;
}
