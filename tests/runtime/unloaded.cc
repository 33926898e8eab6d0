// unloaded.cc - a malloc that is opened and closed, while a thread has used it.
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

static void *library;

static void *use(void *unused)
{
    void *(*allocate)(size_t) = (void *(*)(size_t))dlsym(library, "malloc");
    void (*release)(void *) = (void (*)(void *))dlsym(library, "free");

    for (int i = 0; i < 100; i++)
        release(allocate(100));
    return unused;
}

static void *use_and_close(void *unused)
{
    use(unused);
    dlclose(library);
    return unused;
}

int main(int argc, char **words)
{
    pthread_t thread;

    library = argc > 1 ? dlopen(words[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!library)
        return 2;
    for (int i = 0; i < 2; i++) {
        pthread_create(&thread, NULL, i == 0 ? use : use_and_close, NULL);
        pthread_join(thread, NULL);
    }
    return 0;
}
