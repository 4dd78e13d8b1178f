//! What a run gave.

use crate::error::Error;
use std::time::{Duration, Instant};

/// How a run ended, what it wrote and what it used.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote to standard output, if that was captured.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, if that was captured.
    pub stderr: Vec<u8>,
    /// Whether it wanted to write more than the limit, so that something is missing in what was
    /// captured.
    pub truncated: bool,
    /// What it used.
    pub usage: Usage,
    /// What ended it otherwise than by itself.
    pub(super) error: Option<Error>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// By itself, with this code; 0 if it named none.
    Exited(u32),
    /// By a trap, or an error of a host function.
    Failed(Error),
    /// Its time was over.
    TimedOut,
    /// Somebody stopped it.
    Interrupted,
}

/// What a run used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Time from the start of its code to its end.
    pub wall: Duration,
    /// Time that the processor worked on the thread of the run meanwhile.
    pub cpu: Duration,
    /// Most pages of 64 KiB that its exported memories had.
    pub memory_pages: u64,
    /// Cost of what it ran, if the configuration measures costs.
    pub cost: u64,
}

impl Finished {
    /// The code that the guest ended with; `None` if it did not end by itself.
    pub fn exit_code(&self) -> Option<u32> {
        if let Ending::Exited(code) = self.ending { Some(code) } else { None }
    }

    /// What ended it, with its cause; `None` if it ended by itself.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Whether it ended by itself with code 0, and all of its output is here.
    pub fn success(&self) -> bool {
        self.exit_code() == Some(0) && !self.truncated
    }
}

/// Measures a run on this thread.
pub(super) struct Meter {
    wall: Instant,
    cpu: Duration,
}

impl Meter {
    pub(super) fn start() -> Meter {
        Meter { wall: Instant::now(), cpu: cpu_time() }
    }

    pub(super) fn finish(self, memory_pages: u64, cost: u64) -> Usage {
        let cpu = cpu_time().saturating_sub(self.cpu);
        Usage { wall: self.wall.elapsed(), cpu, memory_pages, cost }
    }
}

/// Time that the processor worked on this thread.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}
