# Index a text: which lines hold each word; then its words by length, reversed.
use strict;
use warnings;

my (%lines, %by_length);
while (my $line = <>) {
    for my $word ($line =~ /([a-z]+)/gi) {
        push @{ $lines{lc $word} }, $.;
    }
}
for my $word (sort keys %lines) {
    push @{ $by_length{length $word} }, scalar reverse $word;
    printf "%-20s %s\n", $word, join ",", @{ $lines{$word} };
}
for my $length (sort { $a <=> $b } keys %by_length) {
    my @words = map { ucfirst } @{ $by_length{$length} };
    print "$length: @words\n";
}
