# The judge (mdriver) and the worker, in which an allocator runs.

# gcc's second shared object of a sanitizer takes a third of the time that the
# judge needs to begin and end; clang's are part of the program anyway. In an
# allocator they would count as its static data.
JUDGE_FLAGS := $(BASE) -Idriver $(OPT) $(if $(findstring san,$(MODE)),$(if \
	$(findstring clang,$(CC)),,-static-libubsan))
HOST_LINK := -Wl,--export-dynamic-symbol='mem_*'
# All of its pointers to functions are set, and read-only, before it loads one.
WORKER_LINK := $(HOST_LINK) -Wl,-z,relro,-z,now

# The two halves: what runs in the worker, and all the rest.
WORKER_PARTS := $(addprefix driver/worker/,worker worker_load calls filter \
	worker_timed worker_checked pattern) memlib
JUDGE_PARTS := mdriver $(WORKER_PARTS) $(filter-out driver/worker/worker_main \
	driver/worker/counter_tool $(WORKER_PARTS),$(patsubst %.c,%,$(wildcard driver/*.c driver/*/*.c)))
# One judge serves release and the foreign modes, and a worker that is not foreign
# has the judge's objects; build.o alone says of which mode it is.
JUDGE := build/$(if $(FOREIGN),release,$(MODE))/judge
WORK := $(if $(FOREIGN),$(OUT)/work,$(JUDGE))
BUILD_OBJECT := $(OUT)/judge/driver/base/build.o
JUDGE_OBJECTS := $(BUILD_OBJECT) $(patsubst %,$(JUDGE)/%.o,$(filter-out \
	driver/base/build,$(JUDGE_PARTS)))
WORKER_OBJECTS := $(WORKER_PARTS:%=$(WORK)/%.o) $(WORK)/driver/worker/worker_main.o
# Without ncurses (libncurses-dev) all is built, but --watch has no terminal. Only
# linking asks for it: a make that has nothing to do starts no compiler.
NCURSES = $(shell $(CC) -E -include ncurses.h -x c /dev/null >/dev/null 2>&1 \
	&& echo -lncursesw)
JUDGE_LIBS = -lz -lzstd -ljson-c -lelf -lseccomp -lm $(NCURSES)

$(OUT)/mdriver: $(JUDGE_OBJECTS)
	$(call link,$(CC) $(JUDGE_FLAGS) $(HOST_LINK) $^ $(JUDGE_LIBS))

$(OUT)/$(if $(filter aarch64,$(MODE)),work/)worker: $(WORKER_OBJECTS)
	$(call link,$(WORKER_CC) $(WORKER_FLAGS) $(WORKER_LINK) -static-libgcc $^)

ifeq ($(MODE),aarch64)
$(OUT)/worker: driver/worker/worker_aarch64.sh $(OUT)/work/worker
	$(QUIET)install -m 755 $< $@.$$$$ && mv -f $@.$$$$ $@
endif

# A tool of valgrind's counts instructions, in the modes whose workers valgrind
# runs. It is built where the parts that tools are made of are there: the package
# valgrind has them.
PLATFORM := $(if $(filter release,$(MODE)),amd64,$(if $(filter m32,$(MODE)),x86))
VALGRIND := $(if $(PLATFORM),$(wildcard $(foreach part,coregrind vex gcc-sup, \
	/usr/lib/*/valgrind/lib$(part)-$(PLATFORM)-linux.a)))
TOOL_FLAGS := -std=gnu11 -O2 $(WARN) -Idriver -fno-builtin -fno-stack-protector \
	$(if $(filter m32,$(MODE)),-m32) -isystem /usr/include/valgrind \
	-DVGA_$(PLATFORM)=1 -DVGO_linux=1 -DVGP_$(PLATFORM)_linux=1 \
	-DVGPV_$(PLATFORM)_linux_vanilla=1
TOOL_LINK := -static -nodefaultlibs -nostartfiles -Wl,-u,_start \
	-Wl,--build-id=none -Wl,-Ttext-segment=0x58000000 \
	-Wl,--wrap=vgPlain_di_notify_mmap

.PHONY: judge
judge: $(OUT)/mdriver $(OUT)/worker $(OUT)/profiles.json \
	$(if $(VALGRIND),$(OUT)/counter)
lab: judge

$(OUT)/counter: $(OUT)/work/driver/worker/counter_tool.o $(VALGRIND)
	$(call link,$(CC) $(TOOL_FLAGS) $(TOOL_LINK) $^ -lgcc)

$(OUT)/work/driver/worker/counter_tool.o: driver/worker/counter_tool.c
	$(call compile,$(CC) $(TOOL_FLAGS) -c $<)

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
