//! Initial and maintenance margin of an account, and the equity that is held against them.
//!
//! ```text
//! loss(s)     = sum over positions of tick_value * price * (-net * shock(s) + adverse open orders(s)) / 10,000
//! initial     = max(max over s of loss(s) * (1 + buffer), floor) + scaled part + what open orders lose when filled
//!               + value of the orders of a side that may open a position / 1,024, for their fees
//! maintenance = share of max(max over s of loss(s), floor) and the scaled part, of the held positions alone at the mark
//! equity      = cash + variation at the mark
//! ```
//!
//! All of it is of one product, and an account needs the sum over its products: a set's scenarios say nothing about
//! another product's index, whatever their numbers (invariant M7).
//!
//! In each scenario the open orders count that would lose: bids when the price falls, asks when it rises; a side on
//! which all orders may only reduce counts up to the position. Initial margin takes the worse of mark and slow mark as
//! the price, the higher for what loses and the lower for what gains, and is held against cash less each month's
//! unsettled loss at the worse of both; unsettled profit gives no credit, nor does it pay for the loss of another
//! month, which falls due whether or not the profit can be paid (`docs/book/src/protocol.md#margin`).
//!
//! What open orders lose is measured at the mark, and what would fill beyond the position at the worse of both marks,
//! as the new position will be. So whoever may place an order on its own side of the mark can have it filled, with its
//! fee, as long as no mark moves: nobody shows a quote that every fill would drop for want of margin (invariant M10).
//! What orders of a side lose is that of all together, so those behind the mark still pay for those beyond it.
//!
//! The scaled part ([`crate::clearing::AddOns`]) of a month is `scale * (value - worst loss)` of the larger side that
//! its orders can lead to. The scale is the larger of the open interest's, which binds all accounts alike, so that a
//! position split over many accounts is charged no less (invariant M5), and of the account's own size. Maintenance
//! margin uses only the latter: nobody is liquidated because others have traded. Everything is rounded up. Reads two
//! cells for each product that the account trades.

use super::{guard, opening};
use crate::clearing::cells::{
    Account, Curve, MAX_MAKER_FEE_PPM, Month, Position, Product, RiskArray, SCENARIOS, Status, worst_losses,
};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::store::{Store, claimable_month};
use crate::fault::{self, Fault};
use crate::math::mul_div_ceil;
use crate::oracle::validity::Action;
use crate::units::{BPS, Lots, NetLots, Points, QuoteAtoms, Seconds, Ticks};

/// What part of the value of orders that may open a position is held for the fees of their fills, a 1,024th, as a power
/// of two: more than [`MAX_MAKER_FEE_PPM`](crate::clearing::MAX_MAKER_FEE_PPM), so that rounding each of them up is in
/// it.
const FEE_SHIFT: u32 = 10;

const _: () = assert!((MAX_MAKER_FEE_PPM as u64) << FEE_SHIFT < 1_000_000);

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
    /// The scenario that binds initial margin; of several products, in the last one.
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

    /// Whether an account is worse off than before: its equity is below zero and has fallen, or is a smaller part of
    /// its maintenance margin.
    pub fn worsens(&self, before: &Self) -> bool {
        // Equity and margin stay below 2^87, see `Needs`: what does not fit counts as worse.
        let cross = |a: QuoteAtoms, b: QuoteAtoms| a.0.checked_mul(b.0);
        let kept = match (cross(self.equity, before.maintenance), cross(before.equity, self.maintenance)) {
            (Some(after), Some(before)) => after >= before,
            _ => false,
        };
        self.equity < before.equity.min(QuoteAtoms::ZERO) || (before.equity > QuoteAtoms::ZERO && !kept)
    }

    /// Adds what the positions of one product need.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "needs stay below 2^120, see `Needs::add`; shares and buffer are below 2^14"
    )]
    fn charge(&mut self, needs: &Needs, curve: &Curve, risk: &RiskArray) {
        let (with_orders, scenario) = worst(&needs.with_orders);
        let (bps, square) = (i128::from(BPS), i128::from(BPS) * i128::from(BPS));
        let buffered = with_orders * (bps + i128::from(risk.buffer_bps(curve.round)));
        let scanned = mul_div_ceil(buffered.max(needs.floor * bps), 1, square);
        let held = worst(&needs.held).0.max(needs.held_floor) + needs.held_scaled;
        let share = |bps: u16| QuoteAtoms(mul_div_ceil(held, bps.into(), square));
        self.initial += QuoteAtoms(scanned + mul_div_ceil(needs.scaled, 1, bps)) + needs.orders;
        self.maintenance += share(risk.maintenance_bps);
        self.liquidation_end += share(risk.liquidation_end_bps);
        self.scenario = scenario;
    }
}

