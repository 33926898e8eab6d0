# Two test pictures, filtered, laid over each other, and encoded in two sizes.
ffmpeg -v error -filter_complex_threads 2 \
    -f lavfi -i testsrc2=size=320x240:rate=25 \
    -f lavfi -i mandelbrot=size=160x120:rate=25 \
    -filter_complex "[0] hqdn3d, split [a][b]; [1] rotate=t [c];
        [a][c] overlay=30:20, fade=out:60:30 [large];
        [b] scale=200:150, tmix=frames=5 [small]" \
    -map "[large]" -t 4 -threads 2 -c:v libx264 -f null - \
    -map "[small]" -t 4 -threads 2 -c:v mpeg4 -f null -
