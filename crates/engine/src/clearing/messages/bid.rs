//! `bid`: a liquidator takes over part of a liquidated position at the auction's price.
//!
//! The price starts near the mark and worsens with time ([`crate::clearing::auction`]). Just so much is taken as
//! restores the account to its liquidation end (invariant L2). In one position whose margin is linear that is, with
//! `B = equity - liquidation end` and the discount `d` in quote atoms a lot,
//!
//! ```text
//! lots = held * B / (B - (equity - held * d))        rounded up: Derive's B / (B - V) with V = equity - held * d
//! ```
//!
//! With other positions, or a scaled part of margin, what is missing is still a concave function of the lots taken: the
//! chord gives an upper bound, and the smallest number is found below it by halving, in at most 24 steps.

use crate::chain::Env;
use crate::clearing::cells::{Account, AccountAt, Auction, Instrument};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::book::{Book, drop_idle_orders};
use crate::clearing::rules::margin::Health;
use crate::clearing::rules::{cash, deficit, guard, margin, matching, opening, order};
use crate::clearing::store::{Store, own_account};
use crate::math::{mul_div_ceil, mul_div_floor};
use crate::oracle::validity::Action;
use crate::units::{Lots, NetLots, QuoteAtoms, Seat, Side, TickValue, Ticks};

/// A liquidator's bid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bid {
    /// The liquidator's account.
    pub liquidator: Seat,
    /// The account that is being liquidated.
    pub seat: Seat,
    /// Which of its positions.
    pub instrument: Instrument,
    /// How much of it at most: no more is taken than is held and needed.
    pub lots: Lots,
}

