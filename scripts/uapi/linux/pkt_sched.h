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
