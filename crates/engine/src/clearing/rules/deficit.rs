//! What an account lacks: the deficit of a liquidated one as the ledger knows it, and the debt of a bankrupt one; and
//! for whom winners wait.
//!
//! ```text
//! defaults   reported insolvent: cash + claims < debts
//! held       cash + claims where no default is open and no loss waits < debts
//! behind     cash + claims where nobody is held either < debts
//! ```
//!
//! Winners of a month wait for the accounts of all three kinds that owe there ([`Standing`]). An account that is
//! solvent by the claim on a bankrupt cannot pay before the bankrupt's default is resolved, and if its claim is cut it
//! may be bankrupt itself. That it is held, or behind, says no more: nothing else is refused, offered or charged. It
//! ends when the debt is paid, in the message that pays it, or with a report ([`report`]).
//!
//! Profit of the running round, which nobody has paid, counts as such a claim while the print of its product is due or
//! waits for its confirmation: whoever has read the batches knows that it goes, and would be paid elsewhere before the
//! account is found insolvent. When the print has been settled, or waited for in vain, it counts in full
//! (`docs/book/src/adr/0186-profit-of-the-day-rests-on-a-print.md`).
//!
//! Nobody is held for ever. `held` rests on defaults and losses, `behind` on `held`, and nothing on `behind`: so when
//! the defaults have been resolved, accounts that owe each other in a circle are let go with two reports each at most.
//! Bankrupts wait for defaults alone ([`debt`]), so that none is kept open by somebody who waits for it.

