/* twin.a-page-each.c - the allocator of parts/a_page_each.h. */
#include "a_page_each.h"
