//! What a cache keeps, and what it lets go of first.

use super::{Cache, Query};
use crate::abi::{CodeBlob, Target};
use crate::config::{CacheOptions, CodeKind, Config, Metering, Proposals, TrapMode};

fn target() -> Target {
    Target { triple: "here".into(), features: vec!["has_some".into(), "has_more".into()] }
}

fn query(target: &Target, number: u8) -> Query<'_> {
    let kind = CodeKind::of(&Config::default(), TrapMode::Signals);
    Query { target, kind, proposals: Proposals::none(), source: [number; 32] }
}

fn code(byte: u8) -> CodeBlob {
    let text = vec![byte; 10_000];
    CodeBlob {
        text: text.into(),
        entries: vec![0, 16],
        starts: vec![(0, 0), (16, 1)],
        ..CodeBlob::default()
    }
}

#[test]
fn what_was_used_last_stays() {
    let folder = tempfile::tempdir().unwrap();
    let options = CacheOptions { directory: Some(folder.path().join("cache")), max_bytes: 55_000 };
    let target = target();
    for number in 0..5 {
        // Each opening is another process, whose first store looks at the whole.
        Cache::open(&options).unwrap().store(query(&target, number), &code(number));
    }
    let cache = Cache::open(&options).unwrap();
    assert_eq!(cache.stats().entries, 5);
    // Long ago, but the second less long than the others.
    for entry in cache.folder.entries() {
        let path = cache.path().join(&entry.name);
        let age = if entry.name == query(&target, 1).name() { 100_000 } else { 200_000 };
        let time = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(time).unwrap();
    }
    assert!(cache.load(query(&target, 3)).is_some(), "which also notes that it was used");
    cache.store(query(&target, 9), &code(9));
    let left = cache.stats();
    assert!(left.entries < 6 && left.bytes <= 55_000 - 5_500, "{left:?}");
    for number in [1, 3, 9] {
        let found = cache.load(query(&target, number)).expect("used last");
        assert_eq!(*found.code.text, *code(number).text);
    }
    assert_eq!(cache.clear().entries, left.entries);
    assert_eq!(cache.stats().entries, 0);
}

#[test]
fn what_is_too_large_is_not_stored() {
    let folder = tempfile::tempdir().unwrap();
    let options = CacheOptions { directory: Some(folder.path().join("cache")), max_bytes: 9_000 };
    let cache = Cache::open(&options).unwrap();
    cache.store(query(&target(), 0), &code(0));
    assert_eq!(cache.stats().entries, 0);
}

#[test]
fn what_dead_processes_left_goes_after_an_hour() {
    let folder = tempfile::tempdir().unwrap();
    let options = CacheOptions { directory: Some(folder.path().join("cache")), max_bytes: 1 << 20 };
    let cache = Cache::open(&options).unwrap();
    let (old, young) = (cache.path().join("tmp-old"), cache.path().join("tmp-young"));
    for path in [&old, &young] {
        std::fs::write(path, "half").unwrap();
    }
    let time = std::time::SystemTime::now() - std::time::Duration::from_secs(2 * 3600);
    std::fs::File::options().write(true).open(&old).unwrap().set_modified(time).unwrap();
    cache.store(query(&target(), 0), &code(0));
    assert!(!old.exists() && young.exists());
}

#[test]
fn anything_that_differs_is_another_entry() {
    let here = target();
    let other = Target { features: vec!["has_some".into()], ..target() };
    let name = query(&here, 0).name();
    assert_ne!(name, query(&other, 0).name());
    assert_ne!(name, query(&here, 1).name());
    let kind = CodeKind { metering: Metering::Unit, ..query(&here, 0).kind };
    assert_ne!(name, Query { kind, ..query(&here, 0) }.name());
    let proposals = Proposals::finished();
    assert_ne!(name, Query { proposals, ..query(&here, 0) }.name());
}
