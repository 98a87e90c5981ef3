/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _STRING_H
#define _STRING_H

#include <stddef.h>

extern void *memcpy(void *dst, const void *src, size_t size);
extern void *memmove(void *dst, const void *src, size_t size);
extern void *memset(void *dst, int value, size_t size);
extern int memcmp(const void *a, const void *b, size_t size);
extern int bcmp(const void *a, const void *b, size_t size);
#define bzero(dst, size) ((void)memset((dst), 0, (size)))
#define bcopy(src, dst, size) ((void)memmove((dst), (src), (size)))
extern size_t strlen(const char *string);
extern int strcmp(const char *a, const char *b);
extern int strncmp(const char *a, const char *b, size_t size);

#endif
