// new.cc - every new and delete of C++, and what new throws.
#include <cstdint>
#include <new>
#include <string>
#include <vector>

struct alignas(128) wide { char bytes[256]; };

static void use(std::size_t size, std::align_val_t align)
{
    const std::nothrow_t &tag = std::nothrow;

    operator delete(operator new(size));
    operator delete(operator new(size), size);
    operator delete(operator new(size, tag), tag);
    operator delete[](operator new[](size));
    operator delete[](operator new[](size), size);
    operator delete[](operator new[](size, tag), tag);
    delete[] new char[size];
    delete[] new (tag) char[size];
    operator delete(operator new(250, align), align);
    operator delete(operator new(250, align, tag), align, tag);
    operator delete[](operator new[](250, align), 250, align);
    operator delete[](operator new[](250, align, tag), align, tag);
    delete new wide;
}

static int fail()
{
    int caught = 0;

    try {
        for (std::size_t size = 1; size; size *= 2)
            new char[size > 1 << 20 ? SIZE_MAX / 2 : size + 90000];
    } catch (const std::bad_alloc &) {
        caught++;
    }
    try {
        operator new(SIZE_MAX / 2, std::align_val_t(64));
    } catch (const std::bad_alloc &) {
        caught++;
    }
    if (operator new(SIZE_MAX / 2, std::nothrow) ||
        operator new(SIZE_MAX / 2, std::align_val_t(64), std::nothrow))
        return 1;
    return caught != 2;
}

int main(int argc, char **)
{
    use(60000, std::align_val_t(128));
    std::vector<std::string>(3, std::string(70000, 'x'));
    return argc > 1 ? fail() : 0;
}
