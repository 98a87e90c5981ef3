#ifndef __VMLINUX_H__
#define __VMLINUX_H__
typedef unsigned int __u32;
typedef __u32 u32;
typedef unsigned long long __u64;
typedef __u64 u64;
#endif