/// What an account's positions in one product need, in ten-thousandths of a quote atom unless said otherwise.
#[derive(Default)]
struct Needs {
    held: [i128; SCENARIOS],
    with_orders: [i128; SCENARIOS],
    held_scaled: i128,
    held_floor: i128,
    scaled: i128,
    floor: i128,
    /// In quote atoms.
    orders: QuoteAtoms,
}

/// Assesses an account. A position in a month that has left the curve is worth its variation at the final price, as one
/// in a settled month is; it needs no margin.
///
/// # Errors
/// `UnknownProduct` when a product has no margin set, `UnknownInstrument`.
pub fn assess<S: Store>(store: &mut S, account: &Account) -> Result<Health> {
    let cash = QuoteAtoms(account.cash.into());
    let mut health = Health { initial_equity: cash, equity: cash, ..Health::default() };
    let mut profit = QuoteAtoms::ZERO;
    let mut needs = Needs::default();
    let mut loaded: Option<(Product, Curve, RiskArray)> = None;
    for position in account.positions() {
        let product = position.instrument.product();
        if loaded.as_ref().is_none_or(|(last, ..)| *last != product) {
            if let Some((_, curve, risk)) = &loaded
                && !fault::present(Fault::ScenariosPairedAcrossProducts)
            {
                health.charge(&needs, curve, risk);
                needs = Needs::default();
            }
            let (curve, risk) = (store.curve(product), store.risk(product));
            let (curve, risk) = curve.zip(risk).ok_or(ClearingError::UnknownProduct)?;
            loaded = Some((product, curve, risk));
        }
        let Some((_, curve, risk)) = &loaded else { continue };
        let gone;
        let month = match curve.month(position.instrument) {
            Some(month) => month,
            None => {
                gone = claimable_month(store, position.instrument)?.1;
                &gone
            }
        };
        let worst = position.variation(worse_mark(position.net, month)) * month.tick_value;
        health.equity += position.variation(month.mark) * month.tick_value;
        if fault::present(Fault::UnsettledProfitPays) {
            profit += worst.max(QuoteAtoms::ZERO);
        }
        health.initial_equity += worst.min(QuoteAtoms::ZERO);
        if month.status != Status::Settled {
            health.notional += (position.net.size() * month.mark) * month.tick_value;
            needs.add(position, month, risk, curve.slot(position.instrument).unwrap_or_default());
        }
    }
    if let Some((_, curve, risk)) = &loaded {
        health.charge(&needs, curve, risk);
    }
    health.initial_equity = cash.min(health.initial_equity + profit);
    Ok(health)
}

/// Asks the guard of every product in which the account holds lots whether an action may be done now: not on marks that
/// are too old to be believed, not on an index in doubt, not in a pause; and for a withdrawal not while a print is due.
///
/// # Errors
/// `IndexUnavailable`, `Paused`, `Opening`, `UnknownProduct`.
pub fn check_guards<S: Store>(store: &mut S, account: &Account, now: Seconds, action: Action) -> Result<()> {
    let mut last = None;
    for position in account.positions().iter().filter(|position| position.net != NetLots::ZERO) {
        let product = position.instrument.product();
        if last.replace(product) == Some(product) {
            continue;
        }
        let curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
        guard::check(&curve, now, action)?;
        // Who has read the batches would take out what the print is about to take, and leave the rest to the fund.
        if action == Action::Withdraw && opening::is_print_due(&curve, now) {
            return Err(ClearingError::Opening);
        }
    }
    Ok(())
}

/// An account as a liquidation may judge it now ([`judge`]).
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    /// The account, in which positions that may not be judged count as if they were closed at their last mark.
    pub account: Account,
    /// Stands for the marks of what is left: another number when a mark has moved, a month has got its final price, a
    /// product has gone or come, or liquidations have been paused since.
    pub marks: u32,
    /// Why nothing is left: `IndexUnavailable` or `Paused` when none of its lots may be judged.
    pub refused: Result<()>,
}

