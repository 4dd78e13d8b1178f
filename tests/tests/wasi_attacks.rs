//! What a guest tries in order to leave its directories, or to hurt its host with files. Every test
//! runs with both ways of resolving paths.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use wasmspan::Wasi;
use wasmspan::wasi::MemoryFs;
use wasmspan_tests::old_kernel;
use wasmspan_tests::wasi_guest::{END, FILE, Folder, Guest, READ, WRITE, photograph};

const BADF: i32 = 8;
const FAULT: i32 = 21;
const INVAL: i32 = 28;
const LOOP: i32 = 32;
const MFILE: i32 = 33;
const NAMETOOLONG: i32 = 37;
const NOSPC: i32 = 51;
const PERM: i32 = 63;
const NOTCAPABLE: i32 = 76;

const CREAT: i64 = 1;
const DIRECTORY: i64 = 2;
const TRUNC: i64 = 8;

#[test]
fn all_of_it_holds_where_paths_are_resolved_part_by_part() {
    if !old_kernel::is_old() {
        old_kernel::run_all_but("all_of_it_holds_where_paths_are_resolved_part_by_part");
    }
}

/// Calls every function of paths on a path, so that the path is what each of its paths is in turn.
fn attack(guest: &Guest, path: &[u8]) -> Vec<(&'static str, i32)> {
    let [at, len] = guest.put(2048, path);
    let [file, file_len] = guest.put(128, b"file");
    let [new, new_len] = guest.put(160, b"made-by-attack");
    let calls: &[(&'static str, &[i64])] = &[
        ("path_filestat_get", &[3, 1, at, len, 0]),
        ("path_filestat_get", &[3, 0, at, len, 0]),
        ("path_filestat_set_times", &[3, 1, at, len, 1, 1, 5]),
        ("path_filestat_set_times", &[3, 0, at, len, 1, 1, 5]),
        ("path_create_directory", &[3, at, len]),
        ("path_link", &[3, 0, file, file_len, 3, at, len]),
        ("path_link", &[3, 0, at, len, 3, new, new_len]),
        ("path_link", &[3, 1, at, len, 3, new, new_len]),
        ("path_symlink", &[file, file_len, 3, at, len]),
        ("path_rename", &[3, file, file_len, 3, at, len]),
        ("path_rename", &[3, at, len, 3, new, new_len]),
        ("path_remove_directory", &[3, at, len]),
        ("path_unlink_file", &[3, at, len]),
        ("path_readlink", &[3, at, len, 4096, 256, 0]),
        ("path_open", &[3, 1, at, len, 0, READ, -1, 0, 0]),
        ("path_open", &[3, 0, at, len, 0, READ, -1, 0, 0]),
        ("path_open", &[3, 1, at, len, CREAT, READ | WRITE, -1, 0, 0]),
        ("path_open", &[3, 0, at, len, CREAT, READ | WRITE, -1, 0, 0]),
        ("path_open", &[3, 1, at, len, CREAT | TRUNC, WRITE, -1, 0, 0]),
        ("path_open", &[3, 1, at, len, DIRECTORY, 0, -1, 0, 0]),
    ];
    calls.iter().map(|(name, params)| (*name, guest.call(name, params))).collect()
}

/// Ways to the outside that begin in the folder of the guest.
const TARGETS: &[&str] = &[
    "..",
    "../",
    "../outside",
    "../outside/",
    "../outside/secret",
    "../outside/inner/..",
    "../outside/new",
    "./../outside",
    "dir/../../outside",
    "/",
    "/etc/passwd",
    "/proc/self/root",
    "/proc/self/fd/0",
    "/dev/fd/0",
];

#[test]
fn paths_that_lead_out_by_themselves_do_nothing() {
    let folder = Folder::new("attack-paths");
    fs::create_dir(folder.guest().join("dir")).unwrap();
    fs::write(folder.guest().join("file"), "x").unwrap();
    let outside = photograph(&folder.outside());
    let absolute = folder.outside().join("secret");
    let mut paths: Vec<Vec<u8>> = TARGETS.iter().map(|path| path.as_bytes().to_vec()).collect();
    paths.push(absolute.as_os_str().as_bytes().to_vec());
    for depth in [1, 2, 10, 1000] {
        paths.push("../".repeat(depth).into_bytes());
        paths.push(format!("{}../outside/secret", "dir/../".repeat(depth)).into_bytes());
        paths.push(format!("{}etc/passwd", "../".repeat(depth)).into_bytes());
    }
    for settings in [
        Wasi::builder().preopen(folder.guest(), "/"),
        Wasi::builder().preopen_read_only(folder.guest(), "/"),
        Wasi::builder().mount(&MemoryFs::over(folder.guest()).unwrap(), "/"),
    ] {
        let guest = Guest::new(settings);
        for path in &paths {
            let shown = String::from_utf8_lossy(&path[..path.len().min(60)]).into_owned();
            for (name, errno) in attack(&guest, path) {
                assert_ne!(errno, 0, "{name} of {shown:?}");
            }
        }
    }
    assert_eq!(photograph(&folder.outside()), outside);
    assert_eq!(fs::read_dir(folder.guest()).unwrap().count(), 2);
}

#[test]
fn links_that_lead_out_are_not_followed_by_any_function() {
    // Each target by itself, behind a second link, as a directory on the way and before a slash.
    for (number, target) in TARGETS.iter().enumerate() {
        let folder = Folder::new(&format!("attack-links-{number}"));
        fs::create_dir(folder.guest().join("dir")).unwrap();
        let outside = photograph(&folder.outside());
        for form in ["link", "link/", "link/.", "link/secret", "link/new", "chain", "chain/secret"]
        {
            for kind in 0..3 {
                // What the calls change inside is made anew each time.
                for name in ["link", "chain", "file", "made-by-attack"] {
                    let _ = fs::remove_file(folder.guest().join(name));
                    let _ = fs::remove_dir_all(folder.guest().join(name));
                }
                fs::write(folder.guest().join("file"), "inside").unwrap();
                symlink(target, folder.guest().join("link")).unwrap();
                symlink("link", folder.guest().join("chain")).unwrap();
                let guest = Guest::new(match kind {
                    0 => Wasi::builder().preopen(folder.guest(), "/"),
                    1 => Wasi::builder().preopen_read_only(folder.guest(), "/"),
                    _ => {
                        let overlay = MemoryFs::over(folder.guest()).unwrap();
                        Wasi::builder().mount(&overlay, "/")
                    }
                });
                // First only what follows, while the links are sure to be there.
                for oflags in [0, CREAT, CREAT | TRUNC, DIRECTORY] {
                    let opened = guest.open(3, form.as_bytes(), oflags, READ);
                    assert!(opened.is_err(), "{form} to {target} opened with {oflags}");
                }
                let [at, len] = guest.put(2048, form.as_bytes());
                assert_ne!(guest.call("path_filestat_get", &[3, 1, at, len, 0]), 0, "{form}");
                let times = [3, 1, at, len, 1, 1, 5];
                assert_ne!(guest.call("path_filestat_set_times", &times), 0, "{form}");
                attack(&guest, form.as_bytes());
            }
        }
        assert_eq!(photograph(&folder.outside()), outside, "{target}");
    }
}

#[test]
fn loops_and_long_chains_of_links_end() {
    let folder = Folder::new("attack-chains");
    let inside = folder.guest();
    fs::write(inside.join("end"), "x").unwrap();
    symlink("loop", inside.join("loop")).unwrap();
    symlink("pong", inside.join("ping")).unwrap();
    symlink("ping", inside.join("pong")).unwrap();
    symlink("end", inside.join("link-0")).unwrap();
    for i in 1..100 {
        symlink(format!("link-{}", i - 1), inside.join(format!("link-{i}"))).unwrap();
    }
    let overlay = MemoryFs::over(&inside).unwrap();
    for settings in [Wasi::builder().preopen(&inside, "/"), Wasi::builder().mount(&overlay, "/")] {
        let guest = Guest::new(settings);
        for path in ["loop", "loop/", "loop/x", "ping", "pong/x", "link-41", "link-99"] {
            assert_eq!(guest.open(3, path.as_bytes(), 0, READ), Err(LOOP), "{path}");
        }
        guest.open(3, b"link-5", 0, READ).unwrap();
    }
}

#[test]
fn a_race_for_the_directory_is_never_won() {
    let rounds = std::env::var("WASMSPAN_RACES").ok().and_then(|text| text.parse().ok());
    let rounds: usize = rounds.unwrap_or(2_000);
    let folder = Folder::new("attack-race");
    let (inside, outside) = (folder.guest(), folder.outside());
    fs::create_dir(inside.join("swap")).unwrap();
    fs::create_dir(inside.join("swap/inner")).unwrap();
    fs::write(inside.join("swap/secret"), "harmless").unwrap();
    fs::write(inside.join("file"), "x").unwrap();
    symlink("../outside", inside.join("other")).unwrap();
    // Names in a race may come and go inside; outside nothing may.
    let before = photograph(&outside);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let exchange = |a: &Path, b: &Path| {
                let name = |path: &Path| {
                    std::ffi::CString::new(path.as_os_str().as_bytes()).expect("no zero byte")
                };
                let (a, b) = (name(a), name(b));
                // SAFETY: both names live for the call.
                let failed = unsafe {
                    libc::renameat2(
                        libc::AT_FDCWD,
                        a.as_ptr(),
                        libc::AT_FDCWD,
                        b.as_ptr(),
                        libc::RENAME_EXCHANGE,
                    )
                };
                assert_eq!(failed, 0, "{}", std::io::Error::last_os_error());
            };
            while !done.load(Ordering::Relaxed) {
                exchange(&inside.join("swap"), &inside.join("other"));
            }
        });
        let guest = Guest::new(Wasi::builder().preopen(&inside, "/"));
        let mut harmless = 0;
        for round in 0..rounds {
            if let Ok(fd) = guest.open(3, b"swap/secret", 0, READ) {
                let read = guest.read(fd, 16).unwrap();
                if read != b"harmless" {
                    done.store(true, Ordering::Relaxed);
                    panic!("round {round} read {read:?}");
                }
                harmless += 1;
                assert_eq!(guest.call("fd_close", &[fd]), 0);
            }
            let new = format!("swap/new-{round}");
            if let Ok(fd) = guest.open(3, new.as_bytes(), CREAT, WRITE) {
                guest.write(fd, b"mark");
                guest.call("fd_close", &[fd]);
            }
            guest.on_path("path_unlink_file", &[3], new.as_bytes(), &[]);
            guest.on_path("path_create_directory", &[3], b"swap/made", &[]);
            guest.on_path("path_remove_directory", &[3], b"swap/made", &[]);
            guest.on_path("path_remove_directory", &[3], b"swap/inner", &[]);
            guest.on_path("path_create_directory", &[3], b"swap/inner", &[]);
            guest.on_path("path_filestat_set_times", &[3, 1], b"swap/secret", &[7, 7, 5]);
            let [a, a_len] = guest.put(128, b"file");
            let [b, b_len] = guest.put(160, b"swap/moved");
            guest.call("path_rename", &[3, a, a_len, 3, b, b_len]);
            guest.call("path_rename", &[3, b, b_len, 3, a, a_len]);
            guest.call("path_link", &[3, 0, a, a_len, 3, b, b_len]);
            guest.call("path_unlink_file", &[3, b, b_len]);
            guest.call("path_symlink", &[a, a_len, 3, b, b_len]);
            guest.call("path_unlink_file", &[3, b, b_len]);
        }
        done.store(true, Ordering::Relaxed);
        assert!(harmless > 0, "the race never went the harmless way");
    });
    assert_eq!(photograph(&outside), before);
}

