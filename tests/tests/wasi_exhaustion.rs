//! A process that has no file descriptors left; alone in its process, whose limit it changes.

use std::fs;
use wasmspan::Wasi;
use wasmspan_tests::wasi_guest::{Folder, Guest, READ};

const MFILE: i32 = 33;

#[test]
fn files_of_the_host_run_out_with_an_errno() {
    let folder = Folder::new("attack-many");
    fs::write(folder.guest().join("f"), "x").unwrap();
    let settings = Wasi::builder().preopen(folder.guest(), "/").max_descriptors(1 << 20);
    let guest = Guest::new(settings);
    // SAFETY: all-zero limits are valid, and the calls only use them.
    let before = unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit), 0);
        limit
    };
    let open = fs::read_dir("/proc/self/fd").unwrap().count() as u64;
    let few = libc::rlimit { rlim_cur: open + 200, ..before };
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &few) }, 0);
    let ended = (0..1000).map(|_| guest.open(3, b"f", 0, READ)).find_map(Result::err);
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &before) }, 0);
    assert_eq!(ended, Some(MFILE));
    guest.open(3, b"f", 0, READ).unwrap();
}
