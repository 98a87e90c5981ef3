/* Functions of the kernel: what they give, with pointers, and whether they are there. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

/* A task by its number, which has to be given back. */
extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

/* How many bytes there are. */
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *ptr) __ksym;

/* No kernel has this one. */
extern int bpf_made_up(int number) __ksym __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, char[40]);
} bytes SEC(".maps");

u64 calls, sizes, made_up;
int parent;

SEC("ksyscall/getpgid")
int BPF_KSYSCALL(getpgid_enter, pid_t pid)
{
	struct bpf_dynptr some;
	char *all;
	u32 key = 0;

	bpf_rcu_read_lock();
	calls += pid;
	bpf_rcu_read_unlock();

	all = bpf_map_lookup_elem(&bytes, &key);
	if (all && !bpf_dynptr_from_mem(all, 24, 0, &some))
		sizes += bpf_dynptr_size(&some);

	if (bpf_ksym_exists(bpf_made_up))
		made_up += bpf_made_up(3);
	return 0;
}

static int parent_of(s32 pid)
{
	struct task_struct *task = bpf_task_from_pid(pid);
	int tgid;

	if (!task)
		return -1;
	bpf_rcu_read_lock();
	tgid = task->real_parent->tgid;
	bpf_rcu_read_unlock();
	bpf_task_release(task);
	return tgid;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(enter, struct pt_regs *regs, long id)
{
	parent = parent_of(id);
	return 0;
}

/* A task whose type the kernel has to be told. */
int leader;

SEC("tp_btf/sys_exit")
int BPF_PROG(leave, struct pt_regs *regs, long ret)
{
	struct task_struct *task;

	task = bpf_core_cast((void *)bpf_get_current_task(), struct task_struct);
	leader = task->group_leader->tgid;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
