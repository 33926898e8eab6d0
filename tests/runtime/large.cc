// large.cc - large blocks, and what is left of many: one case, by its name.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>
#include <pthread.h>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>
#include <vector>

static const size_t MIB = 1 << 20;

// The size that delete is told is the one that was requested.
static bool sized_delete()
{
    for (size_t size : {16 * MIB + 1, 32 * MIB - 1, 32 * MIB, 32 * MIB + 1,
                        (size_t)50000000, 1024 * MIB}) {
        operator delete(operator new(size), size);
        operator delete(operator new(size, std::align_val_t(64)), size,
                        std::align_val_t(64));
    }
    void *shrunk = realloc(malloc(60 * MIB), 16 * MIB + 1);
    operator delete(shrunk, 16 * MIB + 1);
    return true;
}

// Pages of a block that the program treats apart.
static bool split()
{
    for (int way = 0; way < 3; way++) {
        char *block = (char *)malloc(64 * MIB);
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        char *apart = (char *)(((size_t)block + 32 * MIB) & -page);

        memset(block, 'x', 64 * MIB);
        if (way == 0 && mlock(apart, page) != 0)
            continue;
        if (way == 1)
            madvise(apart, page, MADV_DONTDUMP);
        if (way == 2)
            mprotect(apart, page, PROT_READ);
        char *more = (char *)realloc(block, 128 * MIB);
        if (!more || more[0] != 'x' || more[64 * MIB - 1] != 'x')
            return false;
        free(more);
    }
    return true;
}

// Addresses that the heap has and the process cannot get again.
static bool limited()
{
    std::vector<void *> blocks(6000);
    rlimit limit = {800 * MIB, 800 * MIB};

    setrlimit(RLIMIT_AS, &limit);
    for (void *&block : blocks)
        if (!(block = malloc(100000)))
            return false;
    for (void *block : blocks)
        free(block);
    char *large = (char *)malloc(300 * MIB);
    if (!large)
        return false;
    memset(large, 1, 300 * MIB);
    free(large);
    large = (char *)calloc(10, 25 * MIB);
    for (size_t i = 0; large && i < 250 * MIB; i++)
        if (large[i] != 0)
            return false;
    large = (char *)realloc(large, 260 * MIB);
    free(large);
    return large != nullptr;
}

// Blocks whose alignment leaves pages behind them, more than can have guards.
static bool aligned()
{
    std::vector<void *> blocks(20000);

    for (void *&block : blocks)
        if (posix_memalign(&block, 1 << 16, 40001) != 0)
            return false;
    for (void *block : blocks)
        free(block);
    return true;
}

// More large blocks than the system has areas for their guards.
static bool mappings()
{
    std::vector<char *> blocks(40000);

    for (char *&block : blocks)
        if (!(block = (char *)malloc(32 * MIB)))
            return false;
    for (size_t i = 0; i < blocks.size(); i += 500) {
        blocks[i][0] = blocks[i][32 * MIB - 1] = 'x';
        blocks[i] = (char *)realloc(blocks[i], 40 * MIB);
        if (!blocks[i] || blocks[i][32 * MIB - 1] != 'x')
            return false;
        blocks[i] = (char *)realloc(blocks[i], 33 * MIB);
    }
    for (char *block : blocks)
        free(block);
    return free(malloc(100)), true;
}

// Much of the memory that may be written to, which the test limits.
static bool data()
{
    for (size_t size : {5000, 20000, 100000}) {
        std::vector<void *> blocks(32 * MIB / size);
        for (void *&block : blocks)
            if (!(block = malloc(size)))
                return false;
        for (void *block : blocks)
            free(block);
    }
    return true;
}

static size_t resident()
{
    size_t total = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (fscanf(file, "%zu %zu", &total, &pages) != 2)
        abort();
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

// Does a peak of blocks of some sizes leave little behind?
template <typename sizes> static bool peak(sizes next)
{
    static const size_t before = resident();
    std::vector<void *> blocks;

    for (size_t size, bytes = 0; bytes < 64 * MIB; bytes += size) {
        size = next();
        blocks.push_back(memset(malloc(size), 1, size));
    }
    for (void *block : blocks)
        free(block);
    blocks = {};
    return resident() < before + 64 * MIB;
}

// All size classes have had a peak.
static bool given_back()
{
    size_t random = 1;
    bool good = true;

    for (size_t size = 40; size < 600000; size *= 11)
        good = peak([size] { return size; }) && good;
    for (size_t most : {4096, 8192, 16384, 32768})
        good = peak([most, &random] {
                   random = random * 6364136223846793005 + 1442695040888963407;
                   return 16 + (random >> 33) % most;
               }) && good;
    return good;
}

// More blocks of no bytes than have addresses without access.
static bool empty()
{
    for (int i = 0; i < 300000; i++)
        if (!malloc(0))
            return false;
    return true;
}

static volatile sig_atomic_t nulls;

static void ask(int)
{
    void *block = malloc(64);

    nulls += !block;
    free(block);
}

static void *use(void *)
{
    free(malloc(100));
    return nullptr;
}

// The C library has a table for each thread that uses keys beyond the first 32.
// What signal handlers need is not used up by it.
static bool keys()
{
    for (int i = 0; i < 40; i++) {
        pthread_key_t key;
        pthread_key_create(&key, nullptr);
    }
    for (int i = 0; i < 2200; i++) {
        pthread_t thread;
        if (pthread_create(&thread, nullptr, use, nullptr) != 0)
            return false;
        pthread_join(thread, nullptr);
    }
    struct itimerval often = {{0, 200}, {0, 200}};
    signal(SIGALRM, ask);
    setitimer(ITIMER_REAL, &often, nullptr);
    for (clock_t end = clock() + CLOCKS_PER_SEC / 2; clock() < end;)
        for (size_t size = 2000; size < 7000; size += 100)
            free(malloc(size));
    return nulls == 0;
}

int main(int, char **words)
{
    std::string name = words[1];

    return name == "sized-delete" ? !sized_delete()
           : name == "split"      ? !split()
           : name == "limited"    ? !limited()
           : name == "aligned"    ? !aligned()
           : name == "mappings"   ? !mappings()
           : name == "data"       ? !data()
           : name == "given-back" ? !given_back()
           : name == "empty"      ? !empty()
           : name == "keys"       ? !keys()
                                  : 2;
}
