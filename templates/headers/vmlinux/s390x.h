
/* Registers of s390x as system calls and interruptions save them. */
typedef struct {
	unsigned long mask;
	unsigned long addr;
} __attribute__((aligned(8), preserve_access_index)) psw_t;

typedef struct {
	unsigned long args[1];
	psw_t psw;
	unsigned long gprs[16];
} __attribute__((preserve_access_index)) user_pt_regs;

struct pt_regs {
	union {
		user_pt_regs user_regs;
		struct {
			unsigned long args[1];
			psw_t psw;
			unsigned long gprs[16];
		} __attribute__((preserve_access_index));
	} __attribute__((preserve_access_index));
	unsigned long orig_gpr2;
	unsigned int int_code;
	unsigned int int_parm;
	unsigned long int_parm_long;
	unsigned long flags;
} __attribute__((preserve_access_index));

typedef user_pt_regs bpf_user_pt_regs_t;
