//! The structs of messages and events, and how they become the engine's.

use ink::prelude::vec::Vec;
use ink::sol::FixedBytes;
use sit_engine::oracle::{Entry, Quote, Reporting, Rules, Settlement};

/// One line of a batch: provider, input price, output price, volume.
pub type Line = (u8, u32, u32, u64);

/// The lines of a batch as the engine's.
pub fn entries(batch: Vec<Line>) -> impl Iterator<Item = Entry> {
    batch
        .into_iter()
        .map(|(provider, input, output, volume)| Entry { provider, quote: Quote { input, output, volume } })
}

/// How a print is computed. Units and bounds: [`Rules`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, PartialEq, Eq, Debug)]
pub struct PriceRules {
    /// Weight of the input price.
    pub blend_input: u8,
    /// Weight of the output price.
    pub blend_output: u8,
    /// Quality score of the underlying.
    pub reference_score: u16,
    /// Largest weight of a provider, basis points.
    pub cap_bps: u16,
    /// Least number of providers.
    pub min_providers: u8,
    /// Outliers: MADs from the median, in 10^-4; 0 for no screen.
    pub screen_mads: u32,
    /// Outliers: ratio to the median, in 10^-4.
    pub screen_ratio: u32,
    /// Highest to lowest provider, in 10^-4.
    pub max_dispersion: u32,
}

/// How reporters submit and jumps are confirmed. Units and bounds: [`Rules`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReportRules {
    /// Quorum.
    pub min_reporters: u8,
    /// Opening of the window, seconds after the start of the day.
    pub opens: u32,
    /// End of the window, seconds after the start of the day.
    pub closes: u32,
    /// Age of a stale print, seconds.
    pub max_staleness: u32,
    /// Ratio to the last print that needs confirmation, in 10^-4.
    pub confirm_above: u32,
    /// Ratio to the last print that is invalid, in 10^-4.
    pub reject_above: u32,
    /// Time after which a jump confirms itself, seconds.
    pub confirm_delay: u32,
}

/// How a final price is made. Units and bounds: [`Rules`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, PartialEq, Eq, Debug)]
pub struct SettleRules {
    /// Days of the averaging window.
    pub window_days: u8,
    /// Days of it that may be missing.
    pub max_gaps: u8,
    /// From the end of the last trading day to the proposal, seconds.
    pub lock_delay: u32,
    /// From the proposal to the final price, seconds.
    pub dispute_delay: u32,
    /// After which missing prints and open disputes do not hold it up, seconds.
    pub fallback_delay: u32,
}

/// The rules of the messages as the engine's.
pub fn rules(price: PriceRules, report: ReportRules, settle: SettleRules) -> Rules {
    Rules {
        blend_input: price.blend_input,
        blend_output: price.blend_output,
        reference_score: price.reference_score,
        cap_bps: price.cap_bps,
        min_providers: price.min_providers,
        screen_mads: price.screen_mads,
        screen_ratio: price.screen_ratio,
        max_dispersion: price.max_dispersion,
        min_reporters: report.min_reporters,
        opens: report.opens,
        closes: report.closes,
        max_staleness: report.max_staleness,
        confirm_above: report.confirm_above,
        reject_above: report.reject_above,
        confirm_delay: report.confirm_delay,
        window_days: settle.window_days,
        max_gaps: settle.max_gaps,
        lock_delay: settle.lock_delay,
        dispute_delay: settle.dispute_delay,
        fallback_delay: settle.fallback_delay,
    }
}

/// Terms of reporting, amounts in quote atoms. Units and bounds: [`Reporting`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReportingTerms {
    /// End of the commitments, seconds after the start of the day; 0 for batches in the open.
    pub commit_until: u32,
    /// Bond of a reporter.
    pub bond: u64,
    /// What a deviating batch costs.
    pub deviation_slash: u64,
    /// What a missing batch costs.
    pub miss_slash: u64,
    /// What an agreeing batch earns.
    pub reward: u64,
    /// Bond of a dispute; 0 for disputes by governance alone.
    pub dispute_bond: u64,
    /// For how long the bond of one who left can be slashed, seconds.
    pub unbonding: u32,
}

impl From<ReportingTerms> for Reporting {
    fn from(terms: ReportingTerms) -> Self {
        let ReportingTerms { commit_until, bond, deviation_slash, miss_slash, reward, dispute_bond, unbonding } = terms;
        Self { commit_until, bond, deviation_slash, miss_slash, reward, dispute_bond, unbonding }
    }
}

/// A final settlement, see [`Settlement`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, PartialEq, Eq, Debug)]
pub struct SettlementFields {
    /// 0 proposed, 1 disputed, 2 resolved, 3 final.
    pub status: u8,
    /// Since when, unix time.
    pub since: u32,
    /// Whether it is the fallback average.
    pub fallback: bool,
    /// Prints taken out: bit `k` is the day `k` days before the expiry.
    pub voided: u64,
    /// Sum of the samples, atoms.
    pub sum: u64,
    /// Samples.
    pub samples: u8,
    /// Days of the window without one.
    pub gaps: u8,
    /// Atoms per million units.
    pub price: u32,
    /// keccak-256 of `index 2 | expiry 4 | (day 4 | print 4)...`, newest first, big endian.
    pub receipt: FixedBytes<32>,
}

impl From<&Settlement> for SettlementFields {
    fn from(settlement: &Settlement) -> Self {
        Self {
            status: settlement.status.number(),
            since: settlement.since.0,
            fallback: settlement.fallback,
            voided: settlement.voided,
            sum: settlement.sum,
            samples: settlement.samples,
            gaps: settlement.gaps,
            price: settlement.price,
            receipt: FixedBytes(settlement.receipt),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_survive_the_way_through_the_messages() {
        // Every field with a value of its own, so that no two can be mixed up.
        let price = PriceRules {
            blend_input: 1,
            blend_output: 2,
            reference_score: 3,
            cap_bps: 4,
            min_providers: 5,
            screen_mads: 10,
            screen_ratio: 11,
            max_dispersion: 12,
        };
        let report = ReportRules {
            min_reporters: 6,
            opens: 7,
            closes: 8,
            max_staleness: 9,
            confirm_above: 13,
            reject_above: 14,
            confirm_delay: 15,
        };
        let settle =
            SettleRules { window_days: 16, max_gaps: 17, lock_delay: 18, dispute_delay: 19, fallback_delay: 20 };
        let expected = Rules {
            blend_input: 1,
            blend_output: 2,
            reference_score: 3,
            cap_bps: 4,
            min_providers: 5,
            min_reporters: 6,
            opens: 7,
            closes: 8,
            max_staleness: 9,
            screen_mads: 10,
            screen_ratio: 11,
            max_dispersion: 12,
            confirm_above: 13,
            reject_above: 14,
            confirm_delay: 15,
            window_days: 16,
            max_gaps: 17,
            lock_delay: 18,
            dispute_delay: 19,
            fallback_delay: 20,
        };
        assert_eq!(rules(price, report, settle), expected);
    }
}
