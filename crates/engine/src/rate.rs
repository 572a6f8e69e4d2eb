//! How fast money may leave: a leaky bucket.
//!
//! ```text
//! level now = max(0, level then - limit * seconds since / period)        what has left, drained rounded down
//!           = level then * (1 - seconds since / period)                  what has come in beyond it, towards zero
//! paid out  only if level now + amount <= limit
//! paid in   level now - amount
//! ```
//!
//! What comes in gives room back, so that nobody uses the limit up by paying out and in, or in and out, with nothing
//! gone in the end: what is bounded is the net outflow. At most the limit leaves at once beyond what has come in within
//! the last period or so, and at most twice the limit beyond it within any one period. A lower limit holds at once:
//! what has left already still fills the bucket.

use crate::codec::{Reader, Writer};
use crate::math::mul_div_floor;
use crate::units::Seconds;

/// An hour, in seconds.
pub const HOUR: u32 = 3_600;

/// What has left lately, in quote atoms; below zero when more has come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bucket {
    level: i64,
    at: Seconds,
}

impl Bucket {
    /// Encoded length in bytes.
    pub const BYTES: usize = 12;

    /// The bucket after `amount` more, or `None` when it would hold more than `limit`.
    pub fn after_outflow(self, now: Seconds, period: u32, limit: u64, amount: u64) -> Option<Self> {
        let level = self.drained(now, period, limit).checked_add_unsigned(amount)?;
        let within = u64::try_from(level).map_or(true, |level| level <= limit);
        within.then_some(Self { level, at: now })
    }

    /// The bucket after `amount` has come in.
    #[must_use]
    pub fn after_inflow(self, now: Seconds, period: u32, limit: u64, amount: u64) -> Self {
        Self { level: self.drained(now, period, limit).saturating_sub_unsigned(amount), at: now }
    }

    /// The bucket without the room that deposits have given: for a limit that is to hold at once.
    #[must_use]
    pub fn without_credit(self) -> Self {
        Self { level: self.level.max(0), ..self }
    }

    /// The level now: what has left drains as fast as the limit allows, what has come in is forgotten within a period.
    /// Rounded so that less may leave.
    fn drained(&self, now: Seconds, period: u32, limit: u64) -> i64 {
        let elapsed = i128::from(now.since(self.at).min(period));
        let level = i128::from(self.level);
        let left = if level > 0 {
            level.saturating_sub(mul_div_floor(limit.into(), elapsed, period.into())).max(0)
        } else {
            level.saturating_sub(mul_div_floor(level, elapsed, period.into())).min(0)
        };
        i64::try_from(left).unwrap_or(self.level) // between the level and zero
    }

    /// Appends the packed value.
    pub fn write(&self, out: &mut Writer) {
        out.int(self.level, 8);
        out.uint(self.at.0.into(), 4);
    }

    /// Reads the packed value back.
    pub fn read(from: &mut Reader<'_>) -> Self {
        Self { level: from.int(8), at: Seconds(from.u32(4)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_limit_leaves_at_once_and_then_as_fast_as_it_drains() {
        let out = |bucket: Bucket, now, amount| bucket.after_outflow(Seconds(now), HOUR, 3_600, amount);
        let full = out(Bucket::default(), 1_000, 3_600).expect("the limit");
        assert_eq!(out(full, 1_000, 1), None);
        assert_eq!(out(full, 1_010, 11), None);
        let later = out(full, 1_010, 10).expect("ten seconds drain ten");
        assert_eq!(out(later, 1_010, 1), None);
        assert!(out(later, 4_610, 3_600).is_some());
    }

    #[test]
    fn a_lower_limit_holds_at_once() {
        let bucket = Bucket::default().after_outflow(Seconds(5), HOUR, 1_000, 900).expect("below the limit");
        assert_eq!(bucket.after_outflow(Seconds(5), HOUR, 500, 1), None);
        assert_eq!(bucket.after_outflow(Seconds(5), HOUR, 0, 1), None);
    }

    #[test]
    fn a_circle_of_payments_uses_nothing_up_in_either_direction() {
        for limit in [1_000, 1_000_000] {
            let (mut out_first, mut in_first) = (Bucket::default(), Bucket::default());
            for second in (0..40 * HOUR).step_by(700) {
                let now = Seconds(1 + second);
                out_first = out_first
                    .after_outflow(now, HOUR, limit, limit)
                    .expect("nothing has gone")
                    .after_inflow(now, HOUR, limit, limit);
                in_first = in_first
                    .after_inflow(now, HOUR, limit, 9 * limit)
                    .after_outflow(now, HOUR, limit, 9 * limit)
                    .expect("nor here");
                assert!(
                    out_first.after_outflow(now, HOUR, limit, limit).is_some(),
                    "everybody else has the whole limit"
                );
                assert!(in_first.after_outflow(now, HOUR, limit, limit).is_some());
            }
        }
    }

    #[test]
    fn what_came_in_long_ago_gives_no_room() {
        let bucket = Bucket::default().after_inflow(Seconds(5), HOUR, 100, 5_000);
        let out = |later, amount| bucket.after_outflow(Seconds(5 + later), HOUR, 100, amount).is_some();
        assert!(out(0, 5_100) && !out(0, 5_101));
        assert!(out(HOUR / 2, 2_600) && !out(HOUR / 2, 2_601));
        assert!(out(HOUR, 100) && !out(HOUR, 101));
        assert!(out(9 * HOUR, 100) && !out(9 * HOUR, 101));
    }

    proptest! {
        #[test]
        fn no_period_ever_sees_more_than_twice_the_limit_beyond_what_came_in(
            limit in 1..10_000_u64,
            steps in prop::collection::vec((0..5_000_u32, any::<bool>(), 1..6_000_u64), 1..80),
        ) {
            let (mut bucket, mut now) = (Bucket::default(), Seconds(10_000));
            let mut gone: std::vec::Vec<(u32, u64)> = std::vec![];
            let mut come = gone.clone();
            for (wait, comes_in, amount) in steps {
                now = now.later(wait);
                if comes_in {
                    bucket = bucket.after_inflow(now, HOUR, limit, amount);
                    come.push((now.0, amount));
                } else if let Some(after) = bucket.after_outflow(now, HOUR, limit, amount) {
                    bucket = after;
                    gone.push((now.0, amount));
                }
                let within = |moved: &[(u32, u64)], seconds: u32| -> u64 {
                    moved.iter().filter(|(at, _)| now.0 - at < seconds).map(|(_, amount)| amount).sum()
                };
                // What came in is forgotten by the first touch a period later, and by a third at least with each
                // before.
                prop_assert!(within(&gone, HOUR) <= 2 * limit + within(&come, 12 * HOUR));
            }
        }

        #[test]
        fn no_period_ever_sees_more_than_twice_the_limit(
            limit in 1..10_000_u64,
            steps in prop::collection::vec((0..5_000_u32, 1..6_000_u64), 1..60),
        ) {
            let (mut bucket, mut now) = (Bucket::default(), Seconds(10_000));
            let mut gone: std::vec::Vec<(u32, u64)> = std::vec![];
            for (wait, amount) in steps {
                now = now.later(wait);
                if let Some(after) = bucket.after_outflow(now, HOUR, limit, amount) {
                    bucket = after;
                    gone.push((now.0, amount));
                }
                let recent: u64 = gone.iter().filter(|(at, _)| now.0 - at < HOUR).map(|(_, amount)| amount).sum();
                prop_assert!(recent <= 2 * limit);
            }
        }
    }
}
