//! The rules of one index.

use super::{MAX_PROVIDERS, MAX_REPORTERS, OracleError};
use crate::units::BPS;
use crate::{
    calendar::DAY,
    codec::{self, Cell, Reader, Writer},
};

/// The rules of one index. Ratios are in basis points of one: 10,000 is a ratio of 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rules {
    /// Weight of the input price in the blend, 0 to 100.
    pub blend_input: u8,
    /// Weight of the output price in the blend, 0 to 100; not both zero.
    pub blend_output: u8,
    /// Quality score of the underlying, from 1, in any unit; the providers' scores are in that unit.
    pub reference_score: u16,
    /// Largest weight of one provider, in basis points, 1 to 10,000. Paper: 30 %.
    pub cap_bps: u16,
    /// Providers without which there is no print; enough that the cap can hold: `min_providers * cap >= 10,000`.
    pub min_providers: u8,
    /// The least quorum, 3 to 16. A print takes more than two thirds of those registered, and never fewer than these.
    pub min_reporters: u8,
    /// Opening of the submission window, in seconds after the start of the day: [`WINDOW_OPENS`].
    pub opens: u32,
    /// End of the submission window, in seconds after the start of the day, at most 86,400, after the opening.
    pub closes: u32,
    /// Age from which the last print is stale, in seconds, one hour to 30 days.
    pub max_staleness: u32,
    /// 0: `max_dispersion` alone bounds what counts. Anything else, up to 1,000,000: `screen_ratio` does, too. Once a
    /// number of median absolute deviations.
    pub screen_mads: u32,
    /// A price counts within this ratio of the middle of all; from 10,000.
    pub screen_ratio: u32,
    /// The ratio from the lowest to the highest that counts: each counts within its root of the middle; from 10,000.
    pub max_dispersion: u32,
    /// A print whose ratio to the last one is above this needs confirmation; above 10,000.
    pub confirm_above: u32,
    /// A print whose ratio to the last one is above this is invalid; above `confirm_above`, at most 1,000,000.
    pub reject_above: u32,
    /// Time after which a price confirms itself if the same quorum still agrees, in seconds, ten minutes to three days.
    pub confirm_delay: u32,
    /// Days whose prints make the final price, the expiry among them, 1 to 32.
    pub window_days: u8,
    /// Days of the window that may be missing, less than all.
    pub max_gaps: u8,
    /// Time from the end of the last trading day until a settlement may be proposed, in seconds, at most 30 days.
    pub lock_delay: u32,
    /// Time for a dispute after the proposal, in seconds, one hour to 30 days.
    pub dispute_delay: u32,
    /// Time after which neither missing samples nor an open dispute hold the settlement up, in seconds, one to 90 days.
    pub fallback_delay: u32,
}

/// A ratio of one.
pub(super) const RATIO_ONE: u32 = BPS as u32;

/// Longest averaging window, in days.
pub const MAX_WINDOW_DAYS: u8 = 32;

/// When the submission window of every index opens, in seconds after the start of the day: noon UTC. From then on
/// batches can be read, and the clearing house's books collect ([`crate::clearing::opening`]): an index that could be
/// read at another time would be traded on.
pub const WINDOW_OPENS: u32 = 12 * 3_600;

/// How long after the opening of the window commitments may go on: three quarters of an hour. What is revealed then has
/// its quorum within [`GATHERING`], and a quarter of an hour is left to print and to settle it before the books open.
pub const MOST_COMMITTING: u32 = 2_700;

/// How long a quorum waits for the batches that are still missing, in seconds from when batches can be read: an hour.
/// The clearing house's book collects for two hours from the opening of the window, so the print of a day on which
/// somebody is late is settled before anything trades on what the other batches show.
pub const GATHERING: u32 = 3_600;

impl Rules {
    /// Rules of the token price index. From the paper: the cap and with it the least number of providers. Ours: the
    /// rest.
    pub const TPI: Self = Self {
        blend_input: 3, // applications read about three tokens for each one they write
        blend_output: 1,
        reference_score: 1_000, // scores are in thousandths of the benchmark bar
        cap_bps: 3_000,
        min_providers: 4,
        min_reporters: 3,
        opens: WINDOW_OPENS, // noon to midnight UTC: every office has working hours in it
        closes: DAY,
        max_staleness: 3 * DAY, // a weekend without prints does not stop the Monday
        screen_mads: 44_478,
        screen_ratio: 40_000, // a cut of 60 % (2.5) counts whole, a misplaced decimal point as a factor of four
        max_dispersion: 200_000, // 4.47 times the middle, and as little of it
        confirm_above: 12_500, // about three standard deviations of a day
        reject_above: 200_000, // a ratio of 20 in a day is an error of units
        confirm_delay: 4 * 3_600,
        window_days: 5,
        max_gaps: 2,
        lock_delay: 3_600,
        dispute_delay: DAY,
        // Three delays of governance, one after the other, and a day for votes end before it (fifth attack 7).
        fallback_delay: 10 * DAY,
    };

