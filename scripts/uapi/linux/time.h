struct timespec {
	__kernel_old_time_t tv_sec;
	long tv_nsec;
};

struct timeval {
	__kernel_old_time_t tv_sec;
	long tv_usec;
};

struct __kernel_timespec {
	__kernel_time64_t tv_sec;
	long long tv_nsec;
};
