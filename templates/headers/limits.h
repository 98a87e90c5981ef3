/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LIMITS_H
#define _LIMITS_H

#define CHAR_BIT 8
#define CHAR_MAX 127
#define CHAR_MIN (-128)
#define INT_MAX 0x7fffffff
#define INT_MIN (-2147483648)
#define LLONG_MAX 0x7fffffffffffffff
#define LLONG_MIN (-9223372036854775808)
#define LONG_MAX 0x7fffffffffffffff
#define LONG_MIN (-9223372036854775808)
#define SCHAR_MAX 127
#define SCHAR_MIN (-128)
#define SHRT_MAX 0x7fff
#define SHRT_MIN (-32768)
#define UCHAR_MAX 255
#define UINT_MAX 0xffffffff
#define ULLONG_MAX (-1)
#define ULONG_MAX (-1)
#define USHRT_MAX 0xffff

#endif
