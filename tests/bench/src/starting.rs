//! Whole processes of the command line with a compiled module, against the `wasmtime` command.
//!
//! `WASMTIME` names that command, built apart; without it there is nothing to compare with. Ours are the
//! `wasmspan` and `wasmedgec` that lie beside this program.

use crate::measure::{Sample, compare};
use crate::report::{Bar, Report};
use crate::{Options, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// A module of more than a megabyte; without input its program ends at once.
const GUEST: &str = "../wasm/sqlite-cli.wasm";

/// Time of `wasmspan run` with each kind of compiled code.
pub fn warm_start(options: &Options, report: &mut Report) -> Result<()> {
    let names = ["shared object", "universal file", "disk cache"];
    let names = names.map(|name| format!("warm start/{name}"));
    let Some(wasmtime) = std::env::var_os("WASMTIME").map(PathBuf::from) else { return Ok(()) };
    if !names.iter().any(|name| options.wants(name)) {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let file = |name: &str| folder.path().join(name);
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join(GUEST);
    let this = std::env::current_exe()?;
    let beside = |name: &str| this.with_file_name(name);
    let (shared, universal, theirs) = (file("guest.so"), file("guest.wasm"), file("guest.cwasm"));
    for output in [&shared, &universal] {
        finished(Command::new(beside("wasmedgec")).args([&guest, output]))?;
    }
    finished(Command::new(&wasmtime).arg("compile").arg(&guest).arg("-o").arg(&theirs))?;

    let mut peer_run = Command::new(&wasmtime);
    peer_run.args(["run", "--allow-precompiled"]).arg(&theirs);
    for (name, guest) in names.iter().zip([&shared, &universal, &guest]) {
        if !options.wants(name) {
            continue;
        }
        let mut run = Command::new(beside("wasmspan"));
        run.env("XDG_CACHE_HOME", file("cache")).arg("run").arg(guest);
        // Fills the cache.
        finished(&mut run)?;
        let mut ours = |count| processes(&mut run, count);
        let mut peer = |count| processes(&mut peer_run, count);
        let comparison = compare(options.short_rounds(), &mut ours, &mut peer);
        report.compared(name, &comparison, Bar::Ratio(1.0));
    }
    Ok(())
}

/// Runs a command to its end, which must be a good one.
fn finished(command: &mut Command) -> Result<()> {
    let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    let ended = ended.map_err(|error| format!("{command:?}: {error}"))?;
    if ended.success() { Ok(()) } else { Err(format!("{command:?}: {ended}").into()) }
}

fn processes(command: &mut Command, count: u64) -> Sample {
    let (start, cpu) = (Instant::now(), children_seconds());
    (0..count).for_each(|_| finished(command).expect("it ran before"));
    Sample { wall: start.elapsed().as_secs_f64(), cpu: children_seconds() - cpu }
}

/// Processor time of all processes that this one has waited for.
fn children_seconds() -> f64 {
    // SAFETY: all zero is a value of the type, which the system fills.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage), 0);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