/// Takes over lots; returns the price and the lots taken. When the account has recovered by itself its liquidation ends
/// and nothing trades (both are zero then). When a mark has moved since the liquidation was started, its clock starts
/// again with this message, if the account is below maintenance margin still ([`crate::clearing::auction`]). While a
/// print is due or waits for confirmation, nothing is taken over that leaves the account worse, however late it is and
/// whatever it owes.
///
/// Cells: both accounts, auction, curves, risk arrays and market read; both accounts and market written; the auction
/// when it ends or starts again or a whole position goes, and the ledger when a deficit had been reported.
///
/// # Errors
/// `NotAuthorised`, `UnknownSeat`, `SelfLiquidation`, `NoAuction`, `BadSize` for zero or when nothing is held,
/// `WorsensHealth`, `PositionLimit`, `BelowInitialMargin` of the liquidator, `TradingEnded`, `Allocating`,
/// `IndexUnavailable`, `Paused`.
pub fn bid<S: Store>(store: &mut S, env: Env, bid: Bid) -> Result<(Ticks, Lots)> {
    let liquidator_before = own_account(store, &env, bid.liquidator)?;
    let before = store.account(bid.seat).ok_or(ClearingError::UnknownSeat)?;
    if before.owner == liquidator_before.owner {
        return Err(ClearingError::SelfLiquidation);
    }
    let mut auction = store.auction(bid.seat);
    if auction == Auction::default() {
        return Err(ClearingError::NoAuction);
    }
    let curve = store.curve(bid.instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    guard::check(&curve, env.now, Action::Liquidate)?;
    let mut book = Book::open(store, env.now, bid.instrument)?;
    if book.market.allocation.is_counting() {
        return Err(ClearingError::Allocating);
    }
    let market_before = book.market;
    // What is due comes first: an allocated loss changes what the account has.
    let mut account = before;
    cash::settle_position(book.store, bid.seat, &mut account, &mut book.market, &book.month, book.round, book.now)?;
    let judged = margin::judge(book.store, &account, env.now)?;
    judged.refused?;
    let health = margin::assess(book.store, &judged.account)?;
    let stale = auction.is_stale(&judged, &health);
    if health.equity >= if stale { health.maintenance } else { health.liquidation_end } {
        book.close(&market_before);
        account.tidy();
        store.set_account(bid.seat, &account);
        deficit::end(store, bid.seat, &mut account, auction)?;
        return Ok((Ticks::ZERO, Lots::ZERO));
    }
    if stale {
        auction = Auction { started: env.now, marks: judged.marks, ..auction };
        book.store.set_auction(bid.seat, &auction);
        book.store.set_market(bid.instrument, &book.market); // the count of its defaults is renewed there
        auction = deficit::note(book.store, bid.seat, &mut account, auction, health.deficit())?;
        book.market = book.store.market(bid.instrument).ok_or(ClearingError::UnknownInstrument)?;
    }
    let held = account.net(bid.instrument);
    let most = bid.lots.min(held.size());
    if most == Lots::ZERO {
        return Err(ClearingError::BadSize);
    }
    if book.now >= book.month.expiry {
        return Err(ClearingError::TradingEnded);
    }
    let (built, closes) = if held > NetLots::ZERO { (Side::Buy, Side::Sell) } else { (Side::Sell, Side::Buy) };
    let mut trial =
        Trial { account: judged.account, health, instrument: bid.instrument, closes, price: book.month.mark };
    let all = trial.after(book.store, most)?;
    trial.price = fair_price(&mut book, &account, &auction, &health, &all, built, most)?;
    let lots = trial.needed(book.store, most)?;
    let after = trial.after(book.store, lots)?;
    // Late in an auction anything goes, so that a spread of two positions that hold each other up does not stand for
    // ever. But for the time in which a print is due, or waits for confirmation: whoever has read it would take the leg
    // that wins, and leave the one that loses to the insurance fund.
    let anything = auction.is_late(env.now) || health.equity <= QuoteAtoms::ZERO;
    if (opening::is_print_open(&curve, env.now) || !anything) && after.worsens(&health) {
        return Err(ClearingError::WorsensHealth);
    }

    let price = trial.price;
    matching::trade(&mut book, bid.seat, &mut account, closes, lots, price)?;
    let mut me = AccountAt { seat: bid.liquidator, account: liquidator_before };
    matching::trade(&mut book, bid.liquidator, &mut me.account, built, lots, price)?;
    if let Some(position) = me.account.position_mut(bid.instrument) {
        // What is taken over has seldom been paid for: a liquidator who is owed something from before waits with it.
        position.round = book.round;
    }
    order::check_limits(&book, &liquidator_before, &me.account, &market_before)?;
    book.close(&market_before);

    drop_idle_orders(store, bid.liquidator, &mut me.account, bid.instrument);
    margin::check(store, &liquidator_before, &me.account)?;
    drop_idle_orders(store, bid.seat, &mut account, bid.instrument);
    store.set_account(bid.liquidator, &me.account);
    store.set_account(bid.seat, &account);
    let Bid { seat, liquidator, instrument, .. } = bid;
    store.emit(Event::Liquidated { seat, liquidator, instrument, side: closes, price, lots });
    if after.equity >= after.liquidation_end {
        deficit::end(store, seat, &mut account, auction)?;
    } else if lots == held.size() {
        // A position has gone, no mark has moved: the clock runs on. What is left may be all that cannot be judged now.
        let marks = margin::judge(store, &account, env.now).map_or(0, |judged| judged.marks);
        store.set_auction(seat, &Auction { marks, ..auction });
    }
    Ok((price, lots))
}

/// The auction's price, or the nearer one that the account can afford: of its equity the liquidator gets at most the
/// share by which maintenance margin falls.
fn fair_price<S: Store>(
    book: &mut Book<'_, S>,
    account: &Account,
    auction: &Auction,
    health: &Health,
    after: &Health,
    built: Side,
    lots: Lots,
) -> Result<Ticks> {
    let mark = book.month.mark;
    let insolvent = health.equity <= QuoteAtoms::ZERO;
    let price = auction.price(book.now, mark, built, insolvent)?;
    if insolvent {
        return Ok(price);
    }
    let freed = (health.maintenance - after.maintenance).max(QuoteAtoms::ZERO);
    // Of all that margin is wanted for: lots that cannot be judged now want theirs, too.
    let maintenance = margin::assess(book.store, account)?.maintenance;
    let affordable = mul_div_floor(health.equity.0, freed.0, maintenance.0);
    let discount = mul_div_floor(affordable, 1, one_tick(lots, book.month.tick_value).0);
    let discount = u32::try_from(discount).unwrap_or(u32::MAX).min(price.0.abs_diff(mark.0));
    Ok(match built {
        Side::Buy => Ticks(mark.0.saturating_sub(discount)),
        Side::Sell => Ticks(mark.0.saturating_add(discount)),
    })
}

fn one_tick(lots: Lots, value: TickValue) -> QuoteAtoms {
    (lots * Ticks(1)) * value
}

/// A takeover on trial: the account with some lots less.
struct Trial {
    account: Account,
    health: Health,
    instrument: Instrument,
    closes: Side,
    price: Ticks,
}

impl Trial {
    /// The account's margin after `lots` were taken.
    fn after<S: Store>(&self, store: &mut S, lots: Lots) -> Result<Health> {
        let mut account = self.account;
        if let Some(position) = account.position_mut(self.instrument) {
            position.trade(self.closes, lots, self.price);
        }
        margin::assess(store, &account)
    }

    /// What is missing for the liquidation end, below zero when something is.
    fn missing<S: Store>(&self, store: &mut S, lots: Lots) -> Result<QuoteAtoms> {
        let health = self.after(store, lots)?;
        Ok(health.equity - health.liquidation_end)
    }

    /// The smallest number of lots that restores the account, at most `most`.
    fn needed<S: Store>(&self, store: &mut S, most: Lots) -> Result<Lots> {
        let end = self.missing(store, most)?;
        if end < QuoteAtoms::ZERO {
            return Ok(most);
        }
        let start = self.health.equity - self.health.liquidation_end;
        let chord = mul_div_ceil(most.0.into(), (-start).0, (end - start).0.max(1));
        let chord = u32::try_from(chord).unwrap_or(most.0).clamp(1, most.0);
        // In (short, enough] the account is restored for the first time; the chord is exact for a linear margin.
        let (mut short, mut enough) = (0, chord);
        if self.missing(store, Lots(chord))? < QuoteAtoms::ZERO {
            (short, enough) = (chord, most.0); // rounding of margins to whole atoms bends the function by an atom
        } else if chord > 1 && self.missing(store, Lots(chord.saturating_sub(1)))? < QuoteAtoms::ZERO {
            return Ok(Lots(chord));
        }
        while enough.saturating_sub(short) > 1 {
            let middle = short.midpoint(enough);
            if self.missing(store, Lots(middle))? < QuoteAtoms::ZERO {
                short = middle;
            } else {
                enough = middle;
            }
        }
        Ok(Lots(enough))
    }
}
