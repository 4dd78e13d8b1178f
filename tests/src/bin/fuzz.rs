//! Runs random modules on this engine and on wasmi, and reports where they differ.
//!
//! `fuzz --seconds N --modules N --seed S --threads N --out FOLDER --kind KIND`. The module number `n`
//! of a run has the seed `S + n`, so `--seed THAT --modules 1` repeats one. The kinds are `results`,
//! what calls give and leave, `stops`, what calls leave that are stopped at random, and `damaged`,
//! modules that may be invalid; all if none is given.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use wasmspan_tests::fuzz::{self, Case, Tally, damaged, replay, shrink, stopped};

/// Room for the deepest recursion that the fuel allows.
const STACK: usize = 64 << 20;
/// Pause between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(10);

struct Options {
    seconds: u64,
    modules: u64,
    seed: u64,
    threads: usize,
    out: PathBuf,
    /// A kept case to run, instead of random ones.
    replay: Option<PathBuf>,
    /// Shrink the case of the first seed in processes of its own: for one that ends the process.
    crash: bool,
    /// Which kinds of modules are tried.
    kinds: Kinds,
}

#[derive(Clone, Copy, PartialEq)]
enum Kinds {
    All,
    Results,
    Stops,
    Damaged,
}

impl Kinds {
    fn has(self, kind: Kinds) -> bool {
        self == kind || self == Kinds::All
    }
}

impl Options {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            seconds: u64::MAX,
            modules: u64::MAX,
            // A run without a seed looks at modules that others have not looked at.
            seed: std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_nanos() as u64) >> 8,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            out: replay::folder(),
            replay: None,
            crash: false,
            kinds: Kinds::All,
        };
        while let Some(name) = words.next() {
            let value = words.next().ok_or(format!("{name} needs a value"))?;
            let number = || value.parse().map_err(|_| format!("{name} needs a number"));
            match name.as_str() {
                "--seconds" => options.seconds = number()?,
                "--modules" => options.modules = number()?,
                "--seed" => options.seed = number()?,
                "--threads" => options.threads = number()? as usize,
                "--out" => options.out = PathBuf::from(&value),
                "--replay" => options.replay = Some(PathBuf::from(&value)),
                "--kind" if value == "results" => options.kinds = Kinds::Results,
                "--kind" if value == "stops" => options.kinds = Kinds::Stops,
                "--kind" if value == "damaged" => options.kinds = Kinds::Damaged,
                "--crash" => {
                    options.seed = number()?;
                    options.crash = true;
                }
                _ => return Err(format!("unknown option {name}")),
            }
        }
        if options.seconds == u64::MAX && options.modules == u64::MAX {
            options.seconds = 60;
        }
        Ok(options)
    }
}

#[derive(Default)]
struct State {
    next: AtomicU64,
    done: AtomicU64,
    mismatches: AtomicU64,
    stop: AtomicBool,
    tally: Mutex<Tally>,
    stops: Mutex<stopped::Tally>,
    damaged: Mutex<damaged::Tally>,
}

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!(
                "{error}\nuse: fuzz --seconds N --modules N --seed S --threads N --out DIR --kind results|stops|damaged"
            );
            return ExitCode::FAILURE;
        }
    };
    if let Some(path) = &options.replay {
        return ended(replay::read(path).and_then(|case| fuzz::check(&case).map(drop)));
    }
    if options.crash {
        return ended(shrink_crash(&options));
    }
    println!("seed {}, {} threads", options.seed, options.threads);
    let state = State::default();
    let start = Instant::now();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.threads)
            .map(|_| {
                let worker = std::thread::Builder::new().stack_size(STACK);
                worker.spawn_scoped(scope, || work(&options, &state)).expect("a thread starts")
            })
            .collect();
        let mut shown = start;
        while workers.iter().any(|worker| !worker.is_finished()) {
            std::thread::sleep(Duration::from_millis(20));
            if start.elapsed().as_secs() >= options.seconds {
                state.stop.store(true, Ordering::Relaxed);
            }
            if shown.elapsed() >= PROGRESS {
                shown = Instant::now();
                progress(&state, start);
            }
        }
    });
    progress(&state, start);
    match state.mismatches.load(Ordering::Relaxed) {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn ended(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            println!("{what}");
            ExitCode::FAILURE
        }
    }
}

