import type { OciSeccomp, OciSyscallRule } from "./spec-types.ts";

/**
 * System calls that any container may make. What is not here fails with EPERM: kernel modules, kexec, clocks, swap, quotas,
 * keyrings, BPF, io_uring, userfaultfd, mounts, namespaces, other machines' personalities. A name that this architecture or
 * libseccomp does not know is skipped by the runtime.
 */
const allowedCalls = {
  files: `access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64 fadvise64_64
    fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fremovexattr
    fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 getxattr getxattrat
    lchown lchown32 lgetxattr link linkat listxattr listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 mkdir mkdirat
    mknod mknodat name_to_handle_at newfstatat open openat openat2 preadv preadv2 pread64 pwritev pwritev2 pwrite64 read readahead readlink
    readlinkat readv removexattr removexattrat rename renameat renameat2 rmdir sendfile sendfile64 setxattr setxattrat splice stat stat64
    statfs statfs64 statx symlink symlinkat sync sync_file_range sync_file_range2 arm_sync_file_range syncfs tee truncate truncate64 umask
    unlink unlinkat utime utimensat utimensat_time64 utimes vmsplice write writev cachestat file_getattr file_setattr statmount listmount`,
  events: `epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2
    inotify_add_watch inotify_init inotify_init1 inotify_rm_watch fanotify_mark pipe pipe2 poll ppoll ppoll_time64 pselect6
    pselect6_time64 select _newselect signalfd signalfd4 ioctl io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64
    io_setup io_submit`,
  memory: `brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap mseal
    msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease remap_file_pages`,
  processes: `alarm capget capset execve execveat exit exit_group fork getcpu getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups
    getgroups32 getitimer getpgid getpgrp getpid getppid getpriority getresgid getresgid32 getresuid getresuid32 getrlimit ugetrlimit
    getrusage getsid gettid getuid getuid32 ioprio_get ioprio_set kill landlock_add_rule landlock_create_ruleset landlock_restrict_self
    pidfd_open pidfd_send_signal prctl prlimit64 rseq sched_getaffinity sched_getattr sched_getparam sched_get_priority_max
    sched_get_priority_min sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr
    sched_setparam sched_setscheduler sched_yield seccomp setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32
    setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid
    set_robust_list get_robust_list setuid setuid32 set_thread_area get_thread_area set_tid_address sysinfo tgkill times tkill uname
    vfork wait4 waitid waitpid arch_prctl modify_ldt process_madvise lsm_get_self_attr lsm_list_modules lsm_set_self_attr uretprobe`,
  signals: `pause restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
    rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack sigprocmask sigreturn sigpending sigaction sigsuspend signal`,
  time: `adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
    clock_nanosleep_time64 getrandom gettimeofday nanosleep time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64
    timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 futex futex_time64
    futex_wait futex_waitv futex_wake futex_requeue`,
  sockets: `accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64 recvmsg send
    sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair`,
  ipc: `ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget
    msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget`,
  tracing: "process_vm_readv process_vm_writev ptrace",
  arm: "breakpoint cacheflush set_tls",
} as const;

/** System calls that a capability brings back. */
const callsByCapability: Readonly<Record<string, string>> = {
  CAP_DAC_READ_SEARCH: "open_by_handle_at",
  CAP_SYS_ADMIN: `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount open_tree
    open_tree_attr perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare`,
  CAP_SYS_BOOT: "reboot",
  CAP_SYS_CHROOT: "chroot",
  CAP_SYS_MODULE: "delete_module init_module finit_module",
  CAP_SYS_PACCT: "acct",
  CAP_SYS_PTRACE: "kcmp pidfd_getfd",
  CAP_SYS_RAWIO: "iopl ioperm",
  CAP_SYS_TIME: "settimeofday stime clock_settime clock_settime64",
  CAP_SYS_TTY_CONFIG: "vhangup",
  CAP_SYS_NICE: "get_mempolicy mbind set_mempolicy set_mempolicy_home_node",
  CAP_SYSLOG: "syslog",
  CAP_BPF: "bpf",
  CAP_PERFMON: "perf_event_open",
};

/** CLONE_NEW… flags: a container without CAP_SYS_ADMIN can't make namespaces. */
const CLONE_NAMESPACE_FLAGS = 0x7e020080;
/** personality(2): Linux, its 32-bit form, the same with UNAME26, and "tell me". */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];
const AF_VSOCK = 40;
const AF_ALG = 38;
const ENOSYS = 38;
const EPERM = 1;

const architectures: Readonly<Record<string, { readonly own: string; readonly narrow?: string }>> = {
  x64: { own: "SCMP_ARCH_X86_64", narrow: "SCMP_ARCH_X86" },
  arm64: { own: "SCMP_ARCH_AARCH64", narrow: "SCMP_ARCH_ARM" },
  riscv64: { own: "SCMP_ARCH_RISCV64" },
};

/** A machine as seccomp sees it: `arch` is Node's name of it; `narrow`: its 32-bit programs are allowed, too. */
export interface SeccompMachine {
  readonly arch: string;
  readonly narrow: boolean;
}

/**
 * The profile that `RuntimeDefault` means, for a process with these capabilities. 32-bit programs have system calls of their own,
 * which double the time that the filter takes to build at every start and exec: they are in it only where there are such programs.
 */
export function defaultSeccomp(capabilities: readonly string[], machine: SeccompMachine): OciSeccomp {
  const held = new Set(capabilities);
  const known = architectures[machine.arch];
  const rules: OciSyscallRule[] = [allow(Object.values(allowedCalls).join(" "))];
  for (const value of PERSONALITIES) rules.push(allow("personality", [{ index: 0, value, op: "SCMP_CMP_EQ" }]));
  for (const [capability, calls] of Object.entries(callsByCapability)) if (held.has(capability)) rules.push(allow(calls));
  if (!held.has("CAP_SYS_ADMIN")) {
    rules.push(allow("clone", [{ index: 0, value: CLONE_NAMESPACE_FLAGS, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }]));
    // Its flags are behind a pointer, which a filter can't read: libc falls back to clone on ENOSYS.
    rules.push({ names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS });
  }
  rules.push(...socketRules());
  return { defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: EPERM, architectures: [known?.own, machine.narrow ? known?.narrow : undefined].filter((name) => name !== undefined), syscalls: rules };
}

/** socket(2) for every family but AF_VSOCK, which reaches past the network namespace, and AF_ALG, the kernel's crypto. */
function socketRules(): OciSyscallRule[] {
  const below = allow("socket", [{ index: 0, value: AF_ALG, op: "SCMP_CMP_LT" }]);
  const between = allow("socket", [{ index: 0, value: 39, op: "SCMP_CMP_EQ" }]);
  const above = allow("socket", [{ index: 0, value: AF_VSOCK, op: "SCMP_CMP_GT" }]);
  return [below, between, above];
}

function allow(names: string, args?: OciSyscallRule["args"]): OciSyscallRule {
  return { names: names.trim().split(/\s+/), action: "SCMP_ACT_ALLOW", ...(args === undefined ? {} : { args }) };
}
