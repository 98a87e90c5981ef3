// Package c2aya does for objects that were ported to Aya what libbpf did for those of C: it fills in
// what only the running kernel tells, and attaches programs to system calls by name.
//
// Call Fill on the specification of a collection before it is loaded, load it with the options that Fill
// gives, and call Attach on its programs afterwards:
//
//	spec, err := ebpf.LoadCollectionSpec("target/bpfel-unknown-none/release/OBJECT")
//	options, err := c2aya.Fill(spec, "OBJECT")
//	collection, err := ebpf.NewCollectionWithOptions(spec, options)
//	links, err := c2aya.Attach(collection.Programs, "OBJECT")
package c2aya

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

type question struct {
	global, ask, of, path string
	required              bool
}

type variable struct {
	name string
	size int
	kind string
	weak bool
}

type attachment struct {
	program, kind, target string
	returns               bool
}

type object struct {
	wrapper bool
	core    []question
	kconfig []variable
	attach  []attachment
}

// Fill sets the variables of an object that depend on the running kernel, and gives the options to load it
// with.
func Fill(spec *ebpf.CollectionSpec, name string) (ebpf.CollectionOptions, error) {
	options := ebpf.CollectionOptions{MapReplacements: map[string]*ebpf.Map{}}
	if err := fill(spec, name); err != nil {
		return options, err
	}
	// Older versions of the library show programs to the kernel before the constants are fixed that
	// decide about them. So those are made here.
	for name, section := range spec.Maps {
		if section.Freeze {
			constants, err := ebpf.NewMap(section)
			if err != nil {
				return options, fmt.Errorf("can't make %s: %w", name, err)
			}
			options.MapReplacements[name] = constants
			section.Contents, section.Freeze = nil, false
		}
	}
	return options, nil
}

func fill(spec *ebpf.CollectionSpec, name string) error {
	about, known := objects[name]
	if !known {
		return fmt.Errorf("no object %s", name)
	}
	for _, each := range about.attach {
		// Older versions of the library don't know sections without a target.
		if program := spec.Programs[each.program]; program != nil && program.Type == ebpf.UnspecifiedProgram {
			program.Type = ebpf.Kprobe
		}
	}
	constants := map[string]interface{}{}
	if about.wrapper {
		calls, err := readCalls()
		if err != nil {
			return err
		}
		constants["LINUX_HAS_SYSCALL_WRAPPER"] = []byte{0}
		if calls.wrapped {
			constants["LINUX_HAS_SYSCALL_WRAPPER"] = []byte{1}
		}
	}
	if len(about.core) > 0 {
		types, err := readTypes("/sys/kernel/btf/vmlinux")
		if err != nil {
			return err
		}
		for _, question := range about.core {
			answer, found := types.answer(question)
			if found {
				constants[question.global] = answer
			} else if question.required {
				return fmt.Errorf("this kernel's %s has no %s", question.of, question.path)
			}
		}
	}
	if len(about.kconfig) > 0 {
		if err := configure(about.kconfig, constants); err != nil {
			return err
		}
	}
	if len(constants) == 0 {
		return nil
	}
	return spec.RewriteConstants(constants)
}

// Attach attaches the programs that an object had for system calls and functions of the kernel. A
// system call that the kernel doesn't have is passed over.
func Attach(programs map[string]*ebpf.Program, name string) ([]link.Link, error) {
	calls, err := readCalls()
	if err != nil {
		return nil, err
	}
	var links []link.Link
	for _, about := range objects[name].attach {
		function := about.target
		if about.kind == "syscall" {
			if function = calls.function(about.target); function == "" {
				continue
			}
		}
		attach := link.Kprobe
		if about.returns {
			attach = link.Kretprobe
		}
		attached, err := attach(function, programs[about.program], nil)
		if err != nil {
			for _, each := range links {
				each.Close()
			}
			return nil, fmt.Errorf("can't attach %s to %s: %w", about.program, function, err)
		}
		links = append(links, attached)
	}
	return links, nil
}

var native binary.ByteOrder = func() binary.ByteOrder {
	one := uint16(1)
	if *(*byte)(unsafe.Pointer(&one)) == 1 {
		return binary.LittleEndian
	}
	return binary.BigEndian
}()