/// Shrinks a case that ends the process that runs it.
fn shrink_crash(options: &Options) -> Result<(), String> {
    let told = |error: std::io::Error| error.to_string();
    let program = std::env::current_exe().map_err(told)?;
    let scratch = std::env::temp_dir().join(format!("wasmspan-fuzz-{}", std::process::id()));
    let ends = |case: &Case| {
        let Ok(path) = replay::write(&scratch, "candidate", "", case) else { return None };
        let mut command = std::process::Command::new(&program);
        let status = command.arg("--replay").arg(path).output().ok()?.status;
        (!status.success() && status.code().is_none()).then_some(status)
    };
    let small = shrink::shrink(options.seed, |case| ends(case).is_some());
    let ended = small.as_ref().and_then(ends);
    // What is left behind in the temporary folder does no harm.
    let _ = std::fs::remove_dir_all(&scratch);
    let (Some(small), Some(status)) = (small, ended) else {
        return Err("the case does not end the process".into());
    };
    let remark = format!("Found by seed {}.\nEnds the process: {status}.", options.seed);
    let name = format!("crash-{}", options.seed);
    let path = replay::write(&options.out, &name, &remark, &small)?;
    Err(format!("{status}; {} bytes in {}", small.wasm.len(), path.display()))
}

fn progress(state: &State, start: Instant) {
    let done = state.done.load(Ordering::Relaxed);
    let seconds = start.elapsed().as_secs_f64();
    let Tally { instances, returned, trapped } =
        *state.tally.lock().expect("nobody panics with it");
    println!(
        "{done} modules in {seconds:.0} s, {:.0} per second, {instances} instantiated, \
         {returned} calls returned, {trapped} trapped, {} mismatches",
        done as f64 / seconds,
        state.mismatches.load(Ordering::Relaxed)
    );
    let stopped::Tally { stops, in_loops, between } =
        *state.stops.lock().expect("nobody panics with it");
    println!(
        "  {stops} calls stopped, {in_loops} of them in loops, {between} between two loop heads"
    );
    let damaged::Tally { forms, loaded, refused } =
        *state.damaged.lock().expect("nobody panics with it");
    println!("  {forms} damaged modules, {loaded} of them loaded, {refused} of these refused");
}

fn work(options: &Options, state: &State) {
    while !state.stop.load(Ordering::Relaxed) {
        let number = state.next.fetch_add(1, Ordering::Relaxed);
        if number >= options.modules {
            return;
        }
        let seed = options.seed.wrapping_add(number);
        if options.kinds.has(Kinds::Results) {
            match fuzz::check_seed(seed) {
                Ok(tally) => state.tally.lock().expect("nobody panics with it").add(tally),
                Err(what) => {
                    state.mismatches.fetch_add(1, Ordering::Relaxed);
                    report(options, seed, &what);
                }
            }
        }
        if options.kinds.has(Kinds::Stops) {
            match stopped::check_seed(seed) {
                Ok(tally) => state.stops.lock().expect("nobody panics with it").add(tally),
                Err(what) => {
                    state.mismatches.fetch_add(1, Ordering::Relaxed);
                    println!("MISMATCH of a stopped call, seed {seed}: {what}");
                }
            }
        }
        if options.kinds.has(Kinds::Damaged) {
            match damaged::check_seed(seed) {
                Ok(tally) => state.damaged.lock().expect("nobody panics with it").add(tally),
                Err(what) => {
                    state.mismatches.fetch_add(1, Ordering::Relaxed);
                    println!("MISMATCH of a damaged module, seed {seed}: {what}");
                }
            }
        }
        state.done.fetch_add(1, Ordering::Relaxed);
    }
}

fn report(options: &Options, seed: u64, what: &str) {
    println!("MISMATCH, seed {seed}: {what}");
    let Some(small) = shrink::shrink(seed, |case| fuzz::check(case).is_err()) else { return };
    let difference = fuzz::check(&small).err().unwrap_or_default();
    let remark = format!("Found by seed {seed}.\n{difference}");
    match replay::write(&options.out, &format!("seed-{seed}"), &remark, &small) {
        Ok(path) => println!("  {} bytes in {}", small.wasm.len(), path.display()),
        Err(error) => println!("  {error}"),
    }
}
