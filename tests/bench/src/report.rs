//! Rows of the result: as a table while they come, and as JSON at the end.

use crate::measure::{Comparison, Estimate, geometric_mean, median};
use std::fmt::Write as _;
use std::time::Instant;

/// What a bar is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// Only for information.
    None,
    /// The ratio may be at most this.
    Ratio(f64),
}

/// One line of the result.
#[derive(Clone, Debug)]
pub struct Row {
    name: String,
    /// Median seconds of one piece of work, ours and the peer's; none for a mean of ratios.
    seconds: Option<(f64, f64)>,
    ratio: Estimate,
    /// Ratio of processor time, which other processes disturb less.
    cpu_ratio: Estimate,
    bar: Bar,
}

impl Row {
    /// True if the interval touches the bar; `None` if there is no bar.
    fn met(&self) -> Option<bool> {
        match self.bar {
            Bar::None => None,
            Bar::Ratio(bar) => Some(self.ratio.low <= bar),
        }
    }
}

/// A figure that is not a ratio.
#[derive(Clone, Debug)]
struct Figure {
    name: String,
    ours: String,
    peer: String,
    met: Option<bool>,
}

/// All results so far.
pub struct Report {
    start: Instant,
    rows: Vec<Row>,
    figures: Vec<Figure>,
}

impl Report {
    /// Prints the head of the table.
    pub fn new() -> Report {
        println!(
            "{:<34} {:>10} {:>10} {:>7}  {:<15} {:>7}  {:>5}  verdict",
            "row", "wasmspan", "wasmtime", "ratio", "95 % interval", "of cpu", "bar"
        );
        Report { start: Instant::now(), rows: Vec::new(), figures: Vec::new() }
    }

    /// Adds a comparison.
    pub fn compared(&mut self, name: &str, comparison: &Comparison, bar: Bar) {
        let wall = |samples: &[crate::measure::Sample]| {
            median(&samples.iter().map(|sample| sample.wall).collect::<Vec<_>>())
        };
        self.push(Row {
            name: name.to_string(),
            seconds: Some((wall(&comparison.ours), wall(&comparison.peer))),
            ratio: Estimate::of(&comparison.ratios(|sample| sample.wall)),
            cpu_ratio: Estimate::of(&comparison.ratios(|sample| sample.cpu)),
            bar,
        });
    }

    /// Adds the geometric mean of comparisons that have the same number of rounds.
    pub fn mean(&mut self, name: &str, comparisons: &[Comparison], bar: Bar) {
        let of = |time: fn(&crate::measure::Sample) -> f64| {
            let each: Vec<Vec<f64>> = comparisons.iter().map(|c| c.ratios(time)).collect();
            let means: Vec<f64> = (0..each[0].len())
                .map(|round| {
                    geometric_mean(&each.iter().map(|ratios| ratios[round]).collect::<Vec<_>>())
                })
                .collect();
            Estimate::of(&means)
        };
        self.push(Row {
            name: name.to_string(),
            seconds: None,
            ratio: of(|sample| sample.wall),
            cpu_ratio: of(|sample| sample.cpu),
            bar,
        });
    }

    fn push(&mut self, row: Row) {
        let (ours, peer) = match row.seconds {
            Some((ours, peer)) => (duration(ours), duration(peer)),
            None => (String::new(), String::new()),
        };
        let interval = format!("{:.3} – {:.3}", row.ratio.low, row.ratio.high);
        let bar = match row.bar {
            Bar::None => String::new(),
            Bar::Ratio(bar) => format!("{bar:.2}"),
        };
        println!(
            "{:<34} {ours:>10} {peer:>10} {:>7.3}  {interval:<15} {:>7.3}  {bar:>5}  {}",
            row.name,
            row.ratio.median,
            row.cpu_ratio.median,
            verdict(row.met())
        );
        self.rows.push(row);
    }

