# Statistics of a text: word frequencies, longest lines, pairs of neighbours.
{
    for (i = 1; i <= NF; i++) {
        word = tolower($i)
        gsub(/[^a-z]/, "", word)
        frequency[word]++
        if (i > 1)
            pair[before " " word]++
        before = word
    }
    text[NR] = $0
}
END {
    n = asorti(frequency, sorted)
    for (i = 1; i <= n; i++)
        printf "%s %d\n", sorted[i], frequency[sorted[i]]
    for (p in pair)
        if (pair[p] > 3)
            print p, pair[p]
    for (i = NR; i > 0; i--)
        joined = substr(joined text[i], 1, 4000)
    print toupper(joined)
}
