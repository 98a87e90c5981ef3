/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LINUX_RESOURCE_H
#define _LINUX_RESOURCE_H

#include <linux/types.h>

#define PRIO_PROCESS 0
#define PRIO_PGRP 1
#define PRIO_USER 2
#define PRIO_MAX 20
#define PRIO_MIN (-20)
#define RLIM_NLIMITS 16
#define RLIM_INFINITY (-1)
#define RLIMIT_CPU 0
#define RLIMIT_FSIZE 1
#define RLIMIT_DATA 2
#define RLIMIT_STACK 3
#define RLIMIT_CORE 4
#define RLIMIT_RSS 5
#define RLIMIT_NPROC 6
#define RLIMIT_NOFILE 7
#define RLIMIT_MEMLOCK 8
#define RLIMIT_AS 9
#define RLIMIT_LOCKS 10
#define RLIMIT_SIGPENDING 11
#define RLIMIT_MSGQUEUE 12
#define RLIMIT_NICE 13
#define RLIMIT_RTPRIO 14
#define RLIMIT_RTTIME 15
#define RUSAGE_SELF 0
#define RUSAGE_THREAD 1
#define RUSAGE_BOTH (-2)
#define RUSAGE_CHILDREN (-1)

#if defined(__TARGET_ARCH_mips)
#undef RLIMIT_RSS
#define RLIMIT_RSS 7
#undef RLIMIT_NPROC
#define RLIMIT_NPROC 8
#undef RLIMIT_NOFILE
#define RLIMIT_NOFILE 5
#undef RLIMIT_MEMLOCK
#define RLIMIT_MEMLOCK 9
#undef RLIMIT_AS
#define RLIMIT_AS 6
#endif

#endif
