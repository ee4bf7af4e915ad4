/* Parts of the search's loop that live in files of their own. */
#ifndef AXN_NAS_SEARCH_INTERNAL_H
#define AXN_NAS_SEARCH_INTERNAL_H

#include "nas/search.h"

/* Replaces the population by the survivors of itself and the newest generation. */
axn_status axn_search_select(axn_search *search, axn_error *error);

/* Appends the history line of a generation. */
axn_status axn_search_record(axn_search *search, int generation, axn_error *error);

#endif
