/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _ERRNO_H
#define _ERRNO_H

#define E2BIG 7
#define EACCES 13
#define EADDRINUSE 98
#define EADDRNOTAVAIL 99
#define EADV 68
#define EAFNOSUPPORT 97
#define EAGAIN 11
#define EALREADY 114
#define EBADE 52
#define EBADF 9
#define EBADFD 77
#define EBADMSG 74
#define EBADR 53
#define EBADRQC 56
#define EBADSLT 57
#define EBFONT 59
#define EBUSY 16
#define ECANCELED 125
#define ECHILD 10
#define ECHRNG 44
#define ECOMM 70
#define ECONNABORTED 103
#define ECONNREFUSED 111
#define ECONNRESET 104
#define EDEADLK 35
#define EDEADLOCK 35
#define EDESTADDRREQ 89
#define EDOM 33
#define EDOTDOT 73
#define EDQUOT 122
#define EEXIST 17
#define EFAULT 14
#define EFBIG 27
#define EHOSTDOWN 112
#define EHOSTUNREACH 113
#define EHWPOISON 133
#define EIDRM 43
#define EILSEQ 84
#define EINPROGRESS 115
#define EINTR 4
#define EINVAL 22
#define EIO 5
#define EISCONN 106
#define EISDIR 21
#define EISNAM 120
#define EKEYEXPIRED 127
#define EKEYREJECTED 129
#define EKEYREVOKED 128
#define EL2HLT 51
#define EL2NSYNC 45
#define EL3HLT 46
#define EL3RST 47
#define ELIBACC 79
#define ELIBBAD 80
#define ELIBEXEC 83
#define ELIBMAX 82
#define ELIBSCN 81
#define ELNRNG 48
#define ELOOP 40
#define EMEDIUMTYPE 124
#define EMFILE 24
#define EMLINK 31
#define EMSGSIZE 90
#define EMULTIHOP 72
#define ENAMETOOLONG 36
#define ENAVAIL 119
#define ENETDOWN 100
#define ENETRESET 102
#define ENETUNREACH 101
#define ENFILE 23
#define ENOANO 55
#define ENOBUFS 105
#define ENOCSI 50
#define ENODATA 61
#define ENODEV 19
#define ENOENT 2
#define ENOEXEC 8
#define ENOKEY 126
#define ENOLCK 37
#define ENOLINK 67
#define ENOMEDIUM 123
#define ENOMEM 12
#define ENOMSG 42
#define ENONET 64
#define ENOPKG 65
#define ENOPROTOOPT 92
#define ENOSPC 28
#define ENOSR 63
#define ENOSTR 60
#define ENOSYS 38
#define ENOTBLK 15
#define ENOTCONN 107
#define ENOTDIR 20
#define ENOTEMPTY 39
#define ENOTNAM 118
#define ENOTRECOVERABLE 131
#define ENOTSOCK 88
#define ENOTSUP 95
#define ENOTTY 25
#define ENOTUNIQ 76
#define ENXIO 6
#define EOPNOTSUPP 95
#define EOVERFLOW 75
#define EOWNERDEAD 130
#define EPERM 1
#define EPFNOSUPPORT 96
#define EPIPE 32
#define EPROTO 71
#define EPROTONOSUPPORT 93
#define EPROTOTYPE 91
#define ERANGE 34
#define EREMCHG 78
#define EREMOTE 66
#define EREMOTEIO 121
#define ERESTART 85
#define ERFKILL 132
#define EROFS 30
#define ESHUTDOWN 108
#define ESOCKTNOSUPPORT 94
#define ESPIPE 29
#define ESRCH 3
#define ESRMNT 69
#define ESTALE 116
#define ESTRPIPE 86
#define ETIME 62
#define ETIMEDOUT 110
#define ETOOMANYREFS 109
#define ETXTBSY 26
#define EUCLEAN 117
#define EUNATCH 49
#define EUSERS 87
#define EWOULDBLOCK 11
#define EXDEV 18
#define EXFULL 54

