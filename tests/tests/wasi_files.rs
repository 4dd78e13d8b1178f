//! Files and directories as a WASI guest sees them, and what it must not reach.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use wasmspan::wasi::{Output, OutputBuffer, WasiBuilder};
use wasmspan::{Instance, Module, Store, Val, Wasi};

const BADF: i32 = 8;
const FAULT: i32 = 21;
const ILSEQ: i32 = 25;
const INVAL: i32 = 28;
const MFILE: i32 = 33;
const NOTCAPABLE: i32 = 76;

/// Name and parameters of the functions used here; `i` is `i32`, `I` is `i64`.
const FUNCTIONS: &[(&str, &str)] = &[
    ("fd_close", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_rights", "iII"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_prestat_get", "ii"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiiIi"),
    ("fd_renumber", "ii"),
    ("fd_seek", "iIii"),
    ("fd_allocate", "iII"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiiIIi"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiiIIii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
];

/// A folder of this test, empty, that goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("wasmspan-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("guest")).unwrap();
        fs::create_dir_all(path.join("outside/inner")).unwrap();
        fs::write(path.join("outside/secret"), "secret").unwrap();
        Folder(path)
    }

    fn guest(&self) -> PathBuf {
        self.0.join("guest")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn guest(settings: WasiBuilder) -> Instance {
    let (mut imports, mut wrappers) = (String::new(), String::new());
    for (name, letters) in FUNCTIONS {
        let list: Vec<&str> =
            letters.chars().map(|c| if c == 'i' { "i32" } else { "i64" }).collect();
        let ty = format!("(param {}) (result i32)", list.join(" "));
        imports += &format!("(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} {ty}))\n");
        let gets: String = (0..letters.len()).map(|i| format!("(local.get {i})")).collect();
        wrappers += &format!("(func (export \"{name}\") {ty} (call ${name} {gets}))\n");
    }
    let text = format!("(module {imports} (memory (export \"memory\") 4) {wrappers})");
    let wasi = settings.build().unwrap();
    let store = Store::new();
    store.register("wasi_snapshot_preview1", wasi.instance()).unwrap();
    Module::new(text).unwrap().instantiate(&store).unwrap()
}

fn call(instance: &Instance, name: &str, params: &[i64]) -> i32 {
    let letters = FUNCTIONS.iter().find(|(known, _)| *known == name).unwrap().1;
    assert_eq!(letters.len(), params.len(), "{name}");
    let values: Vec<Val> = letters
        .chars()
        .zip(params)
        .map(|(c, value)| if c == 'i' { Val::I32(*value as i32) } else { Val::I64(*value) })
        .collect();
    instance.call(name, &values).unwrap()[0].i32().unwrap()
}

fn word(instance: &Instance, at: usize) -> u32 {
    instance.get_memory("memory").unwrap().read_value(at).unwrap()
}

/// Puts a path into memory; gives where, and its length.
fn put(instance: &Instance, at: i64, path: &[u8]) -> [i64; 2] {
    instance.get_memory("memory").unwrap().write(at as usize, path).unwrap();
    [at, path.len() as i64]
}

/// Opens a path with all rights there may be; gives the descriptor.
fn open(instance: &Instance, fd: i64, path: &[u8], oflags: i64, base: i64) -> Result<i64, i32> {
    let [at, len] = put(instance, 1024, path);
    match call(instance, "path_open", &[fd, 1, at, len, oflags, base, -1, 0, 0]) {
        0 => Ok(i64::from(word(instance, 0))),
        errno => Err(errno),
    }
}

const READ: i64 = 1 << 1;
const WRITE: i64 = 1 << 6;

/// Every file below a folder, with content, kind and time of change.
fn photograph(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let mut found = BTreeMap::new();
    let own = fs::metadata(folder).unwrap();
    found.insert(folder.into(), (Vec::new(), own.modified().unwrap()));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(photograph(&path));
        } else {
            let time = fs::metadata(&path).unwrap().modified().unwrap();
            found.insert(path.clone(), (fs::read(&path).unwrap(), time));
        }
    }
    found
}

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
    symlink(folder.0.join("outside"), inside.join("absolute")).unwrap();
    symlink("up", inside.join("link-0")).unwrap();
    for i in 1..42 {
        symlink(format!("link-{}", i - 1), inside.join(format!("link-{i}"))).unwrap();
    }
    fs::create_dir(inside.join("dir")).unwrap();
    fs::write(inside.join("file"), "x").unwrap();
    let before = photograph(&folder.0.join("outside"));
    let host = folder.0.join("outside/secret").to_str().unwrap().to_string();
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
        let guest = guest(settings);
        for path in &paths {
            let shown = String::from_utf8_lossy(&path[..path.len().min(60)]).into_owned();
            let [at, len] = put(&guest, 1024, path);
            let [file, file_len] = put(&guest, 128, b"file");
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
                assert_ne!(call(&guest, name, params), 0, "{name} of {shown:?}");
            }
        }
        // The last link itself may be looked at, but not followed.
        for (name, target) in links.iter().filter(|(name, _)| *name != "loop") {
            let [at, len] = put(&guest, 1024, name.as_bytes());
            assert_eq!(call(&guest, "path_filestat_get", &[3, 0, at, len, 0]), 0, "{name}");
            assert!(open(&guest, 3, name.as_bytes(), 0, READ).is_err(), "{name}");
            assert!(open(&guest, 3, name.as_bytes(), 1, READ | WRITE).is_err(), "{name}");
            assert_ne!(call(&guest, "path_filestat_set_times", &[3, 1, at, len, 1, 1, 5]), 0);
            let read = call(&guest, "path_readlink", &[3, at, len, 4096, 256, 0]);
            assert_eq!(read == 0, !target.starts_with('/'), "{name}");
        }
        let [at, len] = put(&guest, 1024, b"/etc");
        let [new, new_len] = put(&guest, 128, b"new");
        assert_ne!(call(&guest, "path_symlink", &[at, len, 3, new, new_len]), 0);
    }
    assert_eq!(photograph(&folder.0.join("outside")), before);
    assert!(inside.join("file").exists() && inside.join("dir").exists());
}

