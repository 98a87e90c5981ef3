
/* Registers of mips64 as system calls and exceptions save them. */
struct pt_regs {
	unsigned long regs[32];
	unsigned long cp0_status;
	unsigned long hi;
	unsigned long lo;
	unsigned long cp0_badvaddr;
	unsigned long cp0_cause;
	unsigned long cp0_epc;
} __attribute__((preserve_access_index));

typedef struct pt_regs bpf_user_pt_regs_t;
