/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LINUX_LIMITS_H
#define _LINUX_LIMITS_H

#define ARG_MAX 0x20000
#define LINK_MAX 127
#define MAX_CANON 255
#define MAX_INPUT 255
#define NAME_MAX 255
#define NGROUPS_MAX 0x10000
#define PATH_MAX 0x1000
#define PIPE_BUF 0x1000
#define RTSIG_MAX 32
#define XATTR_NAME_MAX 255
#define XATTR_LIST_MAX 0x10000
#define XATTR_SIZE_MAX 0x10000

#endif
