//! What a message would do to an account: margin before and after, the scenario that binds, the liquidation price, and
//! the error that the chain would return. It runs the engine itself on an [`Overlay`] of the state that a client has
//! read, so it cannot say anything else than the contract would do on that state.
//!
//! ```
//! use sit_engine::chain::Env;
//! use sit_engine::clearing::{ClearingError, credit, open_account};
//! use sit_engine::units::{QuoteAtoms, Seconds};
//! use sit_native::{Message, Native, preview::preview_message};
//!
//! let mut house = Native::new();
//! let env = Env { caller: [7; 20], now: Seconds(1_795_420_800) };
//! let seat = open_account(&mut house, env, 0)?;
//! credit(&mut house, env.now, seat, 500_000_000)?;
//!
//! // Withdrawing more than the account has would be refused, and nothing has happened yet either way.
//! let said = preview_message(&mut house, env, seat, &Message::Withdraw { seat, amount: 600_000_000 });
//! assert!(said.outcome.is_err());
//! let said = preview_message(&mut house, env, seat, &Message::Withdraw { seat, amount: 200_000_000 });
//! assert_eq!(said.before?.health.equity, QuoteAtoms(500_000_000));
//! assert_eq!(said.after?.health.equity, QuoteAtoms(300_000_000));
//! # Ok::<(), ClearingError>(())
//! ```

use super::answer::Answer;
use super::message::Message;
use super::overlay::{Growth, Written};
use super::{Overlay, house};
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::margin::{self, Health};
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{Account, ClearingError, Delegate, Event, Instrument, Store, opening};
use sit_engine::units::{Lots, NetLots, Seat, Seconds, Ticks};
use std::vec::Vec;

/// The marks of one month between which an account is safe, all else unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LiquidationPrices {
    /// The highest mark below the present one at which the account may be liquidated, if there is one.
    pub below: Option<Ticks>,
    /// The lowest mark above the present one at which it may be.
    pub above: Option<Ticks>,
}

/// From when on orders of a month trade: until then they rest ([`sit_engine::clearing::opening`]). A time that is not
/// after `now` when they do already; the halt and the session are other matters.
///
/// # Errors
/// `UnknownInstrument` for one that is not listed.
pub fn opens_at<S: Store>(store: &mut S, instrument: Instrument, now: Seconds) -> Result<Seconds, ClearingError> {
    let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    let month = curve.month(instrument).ok_or(ClearingError::UnknownInstrument)?;
    let market = store.market(instrument).ok_or(ClearingError::UnknownInstrument)?;
    Ok(opening::opens_at(&curve, month, &market, now))
}

/// An account's margin with the liquidation prices of each month in which it holds lots.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Its margin.
    pub health: Health,
    /// Its liquidation prices.
    pub liquidation: Vec<(Instrument, LiquidationPrices)>,
}

/// What a message would do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preview<T> {
    /// What it would return, or the error with which it would be refused.
    pub outcome: Result<T, ClearingError>,
    /// The account before it.
    pub before: Result<Standing, ClearingError>,
    /// The account after it; as before when it is refused.
    pub after: Result<Standing, ClearingError>,
    /// Events that it would emit; none when it is refused.
    pub events: Vec<Event>,
    /// What it would store more than there was.
    pub growth: Growth,
}

/// Runs a message on an overlay of `store`, which stays as it is, and looks at an account before and after.
pub fn preview<S: Store, T>(
    store: &mut S,
    seat: Seat,
    message: impl FnOnce(&mut Overlay<'_, S>) -> Result<T, ClearingError>,
) -> Preview<T> {
    let before = standing(store, seat);
    let mut overlay = Overlay::new(store);
    let outcome = message(&mut overlay);
    if outcome.is_err() {
        return Preview { outcome, after: before.clone(), before, events: Vec::new(), growth: Growth::default() };
    }
    let after = standing(&mut overlay, seat);
    let growth = overlay.growth();
    Preview { outcome, before, after, events: overlay.into_events(), growth }
}

/// Previews a message of the vocabulary, sent by the caller of `env`. The index does not answer, and the vault pays
/// what the books allow.
pub fn preview_message<S: Store>(store: &mut S, env: Env, seat: Seat, message: &Message) -> Preview<Answer> {
    preview(store, seat, |overlay| house::run(overlay, &mut Given::default(), env, message))
}

/// Previews a message that comes after others, which are written in `left` already, and leaves there what it does too:
/// the next one is previewed on that. A refused one leaves nothing.
pub fn preview_next<S: Store>(left: &mut Overlay<'_, S>, env: Env, seat: Seat, message: &Message) -> Preview<Answer> {
    let said = preview_message(left, env, seat, message);
    if said.outcome.is_ok() {
        // What it returns is known, and it is not refused now: it has run on the same cells.
        let _ = house::run(left, &mut Given::default(), env, message);
    }
    said
}

/// Lets whoever sends messages for an account of somebody else pass in `left` as a delegate without bounds. No view
/// shows a delegate's cell, so that a client cannot read what the owner allows: what they may not do, the chain says.
/// What they do is seen with them as the sender, since it is not all that the owner's message would do: a delegate's
/// order ends before one of another account of the owner, whatever it asks for.
pub fn admit<S: Store>(left: &mut Overlay<'_, S>, seat: Seat, sender: Address) {
    let foreign = left.account(seat).is_some_and(|account| account.owner != sender);
    if foreign && left.delegate(seat, sender).is_none() {
        let delegate = Delegate::new(Lots::MAX, Seconds(u32::MAX), core::iter::empty());
        left.set_delegate(seat, sender, &delegate.unwrap_or_default());
    }
}

/// By how much each of the messages of a block makes the storage larger, in their order: run one after the other on an
/// overlay of the state before the block, which stays as it is. Whether their callers may send them is not asked, the
/// index does not answer, and the vault pays what the books allow.
///
/// It ends before the first message that is refused here: those after it have another state before them.
pub fn growths<'m, S: Store>(store: &mut S, messages: impl IntoIterator<Item = (Env, &'m Message)>) -> Vec<Growth> {
    let mut block = Overlay::new(store);
    let mut found = Vec::new();
    for (env, message) in messages {
        // What a refused message has written stays written, so each is tried above the ones before it first.
        let mut tried = Overlay::new(&mut block);
        if house::run(&mut tried, &mut Given::default(), env, message).is_err() {
            break;
        }
        found.push(tried.growth());
        if house::run(&mut block, &mut Given::default(), env, message).is_err() {
            break;
        }
    }
    found
}