#[test]
fn names_that_no_file_can_have_are_errors() {
    let folder = Folder::new("attack-names");
    let strange = std::ffi::OsStr::from_bytes(b"not-\xff-text");
    fs::write(folder.guest().join(strange), "x").unwrap();
    fs::write(folder.guest().join("file"), "x").unwrap();
    let overlay = MemoryFs::over(folder.guest()).unwrap();
    let long = [b'a'; 65_000];
    for settings in
        [Wasi::builder().preopen(folder.guest(), "/"), Wasi::builder().mount(&overlay, "/")]
    {
        let guest = Guest::new(settings);
        let errnos = |path: &[u8]| -> Vec<i32> {
            attack(&guest, path).into_iter().map(|(_, errno)| errno).collect()
        };
        for (path, allowed) in [
            (&b"a\0b"[..], &[INVAL, NOTCAPABLE][..]),
            (b"\0", &[INVAL]),
            (b"not-\xff-text", &[25, INVAL]),
            (&long[..256], &[NAMETOOLONG, INVAL]),
            (&long[..4096], &[NAMETOOLONG, INVAL]),
            (&long, &[NAMETOOLONG, INVAL]),
            (b"", &[44, INVAL]),
        ] {
            for errno in errnos(path) {
                assert!(allowed.contains(&errno), "{errno} for {:?}", &path[..path.len().min(9)]);
            }
        }
        // The longest name there may be is none of these.
        guest.open(3, &long[..255], CREAT, WRITE).unwrap();
        assert_eq!(guest.on_path("path_unlink_file", &[3], &long[..255], &[]), 0);
        let root = guest.open(3, b".", DIRECTORY, 1 << 14).unwrap();
        assert_eq!(guest.list(root, 4096).unwrap().iter().filter(|n| n.len() > 2).count(), 1);
    }
}

