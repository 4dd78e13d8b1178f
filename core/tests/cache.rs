//! The disk cache, seen from processes that share it, die, or find it spoiled.
#![cfg(all(feature = "cli", target_os = "linux"))]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const WANTED: &str = "hello from C\n";

fn guests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wasm")
}

/// A run of a guest with its own cache folder.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        Home(tempfile::tempdir().expect("a folder"))
    }

    fn cache(&self) -> PathBuf {
        self.0.path().join("wasmspan")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmedge"));
        command.args(args).arg(guests().join("hello-c.wasm"));
        command.env_clear().env("XDG_CACHE_HOME", self.0.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the guest, which must print what it prints; gives what was warned of.
    fn run(&self) -> String {
        check(&self.command(&[]).output().expect("starts"))
    }

    fn own(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmspan"));
        let output = command
            .args(args)
            .env_clear()
            .env("XDG_CACHE_HOME", self.0.path())
            .output()
            .expect("starts");
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8(text).expect("UTF-8")
    }

    fn entries(&self) -> Vec<PathBuf> {
        let Ok(list) = fs::read_dir(self.cache()) else { return Vec::new() };
        let paths = list.map(|entry| entry.expect("readable").path());
        paths.filter(|path| path.extension().is_some_and(|ext| ext == "code")).collect()
    }
}

fn check(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    assert!(output.stdout.starts_with(WANTED.as_bytes()), "{output:?}");
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn a_second_run_finds_what_the_first_one_left() {
    let home = Home::new();
    assert_eq!(home.run(), "");
    let [entry] = &home.entries()[..] else { panic!("one entry") };
    let made = fs::metadata(entry).unwrap();
    assert_eq!(made.permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(home.cache()).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(home.run(), "");
    let again = fs::metadata(&home.entries()[0]).unwrap();
    assert_eq!(made.modified().unwrap(), again.modified().unwrap(), "it was not written again");
    assert!(home.own(&["cache", "stats"]).starts_with("1 entries, "));
    assert_eq!(home.own(&["cache", "dir"]).trim(), home.cache().to_str().unwrap());
    assert!(home.own(&["cache", "clear"]).starts_with("removed 1 entries, "));
    assert!(home.entries().is_empty());
}

#[test]
fn no_cache_leaves_nothing() {
    let home = Home::new();
    check(&home.command(&["--no-cache"]).output().expect("starts"));
    assert!(!home.cache().exists());
}

#[test]
fn configurations_do_not_share_entries() {
    let home = Home::new();
    home.run();
    check(&home.command(&["--enable-all"]).output().expect("starts"));
    assert_eq!(home.entries().len(), 2);
}

#[test]
fn spoiled_entries_are_replaced() {
    let home = Home::new();
    home.run();
    let entry = home.entries()[0].clone();
    let good = fs::read(&entry).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    let mut resealed = good.clone();
    let end = good.len() - 1;
    resealed[end] ^= 1;
    for bad in [&b""[..], &good[..good.len() - 1], &good[1..], &flipped, &resealed, &[0; 10_000]] {
        fs::write(&entry, bad).unwrap();
        assert_eq!(home.run(), "");
        assert!(fs::read(&entry).unwrap() == good, "it was compiled anew");
    }
    // An entry that was whole, but under another name, is another module's.
    let other = home.cache().join(format!("{}.code", "0".repeat(64)));
    fs::rename(&entry, &other).unwrap();
    home.run();
    fs::copy(&other, &entry).unwrap();
    assert_eq!(home.run(), "");
    // So is one from another user's cache.
    let stranger = Home::new();
    stranger.run();
    fs::copy(&stranger.entries()[0], &entry).unwrap();
    home.run();
    assert!(fs::read(&entry).unwrap() == good);
}

#[test]
fn without_the_key_all_is_made_anew() {
    let home = Home::new();
    home.run();
    let entry = home.entries()[0].clone();
    let before = fs::read(&entry).unwrap();
    for spoil in [
        |key: &Path| fs::remove_file(key).unwrap(),
        |key: &Path| fs::write(key, "short").unwrap(),
        |key: &Path| fs::set_permissions(key, Permissions::from_mode(0o644)).unwrap(),
    ] {
        spoil(&home.cache().join("key"));
        assert_eq!(home.run(), "");
        let after = fs::read(&entry).unwrap();
        assert!(after != before && after[..after.len() - 32] == before[..before.len() - 32]);
        assert_eq!(home.run(), "");
    }
}

#[test]
fn folders_that_cannot_be_trusted_are_refused() {
    let warns = |home: &Home, reason: &str| {
        let warning = home.run();
        assert!(warning.contains("compiled code is not kept on disk"), "{warning}");
        assert!(warning.contains(reason), "{warning}");
        assert_eq!(warning.lines().count(), 1, "{warning}");
    };
    let home = Home::new();
    fs::create_dir(home.cache()).unwrap();
    fs::set_permissions(home.cache(), Permissions::from_mode(0o777)).unwrap();
    warns(&home, "others may write to it");
    assert!(home.entries().is_empty());

    let home = Home::new();
    fs::write(home.cache(), "a file").unwrap();
    warns(&home, "not a folder");

    let home = Home::new();
    symlink(std::env::temp_dir(), home.cache()).unwrap();
    warns(&home, "not a folder");

    // SAFETY: asks for a number.
    if unsafe { libc::geteuid() } == 0 {
        let home = Home::new();
        fs::create_dir(home.cache()).unwrap();
        std::os::unix::fs::chown(home.cache(), Some(65534), None).unwrap();
        warns(&home, "belongs to another user");
    }

    // No home at all.
    let home = Home::new();
    let output = home.command(&[]).env_clear().output().expect("starts");
    assert!(check(&output).contains("neither XDG_CACHE_HOME nor HOME"));
    // A home that cannot be written to: nobody, the superuser included, can write there.
    let output = home.command(&[]).env("XDG_CACHE_HOME", "/proc/self").output().expect("starts");
    assert_eq!(check(&output).lines().count(), 1);
}

/// The limit of a file's size stops writes as a full disk does.
#[test]
fn a_write_that_fails_leaves_nothing() {
    let home = Home::new();
    let mut command = home.command(&[]);
    // SAFETY: changes only the child, between fork and exec.
    unsafe {
        use std::os::unix::process::CommandExt;
        command.pre_exec(|| {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            let limit = libc::rlimit { rlim_cur: 4096, rlim_max: 4096 };
            libc::setrlimit(libc::RLIMIT_FSIZE, &limit);
            Ok(())
        });
    }
    let warning = check(&command.output().expect("starts"));
    assert!(warning.contains("compiled code is not kept on disk"), "{warning}");
    let names: Vec<_> =
        fs::read_dir(home.cache()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["key"]);
    assert_eq!(home.run(), "");
}

#[test]
fn eight_processes_at_once() {
    let home = Home::new();
    for _ in 0..4 {
        let children: Vec<_> = (0..8).map(|_| home.command(&[]).spawn().expect("starts")).collect();
        for child in children {
            assert_eq!(check(&child.wait_with_output().expect("ends")), "");
        }
        assert_eq!(home.entries().len(), 1);
        assert_eq!(fs::read_dir(home.cache()).unwrap().count(), 2, "the entry and the key");
        fs::remove_dir_all(home.cache()).unwrap();
    }
}

/// Kills processes while they fill the cache: 100 of them, or as many as `WASMSPAN_KILLS` says.
#[test]
fn killed_writers_leave_nothing_that_loads() {
    let kills: u32 = std::env::var("WASMSPAN_KILLS").map_or(100, |text| text.parse().unwrap());
    let home = Home::new();
    let start = Instant::now();
    home.run();
    let whole = start.elapsed();
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut ended = 0;
    for kill in 0..kills {
        // A cold cache each time; with the key, without it, or with what the last one left.
        match kill % 3 {
            0 => drop(fs::remove_dir_all(home.cache())),
            1 => home.entries().iter().for_each(|entry| fs::remove_file(entry).unwrap()),
            _ => {}
        }
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut child = home.command(&[]).spawn().expect("starts");
        thread::sleep(
            whole.mul_f64((random % 1000) as f64 / 1000.0).max(Duration::from_micros(300)),
        );
        let _ = child.kill();
        let output = child.wait_with_output().expect("ends");
        ended += u32::from(output.status.success());
        if kill % 5 == 4 {
            assert_eq!(home.run(), "", "kill {kill}");
        }
    }
    assert!(ended < kills, "no process was killed in time");
    assert_eq!(home.run(), "");
}
