//! File systems that the host implements: the same as the host's directories, in what they can do, and
//! what the host's functions see and say.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};
use wasmspan::wasi::{CustomFile, CustomFs, FileInfo, OpenMode};
use wasmspan::{ErrCode, Wasi};
use wasmspan_tests::wasi_guest::{FILE, Folder, Guest, READ, WRITE};

const CREAT: i64 = 1;
const DIRECTORY: i64 = 2;
const EXCL: i64 = 4;
const TRUNC: i64 = 8;

/// The right to change a file's size.
const SIZE: i64 = 1 << 22;

/// Shows a folder, by the plainest means.
struct Mirror {
    folder: PathBuf,
    writable: bool,
    open: Arc<AtomicUsize>,
    /// Paths that came from guests.
    seen: Mutex<Vec<String>>,
}

struct MirrorFile(File, Arc<AtomicUsize>);

impl Mirror {
    fn new(folder: PathBuf) -> Mirror {
        Mirror { folder, writable: true, open: Arc::default(), seen: Mutex::default() }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.seen.lock().unwrap().push(path.into());
        self.folder.join(path)
    }
}

fn info(metadata: &fs::Metadata) -> FileInfo {
    let modified = metadata.mtime() * 1_000_000_000 + metadata.mtime_nsec();
    FileInfo {
        directory: metadata.is_dir(),
        size: metadata.len(),
        modified: u64::try_from(modified).unwrap(),
    }
}

impl CustomFs for Mirror {
    fn info(&self, path: &str) -> Result<FileInfo> {
        Ok(info(&fs::metadata(self.at(path))?))
    }
    fn open(&self, path: &str, mode: OpenMode) -> Result<Box<dyn CustomFile>> {
        let mut options = File::options();
        options.read(true).write(mode.write).truncate(mode.truncate);
        options.create(mode.create).create_new(mode.exclusive);
        let file = options.open(self.at(path))?;
        self.open.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(MirrorFile(file, self.open.clone())))
    }
    fn list(&self, path: &str, take: &mut dyn FnMut(&str, bool)) -> Result<()> {
        for entry in fs::read_dir(self.at(path))? {
            let entry = entry?;
            take(entry.file_name().to_str().unwrap(), entry.file_type()?.is_dir());
        }
        Ok(())
    }
    fn is_read_only(&self) -> bool {
        !self.writable
    }
    fn create_directory(&self, path: &str) -> Result<()> {
        fs::create_dir(self.at(path))
    }
    fn remove_file(&self, path: &str) -> Result<()> {
        fs::remove_file(self.at(path))
    }
    fn remove_directory(&self, path: &str) -> Result<()> {
        fs::remove_dir(self.at(path))
    }
    fn rename(&self, from: &str, to: &str) -> Result<()> {
        fs::rename(self.at(from), self.at(to))
    }
    fn set_modified(&self, path: &str, time: u64) -> Result<()> {
        File::open(self.at(path))?.set_modified(UNIX_EPOCH + Duration::from_nanos(time))
    }
}

impl CustomFile for MirrorFile {
    fn info(&mut self) -> Result<FileInfo> {
        Ok(info(&self.0.metadata()?))
    }
    fn read(&mut self, at: u64, into: &mut [u8]) -> Result<usize> {
        // Fewer than are there, so that somebody has to ask again.
        let most = into.len().min(5);
        self.0.read_at(&mut into[..most], at)
    }
    fn write(&mut self, at: u64, from: &[u8]) -> Result<usize> {
        self.0.write_at(&from[..from.len().min(3)], at)
    }
    fn set_size(&mut self, size: u64) -> Result<()> {
        self.0.set_len(size)
    }
}

impl Drop for MirrorFile {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A small generator of numbers, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        &from[(self.0 >> 33) as usize % from.len()]
    }
}

const PATHS: &[&str] = &[
    "a",
    "b",
    "a/",
    "b/",
    "a/b",
    "a/a",
    "b/a",
    "a/b/a",
    "a/b/",
    "./a",
    "a/../b",
    "a/.",
    "b/..",
    "..",
    "a/../../b",
    ".",
    "./",
    "a//b",
    "missing/x",
    "missing/..",
];

/// Type and size, or the error.
fn looked_at(guest: &Guest, path: &str) -> String {
    match guest.on_path("path_filestat_get", &[3, 1], path.as_bytes(), &[256]) {
        0 if guest.bytes(256 + 16, 1)[0] == 3 => "directory".into(),
        0 => format!("file of {}", guest.long(256 + 32)),
        _ => "failure".into(),
    }
}

