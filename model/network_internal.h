/* Shared by the parts of model/network.h. */
#ifndef AXN_MODEL_NETWORK_INTERNAL_H
#define AXN_MODEL_NETWORK_INTERNAL_H

#include "model/network.h"

/* Checks one layer and derives its shape; all layers before it are inferred. */
axn_status axn_network_infer_layer(axn_network *network, int layer, axn_error *error);

/* Appends a zeroed layer named after kind and index; its index or -1. */
int axn_network_append(axn_network *network, axn_layer_kind kind);

#endif
