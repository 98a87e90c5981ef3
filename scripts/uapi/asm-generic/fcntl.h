struct f_owner_ex {
	int type;
	__kernel_pid_t pid;
};

struct flock {
	short l_type;
	short l_whence;
	long l_start;
	long l_len;
	__kernel_pid_t l_pid;
};