type calls struct {
	functions map[string]string
	prefixes  []string
	wrapped   bool
}

// readCalls finds out how the kernel enters its system calls, and what the functions are called.
func readCalls() (*calls, error) {
	file, err := os.Open("/proc/kallsyms")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	found := &calls{functions: map[string]string{}, prefixes: []string{"__se_sys_", "sys_"}}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		columns := strings.Fields(lines.Text())
		if len(columns) > 2 && strings.Contains(columns[2], "sys_") {
			found.functions[columns[2]] = columns[0]
		}
	}
	prefix := map[string]string{
		"amd64": "__x64_sys_", "arm64": "__arm64_sys_", "s390x": "__s390x_sys_",
		"riscv64": "__riscv_sys_", "ppc64": "sys_", "ppc64le": "sys_",
	}[runtime.GOARCH]
	// Every kernel that can run a probe has the system call bpf. On powerpc it is an alias without
	// the wrapper.
	address, known := found.functions[prefix+"bpf"]
	if prefix != "" && known && address != found.functions["__se_sys_bpf"] {
		found.wrapped, found.prefixes = true, []string{prefix}
	}
	return found, lines.Err()
}

func (c *calls) function(name string) string {
	for _, prefix := range c.prefixes {
		if _, known := c.functions[prefix+name]; known {
			return prefix + name
		}
	}
	return ""
}

// configure answers what is asked of the kernel's version and configuration.
func configure(variables []variable, constants map[string]interface{}) error {
	raw, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return err
	}
	release := strings.TrimSpace(string(raw))
	var options map[string]string
	for _, variable := range variables {
		if strings.HasPrefix(variable.name, "CONFIG_") && options == nil {
			if options, err = readOptions(release); err != nil {
				return err
			}
		}
		var number int64
		switch text, known := options[variable.name]; {
		case variable.name == "LINUX_KERNEL_VERSION":
			number = kernel(release)
		case variable.name == "LINUX_HAS_BPF_COOKIE":
			if kernel(release) >= 0x050f00 {
				number = 1
			}
		case known && variable.kind == "Text":
			text = strings.Trim(text, "\"")
			if len(text) >= variable.size {
				return fmt.Errorf("this kernel's %s is too long", variable.name)
			}
			constants[variable.name] = append([]byte(text), make([]byte, variable.size-len(text))...)
			continue
		case known && text == "m" && variable.kind == "Tristate":
			number = 2
		case known && text == "y":
			number = 1
		case known && (text == "n" || text == "m"):
		case known:
			if number, err = strconv.ParseInt(text, 0, 64); err != nil {
				return fmt.Errorf("%s is %s", variable.name, text)
			}
		case !variable.weak && variable.kind == "Number" && variable.size > 1:
			return fmt.Errorf("this kernel has no %s", variable.name)
		}
		all := make([]byte, 8)
		native.PutUint64(all, uint64(number))
		if native == binary.ByteOrder(binary.LittleEndian) {
			constants[variable.name] = all[:variable.size]
		} else {
			constants[variable.name] = all[8-variable.size:]
		}
	}
	return nil
}

// kernel is the running kernel's version. The releases of Ubuntu and Debian say nothing of the patch,
// which stands elsewhere.
func kernel(release string) int64 {
	if ubuntu, err := os.ReadFile("/proc/version_signature"); err == nil {
		if words := strings.Fields(string(ubuntu)); len(words) > 2 {
			release = words[2]
		}
	} else if build, err := os.ReadFile("/proc/sys/kernel/version"); err == nil {
		if at := strings.Index(string(build), "Debian "); at >= 0 {
			release = string(build[at+len("Debian "):])
		}
	}
	var numbers [3]int64
	fmt.Sscanf(release, "%d.%d.%d", &numbers[0], &numbers[1], &numbers[2])
	if numbers[2] > 255 {
		numbers[2] = 255
	}
	return numbers[0]<<16 | numbers[1]<<8 | numbers[2]
}

