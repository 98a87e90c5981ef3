// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * What libbpf's macros for system calls ask of a kernel's types, for kernels that don't describe
 * their own: Debian's of 32-bit Arm. A word has four bytes there, and eight for a BPF program.
 */
#ifdef __TARGET_ARCH_arm
struct pt_regs {
	unsigned int uregs[18];
};
#else
#error "this machine's kernels describe their types"
#endif

struct pt_regs registers;
