# What tools/bench measures with: release only, as the preloads are.

# steps: an allocator in a process that is stepped. Whatever it calls of the
# heap and of string.h it finds in the program, which counts it apart.
STEPS := $(addprefix $(OUT)/judge/,$(addsuffix .o,bench/steps bench/stepper \
	bench/subject bench/outside $(addprefix driver/trace/,trace \
	trace_text trace_binary trace_describe contents) \
	driver/base/fatal driver/base/plain_text \
	driver/worker/calls)) \
	$(OUT)/bench/memlib.o
COUNTED := $(foreach f,sbrk map unmap remap discard,-Dmem_$f=memlib_$f)
STEPS_LINK := $(HOST_LINK) $(foreach f,memcpy memmove memset,\
	-Wl,--export-dynamic-symbol=$f)

$(OUT)/judge/bench/outside.o: EXTRA := -fno-builtin
$(OUT)/bench/memlib.o: memlib.c
	$(call compile,$(CC) $(JUDGE_FLAGS) $(COUNTED) -c $<)

$(OUT)/bench/steps: $(STEPS)
	$(call link,$(CC) $(JUDGE_FLAGS) $(STEPS_LINK) $^ $(JUDGE_LIBS))

# threads, exchange, peak, misuse: programs for LD_PRELOAD. Every call is to be made.
$(OUT)/bench/%: bench/%.c
	$(call compile,$(CC) $(BASE) -Idriver -O2 -fno-builtin $<)

BENCHES := $(patsubst %,$(OUT)/bench/%,steps threads exchange peak misuse)

# Figures of this machine, now, in some ten minutes: docs/benchmarks.md.
.PHONY: bench benchmarks test-programs bench-programs
benchmarks: lab runtime $(BENCHES)

bench: benchmarks
	@tools/bench --build $(OUT)

# Programs that nobody here wrote, on every allocator.
test-programs: runtime
	@tools/programs test $(ARGS)

bench-programs: runtime
	@tools/programs bench $(ARGS)
