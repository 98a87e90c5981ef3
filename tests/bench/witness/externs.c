/*
 * A port's uses of kernel functions and variables. libbpf opens an object with such uses only if its
 * type information says that they are the kernel's, which rustc's doesn't; so they are resolved
 * here first, as by an emitted loader (templates/loader/externs.rs).
 */
#define _GNU_SOURCE
#include "witness.h"

#include <bpf/btf.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* libbpf's POISON_CALL_KFUNC_BASE: the verifier refuses a program that comes to the call. */
#define MISSING 2002000000

static unsigned char *read_whole(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	unsigned char *bytes;
	struct stat about;

	if (!file || fstat(fileno(file), &about))
		fail("can't read %s: %m", path);
	bytes = allocate(about.st_size);
	if (fread(bytes, 1, about.st_size, file) != (size_t)about.st_size)
		fail("can't read %s: %m", path);
	fclose(file);
	*size = about.st_size;
	return bytes;
}

static void resolve(struct bpf_insn *call, const char *name, const struct btf *kernel)
{
	bool address = call->code == (BPF_LD | BPF_IMM | BPF_DW);
	int id = btf__find_by_name_kind(kernel, name, address ? BTF_KIND_VAR : BTF_KIND_FUNC);

	if (address) {
		call->src_reg = id > 0 ? BPF_PSEUDO_BTF_ID : 0;
		call->imm = id > 0 ? id : 0;
		return;
	}
	call->src_reg = id > 0 ? BPF_PSEUDO_KFUNC_CALL : 0;
	call->imm = id > 0 ? id : MISSING;
}

/* Resolves the uses in one section of which libbpf doesn't know whose they are. */
static bool link_section(unsigned char *object, Elf64_Shdr *relocations, const struct btf *own,
			 const struct btf *kernel)
{
	const Elf64_Shdr *sections = (void *)(object + ((Elf64_Ehdr *)object)->e_shoff);
	const Elf64_Shdr *code = &sections[relocations->sh_info];
	const Elf64_Shdr *symtab = &sections[relocations->sh_link];
	Elf64_Sym *symbols = (void *)(object + symtab->sh_offset);
	const char *names = (char *)object + sections[symtab->sh_link].sh_offset;
	Elf64_Rel *all = (void *)(object + relocations->sh_offset);
	size_t count = relocations->sh_size / sizeof(*all), rest = 0;

	for (size_t i = 0; i < count; i++) {
		Elf64_Sym *symbol = &symbols[ELF64_R_SYM(all[i].r_info)];
		const char *name = names + symbol->st_name;

		if (symbol->st_shndx != SHN_UNDEF || btf__find_by_name(own, name) >= 0) {
			all[rest++] = all[i];
			continue;
		}
		resolve((void *)(object + code->sh_offset + all[i].r_offset), name, kernel);
		/* libbpf looks for externs among the global symbols. */
		symbol->st_info = ELF64_ST_INFO(STB_LOCAL, STT_NOTYPE);
	}
	relocations->sh_size = rest * sizeof(*all);
	return rest < count;
}

struct bpf_object *open_object(const char *path, const struct plan *plan)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = plan->btf);
	struct btf *kernel = plan->btf ? btf__parse(plan->btf, NULL) : btf__load_vmlinux_btf();
	struct btf *own = btf__parse_elf(path, NULL);
	size_t size;
	unsigned char *object = read_whole(path, &size);
	const Elf64_Ehdr *header = (void *)object;
	Elf64_Shdr *sections = (void *)(object + header->e_shoff);
	struct bpf_object *opened;
	bool linked = false;

	for (int i = 0; kernel && own && i < header->e_shnum; i++)
		if (sections[i].sh_type == SHT_REL && sections[sections[i].sh_info].sh_flags & SHF_EXECINSTR)
			linked |= link_section(object, &sections[i], own, kernel);
	if (linked)
		options.object_name = "port";
	opened = linked ? bpf_object__open_mem(object, size, &options) : bpf_object__open_file(path, &options);
	if (!opened)
		fail("can't open %s: %m", path);
	btf__free(kernel);
	btf__free(own);
	free(object);
	return opened;
}