fn content(guest: &Guest, path: &str) -> String {
    let Ok(fd) = guest.open(3, path.as_bytes(), 0, READ) else { return "failure".into() };
    let read = guest.read(fd, 4096).map_err(|_| ());
    let mut names = guest.list(fd, 64).unwrap_or_default();
    names.sort();
    guest.ok("fd_close", &[fd]);
    format!("{read:?} {names:?}")
}

/// Success or failure; which of several faults is told first may differ.
fn outcome(errno: i32) -> String {
    if errno == 0 { "success".into() } else { "failure".into() }
}

#[test]
fn a_mirror_answers_as_the_folder_does() {
    for seed in 0..16 {
        let folder = Folder::new(&format!("mirror-{seed}"));
        let (host, mirrored) = (folder.guest(), folder.path().join("mirrored"));
        fs::create_dir(&mirrored).unwrap();
        let mirror = Arc::new(Mirror::new(mirrored));
        let guests = [
            Guest::new(Wasi::builder().preopen(&host, "/")),
            Guest::new(Wasi::builder().mount_custom(mirror.clone(), "/")),
        ];
        let mut numbers = Numbers(seed);
        for step in 0..400 {
            let (path, other) = (*numbers.pick(PATHS), *numbers.pick(PATHS));
            let oflags =
                *numbers.pick(&[0, CREAT, CREAT, CREAT | EXCL, TRUNC, DIRECTORY, CREAT | TRUNC]);
            let base = *numbers.pick(&[READ, WRITE | SIZE, FILE]);
            let fdflags = *numbers.pick(&[0, 0, 1]);
            let action = *numbers.pick(&[0, 1, 2, 3, 4, 4, 4, 5, 6]);
            let work = |guest: &Guest| {
                let one = |name| outcome(guest.on_path(name, &[3], path.as_bytes(), &[]));
                let [second, second_len] = guest.put(4096, other.as_bytes());
                match action {
                    0 => one("path_create_directory"),
                    1 => one("path_remove_directory"),
                    2 => one("path_unlink_file"),
                    3 => {
                        let to = [3, second, second_len];
                        outcome(guest.on_path("path_rename", &[3], path.as_bytes(), &to))
                    }
                    4 => match guest.open(3, path.as_bytes(), oflags, base) {
                        Ok(fd) => {
                            let text = format!("this is step {step}");
                            let _ = guest.call("fd_fdstat_set_flags", &[fd, fdflags]);
                            let wrote = outcome(guest.write(fd, text.as_bytes()).0);
                            let sized = outcome(guest.call("fd_filestat_set_size", &[fd, 9]));
                            let sought = guest.call("fd_seek", &[fd, -4, 2, 0]);
                            let at = if sought == 0 { guest.long(0) } else { 0 };
                            let wrote_again = outcome(guest.write(fd, b"!").0);
                            let read = guest.read(fd, 100).map_err(|_| ());
                            guest.put_pieces(64, &[(131_072, 3), (131_080, 40)]);
                            let there = guest.call("fd_pread", &[fd, 64, 2, 1, 0]);
                            let count = if there == 0 { guest.word(0) } else { 0 };
                            guest.ok("fd_close", &[fd]);
                            format!("{wrote} {sized} {at} {wrote_again} {read:?} {count}")
                        }
                        Err(_) => "failure".into(),
                    },
                    5 => looked_at(guest, path),
                    _ => content(guest, path),
                }
            };
            let [one, two] = [work(&guests[0]), work(&guests[1])];
            let what = format!("seed {seed}, step {step}: {action} on {path}, {other}, {oflags}");
            assert_eq!(one, two, "{what}, {base}, {fdflags}");
        }
        for path in PATHS {
            assert_eq!(looked_at(&guests[0], path), looked_at(&guests[1], path), "{path}");
            assert_eq!(content(&guests[0], path), content(&guests[1], path), "{path}");
        }
        drop(guests);
        assert_eq!(mirror.open.load(Ordering::SeqCst), 0, "files stay open");
        for path in mirror.seen.lock().unwrap().iter() {
            let clean = |part| !matches!(part, "" | "." | "..");
            assert!(path == "." || path.split('/').all(clean), "{path:?}");
        }
    }
}

