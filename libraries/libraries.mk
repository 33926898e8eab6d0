# Libraries, as programs link them: lib/libNAME.a and lib/libNAME.so.1.

# hmm is a malloc, which the address sanitizer would have to be too.
LIB_FLAGS = $(filter-out $(if $(filter hmm,$*),-fsanitize=address%),\
	$(WORKER_FLAGS)) $(if $(filter-out san,$(MODE)),,\
	$(if $(filter hmm,$*),-fsanitize=undefined))
SONAME = -shared -Wl,-soname,$(@F)

$(OUT)/lib/%.o: libraries/%.c
	$(call compile,$(CC) $(LIB_FLAGS) -fPIC -c $<)

# mm over the system: mm.h as it is, and as a malloc to link or preload.
$(OUT)/lib/libmm.a $(OUT)/lib/libmm.so.1: $(OUT)/real/mm.o $(OSLIB)

$(OUT)/lib/lib%.a: $(OUT)/lib/%.o
	$(archive)

$(OUT)/lib/lib%.so.1: $(OUT)/lib/%.o
	$(call link,$(CC) $(LIB_FLAGS) $(SONAME) $^)

$(OUT)/lib/libmm.a:
	$(archive)

$(OUT)/lib/libmm.so.1:
	$(call link,$(CC) $(SONAME) $^)

$(OUT)/lib/libmm_malloc.so.1: $(OUT)/real/mm_threads.o $(HOST_OF_REAL)
	$(call link,$(CC) $(PRELOAD_FLAGS) $(SONAME) $(filter %.o,$^))

PREFIX ?= /usr/local
TARGET = $(DESTDIR)$(PREFIX)
INSTALLED := mm $(LIBRARIES)
STATIC := $(INSTALLED:%=$(OUT)/lib/lib%.a)
SHARED := $(patsubst %,$(OUT)/lib/lib%.so.1,$(INSTALLED) mm_malloc)
HEADERS := mm.h $(LIBRARIES:%=libraries/%.h)

.PHONY: libraries install uninstall
libraries: $(STATIC) $(SHARED)

# What an allocator says of itself.
idea = $(shell sed -n 's/^const char mm_idea.*"\(.*\)";/\1/p' $(firstword $(wildcard \
	$(1).c libraries/lab/$(1).c)))

install: libraries
	install -d $(TARGET)/include $(TARGET)/lib/pkgconfig
	install -m 644 $(HEADERS) $(TARGET)/include
	install -m 644 $(STATIC) $(TARGET)/lib
	install -m 755 $(SHARED) $(TARGET)/lib
	$(foreach n,$(INSTALLED) mm_malloc,ln -sfn lib$(n).so.1 \
	    $(TARGET)/lib/lib$(n).so &&) :
	$(foreach n,$(INSTALLED),sed -e 's|@PREFIX@|$(PREFIX)|' \
	    -e 's|@NAME@|$(n)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@IDEA@|$(call idea,$(n))|' \
	    libraries/library.pc.in >$(TARGET)/lib/pkgconfig/$(n).pc &&) :

uninstall:
	rm -f $(patsubst %,$(TARGET)/include/%,$(notdir $(HEADERS))) \
	    $(patsubst %,$(TARGET)/lib/%,$(notdir $(STATIC) $(SHARED)) \
	    $(notdir $(SHARED:.1=)) $(INSTALLED:%=pkgconfig/%.pc))
