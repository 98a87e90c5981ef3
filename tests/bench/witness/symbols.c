/* Where an object's global variables lie, from its symbol table: both compilers write one. */
#include "witness.h"

#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

static void read_table(struct symbols *symbols, Elf *elf, Elf_Scn *table, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(table, NULL);
	size_t count = header->sh_size / header->sh_entsize, names;

	symbols->list = allocate((count + 1) * sizeof(*symbols->list));
	if (elf_getshdrstrndx(elf, &names))
		fail("no section names");
	for (size_t i = 0; i < count; i++) {
		GElf_Sym symbol;
		GElf_Shdr section;

		if (!gelf_getsym(data, i, &symbol) || GELF_ST_TYPE(symbol.st_info) != STT_OBJECT)
			continue;
		if (!gelf_getshdr(elf_getscn(elf, symbol.st_shndx), &section))
			continue;
		symbols->list[symbols->count++] = (struct symbol){
			.name = strdup(elf_strptr(elf, header->sh_link, symbol.st_name)),
			.section = strdup(elf_strptr(elf, names, section.sh_name)),
			.offset = symbol.st_value,
			.size = symbol.st_size,
		};
	}
}

void read_symbols(struct symbols *symbols, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf_Scn *section = NULL;
	Elf *elf;

	if (fd < 0)
		fail("can't read %s: %m", path);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	while (elf && (section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
			read_table(symbols, elf, section, &header);
	}
	elf_end(elf);
	close(fd);
}

const struct symbol *find_symbol(const struct symbols *symbols, const char *name)
{
	for (int i = 0; i < symbols->count; i++)
		if (!strcmp(symbols->list[i].name, name))
			return &symbols->list[i];
	return NULL;
}

struct bpf_map *map_of_symbol(const struct bpf_object *object, const struct symbol *symbol)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *name = bpf_map__name(map), *dot;

		if (!bpf_map__is_internal(map))
			continue;
		/* "prefix.bss" for the usual sections, the section's own name for others. */
		dot = strchr(name, '.');
		if (!strcmp(name, symbol->section) || (dot && !strcmp(dot, symbol->section)))
			return map;
	}
	return NULL;
}