#[test]
fn bad_pointers_lengths_and_cookies_are_errors() {
    let folder = Folder::new("pointers");
    let guest = guest(Wasi::builder().preopen(folder.guest(), "/"));
    let end = 4 * 65_536;
    assert_eq!(call(&guest, "path_create_directory", &[3, end - 1, 2]), FAULT);
    assert_eq!(call(&guest, "path_create_directory", &[3, 0, -1]), FAULT);
    let [at, len] = put(&guest, 1024, b"\xff");
    assert_eq!(call(&guest, "path_create_directory", &[3, at, len]), ILSEQ);
    let [at, len] = put(&guest, 1024, b"a\0");
    assert_eq!(call(&guest, "path_create_directory", &[3, at, len]), INVAL);
    assert_eq!(call(&guest, "fd_readdir", &[3, end - 8, 16, 0, 0]), FAULT);
    assert_eq!(call(&guest, "fd_readdir", &[3, 4096, 16, -1, 0]), INVAL);
    for room in [0, 1, 23, 24] {
        assert_eq!(call(&guest, "fd_readdir", &[3, 4096, room, 0, 0]), 0);
        assert_eq!(i64::from(word(&guest, 0)), room);
    }
    let file = open(&guest, 3, b"f", 1, READ | WRITE).unwrap();
    for name in ["fd_read", "fd_write"] {
        assert_eq!(call(&guest, name, &[file, 0, 1025, 0]), INVAL);
        assert_eq!(call(&guest, name, &[file, 0, -1, 0]), INVAL);
        assert_eq!(call(&guest, name, &[file, end - 4, 1, 0]), FAULT);
    }
    assert_ne!(call(&guest, "fd_allocate", &[file, 0, i64::MAX]), 0);
    assert_eq!(fs::read_dir(folder.guest()).unwrap().count(), 1);
}

#[test]
fn read_only_directories_are_not_changed() {
    let folder = Folder::new("read-only");
    fs::write(folder.guest().join("f"), "old").unwrap();
    let settings = Wasi::builder()
        .preopen_read_only(folder.guest(), "/ro")
        .preopen(folder.0.join("outside"), "/rw");
    let guest = guest(settings);
    let before = photograph(&folder.guest());
    for (oflags, base) in [(1, READ), (8, READ), (0, WRITE), (9, READ | WRITE)] {
        assert_eq!(open(&guest, 3, b"f", oflags, base), Err(NOTCAPABLE), "{oflags} {base}");
    }
    // What is not asked to be written opens, and may not be written.
    let file = open(&guest, 3, b"f", 0, !WRITE).unwrap();
    assert_eq!(call(&guest, "fd_allocate", &[file, 0, 10]), NOTCAPABLE);
    assert_eq!(call(&guest, "fd_write", &[file, 64, 0, 0]), NOTCAPABLE);
    let below = open(&guest, 3, b".", 2, 0).unwrap();
    assert_eq!(open(&guest, below, b"f", 1, READ), Err(NOTCAPABLE));
    let ([f, f_len], [n, n_len]) = (put(&guest, 1024, b"f"), put(&guest, 128, b"secret"));
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
        assert_eq!(call(&guest, name, params), NOTCAPABLE, "{name}");
    }
    assert_eq!(photograph(&folder.guest()), before);
}

