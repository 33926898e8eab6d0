# Build into build/MODE/; MODE is release, san (address and undefined-behaviour
# sanitizers) or m32 (worker and allocators of 32 bits under a 64-bit judge).
#
#   make              driver, worker, mm.c, variants, libraries, preloads
#   make test         the tests, in this mode; make test-all: in all three
#   make bench        figures of allocators here and now; docs/bench.md
#   make handin MM=path/to/mm.c     judge somebody's allocator
#   make test-programs bench-programs   real programs on every allocator
#   make install PREFIX=/usr/local [DESTDIR=...]    libraries and headers
#   make uninstall PREFIX=...

MODE ?= release
CC ?= gcc
OUT := build/$(MODE)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes
BASE := -std=gnu11 -g -I. $(WARN)
OPT_release := -O2
OPT_m32 := -O2
OPT_san := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
BITS := $(if $(filter m32,$(MODE)),32,64)
OPT := $(OPT_$(MODE))

JUDGE_FLAGS := $(BASE) $(OPT) -DBUILD_MODE='"$(MODE)"' -DWORKER_BITS=$(BITS)
WORKER_FLAGS := $(BASE) $(OPT) $(if $(filter m32,$(MODE)),-m32)
# An allocator's own calls stay its own, and the heap's come from its host.
PLUGIN_FLAGS := -DDRIVER -fPIC -fno-semantic-interposition -shared \
	-Wl,-Bsymbolic
HOST_LINK := -Wl,--export-dynamic-symbol='mem_*'
DEPS = -MMD -MP

# The two halves: what runs in the worker, and all the rest.
WORKER_PARTS := driver/worker driver/worker_load driver/worker_timed \
	driver/worker_checked driver/pattern memlib
JUDGE_PARTS := mdriver $(WORKER_PARTS) $(filter-out driver/worker_main \
	$(WORKER_PARTS),$(patsubst %.c,%,$(wildcard driver/*.c driver/*/*.c)))
JUDGE_OBJECTS := $(JUDGE_PARTS:%=$(OUT)/judge/%.o)
WORKER_OBJECTS := $(WORKER_PARTS:%=$(OUT)/work/%.o) \
	$(OUT)/work/driver/worker_main.o
# Without ncurses (libncurses-dev) all is built, but --watch has no terminal.
NCURSES := $(shell $(CC) -E -include ncurses.h -x c /dev/null >/dev/null 2>&1 \
	&& echo -lncursesw)
JUDGE_LIBS := -lz -lzstd -ljson-c -lelf -lm $(NCURSES)

