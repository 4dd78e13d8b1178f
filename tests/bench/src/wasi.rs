//! Files through WASI, with the same system calls made natively as the peer.

use crate::measure::{Sample, compare, time};
use crate::report::{Bar, Report};
use crate::{Options, Result};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use wasmspan::{Module, Store, TypedFunc, Wasi};

/// Size of the file that is written and read.
const FILE_BYTES: u64 = 256 << 20;
const BLOCK: usize = 64 << 10;
const BLOCKS: i32 = (FILE_BYTES / BLOCK as u64) as i32;

/// A folder that goes with the measurement.
struct Folder(PathBuf);

impl Folder {
    fn new(what: &str) -> Result<Folder> {
        let name = format!("wasmspan-bench-{what}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Names in the long and in the short directory.
const NAMES: [u32; 2] = [100_000, 10_000];

/// Lists the directory that is descriptor 3 and gives the number of its entries.
const LISTING: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_readdir"
        (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
    (memory (export "memory") 2)
    (func (export "list") (result i32)
        (local $cookie i64) (local $at i32) (local $end i32) (local $seen i32)
        (loop $more
            (if (call $readdir (i32.const 3) (i32.const 64) (i32.const 32768)
                    (local.get $cookie) (i32.const 0))
                (then unreachable))
            (local.set $at (i32.const 64))
            (local.set $end (i32.add (i32.const 64) (i32.load (i32.const 0))))
            (block $next
                (loop $entry
                    ;; The last entry of a full buffer may be cut off; its cookie is not taken.
                    (br_if $next (i32.gt_u (i32.add (local.get $at) (i32.const 24)) (local.get $end)))
                    (br_if $next (i32.gt_u
                        (i32.add (i32.add (local.get $at) (i32.const 24))
                            (i32.load offset=16 (local.get $at)))
                        (local.get $end)))
                    (local.set $seen (i32.add (local.get $seen) (i32.const 1)))
                    (local.set $cookie (i64.load (local.get $at)))
                    (local.set $at (i32.add (i32.add (local.get $at) (i32.const 24))
                        (i32.load offset=16 (local.get $at))))
                    (br $entry)))
            (br_if $more (i32.eq (i32.load (i32.const 0)) (i32.const 32768))))
        (local.get $seen)))"#;

/// Whether listing stays linear: a long directory beside a short one as often as it is shorter.
pub fn listing(options: &Options, report: &mut Report) -> Result<()> {
    let name = "wasi/listing of 100,000 names, peer ten of 10,000";
    if !options.wants(name) {
        return Ok(());
    }
    let folder = Folder::new("listing")?;
    let lists = NAMES.map(|count| -> Result<TypedFunc<(), i32>> {
        let path = folder.0.join(count.to_string());
        std::fs::create_dir(&path)?;
        for at in 0..count {
            File::create(path.join(format!("file-{at:06}")))?;
        }
        let store = Store::new();
        let wasi = Wasi::builder().preopen(&path, "/").build()?;
        store.register("wasi_snapshot_preview1", wasi.instance())?;
        let list = Module::new(LISTING)?.instantiate(&store)?.typed("list")?;
        // Also "." and "..".
        assert_eq!(list.call(())? as u32, count + 2);
        Ok(list)
    });
    let [long, short] = lists;
    let (long, short) = (long?, short?);
    let repeat = |list: &TypedFunc<(), i32>, count: u64| {
        time(|| (0..count).for_each(|_| assert!(list.call(()).is_ok())))
    };
    let mut ours = |count| repeat(&long, count);
    let mut peer = |count| repeat(&short, count * u64::from(NAMES[0] / NAMES[1]));
    report.compared(name, &compare(options.rounds, &mut ours, &mut peer), Bar::Ratio(1.2));
    Ok(())
}

/// Reading and writing in large and in the smallest pieces.
pub fn transfers(options: &Options, report: &mut Report) -> Result<()> {
    let names = ["wasi/256 MB written, peer native", "wasi/256 MB read, peer native"];
    let byte_name = "wasi/write of a byte, peer native";
    if !names.iter().chain([&byte_name]).any(|name| options.wants(name)) {
        return Ok(());
    }
    let folder = Folder::new("files")?;
    let wasi = Wasi::builder().preopen(&folder.0, "/data").build()?;
    let store = Store::new();
    store.register("wasi_snapshot_preview1", wasi.instance())?;
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm/io-bench.wasm");
    let instance = Module::new(std::fs::read(guest)?)?.instantiate(&store)?;
    instance.call("_initialize", &[])?;

    let native = folder.0.join("native");
    for (name, export) in [(names[0], "writes"), (names[1], "reads")] {
        if !options.wants(name) {
            continue;
        }
        let run: TypedFunc<(i32, i32), i64> = instance.typed(export)?;
        let mut ours = |count: u64| {
            time(|| {
                for _ in 0..count {
                    let moved = run.call((BLOCK as i32, BLOCKS)).unwrap();
                    assert_eq!(moved as u64, FILE_BYTES);
                }
            })
        };
        let mut peer = |count: u64| time(|| (0..count).for_each(|_| move_file(&native, export)));
        // Warm: both files exist, and their pages are there.
        ours(1);
        if export == "reads" {
            move_file(&native, "writes");
        }
        peer(1);
        report.compared(
            name,
            &compare(options.rounds, &mut ours, &mut peer),
            Bar::Ratio(1.0 / 0.9),
        );
    }
    if options.wants(byte_name) {
        let run: TypedFunc<i32, i64> = instance.typed("bytes")?;
        let mut ours = |count: u64| time(|| run.call(count as i32).unwrap());
        let mut peer = |count: u64| native_bytes(&folder.0.join("native-byte"), count);
        let comparison = compare(options.short_rounds(), &mut ours, &mut peer);
        report.compared(byte_name, &comparison, Bar::Ratio(1.5));
    }
    Ok(())
}

fn opened(path: &Path, write: bool) -> File {
    let mut options = OpenOptions::new();
    options.read(!write).write(write).create(write);
    options.open(path).expect("the file opens")
}

/// What the guest moves. Where it begins matters to the system's copying, so both begin alike.
#[repr(align(64))]
struct Block([u8; BLOCK]);

/// What the guest does, in this process.
fn move_file(path: &Path, direction: &str) {
    let mut block = Box::new(Block([0; BLOCK]));
    let block = &mut block.0;
    let mut file = opened(path, direction == "writes");
    for _ in 0..BLOCKS {
        let moved = if direction == "writes" { file.write(block) } else { file.read(block) };
        assert_eq!(moved.expect("it works"), BLOCK);
    }
}

fn native_bytes(path: &Path, count: u64) -> Sample {
    time(|| {
        let mut file = opened(path, true);
        for _ in 0..count {
            assert_eq!(file.write(&[0]).expect("it works"), 1);
        }
    })
}
