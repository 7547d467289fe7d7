package engine

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Offsets into what a filter of system calls sees. Source: struct seccomp_data of linux/seccomp.h.
const (
	atNumber       = 0
	atArchitecture = 4
	atArgument     = 16 // the low half of the first argument, on little-endian machines
)

// forbid makes the kernel refuse, in every thread, what a build does not need: opening files, sockets, and starting programs. Where the
// kernel has no such filters, or a container forbids them, the other lines of defence remain.
func forbid() error {
	if architecture == 0 {
		return nil
	}
	filter := forbidding()
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread() // the two calls are for one thread; the second spreads both to the others
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("giving up new privileges: %w", err)
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	for _, unavailable := range []error{unix.ENOSYS, unix.EINVAL, unix.EPERM, unix.EACCES} {
		if errors.Is(errno, unavailable) {
			return nil
		}
	}
	if errno != 0 {
		return fmt.Errorf("forbidding system calls: %w", errno)
	}
	return nil
}

// forbidding is the filter: calls of another architecture end the process, forbidden ones fail with EPERM, and of those that make a
// process or thread only the ones for threads pass.
func forbidding() []unix.SockFilter {
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	jump := func(kind uint16, value uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | kind | unix.BPF_K, K: value, Jt: yes, Jf: no}
	}
	give := func(what uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: what}
	}
	refuse := give(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	filter := []unix.SockFilter{
		load(atArchitecture),
		jump(unix.BPF_JEQ, architecture, 1, 0),
		give(unix.SECCOMP_RET_KILL_PROCESS),
		load(atNumber),
		jump(unix.BPF_JGE, 0x40000000, 0, 1), // the numbers of amd64's x32
		refuse,
	}
	for _, call := range forbidden {
		filter = append(filter, jump(unix.BPF_JEQ, call, 0, 1), refuse)
	}
	return append(filter,
		jump(unix.BPF_JEQ, unix.SYS_CLONE, 0, 3),
		load(atArgument),
		jump(unix.BPF_JSET, unix.CLONE_THREAD, 1, 0),
		refuse,
		give(unix.SECCOMP_RET_ALLOW),
	)
}

// forbidden are the calls of every architecture; those of one alone are in the files of these.
var forbidden = append([]uint32{
	unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_OPENAT, unix.SYS_OPENAT2, unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT,
	unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_MOUNT,
	unix.SYS_UNLINKAT, unix.SYS_MKDIRAT, unix.SYS_RENAMEAT2, unix.SYS_LINKAT, unix.SYS_SYMLINKAT, unix.SYS_FCHMODAT, unix.SYS_FCHOWNAT,
	unix.SYS_KILL, unix.SYS_IO_URING_SETUP, unix.SYS_BPF, unix.SYS_PIDFD_OPEN,
}, forbiddenHere...)
