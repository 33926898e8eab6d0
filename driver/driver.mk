# The judge (mdriver) and the worker, in which an allocator runs.

JUDGE_FLAGS := $(BASE) -Idriver $(OPT)
HOST_LINK := -Wl,--export-dynamic-symbol='mem_*'
# All of its pointers to functions are set, and read-only, before it loads one.
WORKER_LINK := $(HOST_LINK) -Wl,-z,relro,-z,now

# The two halves: what runs in the worker, and all the rest.
WORKER_PARTS := $(addprefix driver/worker/,worker worker_load calls filter \
	worker_timed worker_counted worker_checked pattern) memlib
JUDGE_PARTS := mdriver $(WORKER_PARTS) $(filter-out driver/worker/worker_main \
	$(WORKER_PARTS),$(patsubst %.c,%,$(wildcard driver/*.c driver/*/*.c)))
# One judge serves release and the foreign modes, and a worker that is not foreign
# has the judge's objects; build.o alone says of which mode it is.
JUDGE := build/$(if $(FOREIGN),release,$(MODE))/judge
WORK := $(if $(FOREIGN),$(OUT)/work,$(JUDGE))
BUILD_OBJECT := $(OUT)/judge/driver/base/build.o
JUDGE_OBJECTS := $(BUILD_OBJECT) $(patsubst %,$(JUDGE)/%.o,$(filter-out \
	driver/base/build,$(JUDGE_PARTS)))
WORKER_OBJECTS := $(WORKER_PARTS:%=$(WORK)/%.o) $(WORK)/driver/worker/worker_main.o
# Which headers the compiler finds: one start of it tells, as every make asks.
# The counted loop asks valgrind, if its header is there; when it comes or goes,
# that loop is compiled again. Without a compiler nobody knows.
FOUND := $(shell printf '\043if __has_include(<%s>)\n%s\n\043endif\n' \
	valgrind/callgrind.h callgrind ncurses.h ncurses stddef.h compiler | \
	$(CC) -E -P -x c - 2>/dev/null)
CALLGRIND := $(if $(FOUND),$(if $(filter callgrind,$(FOUND)),yes,no))
ifneq ($(CALLGRIND),$(if $(CALLGRIND),$(file <$(OUT)/callgrind)))
$(shell { mkdir -p $(OUT) && echo $(CALLGRIND) >$(OUT)/callgrind; } 2>/dev/null)
endif
# Without ncurses (libncurses-dev) all is built, but --watch has no terminal.
NCURSES := $(if $(filter ncurses,$(FOUND)),-lncursesw)
JUDGE_LIBS := -lz -lzstd -ljson-c -lelf -lseccomp -lm $(NCURSES)

$(OUT)/mdriver: $(JUDGE_OBJECTS)
	$(call link,$(CC) $(JUDGE_FLAGS) $(HOST_LINK) $^ $(JUDGE_LIBS))

$(OUT)/$(if $(filter aarch64,$(MODE)),work/)worker: $(WORKER_OBJECTS)
	$(call link,$(WORKER_CC) $(WORKER_FLAGS) $(WORKER_LINK) $^)

ifeq ($(MODE),aarch64)
$(OUT)/worker: driver/worker/worker_aarch64.sh $(OUT)/work/worker
	$(QUIET)install -m 755 $< $@.$$$$ && mv -f $@.$$$$ $@
endif

$(WORK)/driver/worker/worker_counted.o: $(OUT)/callgrind

$(JUDGE)/%.o: %.c
	$(call compile,$(CC) $(JUDGE_FLAGS) $(EXTRA) -c $<)

$(OUT)/work/%.o: %.c
	$(call compile,$(WORKER_CC) $(WORKER_FLAGS) -Idriver $(EXTRA) -c $<)

$(BUILD_OBJECT): driver/base/build.c VERSION
	$(call compile,$(CC) $(JUDGE_FLAGS) -DBUILD_MODE='"$(MODE)"' \
	    -DWORKER_BITS=$(BITS) -DWORKER_FOREIGN=$(if $(FOREIGN),true,false) \
	    -DLAB_VERSION='"$(shell cat VERSION)"' -c $<)

# Fills and checks are the cost of a checked replay: let them be vectorized.
$(JUDGE)/driver/worker/pattern.o $(OUT)/work/driver/worker/pattern.o: EXTRA := $(if $(filter san,$(MODE)),,-O3)
