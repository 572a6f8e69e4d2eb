//! The launch preset: every number with which the exchange starts, once, with its unit, its reason and its source.
//!
//! Deployment, the demo, the simulator and the tests read these; a test that needs another number says so beside the
//! number. Governance can change all of them later, each by its message. Amounts are in quote atoms (10^-6 USD), shares
//! in basis points unless they say otherwise, "the paper" is Yicai Xing, "AI Token Futures Market" (arXiv:2603.21690),
//! and decisions are recorded in `docs/book/src/adr`.

use crate::calendar::DAY;
use crate::clearing::{self, AddOns, Product, Terms, WithdrawalLimits};
use crate::governance::{Class, Delays, MarginRules};
use crate::incentives::{self, Parameters};
use crate::kind::MessageKind;
use crate::oracle::{self, IndexId, Rules};
use crate::units::{BPS, Lots, TickValue, Ticks};
use crate::vault::{self, Limits};

/// The first product: the token price index.
pub const TPI: Product = Product(0);

/// Its index, which has the same number.
pub const TPI_INDEX: IndexId = TPI.index();

/// The rules of that index: providers, quorum, screens, windows, delays. Each field is explained there; the cap of 30 %
/// and with it the least number of providers are the paper's (definition 5.2).
pub const INDEX_RULES: Rules = Rules::TPI;

/// One US dollar, in quote atoms.
pub const DOLLAR: u64 = 1_000_000;

/// The terms of every month.
pub const TERMS: Terms = Terms {
    // The paper names no fees. Five basis points for a taker and one for a maker are what dYdX v4 takes in its first
    // tier; its steps are those of the fee schedule, too (`clearing::fees`).
    taker_fee_ppm: 500,
    maker_fee_ppm: 100,
    // The paper's first limit, 15 % (section 5.3). The second, 25 %, follows from it (ADR 61).
    price_limit_bps: 1_500,
    // The paper recommends limits and names none. Ours: 20,000 lots are about five million US dollars; hedgers of one
    // account need more than two thousand, and what bounds an account before is the add-on for its size (ADR 57).
    position_limit: Lots(20_000),
    // Five accounts at their limit on each side.
    open_interest_cap: Lots(100_000),
    // The paper's obligations of makers (section 5.4): 2 % in the front months, 5 % in the back months, 50 lots on each
    // side.
    maker_spread_front_bps: 200,
    maker_spread_back_bps: 500,
    maker_lots: Lots(50),
};

/// What a lot should be worth, in quote atoms: 250 US dollars, or what comes nearest to it among powers of ten of
/// millions of tokens. The paper's lot of one million tokens (section 5.1) is worth cents at today's prices, and its
/// tick of a cent is coarser there than the spread that makers owe.
pub const LOT_VALUE: u64 = 250 * DOLLAR;

/// The largest lot, in powers of ten of millions of tokens.
const LARGEST_LOT: u32 = 5;

/// The coarsest tick, in powers of ten of quote atoms per million tokens: 10,000 atoms, the paper's cent (section 5.1).
const COARSEST_TICK: u32 = 4;

/// Sizes of an instrument, from the price at which it is listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sizing {
    /// Millions of tokens in a lot.
    pub lot: u32,
    /// Quote atoms per million tokens in a tick.
    pub tick_size: u16,
    /// Quote atoms of a tick on a lot.
    pub tick_value: TickValue,
}

