//! The phases of a run of the compiler: how long each took, and which one is in progress.

use std::cell::Cell;
use std::fmt::Write;
use std::time::{Duration, Instant};

thread_local! {
    static PHASE: Cell<&'static str> = const { Cell::new("start") };
}

/// The phase this thread is in: what an internal error tells first.
pub fn current_phase() -> &'static str {
    PHASE.get()
}

/// Collects the time of each phase, if somebody wants to know.
#[derive(Debug)]
pub struct Timings {
    phases: Option<Vec<(&'static str, Duration)>>,
}

impl Timings {
    /// Measures only if `enabled`.
    pub fn new(enabled: bool) -> Timings {
        Timings { phases: enabled.then(Vec::new) }
    }

    /// Does `work` as the phase `name`.
    pub fn phase<R>(&mut self, name: &'static str, work: impl FnOnce() -> R) -> R {
        let outer = PHASE.replace(name);
        let start = self.phases.is_some().then(Instant::now);
        let result = work();
        if let (Some(phases), Some(start)) = (&mut self.phases, start) {
            phases.push((name, start.elapsed()));
        }
        PHASE.set(outer);
        result
    }

    /// One line per phase in order, and their sum; empty when nothing was measured.
    pub fn table(&self) -> String {
        let Some(phases) = &self.phases else { return String::new() };
        let mut text = String::new();
        let total = ("total", phases.iter().map(|&(_, time)| time).sum());
        for (name, time) in phases.iter().copied().chain([total]) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<10} {:>10.3} ms", time.as_secs_f64() * 1e3);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_listed_in_order() {
        let mut timings = Timings::new(true);
        assert_eq!(timings.phase("read", current_phase), "read");
        timings.phase("parse", || ());
        let names: Vec<String> =
            timings.table().lines().map(|line| line.split(' ').next().unwrap_or("").to_string()).collect();
        assert_eq!(names, ["read", "parse", "total"]);
        assert_eq!(Timings::new(false).table(), "");
    }
}
