/* The golden model's requantisation for requantise_tb. C or C++: Verilator compiles it as C++. */
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
int64_t axn_golden_requantise(int64_t value, int mantissa, int shift);
int axn_wanted_code(int acc, int mantissa, int shift, int zero_point, int low);

int axn_wanted_code(int acc, int mantissa, int shift, int zero_point, int low)
{
    int64_t code = zero_point + axn_golden_requantise(acc, mantissa, shift);
    code = code < low ? low : code;
    return (int)(code > 255 ? 255 : code);
}
#ifdef __cplusplus
}
#endif