func readOptions(release string) (map[string]string, error) {
	var text []byte
	if packed, err := os.ReadFile("/proc/config.gz"); err == nil {
		unpacked, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, err
		}
		if text, err = io.ReadAll(unpacked); err != nil {
			return nil, err
		}
	} else if text, err = os.ReadFile("/boot/config-" + release); err != nil {
		return nil, err
	}
	options := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		if at := strings.Index(line, "="); at > 0 && strings.HasPrefix(line, "CONFIG_") {
			options[line[:at]] = line[at+1:]
		}
	}
	return options, nil
}

// types is the kernel's type information (BTF), as far as it is asked.
type types struct {
	words   []uint32
	starts  []int
	strings []byte
}

type field struct {
	bit, bits uint32
	of        uint32
}

func readTypes(path string) (*types, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data) < 24 || native.Uint16(data) != 0xeb9f {
		return nil, fmt.Errorf("%s isn't BTF", path)
	}
	part := func(at int) []byte {
		header := native.Uint32(data[4:])
		start := header + native.Uint32(data[at:])
		return data[start : start+native.Uint32(data[at+4:])]
	}
	found := &types{starts: []int{-1}, strings: part(16)}
	for raw := part(8); len(raw) >= 4; raw = raw[4:] {
		found.words = append(found.words, native.Uint32(raw))
	}
	for at := 0; at+1 < len(found.words); {
		found.starts = append(found.starts, at)
		info := found.words[at+1]
		kind, count := info>>24&0x1f, int(info&0xffff)
		switch kind {
		case 1, 14, 17:
			at += 4
		case 3:
			at += 6
		case 6, 13:
			at += 3 + 2*count
		case 4, 5, 15, 19:
			at += 3 + 3*count
		default:
			at += 3
		}
	}
	return found, nil
}

func (t *types) kind(at int) uint32 { return t.words[at+1] >> 24 & 0x1f }

func (t *types) name(at int) string {
	text := t.strings[t.words[at]:]
	return string(text[:bytes.IndexByte(text, 0)])
}

// named lists the types that are called so.
func (t *types) named(of string) []uint32 {
	kind, name := of, ""
	if at := strings.Index(of, " "); at > 0 {
		kind, name = of[:at], of[at+1:]
	}
	kinds := map[string][]uint32{"struct": {4}, "union": {5}, "enum": {6, 19}, "typedef": {8}}[kind]
	var found []uint32
	for number, at := range t.starts {
		for _, wanted := range kinds {
			if at >= 0 && t.kind(at) == wanted && t.name(at) == name {
				found = append(found, uint32(number))
			}
		}
	}
	return found
}

// resolved leaves out names and qualifiers.
func (t *types) resolved(number uint32) int {
	for steps := 0; steps < 64 && int(number) < len(t.starts); steps++ {
		at := t.starts[number]
		if at < 0 {
			return -1
		}
		switch t.kind(at) {
		case 8, 9, 10, 11, 18:
			number = t.words[at+2]
		default:
			return at
		}
	}
	return -1
}

func (t *types) size(number uint32) uint32 {
	at := t.resolved(number)
	if at < 0 {
		return 0
	}
	switch t.kind(at) {
	case 1, 4, 5, 6, 19:
		return t.words[at+2]
	case 2:
		return uint32(strconv.IntSize / 8)
	case 3:
		return t.words[at+5] * t.size(t.words[at+3])
	}
	return 0
}

func (t *types) member(of uint32, name string) (field, bool) {
	at := t.resolved(of)
	if at < 0 || t.kind(at) != 4 && t.kind(at) != 5 {
		return field{}, false
	}
	info := t.words[at+1]
	for i := 0; i < int(info&0xffff); i++ {
		member := at + 3 + 3*i
		found := field{bit: t.words[member+2], of: t.words[member+1]}
		if info>>31 != 0 {
			found.bit, found.bits = found.bit&0xffffff, found.bit>>24
		}
		switch t.name(member) {
		case name:
			return found, true
		case "":
			if inner, is := t.member(found.of, name); is {
				inner.bit += found.bit
				return inner, true
			}
		}
	}
	return field{}, false
}

