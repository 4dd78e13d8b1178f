//! Every function of preview 1 with every error number that a guest can get from it: one line each.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use wasmspan::wasi::{Input, Output, OutputBuffer};
use wasmspan::{ValType, Wasi};
use wasmspan_tests::wasi_guest::{END, FILE, Folder, Guest, READ};

/// What the words of the table stand for; [`prepare`] opens the descriptors.
const WORDS: &[(&str, i64)] = &[
    ("in", 0),
    ("out", 1),
    ("full", 2),
    ("dir", 3),
    ("ro", 4),
    ("memory", 5),
    ("file", 6),
    ("reader", 7),
    ("bare", 8),
    ("baredir", 9),
    ("pipe", 10),
    ("none", 99),
    ("@", 64),
    ("iov", 256),
    ("farlist", 272),
    ("faraway", 288),
    ("subs", 320),
    ("BAD", END),
    ("LATE", END - 3),
    ("R", READ),
    ("RW", FILE),
    ("CREAT", 1),
    ("DIRECTORY", 2),
    ("EXCL", 5),
    ("TRUNC", 8),
    ("HUGE", i64::MAX),
];

const ERRNOS: &[(&str, i32)] = &[
    ("success", 0),
    ("again", 6),
    ("badf", 8),
    ("exist", 20),
    ("fault", 21),
    ("fbig", 22),
    ("ilseq", 25),
    ("inval", 28),
    ("isdir", 31),
    ("loop", 32),
    ("nametoolong", 37),
    ("noent", 44),
    ("nospc", 51),
    ("notdir", 54),
    ("notempty", 55),
    ("notsock", 57),
    ("notsup", 58),
    ("perm", 63),
    ("spipe", 70),
    ("xdev", 75),
    ("notcapable", 76),
];

/// Function, parameters, error number. A text in quotes is a path: where it is and how long.
const TABLE: &str = include_str!("wasi_errnos.txt");

/// Bytes of the paths that can't be written down.
fn path(text: &str) -> Vec<u8> {
    match text {
        "NAME" => vec![b'a'; 256],
        "LONG" => b"a/".repeat(2048),
        "ZERO" => b"a\0b".to_vec(),
        "BYTES" => b"a\xFFb".to_vec(),
        text => text.into(),
    }
}

/// A guest with everything that the table names.
fn prepare(folder: &Folder) -> Guest {
    let inside = folder.guest();
    for name in ["d", "full"] {
        fs::create_dir(inside.join(name)).expect("a folder");
    }
    for name in ["f", "full/x"] {
        fs::write(inside.join(name), "text").expect("a file");
    }
    for (target, name) in [("loop", "loop"), ("f", "link"), ("../outside/secret", "leaves")] {
        symlink(target, inside.join(name)).expect("a link");
    }
    let made = std::process::Command::new("mkfifo").arg(inside.join("pipe")).status();
    assert!(made.expect("mkfifo runs").success());
    let settings = Wasi::builder()
        .stdin(Input::Bytes(b"input".to_vec()))
        .stdout(Output::Null)
        .stderr(Output::Buffer(OutputBuffer::with_limit(0)))
        .preopen(&inside, "/")
        .preopen_read_only(&inside, "/ro")
        .mount(&wasmspan::wasi::MemoryFs::new(), "/memory");
    let wasi = settings.clone().build().expect("valid");
    let functions: Vec<(String, String)> = functions(&wasi);
    let list: Vec<(&str, &str)> =
        functions.iter().map(|(name, letters)| (name.as_str(), letters.as_str())).collect();
    let guest = Guest::with(settings, ("wasi_snapshot_preview1", &list));
    for (name, base, fdflags) in
        [("f", FILE, 0), ("f", READ, 0), ("f", 0, 0), ("d", 0, 0), ("pipe", FILE, 4)]
    {
        let at = guest.put(1024, name.as_bytes());
        guest.ok("path_open", &[3, 1, at[0], at[1], 0, base, 0, fdflags, 0]);
    }
    guest.ok("fd_fdstat_set_rights", &[9, 0, 0]);
    guest
}

/// Names and parameters of the functions of preview 1 that give an error number.
fn functions(wasi: &Wasi) -> Vec<(String, String)> {
    let own = ["sock_accept", "sock_recv", "sock_send", "sock_shutdown"];
    let listed = wasi.instance().export_names().into_iter().filter_map(|(name, _)| {
        let preview1 = !name.starts_with("sock_") || own.contains(&name.as_str());
        let ty = wasi.instance().func_type(&name).expect("a function");
        let usual = ty.results() == [ValType::I32] && name != "epoll_oneoff";
        let letter = |ty: &ValType| if *ty == ValType::I32 { 'i' } else { 'I' };
        let letters = ty.params().iter().map(letter).collect();
        (preview1 && usual).then_some((name, letters))
    });
    listed.collect()
}

#[test]
fn every_function_gives_every_error_that_it_can() {
    let folder = Folder::new("errnos");
    let guest = prepare(&folder);
    let number = |word: &str| {
        let known = WORDS.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
        known.or_else(|| word.parse().ok()).unwrap_or_else(|| panic!("{word}?"))
    };
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        let (call, wanted) = line.rsplit_once(" = ").expect("a call and its error");
        let wanted = ERRNOS.iter().find(|(name, _)| *name == wanted).expect("an error").1;
        let (name, words) = call.split_once(' ').unwrap_or((call, ""));
        seen.insert(name.to_string());
        // Two bytes at a bad place, a list that is not in memory, and no subscription.
        guest.put_words(256, &[4096, 10]);
        guest.put_words(272, &[END as u32 - 4, 8]);
        guest.put_words(288, &[u32::MAX, 1]);
        guest.put(320, &[0; 48]);
        let mut at = 8192;
        let mut params = Vec::new();
        for word in words.split_whitespace() {
            match word.strip_prefix('"') {
                Some(text) => {
                    let bytes = path(text.trim_end_matches('"'));
                    params.extend(guest.put(at, &bytes));
                    at += 8192;
                }
                None => params.push(number(word)),
            }
        }
        let got = guest.call(name, &params);
        if got != wanted {
            let shown = ERRNOS.iter().find(|(_, errno)| *errno == got);
            let shown = shown.map_or(got.to_string(), |(name, _)| (*name).to_string());
            wrong.push(format!("{line}, got {shown}"));
        }
    }
    assert!(wrong.is_empty(), "{} lines:\n{}", wrong.len(), wrong.join("\n"));
    let missing: Vec<String> = functions(&guest.wasi)
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| !seen.contains(name))
        .collect();
    assert_eq!(missing, [""; 0], "functions that the table leaves out");
    assert_eq!(fs::read(folder.guest().join("f")).expect("it is there"), b"text");
}
