/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LINUX_SIGNAL_H
#define _LINUX_SIGNAL_H

#include <linux/types.h>

#define SA_NOCLDSTOP 1
#define SA_NOCLDWAIT 2
#define SA_SIGINFO 4
#define SA_UNSUPPORTED 0x400
#define SA_EXPOSE_TAGBITS 0x800
#define SA_RESTORER 0x4000000
#define SA_ONSTACK 0x8000000
#define SA_RESTART 0x10000000
#define SA_NODEFER 0x40000000
#define SA_NOMASK 0x40000000
#define SA_ONESHOT 0x80000000
#define SA_RESETHAND 0x80000000
#define SIGABRT 6
#define SIGALRM 14
#define SIGBUS 7
#define SIGCHLD 17
#define SIGCONT 18
#define SIGFPE 8
#define SIGHUP 1
#define SIGILL 4
#define SIGINT 2
#define SIGIO 29
#define SIGIOT 6
#define SIGKILL 9
#define SIGPIPE 13
#define SIGPOLL 29
#define SIGPROF 27
#define SIGPWR 30
#define SIGQUIT 3
#define SIGRTMIN 32
#define SIGSEGV 11
#define SIGSTKFLT 16
#define SIGSTKSZ 0x2000
#define SIGSTOP 19
#define SIGSYS 31
#define SIGTERM 15
#define SIGTRAP 5
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGUNUSED 31
#define SIGURG 23
#define SIGUSR1 10
#define SIGUSR2 12
#define SIGVTALRM 26
#define SIGWINCH 28
#define SIGXCPU 24
#define SIGXFSZ 25
#define SS_ONSTACK 1
#define SS_DISABLE 2
#define SS_AUTODISARM 0x80000000
#define SS_FLAG_BITS 0x80000000

#if defined(__TARGET_ARCH_arm64)
#undef SIGSTKSZ
#define SIGSTKSZ 0x4000
#elif defined(__TARGET_ARCH_powerpc)
#undef SIGSTKSZ
#define SIGSTKSZ 0x8000
#elif defined(__TARGET_ARCH_mips)
#undef SA_NOCLDWAIT
#define SA_NOCLDWAIT 0x10000
#undef SA_SIGINFO
#define SA_SIGINFO 8
#undef SIGBUS
#define SIGBUS 10
#undef SIGCHLD
#define SIGCHLD 18
#undef SIGCONT
#define SIGCONT 25
#undef SIGIO
#define SIGIO 22
#undef SIGPOLL
#define SIGPOLL 22
#undef SIGPROF
#define SIGPROF 29
#undef SIGPWR
#define SIGPWR 19
#undef SIGSTOP
#define SIGSTOP 23
#undef SIGSYS
#define SIGSYS 12
#undef SIGTSTP
#define SIGTSTP 24
#undef SIGTTIN
#define SIGTTIN 26
#undef SIGTTOU
#define SIGTTOU 27
#undef SIGURG
#define SIGURG 21
#undef SIGUSR1
#define SIGUSR1 16
#undef SIGUSR2
#define SIGUSR2 17
#undef SIGVTALRM
#define SIGVTALRM 28
#undef SIGWINCH
#define SIGWINCH 20
#undef SIGXCPU
#define SIGXCPU 30
#undef SIGXFSZ
#define SIGXFSZ 31
#endif

#endif
