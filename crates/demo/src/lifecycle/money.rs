//! How much money the people of a story bring, and how fast it may leave: by rule, from the value of a lot, its margin,
//! and what its price usually does until the month's last trading day.

use super::cast::PATIENCE_BPS;
use sit_engine::clearing::WithdrawalLimits;
use sit_engine::launch;
use sit_engine::vault::Limits;
use sit_sim::margin::Month;

/// Initial margin of a small position as a fraction of its value, with the full buffer: from its shock in basis points.
pub(super) fn initial_margin(shock_bps: u32) -> f64 {
    f64::from(shock_bps) / 1e4 * (1.0 + f64::from(launch::ADD_ONS_WITHOUT_SIZE.buffer_target_bps) / 1e4)
}

/// Lots that the AI company buys.
pub(super) const COMPANY_LOTS: u32 = 400;

/// Lots that the model provider sells.
pub(super) const PROVIDER_LOTS: u32 = 300;

/// Lots that the speculator sells.
pub(super) const SPECULATOR_LOTS: u32 = 80;

/// Lots that the model provider sells to the AI company without a maker.
pub(super) const DIRECT_LOTS: u32 = 10;

/// Lots that a maker shows on each side.
pub(super) const QUOTED_LOTS: u32 = 240;

/// Capital of a maker and of the keeper at least: 2,000,000 USD.
const LEAST_CAPITAL: u64 = 2_000_000_000_000;

/// What a maker and the keeper bring, as a multiple of the margin of everything that may come to them.
const CAPITAL_COVER: f64 = 3.0;

/// Gift to the insurance fund at least.
const LEAST_FUND: u64 = launch::FUND;

/// The insurance fund as a multiple of the model provider's margin: a quarter of it may go to one month, and that
/// quarter is as much again as the largest short position has paid in.
const FUND_COVER: f64 = 4.0;

/// What getting a position costs, as a fraction of its value: the distance from the mark at which a taker still takes,
/// and the fee.
const ENTRY: f64 = PATIENCE_BPS as f64 / 1e4 + launch::TERMS.taker_fee_ppm as f64 / 1e6;

/// Hours in which all that the people bring may leave.
const HOURS_TO_LEAVE: u64 = 8;

/// One US dollar in quote atoms.
pub(super) const DOLLAR: u64 = 1_000_000;

/// Deposits, funds and limits of a story, in quote atoms.
#[derive(Clone, Copy, Debug)]
pub struct Money {
    /// Of a maker and of the keeper.
    pub capital: u64,
    /// Of the AI company.
    pub company: u64,
    /// Of the model provider.
    pub provider: u64,
    /// Of the speculator.
    pub speculator: u64,
    /// Gift to the insurance fund.
    pub fund: u64,
    /// How much may leave the clearing house in an hour and in a day.
    pub limits: WithdrawalLimits,
}

impl Money {
    /// The money for a month whose lot is worth `lot_value` quote atoms, with its margin; the rise and the fall that
    /// usually come until its last trading day, as fractions of the price.
    pub fn for_positions(lot_value: u64, month: &Month, rise: f64, fall: f64) -> Self {
        let (long, short) = (initial_margin(month.long_bps), initial_margin(month.short_bps));
        let part = |lots: u32, fraction: f64| (f64::from(lots) * lot_value as f64 * fraction) as u64;
        // Both sides of everybody's positions, and the quotes on top.
        let largest = COMPANY_LOTS + SPECULATOR_LOTS + QUOTED_LOTS;
        let capital = round_up(part(largest, CAPITAL_COVER * long.max(short))).max(LEAST_CAPITAL);
        // A hedger brings what the price usually takes until the end, and the margin that is still needed then: a usual
        // path calls nobody. The provider lives through the story's rise as well, where that is the larger of the two;
        // both together may call them.
        let upward = rise.max(super::scene::TAKEN * short);
        let provider = part(PROVIDER_LOTS + DIRECT_LOTS, ENTRY + upward + short * (1.0 + upward));
        let company = part(COMPANY_LOTS + DIRECT_LOTS, ENTRY + fall + long * (1.0 + rise));
        let speculator = part(SPECULATOR_LOTS, super::scene::SPECULATION * short);
        let fund = round_up(part(PROVIDER_LOTS, FUND_COVER * short)).max(LEAST_FUND);
        let brought = 3 * capital + company + provider + speculator;
        let hour_amount = round_up(brought / HOURS_TO_LEAVE).max(launch::WITHDRAWAL_LIMITS.hour_amount);
        let limits = WithdrawalLimits { hour_amount, day_amount: 10 * hour_amount, ..launch::WITHDRAWAL_LIMITS };
        Self { capital, company, provider, speculator, fund, limits }
    }