#[test]
fn times_can_be_set_and_links_are_refused() {
    let folder = Folder::new("mirror-times");
    fs::write(folder.guest().join("f"), "text").unwrap();
    let guest =
        Guest::new(Wasi::builder().mount_custom(Arc::new(Mirror::new(folder.guest())), "/"));
    let set = |flags| guest.on_path("path_filestat_set_times", &[3, 0], b"f", &[5, 7, flags]);
    let modified = || {
        assert_eq!(guest.on_path("path_filestat_get", &[3, 0], b"f", &[256]), 0);
        guest.long(256 + 48)
    };
    assert_eq!(set(4), 0);
    assert_eq!(modified(), 7);
    assert_eq!(set(1), 0, "the time of access is nobody's");
    assert_eq!(modified(), 7);
    assert_eq!(set(8), 0);
    assert!(modified() > 1_700_000_000_000_000_000);
    let fd = guest.open(3, b"f", 0, FILE).unwrap();
    guest.ok("fd_filestat_set_times", &[fd, 0, 9, 4]);
    assert_eq!(modified(), 9);
    guest.ok("fd_sync", &[fd]);
    guest.ok("fd_advise", &[fd, 0, 4, 0]);
    guest.ok("fd_allocate", &[fd, 0, 10]);
    assert_eq!(fs::read(folder.guest().join("f")).unwrap(), b"text\0\0\0\0\0\0");

    let [at, len] = guest.put(4096, b"new");
    assert_eq!(guest.on_path("path_link", &[3, 0], b"f", &[3, at, len]), 58);
    assert_eq!(guest.on_path("path_symlink", &[at, len, 3], b"l", &[]), 58);
    assert_eq!(guest.on_path("path_readlink", &[3], b"f", &[256, 100, 0]), 28);
}

#[test]
fn nothing_moves_to_another_file_system() {
    let folder = Folder::new("mirror-two");
    fs::write(folder.guest().join("f"), "x").unwrap();
    let (one, two) = (Mirror::new(folder.guest()), Mirror::new(folder.path().join("outside")));
    let one = Arc::new(one);
    let settings = Wasi::builder()
        .mount_custom(one.clone(), "/1")
        .mount_custom(Arc::new(two), "/2")
        .mount_custom(one, "/3")
        .preopen(folder.guest(), "/4");
    let guest = Guest::new(settings);
    let [at, len] = guest.put(4096, b"g");
    for (from, to, errno) in [(3, 4, 75), (3, 6, 75), (6, 3, 75), (3, 5, 0)] {
        assert_eq!(
            guest.on_path("path_rename", &[from], b"f", &[to, at, len]),
            errno,
            "{from} {to}"
        );
    }
}

#[test]
fn entries_that_go_while_a_listing_runs_do_not_move_the_others() {
    let folder = Folder::new("mirror-list");
    for number in 0..300 {
        fs::write(folder.guest().join(format!("{number:03}")), "").unwrap();
    }
    let mirror = Mirror::new(folder.guest());
    let guest = Guest::new(Wasi::builder().mount_custom(Arc::new(mirror), "/"));
    let (mut cookie, mut seen) = (0, Vec::new());
    loop {
        guest.ok("fd_readdir", &[3, 131_072, 40, cookie, 0]);
        let used = guest.word(0) as usize;
        if used < 27 {
            break;
        }
        cookie = guest.long(131_072).cast_signed();
        let len = guest.word(131_072 + 16) as usize;
        let name = String::from_utf8(guest.bytes(131_072 + 24, len)).unwrap();
        if name.len() == 3 {
            guest.on_path("path_unlink_file", &[3], name.as_bytes(), &[]);
            seen.push(name);
        }
    }
    seen.sort();
    assert_eq!(seen.len(), 300);
    seen.dedup();
    assert_eq!(seen.len(), 300);
    assert_eq!(guest.list(3, 4096).unwrap(), [".", ".."]);
}

