# Tests: make test in one mode, make test-all in every one.

# The judge is this machine's in every mode: where the worker is not, only what
# is of the worker is tested again.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(if $(FOREIGN),\
	tests/unit/memlib_test.c tests/unit/mm_audit_test.c,$(wildcard tests/unit/*.c)))
BAD := $(patsubst tests/bad/%.c,$(OUT)/bad/%.so,$(wildcard tests/bad/*.c))
TESTED := $(OUT)/judge/judge.a

# Of a library: its test stands at the place of a program that links it.
LIBRARY_TESTS := $(patsubst tests/libraries/%.c,$(OUT)/tests/%,$(wildcard tests/libraries/*_test.c))
$(OUT)/tests/%_test: tests/libraries/%_test.c $(OUT)/lib/lib%.a
	$(call compile,$(CC) $(LIB_FLAGS) -O0 -Ilibraries $(filter %.c %.a,$^))

# memlib is also the worker's, so its test has the worker's width.
$(OUT)/tests/memlib_test: tests/unit/memlib_test.c $(WORK)/memlib.o
	$(call compile,$(CC) $(WORKER_FLAGS) $(filter %.c %.o,$^))

$(TESTED): $(filter-out $(JUDGE)/mdriver.o,$(JUDGE_OBJECTS))
	$(call archive)

$(OUT)/tests/%: tests/unit/%.c $(TESTED)
	$(call compile,$(CC) $(JUDGE_FLAGS) -O0 $(filter %.c %.a,$^) $(JUDGE_LIBS))

# It includes mm.c, over memory of its own, where that is the flagship.
FLAGSHIP := $(if $(findstring MM_FIXED_MAP,$(file <mm.c)),-DFLAGSHIP)
$(OUT)/tests/mm_audit_test: tests/unit/mm_audit_test.c mm.c
	$(call compile,$(CC) $(WORKER_FLAGS) -DDRIVER $(FLAGSHIP) $<)

# mm.c as it can be built otherwise.
MM_BUILDS := align8 fixed_map
$(OUT)/mm/align8.so: OTHERWISE := -DMM_ALIGNMENT=8
$(OUT)/mm/fixed_map.so: OTHERWISE := -DMM_FIXED_MAP
$(MM_BUILDS:%=$(OUT)/mm/%.so): mm.c
	$(call compile,$(CC) $(WORKER_FLAGS) $(OTHERWISE) $(PLUGIN_FLAGS) $<)

# Wrong programs are built as they are, whatever the mode: those of release serve
# with sanitizers, too.
BAD_FLAGS := $(BASE) -O2 $(if $(filter m32,$(MODE)),-m32) $(PLUGIN_FLAGS)
FIRST_HOUR := $(patsubst tests/first_hour/%.c,$(OUT)/first_hour/%.so,$(wildcard \
	tests/first_hour/*.c))
.PHONY: first-hour
first-hour: $(FIRST_HOUR)
$(OUT)/first_hour/%.so: tests/first_hour/%.c
	$(call compile,$(WORKER_CC) $(BAD_FLAGS) $<)

BAD_OUT := $(if $(filter san,$(MODE)),build/release,$(OUT))
$(BAD_OUT)/bad/%.so: tests/bad/%.c
	$(call compile,$(WORKER_CC) $(BAD_FLAGS) $<)
ifneq ($(BAD_OUT),$(OUT))
$(OUT)/bad/%.so: build/release/bad/%.so
	$(QUIET)mkdir -p $(@D) && ln -f $< $@
endif

# ---- Runtime tests. ----

# What runs under any malloc, wrong mallocs, and the soak: release only, as the
# preloads are. The runtime's parts alone are tested in every mode.
RUNTIME_PARTS := oslib page_map mapping side_table blocks blocks_bare threads
RUNTIME_BUILT := family_test process_test plugin.so \
	$(patsubst tests/runtime/%.c,%.so,$(wildcard tests/runtime/bad/*.c))
RUNTIME_TESTS := $(RUNTIME_PARTS:%=$(OUT)/tests/%_test) \
	$(if $(PRELOADS),$(RUNTIME_BUILT:%=$(OUT)/runtime/%) $(OUT)/soak)

$(OUT)/tests/oslib_test: runtime/oslib.c page_map.h \
	memlib.h tests/runtime/heap_limit.h
$(OUT)/tests/oslib_test: EXTRA := -include tests/runtime/heap_limit.h
$(OUT)/tests/page_map_test: page_map.h
$(OUT)/tests/mapping_test: runtime/mapping.c runtime/mapping.h
$(OUT)/tests/side_table_test: runtime/side_table.c runtime/side_table.h \
	runtime/mapping.h
$(OUT)/tests/threads_test: runtime/threads.c runtime/threads.h runtime/misuse.c \
	runtime/misuse.h mm.h
$(OUT)/tests/blocks_test: tests/runtime/fake_more.c
$(OUT)/tests/blocks_test $(OUT)/tests/blocks_bare_test: tests/runtime/fake.c \
	tests/runtime/fake.h tests/runtime/blocks_cases.h runtime/blocks.c \
	runtime/blocks.h runtime/side_table.c runtime/side_table.h \
	runtime/mapping.h
$(RUNTIME_PARTS:%=$(OUT)/tests/%_test): $(OUT)/tests/%: tests/runtime/%.c \
		tests/check.h tests/runtime/family.h
	$(call link,$(CC) $(WORKER_FLAGS) $(EXTRA) $(filter %.c,$^))

# -fno-builtin: every call is to be made.
$(OUT)/runtime/%: tests/runtime/%.c
	$(call compile,$(CC) $(BASE) -O2 -fno-builtin $<)

$(OUT)/runtime/%.so: tests/runtime/%.c
	$(call compile,$(CC) $(BASE) -O2 -fno-builtin -fPIC -shared $<)

# The rules of kernels with larger pages, to be preloaded.
LARGER_PAGES := $(patsubst %,$(OUT)/pages/%.so,16 64)
$(LARGER_PAGES): $(OUT)/pages/%.so: tests/larger_pages.c
	$(call compile,$(CC) $(BASE) -O2 -DPAGE_KIB=$* -fPIC -shared $<)

# Libraries whose own functions the soak can call, where they are there.
SOAKED := $(patsubst tests/runtime/soak/%.c,%,$(filter \
	$(LIBRARIES:%=tests/runtime/soak/%.c),$(wildcard tests/runtime/soak/*.c)))
$(OUT)/soak: tests/runtime/soak.c $(SOAKED:%=tests/runtime/soak/%.c) \
		tests/runtime/soak.h $(SOAKED:%=$(OUT)/lib/lib%.a)
	$(call link,$(CC) $(BASE) -O2 -fno-builtin -Ilibraries $(filter %.c %.a,$^))

# ---- All tests. ----

.PHONY: test test-all test-build
test-build: lab $(UNIT_TESTS) $(LIBRARY_TESTS) $(BAD) $(RUNTIME_TESTS) \
	$(MM_BUILDS:%=$(OUT)/mm/%.so) $(if $(PRELOADS),benchmarks libraries \
	$(LARGER_PAGES) $(FIRST_HOUR),$(OUT)/record.so)

test: test-build
	tests/run --build $(OUT) $(ONLY)

# Every mode. The release build comes last: it is what ./mdriver then is. Its
# tests come first, for most are of release only. Of a mode whose programs this
# system does not run, only what the lab consists of has to compile.
MODES = san $(if $(filter x86_64,$(shell uname -m)),m32)
test-all:
	+for mode in $(MODES) release; do \
	    $(MAKE) --no-print-directory MODE=$$mode lab || exit 2; \
	    ! tests/run --can-run --build build/$$mode || \
	    $(MAKE) --no-print-directory MODE=$$mode test-build || exit 2; done
	tests/run --build build/release $(MODES:%=--build build/%) $(ONLY)
