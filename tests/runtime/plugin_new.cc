// plugin_new.cc - a plug-in in C++, of a program in C: what new says without
// memory.
#include <new>

extern "C" int refused()
{
    bool thrown = false;

    try {
        void *volatile block = operator new(1ul << 47);
        operator delete(block);
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    return thrown && !operator new(1ul << 47, std::nothrow);
}
