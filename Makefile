# Build into build/MODE/; MODE is release, san (address and undefined-behaviour
# sanitizers) or m32 (worker and allocators of 32 bits under a 64-bit judge).
#
#   make              driver, worker, mm.c, variants, recorder
#   make test         all tests
#   make handin MM=path/to/mm.c     judge somebody's allocator

MODE ?= release
CC ?= gcc
OUT := build/$(MODE)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes
BASE := -std=gnu11 -g -I. $(WARN)
OPT_release := -O2
OPT_m32 := -O2
OPT_san := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
BITS_m32 := -m32
OPT := $(OPT_$(MODE))
BITS := $(BITS_$(MODE))

JUDGE_FLAGS := $(BASE) $(OPT) -DBUILD_MODE='"$(MODE)"'
WORKER_FLAGS := $(BASE) $(OPT) $(BITS)
# An allocator's own calls stay its own, and the heap's come from its host.
PLUGIN_FLAGS := -DDRIVER -fPIC -fno-semantic-interposition -shared \
	-Wl,-Bsymbolic
HOST_LINK := -Wl,--export-dynamic-symbol='mem_*'
DEPS = -MMD -MP

# The two halves: what runs in the worker, and all the rest.
WORKER_PARTS := driver/worker driver/pattern memlib
JUDGE_PARTS := mdriver $(patsubst %.c,%,$(filter-out driver/worker_main.c \
	$(addsuffix .c,$(WORKER_PARTS)),$(wildcard driver/*.c))) $(WORKER_PARTS)
JUDGE_OBJECTS := $(JUDGE_PARTS:%=$(OUT)/judge/%.o)
WORKER_OBJECTS := $(WORKER_PARTS:%=$(OUT)/work/%.o) \
	$(OUT)/work/driver/worker_main.o
JUDGE_LIBS := -lz -lzstd -ljson-c -lelf -lm

VARIANTS := $(patsubst variants/%.c,$(OUT)/variants/%.so,$(wildcard variants/*.c))

.PHONY: all test clean handin
.DELETE_ON_ERROR:

all: mdriver $(OUT)/mdriver $(OUT)/worker $(OUT)/mm.so $(VARIANTS) \
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
	$(CC) $(JUDGE_FLAGS) $(DEPS) -c -o $@ $<

$(OUT)/work/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(WORKER_FLAGS) $(DEPS) -c -o $@ $<

# Fills and checks are the cost of a checked replay: let them be vectorized.
$(OUT)/judge/driver/pattern.o $(OUT)/work/driver/pattern.o: OPT += -O3

$(OUT)/profiles.json: driver/profiles.json
	cp $< $@

$(OUT)/%.so: %.c
	@mkdir -p $(@D)
	$(CC) $(WORKER_FLAGS) $(PLUGIN_FLAGS) $(DEPS) -o $@ $<

$(OUT)/record.so: runtime/record.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -O2 -fPIC -shared $(DEPS) -o $@ $<

clean:
	rm -rf build mdriver

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
