/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LINUX_FCNTL_H
#define _LINUX_FCNTL_H

#include <linux/types.h>

#define AT_STATX_SYNC_AS_STAT 0
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_EACCESS 0x200
#define AT_REMOVEDIR 0x200
#define AT_SYMLINK_FOLLOW 0x400
#define AT_NO_AUTOMOUNT 0x800
#define AT_EMPTY_PATH 0x1000
#define AT_STATX_FORCE_SYNC 0x2000
#define AT_STATX_DONT_SYNC 0x4000
#define AT_STATX_SYNC_TYPE 0x6000
#define AT_RECURSIVE 0x8000
#define AT_FDCWD (-100)
#define F_DUPFD 0
#define F_OWNER_TID 0
#define F_RDLCK 0
#define F_GETFD 1
#define F_OWNER_PID 1
#define F_SEAL_SEAL 1
#define F_WRLCK 1
#define F_OWNER_PGRP 2
#define F_SEAL_SHRINK 2
#define F_SETFD 2
#define F_UNLCK 2
#define F_GETFL 3
#define F_EXLCK 4
#define F_SEAL_GROW 4
#define F_SETFL 4
#define F_GETLK 5
#define F_SETLK 6
#define F_SETLKW 7
#define F_SEAL_WRITE 8
#define F_SETOWN 8
#define F_SHLCK 8
#define F_GETOWN 9
#define F_SETSIG 10
#define F_GETSIG 11
#define F_SETOWN_EX 15
#define F_GETOWN_EX 16
#define F_SEAL_FUTURE_WRITE 16
#define F_GETOWNER_UIDS 17
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#define F_LINUX_SPECIFIC_BASE 0x400
#define F_SETLEASE 0x400
#define F_GETLEASE 0x401
#define F_NOTIFY 0x402
#define F_CANCELLK 0x405
#define F_DUPFD_CLOEXEC 0x406
#define F_SETPIPE_SZ 0x407
#define F_GETPIPE_SZ 0x408
#define F_ADD_SEALS 0x409
#define F_GET_SEALS 0x40a
#define F_GET_RW_HINT 0x40b
#define F_SET_RW_HINT 0x40c
#define F_GET_FILE_RW_HINT 0x40d
#define F_SET_FILE_RW_HINT 0x40e
#define FD_CLOEXEC 1
#define LOCK_SH 1
#define LOCK_EX 2
#define LOCK_NB 4
#define LOCK_UN 8
#define LOCK_MAND 32
#define LOCK_READ 64
#define LOCK_WRITE 128
#define LOCK_RW 192
#define O_RDONLY 0
#define O_WRONLY 1
#define O_RDWR 2
#define O_ACCMODE 3
#define O_CREAT 64
#define O_EXCL 128
#define O_NOCTTY 0x100
#define O_TRUNC 0x200
#define O_APPEND 0x400
#define O_NDELAY 0x800
#define O_NONBLOCK 0x800
#define O_DSYNC 0x1000
#define O_DIRECT 0x4000
#define O_LARGEFILE 0x8000
#define O_DIRECTORY 0x10000
#define O_NOFOLLOW 0x20000
#define O_NOATIME 0x40000
#define O_CLOEXEC 0x80000
#define O_SYNC 0x101000
#define O_PATH 0x200000
#define O_TMPFILE 0x410000
#define RESOLVE_NO_XDEV 1
#define RESOLVE_NO_MAGICLINKS 2
#define RESOLVE_NO_SYMLINKS 4
#define RESOLVE_BENEATH 8
#define RESOLVE_IN_ROOT 16
#define RESOLVE_CACHED 32

#if defined(__TARGET_ARCH_arm64)
#undef O_DIRECT
#define O_DIRECT 0x10000
#undef O_LARGEFILE
#define O_LARGEFILE 0x20000
#undef O_DIRECTORY
#define O_DIRECTORY 0x4000
#undef O_NOFOLLOW
#define O_NOFOLLOW 0x8000
#undef O_TMPFILE
#define O_TMPFILE 0x404000
#elif defined(__TARGET_ARCH_arm)
#undef O_DIRECT
#define O_DIRECT 0x10000
#undef O_LARGEFILE
#define O_LARGEFILE 0x20000
#undef O_DIRECTORY
#define O_DIRECTORY 0x4000
#undef O_NOFOLLOW
#define O_NOFOLLOW 0x8000
#undef O_TMPFILE
#define O_TMPFILE 0x404000
#elif defined(__TARGET_ARCH_powerpc)
#undef O_DIRECT
#define O_DIRECT 0x20000
#undef O_LARGEFILE
#define O_LARGEFILE 0x10000
#undef O_DIRECTORY
#define O_DIRECTORY 0x4000
#undef O_NOFOLLOW
#define O_NOFOLLOW 0x8000
#undef O_TMPFILE
#define O_TMPFILE 0x404000
#elif defined(__TARGET_ARCH_mips)
#undef F_GETLK
#define F_GETLK 14
#undef F_SETOWN
#define F_SETOWN 24
#undef F_GETOWN
#define F_GETOWN 23
#undef O_CREAT
#define O_CREAT 0x100
#undef O_EXCL
#define O_EXCL 0x400
#undef O_NOCTTY
#define O_NOCTTY 0x800
#undef O_APPEND
#define O_APPEND 8
#undef O_NDELAY
#define O_NDELAY 128
#undef O_NONBLOCK
#define O_NONBLOCK 128
#undef O_DSYNC
#define O_DSYNC 16
#undef O_DIRECT
#define O_DIRECT 0x8000
#undef O_LARGEFILE
#define O_LARGEFILE 0x2000
#undef O_SYNC
#define O_SYNC 0x4010
#endif

#endif
