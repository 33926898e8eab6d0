# Read the symbols of a program: its types, functions, lines, code.
set pagination off
set confirm off
info types
info functions ^f1
info line f3
list f5
break f2
break in.c:20
info breakpoints
ptype struct node
info scope f4
disassemble f6
print sizeof(struct node)
print (char)65
info symbol main
