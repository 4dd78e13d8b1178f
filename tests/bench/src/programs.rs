//! Real programs: how fast their code runs, and how fast it is made.
//!
//! Each program's checksum is compared between the engines and with the one on record before
//! anything is measured.

use crate::guest::{self, Guest, PEER_ENGINE};
use crate::measure::{Comparison, Sample, compare, time};
use crate::report::{Bar, Report};
use crate::{Options, Result};
use std::path::Path;
use wasmspan::Config;
use wasmspan::config::InterruptMode;

/// A guest program and what its `run` returns.
struct Program {
    name: &'static str,
    checksum: u64,
}

/// The programs of `tests/wasm`; its README says what each does.
const PROGRAMS: [Program; 17] = [
    Program { name: "bignum", checksum: 0x0468_48e3_c565_ae0c },
    Program { name: "bzip2-bench", checksum: 0xa8c6_8a14_973d_bd3c },
    Program { name: "chacha-simd", checksum: 0xae97_8952_d9b5_d11d },
    Program { name: "crc32", checksum: 0x0000_0000_7dd3_dc12 },
    Program { name: "fannkuch", checksum: 0xffff_ffff_ffb2_0026 },
    Program { name: "hashtable", checksum: 0xcfaf_693e_3ae5_b120 },
    Program { name: "json", checksum: 0x7957_8cca_58e8_f165 },
    Program { name: "lua-bench", checksum: 0x35da_fc1d_e6c0_7f89 },
    Program { name: "mandelbrot-simd", checksum: 0x5fbe_dbf0_6a3f_cd24 },
    Program { name: "matmul", checksum: 0xca8b_ceda_f2f0_2708 },
    Program { name: "nbody", checksum: 0xe967_f658_dc04_7b19 },
    Program { name: "quickjs-bench", checksum: 0xad34_0dff_bd96_5a8c },
    Program { name: "quicksort", checksum: 0xdd0c_5ea4_56ef_bb09 },
    Program { name: "regex", checksum: 0xe94a_5426_cb81_52e9 },
    Program { name: "sha256", checksum: 0x8d26_7ad5_3a35_8388 },
    Program { name: "sqlite-bench", checksum: 0x3b79_43f3_0ca6_f5a4 },
    Program { name: "zstd-bench", checksum: 0x34a8_68ba_037a_953f },
];

impl Program {
    fn bytes(&self) -> Result<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm");
        let path = folder.join(self.name).with_extension("wasm");
        std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()).into())
    }
}

/// Time of `fib(30)` of the fibonacci program, which has no `run`: nothing but calls.
fn fibonacci(options: &Options, report: &mut Report) -> Result<()> {
    let program = Program { name: "fibonacci", checksum: 1_346_269 };
    let name = format!("compute/{}", program.name);
    if !options.wants(&name) {
        return Ok(());
    }
    let bytes = program.bytes()?;
    let module = wasmspan::Module::with_config(&guest::eager(), &bytes)?;
    let ours = module.instantiate(&wasmspan::Store::new())?.typed::<i32, i32>("fib")?;
    let module = wasmtime::Module::new(&PEER_ENGINE, &bytes)?;
    let mut store = wasmtime::Store::new(&PEER_ENGINE, ());
    let instance = wasmtime::Instance::new(&mut store, &module, &[])?;
    let peer = instance.get_typed_func::<i32, i32>(&mut store, "fib")?;
    if [ours.call(30)?, peer.call(&mut store, 30)?].map(|n| n as u64) != [program.checksum; 2] {
        return Err("fibonacci: another number".into());
    }
    let mut ours = |count| time(|| (0..count).for_each(|_| drop(ours.call(30))));
    let mut peer = |count| time(|| (0..count).for_each(|_| drop(peer.call(&mut store, 30))));
    report.compared(&name, &compare(options.rounds, &mut ours, &mut peer), Bar::None);
    Ok(())
}

/// Time of `run`, for each program and on average.
pub fn compute(options: &Options, report: &mut Report) -> Result<()> {
    fibonacci(options, report)?;
    let mut all = Vec::new();
    for program in PROGRAMS {
        let name = format!("compute/{}", program.name);
        if !options.wants(&name) {
            continue;
        }
        let bytes = program.bytes()?;
        let mut ours = guest::Ours::start(&bytes)?;
        let mut peer = guest::Peer::start(&bytes)?;
        for (engine, checksum) in [("wasmspan", ours.run()?), ("wasmtime", peer.run()?)] {
            if checksum as u64 != program.checksum {
                let wanted = program.checksum;
                let wrong = format!(
                    "{}: {engine} computes {checksum:#018x}, not {wanted:#018x}",
                    program.name
                );
                return Err(wrong.into());
            }
        }
        let comparison = compare(options.rounds, &mut runs(&mut ours), &mut runs(&mut peer));
        report.compared(&name, &comparison, Bar::None);
        all.push(comparison);
    }
    mean(report, "compute", &all, Bar::Ratio(1.02));
    Ok(())
}