/// The account as a liquidation may judge it. Where liquidations are paused, or marks cannot be believed, a product's
/// positions need no margin, so that nobody is liquidated for them, and count with their variation at the last mark, so
/// that they protect nothing else.
///
/// # Errors
/// `UnknownProduct`.
pub fn judge<S: Store>(store: &mut S, account: &Account, now: Seconds) -> Result<Judged> {
    let mut judged = Judged { account: *account, marks: 0, refused: Ok(()) };
    let mut left = None;
    for position in judged.account.positions_mut().iter_mut().filter(|position| position.net != NetLots::ZERO) {
        let curve = store.curve(position.instrument.product()).ok_or(ClearingError::UnknownProduct)?;
        let Some(month) = curve.month(position.instrument).filter(|month| month.status != Status::Settled) else {
            continue;
        };
        match guard::check(&curve, now, Action::Liquidate) {
            Ok(()) => {
                // Once for each product: an owner who closes a lot in some month stops no clock.
                if left.replace(position.instrument.product()) == Some(position.instrument.product()) {
                    continue;
                }
                // All of these only go on: the print's day, months with a final price, the end of the last pause.
                let unsettled = u32::try_from(curve.unsettled()).unwrap_or(0);
                let moved = curve.index_day.wrapping_add(u32::from(curve.next_serial)).wrapping_sub(unsettled);
                judged.marks = judged.marks.wrapping_add(moved).wrapping_add(curve.guard.since.0);
            }
            error => {
                judged.refused = error;
                position.basis -= position.net * month.mark;
                position.net = NetLots::ZERO;
            }
        }
    }
    if left.is_some() {
        judged.refused = Ok(());
    }
    Ok(judged)
}

/// Whether a message may leave an account like this: it meets its initial margin, or neither its risk nor what stands
/// behind it is worse: no position is larger than before or on the other side, the shortfall is not larger, and equity
/// has kept its ratio to maintenance margin (invariants M1 and M8). So nobody closes past their bankruptcy price,
/// whoever is on the other side, and a running liquidation admits what improves the account and nothing else.
///
/// Part of an allocated loss that the account has still to bear counts as what the message costs it: settle the account
/// first.
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
        let turned = position.net.0.signum().saturating_mul(old.0.signum()) < 0;
        position.net.size() > old.size() || turned
    });
    if !grown {
        let old = assess(store, before)?;
        let kept = !health.worsens(&old) || fault::present(Fault::TradeLosesHealth);
        if kept && health.shortfall() <= old.shortfall() {
            return Ok(());
        }
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
        let (long, short) =
            (position.net.max(NetLots::ZERO).size(), NetLots(-position.net.0).max(NetLots::ZERO).size());
        // Orders that only reduce count up to the position: beyond it they never trade.
        let effective = || (position.bids.effective(short), position.asks.effective(long));
        let (bids, asks) = if live { effective() } else { Default::default() };
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
        let reach = [long + bids, short + asks];
        self.floor += dear * i128::from(reach[0].max(reach[1]).0) * i128::from(add_ons.floor_bps);
        self.held_floor += mark * i128::from(position.net.size().0) * i128::from(add_ons.floor_bps);
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
            let Position { bids: buy, asks: sell, .. } = position;
            let (dear_bids, cheap_asks) = (buy.value - buy.lots * month.mark, sell.lots * month.mark - sell.value);
            let behind = |worse: Ticks, better: Ticks| Ticks(worse.0.saturating_sub(better.0));
            let sides = [
                (bids, short, dear_bids, behind(month.mark, month.slow), buy.value),
                (asks, long, cheap_asks, behind(month.slow, month.mark), sell.value),
            ];
            for (lots, reduced, lost, behind, value) in sides {
                // What fills beyond the position is a new one, whose variation counts at the worse of both marks: every
                // lot of it, or a level far away, which then loses nothing, would pay for those near the mark.
                let opens = Lots(lots.0.saturating_sub(reduced.0));
                let mut points = lost.max(Points::ZERO) + opens * behind;
                if opens > Lots::ZERO {
                    points += Points((value.0 >> FEE_SHIFT) + 1); // whole points, more than their part
                }
                if lots > Lots::ZERO {
                    self.orders += points * month.tick_value;
                }
            }
        }
    }
}

/// The larger of two fractions.
fn larger(a: (u32, u32), b: (u32, u32)) -> (u32, u32) {
    let cross = |a: u32, b: u32| u64::from(a).saturating_mul(b.into());
    if cross(a.0, b.1) >= cross(b.0, a.1) { a } else { b }
}
