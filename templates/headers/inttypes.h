/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _INTTYPES_H
#define _INTTYPES_H

#include <stdint.h>

#endif
