//! Files and directories as a WASI guest sees them, and what it must not reach.

use std::fs;
use std::os::unix::fs::symlink;
use wasmspan::Wasi;
use wasmspan::wasi::{Output, OutputBuffer};
use wasmspan::{Module, Store};
use wasmspan_tests::old_kernel;
use wasmspan_tests::wasi_guest::{Folder, Guest, READ, WRITE, photograph};

const BADF: i32 = 8;
const FAULT: i32 = 21;
const ILSEQ: i32 = 25;
const INVAL: i32 = 28;
const MFILE: i32 = 33;
const NOTCAPABLE: i32 = 76;

#[test]
fn a_program_of_the_c_library_uses_files() {
    let folder = Folder::new("libc");
    let out = OutputBuffer::with_limit(4096);
    let settings = Wasi::builder()
        .args(["files", "/data"])
        .preopen(folder.guest(), "/data")
        .stdout(Output::Buffer(out.clone()));
    let wasi = settings.build().unwrap();
    let store = Store::new();
    store.register("wasi_snapshot_preview1", wasi.instance()).unwrap();
    let bytes = include_bytes!("../wasm/files.wasm");
    let instance = Module::new(bytes).unwrap().instantiate(&store).unwrap();
    let result = instance.call("_start", &[]);
    let printed = String::from_utf8(out.contents()).unwrap();
    assert_eq!((printed.as_str(), wasi.exit_code()), ("all is well\n", 0), "{result:?}");
    assert_eq!(fs::read_dir(folder.guest()).unwrap().count(), 0);
}

#[test]
fn no_path_leads_out_of_a_directory() {
    let folder = Folder::new("escape");
    let inside = folder.guest();
    let links = [
        ("up", ".."),
        ("out", "../outside"),
        ("secret", "../outside/secret"),
        ("slash", "../outside/"),
        ("chain", "out"),
        ("proc", "/proc/self/root"),
        ("fd", "/proc/self/fd/0"),
        ("dev", "/dev/fd"),
        ("dangling", "../outside/new"),
        ("loop", "loop"),
    ];
    for (name, target) in links {
        symlink(target, inside.join(name)).unwrap();
    }
    symlink(folder.outside(), inside.join("absolute")).unwrap();
    symlink("up", inside.join("link-0")).unwrap();
    for i in 1..42 {
        symlink(format!("link-{}", i - 1), inside.join(format!("link-{i}"))).unwrap();
    }
    fs::create_dir(inside.join("dir")).unwrap();
    fs::write(inside.join("file"), "x").unwrap();
    let before = photograph(&folder.outside());
    let host = folder.outside().join("secret").to_str().unwrap().to_string();
    let mut paths: Vec<Vec<u8>> = [
        "..",
        "../..",
        "../outside/secret",
        "dir/../../outside/secret",
        "./../outside/secret",
        "dir/../..",
        "/",
        "/etc/passwd",
        "//",
        "",
        "up/",
        "up/outside/secret",
        "out/secret",
        "out/inner",
        "out/new",
        "secret/",
        "slash/secret",
        "chain/secret",
        "proc/etc/passwd",
        "fd/",
        "dev/0",
        "dangling/",
        "loop/",
        "loop/x",
        "absolute/secret",
        "absolute/inner",
        "link-41/outside/secret",
        "link-3/outside/secret",
        "file/../../outside/secret",
    ]
    .map(|path| path.as_bytes().to_vec())
    .into();
    paths.extend([host.into_bytes(), b"a\0".to_vec(), b"\xff\xfe".to_vec(), vec![b'a'; 65_000]]);
    for read_only in [false, true] {
        let settings = if read_only {
            Wasi::builder().preopen_read_only(&inside, "/")
        } else {
            Wasi::builder().preopen(&inside, "/")
        };
        let guest = Guest::new(settings);
        for path in &paths {
            let shown = String::from_utf8_lossy(&path[..path.len().min(60)]).into_owned();
            let [at, len] = guest.put(1024, path);
            let [file, file_len] = guest.put(128, b"file");
            let attempts: &[(&str, &[i64])] = &[
                ("path_filestat_get", &[3, 1, at, len, 0]),
                ("path_filestat_set_times", &[3, 1, at, len, 1, 1, 5]),
                ("path_create_directory", &[3, at, len]),
                ("path_link", &[3, 0, file, file_len, 3, at, len]),
                ("path_symlink", &[file, file_len, 3, at, len]),
                ("path_rename", &[3, file, file_len, 3, at, len]),
                ("path_remove_directory", &[3, at, len]),
                ("path_open", &[3, 1, at, len, 0, READ, -1, 0, 0]),
                ("path_open", &[3, 1, at, len, 1, READ | WRITE, -1, 0, 0]),
                ("path_open", &[3, 1, at, len, 9, WRITE, -1, 0, 0]),
                ("path_open", &[3, 1, at, len, 2, 0, -1, 0, 0]),
            ];
            for (name, params) in attempts {
                assert_ne!(guest.call(name, params), 0, "{name} of {shown:?}");
            }
        }
        // The last link itself may be looked at, but not followed.
        for (name, target) in links.iter().filter(|(name, _)| *name != "loop") {
            let [at, len] = guest.put(1024, name.as_bytes());
            assert_eq!(guest.call("path_filestat_get", &[3, 0, at, len, 0]), 0, "{name}");
            assert!(guest.open(3, name.as_bytes(), 0, READ).is_err(), "{name}");
            assert!(guest.open(3, name.as_bytes(), 1, READ | WRITE).is_err(), "{name}");
            assert_ne!(guest.call("path_filestat_set_times", &[3, 1, at, len, 1, 1, 5]), 0);
            let read = guest.call("path_readlink", &[3, at, len, 4096, 256, 0]);
            assert_eq!(read == 0, !target.starts_with('/'), "{name}");
        }
        let [at, len] = guest.put(1024, b"/etc");
        let [new, new_len] = guest.put(128, b"new");
        assert_ne!(guest.call("path_symlink", &[at, len, 3, new, new_len]), 0);
    }
    assert_eq!(photograph(&folder.outside()), before);
    assert!(inside.join("file").exists() && inside.join("dir").exists());
}

