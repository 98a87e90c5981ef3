/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LINUX_CONST_H
#define _LINUX_CONST_H

#define _AC(x, y) x##y
#define _UL(x) (x##UL)
#define _ULL(x) (x##ULL)
#define _BITUL(x) (1UL << (x))
#define _BITULL(x) (1ULL << (x))

#endif