#[test]
fn lists_of_pieces_are_checked_whole_before_anything_is_moved() {
    let folder = Folder::new("attack-pieces");
    let files = MemoryFs::new();
    for settings in
        [Wasi::builder().preopen(folder.guest(), "/"), Wasi::builder().mount(&files, "/")]
    {
        let guest = Guest::new(settings);
        let fd = guest.open(3, b"f", CREAT, FILE).unwrap();
        let end = END as u32;
        for pieces in [
            &[(0, 8), (u32::MAX, 1)][..],
            &[(0, 8), (end, 1)],
            &[(0, 8), (end - 1, 2)],
            &[(8, u32::MAX), (8, u32::MAX)],
            &[(u32::MAX, u32::MAX)],
            &[(end - 8, 8), (0, u32::MAX)],
        ] {
            guest.put_pieces(64, pieces);
            let count = pieces.len() as i64;
            for name in ["fd_read", "fd_write"] {
                assert_eq!(guest.call(name, &[fd, 64, count, 0]), FAULT, "{name} {pieces:?}");
            }
            for name in ["fd_pread", "fd_pwrite"] {
                assert_eq!(guest.call(name, &[fd, 64, count, 0, 0]), FAULT, "{name} {pieces:?}");
            }
        }
        // Where the count is put is checked too, and counts are not believed.
        guest.put_pieces(64, &[(0, 8)]);
        for (params, errno) in [
            ([fd, 64, 1, END - 3], FAULT),
            ([fd, 64, 1, -1], FAULT),
            ([fd, END - 4, 1, 0], FAULT),
            ([fd, -8, 2, 0], FAULT),
            ([fd, 64, 1025, 0], INVAL),
            ([fd, 64, -1, 0], INVAL),
        ] {
            for name in ["fd_read", "fd_write"] {
                assert_eq!(guest.call(name, &params), errno, "{name} {params:?}");
            }
        }
        assert_eq!(guest.call("fd_filestat_get", &[fd, 256]), 0);
        assert_eq!(guest.long(256 + 32), 0, "nothing was written");
        // The very end of memory is good, overlapping pieces are, and so are many.
        guest.put(END - 8, b"the-end!");
        guest.put_pieces(64, &[(end - 8, 8), (end, 0), (end - 8, 4)]);
        assert_eq!(guest.call("fd_write", &[fd, 64, 3, END - 4]), 0);
        assert_eq!(guest.word(END as usize - 4), 12);
        guest.put_pieces(4096, &[(1, 1); 1024]);
        assert_eq!(guest.call("fd_write", &[fd, 4096, 1024, 0]), 0);
        assert_eq!(guest.word(0), 1024);
        for offset in [-1, i64::MIN] {
            for name in ["fd_pread", "fd_pwrite"] {
                assert_eq!(guest.call(name, &[fd, 64, 3, offset, 0]), INVAL);
            }
        }
    }
}

