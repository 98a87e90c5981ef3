// Loads the port of watch.bpf.c by cilium/ebpf, makes the call, and prints what the port saw.
package main

import (
	"fmt"
	"os"
	"syscall"

	"c2aya"

	"github.com/cilium/ebpf"
)

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func main() {
	spec, err := ebpf.LoadCollectionSpec(os.Args[1])
	check(err)
	options, err := c2aya.Fill(spec, "watch")
	check(err)
	collection, err := ebpf.NewCollectionWithOptions(spec, options)
	check(err)
	links, err := c2aya.Attach(collection.Programs, "watch")
	check(err)
	if len(links) != 2 {
		fmt.Println(len(links), "attached")
		os.Exit(1)
	}
	const setChildSubreaper = 36
	if _, _, err := syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0); err != 0 {
		check(err)
	}
	if _, err := syscall.Pread(-7, make([]byte, 11), 13); err == nil {
		fmt.Println("pread went well")
		os.Exit(1)
	}
	for key := uint32(0); key < 9; key++ {
		var value int64
		check(collection.Maps["seen"].Lookup(key, &value))
		fmt.Println(value)
	}
	fmt.Println("parent", os.Getppid())
}
