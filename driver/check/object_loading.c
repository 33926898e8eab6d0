/*
 * object_loading.c - would loading the object run code of its own?
 *
 * Sections are for the linker, and may say anything. The loader reads segments,
 * and of them PT_DYNAMIC, whose entries lead to the tables of relocations and
 * symbols; so does this file.
 *
 *     PT_DYNAMIC --> DT_INIT, DT_INIT_ARRAY, ...     code that the loader calls
 *                --> DT_NEEDED, DT_RUNPATH, ...      objects that it loads too
 *                --> DT_RELA, DT_REL, DT_JMPREL --> IRELATIVE   code, too
 *                --> DT_SYMTAB, DT_GNU_HASH     --> STT_GNU_IFUNC  the same
 *
 * What is read here has to be what the loader reads. So these tables must lie
 * in segments that are not writable, and relocations may change neither those
 * nor PT_DYNAMIC: each changes memory while the loader still reads the next.
 */
#define _GNU_SOURCE
#include "object_parts.h"

#include "base/plain_text.h"

#include <elf.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LAST_TAG = 64 /* tags below it are kept by number */ };

struct dynamic {
    Elf *elf;
    struct object_facts *facts;
    GElf_Half machine;
    uint64_t start, end; /* addresses of PT_DYNAMIC */
    uint64_t value[LAST_TAG]; /* by tag; 0: there is no such entry */
    uint64_t gnu_hash;
};

static void refuse(struct object_facts *facts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first reason is kept. */
static void refuse(struct object_facts *facts, const char *format, ...)
{
    va_list args;

    if (facts->refusal[0])
        return;
    va_start(args, format);
    vsnprintf(facts->refusal, sizeof facts->refusal, format, args);
    va_end(args);
    plain_text(facts->refusal, "");
}

/* ---- Segments, and what lies at an address. ---- */

/* The file's bytes at an address, up to the end of its segment; or NULL. */
static Elf_Data *data_at(Elf *elf, uint64_t address, uint64_t size,
                         Elf_Type type)
{
    size_t count;
    GElf_Phdr p;

    if (elf_getphdrnum(elf, &count) != 0)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!gelf_getphdr(elf, (int)i, &p) || p.p_type != PT_LOAD ||
            address < p.p_vaddr || address - p.p_vaddr >= p.p_filesz)
            continue;
        uint64_t at = address - p.p_vaddr, left = p.p_filesz - at;
        return elf_getdata_rawchunk(elf, (int64_t)(p.p_offset + at),
                                    size && size < left ? size : left, type);
    }
    return NULL;
}

static void add_segment(struct object_facts *facts, const GElf_Phdr *p)
{
    if (facts->segment_count == OBJECT_SEGMENTS) {
        refuse(facts, "has more than %d segments", OBJECT_SEGMENTS);
        return;
    }
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    facts->segments[facts->segment_count++] = (struct object_segment){
        .start = p->p_vaddr & ~(page - 1),
        .end = (p->p_vaddr + p->p_memsz + page - 1) & ~(page - 1),
        .writable = p->p_flags & PF_W};
}

/* The pages of one segment that has the address; NULL: none, or several. */
static const struct object_segment *
segment_at(const struct object_facts *facts, uint64_t address)
{
    const struct object_segment *found = NULL;

    for (size_t i = 0; i < facts->segment_count; i++) {
        const struct object_segment *s = &facts->segments[i];
        if (address < s->start || address >= s->end)
            continue;
        if (found)
            return NULL;
        found = s;
    }
    return found;
}

static void check_fixed(const struct dynamic *d, uint64_t table)
{
    const struct object_segment *s = segment_at(d->facts, table);

    if (table && (!s || s->writable))
        refuse(d->facts, "has a table for the loader in writable memory");
}

/* ---- PT_DYNAMIC. ---- */

static const struct {
    GElf_Sxword tag;
    const char *what;
} forbidden[] = {
    {DT_INIT, "a function to be called when it is loaded (DT_INIT)"},
    {DT_FINI, "a function to be called at the end (DT_FINI)"},
    {DT_INIT_ARRAYSZ, "constructors (DT_INIT_ARRAY)"},
    {DT_PREINIT_ARRAYSZ, "constructors (DT_PREINIT_ARRAY)"},
    {DT_FINI_ARRAYSZ, "destructors (DT_FINI_ARRAY)"},
    {DT_RELRSZ, "packed relocations (DT_RELR)"},
    {DT_RPATH, "a path for the loader (DT_RPATH)"},
    {DT_RUNPATH, "a path for the loader (DT_RUNPATH)"},
    {DT_AUDIT, "an auditor for the loader (DT_AUDIT)"},
    {DT_DEPAUDIT, "an auditor for the loader (DT_DEPAUDIT)"},
    {DT_FILTER, "a filter for the loader (DT_FILTER)"},
    {DT_AUXILIARY, "a filter for the loader (DT_AUXILIARY)"},
};

