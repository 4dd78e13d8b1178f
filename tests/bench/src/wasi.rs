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

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Reading and writing in large and in the smallest pieces.
pub fn wasi(options: &Options, report: &mut Report) -> Result<()> {
    let names = ["wasi/256 MB written, peer native", "wasi/256 MB read, peer native"];
    let byte_name = "wasi/write of a byte, peer native";
    if !names.iter().chain([&byte_name]).any(|name| options.wants(name)) {
        return Ok(());
    }
    let path = std::env::temp_dir().join(format!("wasmspan-bench-{}", std::process::id()));
    std::fs::create_dir_all(&path)?;
    let folder = Folder(path);
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

/// What the guest does, in this process.
fn move_file(path: &Path, direction: &str) {
    let mut block = vec![0; BLOCK];
    let mut file = opened(path, direction == "writes");
    for _ in 0..BLOCKS {
        let moved = if direction == "writes" { file.write(&block) } else { file.read(&mut block) };
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
