/* Built-in networks: the paper's baselines. */
#ifndef AXN_MODEL_BUILTIN_H
#define AXN_MODEL_BUILTIN_H

#include "model/network.h"

/* "resnet8" or "resnet14" (He et al. 2016 for CIFAR: one 3x3 convolution of 16
 * channels, three stages of 1 or 2 residual blocks with 16, 32, 64 channels,
 * shortcuts without 1x1 convolutions (SUM pools and zero-pads), global average
 * pooling, classifier). AXN_ERROR_NOT_FOUND for another name. Inferred. */
axn_status axn_network_builtin(const char *name, axn_shape input, int classes, axn_network *out,
                               axn_error *error);

#endif