    /// Rules of the compute index (SCU): one hour of the benchmark accelerator, where a million units is one hour and a
    /// volume is in hours. Reporters send the hourly price as input and output alike. Ours, except for the cap.
    pub const SCU: Self = Self {
        blend_input: 1, // an hour has one price
        blend_output: 0,
        screen_ratio: 25_000, // hourly prices lie closer together than tokens': a factor of 2.5 is another machine
        max_dispersion: 60_000, // on-demand against marketplace hours
        confirm_above: 11_500, // a daily standard deviation is about 2 %; GPU indices broke by up to 7 %
        reject_above: 50_000,
        window_days: 20, // the listed GPU futures settle on the average of a whole month
        max_gaps: 5,
        ..Self::TPI
    };

    /// The bounds of every field, and the fields against each other.
    ///
    /// # Errors
    /// [`OracleError::BadRules`].
    pub fn check(&self) -> Result<(), OracleError> {
        let days = |count: u32| count.saturating_mul(DAY);
        let whole_cap = u32::from(self.cap_bps).saturating_mul(u32::from(self.min_providers)) >= RATIO_ONE;
        let good = self.blend_input <= 100
            && self.blend_output <= 100
            && (self.blend_input > 0 || self.blend_output > 0)
            && self.reference_score > 0
            && (1..=BPS).contains(&self.cap_bps)
            && whole_cap
            && usize::from(self.min_providers) <= MAX_PROVIDERS
            && (3..=MAX_REPORTERS).contains(&usize::from(self.min_reporters))
            && self.opens == WINDOW_OPENS
            && self.opens < self.closes
            && self.closes <= DAY
            && (3_600..=days(30)).contains(&self.max_staleness)
            && self.screen_mads <= 1_000_000
            && (RATIO_ONE..=10_000_000).contains(&self.screen_ratio)
            && (RATIO_ONE..=10_000_000).contains(&self.max_dispersion)
            && self.confirm_above > RATIO_ONE
            && self.confirm_above < self.reject_above
            && self.reject_above <= 1_000_000
            && (600..=days(3)).contains(&self.confirm_delay)
            && (1..=MAX_WINDOW_DAYS).contains(&self.window_days)
            && self.max_gaps < self.window_days
            && self.lock_delay <= days(30)
            && (3_600..=days(30)).contains(&self.dispute_delay)
            && (days(1)..=days(90)).contains(&self.fallback_delay);
        if good { Ok(()) } else { Err(OracleError::BadRules) }
    }

    /// Whether two rule sets give the price the same scale.
    pub(super) fn same_scale(&self, other: &Self) -> bool {
        (self.blend_input, self.blend_output, self.reference_score)
            == (other.blend_input, other.blend_output, other.reference_score)
    }

    /// Whether two rule sets differ at most in what happens after the print: staleness and settlement.
    pub(super) fn same_pricing(&self, other: &Self) -> bool {
        let pricing = |rules: &Self| Self {
            max_staleness: 0,
            window_days: 0,
            max_gaps: 0,
            lock_delay: 0,
            dispute_delay: 0,
            fallback_delay: 0,
            ..*rules
        };
        pricing(self) == pricing(other)
    }

    /// Prints without which the window gives no final price.
    pub(super) fn min_samples(&self) -> u8 {
        self.window_days.saturating_sub(self.max_gaps)
    }
}

impl Cell for Rules {
    const MAX_BYTES: usize = 6 + 2 * 2 + 4 * 12;

    fn write(&self, out: &mut Writer) {
        for byte in [
            self.blend_input,
            self.blend_output,
            self.min_providers,
            self.min_reporters,
            self.window_days,
            self.max_gaps,
        ] {
            out.uint(byte.into(), 1);
        }
        for short in [self.reference_score, self.cap_bps] {
            out.uint(short.into(), 2);
        }
        for long in [
            self.opens,
            self.closes,
            self.max_staleness,
            self.screen_mads,
            self.screen_ratio,
            self.max_dispersion,
            self.confirm_above,
            self.reject_above,
            self.confirm_delay,
            self.lock_delay,
            self.dispute_delay,
            self.fallback_delay,
        ] {
            out.uint(long.into(), 4);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            blend_input: from.u8(),
            blend_output: from.u8(),
            min_providers: from.u8(),
            min_reporters: from.u8(),
            window_days: from.u8(),
            max_gaps: from.u8(),
            reference_score: from.u16(),
            cap_bps: from.u16(),
            opens: from.u32(4),
            closes: from.u32(4),
            max_staleness: from.u32(4),
            screen_mads: from.u32(4),
            screen_ratio: from.u32(4),
            max_dispersion: from.u32(4),
            confirm_above: from.u32(4),
            reject_above: from.u32(4),
            confirm_delay: from.u32(4),
            lock_delay: from.u32(4),
            dispute_delay: from.u32(4),
            fallback_delay: from.u32(4),
        }
    }
}

const _: () = assert!(Rules::MAX_BYTES <= codec::CELL_BYTES);