/// An account's margin before and after a message of somebody else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Effect {
    /// The account.
    pub seat: Seat,
    /// Its margin before.
    pub before: Result<Health, ClearingError>,
    /// Its margin after.
    pub after: Result<Health, ClearingError>,
}

/// What a message of governance would do to the exchange.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Foreseen {
    /// What it would return, or the error with which it would be refused.
    pub outcome: Result<Answer, ClearingError>,
    /// The accounts, in the order in which they were asked for; as before when it is refused.
    pub effects: Vec<Effect>,
    /// The cells that it would change; none when it is refused.
    pub written: Vec<Written>,
}

/// Runs a message of the vocabulary on an overlay of `store`, which stays as it is, and looks at accounts before and
/// after. Whether the caller of `env` may send it is not asked, the index does not answer, and the vault pays what the
/// books allow.
pub fn foresee<S: Store>(store: &mut S, env: Env, seats: &[Seat], message: &Message) -> Foreseen {
    fn health<S: Store>(store: &mut S, seat: Seat) -> Result<Health, ClearingError> {
        let account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
        margin::assess(store, &account)
    }
    let before: Vec<_> = seats.iter().map(|seat| (*seat, health(store, *seat))).collect();
    let mut overlay = Overlay::new(store);
    let outcome = house::run(&mut overlay, &mut Given::default(), env, message);
    if outcome.is_err() {
        let effects = before.into_iter().map(|(seat, before)| Effect { seat, after: before, before }).collect();
        return Foreseen { outcome, effects, written: Vec::new() };
    }
    let after = |(seat, before)| Effect { seat, before, after: health(&mut overlay, seat) };
    let effects = before.into_iter().map(after).collect();
    Foreseen { outcome, effects, written: overlay.written() }
}

/// An account as it stands.
///
/// # Errors
/// `UnknownSeat`, and those of [`margin::assess`].
pub fn standing<S: Store>(store: &mut S, seat: Seat) -> Result<Standing, ClearingError> {
    let account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    let health = margin::assess(store, &account)?;
    let held = account.positions().iter().filter(|position| position.net != NetLots::ZERO);
    let mut liquidation = Vec::new();
    for position in held {
        liquidation.push((position.instrument, liquidation_prices(store, &account, position.instrument)?));
    }
    Ok(Standing { health, liquidation })
}

/// The liquidation prices of an account in one month, all other marks unchanged.
///
/// Equity is linear in the mark and maintenance margin convex, so the marks at which the account is safe are an
/// interval, and each of its ends is found exactly by halving. For an account that may be liquidated now, both are the
/// present mark.
///
/// # Errors
/// `UnknownInstrument`, and those of [`margin::assess`].
pub fn liquidation_prices<S: Store>(
    store: &mut S,
    account: &Account,
    instrument: Instrument,
) -> Result<LiquidationPrices, ClearingError> {
    let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    let now = curve.month(instrument).ok_or(ClearingError::UnknownInstrument)?.mark;
    let mut overlay = Overlay::new(store);
    let mut safe = |mark: Ticks| {
        let mut curve = curve;
        if let Some(month) = curve.month_mut(instrument) {
            month.mark = mark;
        }
        overlay.set_curve(instrument.product(), &curve);
        margin::assess(&mut overlay, account).map(|health| health.meets_maintenance())
    };
    if !safe(now)? {
        return Ok(LiquidationPrices { below: Some(now), above: Some(now) });
    }
    Ok(LiquidationPrices { below: edge(now, Ticks(1), &mut safe)?, above: edge(now, Ticks::MAX, &mut safe)? })
}

/// The unsafe mark nearest to the safe mark `near` in the direction of `far`, or `None` when that is safe too.
fn edge(
    near: Ticks,
    far: Ticks,
    safe: &mut impl FnMut(Ticks) -> Result<bool, ClearingError>,
) -> Result<Option<Ticks>, ClearingError> {
    if near == far || safe(far)? {
        return Ok(None);
    }
    let (mut near, mut far) = (near.0, far.0);
    while near.abs_diff(far) > 1 {
        let middle = near.midpoint(far);
        if safe(Ticks(middle))? {
            near = middle;
        } else {
            far = middle;
        }
    }
    Ok(Some(Ticks(far)))
}
