/* The registers that user space may see of them. */
#if defined(__TARGET_ARCH_arm64) || defined(__TARGET_ARCH_loongarch)
typedef struct user_pt_regs bpf_user_pt_regs_t;
#elif defined(__TARGET_ARCH_s390)
typedef user_pt_regs bpf_user_pt_regs_t;
#elif defined(__TARGET_ARCH_riscv)
typedef struct user_regs_struct bpf_user_pt_regs_t;
#else
typedef struct pt_regs bpf_user_pt_regs_t;
#endif
