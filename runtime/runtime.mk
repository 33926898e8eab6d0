# Real processes: each allocator as the malloc of a program, and the recorder.
# Release only, for a sanitizer is a malloc itself. Hand-ins get a heap as low
# and as large as the lab's.

REAL_FLAGS := $(BASE) -O2 -fPIC -fno-semantic-interposition -DDRIVER
RUNTIME := $(patsubst %,$(OUT)/real/runtime/%.o,preload new_delete threads \
	blocks side_table mapping misuse)
OSLIB := $(OUT)/real/runtime/oslib.o
# variants/hardened.c is preloaded by the name of mm_hardened.
PRELOADS := $(if $(filter release,$(MODE)),$(patsubst hardened,mm_hardened,\
	$(notdir $(ALLOCATORS))))

.PHONY: runtime handin-runtime
runtime: $(PRELOADS:%=$(OUT)/preload/%.so) $(OUT)/record.so handin-runtime
# What tools/run links a hand-in with.
handin-runtime: $(RUNTIME) $(OUT)/real/runtime/oslib_low.o

$(OUT)/real/runtime/preload.o: EXTRA := -fno-builtin
# A program may replace some of its functions, which the others then call.
$(OUT)/real/runtime/new_delete.o: EXTRA := -fsemantic-interposition -fexceptions
$(OUT)/real/runtime/oslib_low.o: EXTRA := -DHEAP_LIMIT='((size_t)1<<30)'
$(OUT)/real/runtime/oslib_low.o: runtime/oslib.c
	$(call compile,$(CC) $(REAL_FLAGS) $(EXTRA) -c $<)

$(OUT)/real/%.o: %.c
	$(call compile,$(CC) $(REAL_FLAGS) $(EXTRA) -c $<)

# With a map that never moves, mm.c answers threads without a lock.
$(OUT)/real/mm_threads.o: EXTRA := -DMM_FIXED_MAP
$(OUT)/real/mm_threads.o: mm.c
	$(call compile,$(CC) $(REAL_FLAGS) $(EXTRA) -c $<)

# Threads that end call it: it is never unloaded. A signal handler that calls it
# may have little stack, and binding a function at its first call takes much.
LOADED := -shared -Wl,-z,defs -Wl,-z,now
PRELOAD_FLAGS := $(LOADED) -Wl,-z,nodelete -Wl,--version-script=runtime/malloc.map
PRELOAD = $(call link,$(CC) $(PRELOAD_FLAGS) $(filter %.o,$^))
HOST_OF_REAL := $(RUNTIME) $(OSLIB) runtime/malloc.map
$(OUT)/preload/mm.so: $(OUT)/real/mm_threads.o $(HOST_OF_REAL)
	$(PRELOAD)
$(OUT)/preload/mm_hardened.so: $(OUT)/real/variants/hardened.o $(HOST_OF_REAL)
	$(PRELOAD)
$(OUT)/preload/%.so: $(OUT)/real/variants/%.o $(HOST_OF_REAL)
	$(PRELOAD)
$(OUT)/preload/%.so: $(OUT)/real/libraries/lab/%.o $(HOST_OF_REAL)
	$(PRELOAD)

# With unwind tables: what new throws passes through.
$(OUT)/record.so: runtime/record.c runtime/stacks.c runtime/unwind.c \
		runtime/unwind_rule.c runtime/new_delete.c runtime/record.h \
		runtime/stacks.h runtime/unwind.h runtime/unwind_rule.h \
		runtime/aligned.h libraries/second_names.h
	$(call link,$(CC) $(BASE) -O2 -fexceptions -fPIC $(LOADED) $(filter %.c,$^))
