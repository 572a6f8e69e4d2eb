//! Computes the price of a day and publishes it, or holds it for confirmation.

use super::{
    Env, Event, IndexId, IndexState, LINK_ONE, MAX_REPORTERS, OracleError, Pending, Print, Reporters, Reporting, Rules,
    SUBMISSION_DAYS, Scores, Setup, Store, Submission, Validity,
    index::{self, exceeds},
    prints, slot_of,
    stakes::pay_day,
    validity,
};
use crate::calendar::Day;

/// The batches of a day, by the reporter's place.
type Batches = [Option<Submission>; MAX_REPORTERS];

/// Computes the price of a day and publishes it if it is valid or confirmed. Anyone may call: when all reporters have
/// submitted, or when the window is over and the quorum has. Returns what became of it.
///
/// A price that needs confirmation is recorded and becomes a print
/// * when a later day's price agrees with it (their ratio needs no confirmation): that day is printed, and the one that
///   waited too if it could still be published; or
/// * when it is published again after the confirmation delay, still agrees with what was recorded, and as many
///   reporters as the quorum each give a price that agrees with it. Meanwhile governance can remove reporters, and
///   anyone can look.
///
/// An invalid price is recorded as a warning, never printed; the next valid day clears it. A print pays the reporters
/// who agree with it and slashes those who deviate or sent nothing, by the terms of reporting; so does the print of a
/// day that waited and is confirmed by the next. Cells: reads 5 + reporters (setup, state, reporters, submissions, two
/// pages of prints at most), writes 3; one more of each for stakes, a write more when the basket changes, and the
/// submissions of the day that waited when it is confirmed.
///
/// # Errors
/// [`OracleError::UnknownIndex`], [`OracleError::TooEarly`], [`OracleError::TooLate`],
/// [`OracleError::AlreadyPublished`], [`OracleError::QuorumMissing`], [`OracleError::WindowOpen`],
/// [`OracleError::TooFewProviders`], [`OracleError::Dispersed`], [`OracleError::PriceOutOfRange`],
/// [`OracleError::AwaitingConfirmation`], [`OracleError::ImplausibleMove`].
pub fn publish<S: Store>(store: &mut S, env: Env, index: IndexId, day: Day) -> Result<Validity, OracleError> {
    let setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    let rules = setup.rules;
    let before = store.state(index);
    due(&before, &env, day)?;
    let mut reporters = store.reporters(index);
    let today = compute(store, &env, index, day, &setup, &before, &reporters)?;
    let price = today.price;
    let agrees = |other: u32| agree(&rules, price, other);
    let agreeing = today.agreeing(&rules, price);
    let quorum_agrees = agreeing.iter().filter(|agrees| **agrees).count() >= usize::from(rules.min_reporters);
    let mut state = IndexState { link: today.link, ..before };

    let last = state.last.filter(|_| !state.probation).map(|print| print.price);
    let class = validity::classify(&rules, last, price);
    let waiting = state.pending.filter(|pending| pending.validity == class && agrees(pending.price));
    let outcome = match (class, waiting) {
        (Validity::NeedsConfirmation, Some(pending)) if pending.day < day => Validity::Valid,
        (Validity::NeedsConfirmation, Some(pending)) => {
            if env.now < pending.since.later(rules.confirm_delay) || !quorum_agrees {
                return Err(OracleError::AwaitingConfirmation);
            }
            Validity::Valid
        }
        (Validity::Invalid, Some(pending)) if pending.day == day => return Err(OracleError::ImplausibleMove),
        (class, _) => class,
    };

    store.emit(Event::Computed {
        index,
        day,
        validity: outcome,
        price,
        link: state.link,
        reporters: mask(today.batches.each_ref().map(Option::is_some)),
        providers: today.providers,
    });
    if outcome < Validity::Valid {
        let since = env.now;
        store.set_state(
            index,
            &IndexState { pending: Some(Pending { day, price, since, validity: outcome }), ..before },
        );
        return Ok(outcome);
    }
    if today.relinked {
        let mut advanced = setup;
        advanced.basket.advance();
        store.set_setup(index, &advanced);
        store.emit(Event::Linked { index, day, version: advanced.basket.version, link: state.link });
    }
    // A day that waited and is confirmed by this one gets its print too, unless it is too late for it: final
    // settlements count on the days that can no longer be published.
    let confirmed = |pending: &Pending| class == Validity::NeedsConfirmation && pending.day < day;
    if let Some(pending) = waiting.filter(|pending| confirmed(pending) && is_kept(&env, pending.day)) {
        print(store, &env, index, &mut state, pending.day, pending.price);
        // Who has left since is not held to it any more; without a quorum nobody is.
        if let Ok(earlier) = compute(store, &env, index, pending.day, &setup, &before, &reporters) {
            let agreeing = earlier.agreeing(&rules, pending.price);
            settle_up(store, index, &setup.reporting, &mut reporters, &earlier.batches, agreeing);
        }
    }
    print(store, &env, index, &mut state, day, price);
    store.set_state(index, &state);
    settle_up(store, index, &setup.reporting, &mut reporters, &today.batches, agreeing);
    store.set_reporters(index, &reporters);
    Ok(outcome)
}

