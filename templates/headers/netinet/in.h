/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _NETINET_IN_H
#define _NETINET_IN_H

#include <stdint.h>
#include <sys/socket.h>
#include <linux/in.h>
#include <linux/in6.h>

#define SOL_IP 0
#define SOL_IPV6 41
#define SOL_ICMPV6 58

#endif
