/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LINUX_EVENTPOLL_H
#define _LINUX_EVENTPOLL_H

#include <linux/types.h>

#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3
#define EPOLL_CLOEXEC 0x80000
#define EPOLL_URING_WAKE 0x8000000
#define EPOLLERR 8
#define EPOLLET 0x80000000
#define EPOLLEXCLUSIVE 0x10000000
#define EPOLLHUP 16
#define EPOLLIN 1
#define EPOLLMSG 0x400
#define EPOLLNVAL 32
#define EPOLLONESHOT 0x40000000
#define EPOLLOUT 4
#define EPOLLPRI 2
#define EPOLLRDBAND 128
#define EPOLLRDHUP 0x2000
#define EPOLLRDNORM 64
#define EPOLLWAKEUP 0x20000000
#define EPOLLWRBAND 0x200
#define EPOLLWRNORM 0x100

#endif
