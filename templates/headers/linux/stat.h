/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LINUX_STAT_H
#define _LINUX_STAT_H

#include <linux/types.h>

#define S_IXOTH 1
#define S_IWOTH 2
#define S_IROTH 4
#define S_IRWXO 7
#define S_IXGRP 8
#define S_IWGRP 16
#define S_IRGRP 32
#define S_IRWXG 56
#define S_IXUSR 64
#define S_IWUSR 128
#define S_IRUSR 0x100
#define S_IRWXU 0x1c0
#define S_ISVTX 0x200
#define S_ISGID 0x400
#define S_ISUID 0x800
#define S_IFIFO 0x1000
#define S_IFCHR 0x2000
#define S_IFDIR 0x4000
#define S_IFBLK 0x6000
#define S_IFREG 0x8000
#define S_IFLNK 0xa000
#define S_IFSOCK 0xc000
#define S_IFMT 0xf000
#define STATX_TYPE 1
#define STATX_MODE 2
#define STATX_ATTR_COMPRESSED 4
#define STATX_NLINK 4
#define STATX_UID 8
#define STATX_ATTR_IMMUTABLE 16
#define STATX_GID 16
#define STATX_ATIME 32
#define STATX_ATTR_APPEND 32
#define STATX_ATTR_NODUMP 64
#define STATX_MTIME 64
#define STATX_CTIME 128
#define STATX_INO 0x100
#define STATX_SIZE 0x200
#define STATX_BLOCKS 0x400
#define STATX_BASIC_STATS 0x7ff
#define STATX_ATTR_ENCRYPTED 0x800
#define STATX_BTIME 0x800
#define STATX_ALL 0xfff
#define STATX_ATTR_AUTOMOUNT 0x1000
#define STATX_MNT_ID 0x1000
#define STATX_ATTR_MOUNT_ROOT 0x2000
#define STATX_DIOALIGN 0x2000
#define STATX_ATTR_VERITY 0x100000
#define STATX_ATTR_DAX 0x200000
#define STATX__RESERVED 0x80000000

#endif
