/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _ASSERT_H
#define _ASSERT_H

#define static_assert _Static_assert
#define assert(condition) ((void)0)

#endif