#[test]
fn without_rights_nothing_changes() {
    let folder = Folder::new("mirror-read-only");
    fs::write(folder.guest().join("f"), "x").unwrap();
    let read_only = Mirror { writable: false, ..Mirror::new(folder.guest()) };
    let writable = Mirror::new(folder.guest());
    for settings in [
        Wasi::builder().mount_custom(Arc::new(read_only), "/"),
        Wasi::builder().mount_custom_read_only(Arc::new(writable), "/"),
    ] {
        let guest = Guest::new(settings);
        assert_eq!(guest.open(3, b"f", 0, READ | WRITE), Err(76));
        assert_eq!(guest.open(3, b"g", CREAT, READ), Err(76));
        assert_eq!(guest.open(3, b"f", TRUNC, READ), Err(76));
        assert_eq!(guest.on_path("path_unlink_file", &[3], b"f", &[]), 76);
        assert_eq!(guest.on_path("path_create_directory", &[3], b"d", &[]), 76);
        let fd = guest.open(3, b"f", 0, READ).unwrap();
        assert_eq!(guest.read(fd, 10).unwrap(), b"x");
    }
}

/// Fails as it is told.
struct Failing(fn() -> Error);

impl CustomFs for Failing {
    fn info(&self, path: &str) -> Result<FileInfo> {
        match path {
            "." => Ok(FileInfo::directory()),
            "f" => Ok(FileInfo::file(u64::MAX)),
            _ => Err(self.0()),
        }
    }
    fn open(&self, _: &str, _: OpenMode) -> Result<Box<dyn CustomFile>> {
        Ok(Box::new(Failing(self.0)))
    }
    fn list(&self, _: &str, take: &mut dyn FnMut(&str, bool)) -> Result<()> {
        for name in ["good", "", ".", "..", "a/b", "zero\0"] {
            take(name, false);
        }
        Ok(())
    }
    fn is_read_only(&self) -> bool {
        false
    }
}

impl CustomFile for Failing {
    fn info(&mut self) -> Result<FileInfo> {
        Ok(FileInfo::file(u64::MAX))
    }
    fn read(&mut self, at: u64, into: &mut [u8]) -> Result<usize> {
        // More than there is room for, once.
        if at == 0 { Ok(into.len() + 1000) } else { Err(self.0()) }
    }
}

#[test]
fn errors_are_the_guests_and_nothing_that_is_said_does_harm() {
    let cases: [(fn() -> Error, i32); 6] = [
        (|| Error::from_raw_os_error(13), 2),
        (|| Error::from_raw_os_error(4), 29),
        (|| Error::from_raw_os_error(-1), 29),
        (|| ErrorKind::StorageFull.into(), 51),
        (|| ErrorKind::ReadOnlyFilesystem.into(), 69),
        (|| Error::other("no number"), 29),
    ];
    for (error, errno) in cases {
        let guest = Guest::new(Wasi::builder().mount_custom(Arc::new(Failing(error)), "/"));
        assert_eq!(guest.open(3, b"other", 0, READ), Err(errno));
        let fd = guest.open(3, b"f", 0, FILE).unwrap();
        assert_eq!(guest.read(fd, 8).unwrap().len(), 8);
        assert_eq!(guest.read(fd, 8), Err(errno), "where reading begins");
        assert_eq!(guest.write(fd, b"x").0, 69, "there is no function");
        assert_eq!(guest.call("fd_seek", &[fd, 0, 2, 0]), 28, "a file that can't be so long");
        assert_eq!(guest.list(3, 4096).unwrap(), [".", "..", "good"]);
    }
}

/// Panics, which a guest must survive as a host.
struct Panicking;

impl CustomFs for Panicking {
    fn info(&self, path: &str) -> Result<FileInfo> {
        match path {
            "." => Ok(FileInfo::directory()),
            _ => panic!("as told"),
        }
    }
    fn open(&self, _: &str, _: OpenMode) -> Result<Box<dyn CustomFile>> {
        panic!("as told")
    }
    fn list(&self, _: &str, _: &mut dyn FnMut(&str, bool)) -> Result<()> {
        panic!("as told")
    }
}

#[test]
fn a_panic_ends_the_call_and_nothing_else() {
    let guest = Guest::new(Wasi::builder().mount_custom(Arc::new(Panicking), "/"));
    for _ in 0..2 {
        guest.put(1024, b"f");
        let error = guest.try_call("path_filestat_get", &[3, 0, 1024, 1, 256]).unwrap_err();
        assert_eq!(error.code(), ErrCode::HostFuncError);
        assert!(error.to_string().contains("as told"), "{error}");
        let error = guest.try_call("fd_readdir", &[3, 0, 100, 0, 0]).unwrap_err();
        assert!(error.to_string().contains("as told"), "{error}");
    }
    guest.ok("fd_filestat_get", &[3, 256]);
}
