/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _ARPA_INET_H
#define _ARPA_INET_H

#include <netinet/in.h>

#endif