impl Sizing {
    /// The sizes for a price in quote atoms per million tokens: a tick that gives the price four digits, and the power
    /// of ten for a lot whose value is nearest to [`LOT_VALUE`], as ratios are compared. Zero counts as one.
    pub const fn for_price(price: u64) -> Self {
        let price = if price == 0 { 1 } else { price };
        let (mut tick_size, mut digits) = (1_u16, 0);
        while digits < COARSEST_TICK && price.div_euclid(BPS as u64) >= tick_size as u64 {
            tick_size = tick_size.saturating_mul(10);
            digits = digits.saturating_add(1);
        }
        // A lot of 10^k is nearer than one of 10^(k-1) when 10^(k-1/2) * price <= value: squared, that is exact.
        let value = (LOT_VALUE as u128).saturating_mul(LOT_VALUE as u128);
        let (mut lot, mut power) = (1_u32, 0);
        let mut next = (price as u128).saturating_mul(price as u128).saturating_mul(10);
        while power < LARGEST_LOT && next <= value {
            lot = lot.saturating_mul(10);
            power = power.saturating_add(1);
            next = next.saturating_mul(100);
        }
        Self { lot, tick_size, tick_value: TickValue((tick_size as u32).saturating_mul(lot)) }
    }
}

/// The smallest value of a tick that [`Sizing::for_price`] gives, in quote atoms.
const LEAST_TICK_VALUE: u32 = 10_000;

/// Settlements of a month at most, three years of them: twice as long as any month is listed.
const MOST_SETTLEMENTS: i128 = 3 * 366;

// Pool, loss, profits and variation of a month have seven bytes in their cells, and what is beyond 2^55 points would
// lose its high bytes. A pool is no more points than what accounts have paid, which is 63 bits of quote atoms. What
// all winners are owed, and with it any loss that they bear, has come from cash that was paid in, because whoever
// loses by a trade must meet initial margin after it; or from a settlement, which gives them the move of the mark on
// the open interest; or from takeovers of what that has made bankrupt, at a discount below the mark. Within other
// terms it is not shown: with an open interest of 2^23 lots and a tick of an atom, 128 settlements from one end of
// all prices to the other, of which nothing has been paid or allocated, or 36 thousand million US dollars in one
// month, go beyond.
const _: () = {
    let settlements = 2 * TERMS.open_interest_cap.0 as i128 * Ticks::MAX.0 as i128 * MOST_SETTLEMENTS;
    assert!(settlements + i64::MAX as i128 / (LEAST_TICK_VALUE as i128) < 1 << 55);
};

/// Maintenance margin as a share of initial margin: the paper's 75 % (section 5.3).
pub const MAINTENANCE_BPS: u16 = 7_500;

/// Where a liquidation stops, as a share of initial margin. Ours: half-way between maintenance and initial margin, so
/// that the next small move does not liquidate the account again and it keeps what need not be sold.
pub const LIQUIDATION_END_BPS: u16 = 8_750;

/// Confidence of the margin's expected shortfall, in parts per million: 99 %, which is also the least that governance
/// accepts (`governance::margin`). Why expected shortfall, and over which parameters: ADR 52.
pub const MARGIN_CONFIDENCE_PPM: u32 = 990_000;

/// Close-out horizon of the margin, in seconds: two days, the regulator's for listed derivatives (ADR 52).
pub const MARGIN_HORIZON_SECONDS: u32 = 2 * DAY;

/// What initial margin holds beyond the scenarios, except for the size of a position, which depends on the depth of the
/// market: open interest scales it between 40 and 100 % of the cap (the proportion of dYdX v4's small-cap tier, ADR
/// 30), never below 2 % of the value, with a buffer of 25 % that may be exhausted (EMIR, RTS 153/2013 article 28) and
/// is back within five days (ADR 56).
pub const ADD_ONS_WITHOUT_SIZE: AddOns = AddOns {
    open_interest_lower_bps: 4_000,
    open_interest_upper_bps: BPS,
    floor_bps: 200,
    buffer_target_bps: 2_500,
    refill_bps: 500,
    ..AddOns::NONE
};

/// The add-ons with the size of a position, for a market whose two makers show 480 lots a side each: 300 lots can be
/// closed against one of them, 2,000 lots are twice what both show and are charged their whole value. What each is
/// worth against attackers: `docs/book/src/risk-methodology.md` (ADR 57).
pub const ADD_ONS: AddOns = AddOns { size_lower: Lots(300), size_upper: Lots(2_000), ..ADD_ONS_WITHOUT_SIZE };