VARIANTS := $(patsubst variants/%.c,%,$(wildcard variants/*.c))
LIBRARIES := $(patsubst libraries/%.c,%,$(wildcard libraries/*.c))
ALLOCATORS := mm $(VARIANTS:%=variants/%) $(LIBRARIES:%=libraries/%)

.PHONY: all clean handin
.DELETE_ON_ERROR:

all: mdriver $(OUT)/mdriver $(OUT)/worker $(ALLOCATORS:%=$(OUT)/%.so) \
	$(OUT)/profiles.json $(OUT)/record.so

# ./mdriver is the one that was built last.
.PHONY: mdriver
mdriver: $(OUT)/mdriver
	@ln -sfn $(OUT)/mdriver $@

$(OUT)/mdriver: $(JUDGE_OBJECTS)
	$(CC) $(JUDGE_FLAGS) $(HOST_LINK) -o $@ $^ $(JUDGE_LIBS)

$(OUT)/worker: $(WORKER_OBJECTS)
	$(CC) $(WORKER_FLAGS) $(HOST_LINK) -o $@ $^

$(OUT)/judge/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(JUDGE_FLAGS) $(EXTRA) $(DEPS) -c -o $@ $<

$(OUT)/work/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(WORKER_FLAGS) $(EXTRA) $(DEPS) -c -o $@ $<

# Fills and checks are the cost of a checked replay: let them be vectorized.
$(OUT)/judge/driver/pattern.o $(OUT)/work/driver/pattern.o: EXTRA := $(if $(filter san,$(MODE)),,-O3)

$(OUT)/profiles.json: driver/profiles.json
	cp $< $@

$(OUT)/%.so: %.c
	@mkdir -p $(@D)
	$(CC) $(WORKER_FLAGS) $(PLUGIN_FLAGS) $(DEPS) -o $@ $<

# A library's place in the lab is its adapter.
$(OUT)/libraries/%.so: libraries/lab/%.c
	@mkdir -p $(@D)
	$(CC) $(WORKER_FLAGS) $(PLUGIN_FLAGS) $(DEPS) -o $@ $<

# ---- Real processes. ----

# Each allocator as the malloc of a program; release only, for a sanitizer is a
# malloc itself. Hand-ins get a heap as low and as large as the lab's.
REAL_FLAGS := $(BASE) -O2 -fPIC -fno-semantic-interposition -DDRIVER
RUNTIME := $(patsubst %,$(OUT)/real/runtime/%.o,preload new_delete threads \
	blocks ledger)
OSLIB := $(patsubst %,$(OUT)/real/runtime/%.o,oslib pages)
PRELOADS := $(if $(filter release,$(MODE)),$(notdir $(ALLOCATORS)))

all: $(PRELOADS:%=$(OUT)/preload/%.so) \
	$(if $(PRELOADS),$(OUT)/real/runtime/oslib_low.o \
	$(OUT)/preload/mm_hardened.so)

$(OUT)/real/runtime/preload.o: EXTRA := -fno-builtin
# A program may replace some of its functions, which the others then call.
$(OUT)/real/runtime/new_delete.o: EXTRA := -fsemantic-interposition -fexceptions
$(OUT)/real/runtime/oslib_low.o: EXTRA := -DHEAP_LIMIT='((size_t)1<<30)'
$(OUT)/real/runtime/oslib_low.o: runtime/oslib.c
	@mkdir -p $(@D)
	$(CC) $(REAL_FLAGS) $(EXTRA) $(DEPS) -c -o $@ $<

$(OUT)/real/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(REAL_FLAGS) $(EXTRA) $(DEPS) -c -o $@ $<

$(OUT)/real/runtime/mm_hardened.o: runtime/mm_shared.c
	@mkdir -p $(@D)
	$(CC) $(REAL_FLAGS) -DMM_HARDENED $(DEPS) -c -o $@ $<

PRELOAD_LINK = @mkdir -p $(@D) && $(CC) -shared -Wl,-z,defs \
	-Wl,--version-script=runtime/malloc.map -o $@ $(filter %.o,$^)
$(OUT)/preload/mm.so: $(OUT)/real/runtime/mm_shared.o $(RUNTIME) $(OSLIB) runtime/malloc.map
	$(PRELOAD_LINK)
$(OUT)/preload/mm_hardened.so: $(OUT)/real/runtime/mm_hardened.o $(RUNTIME) \
		$(OSLIB) runtime/malloc.map
	$(PRELOAD_LINK)
$(OUT)/preload/%.so: $(OUT)/real/variants/%.o $(RUNTIME) $(OSLIB) \
		runtime/malloc.map
	$(PRELOAD_LINK)
$(OUT)/preload/%.so: $(OUT)/real/libraries/lab/%.o $(RUNTIME) $(OSLIB) \
		runtime/malloc.map
	$(PRELOAD_LINK)

# With unwind tables: what new throws passes through.
$(OUT)/record.so: runtime/record.c runtime/new_delete.c runtime/record.h \
		runtime/aligned.h
	@mkdir -p $(@D)
	$(CC) $(BASE) -O2 -fexceptions -fPIC -shared -o $@ $(filter %.c,$^)

# ---- What tools/bench measures with: release only, as the preloads are. ----

# steps: an allocator in a process that is stepped. Whatever it calls of the
# heap and of string.h it finds in the program, which counts it apart.
STEPS := $(addprefix $(OUT)/judge/,$(addsuffix .o,bench/steps bench/stepper \
	bench/subject bench/outside driver/trace driver/trace_text \
	driver/trace_binary driver/trace_made driver/contents \
	driver/complain)) \
	$(OUT)/bench/memlib.o
$(OUT)/judge/bench/outside.o: EXTRA := -fno-builtin
$(OUT)/bench/memlib.o: memlib.c Makefile
	@mkdir -p $(@D)
	$(CC) $(JUDGE_FLAGS) $(foreach f,sbrk map unmap discard,-Dmem_$f=memlib_$f) \
	    $(DEPS) -c -o $@ $<

$(OUT)/bench/steps: $(STEPS)
	$(CC) $(JUDGE_FLAGS) $(HOST_LINK) $(foreach f,memcpy memmove memset,\
	    -Wl,--export-dynamic-symbol=$f) -o $@ $^ $(JUDGE_LIBS)

# threads, peak: programs for LD_PRELOAD. Every call is to be made.
$(OUT)/bench/%: bench/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -O2 -fno-builtin $(DEPS) -o $@ $<

BENCHES := steps threads peak
all: $(if $(PRELOADS),$(BENCHES:%=$(OUT)/bench/%))

# ---- Libraries, as programs link them. ----

# hmm is a malloc, which the address sanitizer would have to be too.
LIB_FLAGS = $(filter-out $(if $(filter hmm,$*),-fsanitize=address%),\
	$(WORKER_FLAGS)) $(if $(filter-out san,$(MODE)),,\
	$(if $(filter hmm,$*),-fsanitize=undefined))

$(OUT)/lib/%.o: libraries/%.c
	@mkdir -p $(@D)
	$(CC) $(LIB_FLAGS) -fPIC $(DEPS) -c -o $@ $<

# mm over the system: mm.h as it is, and as a malloc to link or preload.
MM_PARTS := $(OUT)/real/mm.o $(OSLIB)
$(OUT)/lib/libmm.a $(OUT)/lib/libmm.so.1: $(MM_PARTS)

$(OUT)/lib/lib%.a: $(OUT)/lib/%.o
	$(AR) rcs $@ $^

$(OUT)/lib/lib%.so.1: $(OUT)/lib/%.o
	$(CC) $(LIB_FLAGS) -shared -Wl,-soname,lib$*.so.1 -o $@ $^

$(OUT)/lib/libmm.a:
	@mkdir -p $(@D)
	$(AR) rcs $@ $^

$(OUT)/lib/libmm.so.1:
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-soname,libmm.so.1 -o $@ $^

$(OUT)/lib/libmm_malloc.so.1: $(OUT)/real/runtime/mm_shared.o $(OSLIB) $(RUNTIME) \
		runtime/malloc.map
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-soname,libmm_malloc.so.1 -Wl,-z,defs \
	    -Wl,--version-script=runtime/malloc.map -o $@ $(filter %.o,$^)

PREFIX ?= /usr/local
TARGET = $(DESTDIR)$(PREFIX)
INSTALLED := mm $(LIBRARIES)
STATIC := $(INSTALLED:%=$(OUT)/lib/lib%.a)
SHARED := $(patsubst %,$(OUT)/lib/lib%.so.1,$(INSTALLED) mm_malloc)
HEADERS := mm.h $(LIBRARIES:%=libraries/%.h)

all: $(if $(PRELOADS),$(STATIC) $(SHARED))

# The line of a source that says its idea.
idea = $(shell sed -n 's/^ \* $(1)\.c - //p' $(firstword $(wildcard \
	$(1).c libraries/lab/$(1).c)))

.PHONY: install uninstall
install: $(STATIC) $(SHARED)
	install -d $(TARGET)/include $(TARGET)/lib/pkgconfig
	install -m 644 $(HEADERS) $(TARGET)/include
	install -m 644 $(STATIC) $(TARGET)/lib
	install -m 755 $(SHARED) $(TARGET)/lib
	$(foreach n,$(INSTALLED) mm_malloc,ln -sfn lib$(n).so.1 \
	    $(TARGET)/lib/lib$(n).so &&) :
	$(foreach n,$(INSTALLED),sed -e 's|@PREFIX@|$(PREFIX)|' \
	    -e 's|@NAME@|$(n)|' -e 's|@IDEA@|$(call idea,$(n))|' \
	    libraries/library.pc.in >$(TARGET)/lib/pkgconfig/$(n).pc &&) :

uninstall:
	rm -f $(patsubst %,$(TARGET)/include/%,$(notdir $(HEADERS))) \
	    $(patsubst %,$(TARGET)/lib/%,$(notdir $(STATIC) $(SHARED)) \
	    $(notdir $(SHARED:.1=)) $(INSTALLED:%=pkgconfig/%.pc))

# ---- Tests. ----

UNIT_TESTS := $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(wildcard tests/unit/*.c))
BAD := $(patsubst tests/bad/%.c,$(OUT)/bad/%.so,$(wildcard tests/bad/*.c))
TEST_OBJECTS := $(filter-out $(OUT)/judge/mdriver.o,$(JUDGE_OBJECTS))

# Of a library: its test stands at the place of a program that links it.
LIBRARY_TESTS := $(patsubst tests/libraries/%.c,$(OUT)/tests/%,$(wildcard tests/libraries/*_test.c))
$(OUT)/tests/%_test: tests/libraries/%_test.c $(OUT)/lib/lib%.a
	@mkdir -p $(@D)
	$(CC) $(LIB_FLAGS) -Ilibraries $(DEPS) -o $@ $(filter %.c %.a,$^)

# memlib is also the worker's, so its test has the worker's width.
$(OUT)/tests/memlib_test: tests/unit/memlib_test.c $(OUT)/work/memlib.o
	@mkdir -p $(@D)
	$(CC) $(WORKER_FLAGS) $(DEPS) -o $@ $(filter %.c %.o,$^)

$(OUT)/tests/%: tests/unit/%.c $(TEST_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(JUDGE_FLAGS) $(DEPS) -o $@ $(filter %.c %.o,$^) $(JUDGE_LIBS)

# It includes mm.c, over memory of its own.
$(OUT)/tests/mm_audit_test: tests/unit/mm_audit_test.c mm.c
	@mkdir -p $(@D)
	$(CC) $(WORKER_FLAGS) -DDRIVER $(DEPS) -o $@ $<

# mm.c as it can be built otherwise.
MM_BUILDS := align8 hardened fixed_map align8_hardened
$(OUT)/mm/align8.so: OTHERWISE := -DMM_ALIGNMENT=8
$(OUT)/mm/hardened.so: OTHERWISE := -DMM_HARDENED
$(OUT)/mm/fixed_map.so: OTHERWISE := -DMM_FIXED_MAP
$(OUT)/mm/align8_hardened.so: OTHERWISE := -DMM_ALIGNMENT=8 -DMM_HARDENED
$(MM_BUILDS:%=$(OUT)/mm/%.so): mm.c
	@mkdir -p $(@D)
	$(CC) $(WORKER_FLAGS) $(OTHERWISE) $(PLUGIN_FLAGS) $(DEPS) -o $@ $<

# Wrong programs are built as they are, whatever the mode.
$(OUT)/bad/%.so: tests/bad/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -O2 $(if $(filter m32,$(MODE)),-m32) $(PLUGIN_FLAGS) \
	    $(DEPS) -o $@ $<

# ---- Runtime tests. ----

# What runs under any malloc, wrong mallocs, and the soak: release only, as the
# preloads are. The runtime's parts alone are tested in every mode.
RUNTIME_PARTS := oslib pages ledger blocks blocks_bare threads
RUNTIME_BUILT := family_test process_test misuse plugin.so \
	$(patsubst tests/runtime/%.c,%.so,$(wildcard tests/runtime/bad/*.c))
RUNTIME_TESTS := $(RUNTIME_PARTS:%=$(OUT)/tests/%_test) \
	$(if $(PRELOADS),$(RUNTIME_BUILT:%=$(OUT)/runtime/%) $(OUT)/soak)

$(OUT)/tests/oslib_test: runtime/oslib.c runtime/pages.c runtime/pages.h \
	memlib.h tests/runtime/heap_limit.h
$(OUT)/tests/oslib_test: EXTRA := -include tests/runtime/heap_limit.h
$(OUT)/tests/pages_test: runtime/pages.c runtime/pages.h
$(OUT)/tests/ledger_test: runtime/ledger.c runtime/ledger.h
$(OUT)/tests/threads_test: runtime/threads.c runtime/threads.h
$(OUT)/tests/blocks_test: tests/runtime/fake_more.c
$(OUT)/tests/blocks_test $(OUT)/tests/blocks_bare_test: tests/runtime/fake.c \
	tests/runtime/fake.h tests/runtime/blocks_cases.h runtime/blocks.c \
	runtime/blocks.h runtime/ledger.c runtime/ledger.h
$(RUNTIME_PARTS:%=$(OUT)/tests/%_test): $(OUT)/tests/%: tests/runtime/%.c \
		tests/check.h tests/runtime/family.h
	@mkdir -p $(@D)
	$(CC) $(WORKER_FLAGS) $(EXTRA) -o $@ $(filter %.c,$^)

# -fno-builtin: every call is to be made.
$(OUT)/runtime/%: tests/runtime/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -O2 -fno-builtin $(DEPS) -o $@ $<

$(OUT)/runtime/%.so: tests/runtime/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -O2 -fno-builtin -fPIC -shared $(DEPS) -o $@ $<

# Libraries whose own functions the soak can call, where they are there.
SOAKED := $(patsubst tests/runtime/soak/%.c,%,$(filter \
	$(LIBRARIES:%=tests/runtime/soak/%.c),$(wildcard tests/runtime/soak/*.c)))
$(OUT)/soak: tests/runtime/soak.c $(SOAKED:%=tests/runtime/soak/%.c) \
		tests/runtime/soak.h $(SOAKED:%=$(OUT)/lib/lib%.a)
	@mkdir -p $(@D)
	$(CC) $(BASE) -O2 -fno-builtin -Ilibraries -o $@ $(filter %.c %.a,$^)

test-build: $(RUNTIME_TESTS)

# ---- All tests. ----

.PHONY: test test-all test-build
test-build: all $(UNIT_TESTS) $(LIBRARY_TESTS) $(BAD) \
	$(MM_BUILDS:%=$(OUT)/mm/%.so)

test: test-build
	tests/run --build $(OUT) $(ONLY)

# Every mode. The release build comes last: it is what ./mdriver then is. Its
# tests come first, for they take the longest, and as many modes as there are
# processors are tested at a time.
MODES := san $(if $(filter x86_64,$(shell uname -m)),m32)
test-all:
	+for mode in $(MODES) release; do \
	    $(MAKE) --no-print-directory MODE=$$mode test-build || exit 2; done
	tests/run --build build/release $(MODES:%=--build build/%) $(ONLY)

# Figures of this machine, now, in some ten minutes: docs/bench.md.
.PHONY: bench
bench: all
	@tools/bench --build $(OUT)

# Programs that nobody here wrote, on every allocator.
.PHONY: test-programs bench-programs
test-programs: all
	@tools/programs test $(ARGS)

bench-programs: all
	@tools/programs bench $(ARGS)

# Judge a hand-in: make handin MM=path/to/mm.c ARGS='-f x.rep -l'
handin: all
	@test -n "$(MM)" || { echo 'usage: make handin MM=path/to/mm.c' \
	    "[ARGS='mdriver options'] [MODE=m32]"; exit 2; }
	@tools/handin --mode $(MODE) --cc $(CC) "$(MM)" -- $(ARGS)

clean:
	rm -rf build mdriver traces/.bounds

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