#[test]
fn pointers_at_the_end_of_memory_are_faults() {
    let folder = Folder::new("attack-pointers");
    let guest = Guest::new(Wasi::builder().preopen(folder.guest(), "/"));
    let fd = guest.open(3, b"f", CREAT, FILE).unwrap();
    let [at, len] = guest.put(1024, b"f");
    let before = fs::metadata(folder.guest().join("f")).unwrap().len();
    for bad in [END, END - 1, -1, i64::from(i32::MIN)] {
        let calls: &[(&str, &[i64])] = &[
            ("clock_time_get", &[0, 0, bad]),
            ("clock_res_get", &[0, bad]),
            ("random_get", &[bad, 2]),
            ("random_get", &[0, bad | 1 << 30]),
            ("fd_fdstat_get", &[fd, bad]),
            ("fd_filestat_get", &[fd, bad]),
            ("fd_prestat_get", &[3, bad]),
            ("fd_prestat_dir_name", &[3, bad, 2]),
            ("fd_readdir", &[3, bad, 2, 0, 0]),
            ("fd_readdir", &[3, 0, 2, 0, bad]),
            ("fd_seek", &[fd, 0, 0, bad]),
            ("fd_tell", &[fd, bad]),
            ("path_filestat_get", &[3, 0, at, len, bad]),
            ("path_filestat_get", &[3, 0, bad, 2, 0]),
            ("path_open", &[3, 0, at, len, 0, READ, 0, 0, bad]),
            ("path_open", &[3, 0, bad, 2, 0, READ, 0, 0, 0]),
            ("path_readlink", &[3, at, len, bad, 2, 0]),
            ("path_readlink", &[3, at, len, 0, 2, bad]),
            ("path_rename", &[3, bad, 2, 3, at, len]),
            ("path_rename", &[3, at, len, 3, bad, 2]),
            ("path_link", &[3, 0, bad, 2, 3, at, len]),
            ("path_symlink", &[bad, 2, 3, at, len]),
            ("path_symlink", &[at, len, 3, bad, 2]),
        ];
        for (name, params) in calls {
            // A name of a directory that is too short for the buffer needs no pointer.
            let short = *name == "fd_prestat_dir_name" && bad == END - 1;
            assert!(guest.call(name, params) == FAULT || short, "{name} {params:?}");
        }
    }
    assert_eq!(fs::metadata(folder.guest().join("f")).unwrap().len(), before);
}

