//! The file system in memory and the overlay: the same as the host's directories, and what the host
//! can see of them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use wasmspan::wasi::{ChangeKind, MemoryFs, Output, OutputBuffer, WasiBuilder};
use wasmspan::{Module, Store, Wasi};
use wasmspan_tests::wasi_guest::{Folder, Guest, PATHS as ALL, READ, WRITE};

const CREAT: i64 = 1;
const DIRECTORY: i64 = 2;
const EXCL: i64 = 4;
const TRUNC: i64 = 8;

/// The right to change a file's size.
const SIZE: i64 = 1 << 22;

fn run_files(settings: WasiBuilder) {
    let out = OutputBuffer::with_limit(4096);
    let settings = settings.args(["files", "/data"]).stdout(Output::Buffer(out.clone()));
    let wasi = settings.build().unwrap();
    let store = Store::new();
    store.register("wasi_snapshot_preview1", wasi.instance()).unwrap();
    let bytes = include_bytes!("../wasm/files.wasm");
    let instance = Module::new(bytes).unwrap().instantiate(&store).unwrap();
    let result = instance.call("_start", &[]);
    let printed = String::from_utf8(out.contents()).unwrap();
    assert_eq!((printed.as_str(), wasi.exit_code()), ("all is well\n", 0), "{result:?}");
}

#[test]
fn a_program_of_the_c_library_uses_memory_and_overlays() {
    let files = MemoryFs::new();
    run_files(Wasi::builder().mount(&files, "/data"));
    assert_eq!((files.list("").unwrap(), files.used()), (vec![], 0));

    let folder = Folder::new("overlay-libc");
    let overlay = MemoryFs::over(folder.guest()).unwrap();
    run_files(Wasi::builder().mount(&overlay, "/data"));
    assert_eq!(overlay.changes().unwrap(), []);
}

/// A small generator of numbers, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
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
    "l",
    "l/",
    "l/a",
    "m",
    "m/b",
    "a/l",
    ".",
    "./",
    "a//b",
    "l/../b",
    "missing/x",
];

const TARGETS: &[&str] = &["a", "b", "../b", "a/b", "l", "m", "..", "nowhere", "a/", "."];

/// Does something to three guests; each must answer the same, else this tells what they said. Which
/// of several things that are wrong is told first may differ.
fn differs(guests: &[Guest], what: &str, work: impl Fn(&Guest) -> String) -> Option<String> {
    let answers: Vec<String> = guests.iter().map(work).collect();
    let outcome = |answer: &String| match answer.strip_prefix("errno ") {
        Some("0") => "success".to_string(),
        Some(_) => "failure".to_string(),
        None => answer.clone(),
    };
    let same = answers.iter().all(|answer| outcome(answer) == outcome(&answers[0]));
    (!same).then(|| format!("{what}: host, memory and overlay said {answers:?}"))
}

/// What a guest sees of a path that can be compared: type, links and size of files.
fn looked_at(guest: &Guest, path: &str, follow: i64) -> String {
    let errno = guest.on_path("path_filestat_get", &[3, follow], path.as_bytes(), &[256]);
    if errno != 0 {
        return format!("errno {errno}");
    }
    let kind = guest.bytes(256 + 16, 1)[0];
    let size = if kind == 3 { 0 } else { guest.long(256 + 32) };
    let links = if kind == 3 { 0 } else { guest.long(256 + 24) };
    format!("type {kind}, {links} links, {size} bytes")
}

fn content(guest: &Guest, path: &str) -> String {
    match guest.open(3, path.as_bytes(), 0, READ) {
        Ok(fd) => {
            let read = guest.read(fd, 4096);
            let mut names = guest.list(fd, 4096).unwrap_or_default();
            names.sort();
            assert_eq!(guest.call("fd_close", &[fd]), 0);
            format!("{read:?} {names:?}")
        }
        Err(errno) => format!("errno {errno}"),
    }
}

