# make                             the lab: mdriver and its allocators
# make handin MM=path/to/mm.c ARGS='-f structs'   judge somebody's allocator
# make handout DIR=... [ASSIGNMENT=...]   what students get of an assignment
# make runtime                     allocators as the malloc of real programs,
#                                  and the recorder: tools/run, tools/record
# make libraries                   the four libraries and mm, to be linked
# make install PREFIX=/usr/local [DESTDIR=...]    libraries and headers
# make uninstall PREFIX=...        take them away again
# make test [ONLY=PATTERN]         the tests of this MODE
# make test-all                    the tests of every mode
# make bench                       figures of allocators here and now
# make test-programs ARGS=...      real programs on every allocator: are they
#                                  right?
# make bench-programs ARGS=...     the same: how fast are they?
# make man                         manual pages from the help texts, by help2man:
#                                  build/man
# make clean                       delete build/
#
# MODE=release|san|m32|aarch64   optimized (default), sanitizers, allocators of
#                  32 bits, allocators for aarch64 in an emulator
# V=1              print each command; all output lies in build/MODE

# No rule of make's own is for these files, and the search for one takes longer
# than all else where nothing is to be made.
MAKEFLAGS += --no-builtin-rules

MODE ?= release
CC ?= gcc
OUT := build/$(MODE)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes
BASE := -std=gnu11 -g -I. $(WARN)
OPT_san := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
BITS := $(if $(filter m32,$(MODE)),32,64)
OPT := $(or $(OPT_$(MODE)),-O2)

# The judge is always this machine's; in some modes the worker is another's, and
# the judge cannot load an allocator into its own process (--in-process).
FOREIGN := $(filter m32 aarch64,$(MODE))
# Debian's gcc for aarch64 and gcc-multilib exclude each other: clang does, too.
AARCH64_CC ?= $(shell command -v aarch64-linux-gnu-gcc || \
	echo clang --target=aarch64-linux-gnu)
WORKER_CC := $(if $(filter aarch64,$(MODE)),$(AARCH64_CC),$(CC))
WORKER_FLAGS := $(BASE) $(OPT) $(if $(filter m32,$(MODE)),-m32)
# An allocator's own calls stay its own, and the heap's come from its host.
# Nothing runs when they are loaded, as an allocator in a jail needs it; the
# startfiles also have __dso_handle, any address of the object's.
PLUGIN_FLAGS := -DDRIVER -fPIC -fno-semantic-interposition -shared \
	-nostartfiles -Wl,--defsym=__dso_handle=_DYNAMIC -Wl,-Bsymbolic
VARIANTS := $(patsubst variants/%.c,%,$(wildcard variants/*.c))
LIBRARIES := $(patsubst libraries/%.c,%,$(wildcard libraries/*.c))
ALLOCATORS := mm $(VARIANTS:%=variants/%) $(LIBRARIES:%=libraries/%)

.PHONY: lab clean help
.DELETE_ON_ERROR:
# No object is deleted as intermediate: another make may be linking it.
.SECONDARY:

lab: mdriver $(ALLOCATORS:%=$(OUT)/%.so) \
	$(patsubst %,$(OUT)/%,$(wildcard assignment.json))

# A line for each file is printed; with V=1 each command, with -s nothing. make
# itself prints it, and starts mkdir only where the folder is not there: a build
# of small files is mostly the starting of processes.
QUIET := $(if $(V),,@)
SILENT := $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(V)$(SILENT),,$(info $() $() $(1) $(firstword $(2))))
in_folder = $(if $(wildcard $(@D)/.),,mkdir -p $(@D) && )

# A target appears whole, by a rename, so that two makes may run in one tree:
# neither reads half a file of the other's.
# $(call compile,COMMAND): run it with -o, and keep what the target includes.
define compile
$(call say,cc   ,$(filter %.c,$^))
$(QUIET)$(in_folder)$(1) -MMD -MP -MT $@ -MF $@.d.$$$$ -o $@.$$$$ && \
	mv -f $@.d.$$$$ $@.d && mv -f $@.$$$$ $@ || \
	{ rm -f $@.d.$$$$ $@.$$$$; exit 1; }
endef
define link
$(call say,link ,$@)
$(QUIET)$(in_folder)$(1) -o $@.$$$$ && mv -f $@.$$$$ $@
endef
define archive
$(call say,ar   ,$@)
$(QUIET)$(in_folder)rm -f $@.$$$$; $(AR) rcs $@.$$$$ $^ && mv -f $@.$$$$ $@
endef

# ./mdriver is the one that was built last.
.PHONY: mdriver
mdriver: $(OUT)/mdriver
	@ln -sfn $(OUT)/mdriver $@

include driver/driver.mk

$(OUT)/profiles.json: driver/measure/profiles.json
$(OUT)/assignment.json: assignment.json
$(OUT)/profiles.json $(OUT)/assignment.json:
	@mkdir -p $(@D)
	$(QUIET)cp $< $@.$$$$ && mv -f $@.$$$$ $@

$(OUT)/%.so: %.c
	$(call compile,$(WORKER_CC) $(WORKER_FLAGS) $(PLUGIN_FLAGS) $<)

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

clean:
	rm -rf build mdriver traces/.bounds

# What compilers have noted, at every depth that an output has.
-include $(wildcard $(foreach depth,/ /*/ /*/*/ /*/*/*/,\
	$(addsuffix $(depth)*.d,$(sort $(OUT) build/release))))

# ---- What a handout does not have: tools/handout ends the Makefile here. ----

# A library's place in the lab is its adapter.
$(OUT)/libraries/%.so: libraries/lab/%.c
	$(call compile,$(WORKER_CC) $(WORKER_FLAGS) $(PLUGIN_FLAGS) $<)

# A page for mdriver and one for each tool, whose second line says what it is.
TOOLS := $(patsubst tools/%,%,$(filter-out $(patsubst %/,%,$(wildcard tools/*/)), \
	$(wildcard tools/*)))
.PHONY: man
man: build/man/mdriver.1 $(TOOLS:%=build/man/malloclab-%.1)
help2man = $(call say,man  ,$@)@mkdir -p $(@D) && help2man --no-info \
	--name="$(1)" --output=$@ $<
build/man/mdriver.1: $(OUT)/mdriver
	$(call help2man,judge memory allocators by traces)
build/man/malloclab-%.1: tools/% $(wildcard tools/malloclab/*.py \
		tools/malloclab/*/*.py)
	$(call help2man,$(shell sed -n '2s/"""\|# //g; 2s/\..*//p' $<))

include runtime/runtime.mk libraries/libraries.mk bench/bench.mk tests/tests.mk \
	assignments/course.mk
