"""tools/callers: the call stacks of a trace.

    command     the options, the table
    weighing    what each stack holds, allocates and pins
    flame       a flame graph, with flame.js and flame.css
    pprof       a profile for pprof
"""