#[test]
fn memory_and_overlay_answer_as_the_host_does() {
    let different: Vec<String> = (0..24).filter_map(first_difference).collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Does random things to three guests until one answers otherwise.
fn first_difference(seed: u64) -> Option<String> {
    {
        let folder = Folder::new(&format!("model-{seed}"));
        let (host, lower) = (folder.guest(), folder.path().join("lower"));
        fs::create_dir(&lower).unwrap();
        let files = MemoryFs::new();
        let mut numbers = Numbers(seed);
        // Half of the runs begin with something there.
        if seed % 2 == 1 {
            for place in [&host, &lower] {
                fs::create_dir_all(place.join("a/b")).unwrap();
                fs::write(place.join("a/b/a"), "deep").unwrap();
                fs::write(place.join("b"), "flat").unwrap();
                symlink("a/b", place.join("l")).unwrap();
            }
            files.write("a/b/a", "deep").unwrap();
            files.write("b", "flat").unwrap();
            let guest = Guest::new(Wasi::builder().mount(&files, "/"));
            let [target, len] = guest.put(2048, b"a/b");
            assert_eq!(guest.on_path("path_symlink", &[target, len, 3], b"l", &[]), 0);
        }
        let overlay = MemoryFs::over(&lower).unwrap();
        let guests = [
            Guest::new(Wasi::builder().preopen(&host, "/")),
            Guest::new(Wasi::builder().mount(&files, "/")),
            Guest::new(Wasi::builder().mount(&overlay, "/")),
        ];
        for step in 0..300 {
            let path = *numbers.pick(PATHS);
            let other = *numbers.pick(PATHS);
            let target = *numbers.pick(TARGETS);
            let oflags =
                *numbers.pick(&[0, 0, CREAT, CREAT, CREAT | EXCL, TRUNC, DIRECTORY, CREAT | TRUNC]);
            let base = *numbers.pick(&[READ, WRITE | SIZE, READ | WRITE | SIZE]);
            let follow = numbers.below(2) as i64;
            let action = numbers.below(9);
            let what = format!(
                "seed {seed}, step {step}, action {action} on {path} ({other}, {target}, {oflags}, {base})"
            );
            let different = differs(&guests, &what, |guest| {
                let one = |name, before: &[i64]| {
                    format!("errno {}", guest.on_path(name, before, path.as_bytes(), &[]))
                };
                let [second, second_len] = guest.put(4096, other.as_bytes());
                let [aim, aim_len] = guest.put(6144, target.as_bytes());
                match action {
                    0 => one("path_create_directory", &[3]),
                    1 => one("path_remove_directory", &[3]),
                    2 => one("path_unlink_file", &[3]),
                    3 => one("path_symlink", &[aim, aim_len, 3]),
                    4 => {
                        let to = [3, second, second_len];
                        let errno = guest.on_path("path_rename", &[3], path.as_bytes(), &to);
                        format!("errno {errno}")
                    }
                    5 => {
                        let to = [3, second, second_len];
                        let errno = guest.on_path("path_link", &[3, 0], path.as_bytes(), &to);
                        format!("errno {errno}")
                    }
                    6 => match guest.open(3, path.as_bytes(), oflags, base) {
                        Ok(fd) => {
                            let text = format!("step {step}");
                            let wrote = guest.write(fd, text.as_bytes()).0;
                            let sized = guest.call("fd_filestat_set_size", &[fd, 9]);
                            let read = guest.read(fd, 100);
                            assert_eq!(guest.call("fd_close", &[fd]), 0);
                            format!("{wrote} {sized} {read:?}")
                        }
                        Err(errno) => format!("errno {errno}"),
                    },
                    7 => {
                        let errno =
                            guest.on_path("path_readlink", &[3], path.as_bytes(), &[256, 100, 0]);
                        if errno == 0 {
                            format!("{:?}", guest.bytes(256, guest.word(0) as usize))
                        } else {
                            format!("errno {errno}")
                        }
                    }
                    _ if follow == 1 => looked_at(guest, path, follow),
                    _ => content(guest, path),
                }
            });
            if different.is_some() {
                return different;
            }
        }
        PATHS.iter().find_map(|path| {
            differs(&guests, path, |guest| looked_at(guest, path, 0))
                .or_else(|| differs(&guests, path, |guest| looked_at(guest, path, 1)))
                .or_else(|| differs(&guests, path, |guest| content(guest, path)))
        })
    }
}

/// Paths with and without a slash to everything that a path can lead to.
const SLASHES: &[&str] = &[
    "d", "d/", "d/.", "e", "e/", "f", "f/", "f/.", "ld", "ld/", "ld/.", "le/", "lf", "lf/", "lf/.",
    "ll", "ll/", "ln", "ln/", "no", "no/", "lld/", "ld/x", "ld/x/", "le/..", "lf/x",
];

/// What is below each of the folders that [`SLASHES`] lead through.
const LINKS: &[(&str, &str)] =
    &[("d", "ld"), ("e", "le"), ("f", "lf"), ("ll", "ll"), ("nowhere", "ln"), ("ld", "lld")];

/// Makes a folder of the host for paths of [`SLASHES`].
fn furnish(place: &Path) {
    for name in ["d", "e"] {
        fs::create_dir_all(place.join(name)).unwrap();
    }
    for name in ["d/x", "f"] {
        fs::write(place.join(name), "").unwrap();
    }
    LINKS.iter().for_each(|(target, link)| symlink(target, place.join(link)).unwrap());
}

/// The same as [`furnish`], as a guest does it.
fn furnish_by_guest(guest: &Guest, place: &str) {
    for name in ["", "d", "e"] {
        let path = format!("{place}/{name}");
        assert_eq!(guest.on_path("path_create_directory", &[3], path.as_bytes(), &[]), 0);
    }
    for name in ["d/x", "f"] {
        let fd = guest.open(3, format!("{place}/{name}").as_bytes(), CREAT, WRITE).unwrap();
        guest.ok("fd_close", &[fd]);
    }
    for (target, link) in LINKS {
        let [at, len] = guest.put(2048, target.as_bytes());
        let link = format!("{place}/{link}");
        assert_eq!(guest.on_path("path_symlink", &[at, len, 3], link.as_bytes(), &[]), 0);
    }
}

#[test]
fn slashes_at_the_end_mean_the_same_everywhere() {
    /// What is done with a path; the words are the place of a second one.
    type Work = fn(&Guest, &[u8], [i64; 2]) -> i32;
    fn open(guest: &Guest, path: &[u8], oflags: i64, base: i64) -> i32 {
        guest
            .open(3, path, oflags, base)
            .map_or_else(|errno| errno, |fd| guest.call("fd_close", &[fd]))
    }
    let works: &[(&str, &str, Work)] = &[
        ("unlink", "", |guest, path, _| guest.on_path("path_unlink_file", &[3], path, &[])),
        ("rmdir", "", |guest, path, _| guest.on_path("path_remove_directory", &[3], path, &[])),
        ("mkdir", "", |guest, path, _| guest.on_path("path_create_directory", &[3], path, &[])),
        ("stat", "", |guest, path, _| guest.on_path("path_filestat_get", &[3, 0], path, &[256])),
        ("stat, following", "", |guest, path, _| {
            guest.on_path("path_filestat_get", &[3, 1], path, &[256])
        }),
        ("readlink", "", |guest, path, _| {
            guest.on_path("path_readlink", &[3], path, &[512, 64, 0])
        }),
        ("set times", "", |guest, path, _| {
            guest.on_path("path_filestat_set_times", &[3, 0], path, &[1, 1, 5])
        }),
        ("set times, following", "", |guest, path, _| {
            guest.on_path("path_filestat_set_times", &[3, 1], path, &[1, 1, 5])
        }),
        ("open", "", |guest, path, _| open(guest, path, 0, READ)),
        ("create", "", |guest, path, _| open(guest, path, CREAT, WRITE)),
        ("create anew", "", |guest, path, _| open(guest, path, CREAT | EXCL, WRITE)),
        ("cut", "", |guest, path, _| open(guest, path, TRUNC, WRITE)),
        ("open directory", "", |guest, path, _| open(guest, path, DIRECTORY, 0)),
        ("rename to new:", "new", |guest, path, [at, len]| {
            guest.on_path("path_rename", &[3], path, &[3, at, len])
        }),
        ("rename f to", "f", |guest, path, [at, len]| {
            guest.on_path("path_rename", &[3, at, len, 3], path, &[])
        }),
        ("rename d to", "d", |guest, path, [at, len]| {
            guest.on_path("path_rename", &[3, at, len, 3], path, &[])
        }),
        ("link new to", "new", |guest, path, [at, len]| {
            guest.on_path("path_link", &[3, 0], path, &[3, at, len])
        }),
        ("link f as", "f", |guest, path, [at, len]| {
            guest.on_path("path_link", &[3, 0, at, len, 3], path, &[])
        }),
        ("symlink f as", "", |guest, path, [at, len]| {
            guest.on_path("path_symlink", &[at, len - 1, 3], path, &[])
        }),
    ];
    let folder = Folder::new("slashes");
    let lower = folder.path().join("lower");
    let cases: Vec<(usize, &str)> =
        (0..works.len()).flat_map(|work| SLASHES.iter().map(move |path| (work, *path))).collect();
    for number in 0..cases.len() {
        furnish(&folder.guest().join(number.to_string()));
        furnish(&lower.join(number.to_string()));
    }
    let guests = [
        Guest::new(Wasi::builder().preopen(folder.guest(), "/")),
        Guest::new(Wasi::builder().mount(&MemoryFs::new(), "/")),
        Guest::new(Wasi::builder().mount(&MemoryFs::over(&lower).unwrap(), "/")),
    ];
    let mut different = Vec::new();
    for (number, (work, path)) in cases.into_iter().enumerate() {
        furnish_by_guest(&guests[1], &number.to_string());
        let (what, other, work) = works[work];
        let answers = guests.each_ref().map(|guest| {
            let other = guest.put(2048, format!("{number}/{other}").as_bytes());
            work(guest, format!("{number}/{path}").as_bytes(), other)
        });
        if answers.iter().any(|answer| *answer != answers[0]) {
            different.push(format!("{what} {path}: host, memory and overlay said {answers:?}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn changes_of_an_overlay_are_listed_and_read_back() {
    let folder = Folder::new("changes");
    let lower = folder.guest();
    fs::create_dir_all(lower.join("dir/deep")).unwrap();
    for name in ["same", "changed", "removed", "dir/moved", "dir/deep/far", "dir/replaced"] {
        fs::write(lower.join(name), name).unwrap();
    }
    let overlay = MemoryFs::over(&lower).unwrap();
    let guest = Guest::new(Wasi::builder().mount(&overlay, "/"));
    assert_eq!(overlay.changes().unwrap(), []);

    let fd = guest.open(3, b"changed", 0, WRITE).unwrap();
    let reader = guest.open(3, b"changed", 0, READ).unwrap();
    assert_eq!(guest.write(fd, b"CH"), (0, 2));
    // Who opened it before sees the same file.
    assert_eq!(guest.read(reader, 100).unwrap(), b"CHanged");
    let fd = guest.open(3, b"new", CREAT, WRITE).unwrap();
    guest.write(fd, b"fresh");
    assert_eq!(guest.on_path("path_unlink_file", &[3], b"removed", &[]), 0);
    let [to, len] = guest.put(4096, b"elsewhere");
    assert_eq!(guest.on_path("path_rename", &[3], b"dir/moved", &[3, to, len]), 0);
    let [to, len] = guest.put(4096, b"depths");
    assert_eq!(guest.on_path("path_rename", &[3], b"dir/deep", &[3, to, len]), 0);
    assert_eq!(guest.on_path("path_unlink_file", &[3], b"dir/replaced", &[]), 0);
    let fd = guest.open(3, b"dir/replaced", CREAT, WRITE).unwrap();
    guest.write(fd, b"other");

    let changes = overlay.changes().unwrap();
    let listed: Vec<(&str, ChangeKind)> =
        changes.iter().map(|change| (change.path.as_str(), change.kind)).collect();
    use ChangeKind::{Added, Modified, Removed};
    let expected = [
        ("changed", Modified),
        ("depths", Added),
        ("depths/far", Added),
        ("dir/deep", Removed),
        ("dir/moved", Removed),
        ("dir/replaced", Modified),
        ("elsewhere", Added),
        ("new", Added),
        ("removed", Removed),
    ];
    assert_eq!(listed, expected);
    for (path, bytes) in [
        ("changed", "CHanged"),
        ("depths/far", "dir/deep/far"),
        ("elsewhere", "dir/moved"),
        ("new", "fresh"),
        ("same", "same"),
    ] {
        assert_eq!(overlay.read(path).unwrap(), bytes.as_bytes(), "{path}");
    }
    assert_eq!(overlay.list("").unwrap(), ["changed", "depths", "dir", "elsewhere", "new", "same"]);
    assert_eq!(fs::read(lower.join("changed")).unwrap(), b"changed");
}

#[test]
fn directories_in_one_another_have_a_limit() {
    let files = MemoryFs::new();
    let guest = Guest::new(Wasi::builder().mount(&files, "/"));
    let mut fd = 3;
    let mut depth = 0;
    loop {
        match guest.on_path("path_create_directory", &[fd], b"d", &[]) {
            0 => depth += 1,
            errno => {
                assert_eq!(errno, 37);
                break;
            }
        }
        fd = guest.open(fd, b"d", DIRECTORY, ALL).unwrap();
    }
    assert_eq!(depth, wasmspan::limits::MAX_MEMORY_FS_DEPTH - 1);
    // Nor does moving one tree into another make it deeper.
    assert_eq!(guest.on_path("path_create_directory", &[3], b"e", &[]), 0);
    let [to, len] = guest.put(4096, b"e/d");
    assert_eq!(guest.on_path("path_rename", &[3], b"d", &[3, to, len]), 37);
    let [to, len] = guest.put(4096, b"d/d/d/x");
    assert_eq!(guest.on_path("path_rename", &[3], b"d", &[3, to, len]), 28);
}

#[test]
fn a_listing_of_a_hundred_thousand_names_is_whole_and_linear() {
    const COUNT: usize = 100_000;
    let folder = Folder::new("listing");
    let files = MemoryFs::new();
    let name = |number: usize| format!("file-{number:06}");
    for number in 0..COUNT {
        files.write(name(number), "").unwrap();
        fs::write(folder.guest().join(name(number)), "").unwrap();
    }
    let overlay = MemoryFs::over(folder.guest()).unwrap();
    for (kind, settings) in [
        ("host", Wasi::builder().preopen(folder.guest(), "/")),
        ("memory", Wasi::builder().mount(&files, "/")),
        ("overlay", Wasi::builder().mount(&overlay, "/")),
    ] {
        let guest = Guest::new(settings);
        let start = std::time::Instant::now();
        let mut names = guest.list(3, 65_536).unwrap();
        let whole = start.elapsed();
        names.retain(|name| name != "." && name != "..");
        names.sort();
        assert_eq!(names.len(), COUNT, "{kind}");
        assert!(names.iter().enumerate().all(|(number, found)| *found == name(number)), "{kind}");
        // A listing that goes through everything again for each buffer would take minutes.
        assert!(whole.as_secs() < 20, "{kind}: {whole:?}");
    }
}

#[test]
fn entries_that_come_and_go_while_a_listing_runs_are_no_trouble() {
    let files = MemoryFs::new();
    for number in 0..100 {
        files.write(format!("old-{number}"), "").unwrap();
    }
    let guest = Guest::new(Wasi::builder().mount(&files, "/"));
    let (mut seen, mut cookie, mut round) = (Vec::new(), 0_u64, 0);
    loop {
        let params = [3, 8192, 100, cookie.cast_signed(), 0];
        assert_eq!(guest.call("fd_readdir", &params), 0);
        let used = guest.word(0) as usize;
        let bytes = guest.bytes(8192, used);
        let len = u32::from_le_bytes(bytes[16..20].try_into().unwrap()) as usize;
        seen.push(String::from_utf8(bytes[24..24 + len].to_vec()).unwrap());
        cookie = u64::from_le_bytes(bytes[..8].try_into().unwrap());
        if used < 100 && 24 + len == used {
            break;
        }
        // What was seen goes, and something new comes.
        if let Some(name) = seen.last().filter(|name| name.starts_with("old")) {
            assert_eq!(guest.on_path("path_unlink_file", &[3], name.as_bytes(), &[]), 0);
        }
        if round < 10 {
            files.write(format!("new-{round}"), "").unwrap();
        }
        round += 1;
    }
    let old = seen.iter().filter(|name| name.starts_with("old")).count();
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((old, unique.len()), (100, seen.len()));
}

#[test]
fn a_root_lists_what_was_given() {
    let folder = Folder::new("root");
    fs::write(folder.guest().join("f"), "text").unwrap();
    let files = MemoryFs::new();
    let settings = Wasi::builder()
        .preopen(folder.guest(), "/data")
        .mount(&files, "/tmp/work")
        .preopen_spec(&format!("/spec:{}:readonly", folder.guest().display()))
        .list_preopens();
    let guest = Guest::new(settings);
    // It comes after what it lists.
    assert_eq!(guest.call("fd_prestat_get", &[6, 256]), 0);
    assert_eq!(guest.list(6, 4096).unwrap(), [".", "..", "data", "spec", "tmp"]);
    assert_eq!(guest.list(6, 40).unwrap().len(), 5);
    let tmp = guest.open(6, b"tmp/", DIRECTORY, 1 << 14).unwrap();
    assert_eq!(guest.list(tmp, 4096).unwrap(), [".", "..", "work"]);
    let fd = guest.open(6, b"./tmp/../data/f", 0, READ).unwrap();
    assert_eq!(guest.read(fd, 100).unwrap(), b"text");
    assert_eq!(guest.open(6, b"data/f", 0, WRITE), Err(76));
    assert_eq!(guest.open(6, b"other", CREAT, READ), Err(76));
    assert_eq!(guest.open(6, b"other", 0, READ), Err(44));
    for path in ["..", "data/..", "tmp/../..", "data/../../outside", "spec/../../outside/secret"] {
        assert_eq!(guest.open(6, path.as_bytes(), 0, READ), Err(63), "{path}");
    }
    assert_eq!(guest.on_path("path_create_directory", &[6], b"x", &[]), 76);
    assert_eq!(guest.open(5, b"f", 0, WRITE), Err(76));
    guest.open(5, b"f", 0, READ).unwrap();
    assert!(Path::new(&folder.guest()).join("f").exists());
}

#[test]
fn nothing_moves_between_file_systems() {
    let folder = Folder::new("xdev");
    let (one, two) = (MemoryFs::new(), MemoryFs::new());
    one.write("f", "x").unwrap();
    let settings =
        Wasi::builder().mount(&one, "/1").mount(&two, "/2").preopen(folder.guest(), "/3");
    let guest = Guest::new(settings);
    fs::write(folder.guest().join("f"), "x").unwrap();
    let [to, len] = guest.put(4096, b"g");
    for (from, target) in [(3, 4), (3, 5), (5, 3)] {
        assert_eq!(guest.on_path("path_rename", &[from], b"f", &[target, to, len]), 75);
        assert_eq!(guest.on_path("path_link", &[from, 0], b"f", &[target, to, len]), 75);
    }
}
