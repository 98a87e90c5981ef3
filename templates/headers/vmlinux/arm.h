
/* Registers of 32-bit Arm as system calls and exceptions save them: r0 to r15, cpsr, the first r0. */
struct pt_regs {
	unsigned long uregs[18];
} __attribute__((preserve_access_index));

typedef struct pt_regs bpf_user_pt_regs_t;