#[test]
fn garbage_for_cookies_and_descriptors_is_an_error() {
    let folder = Folder::new("attack-cookies");
    let files = MemoryFs::new();
    files.write("a", "").unwrap();
    fs::write(folder.guest().join("a"), "").unwrap();
    for settings in
        [Wasi::builder().preopen(folder.guest(), "/"), Wasi::builder().mount(&files, "/")]
    {
        let guest = Guest::new(settings);
        for cookie in [-1, i64::MIN] {
            assert_eq!(guest.call("fd_readdir", &[3, 4096, 512, cookie, 0]), INVAL);
        }
        for cookie in [4, 5, 1000, i64::MAX, i64::MAX - 1] {
            let errno = guest.call("fd_readdir", &[3, 4096, 512, cookie, 0]);
            assert!(errno == 0 || errno == INVAL, "{cookie}: {errno}");
        }
        let fd = guest.open(3, b"a", 0, READ).unwrap();
        assert_eq!(guest.call("fd_close", &[fd]), 0);
        for bad in [fd, -1, i64::from(i32::MAX), i64::from(i32::MIN), 1 << 20] {
            for (name, params) in [
                ("fd_close", &[bad][..]),
                ("fd_sync", &[bad]),
                ("fd_read", &[bad, 64, 0, 0]),
                ("fd_pwrite", &[bad, 64, 0, 0, 0]),
                ("fd_seek", &[bad, 0, 0, 0]),
                ("fd_readdir", &[bad, 64, 8, 0, 0]),
                ("fd_renumber", &[bad, 3]),
                ("fd_renumber", &[3, bad]),
                ("fd_prestat_get", &[bad, 64]),
                ("fd_filestat_set_size", &[bad, 0]),
                ("path_unlink_file", &[bad, 64, 1]),
                ("path_symlink", &[64, 1, bad, 64, 1]),
            ] {
                assert_eq!(guest.call(name, params), BADF, "{name} {bad}");
            }
        }
        // The number is used again, for what is opened next.
        assert_eq!(guest.open(3, b"a", 0, READ), Ok(fd));
    }
}

#[test]
fn a_hundred_thousand_descriptors_are_open_at_once_and_no_more() {
    const MOST: i64 = 100_000;
    let files = MemoryFs::new();
    files.write("f", "x").unwrap();
    let settings = Wasi::builder().mount(&files, "/").max_descriptors(MOST as usize);
    let guest = Guest::new(settings);
    let start = std::time::Instant::now();
    for fd in 4..MOST {
        assert_eq!(guest.open(3, b"f", 0, READ), Ok(fd));
    }
    assert_eq!(guest.open(3, b"f", 0, READ), Err(MFILE));
    assert_eq!(guest.open(3, b"new", CREAT, WRITE), Err(MFILE));
    assert_eq!(files.list("").unwrap(), ["f"]);
    // A number moves over another again and again; each time one becomes free and is used.
    for round in 0..MOST {
        let from = 4 + (round * 7919) % (MOST - 5);
        assert_eq!(guest.call("fd_renumber", &[from, MOST - 1]), 0);
        assert_eq!(guest.open(3, b"f", 0, READ), Ok(from));
    }
    for fd in 4..MOST {
        assert_eq!(guest.call("fd_close", &[fd]), 0);
    }
    assert_eq!(guest.open(3, b"f", 0, READ), Ok(4));
    assert!(start.elapsed().as_secs() < 60, "{:?}: not linear", start.elapsed());
}