#[test]
fn bad_pointers_lengths_and_cookies_are_errors() {
    let folder = Folder::new("pointers");
    let guest = Guest::new(Wasi::builder().preopen(folder.guest(), "/"));
    let end = 4 * 65_536;
    assert_eq!(guest.call("path_create_directory", &[3, end - 1, 2]), FAULT);
    assert_eq!(guest.call("path_create_directory", &[3, 0, -1]), FAULT);
    let [at, len] = guest.put(1024, b"\xff");
    assert_eq!(guest.call("path_create_directory", &[3, at, len]), ILSEQ);
    let [at, len] = guest.put(1024, b"a\0");
    assert_eq!(guest.call("path_create_directory", &[3, at, len]), INVAL);
    assert_eq!(guest.call("fd_readdir", &[3, end - 8, 16, 0, 0]), FAULT);
    assert_eq!(guest.call("fd_readdir", &[3, 4096, 16, -1, 0]), INVAL);
    for room in [0, 1, 23, 24] {
        assert_eq!(guest.call("fd_readdir", &[3, 4096, room, 0, 0]), 0);
        assert_eq!(i64::from(guest.word(0)), room);
    }
    let file = guest.open(3, b"f", 1, READ | WRITE).unwrap();
    for name in ["fd_read", "fd_write"] {
        assert_eq!(guest.call(name, &[file, 0, 1025, 0]), INVAL);
        assert_eq!(guest.call(name, &[file, 0, -1, 0]), INVAL);
        assert_eq!(guest.call(name, &[file, end - 4, 1, 0]), FAULT);
    }
    assert_ne!(guest.call("fd_allocate", &[file, 0, i64::MAX]), 0);
    assert_eq!(fs::read_dir(folder.guest()).unwrap().count(), 1);
}

