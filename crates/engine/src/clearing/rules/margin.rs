//! What an account must hold, and what it holds.
//!
//! ```text
//! loss(s)     = sum over positions of tick_value * price * (-net * shock(s) + adverse open orders(s)) / 10,000
//! initial     = max(max over s of loss(s) * (1 + buffer), floor) + scaled part + what open orders lose when filled
//! maintenance = share of max over s of loss(s) and the scaled part, of the held positions alone at the mark
//! equity      = cash + variation at the mark
//! ```
//!
//! In each scenario the open orders count that would lose: bids when the price falls, asks when it rises. Initial
//! margin takes the worse of mark and slow mark as the price, for what loses the higher and for what gains the lower,
//! and is held against cash less unsettled loss at the worse of both; unsettled profit gives no credit
//! (`docs/book/src/protocol.md#margin`).
//!
//! The scaled part ([`crate::clearing::AddOns`]) of a month is `scale * (value - worst loss)` of the larger side that
//! its orders can lead to. The scale is the larger of the open interest's, which binds all accounts alike, so that a
//! position split over many accounts is charged no less (invariant M5), and of the account's own size. Maintenance
//! knows only the latter: nobody is liquidated because others have traded. Everything is rounded up. Reads two cells
//! for each product that the account trades.

use super::guard;
use crate::clearing::cells::{Account, Curve, Month, Position, Product, RiskArray, SCENARIOS, Status, worst_losses};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::store::Store;
use crate::math::mul_div_ceil;
use crate::oracle::validity::Action;
use crate::units::{BPS, Lots, NetLots, Points, QuoteAtoms, Seconds, Ticks};

/// An account's margin, in quote atoms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Health {
    /// Cash and unsettled loss, no unsettled profit: what counts for initial margin and withdrawals.
    pub initial_equity: QuoteAtoms,
    /// Cash and all variation at the mark: what counts for maintenance margin.
    pub equity: QuoteAtoms,
    /// Required to increase risk or to withdraw.
    pub initial: QuoteAtoms,
    /// Below it the account is liquidated.
    pub maintenance: QuoteAtoms,
    /// Where a liquidation stops.
    pub liquidation_end: QuoteAtoms,
    /// Value of all positions at their marks, without sign.
    pub notional: QuoteAtoms,
    /// The scenario that binds initial margin.
    pub scenario: u8,
}

impl Health {
    /// Whether risk may be increased.
    pub fn meets_initial(&self) -> bool {
        self.initial_equity >= self.initial
    }

    /// Whether the account is safe from liquidation.
    pub fn meets_maintenance(&self) -> bool {
        self.equity >= self.maintenance
    }

    /// What the account owes beyond all that it has.
    pub fn deficit(&self) -> u64 {
        u64::try_from((-self.equity).0.max(0)).unwrap_or(u64::MAX)
    }

    /// Quote atoms missing for initial margin; not above zero when there are enough.
    pub fn shortfall(&self) -> QuoteAtoms {
        self.initial - self.initial_equity
    }
}

/// What an account's positions need, in ten-thousandths of a quote atom unless said otherwise.
#[derive(Default)]
struct Needs {
    held: [i128; SCENARIOS],
    with_orders: [i128; SCENARIOS],
    held_scaled: i128,
    scaled: i128,
    floor: i128,
    /// In quote atoms.
    orders: QuoteAtoms,
}

/// Assesses an account.
///
/// # Errors
/// `ClaimFirst` when it holds an instrument that left the curve, `UnknownProduct` when a product has no margin set.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "needs stay below 2^120, see `Needs::add`; shares and buffer are below 2^14"
)]
pub fn assess<S: Store>(store: &mut S, account: &Account) -> Result<Health> {
    let mut health = Health::default();
    let mut needs = Needs::default();
    let mut unsettled = QuoteAtoms::ZERO;
    let mut unsettled_worst = QuoteAtoms::ZERO;
    let (mut maintenance, mut end, mut buffer) = (0_u16, 0_u16, 0_u16);
    let mut loaded: (Option<Product>, Option<Curve>, Option<RiskArray>) = (None, None, None);
    for position in account.positions() {
        let product = position.instrument.product();
        if loaded.0 != Some(product) {
            loaded = (Some(product), store.curve(product), store.risk(product));
        }
        let (_, Some(curve), Some(risk)) = &loaded else { return Err(ClearingError::UnknownProduct) };
        let slot = curve.slot(position.instrument).ok_or(ClearingError::ClaimFirst)?;
        let month = curve.month(position.instrument).ok_or(ClearingError::ClaimFirst)?;
        unsettled += position.variation(month.mark) * month.tick_value;
        unsettled_worst += position.variation(worse_mark(position.net, month)) * month.tick_value;
        if month.status == Status::Settled {
            continue;
        }
        health.notional += (position.net.size() * month.mark) * month.tick_value;
        maintenance = maintenance.max(risk.maintenance_bps);
        end = end.max(risk.liquidation_end_bps);
        buffer = buffer.max(risk.buffer_bps(curve.round));
        needs.add(position, month, risk, slot);
    }
    let (with_orders, scenario) = worst(&needs.with_orders);
    let (bps, square) = (i128::from(BPS), i128::from(BPS) * i128::from(BPS));
    let buffered = with_orders * (bps + i128::from(buffer));
    let scanned = mul_div_ceil(buffered.max(needs.floor * bps), 1, square);
    health.initial = QuoteAtoms(scanned + mul_div_ceil(needs.scaled, 1, bps)) + needs.orders;
    let held = worst(&needs.held).0 + needs.held_scaled;
    health.maintenance = QuoteAtoms(mul_div_ceil(held, maintenance.into(), square));
    health.liquidation_end = QuoteAtoms(mul_div_ceil(held, end.into(), square));
    health.scenario = scenario;
    let cash = QuoteAtoms(account.cash.into());
    health.equity = cash + unsettled;
    health.initial_equity = cash + unsettled_worst.min(QuoteAtoms::ZERO);
    Ok(health)
}

