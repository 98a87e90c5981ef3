/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LINUX_WAIT_H
#define _LINUX_WAIT_H

#define WCONTINUED 8
#define WEXITED 4
#define WNOHANG 1
#define WNOWAIT 0x1000000
#define WSTOPPED 2
#define WUNTRACED 2

#endif