#[test]
fn read_only_directories_are_not_changed() {
    let folder = Folder::new("read-only");
    fs::write(folder.guest().join("f"), "old").unwrap();
    let settings =
        Wasi::builder().preopen_read_only(folder.guest(), "/ro").preopen(folder.outside(), "/rw");
    let guest = Guest::new(settings);
    let before = photograph(&folder.guest());
    for (oflags, base) in [(1, READ), (8, READ), (0, WRITE), (9, READ | WRITE)] {
        assert_eq!(guest.open(3, b"f", oflags, base), Err(NOTCAPABLE), "{oflags} {base}");
    }
    // What is not asked to be written opens, and may not be written.
    let file = guest.open(3, b"f", 0, !WRITE).unwrap();
    assert_eq!(guest.call("fd_allocate", &[file, 0, 10]), NOTCAPABLE);
    assert_eq!(guest.call("fd_write", &[file, 64, 0, 0]), NOTCAPABLE);
    let below = guest.open(3, b".", 2, 0).unwrap();
    assert_eq!(guest.open(below, b"f", 1, READ), Err(NOTCAPABLE));
    let ([f, f_len], [n, n_len]) = (guest.put(1024, b"f"), guest.put(128, b"secret"));
    let denied: &[(&str, &[i64])] = &[
        ("path_link", &[3, 0, f, f_len, 4, 200, 1]),
        ("path_link", &[4, 0, n, n_len, 3, 200, 1]),
        ("path_rename", &[3, f, f_len, 4, 200, 1]),
        ("path_rename", &[4, n, n_len, 3, 200, 1]),
        ("path_filestat_set_times", &[3, 0, f, f_len, 1, 1, 5]),
        ("path_unlink_file", &[3, f, f_len]),
        ("path_create_directory", &[3, n, n_len]),
        ("path_symlink", &[f, f_len, 3, n, n_len]),
    ];
    for (name, params) in denied {
        assert_eq!(guest.call(name, params), NOTCAPABLE, "{name}");
    }
    assert_eq!(photograph(&folder.guest()), before);
}

#[test]
fn rights_only_shrink() {
    let folder = Folder::new("rights");
    let guest = Guest::new(Wasi::builder().preopen(folder.guest(), "/"));
    let file = guest.open(3, b"f", 1, READ | WRITE).unwrap();
    assert_eq!(guest.call("fd_fdstat_set_rights", &[file, READ, 0]), 0);
    assert_eq!(guest.call("fd_write", &[file, 64, 0, 0]), NOTCAPABLE);
    assert_eq!(guest.call("fd_fdstat_set_rights", &[file, READ | WRITE, 0]), NOTCAPABLE);
    assert_eq!(guest.call("fd_read", &[file, 64, 0, 0]), 0);
    // A directory that passes on reading only.
    assert_eq!(guest.call("fd_fdstat_set_rights", &[3, 1 << 13, READ]), 0);
    assert_eq!(guest.open(3, b"f", 0, READ | WRITE), Err(NOTCAPABLE));
    assert_eq!(guest.open(3, b"new", 1, READ), Err(NOTCAPABLE));
    guest.open(3, b"f", 0, READ).unwrap();
}

#[test]
fn directories_keep_the_rights_of_the_one_they_were_opened_in() {
    const CREAT_AND_TRUNC: i64 = 1 | 8;
    const READDIR: i64 = 1 << 14;
    let folder = Folder::new("inherited");
    fs::create_dir(folder.guest().join("d")).unwrap();
    let guest = Guest::new(Wasi::builder().preopen(folder.guest(), "/"));
    // As Go's os.Root opens a directory: to be read.
    for below in [guest.open(3, b"d", 2, READDIR), guest.open(3, b"d", 0, 0)] {
        let below = below.unwrap();
        let file = guest.open(below, b"new", CREAT_AND_TRUNC, READ | WRITE).unwrap();
        assert_eq!(guest.write(file, b"text"), (0, 4));
        assert_eq!(guest.on_path("path_create_directory", &[below], b"e", &[]), 0);
        assert_eq!(guest.on_path("path_remove_directory", &[below], b"e", &[]), 0);
        let inner = guest.open(below, b".", 2, 0).unwrap();
        guest.open(inner, b"new", CREAT_AND_TRUNC, READ | WRITE).unwrap();
    }
    // What was given up stays given up, for all that is opened from there.
    let below = guest.open(3, b"d", 2, READDIR).unwrap();
    guest.ok("fd_fdstat_set_rights", &[below, 1 << 13, READ | 1 << 13]);
    let inner = guest.open(below, b".", 2, 0).unwrap();
    assert_eq!(guest.open(inner, b"new", 0, WRITE), Err(NOTCAPABLE));
    assert_eq!(guest.on_path("path_create_directory", &[inner], b"e", &[]), NOTCAPABLE);
}

