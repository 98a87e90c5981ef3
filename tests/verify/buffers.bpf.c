/* Buffers that are filled piece by piece, at places that only the pieces before them tell. */
#include "probe.h"

#define BUFFER_SIZE 8192
#define PIECE_SIZE 64

struct buffer {
	u32 used;
	u32 pieces;
	char text[BUFFER_SIZE];
};

struct {
	__uint(type, 6); /* BPF_MAP_TYPE_PERCPU_ARRAY */
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct buffer);
} buffers SEC(".maps");

struct {
	__uint(type, 27); /* BPF_MAP_TYPE_RINGBUF */
	__uint(max_entries, 65536);
} events SEC(".maps");

s32 last = 7;
u64 seen;

/* Appends text until the buffer is full. */
static __attribute__((always_inline)) int append(struct buffer *buffer, const char *text)
{
	u32 used = buffer->used;
	long length;

	if (used > BUFFER_SIZE - PIECE_SIZE)
		return -1;
	length = bpf_probe_read_user_str(&buffer->text[used], OR_FAULT(1, PIECE_SIZE, PIECE_SIZE - 1), text);
	if (length < 0)
		return -1;
	buffer->used = used + length;
	buffer->pieces++;
	return 0;
}

SEC("ksyscall/appends")
int appends(struct pt_regs *ctx)
{
	u32 zero = 0;
	struct buffer *buffer = bpf_map_lookup_elem(&buffers, &zero);
	const char *const *list = (const char *const *)ctx->si;
	const char *text;

	if (!buffer)
		return 0;
	buffer->used = OR_FAULT(2, 0, 1);
	buffer->pieces = 0;
	for (int i = 0; i < 3; i++) {
		if (bpf_probe_read_user(&text, sizeof(text), list + i) || !text)
			break;
		if (append(buffer, text))
			break;
	}
	bpf_ringbuf_output(&events, buffer, sizeof(*buffer), 0);
	return 0;
}

/* One byte anywhere, and one read back from anywhere. */
SEC("ksyscall/marks")
int marks(struct pt_regs *ctx)
{
	u32 zero = 0;
	struct buffer *buffer = bpf_map_lookup_elem(&buffers, &zero);

	if (!buffer)
		return 0;
	buffer->text[OR_FAULT(3, ctx->di, ctx->si) & (BUFFER_SIZE - 1)] = OR_FAULT(4, 'x', 'y');
	last = buffer->text[ctx->dx & (BUFFER_SIZE - 1)];
	return 0;
}

/* A pointer plus a number is NULL: C doesn't say what that means. */
SEC("ksyscall/wraps")
int wraps(struct pt_regs *ctx)
{
	char *pointer = (char *)ctx->di;

	if (pointer + (u32)ctx->si == 0)
		last = 1;
	else
		seen = OR_FAULT(5, 1, 2);
	return 0;
}