#if defined(__TARGET_ARCH_powerpc)
#undef EDEADLOCK
#define EDEADLOCK 58
#elif defined(__TARGET_ARCH_mips)
#undef EADDRINUSE
#define EADDRINUSE 125
#undef EADDRNOTAVAIL
#define EADDRNOTAVAIL 126
#undef EAFNOSUPPORT
#define EAFNOSUPPORT 124
#undef EALREADY
#define EALREADY 149
#undef EBADE
#define EBADE 50
#undef EBADFD
#define EBADFD 81
#undef EBADMSG
#define EBADMSG 77
#undef EBADR
#define EBADR 51
#undef EBADRQC
#define EBADRQC 54
#undef EBADSLT
#define EBADSLT 55
#undef ECANCELED
#define ECANCELED 158
#undef ECHRNG
#define ECHRNG 37
#undef ECONNABORTED
#define ECONNABORTED 130
#undef ECONNREFUSED
#define ECONNREFUSED 146
#undef ECONNRESET
#define ECONNRESET 131
#undef EDEADLK
#define EDEADLK 45
#undef EDEADLOCK
#define EDEADLOCK 56
#undef EDESTADDRREQ
#define EDESTADDRREQ 96
#undef EDQUOT
#define EDQUOT 1133
#undef EHOSTDOWN
#define EHOSTDOWN 147
#undef EHOSTUNREACH
#define EHOSTUNREACH 148
#undef EHWPOISON
#define EHWPOISON 168
#undef EIDRM
#define EIDRM 36
#undef EILSEQ
#define EILSEQ 88
#undef EINPROGRESS
#define EINPROGRESS 150
#undef EISCONN
#define EISCONN 133
#undef EISNAM
#define EISNAM 139
#undef EKEYEXPIRED
#define EKEYEXPIRED 162
#undef EKEYREJECTED
#define EKEYREJECTED 164
#undef EKEYREVOKED
#define EKEYREVOKED 163
#undef EL2HLT
#define EL2HLT 44
#undef EL2NSYNC
#define EL2NSYNC 38
#undef EL3HLT
#define EL3HLT 39
#undef EL3RST
#define EL3RST 40
#undef ELIBACC
#define ELIBACC 83
#undef ELIBBAD
#define ELIBBAD 84
#undef ELIBEXEC
#define ELIBEXEC 87
#undef ELIBMAX
#define ELIBMAX 86
#undef ELIBSCN
#define ELIBSCN 85
#undef ELNRNG
#define ELNRNG 41
#undef ELOOP
#define ELOOP 90
#undef EMEDIUMTYPE
#define EMEDIUMTYPE 160
#undef EMSGSIZE
#define EMSGSIZE 97
#undef EMULTIHOP
#define EMULTIHOP 74
#undef ENAMETOOLONG
#define ENAMETOOLONG 78
#undef ENAVAIL
#define ENAVAIL 138
#undef ENETDOWN
#define ENETDOWN 127
#undef ENETRESET
#define ENETRESET 129
#undef ENETUNREACH
#define ENETUNREACH 128
#undef ENOANO
#define ENOANO 53
#undef ENOBUFS
#define ENOBUFS 132
#undef ENOCSI
#define ENOCSI 43
#undef ENOKEY
#define ENOKEY 161
#undef ENOLCK
#define ENOLCK 46
#undef ENOMEDIUM
#define ENOMEDIUM 159
#undef ENOMSG
#define ENOMSG 35
#undef ENOPROTOOPT
#define ENOPROTOOPT 99
#undef ENOSYS
#define ENOSYS 89
#undef ENOTCONN
#define ENOTCONN 134
#undef ENOTEMPTY
#define ENOTEMPTY 93
#undef ENOTNAM
#define ENOTNAM 137
#undef ENOTRECOVERABLE
#define ENOTRECOVERABLE 166
#undef ENOTSOCK
#define ENOTSOCK 95
#undef ENOTSUP
#define ENOTSUP 122
#undef ENOTUNIQ
#define ENOTUNIQ 80
#undef EOPNOTSUPP
#define EOPNOTSUPP 122
#undef EOVERFLOW
#define EOVERFLOW 79
#undef EOWNERDEAD
#define EOWNERDEAD 165
#undef EPFNOSUPPORT
#define EPFNOSUPPORT 123
#undef EPROTONOSUPPORT
#define EPROTONOSUPPORT 120
#undef EPROTOTYPE
#define EPROTOTYPE 98
#undef EREMCHG
#define EREMCHG 82
#undef EREMOTEIO
#define EREMOTEIO 140
#undef ERESTART
#define ERESTART 91
#undef ERFKILL
#define ERFKILL 167
#undef ESHUTDOWN
#define ESHUTDOWN 143
#undef ESOCKTNOSUPPORT
#define ESOCKTNOSUPPORT 121
#undef ESTALE
#define ESTALE 151
#undef ESTRPIPE
#define ESTRPIPE 92
#undef ETIMEDOUT
#define ETIMEDOUT 145
#undef ETOOMANYREFS
#define ETOOMANYREFS 144
#undef EUCLEAN
#define EUCLEAN 135
#undef EUNATCH
#define EUNATCH 42
#undef EUSERS
#define EUSERS 94
#undef EXFULL
#define EXFULL 52
#endif

#endif
