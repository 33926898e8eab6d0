/*
 * object_file.c - section headers and dynamic symbols, read by libelf.
 */
#define _GNU_SOURCE
#include "object_parts.h"

#include "base/plain_text.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <unistd.h>

enum { LINKERS_BYTES = 4096 };

/*
 * Is it a writable section of the linker's, which holds no variables? Names
 * alone say little: a program may call a section of its own .got. So the type
 * has to fit, and all of them together count from LINKERS_BYTES on.
 */
static bool is_linkers(const char *name, GElf_Word type)
{
    static const struct {
        const char *name;
        GElf_Word type;
    } own[] = {
        {".got", SHT_PROGBITS},           {".got.plt", SHT_PROGBITS},
        {".dynamic", SHT_DYNAMIC},        {".init_array", SHT_INIT_ARRAY},
        {".fini_array", SHT_FINI_ARRAY},  {".data.rel.ro", SHT_PROGBITS},
        {".tm_clone_table", SHT_PROGBITS}};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(name, own[i].name) == 0 && type == own[i].type)
            return true;
    return false;
}

/* Copy the string at symbol from the file into text. */
static void read_text(Elf *elf, const GElf_Sym *symbol, char *text, size_t size)
{
    Elf_Scn *section = elf_getscn(elf, symbol->st_shndx);
    Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
    GElf_Shdr header;

    if (!data || !data->d_buf || !gelf_getshdr(section, &header))
        return;
    size_t offset = symbol->st_value - header.sh_addr;
    size_t length = symbol->st_size < size ? symbol->st_size : size - 1;
    if (offset > data->d_size || length > data->d_size - offset)
        return;
    memcpy(text, (char *)data->d_buf + offset, length);
    text[length] = '\0';
    plain_text(text, "");
}

static void read_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
                         struct object_facts *facts)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count =
        header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
    GElf_Sym symbol;

    for (size_t i = 0; data && i < count; i++) {
        if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx == SHN_UNDEF)
            continue;
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        facts->exports_lab |= name && strcmp(name, "mm_malloc") == 0;
        facts->exports_malloc |= name && strcmp(name, "malloc") == 0;
        if (name && strcmp(name, "mm_idea") == 0)
            read_text(elf, &symbol, facts->idea, sizeof facts->idea);
    }
}

static void count_writable(const GElf_Shdr *header, const char *name,
                           struct object_facts *facts)
{
    size_t free = 0;

    if (is_linkers(name, header->sh_type)) {
        free = LINKERS_BYTES - facts->linkers_bytes;
        free = header->sh_size < free ? header->sh_size : free;
        facts->linkers_bytes += free;
    }
    facts->static_bytes += header->sh_size - free;
}

static void read_section(Elf *elf, Elf_Scn *section, size_t names,
                         struct object_facts *facts)
{
    const GElf_Xword writable = SHF_WRITE | SHF_ALLOC;
    GElf_Shdr header;

    if (!gelf_getshdr(section, &header))
        return;
    const char *name = elf_strptr(elf, names, header.sh_name);
    if (header.sh_type == SHT_DYNSYM)
        read_symbols(elf, section, &header, facts);
    else if ((header.sh_flags & writable) == writable)
        count_writable(&header, name ? name : "", facts);
}

static void read_sections(Elf *elf, struct object_facts *facts)
{
    size_t names;
    Elf_Scn *section = NULL;

    if (elf_kind(elf) != ELF_K_ELF || elf_getshdrstrndx(elf, &names) != 0)
        return;
    facts->readable = true;
    while ((section = elf_nextscn(elf, section)) != NULL)
        read_section(elf, section, names, facts);
}

/*
 * What a client request begins with: rotations that leave a register as it was,
 * on x86-64, x86 and aarch64. No other code has them, and data that has may be
 * made code, so that they are looked for in the whole file.
 */
static bool has_request(const char *file, size_t size)
{
    static const char preambles[3][17] = {
        "\x48\xc1\xc7\x03\x48\xc1\xc7\x0d\x48\xc1\xc7\x3d\x48\xc1\xc7\x33",
        "\xc1\xc7\x03\xc1\xc7\x0d\xc1\xc7\x1d\xc1\xc7\x13",
        "\x8c\x0d\xcc\x93\x8c\x35\xcc\x93\x8c\xcd\xcc\x93\x8c\xf5\xcc\x93"};

    for (int i = 0; i < 3; i++)
        if (memmem(file, size, preambles[i], strlen(preambles[i])))
            return true;
    return false;
}

static void read_code(Elf *elf, struct object_facts *facts)
{
    size_t size;
    const char *file = elf_rawfile(elf, &size);

    facts->asks_valgrind = file && has_request(file, size);
}

struct object_facts object_inspect(const char *path)
{
    struct object_facts facts = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return facts;
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf) {
        read_code(elf, &facts); /* first: libelf leaks what it had read */
        read_sections(elf, &facts);
        if (facts.readable)
            object_read_loading(elf, &facts);
        elf_end(elf);
    }
    close(fd);
    return facts;
}