/// A day as its batches have it.
struct Daily {
    batches: Batches,
    scores: Scores,
    /// The providers that entered the average, a bit for each.
    providers: u16,
    /// Whether the day is the first one of a new basket.
    relinked: bool,
    link: u64,
    /// Linked, in atoms per million units.
    price: u32,
}

impl Daily {
    /// Which batches would by themselves give a price that agrees with this one.
    #[inline(never)] // needed twice
    fn agreeing(&self, rules: &Rules, price: u32) -> [bool; MAX_REPORTERS] {
        let alone = |batch: &Option<Submission>| {
            let value = index::value(core::slice::from_ref(batch), &self.scores, rules, 1).ok()?;
            linked(value.price, self.link).ok()
        };
        self.batches.each_ref().map(|batch| alone(batch).is_some_and(|other| agree(rules, price, other)))
    }
}

/// Computes a day from the batches of the reporters who are registered now.
#[inline(never)] // needed twice
fn compute<S: Store>(
    store: &S,
    env: &Env,
    index: IndexId,
    day: Day,
    setup: &Setup,
    state: &IndexState,
    reporters: &Reporters,
) -> Result<Daily, OracleError> {
    let rules = &setup.rules;
    let batches = collect(store, index, day, reporters);
    let live = batches.iter().flatten().count();
    if live < usize::from(rules.min_reporters) {
        return Err(OracleError::QuorumMissing);
    }
    if live < reporters.count() && env.now < day.start().later(rules.closes) {
        return Err(OracleError::WindowOpen);
    }
    let next = setup.basket.next_on(day).copied();
    let scores = next.unwrap_or(setup.basket.current);
    let value = index::value(&batches, &scores, rules, rules.min_reporters)?;
    let link = match next {
        Some(_) => relink(state, &batches, &setup.basket.current, rules, value.price)?,
        None => state.link,
    };
    let price = linked(value.price, link)?;
    Ok(Daily { batches, scores, providers: value.providers, relinked: next.is_some(), link, price })
}

/// Whether two prices are near enough to each other that neither needs confirmation.
fn agree(rules: &Rules, one: u32, other: u32) -> bool {
    !exceeds(one.into(), other.into(), rules.confirm_above)
}

/// What a published day adds to the records of the reporters and moves between their stakes.
#[inline(never)] // needed twice
fn settle_up<S: Store>(
    store: &mut S,
    index: IndexId,
    reporting: &Reporting,
    reporters: &mut Reporters,
    batches: &Batches,
    agreeing: [bool; MAX_REPORTERS],
) {
    keep_records(reporters, batches, agreeing);
    if reporting.moves_stakes() {
        pay_day(store, index, reporting, reporters, batches, agreeing);
    }
}

