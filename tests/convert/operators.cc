// operators.cc - new and delete in their forms.
#include <new>

struct alignas(64) Wide {
    char bytes[128];
};

int main()
{
    auto *one = new int(1);
    auto *several = new int[10];
    auto *nothrow = new (std::nothrow) char[100];
    auto *wide = new Wide;
    auto *wides = new Wide[3];

    delete one;
    delete[] several;
    delete[] nothrow;
    delete wide;
    delete[] wides;
}