use super::{allocation, cash, fund, margin, opening};
use crate::clearing::cells::{Account, Auction, Instrument, MAX_POSITIONS, Market, Month, Standing, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::{Store, claimable_month};
use crate::fault::{self, Fault};
use crate::math::mul_div_ceil;
use crate::units::{NetLots, Points, QuoteAtoms, Seat, Seconds};

/// Ends the liquidation of an account, which leaves it without a deficit.
///
/// # Errors
/// As [`note`].
pub(crate) fn end<S: Store>(store: &mut S, seat: Seat, account: &mut Account, auction: Auction) -> Result<()> {
    note(store, seat, account, auction, 0)?;
    leave(store, seat, Auction { deficit: 0, ..auction })
}

/// Ends the liquidation of an account that moves to the next house. Its defaults stay open.
///
/// # Errors
/// `OutOfRange`.
pub(crate) fn leave<S: Store>(store: &mut S, seat: Seat, auction: Auction) -> Result<()> {
    enter(store, seat, auction, 0)?;
    store.set_auction(seat, &Auction::default());
    store.emit(Event::LiquidationEnded { seat });
    Ok(())
}

/// Replaces the deficit of an account in the ledger. An account with a deficit is a default in every month in which it
/// owes, and in no other: winners of a month wait from the report on, and anew when the deficit has grown. Changes no
/// cell when nothing has changed. Returns the liquidation as it stands then.
///
/// # Errors
/// `OutOfRange`, `UnknownInstrument`.
pub(crate) fn note<S: Store>(
    store: &mut S,
    seat: Seat,
    account: &mut Account,
    auction: Auction,
    deficit: u64,
) -> Result<Auction> {
    let noted = enter(store, seat, auction, deficit)?;
    count_defaults(store, seat, account, deficit > 0, deficit > auction.deficit)?;
    Ok(noted)
}

/// Replaces the deficit of an account in the ledger alone.
fn enter<S: Store>(store: &mut S, seat: Seat, auction: Auction, deficit: u64) -> Result<Auction> {
    let noted = Auction { deficit, ..auction };
    if noted != auction {
        let mut ledger = store.ledger();
        let others = ledger.uncovered.checked_sub(auction.deficit);
        ledger.uncovered = others.and_then(|others| others.checked_add(deficit)).ok_or(ClearingError::OutOfRange)?;
        store.set_ledger(&ledger);
        store.set_auction(seat, &noted);
    }
    Ok(noted)
}

/// Counts the months in which an account owes as its defaults, if it is `insolvent`, or none any more. Winners of a
/// month wait as long as one is open there, and for the next day's print at most (`clearing/rules/cash.rs`): it ends
/// with the debt, whatever the account owes or is owed elsewhere. So a bankrupt who waits with the winners of another
/// month never makes them wait. A default that was counted before holds them again only when the deficit has `grown`.
///
/// Who is insolvent no more, by a deposit of a dollar perhaps, may be solvent by a claim that will be cut. Where they
/// owe still, they are held until they pay, or until somebody reports them.
fn count_defaults<S: Store>(
    store: &mut S,
    seat: Seat,
    account: &mut Account,
    insolvent: bool,
    grown: bool,
) -> Result<()> {
    let mut changed = false;
    let concerned = |standing| insolvent || standing == Standing::Defaults;
    for position in account.positions_mut().iter_mut().filter(|position| concerned(position.standing)) {
        let (round, month, mut market) = claimable_month(store, position.instrument)?;
        let owes = position.variation(month.settle) < Points::ZERO;
        let defaults = owes && insolvent;
        let standing = match (owes, insolvent) {
            (true, true) => Standing::Defaults,
            (true, false) => Standing::Held,
            (false, _) => Standing::Sound,
        };
        if standing == position.standing && !(defaults && grown) {
            continue;
        }
        if defaults {
            market.hold_payments(round);
        }
        market.note_standing(position, standing);
        store.set_market(position.instrument, &market);
        changed = true;
    }
    if changed {
        store.set_account(seat, account);
    }
    Ok(())
}

/// As [`update`], after money has come into an account: a liquidation that this makes needless ends.
pub(crate) fn after_payment<S: Store>(store: &mut S, seat: Seat, account: &mut Account) -> Result<()> {
    if fault::present(Fault::AuctionOutlivesItsMark) { Ok(()) } else { update(store, seat, account).map(|_| ()) }
}

/// Brings a running liquidation up to date with its account: its deficit, and its end.
pub(crate) fn update<S: Store>(store: &mut S, seat: Seat, account: &mut Account) -> Result<u64> {
    let auction = store.auction(seat);
    if auction == Auction::default() {
        return Ok(0);
    }
    let health = margin::assess(store, account)?;
    let deficit = health.deficit();
    if health.equity >= health.liquidation_end {
        end(store, seat, account, auction)?;
    } else if deficit != auction.deficit {
        // An account that has become insolvent is offered from the first price: this number matches no marks.
        let marks = if auction.deficit == 0 { auction.marks.wrapping_sub(1) } else { auction.marks };
        note(store, seat, account, Auction { marks, ..auction }, deficit)?;
        store.emit(Event::DeficitReported { seat, deficit });
    }
    Ok(deficit)
}

/// As [`update`], of any account, liquidated or not: it bears its part of allocated losses first, and then the months
/// in which it owes count it as what it is, a default, held, behind or sound. Returns its deficit, zero for an account
/// that is not being liquidated.
///
/// # Errors
/// `UnknownInstrument`, `UnknownProduct`, `OutOfRange`.
pub(crate) fn report<S: Store>(store: &mut S, now: Seconds, seat: Seat, account: &mut Account) -> Result<u64> {
    let cash = QuoteAtoms(account.cash.into());
    // Without claims that may be cut, and without those on whom such a claim has to pay either.
    let (mut firm, mut firmer) = (cash, cash);
    let mut owes = [false; MAX_POSITIONS];
    let (mut is_held, mut has_cut) = (false, false);
    // From when on the first month in which it owes pays its winners, and the last of those in which it is owed
    // something; and what it is owed where nobody is paid yet.
    let (mut first, mut last, mut early) = (Seconds(u32::MAX), Seconds::ZERO, [QuoteAtoms::ZERO; 2]);
    let before = *account;
    for (position, owes) in account.positions_mut().iter_mut().zip(&mut owes) {
        let (round, month, known) = claimable_month(store, position.instrument)?;
        let mut market = known;
        let counting = market.allocation.is_counting();
        if !counting {
            allocation::bear(store, seat, position.instrument, position, &mut market)?;
        }
        let value: QuoteAtoms = position.variation(month.settle) * month.tick_value;
        *owes = value < QuoteAtoms::ZERO;
        if !*owes {
            market.note_standing(position, Standing::Sound); // what it is owed rests on no default of its own
        }
        if market != known {
            store.set_market(position.instrument, &market);
        }
        // Nobody has paid profit of the running round; the print that is due takes it away, or ruins who owes it.
        let product = position.instrument.product();
        let runs = value > QuoteAtoms::ZERO
            && position.round == round
            && month.status != Status::Settled
            && store.curve(product).is_some_and(|curve| opening::is_print_open(&curve, now));
        let counting = counting || runs;
        let from = opening::pays_from(&month, &market);
        if *owes {
            first = first.min(from);
        } else if value > QuoteAtoms::ZERO {
            last = last.max(from);
        }
        let not_yet = if now >= from { QuoteAtoms::ZERO } else { value.max(QuoteAtoms::ZERO) };
        let cut = |open| value > QuoteAtoms::ZERO && (counting || cash::may_be_cut(&market, &month, round, now, open));
        if !cut(market.defaults > 0) {
            firm += value;
            early[0] += not_yet;
        }
        let open = market.defaults > 0 || market.held > 0;
        if cut(open) {
            has_cut = true;
            is_held |= counting || cash::is_held(&market, &month, round, now, open);
        } else {
            firmer += value;
            early[1] += not_yet;
        }
    }
    // Who owes such a claim is reported until the book there opens, and it may be cut: nobody is paid on it before.
    if first < last && early != [QuoteAtoms::ZERO; 2] {
        (firm, firmer) = (firm - early[0], firmer - early[1]);
        (is_held, has_cut) = (true, true);
    }
    if *account != before {
        store.set_account(seat, account);
    }
    let deficit = update(store, seat, account)?;
    let owing = if deficit > 0 {
        Standing::Defaults
    } else if firm < QuoteAtoms::ZERO {
        Standing::Held
    } else if firmer < QuoteAtoms::ZERO {
        Standing::Behind
    } else {
        Standing::Sound
    };
    let before = *account;
    for (position, owes) in account.positions_mut().iter_mut().zip(owes) {
        let standing = if owes { owing } else { Standing::Sound };
        let known = standing == position.standing;
        // A default holds winners again when it grows (`update`), who rests on others as soon as those do, and who is
        // insolvent without any of them, and not reported as that, never.
        let rests = is_held && matches!(standing, Standing::Held | Standing::Behind);
        if known && !rests {
            continue;
        }
        let (round, _, mut market) = claimable_month(store, position.instrument)?;
        if known && market.holds_in(round) {
            continue;
        }
        // Who rests on nothing but what outlasts the settlement holds nobody for longer than that: two that rest on
        // each other would else hold each other's winners for good.
        let outlasts = has_cut && !is_held && standing != Standing::Defaults;
        if standing != Standing::Sound && !(outlasts && market.holds_in(round)) {
            market.hold_payments(if outlasts { round.wrapping_sub(1) } else { round });
        }
        market.note_standing(position, standing);
        store.set_market(position.instrument, &market);
    }
    account.tidy();
    if *account != before {
        store.set_account(seat, account);
    }
    Ok(deficit)
}

/// A claim that is worth less than so many points of a bankrupt's debt keeps no default open, if its month waits: of
/// accounts that owe each other in a circle, what is no whole number of points everywhere cannot be offset. The account
/// keeps as much of its debts, as for any other claim.
const SMALL_CLAIM: i64 = 10;

/// A bankrupt account as it stands, and what it lacks.
pub(crate) struct Debt {
    seat: Seat,
    /// The instrument that was asked for.
    instrument: Instrument,
    /// The account, settled in the instrument.
    account: Account,
    /// The market of the instrument.
    market: Market,
    /// The month of the instrument.
    pub month: Month,
    /// By the index of the position: what it owes there and will never have.
    pub lacking: [Points; MAX_POSITIONS],
}

impl Debt {
    /// What the insurance fund may pay of what is lacking, by the index of the position ([`fund::parts`]).
    ///
    /// # Errors
    /// `UnknownInstrument`.
    pub fn parts<S: Store>(&self, store: &mut S) -> Result<[Points; MAX_POSITIONS]> {
        fund::parts(store, &self.account, &self.lacking, (self.instrument, &self.market))
    }

    /// Of points by the index of the position, those of the instrument that was asked for.
    pub fn in_instrument(&self, points: &[Points; MAX_POSITIONS]) -> Points {
        let mut parts = self.account.positions().iter().zip(points);
        parts.find(|(position, _)| position.instrument == self.instrument).map_or(Points::ZERO, |(_, part)| *part)
    }
}

/// Settles an account in an instrument and finds what it owes and cannot pay. It must have no lots and less cash than
/// one point costs.
///
/// It may be owed something: profit of the running day, which falls due with the next settlement, or a claim that finds
/// an empty pool. So much of its debts it will pay; what is beyond, each debt's share rounded up, is lacking already,
/// and waits for nothing. What is owed to it in a month whose winners wait for a default may never come: those defaults
/// go first. Its own is none where it is owed something. For accounts that are held it does not wait, because one of
/// them may be held by its own default.
///
/// In each of its months it bears its part of an allocated loss first: of a debt that is nothing, but it was counted,
/// and no other loss is allocated before everybody has borne theirs.
///
/// # Errors
/// `UnknownSeat`, `UnknownInstrument`, `Allocating` in any of its months, `NotBankrupt`, `WinnersWait` while it is owed
/// something of worth where they do.
pub(crate) fn debt<S: Store>(store: &mut S, now: Seconds, seat: Seat, instrument: Instrument) -> Result<Debt> {
    let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    let (round, month, mut market) = claimable_month(store, instrument)?;
    if market.allocation.is_counting() {
        return Err(ClearingError::Allocating);
    }
    cash::settle_position(store, seat, &mut account, &mut market, &month, round, now)?;
    let owed = account.position(instrument).map_or(Points::ZERO, |position| position.basis);
    let no_lots = account.positions().iter().all(|position| position.net == NetLots::ZERO);
    if !no_lots || owed <= Points::ZERO || account.cash >= month.tick_value.0.into() {
        return Err(ClearingError::NotBankrupt);
    }
    let small = Points(SMALL_CLAIM) * month.tick_value;
    store.set_market(instrument, &market);
    let (mut debts, mut claims, mut waits) = (QuoteAtoms::ZERO, QuoteAtoms::ZERO, false);
    for position in account.positions_mut() {
        let (round, month, before) = claimable_month(store, position.instrument)?;
        let mut market = before;
        if market.allocation.is_counting() {
            return Err(ClearingError::Allocating);
        }
        allocation::bear(store, seat, position.instrument, position, &mut market)?;
        let value: QuoteAtoms = position.basis * month.tick_value;
        if value > QuoteAtoms::ZERO {
            debts += value;
        } else {
            market.note_standing(position, Standing::Sound);
            if -value < small || !cash::winners_wait(&market, &month, round, now, market.defaults > 0) {
                claims -= value;
            } else {
                waits = true;
            }
        }
        if market != before {
            store.set_market(position.instrument, &market);
        }
    }
    if claims >= debts {
        return Err(ClearingError::NotBankrupt);
    }
    if waits {
        return Err(ClearingError::WinnersWait);
    }
    let mut lacking = [Points::ZERO; MAX_POSITIONS];
    for (lacking, position) in lacking.iter_mut().zip(account.positions()) {
        let share = mul_div_ceil(position.basis.max(Points::ZERO).0.into(), (debts - claims).0, debts.0);
        *lacking = Points(i64::try_from(share).unwrap_or(i64::MAX)).min(position.basis).max(Points::ZERO);
    }
    Ok(Debt { seat, instrument, account, market, month, lacking })
}

/// Has the insurance fund pay its parts of what a bankrupt account lacks, by the index of the position, and makes the
/// rest of it the losses of its months, to be allocated. While accounts move on (not `stays`) only a settled month may
/// write off; another one keeps the debt. Returns the quote atoms paid.
///
/// # Errors
/// `UnknownInstrument`, `Allocating` where a loss has been allocated and somebody has not borne their part of it: what
/// is written off then could not be allocated yet, and winners would be paid before it is. `OutOfRange`.
pub(crate) fn resolve<S: Store>(
    store: &mut S,
    debt: Debt,
    parts: &[Points; MAX_POSITIONS],
    now: Seconds,
    stays: bool,
) -> Result<u64> {
    let Debt { seat, mut account, lacking, .. } = debt;
    let mut ledger = store.ledger();
    let mut paid = 0_u64;
    let positions = account.positions_mut().iter_mut().zip(lacking).zip(parts);
    for ((position, lacking), part) in positions.filter(|((_, lacking), _)| *lacking > Points::ZERO) {
        let month = position.instrument;
        let mut market = store.market(month).ok_or(ClearingError::UnknownInstrument)?;
        let mut points = lacking;
        if *part > Points::ZERO {
            let value = market.tick_value;
            let drawn = fund::draw(&mut ledger, &mut market, *part, value, false)?;
            fund::pay_in(&mut ledger, &mut market, &drawn)?;
            position.basis -= drawn.points;
            points -= drawn.points;
            paid = paid.checked_add(drawn.paid).ok_or(ClearingError::OutOfRange)?;
            store.emit(Event::Covered { seat, instrument: month, amount: drawn.paid });
        }
        if points > Points::ZERO && (stays || market.final_price.is_some()) {
            if market.allocation.counted > 0 {
                return Err(ClearingError::Allocating);
            }
            market.deficit += points;
            position.basis -= points;
            store.emit(Event::WrittenOff { seat, instrument: month, points });
        }
        market.note_change(true, position)?;
        store.set_market(month, &market);
    }
    account.tidy();
    store.set_ledger(&ledger);
    store.set_account(seat, &account);
    report(store, now, seat, &mut account)?;
    Ok(paid)
}
