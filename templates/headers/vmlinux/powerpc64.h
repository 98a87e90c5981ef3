
/* Registers of powerpc64 as system calls and exceptions save them. */
struct user_pt_regs {
	unsigned long gpr[32];
	unsigned long nip;
	unsigned long msr;
	unsigned long orig_gpr3;
	unsigned long ctr;
	unsigned long link;
	unsigned long xer;
	unsigned long ccr;
	unsigned long softe;
	unsigned long trap;
	unsigned long dar;
	unsigned long dsisr;
	unsigned long result;
} __attribute__((preserve_access_index));

struct pt_regs {
	union {
		struct user_pt_regs user_regs;
		struct {
			unsigned long gpr[32];
			unsigned long nip;
			unsigned long msr;
			unsigned long orig_gpr3;
			unsigned long ctr;
			unsigned long link;
			unsigned long xer;
			unsigned long ccr;
			unsigned long softe;
			unsigned long trap;
			unsigned long dar;
			unsigned long dsisr;
			unsigned long result;
		} __attribute__((preserve_access_index));
	} __attribute__((preserve_access_index));
} __attribute__((preserve_access_index));

typedef struct user_pt_regs bpf_user_pt_regs_t;