#[test]
fn a_full_disk_is_an_errno() {
    let guest = Guest::new(Wasi::builder().preopen("/dev", "/dev"));
    let full = guest.open(3, b"full", 0, WRITE).unwrap();
    assert_eq!(guest.write(full, b"x").0, NOSPC);

    let files = MemoryFs::with_capacity(10_000);
    let guest = Guest::new(Wasi::builder().mount(&files, "/"));
    let fd = guest.open(3, b"f", CREAT, FILE).unwrap();
    let (mut written, mut last) = (0, 0);
    for _ in 0..100 {
        let (errno, count) = guest.write(fd, &[7; 1000]);
        if errno != 0 {
            last = errno;
            break;
        }
        written += u64::from(count);
    }
    // As much as there was room for arrived, the last write in part.
    assert_eq!((last, files.used()), (NOSPC, 10_000));
    assert_eq!(files.read("f").unwrap().len() as u64, written);
    assert_eq!(guest.on_path("path_create_directory", &[3], b"d", &[]), NOSPC);
    assert_eq!(guest.open(3, b"g", CREAT, WRITE), Err(NOSPC));
    assert_eq!(guest.call("fd_allocate", &[fd, 0, 1 << 40]), NOSPC);
    assert_eq!(guest.call("fd_filestat_set_size", &[fd, 1 << 40]), NOSPC);
    assert_eq!(guest.call("fd_filestat_set_size", &[fd, 0]), 0);
    assert_eq!(guest.on_path("path_create_directory", &[3], b"d", &[]), 0);
    assert_eq!(guest.call("fd_close", &[fd]), 0);
    assert_eq!(guest.on_path("path_unlink_file", &[3], b"f", &[]), 0);
    assert_eq!(guest.on_path("path_remove_directory", &[3], b"d", &[]), 0);
    assert_eq!(files.used(), 0, "everything was given back");
}

#[test]
fn an_overlay_never_changes_what_is_below() {
    let folder = Folder::new("attack-overlay");
    let inside = folder.guest();
    fs::create_dir(inside.join("dir")).unwrap();
    fs::write(inside.join("dir/kept"), "kept").unwrap();
    fs::write(inside.join("file"), "below").unwrap();
    symlink("file", inside.join("link")).unwrap();
    let before = photograph(folder.path());
    let overlay = MemoryFs::over(&inside).unwrap();
    let guest = Guest::new(Wasi::builder().mount(&overlay, "/"));
    for path in ["file", "dir/kept", "dir", "link", "dir/new", "made-by-attack", "link"] {
        attack(&guest, path.as_bytes());
    }
    assert!(!overlay.changes().unwrap().is_empty());
    assert_eq!(photograph(folder.path()), before);
}

#[test]
fn one_directory_may_not_be_had_through_another() {
    // `/a` is read-only, what lies in it is given to be written under a name of its own.
    let folder = Folder::new("attack-shadow");
    fs::create_dir(folder.guest().join("b")).unwrap();
    fs::write(folder.guest().join("b/f"), "x").unwrap();
    let settings = Wasi::builder()
        .preopen_read_only(folder.guest(), "/a")
        .preopen(folder.guest().join("b"), "/a/b")
        .preopen(folder.guest().join("b"), "/a");
    let guest = Guest::new(settings);
    assert_eq!(guest.open(3, b"b/f", 0, WRITE), Err(NOTCAPABLE));
    assert_eq!(guest.open(3, b"b/new", CREAT, WRITE), Err(NOTCAPABLE));
    assert_eq!(guest.open(4, b"../f", 0, READ), Err(PERM));
    guest.open(4, b"f", 0, WRITE).unwrap();
    // Of the two named `/a`, each keeps its own rights.
    guest.open(5, b"f", 0, WRITE).unwrap();
    // Put in place of the read-only one, the other brings its rights and no more.
    assert_eq!(guest.call("fd_renumber", &[5, 3]), 0);
    guest.open(3, b"f", 0, WRITE).unwrap();
    assert_eq!(guest.open(3, b"../b/f", 0, READ), Err(PERM));
}
