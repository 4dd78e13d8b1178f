//! Paired measurement: ours and the peer alternate, and each round gives one ratio.
//!
//! The median of the ratios is the result. Its interval comes from order statistics: no
//! assumption is made about how the noise is distributed.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Shortest time that one sample may take; shorter work is repeated until it takes this long.
const SHORTEST_SAMPLE: Duration = Duration::from_millis(4);

/// Time of one sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Seconds that passed.
    pub wall: f64,
    /// Seconds that all threads of the process computed.
    pub cpu: f64,
}

/// Takes the time of `work`; what it returns is dropped after the clock has stopped.
pub fn time<T>(work: impl FnOnce() -> T) -> Sample {
    let cpu = cpu_seconds();
    let start = Instant::now();
    let result = black_box(work());
    let wall = start.elapsed().as_secs_f64();
    let cpu = cpu_seconds() - cpu;
    drop(result);
    Sample { wall, cpu }
}

fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the argument is a valid place for the result.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0, "the processor-time clock cannot be read");
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// What the rounds gave; times are seconds for one piece of work.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Our samples, in order.
    pub ours: Vec<Sample>,
    /// The peer's samples, in order.
    pub peer: Vec<Sample>,
}

impl Comparison {
    /// Ratio of each round, ours to the peer's.
    pub fn ratios(&self, of: fn(&Sample) -> f64) -> Vec<f64> {
        self.ours.iter().zip(&self.peer).map(|(ours, peer)| of(ours) / of(peer)).collect()
    }
}

/// One side of a comparison: does its work as often as asked and says how long that took.
pub type Side<'a> = &'a mut dyn FnMut(u64) -> Sample;

/// Runs both sides for `rounds` rounds; who begins changes from round to round.
pub fn compare(rounds: usize, ours: Side<'_>, peer: Side<'_>) -> Comparison {
    let batches = [batch(ours), batch(peer)];
    let mut result = Comparison::default();
    for round in 0..rounds {
        let mut take_ours = || result.ours.push(one(ours, batches[0]));
        let mut take_peer = || result.peer.push(one(peer, batches[1]));
        if round % 2 == 0 {
            take_ours();
            take_peer();
        } else {
            take_peer();
            take_ours();
        }
    }
    result
}

/// A sample of `count` pieces of work, as the time of one.
fn one(side: Side<'_>, count: u64) -> Sample {
    let sample = side(count);
    Sample { wall: sample.wall / count as f64, cpu: sample.cpu / count as f64 }
}

/// How many pieces of work make a sample long enough; also warms up.
fn batch(side: Side<'_>) -> u64 {
    let mut count = 1;
    while side(count).wall < SHORTEST_SAMPLE.as_secs_f64() {
        count *= 2;
    }
    count
}

/// Median and the interval that holds the true one with 95 % probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The middle value.
    pub median: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Estimate {
    /// The estimate from independent values, of which there is at least one.
    pub fn of(values: &[f64]) -> Estimate {
        let sorted = sorted(values);
        let cut = interval_cut(sorted.len());
        Estimate { median: middle(&sorted), low: sorted[cut], high: sorted[sorted.len() - 1 - cut] }
    }
}

/// The median.
pub fn median(values: &[f64]) -> f64 {
    middle(&sorted(values))
}

/// The geometric mean.
pub fn geometric_mean(values: &[f64]) -> f64 {
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn middle(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2.0 }
}

/// How many values to leave out at each end: the true median lies beyond the values kept with at
/// most 2.5 % probability at each end. With fewer than six values none can be left out, and the
/// interval is less sure.
fn interval_cut(count: usize) -> usize {
    // Sum of the binomial distribution with even odds, from 0 up.
    let mut term = 0.5f64.powi(count as i32);
    let mut below = term;
    let mut cut = 0;
    while below + term * (count - cut) as f64 / (cut + 1) as f64 <= 0.025 {
        term *= (count - cut) as f64 / (cut + 1) as f64;
        below += term;
        cut += 1;
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_is_that_of_the_binomial_tables() {
        // Nonparametric 95 % interval of the median: rank of the lower end, counted from 0.
        let known = [(6, 0), (8, 0), (9, 1), (11, 1), (12, 2), (15, 3), (20, 5), (25, 7)];
        for (count, cut) in known {
            assert_eq!(interval_cut(count), cut, "{count} values");
        }
        assert_eq!(interval_cut(1), 0);
    }

    #[test]
    fn estimate_of_nine_leaves_the_extremes_out() {
        let values = [9.0, 1.0, 5.0, 2.0, 8.0, 3.0, 7.0, 4.0, 6.0];
        assert_eq!(Estimate::of(&values), Estimate { median: 5.0, low: 2.0, high: 8.0 });
    }

    #[test]
    fn median_of_an_even_number_lies_between() {
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
    }

    #[test]
    fn geometric_mean_of_reciprocals_is_one() {
        assert!((geometric_mean(&[0.5, 2.0, 0.25, 4.0]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn sides_alternate_and_times_are_of_one_piece() {
        let order = std::cell::RefCell::new(String::new());
        let side = |name: char, seconds: f64| {
            let order = &order;
            move |count: u64| {
                order.borrow_mut().push(name);
                let total = seconds * count as f64;
                Sample { wall: total, cpu: total }
            }
        };
        let result = compare(4, &mut side('o', 0.003), &mut side('p', 0.006));
        // First how often the work must be repeated, then the rounds.
        assert_eq!(order.into_inner(), format!("{}{}", "oop", "oppooppo"));
        assert!(result.ratios(|sample| sample.wall).iter().all(|ratio| (ratio - 0.5).abs() < 1e-9));
    }
}
