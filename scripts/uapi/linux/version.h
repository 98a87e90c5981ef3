/* Linux 6.12; what the running kernel is, a program asks LINUX_KERNEL_VERSION. */
#define LINUX_VERSION_CODE 396288
#ifndef KERNEL_VERSION
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#endif
