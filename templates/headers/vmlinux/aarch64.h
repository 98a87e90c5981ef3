
/* Registers of aarch64 as system calls and exceptions save them. */
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
} __attribute__((preserve_access_index));

struct pt_regs {
	union {
		struct user_pt_regs user_regs;
		struct {
			u64 regs[31];
			u64 sp;
			u64 pc;
			u64 pstate;
		} __attribute__((preserve_access_index));
	} __attribute__((preserve_access_index));
	u64 orig_x0;
	s32 syscallno;
	u32 pmr;
} __attribute__((preserve_access_index));

typedef struct user_pt_regs bpf_user_pt_regs_t;