#[test]
fn rights_only_shrink() {
    let folder = Folder::new("rights");
    let guest = guest(Wasi::builder().preopen(folder.guest(), "/"));
    let file = open(&guest, 3, b"f", 1, READ | WRITE).unwrap();
    assert_eq!(call(&guest, "fd_fdstat_set_rights", &[file, READ, 0]), 0);
    assert_eq!(call(&guest, "fd_write", &[file, 64, 0, 0]), NOTCAPABLE);
    assert_eq!(call(&guest, "fd_fdstat_set_rights", &[file, READ | WRITE, 0]), NOTCAPABLE);
    assert_eq!(call(&guest, "fd_read", &[file, 64, 0, 0]), 0);
    // A directory that passes on reading only.
    assert_eq!(call(&guest, "fd_fdstat_set_rights", &[3, 1 << 13, READ]), 0);
    assert_eq!(open(&guest, 3, b"f", 0, READ | WRITE), Err(NOTCAPABLE));
    assert_eq!(open(&guest, 3, b"new", 1, READ), Err(NOTCAPABLE));
    open(&guest, 3, b"f", 0, READ).unwrap();
}

#[test]
fn descriptors_are_limited_renumbered_and_closed() {
    let folder = Folder::new("descriptors");
    let guest = guest(Wasi::builder().preopen(folder.guest(), "/a//b/").preopen("/", "."));
    assert_eq!(call(&guest, "fd_prestat_get", &[3, 16]), 0);
    assert_eq!((word(&guest, 16), word(&guest, 20)), (0, 3));
    assert_eq!(call(&guest, "fd_prestat_dir_name", &[3, 16, 2]), 37);
    assert_eq!(call(&guest, "fd_prestat_dir_name", &[3, 16, 3]), 0);
    assert_eq!(word(&guest, 16) & 0xFF_FFFF, u32::from_le_bytes(*b"a/b\0"));
    assert_eq!(call(&guest, "fd_prestat_get", &[5, 16]), BADF);

    // 0, 1, 2, 3 and 4 are open.
    let limit = wasmspan::limits::MAX_WASI_DESCRIPTORS as i64;
    for fd in 5..limit {
        assert_eq!(open(&guest, 3, b"f", 1, READ), Ok(fd));
    }
    assert_eq!(open(&guest, 3, b"not-made", 1, READ), Err(MFILE));
    assert!(!folder.guest().join("not-made").exists());
    assert_eq!(call(&guest, "fd_close", &[100]), 0);
    assert_eq!(open(&guest, 3, b"f", 0, READ), Ok(100));

    for (from, to, errno) in
        [(7, 7, 0), (7, -1, BADF), (-1, 7, BADF), (7, limit, BADF), (7, i64::from(i32::MAX), BADF)]
    {
        assert_eq!(call(&guest, "fd_renumber", &[from, to]), errno, "{from} {to}");
    }
    assert_eq!(call(&guest, "fd_renumber", &[7, 8]), 0);
    assert_eq!(call(&guest, "fd_close", &[7]), BADF);
    assert_eq!(call(&guest, "fd_renumber", &[8, 7]), BADF);
    assert_eq!(call(&guest, "fd_renumber", &[1, 9]), 0, "a stream can move");
    assert_eq!(call(&guest, "fd_renumber", &[10, 4]), 0, "and a directory be replaced");
    assert_eq!(call(&guest, "fd_prestat_get", &[4, 16]), BADF);
    assert_eq!(call(&guest, "fd_close", &[3]), 0);
    assert_eq!(open(&guest, 3, b"f", 0, READ), Err(BADF));
}

#[test]
fn pipes_hold_nobody_up() {
    let folder = Folder::new("pipes");
    let made = std::process::Command::new("mkfifo").arg(folder.guest().join("p")).status();
    assert!(made.unwrap().success());
    let guest = guest(Wasi::builder().preopen(folder.guest(), "/"));
    open(&guest, 3, b"p", 0, READ).unwrap();
    let [at, len] = put(&guest, 1024, b"p");
    assert_eq!(call(&guest, "path_filestat_set_times", &[3, 1, at, len, 1, 1, 5]), 0);
    assert_eq!(call(&guest, "fd_seek", &[5, 0, 0, 0]), BADF);
    assert_eq!(call(&guest, "fd_seek", &[4, 1, 0, 0]), NOTCAPABLE);
}