/// Asks the guard of every product in which the account holds lots whether an action may be done now: not on marks that
/// are too old to be believed, not on an index in doubt, not in a pause.
///
/// # Errors
/// `IndexUnavailable`, `Paused`, `UnknownProduct`.
pub fn check_guards<S: Store>(store: &mut S, account: &Account, now: Seconds, action: Action) -> Result<()> {
    let mut last = None;
    for position in account.positions().iter().filter(|position| position.net != NetLots::ZERO) {
        let product = position.instrument.product();
        if last.replace(product) == Some(product) {
            continue;
        }
        let curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
        guard::check(&curve, now, action)?;
    }
    Ok(())
}

/// Whether a message may leave an account like this: it meets its initial margin, or its risk has not grown: no
/// position is larger than before and the shortfall is not either.
///
/// # Errors
/// `BelowInitialMargin`, and those of [`assess`].
pub fn check<S: Store>(store: &mut S, before: &Account, after: &Account) -> Result<()> {
    let health = assess(store, after)?;
    if health.meets_initial() {
        return Ok(());
    }
    let grown = after.positions().iter().any(|position| {
        let old = before.net(position.instrument);
        position.net.size() > old.size()
    });
    if !grown && health.shortfall() <= assess(store, before)?.shortfall() {
        return Ok(());
    }
    Err(ClearingError::BelowInitialMargin)
}

/// The mark that is worse for a position.
fn worse_mark(net: NetLots, month: &Month) -> Ticks {
    if net > NetLots::ZERO { month.mark.min(month.slow) } else { month.mark.max(month.slow) }
}

/// The largest loss and its scenario; at least zero.
fn worst(losses: &[i128; SCENARIOS]) -> (i128, u8) {
    let mut found = (0, 0);
    for (loss, scenario) in losses.iter().zip(0_u8..) {
        if *loss > found.0 {
            found = (*loss, scenario);
        }
    }
    found
}

impl Needs {
    /// Adds a position's.
    ///
    /// Lots stay below 2^25, the value of a lot below 2^56, shocks and gaps below 2^16, scales below 2^24: every
    /// product is below 2^121, and so are sums over twelve positions with their buffer.
    #[expect(clippy::arithmetic_side_effects, reason = "every product and sum is bounded, see above")]
    fn add(&mut self, position: &Position, month: &Month, risk: &RiskArray, slot: usize) {
        let live = position.epoch == month.epoch;
        let (bids, asks) = if live { (position.bids.lots, position.asks.lots) } else { Default::default() };
        let lot_at = |price: Ticks| i128::from(month.tick_value.0) * i128::from(price.0);
        let (mark, dear, cheap) =
            (lot_at(month.mark), lot_at(month.mark.max(month.slow)), lot_at(month.mark.min(month.slow)));
        let (net, bid_lots, ask_lots) = (i128::from(position.net.0), i128::from(bids.0), i128::from(asks.0));
        let shocks = risk.shocks(slot);
        let totals = self.held.iter_mut().zip(&mut self.with_orders);
        for ((held, with_orders), shock) in totals.zip(&shocks) {
            let shock = i128::from(*shock);
            let loss = -net * shock;
            let adverse = if shock < 0 { -bid_lots * shock } else { ask_lots * shock };
            *held += loss * mark;
            *with_orders += loss * if loss > 0 { dear } else { cheap } + adverse * dear;
        }
        let add_ons = &risk.add_ons;
        let (long, short) =
            (position.net.max(NetLots::ZERO).size(), NetLots(-position.net.0).max(NetLots::ZERO).size());
        let reach = [long + bids, short + asks];
        self.floor += dear * i128::from(reach[0].max(reach[1]).0) * i128::from(add_ons.floor_bps);
        if month.open_interest_scale > 0 || reach[0].max(reach[1]) > add_ons.size_lower {
            let gaps = worst_losses(&shocks).map(|worst| u32::from(BPS).saturating_sub(worst));
            let open_interest = (u32::from(month.open_interest_scale), 255);
            let scaled = |side: usize, lots: Lots, price: i128, least: (u32, u32)| {
                let (part, whole) = larger(add_ons.size_scale(lots), least);
                let gap = gaps.get(side).copied().unwrap_or(0);
                mul_div_ceil(price * i128::from(lots.0) * i128::from(gap), part.into(), whole.into())
            };
            self.scaled += scaled(0, reach[0], dear, open_interest).max(scaled(1, reach[1], dear, open_interest));
            self.held_scaled += scaled(0, long, mark, (0, 1)) + scaled(1, short, mark, (0, 1));
        }
        if live && position.has_orders() {
            let dear_bids = position.bids.value - bids * month.mark;
            let cheap_asks = asks * month.mark - position.asks.value;
            self.orders +=
                dear_bids.max(Points::ZERO) * month.tick_value + cheap_asks.max(Points::ZERO) * month.tick_value;
        }
    }
}

/// The larger of two fractions.
fn larger(a: (u32, u32), b: (u32, u32)) -> (u32, u32) {
    let cross = |a: u32, b: u32| u64::from(a).saturating_mul(b.into());
    if cross(a.0, b.1) >= cross(b.0, a.1) { a } else { b }
}
