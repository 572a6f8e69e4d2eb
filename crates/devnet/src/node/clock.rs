//! What time the next block has.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The last second that there is: contracts count them in 32 bits. A clock that would run past it stands still there.
pub const LAST_SECOND: u64 = u32::MAX as u64;

/// How a chain's time passes.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// With the machine's, so many seconds of the chain to one.
    Machine { since: Instant, scale: u32 },
    /// Each block is so many seconds after the one before, whatever the machine says.
    Fixed { step: u64 },
}

/// The clock. Its seconds are Unix seconds.
#[derive(Clone, Debug)]
pub struct Clock {
    pace: Pace,
    /// The chain's time when the pace began.
    origin: u64,
    /// The time that the next block has been told to have.
    next: Option<u64>,
    /// Seconds between blocks that have been asked for.
    interval: Option<u64>,
}

impl Clock {
    /// A clock that begins now, or at a given time, and runs `scale` times as fast as the machine's.
    #[must_use]
    pub fn machine(start: Option<u64>, scale: u32) -> Self {
        let origin =
            start.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs());
        Self { pace: Pace::Machine { since: Instant::now(), scale: scale.max(1) }, origin, next: None, interval: None }
    }

    /// A clock that no machine drives: each block is `step` seconds after its parent.
    #[must_use]
    pub const fn fixed(start: u64, step: u64) -> Self {
        Self { pace: Pace::Fixed { step }, origin: start, next: None, interval: None }
    }

    /// The chain's time, which the next block has at least.
    fn now(&self, parent: u64) -> u64 {
        match self.pace {
            Pace::Machine { since, scale } => {
                let passed = since.elapsed().as_millis().saturating_mul(scale.into()) / 1_000;
                self.origin.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX))
            }
            Pace::Fixed { step } => parent.saturating_add(step).max(self.origin),
        }
    }

    /// The time of a block on a parent of that time. Never before the parent's; blocks may share one, as on the Hub.
    #[must_use]
    pub fn next(&self, parent: u64) -> u64 {
        self.next
            .or_else(|| Some(parent.saturating_add(self.interval?)))
            .unwrap_or_else(|| self.now(parent))
            .min(LAST_SECOND)
            .max(parent)
    }

    /// Tells the clock that a block of that time has been sealed: time goes on from there.
    pub(crate) fn sealed(&mut self, seconds: u64) {
        if self.next.take().is_some() || self.interval.is_some() {
            self.set(seconds);
        }
    }

    /// Sets the chain's time.
    pub(crate) fn set(&mut self, seconds: u64) {
        self.origin = seconds;
        if let Pace::Machine { since, .. } = &mut self.pace {
            *since = Instant::now();
        }
    }

    /// Moves the chain's time on. Returns how far it is ahead of where it began, in seconds.
    pub(crate) fn increase(&mut self, seconds: u64, parent: u64) {
        match self.pace {
            Pace::Machine { .. } => self.origin = self.origin.saturating_add(seconds),
            Pace::Fixed { .. } => self.next = Some(self.next(parent).saturating_add(seconds)),
        }
    }

    /// The next block has that time, which is not before its parent's.
    pub(crate) const fn set_next(&mut self, seconds: u64) {
        self.next = Some(seconds);
    }

    /// Each block is so many seconds after the one before; `None` lets time pass by itself again.
    pub(crate) const fn set_interval(&mut self, seconds: Option<u64>) {
        self.interval = seconds;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_goes_a_step_a_block_and_where_it_is_told_to() {
        let mut clock = Clock::fixed(100, 2);
        assert_eq!(clock.next(100), 102);
        clock.increase(60, 102);
        assert_eq!(clock.next(102), 164);
        clock.sealed(164);
        assert_eq!(clock.next(164), 166);
        clock.set_next(500);
        assert_eq!(clock.next(166), 500);
        clock.sealed(500);
        clock.set_interval(Some(7));
        assert_eq!(clock.next(500), 507);
    }

    /// A contract that reads a time of 33 bits is trapped, and time does not go back: the exchange would be lost.
    #[test]
    fn no_clock_runs_past_the_last_second_that_contracts_can_count() {
        let mut clock = Clock::fixed(LAST_SECOND - 1, 2);
        assert_eq!(clock.next(LAST_SECOND - 1), LAST_SECOND);
        clock.set_interval(Some(u64::MAX));
        assert_eq!(clock.next(100), LAST_SECOND);
        clock.set_next(u64::MAX);
        assert_eq!(clock.next(100), LAST_SECOND);
        let scaled = Clock::machine(Some(u64::MAX), u32::MAX);
        assert_eq!(scaled.next(0), LAST_SECOND);
    }

    #[test]
    fn a_machines_clock_is_never_before_the_parent() {
        let clock = Clock::machine(Some(1_000), 60);
        assert_eq!(clock.next(5_000), 5_000);
        assert!((1_000..1_060).contains(&clock.next(0)));
    }
}
