<?php
// Arrays and strings that double: an index, a sieve, sorting, JSON.
mt_srand(1);

function sieve(int $n): array
{
    $composite = array_fill(0, $n + 1, false);
    $primes = [];
    for ($i = 2; $i <= $n; $i++) {
        if ($composite[$i]) {
            continue;
        }
        $primes[] = $i;
        for ($j = $i * $i; $j <= $n; $j += $i) {
            $composite[$j] = true;
        }
    }
    return $primes;
}

function counts(int $n, int $kinds): array
{
    $seen = [];
    for ($i = 0; $i < $n; $i++) {
        $key = mt_rand(1, $kinds) * 7919;
        $seen[$key] = ($seen[$key] ?? 0) + 1;
    }
    return $seen;
}

function page(int $words): string
{
    $page = "";
    for ($i = 0; $i < $words; $i++) {
        $page .= "word" . mt_rand(1, 300) . " ";
    }
    return $page;
}

function places(string $text): array
{
    $places = [];
    foreach (explode(" ", $text) as $at => $word) {
        $places[$word][] = $at;
    }
    return $places;
}

$kept = [];
for ($round = 1; $round <= 8; $round++) {
    $seen = counts(9000 * $round, 6000 * $round);
    ksort($seen);
    $text = page(400 * $round);
    $json = json_encode(["counts" => array_values($seen),
                         "primes" => sieve(9000 * $round)]);
    $back = json_decode($json, true);
    $kept[$round % 3] = [
        array_merge($back["primes"], array_keys($seen)),
        str_repeat(strtoupper($text), 20),
        array_map(count(...), places($text)),
    ];
    printf("%d %d %d\n", $round, strlen($json), count($kept[$round % 3][0]));
}
