/* The fast inference against the golden model. */
#ifndef AXN_FLOWS_GOLDEN_CHECK_H
#define AXN_FLOWS_GOLDEN_CHECK_H

#include "nas/inference.h"

/* Compares every logit of the first `count` images of `images`, with a progress bar; the
 * golden model runs on all threads of the pool. A difference is AXN_ERROR_MISMATCH that names
 * image and class; else *compared is the number of logits. tables as the inference has them. */
axn_status axn_golden_check(const axn_model *model, const axn_table *tables,
                            axn_inference *inference, const axn_images *images, int count,
                            axn_pool *pool, int64_t *compared, axn_error *error);

#endif
