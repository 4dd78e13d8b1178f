//! What a Rust program asks of the system: files, directories, clocks, variables, random numbers, an exit code.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{Read, Seek, SeekFrom, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, process, thread};

fn main() {
    let words: Vec<String> = env::args().collect();
    assert_eq!(words[1..], ["one", "two words"]);
    println!("hello {}", env::var("GREETING").expect("it is set"));

    fs::create_dir("/data/made").expect("a new directory");
    let mut file = fs::OpenOptions::new();
    let mut file = file.read(true).write(true).create_new(true).open("/data/made/a").expect("a file");
    file.write_all(b"0123456789").expect("room");
    file.seek(SeekFrom::Start(4)).expect("a file");
    let mut text = String::new();
    file.read_to_string(&mut text).expect("text");
    assert_eq!(text, "456789");
    file.set_len(3).expect("a file");
    drop(file);
    fs::write("/data/made/b", "b").expect("room");
    fs::rename("/data/made/b", "/data/made/c").expect("it exists");
    let listed = fs::read_dir("/data/made").expect("a directory");
    let mut names: Vec<_> = listed.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a", "c"]);
    let stat = fs::metadata("/data/made/a").expect("it exists");
    assert!(stat.is_file() && stat.len() == 3 && stat.modified().unwrap() > UNIX_EPOCH);
    assert!(fs::metadata("/data/made/b").is_err());
    assert!(fs::read("/elsewhere").is_err());
    fs::remove_file("/data/made/a").expect("it exists");
    fs::remove_file("/data/made/c").expect("it exists");
    fs::remove_dir("/data/made").expect("empty");

    let began = Instant::now();
    thread::sleep(Duration::from_millis(10));
    assert!(began.elapsed() >= Duration::from_millis(10));
    assert!(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() > 1_500_000_000);
    let random = || RandomState::new().build_hasher().finish();
    assert_ne!(random(), random());

    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).expect("text");
    eprint!("{}", input);
    process::exit(7);
}
