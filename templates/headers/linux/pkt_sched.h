/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LINUX_PKT_SCHED_H
#define _LINUX_PKT_SCHED_H

#include <linux/types.h>

#define TC_CBQ_OVL_CLASSIC 0
#define TC_PRIO_BESTEFFORT 0
#define TC_CBQ_OVL_DELAY 1
#define TC_ETF_DEADLINE_MODE_ON 1
#define TC_MQPRIO_F_MODE 1
#define TC_MQPRIO_HW_OFFLOAD_MAX 1
#define TC_PRIO_FILLER 1
#define TC_RED_ECN 1
#define TC_CBQ_OVL_LOWPRIO 2
#define TC_ETF_OFFLOAD_ON 2
#define TC_MQPRIO_F_SHAPER 2
#define TC_PRIO_BULK 2
#define TC_RED_HARDDROP 2
#define TC_CBQ_OVL_DROP 3
#define TC_HTB_PROTOVER 3
#define TC_CBQ_OVL_RCLASSIC 4
#define TC_ETF_SKIP_SOCK_CHECK 4
#define TC_MQPRIO_F_MIN_RATE 4
#define TC_PRIO_INTERACTIVE_BULK 4
#define TC_RED_ADAPTATIVE 4
#define TC_CBQ_DEF_EWMA 5
#define TC_PRIO_INTERACTIVE 6
#define TC_PRIO_CONTROL 7
#define TC_RED_HISTORIC_FLAGS 7
#define TC_CAKE_MAX_TINS 8
#define TC_CBQ_MAXLEVEL 8
#define TC_CBQ_MAXPRIO 8
#define TC_HTB_MAXDEPTH 8
#define TC_HTB_NUMPRIO 8
#define TC_MQPRIO_F_MAX_RATE 8
#define TC_RED_NODROP 8
#define TC_LINKLAYER_MASK 15
#define TC_PRIO_MAX 15
#define TC_QOPT_BITMASK 15
#define TC_QOPT_MAX_QUEUE 16
#define TC_RTAB_SIZE 0x400
#define TCQ_PLUG_BUFFER 0
#define TCQ_PLUG_RELEASE_ONE 1
#define TCQ_MIN_PRIO_BANDS 2
#define TCQ_PLUG_RELEASE_INDEFINITE 2
#define TCQ_PLUG_LIMIT 3
#define TCQ_ETS_MAX_BANDS 16
#define TCQ_PRIO_BANDS 16

#define TC_H_MAJ_MASK 0xffff0000U
#define TC_H_MIN_MASK 0x0000ffffU
#define TC_H_MAJ(handle) ((handle) & TC_H_MAJ_MASK)
#define TC_H_MIN(handle) ((handle) & TC_H_MIN_MASK)
#define TC_H_MAKE(major, minor) (((major) & TC_H_MAJ_MASK) | ((minor) & TC_H_MIN_MASK))
#define TC_H_UNSPEC 0U
#define TC_H_ROOT 0xffffffffU
#define TC_H_INGRESS 0xfffffff1U
#define TC_H_CLSACT TC_H_INGRESS
#define TC_H_MIN_PRIORITY 0xffe0U
#define TC_H_MIN_INGRESS 0xfff2U
#define TC_H_MIN_EGRESS 0xfff3U

struct tc_stats {
	__u64 bytes;
	__u32 packets;
	__u32 drops;
	__u32 overlimits;
	__u32 bps;
	__u32 pps;
	__u32 qlen;
	__u32 backlog;
};

struct tc_estimator {
	signed char interval;
	unsigned char ewma_log;
};

enum tc_link_layer {
	TC_LINKLAYER_UNAWARE = 0,
	TC_LINKLAYER_ETHERNET = 1,
	TC_LINKLAYER_ATM = 2,
};

struct tc_ratespec {
	unsigned char cell_log;
	__u8 linklayer;
	unsigned short overhead;
	short cell_align;
	unsigned short mpu;
	__u32 rate;
};

struct tc_sizespec {
	unsigned char cell_log;
	unsigned char size_log;
	short cell_align;
	int overhead;
	unsigned int linklayer;
	unsigned int mpu;
	unsigned int mtu;
	unsigned int tsize;
};

struct tc_fifo_qopt {
	__u32 limit;
};

struct tc_prio_qopt {
	int bands;
	__u8 priomap[16];
};

struct tc_multiq_qopt {
	__u16 bands;
	__u16 max_bands;
};

#endif
