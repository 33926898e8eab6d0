# Reverse each line's words, wrap at 40 columns, mark doubled letters.
s/[.,]//g
s/$/\n/
:reverse
s/^\([^ \n]*\) *\([^\n]*\)\n\(.*\)/\2\n\1 \3/
/^\n/!b reverse
s/^\n//
:wrap
s/\([^\n]\{40\}[^ \n]*\) \([^\n]\)/\1\n\2/
t wrap
s/\(.\)\1/<\1>/g
G
h
s/\n.*//
y/abcdefghij/ABCDEFGHIJ/