    /// How much the vault pays out in an hour and in a day, whatever the clearing house says: twice of its amounts.
    pub fn vault_limits(&self) -> Limits {
        Limits { hour: 2 * self.limits.hour_amount, day: 2 * self.limits.day_amount }
    }
}

/// The next amount of 1, 2 or 5 times a power of ten.
fn round_up(atoms: u64) -> u64 {
    let power = 10_u64.pow(atoms.max(1).ilog10());
    [1, 2, 5, 10].map(|lead| lead * power).into_iter().find(|round| *round >= atoms).unwrap_or(atoms)
}

/// The next whole dollar.
pub(super) fn whole_dollars(atoms: u64) -> u64 {
    atoms.div_ceil(DOLLAR) * DOLLAR
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(bps: u32) -> Month {
        Month { tenor_days: 30, short_bps: bps, long_bps: bps }
    }

    #[test]
    fn amounts_are_rounded_up_to_round_ones() {
        assert_eq!([1, 2, 3, 5, 6, 10, 11, 4_999, 5_001].map(round_up), [1, 2, 5, 5, 10, 10, 20, 5_000, 10_000]);
        assert_eq!([0, 1, 1_000_000, 1_000_001].map(whole_dollars), [0, 1_000_000, 1_000_000, 2_000_000]);
    }

    #[test]
    fn a_usual_lot_is_told_with_the_launch_preset() {
        let money = Money::for_positions(170 * DOLLAR, &month(3_000), 0.3, 0.25);
        assert_eq!((money.capital, money.fund), (LEAST_CAPITAL, LEAST_FUND));
        assert_eq!(money.limits, launch::WITHDRAWAL_LIMITS);
    }

    #[test]
    fn hedgers_bring_what_the_price_usually_takes_and_the_margin_after_it() {
        let (value, month) = (100 * DOLLAR, Month { tenor_days: 44, short_bps: 2_000, long_bps: 1_000 });
        let money = Money::for_positions(value, &month, 0.5, 0.2);
        let position = |lots: u32| f64::from(lots) * value as f64;
        // Margin is a quarter more than the shock: 25 % and 12.5 %.
        assert!(money.provider as f64 >= position(310) * (0.5 + 0.25 * 1.5), "{money:?}");
        assert!(money.company as f64 >= position(410) * (0.2 + 0.125), "{money:?}");
        // Where the price hardly moves, the provider lives through the rise that the story puts in: 1.176 times the
        // margin.
        let still = Money::for_positions(value, &month, 0.0, 0.0);
        assert!(still.provider as f64 >= position(310) * (0.294 + 0.25 * 1.294), "{still:?}");
        // Not so much that nothing could call them.
        assert!(money.provider as f64 <= position(310) * (0.5 + 0.25 * 1.5 + 0.03), "{money:?}");
    }

    #[test]
    fn dear_lots_and_wild_margins_bring_more_money_and_let_it_leave_as_soon() {
        for (lot, bps) in [(790, 800), (790, 9_000), (4_100, 800), (4_100, 32_767)] {
            let money = Money::for_positions(lot * DOLLAR, &month(bps), 0.4, 0.3);
            let margin = |lots: u32| f64::from(lots) * (lot * DOLLAR) as f64 * initial_margin(bps);
            assert!(money.capital as f64 >= 3.0 * margin(720) && money.fund as f64 >= 4.0 * margin(300), "{money:?}");
            let brought = 3 * money.capital + money.company + money.provider + money.speculator;
            assert!(brought <= HOURS_TO_LEAVE * money.limits.hour_amount, "{money:?}");
        }
    }
}
