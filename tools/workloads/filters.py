"""Numeric arrays: filters of pictures, spectra, heat, equations."""

import numpy


def picture(height, width):
    y, x = numpy.mgrid[0:height, 0:width]
    return numpy.sin(x * y / 900) + (x ^ y) % 17 / 9


def smooth(image, reach):
    padded = numpy.pad(image, reach, mode="edge")
    total = numpy.zeros_like(image)
    for dy in range(2 * reach + 1):
        for dx in range(2 * reach + 1):
            total += padded[dy:dy + image.shape[0], dx:dx + image.shape[1]]
    return total / (2 * reach + 1) ** 2


def without_weak_waves(image):
    found = numpy.fft.fft2(image)
    found[abs(found) < abs(found).mean()] = 0
    return numpy.fft.ifft2(found).real


def heat(image, steps):
    for _ in range(steps):
        around = sum(numpy.roll(image, way, axis)
                     for axis in (0, 1) for way in (1, -1))
        image = image + 0.2 * (around - 4 * image)
    return image


def solution(size):
    matrix = picture(size, size) + size * numpy.eye(size)
    return numpy.linalg.solve(matrix, numpy.arange(size))


def main():
    kept = []
    for number in range(9):
        image = picture(150 + 40 * number, 200 + 30 * number)
        small = smooth(image, 2)
        kept.append(numpy.where(small > image, small,
                                without_weak_waves(image)))
        kept.append(numpy.sort(heat(kept[-1][::2, ::2], 12), axis=None))
        kept.append(numpy.concatenate([part.ravel() for part in kept[-2:]]))
        kept.append(solution(80 + 20 * number))
        bins = numpy.histogram(kept[-2], bins=64)[0]
        kept = kept[-7:]
        print(number, bins.argmax(), sum(part.size for part in kept))


main()