#[test]
fn descriptors_are_limited_renumbered_and_closed() {
    let folder = Folder::new("descriptors");
    let guest = Guest::new(Wasi::builder().preopen(folder.guest(), "/a//b/").preopen("/", "."));
    assert_eq!(guest.call("fd_prestat_get", &[3, 16]), 0);
    assert_eq!((guest.word(16), guest.word(20)), (0, 4));
    assert_eq!(guest.call("fd_prestat_dir_name", &[3, 16, 3]), 37);
    assert_eq!(guest.call("fd_prestat_dir_name", &[3, 16, 4]), 0);
    assert_eq!(guest.bytes(16, 4), b"/a/b");
    assert_eq!(guest.call("fd_prestat_get", &[5, 16]), BADF);

    // 0, 1, 2, 3 and 4 are open.
    let limit = wasmspan::limits::MAX_WASI_DESCRIPTORS as i64;
    for fd in 5..limit {
        assert_eq!(guest.open(3, b"f", 1, READ), Ok(fd));
    }
    assert_eq!(guest.open(3, b"not-made", 1, READ), Err(MFILE));
    assert!(!folder.guest().join("not-made").exists());
    assert_eq!(guest.call("fd_close", &[100]), 0);
    assert_eq!(guest.open(3, b"f", 0, READ), Ok(100));

    for (from, to, errno) in
        [(7, 7, 0), (7, -1, BADF), (-1, 7, BADF), (7, limit, BADF), (7, i64::from(i32::MAX), BADF)]
    {
        assert_eq!(guest.call("fd_renumber", &[from, to]), errno, "{from} {to}");
    }
    assert_eq!(guest.call("fd_renumber", &[7, 8]), 0);
    assert_eq!(guest.call("fd_close", &[7]), BADF);
    assert_eq!(guest.call("fd_renumber", &[8, 7]), BADF);
    assert_eq!(guest.call("fd_renumber", &[1, 9]), 0, "a stream can move");
    assert_eq!(guest.call("fd_renumber", &[10, 4]), 0, "and a directory be replaced");
    assert_eq!(guest.call("fd_prestat_get", &[4, 16]), BADF);
    assert_eq!(guest.call("fd_close", &[3]), 0);
    assert_eq!(guest.open(3, b"f", 0, READ), Err(BADF));
}

#[test]
fn pipes_hold_nobody_up() {
    let folder = Folder::new("pipes");
    let made = std::process::Command::new("mkfifo").arg(folder.guest().join("p")).status();
    assert!(made.unwrap().success());
    let guest = Guest::new(Wasi::builder().preopen(folder.guest(), "/"));
    guest.open(3, b"p", 0, READ).unwrap();
    let [at, len] = guest.put(1024, b"p");
    assert_eq!(guest.call("path_filestat_set_times", &[3, 1, at, len, 1, 1, 5]), 0);
    assert_eq!(guest.call("fd_seek", &[5, 0, 0, 0]), BADF);
    assert_eq!(guest.call("fd_seek", &[4, 1, 0, 0]), NOTCAPABLE);
}

#[test]
fn all_of_it_holds_where_paths_are_resolved_part_by_part() {
    if !old_kernel::is_old() {
        old_kernel::run_all_but("all_of_it_holds_where_paths_are_resolved_part_by_part");
    }
}
