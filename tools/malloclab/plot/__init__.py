"""Pictures of traces and of what allocators make of them: tools/plot.

A kind of picture is a module: what it computes, with numpy and without
matplotlib, and then what it draws. style.py says what all of them look like,
source.py where the figures come from, command.py is the command line.
"""
