/* Loads the port of watch.bpf.c by libbpf, makes the call, and prints what the port saw. */
#include "c2aya.h"

#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct bpf_object *object = bpf_object__open_file(argv[argc - 1], NULL);
	struct bpf_link *links[4];
	char buffer[16];
	int error, count;

	if (!object)
		return 1;
	error = c2aya_fill(object, "watch");
	if (error) {
		printf("can't fill it in: %d\n", error);
		return 1;
	}
	error = bpf_object__load(object);
	if (error)
		return 1;
	count = c2aya_attach(object, "watch", links, 4);
	if (count != 2) {
		printf("%d attached\n", count);
		return 1;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pread(-7, buffer, 11, 13) >= 0)
		return 1;
	for (uint32_t key = 0; key < 9; key++) {
		struct bpf_map *seen = bpf_object__find_map_by_name(object, "seen");
		int64_t value = 0;

		if (bpf_map__lookup_elem(seen, &key, sizeof(key), &value, sizeof(value), 0))
			return 1;
		printf("%lld\n", (long long)value);
	}
	printf("parent %d\n", getppid());
	return 0;
}