/// What counting, a cost limit and polling add to `run`, beside the peer's fuel: each engine against
/// itself without them.
pub fn limits(options: &Options, report: &mut Report) -> Result<()> {
    let mut metered = Config::default();
    metered.statistics.instruction_counting = true;
    metered.statistics.cost_measuring = true;
    let polling = Config { interrupt_mode: InterruptMode::Poll, ..guest::eager() };
    let (mut all_metered, mut all_fuel, mut all_polling) = (Vec::new(), Vec::new(), Vec::new());
    for program in PROGRAMS {
        let name = |what: &str| format!("limits/{what}/{}", program.name);
        let bytes = program.bytes()?;
        for (what, config, all) in
            [("metered", &metered, &mut all_metered), ("polling", &polling, &mut all_polling)]
        {
            if !options.wants(&name(what)) {
                continue;
            }
            let (mut with, mut without) =
                (guest::Ours::with_config(config, &bytes)?, guest::Ours::start(&bytes)?);
            let comparison = compare(options.rounds, &mut runs(&mut with), &mut runs(&mut without));
            report.compared(&name(what), &comparison, Bar::None);
            all.push(comparison);
        }
        if options.wants(&name("fuel of the peer")) {
            let mut with = guest::Peer::in_engine(&guest::FUEL_ENGINE, &bytes)?;
            let mut without = guest::Peer::start(&bytes)?;
            let comparison = compare(options.rounds, &mut runs(&mut with), &mut runs(&mut without));
            report.compared(&name("fuel of the peer"), &comparison, Bar::None);
            all_fuel.push(comparison);
        }
    }
    mean(report, "limits/metered", &all_metered, Bar::Ratio(1.10));
    mean(report, "limits/fuel of the peer", &all_fuel, Bar::None);
    mean(report, "limits/polling", &all_polling, Bar::Ratio(1.05));
    Ok(())
}

fn runs(guest: &mut impl Guest) -> impl FnMut(u64) -> Sample {
    |count| {
        time(|| {
            for _ in 0..count {
                guest.run().expect("it ran before");
            }
        })
    }
}

/// Time from bytes to a module that can be instantiated, for each program and on average.
pub fn compile(options: &Options, report: &mut Report) -> Result<()> {
    let mut all = Vec::new();
    for program in PROGRAMS {
        let name = format!("compile/{}", program.name);
        if !options.wants(&name) {
            continue;
        }
        let bytes = program.bytes()?;
        let eager = guest::eager();
        let mut ours = |count| {
            let compile = |_| wasmspan::Module::with_config(&eager, &bytes).unwrap();
            time(|| (0..count).map(compile).collect::<Vec<_>>())
        };
        let mut peer = |count| {
            let compile = |_| wasmtime::Module::new(&PEER_ENGINE, &bytes).unwrap();
            time(|| (0..count).map(compile).collect::<Vec<_>>())
        };
        let comparison = compare(options.rounds, &mut ours, &mut peer);
        report.compared(&name, &comparison, Bar::None);
        all.push(comparison);
    }
    mean(report, "compile", &all, Bar::Ratio(1.0));
    Ok(())
}

/// Time from bytes to the result of a small export of a large module, with nothing kept from before.
pub fn first_result(options: &Options, report: &mut Report) -> Result<()> {
    for (program, export) in [("quickjs-bench", "_initialize"), ("sqlite-bench", "_initialize")] {
        let name = format!("first result/{program}");
        if !options.wants(&name) {
            continue;
        }
        let program = PROGRAMS.iter().find(|known| known.name == program);
        let bytes = program.ok_or("no such program")?.bytes()?;
        let mut ours = |count| {
            time(|| {
                (0..count).map(|_| guest::Ours::first(&bytes, export).unwrap()).collect::<Vec<_>>()
            })
        };
        let mut peer = |count| {
            time(|| {
                (0..count).map(|_| guest::Peer::first(&bytes, export).unwrap()).collect::<Vec<_>>()
            })
        };
        let comparison = compare(options.rounds, &mut ours, &mut peer);
        report.compared(&name, &comparison, Bar::Ratio(0.30));
    }
    Ok(())
}

fn mean(report: &mut Report, what: &str, all: &[Comparison], bar: Bar) {
    if all.len() > 1 {
        report.mean(&format!("{what}: mean of {}", all.len()), all, bar);
    }
}
