" Substitute, sort, split, join, undo and fold a text; write the result.
set undolevels=1000
%s/\<\(\w\)\(\w*\)\>/\u\1\2/g
g/^A/move 0
%sort u
let counts = {}
for word in split(join(getline(1, '$'), ' '), '\W\+')
    let counts[word] = get(counts, word, 0) + 1
endfor
undo
for word in sort(keys(counts))
    call append('$', printf('%-20s %d', word, counts[word]))
endfor
g/\d$/normal! A;
g/e.*e/s/e/E/g
%j
%s/;/\r/g
undo
redo
write! edited.txt
quitall!