/* Tags count whatever their values, which a relocation may change. */
static void check_tag(struct object_facts *facts, const GElf_Dyn *entry)
{
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        if (entry->d_tag == forbidden[i].tag)
            refuse(facts, "has %s", forbidden[i].what);
    if (entry->d_tag == DT_TEXTREL ||
        (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL))
        refuse(facts, "has relocations in its code: compile it with -fPIC");
}

/* The C library's parts; every worker has them loaded. */
static void check_needed(struct object_facts *facts, const char *name)
{
    static const char *const own[] = {"libc.so.6", "libm.so.6",
                                      "libpthread.so.0"};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (name && strcmp(name, own[i]) == 0)
            return;
    if (!name || strncmp(name, "ld-linux", 8) != 0)
        refuse(facts, "needs another library, %s", name ? name : "unnamed");
}

/* The table of strings and its size come before names are looked at. */
static void check_all_needed(const struct dynamic *d, Elf_Data *entries)
{
    Elf_Data *names =
        data_at(d->elf, d->value[DT_STRTAB], d->value[DT_STRSZ], ELF_T_BYTE);
    GElf_Dyn entry;

    for (int i = 0; gelf_getdyn(entries, i, &entry); i++) {
        if (entry.d_tag == DT_NULL)
            return;
        if (entry.d_tag != DT_NEEDED)
            continue;
        const char *name = NULL;
        if (names && entry.d_un.d_val < names->d_size &&
            memchr((char *)names->d_buf + entry.d_un.d_val, '\0',
                   names->d_size - entry.d_un.d_val))
            name = (char *)names->d_buf + entry.d_un.d_val;
        check_needed(d->facts, name);
    }
}

static void read_entries(struct dynamic *d, Elf_Data *entries)
{
    GElf_Dyn entry;

    for (int i = 0; gelf_getdyn(entries, i, &entry); i++) {
        if (entry.d_tag == DT_NULL)
            break;
        if (entry.d_tag >= 0 && entry.d_tag < LAST_TAG)
            d->value[entry.d_tag] = entry.d_un.d_val;
        if (entry.d_tag == DT_GNU_HASH)
            d->gnu_hash = entry.d_un.d_val;
        check_tag(d->facts, &entry);
    }
    check_all_needed(d, entries);
}

/* ---- Relocations and symbols. ---- */

static bool is_irelative(const struct dynamic *d, GElf_Xword info)
{
    GElf_Xword type = GELF_R_TYPE(info);

    return (d->machine == EM_X86_64 && type == R_X86_64_IRELATIVE) ||
           (d->machine == EM_386 && type == R_386_IRELATIVE) ||
           (d->machine == EM_AARCH64 && type == R_AARCH64_IRELATIVE);
}

static const char chosen_by_code[] =
    "has functions that code chooses when it is loaded (ifunc)";

/* Data that the loader reads no more, and no symbol that is chosen by code. */
static void check_relocation(const struct dynamic *d, uint64_t place,
                             GElf_Xword info)
{
    const struct object_segment *s = segment_at(d->facts, place);
    uint64_t width = gelf_fsize(d->elf, ELF_T_ADDR, 1, EV_CURRENT);
    Elf_Data *symbols = data_at(d->elf, d->value[DT_SYMTAB], 0, ELF_T_SYM);
    GElf_Sym symbol;

    if (!s || !s->writable ||
        (place + width > d->start && place < d->end))
        refuse(d->facts, "has relocations outside its data");
    if (!symbols || !gelf_getsym(symbols, (int)GELF_R_SYM(info), &symbol))
        refuse(d->facts, "has a relocation without a symbol");
    else if (is_irelative(d, info) ||
             GELF_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC)
        refuse(d->facts, "%s", chosen_by_code);
}

static void check_relocations(const struct dynamic *d, uint64_t address,
                              uint64_t size, bool with_addend)
{
    Elf_Data *data = size ? data_at(d->elf, address, size,
                                    with_addend ? ELF_T_RELA : ELF_T_REL)
                          : NULL;
    GElf_Rela rela;
    GElf_Rel rel;

    if (size && (!data || data->d_size < size)) {
        refuse(d->facts, "has relocations outside its segments");
        return;
    }
    for (int i = 0; data; i++) {
        bool any = with_addend ? gelf_getrela(data, i, &rela) != NULL
                               : gelf_getrel(data, i, &rel) != NULL;
        if (!any)
            return;
        if (with_addend)
            check_relocation(d, rela.r_offset, rela.r_info);
        else
            check_relocation(d, rel.r_offset, rel.r_info);
    }
}