/// Whether a day can be published: not before it began, while its submissions are kept, and in the order of days.
fn due(state: &IndexState, env: &Env, day: Day) -> Result<(), OracleError> {
    if Day::of(env.now) < day {
        return Err(OracleError::TooEarly);
    }
    if !is_kept(env, day) {
        return Err(OracleError::TooLate);
    }
    let printed = state.last.is_some_and(|print| print.day >= day);
    if printed || state.newest_day().is_some_and(|newest| newest > day) {
        return Err(OracleError::AlreadyPublished);
    }
    Ok(())
}

/// Whether the submissions of a day still stand, so that it can be published.
pub(super) fn is_kept(env: &Env, day: Day) -> bool {
    Day::of(env.now).0.saturating_sub(day.0) < SUBMISSION_DAYS
}

/// The batches of the reporters who are registered now.
fn collect<S: Store>(store: &S, index: IndexId, day: Day, reporters: &Reporters) -> Batches {
    let mut batches = Batches::default();
    for (place, address, _) in reporters.iter() {
        let submission = store.submission(index, slot_of(day), place);
        if let Some(held) = batches.get_mut(usize::from(place)) {
            *held = submission.filter(|held| held.day == day && held.reporter == address && held.is_open());
        }
    }
    batches
}

/// The link factor of a new basket: today's price must be the same under the old one. If the old one has no price today
/// (so many of its providers are gone that it has too few) the new one takes over at the last print.
fn relink(
    state: &IndexState,
    batches: &Batches,
    old: &Scores,
    rules: &Rules,
    new_price: u64,
) -> Result<u64, OracleError> {
    let Some(last) = state.last else { return Ok(state.link) };
    let today =
        index::value(batches, old, rules, rules.min_reporters).and_then(|value| linked(value.price, state.link));
    let old_price = u128::from(today.unwrap_or(last.price));
    let half = u128::from(new_price / 2);
    let link = (old_price.saturating_mul(LINK_ONE.into()).saturating_add(half)).checked_div(new_price.into());
    link.and_then(|link| u64::try_from(link).ok()).filter(|link| *link > 0).ok_or(OracleError::PriceOutOfRange)
}

/// A price times the link factor, to the nearest atom, halves up.
fn linked(price: u64, link: u64) -> Result<u32, OracleError> {
    let scaled = u128::from(price).saturating_mul(link.into()).saturating_add(u128::from(LINK_ONE / 2));
    let price = scaled.checked_div(LINK_ONE.into()).and_then(|price| u32::try_from(price).ok());
    price.filter(|price| *price > 0).ok_or(OracleError::PriceOutOfRange)
}

/// Writes a print and makes it the last one of the state.
#[inline(never)] // called twice, and the event is inlined
fn print<S: Store>(store: &mut S, env: &Env, index: IndexId, state: &mut IndexState, day: Day, price: u32) {
    prints::write(store, index, day, price);
    state.record(Print { day, price, published_at: env.now });
    store.emit(Event::Printed { index, day, price, sequence: state.sequence });
}

/// Adds a published day to the record of every reporter.
fn keep_records(reporters: &mut Reporters, batches: &Batches, agreeing: [bool; MAX_REPORTERS]) {
    for ((place, batch), agrees) in (0..).zip(batches).zip(agreeing) {
        let Some(record) = reporters.record_mut(place) else { continue };
        let count = if batch.is_some() { &mut record.submissions } else { &mut record.misses };
        *count = count.saturating_add(1);
        record.deviations = record.deviations.saturating_add((batch.is_some() && !agrees).into());
    }
}

/// A bit for each place.
fn mask(places: [bool; MAX_REPORTERS]) -> u16 {
    places.iter().rev().fold(0, |mask, set| mask << 1 | u16::from(*set))
}
