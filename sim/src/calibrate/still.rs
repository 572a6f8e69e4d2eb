//! The likelihood of a price that moves in steps only.
//!
//! Without a diffusion a day either has a jump or stands still, and the likelihood is a product of two: that of the
//! days that moved, which gives the intensity, and that of the sizes, which gives the law ([`super::sizes`]).
//!
//! ```text
//! ln L(lambda) = sum over still distances of -lambda tau + sum over moves of ln(1 - e^{-lambda tau})
//! ```
//!
//! A day with two jumps counts as one of their sum: at ten jumps a year that is one jump in a hundred.

use super::likelihood::Times;

/// The intensity at which the likelihood is greatest when `moved` of the distances had a jump. For distances of one
/// length it is `-ln(1 - share) / tau`; the mean length stands for different ones.
pub(super) fn intensity(times: &Times, moved: usize) -> f64 {
    let distances = times.gap.len() as f64;
    let share = moved as f64 / distances;
    -(-share).ln_1p() / (times.years / distances)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_with_several_jumps_are_made_up_for() {
        let times = Times::of(&(0..=1_000).collect::<Vec<_>>());
        let rate = intensity(&times, 30);
        // P(no jump in a day) = e^{-rate/365.25} = 0.97.
        assert!(((-rate / crate::DAYS_PER_YEAR).exp() - 0.97).abs() < 1e-12);
    }
}