    /// Adds a figure that is not a ratio.
    pub fn figure(&mut self, name: &str, ours: String, peer: String, met: Option<bool>) {
        println!("{name:<34} {ours:>10} {peer:>10} {:>40}  {}", "", verdict(met));
        self.figures.push(Figure { name: name.to_string(), ours, peer, met });
    }

    /// Prints how many bars are met.
    pub fn close(&self) {
        let rows = self.rows.iter().filter_map(Row::met);
        let bars: Vec<bool> = rows.chain(self.figures.iter().filter_map(|f| f.met)).collect();
        let met = bars.iter().filter(|met| **met).count();
        let seconds = self.start.elapsed().as_secs();
        println!("{met} of {} bars met; {seconds} s", bars.len());
    }

    /// Everything as JSON.
    pub fn json(&self) -> String {
        let mut out = String::from("{\n  \"rows\": [\n");
        for (at, row) in self.rows.iter().enumerate() {
            let seconds = row.seconds.map_or(String::new(), |(ours, peer)| {
                format!("\"wasmspan_seconds\": {ours:e}, \"wasmtime_seconds\": {peer:e}, ")
            });
            let bar = match row.bar {
                Bar::None => String::new(),
                Bar::Ratio(bar) => format!(", \"bar\": {bar}"),
            };
            let _ = write!(
                out,
                "    {{\"name\": {}, {seconds}\"ratio\": {}, \"cpu_ratio\": {}{bar}{}}}",
                quoted(&row.name),
                estimate(&row.ratio),
                estimate(&row.cpu_ratio),
                met_field(row.met()),
            );
            out.push_str(if at + 1 < self.rows.len() { ",\n" } else { "\n" });
        }
        out.push_str("  ],\n  \"figures\": [\n");
        for (at, figure) in self.figures.iter().enumerate() {
            let _ = write!(
                out,
                "    {{\"name\": {}, \"wasmspan\": {}, \"wasmtime\": {}{}}}",
                quoted(&figure.name),
                quoted(&figure.ours),
                quoted(&figure.peer),
                met_field(figure.met),
            );
            out.push_str(if at + 1 < self.figures.len() { ",\n" } else { "\n" });
        }
        out.push_str("  ]\n}\n");
        out
    }
}

fn verdict(met: Option<bool>) -> &'static str {
    match met {
        None => "",
        Some(true) => "met",
        Some(false) => "MISSED",
    }
}

fn met_field(met: Option<bool>) -> String {
    met.map_or(String::new(), |met| format!(", \"met\": {met}"))
}

fn estimate(value: &Estimate) -> String {
    let Estimate { median, low, high } = value;
    format!("{{\"median\": {median:.5}, \"low\": {low:.5}, \"high\": {high:.5}}}")
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => _ = write!(out, "\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Seconds in a unit that fits.
fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 1e-6 => (s * 1e9, "ns"),
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    let digits = if value < 100.0 { 2 } else { 1 };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Sample;

    fn comparison(ratio: f64) -> Comparison {
        let sample = |seconds: f64| Sample { wall: seconds, cpu: seconds };
        Comparison { ours: vec![sample(ratio); 9], peer: vec![sample(1.0); 9] }
    }

    #[test]
    fn a_bar_is_met_if_the_interval_touches_it() {
        let mut report = Report::new();
        report.compared("under", &comparison(1.0), Bar::Ratio(1.0));
        report.compared("over", &comparison(1.25), Bar::Ratio(1.2));
        report.mean("mean", &[comparison(0.5), comparison(2.0)], Bar::None);
        let met: Vec<_> = report.rows.iter().map(Row::met).collect();
        assert_eq!(met, [Some(true), Some(false), None]);
        assert!((report.rows[2].ratio.median - 1.0).abs() < 1e-12);
    }

    #[test]
    fn durations_choose_their_unit() {
        assert_eq!(duration(8.5e-9), "8.50 ns");
        assert_eq!(duration(0.25), "250.0 ms");
    }

    #[test]
    fn json_escapes() {
        assert_eq!(quoted("a\"b\\\n"), "\"a\\\"b\\\\\\u000a\"");
    }
}
