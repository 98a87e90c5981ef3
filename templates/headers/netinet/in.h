/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _NETINET_IN_H
#define _NETINET_IN_H

#include <linux/in.h>
#include <linux/in6.h>

#endif
