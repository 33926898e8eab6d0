# What a course uses, and what a change of the tree leaves behind.

.PHONY: handin handout
# Judge a hand-in: make handin MM=path/to/mm.c ARGS='-f x.rep -l'. MM is a file,
# a folder, or several files; LAB is csapp, cmu or house. make ends with 2 for
# every failure; tools/handin tells 1, it is wrong, from 2, it does not build.
# No shell and no make reads the names: they are in the environment.
unexport MM
handin: export HANDIN := $(value MM)
handin: $(if $(filter handin,$(MAKECMDGOALS)),$(if $(shell test -w . && echo yes),lab))
	@test -n "$$HANDIN" || { echo 'usage: make handin MM=path/to/mm.c' \
	    "[ARGS='mdriver options'] [LAB=csapp|cmu|house] [MODE=m32]"; exit 2; }
	@set -- "$$HANDIN"; test -e "$$1" || set -- $$HANDIN; \
	    for path; do shift; case $$path in -*) path=./$$path;; esac; \
	    set -- "$$@" "$$path"; done; \
	    tools/handin --mode $(MODE) --cc $(CC) $(LAB:%=--lab %) "$$@" -- $(ARGS)

# What students get: make handout DIR=path/to/new/folder
ASSIGNMENT ?= assignments/classic.json
handout:
	@test -n "$(DIR)" || { echo 'usage: make handout DIR=...' \
	    '[ASSIGNMENT=assignments/classic.json]'; exit 2; }
	@tools/handout "$(ASSIGNMENT)" "$(DIR)"

# What a source that was removed or renamed has left behind.
STALE := $(filter-out $(ALLOCATORS:%=$(OUT)/%.so) \
	$(patsubst %,$(OUT)/preload/%.so,$(notdir $(ALLOCATORS)) mm_hardened) \
	$(VARIANTS:%=$(OUT)/real/variants/%.o),$(wildcard $(addprefix $(OUT)/,\
	variants/*.so libraries/*.so preload/*.so real/variants/*.o)))
ifneq ($(STALE),)
$(if $(SILENT),,$(foreach file,$(STALE),$(info $(file): its source is gone; deleted)))
$(shell rm -f $(STALE) $(STALE:=.d))
endif
