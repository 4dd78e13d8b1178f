//! Running tests as on a kernel without `openat2`, where the sandbox resolves paths part by part.

use std::os::unix::process::CommandExt;
use std::process::Command;

const VARIABLE: &str = "WASMSPAN_TEST_OLD_KERNEL";

/// Whether this process runs without `openat2`.
pub fn is_old() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// Whether the system call is there.
pub fn has_openat2() -> bool {
    // SAFETY: a call with null pointers, which fails one way or the other.
    let result = unsafe { libc::syscall(libc::SYS_openat2, -1, 0, 0, 0) };
    assert_eq!(result, -1);
    std::io::Error::last_os_error().raw_os_error() != Some(libc::ENOSYS)
}

/// Runs every test of this binary but `except` in a process where `openat2` does not exist.
pub fn run_all_but(except: &str) {
    let mut child = Command::new(std::env::current_exe().expect("this binary"));
    child.args(["--skip", except]).env(VARIABLE, "1");
    // SAFETY: only two system calls, with memory made before.
    unsafe { child.pre_exec(forbid_openat2) };
    let output = child.output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(!told.contains("running 0 tests"), "{told}");
}

fn forbid_openat2() -> std::io::Result<()> {
    let statement = |code: u32, jt, jf, k| libc::sock_filter { code: code as u16, jt, jf, k };
    let number = libc::SYS_openat2 as u32;
    let mut filter = [
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, number),
        statement(libc::BPF_RET, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
        statement(libc::BPF_RET, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the program lives for the call, which copies it.
    let failed = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
            || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program) != 0
    };
    if failed { Err(std::io::Error::last_os_error()) } else { Ok(()) }
}