/// What may be withdrawn in an hour and in a day: the larger of 1 % and a million US dollars, of 10 % and ten millions,
/// as on dYdX v4 (ADR 32).
pub const WITHDRAWAL_LIMITS: WithdrawalLimits = WithdrawalLimits {
    hour_bps: 100,
    hour_amount: 1_000_000 * DOLLAR,
    day_bps: 1_000,
    day_amount: 10_000_000 * DOLLAR,
};

/// What the vault pays out in an hour and in a day, whatever the clearing house says: twice the amounts above, so that
/// the second lock never holds up an honest withdrawal (ADR 32).
pub const VAULT_LIMITS: Limits =
    Limits { hour: 2 * WITHDRAWAL_LIMITS.hour_amount, day: 2 * WITHDRAWAL_LIMITS.day_amount };

/// What one instrument may take out of the insurance fund, as a share of the fund: half, so that one bad month cannot
/// take what the others rely on (ADR 57).
pub const FUND_CAP_BPS: u16 = 5_000;

/// The insurance fund at the start, in quote atoms: 250,000 US dollars. Ours, with which
/// `docs/book/src/risk-methodology.md` measures the attacks; what it has to grow to with the open interest is the rule
/// of ADR 55.
pub const FUND: u64 = 250_000 * DOLLAR;

/// Share of swept fees that goes to the insurance fund. The paper names no shares. Ours: half to the fund that stands
/// behind everybody's gains, three tenths to those who make the market, the rest to the treasury.
pub const FUND_SHARE_BPS: u16 = 5_000;

/// Share of swept fees that goes to the market-maker programme; the treasury gets the rest.
pub const INCENTIVE_SHARE_BPS: u16 = 3_000;

/// What market makers owe and how their weeks are weighed: obligations from the paper (section 5.4), the rest of it
/// explained there and in `docs/book/src/makers.md`.
pub const MAKERS: Parameters = Parameters::INITIAL;

/// What the market-maker programme shares out in a week, in quote atoms: 5,000 US dollars.
pub const WEEKLY_BUDGET: u64 = 5_000 * DOLLAR;

/// What the market-maker programme is given at the start, in quote atoms: ten weeks of its budget.
pub const PROGRAMME: u64 = 10 * WEEKLY_BUDGET;

/// The delays of governance: the least that it accepts, an hour, a day, two days and three.
pub const DELAYS: Delays = Delays::MIN;

/// How far and how often a margin set may move.
pub const MARGIN_RULES: MarginRules = MarginRules::INITIAL;

