/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _FCNTL_H
#define _FCNTL_H

#include <linux/fcntl.h>

#endif
