//! How fast money may leave: a leaky bucket.
//!
//! ```text
//! level now = max(0, level then - limit * seconds since / period)        drained rounded down
//! taken     only if level now + amount <= limit
//! ```
//!
//! So at most the limit leaves at once, and at most twice the limit within any one period. A lower limit holds at once:
//! what has left already still fills the bucket.

use crate::codec::{Reader, Writer};
use crate::math::mul_div_floor;
use crate::units::Seconds;

/// An hour, in seconds.
pub const HOUR: u32 = 3_600;

/// What has left lately, in quote atoms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bucket {
    level: u64,
    at: Seconds,
}

impl Bucket {
    /// Encoded length in bytes.
    pub const BYTES: usize = 12;

    /// The bucket after `amount` more, or `None` when it would hold more than `limit`.
    pub fn take(self, now: Seconds, period: u32, limit: u64, amount: u64) -> Option<Self> {
        let elapsed = now.since(self.at).min(period);
        let drained = mul_div_floor(limit.into(), elapsed.into(), period.into());
        let drained = u64::try_from(drained).unwrap_or(u64::MAX);
        let level = self.level.saturating_sub(drained).checked_add(amount).filter(|level| *level <= limit)?;
        Some(Self { level, at: now })
    }

    /// Appends the packed value.
    pub fn write(&self, out: &mut Writer) {
        out.uint(self.level, 8);
        out.uint(self.at.0.into(), 4);
    }

    /// Reads the packed value back.
    pub fn read(from: &mut Reader<'_>) -> Self {
        Self { level: from.uint(8), at: Seconds(from.u32(4)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_limit_leaves_at_once_and_then_as_fast_as_it_drains() {
        let take = |bucket: Bucket, now, amount| bucket.take(Seconds(now), HOUR, 3_600, amount);
        let full = take(Bucket::default(), 1_000, 3_600).expect("the limit");
        assert_eq!(take(full, 1_000, 1), None);
        assert_eq!(take(full, 1_010, 11), None);
        let later = take(full, 1_010, 10).expect("ten seconds drain ten");
        assert_eq!(take(later, 1_010, 1), None);
        assert!(take(later, 4_610, 3_600).is_some());
    }

    #[test]
    fn a_lower_limit_holds_at_once() {
        let bucket = Bucket::default().take(Seconds(5), HOUR, 1_000, 900).expect("below the limit");
        assert_eq!(bucket.take(Seconds(5), HOUR, 500, 1), None);
        assert_eq!(bucket.take(Seconds(5), HOUR, 0, 1), None);
    }

    proptest! {
        #[test]
        fn no_period_ever_sees_more_than_twice_the_limit(
            limit in 1..10_000_u64,
            steps in prop::collection::vec((0..5_000_u32, 1..6_000_u64), 1..60),
        ) {
            let (mut bucket, mut now) = (Bucket::default(), Seconds(10_000));
            let mut taken: std::vec::Vec<(u32, u64)> = std::vec![];
            for (wait, amount) in steps {
                now = now.later(wait);
                if let Some(after) = bucket.take(now, HOUR, limit, amount) {
                    bucket = after;
                    taken.push((now.0, amount));
                }
                let recent: u64 = taken.iter().filter(|(at, _)| now.0 - at < HOUR).map(|(_, amount)| amount).sum();
                prop_assert!(recent <= 2 * limit);
            }
        }
    }
}
