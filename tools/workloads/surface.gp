# Surfaces and long curves, one picture after the other.
set terminal svg size 800,600
set output 'surface.svg'
set pm3d
do for [n = 1:14] {
    set isosamples 30 + 4 * n, 30 + 4 * n
    splot sin(n * x / 4) * cos(y) / (1 + x * x / 9 + y * y / 9)
    set samples 4000 * n
    plot besj0(x * n), sin(x) / (n + x), 'points.txt' using 1:3 smooth csplines
    set samples 500
    set dgrid3d 20 + n, 20 + n, 3
    splot 'points.txt' using 1:2:3
    unset dgrid3d
}