/* The words of a table of 32-bit numbers that begins at an address. */
static const uint32_t *words_at(Elf *elf, uint64_t address, size_t *count)
{
    Elf_Data *data = address ? data_at(elf, address, 0, ELF_T_WORD) : NULL;

    *count = data ? data->d_size / sizeof(uint32_t) : 0;
    return data ? data->d_buf : NULL;
}

/*
 * One more than the highest symbol that a look-up can find: of DT_GNU_HASH the
 * end of the last chain, marked by its lowest bit; of DT_HASH the number of
 * chains. The maximum if the table does not hold together.
 */
static uint64_t symbol_count(const struct dynamic *d)
{
    size_t count;
    const uint32_t *w = words_at(d->elf, d->gnu_hash, &count);
    uint64_t end = 0;

    if (!w) {
        w = words_at(d->elf, d->value[DT_HASH], &count);
        return w && count >= 2 ? w[1] : UINT64_MAX;
    }
    if (count < 4)
        return UINT64_MAX;
    size_t word = gelf_getclass(d->elf) == ELFCLASS64 ? 2 : 1;
    uint64_t buckets = 4 + (uint64_t)w[2] * word, chains = buckets + w[0];
    for (uint64_t b = buckets; b < chains; b++) {
        if (b >= count)
            return UINT64_MAX;
        uint64_t symbol = w[b];
        while (symbol >= w[1] && chains + symbol - w[1] < count &&
               !(w[chains + symbol - w[1]] & 1))
            symbol++;
        end = symbol + 1 > end ? symbol + 1 : end;
    }
    return end;
}

static void check_symbols(const struct dynamic *d)
{
    uint64_t count = symbol_count(d);
    Elf_Data *data = data_at(d->elf, d->value[DT_SYMTAB], 0, ELF_T_SYM);
    GElf_Sym symbol;

    if (!data ||
        count > data->d_size / gelf_fsize(d->elf, ELF_T_SYM, 1, EV_CURRENT)) {
        refuse(d->facts, "has no sound table of symbols");
        return;
    }
    for (uint64_t i = 0; i < count; i++)
        if (gelf_getsym(data, (int)i, &symbol) &&
            GELF_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC)
            refuse(d->facts, "%s", chosen_by_code);
}

/* ---- All of it. ---- */

static const int tables[] = {DT_HASH, DT_STRTAB, DT_SYMTAB,
                             DT_RELA, DT_REL,    DT_JMPREL};

static void check_dynamic(struct dynamic *d, const GElf_Phdr *p)
{
    Elf_Data *entries = data_at(d->elf, p->p_vaddr, p->p_filesz, ELF_T_DYN);

    if (!entries) {
        refuse(d->facts, "has no table for the loader");
        return;
    }
    d->start = p->p_vaddr;
    d->end = p->p_vaddr + p->p_memsz;
    read_entries(d, entries);
    check_fixed(d, d->gnu_hash);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        check_fixed(d, d->value[tables[i]]);
    check_relocations(d, d->value[DT_RELA], d->value[DT_RELASZ], true);
    check_relocations(d, d->value[DT_REL], d->value[DT_RELSZ], false);
    check_relocations(d, d->value[DT_JMPREL], d->value[DT_PLTRELSZ],
                      d->value[DT_PLTREL] == DT_RELA);
    check_symbols(d);
}

void object_read_loading(Elf *elf, struct object_facts *facts)
{
    struct dynamic d = {.elf = elf, .facts = facts};
    GElf_Ehdr header;
    GElf_Phdr p;
    size_t count;
    int found = 0;

    if (!gelf_getehdr(elf, &header) || elf_getphdrnum(elf, &count) != 0)
        return;
    d.machine = header.e_machine; /* all segments come before the table */
    for (size_t i = 0; i < count; i++) {
        if (!gelf_getphdr(elf, (int)i, &p))
            continue;
        if (p.p_type == PT_LOAD)
            add_segment(facts, &p);
    }
    for (size_t i = 0; i < count; i++)
        if (gelf_getphdr(elf, (int)i, &p) && p.p_type == PT_DYNAMIC &&
            found++ == 0)
            check_dynamic(&d, &p);
    if (found != 1)
        refuse(facts, "has not one table for the loader but %d", found);
}