func (t *types) field(of, path string) (field, bool) {
	steps := strings.FieldsFunc(path, func(char rune) bool { return char == '.' || char == '[' })
next:
	for _, start := range t.named(of) {
		at := field{of: start}
		for _, step := range steps {
			var to field
			if strings.HasSuffix(step, "]") {
				index, _ := strconv.Atoi(strings.TrimSuffix(step, "]"))
				array := t.resolved(at.of)
				if array < 0 || t.kind(array) != 3 {
					continue next
				}
				to = field{of: t.words[array+3]}
				to.bit = uint32(index) * t.size(to.of) * 8
			} else {
				var is bool
				if to, is = t.member(at.of, step); !is {
					continue next
				}
			}
			to.bit += at.bit
			at = to
		}
		return at, true
	}
	return field{}, false
}

// unit is where a field's bytes lie, and how many there are; a bit-field's are those of the smallest
// integer around it.
func (t *types) unit(f field) (offset, size uint32) {
	size = t.size(f.of)
	if f.bits == 0 {
		return f.bit / 8, size
	}
	for ; size > 0 && size <= 8; size *= 2 {
		offset = f.bit / 8 / size * size
		if f.bit+f.bits <= (offset+size)*8 {
			return offset, size
		}
	}
	return 0, 0
}

func (t *types) shifts(f field) (left, right uint32) {
	offset, size := t.unit(f)
	bits := f.bits
	if bits == 0 {
		bits = size * 8
	}
	if native == binary.ByteOrder(binary.LittleEndian) {
		left = 64 - (f.bit + bits - offset*8)
	} else {
		left = (8-size)*8 + f.bit - offset*8
	}
	return left, 64 - bits
}

func (t *types) signed(f field) uint32 {
	at := t.resolved(f.of)
	if at < 0 {
		return 0
	}
	switch t.kind(at) {
	case 1:
		return t.words[at+3] >> 24 & 1
	case 6, 19:
		return t.words[at+1] >> 31
	}
	return 0
}

func (t *types) constant(of, name string) (uint64, bool) {
	for _, number := range t.named(of) {
		at := t.resolved(number)
		if at < 0 || t.kind(at) != 6 && t.kind(at) != 19 {
			continue
		}
		size := 2
		if t.kind(at) == 19 {
			size = 3
		}
		for i := 0; i < int(t.words[at+1]&0xffff); i++ {
			constant := at + 3 + size*i
			if t.name(constant) != name {
				continue
			}
			value := uint64(t.words[constant+1])
			if size == 3 {
				value |= uint64(t.words[constant+2]) << 32
			} else if t.words[at+1]>>31 != 0 {
				value = uint64(int64(int32(value)))
			}
			return value, true
		}
	}
	return 0, false
}

func (t *types) answer(q question) ([]byte, bool) {
	put := func(numbers ...uint32) []byte {
		out := make([]byte, 4*len(numbers))
		for i, number := range numbers {
			native.PutUint32(out[4*i:], number)
		}
		return out
	}
	flag := func(is bool) ([]byte, bool) {
		if is {
			return put(1), true
		}
		return put(0), true
	}
	switch q.ask {
	case "TypeExists":
		return flag(len(t.named(q.of)) > 0)
	case "TypeId":
		if named := t.named(q.of); len(named) > 0 {
			return put(uint32(named[0])), true
		}
		return put(0), true
	case "TypeSize":
		if named := t.named(q.of); len(named) > 0 {
			return put(t.size(named[0])), true
		}
		return nil, false
	case "ConstantExists", "Constant":
		value, found := t.constant(q.of, q.path)
		if q.ask == "ConstantExists" {
			return flag(found)
		}
		out := make([]byte, 8)
		native.PutUint64(out, value)
		return out, found
	}
	f, found := t.field(q.of, q.path)
	if q.ask == "Exists" || !found {
		answer, _ := flag(found)
		return answer, q.ask == "Exists"
	}
	offset, size := t.unit(f)
	switch q.ask {
	case "Offset":
		return put(offset), true
	case "Size":
		return put(size), true
	}
	left, right := t.shifts(f)
	return put(offset, size, t.signed(f), left, right), true
}

