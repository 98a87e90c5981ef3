/*
 * Functions that do nothing, to put uprobes on: a kprobe program attaches to a uprobe as well, and
 * sees the registers with which the function was entered. x86_64 only.
 */
#include "witness.h"

#include <elf.h>
#include <sys/auxv.h>

#ifdef __x86_64__
#define SITE_SIZE 16

_Static_assert(SITES == 64, ".rept below");

/* A site returns its first argument, for probes of its return. */
__asm__(".p2align 4\n"
	"sites:\n"
	".rept 64\n"
	".p2align 4\n"
	"	nop\n"
	"	mov %rdi, %rax\n"
	"	ret\n"
	".endr\n"
	/* enter(site, registers) */
	"enter:\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %r11\n"
	"	mov 0(%r11), %rdi\n"
	"	mov 8(%r11), %rsi\n"
	"	mov 16(%r11), %rdx\n"
	"	mov 24(%r11), %r10\n"
	"	mov 32(%r11), %r8\n"
	"	mov 40(%r11), %r9\n"
	"	mov 48(%r11), %rcx\n"
	"	jmp *%rax\n");

extern const char sites[];
unsigned long enter(const char *site, const unsigned long long registers[ARGUMENTS + 1]);

size_t site_offset(int site)
{
	const Elf64_Phdr *headers = (const Elf64_Phdr *)getauxval(AT_PHDR);
	size_t address = (size_t)sites + site * SITE_SIZE;

	for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++)
		if (headers[i].p_type == PT_LOAD && address >= headers[i].p_vaddr &&
		    address < headers[i].p_vaddr + headers[i].p_filesz)
			return address - headers[i].p_vaddr + headers[i].p_offset;
	fail("the sites lie in no segment (the witness must not be position-independent)");
}

unsigned long enter_site(int site, const unsigned long long arguments[ARGUMENTS], bool syscall)
{
	unsigned long long registers[ARGUMENTS + 1];

	for (int i = 0; i < ARGUMENTS; i++)
		registers[i] = arguments[i];
	registers[ARGUMENTS] = arguments[3];
	/*
	 * The fourth argument of a system call is in r10, since the syscall instruction overwrites
	 * rcx; that of a function is in rcx. Whoever reads the other one gets this.
	 */
	registers[syscall ? ARGUMENTS : 3] = 0x5c5c5c5c5c5c5c5c;
	return enter(sites + site * SITE_SIZE, registers);
}
#else
size_t site_offset(int site)
{
	fail("site %d: sites are for x86_64", site);
}

unsigned long enter_site(int site, const unsigned long long arguments[ARGUMENTS], bool syscall)
{
	(void)arguments, (void)syscall;
	return site_offset(site);
}
#endif
