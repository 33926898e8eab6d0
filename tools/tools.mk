# Tools that need the lab: what a course uses.

.PHONY: handin handout
# Judge a hand-in: make handin MM=path/to/mm.c ARGS='-f x.rep -l'
handin: lab
	@test -n "$(MM)" || { echo 'usage: make handin MM=path/to/mm.c' \
	    "[ARGS='mdriver options'] [MODE=m32]"; exit 2; }
	@tools/handin --mode $(MODE) --cc $(CC) "$(MM)" -- $(ARGS)

# What students get: make handout DIR=path/to/new/folder
ASSIGNMENT ?= assignments/classic.json
handout:
	@test -n "$(DIR)" || { echo 'usage: make handout DIR=...' \
	    '[ASSIGNMENT=assignments/classic.json]'; exit 2; }
	@tools/handout "$(ASSIGNMENT)" "$(DIR)"