/// The classes with which governance is deployed. Every message that is not here is critical.
pub const CLASSES: &[(MessageKind, Class)] = &[
    (MessageKind::Clearing(clearing::MessageKind::Pause), Class::Tighten),
    (MessageKind::Clearing(clearing::MessageKind::Unpause), Class::Loosen),
    (MessageKind::Clearing(clearing::MessageKind::List), Class::Routine),
    (MessageKind::Clearing(clearing::MessageKind::SetHolidays), Class::Routine),
    (MessageKind::Clearing(clearing::MessageKind::SetAddOns), Class::Loosen),
    (MessageKind::Clearing(clearing::MessageKind::SetSettlementFee), Class::Loosen),
    (MessageKind::Clearing(clearing::MessageKind::SetFeeShares), Class::Loosen),
    (MessageKind::Clearing(clearing::MessageKind::SetFundCap), Class::Loosen),
    (MessageKind::Clearing(clearing::MessageKind::SetWithdrawalLimits), Class::Loosen),
    (MessageKind::Clearing(clearing::MessageKind::PayTreasury), Class::Loosen),
    (MessageKind::Vault(vault::MessageKind::LowerLimits), Class::Tighten),
    (MessageKind::Vault(vault::MessageKind::SetLimits), Class::Loosen),
    // A dispute freezes a price until it is resolved or the fallback delay is over, and its window is shorter than any
    // delay.
    (MessageKind::Oracle(oracle::MessageKind::Dispute), Class::Tighten),
    (MessageKind::Oracle(oracle::MessageKind::Resolve), Class::Loosen),
    (MessageKind::Incentives(incentives::MessageKind::Accept), Class::Routine),
    (MessageKind::Incentives(incentives::MessageKind::SetBudget), Class::Routine),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preset_is_inside_every_bound_that_the_messages_set() {
        for price in [1, 2_500, 262_500, 2_000_000, 60_000_000] {
            assert_eq!(TERMS.check(Sizing::for_price(price).tick_value), Ok(()));
        }
        assert!(ADD_ONS.is_sound() && ADD_ONS_WITHOUT_SIZE.is_sound());
        assert!(ADD_ONS.size_upper < TERMS.position_limit, "an account pays its whole value before it is at its limit");
        const { assert!(FUND_CAP_BPS <= BPS && FUND_SHARE_BPS + INCENTIVE_SHARE_BPS <= BPS) };
        const { assert!(MAINTENANCE_BPS < LIQUIDATION_END_BPS && LIQUIDATION_END_BPS < BPS) };
        assert_eq!(LIQUIDATION_END_BPS, (MAINTENANCE_BPS + BPS) / 2, "half-way back to initial margin");
        assert_eq!(INDEX_RULES.check(), Ok(()));
        assert_eq!(MAKERS.validate(), Ok(()));
        assert_eq!(DELAYS.validate(), Ok(()));
        assert_eq!(MARGIN_RULES.validate(), Ok(()));
        assert!((MAKERS.least_budget..=MAKERS.most_budget).contains(&WEEKLY_BUDGET));
    }

    #[test]
    fn a_price_has_four_digits_of_ticks_and_a_lot_some_hundred_dollars() {
        for price in [2_500_u64, 262_500, 2_000_000, 15_000_000, 60_000_000] {
            let sizing = Sizing::for_price(price);
            let ticks = price / u64::from(sizing.tick_size);
            assert!((1_000..10_000).contains(&ticks), "{price}: {ticks}");
            let value = ticks * u64::from(sizing.tick_value.0);
            assert!((50 * DOLLAR..1_000 * DOLLAR).contains(&value), "{price}: {value}");
            assert_eq!(sizing.tick_value.0, u32::from(sizing.tick_size) * sizing.lot);
        }
    }

    #[test]
    fn the_lot_is_the_power_of_ten_whose_value_comes_nearest() {
        let nearest = |price: u64| {
            let far = |lot: u32| {
                let value = u128::from(price) * u128::from(lot);
                let (large, small) = (value.max(LOT_VALUE.into()), value.min(LOT_VALUE.into()));
                large * 1_000_000_000 / small // as ratios are compared, to nine digits
            };
            [1, 10, 100, 1_000, 10_000, 100_000].into_iter().min_by_key(|lot| far(*lot)).unwrap_or(1)
        };
        let mut price = 1;
        while price < 1_000_000_000_000 {
            let sizing = Sizing::for_price(price);
            assert_eq!(sizing.lot, nearest(price), "{price}");
            assert!(sizing.tick_value.0 >= LEAST_TICK_VALUE, "{price}: {sizing:?}");
            price += price / 7 + 1;
        }
        assert_eq!(Sizing::for_price(0), Sizing::for_price(1));
    }

    #[test]
    fn a_class_is_given_only_to_what_governance_sends_and_once() {
        for (index, (kind, _)) in CLASSES.iter().enumerate() {
            assert!(kind.sender().is_governed(), "{kind:?} is never the call of an action");
            assert!(CLASSES.iter().skip(index + 1).all(|(other, _)| other != kind), "{kind:?} has two classes");
        }
    }
}
