/*
 * object_parts.h - the second half of object_inspect.
 */
#ifndef OBJECT_PARTS_H
#define OBJECT_PARTS_H

#include "object_file.h"

#include <libelf.h>

/* object_loading.c: set segments and refusal. */
void object_read_loading(Elf *elf, struct object_facts *facts);

#endif
