//! Computes the price of a day and publishes it, or holds it for confirmation.

use super::{
    Env, Event, IndexId, IndexState, LINK_ONE, MAX_PROVIDERS, MAX_REPORTERS, OracleError, Pending, Print, Reporters,
    Rules, SUBMISSION_DAYS, Scores, Setup, Shadow, Stakes, Store, Submission, Validity,
    index::{self, Value, exceeds},
    prints,
    rules::RATIO_ONE,
    slot_of,
    stakes::{Judged, fine_silence, pay_day},
    validity,
};
use crate::{
    calendar::Day,
    fault::{self, Fault},
};

/// The batches of a day, by the reporter's place.
type Batches = [Option<Submission>; MAX_REPORTERS];

/// Days over which moves that nobody has confirmed are bounded together.
pub(super) const MEMORY_DAYS: u32 = 5;

/// Computes the price of a day and publishes it if it is valid or confirmed. Anyone may call: when all reporters have
/// submitted, or when the window is over and the quorum has: more than two thirds of those who were registered before
/// the day. Returns what became of it.
///
/// A price needs confirmation when it is far from the last print, when it is further from one of the last
/// `MEMORY_DAYS` days than a price moves in so many without being confirmed, and when the two middle numbers of what
/// the reporters sent lie apart. It is recorded and becomes a print, after the confirmation delay,
/// * when a later day's price agrees with it (their ratio needs no confirmation), and of that day the middle numbers
///   agree or a quorum agrees with its price: that day is printed, and the one that waited too if it could still be
///   published; or
/// * when it is published again, still agrees with what was recorded, and a quorum each give a price that agrees with
///   it; of a day whose middle numbers lie apart, one as near to it as those should be. Meanwhile governance can remove
///   reporters, and anyone can look. The first print of an index waits for a day on which halves of the batches do not
///   disagree about much of what is sold.
///
/// An invalid price is recorded as a warning, never printed; the next valid day clears it. A print pays the reporters
/// who agree with it and, if those are a majority of all, slashes those who deviate; it slashes those who sent nothing.
/// So does the print of a day that waited and is confirmed by the next. A day whose window is over without a quorum
/// costs those who sent nothing as much, and is `Invalid`.
///
/// Of a price that a provider has raised more than the market, as much counts as may until it has stood for three
/// prints (`asks`): a print notes what was asked for.
///
/// A new basket runs in the shadow first: of each day that is printed it is noted by what link it would have had the
/// price of the day. When that has been noted on [`super::SHADOW_DAYS`] days the basket is in force from the next day
/// on, linked by their lower median. Who enters is a newcomer (`volumes`) in these links and on the first day in force;
/// who leaves counts as if it sold nothing, until it has no more weight than one. A day has a link if that is so and if
/// whoever enters sells something.
///
/// Cells: reads 6 + reporters (setup, state, reporters, stakes, submissions, two pages of prints at most), writes 3;
/// one more write for stakes, another when the basket changes, and the submissions of the day that waited when it is
/// confirmed.
///
/// # Errors
/// [`OracleError::UnknownIndex`], [`OracleError::TooEarly`], [`OracleError::TooLate`],
/// [`OracleError::AlreadyPublished`], [`OracleError::QuorumMissing`], [`OracleError::WindowOpen`],
/// [`OracleError::TooFewProviders`], [`OracleError::PriceOutOfRange`],
/// [`OracleError::AwaitingConfirmation`], [`OracleError::ImplausibleMove`].
pub fn publish<S: Store>(store: &mut S, env: Env, index: IndexId, day: Day) -> Result<Validity, OracleError> {
    let setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    let rules = setup.rules;
    let before = store.state(index);
    due(&before, &env, day)?;
    let mut roll = Roll { reporters: store.reporters(index), stakes: store.stakes(index) };
    let today = match compute(store, &env, index, day, &setup, &before, &roll) {
        Err(OracleError::QuorumMissing) => {
            return silence(store, &env, index, day, &setup, &before, &mut roll.reporters);
        }
        today => today?,
    };
    let price = today.price;
    // The first print of an index begins with what both halves say at least that each sells: where they disagree about
    // much, half of the batches would choose the weights of weeks.
    let unknown = before.volumes.is_none() && today.value.torn.much;
    let quorum_agrees = !unknown && today.backing(&rules) >= today.quorum;
    let mut state = IndexState { link: today.link, ..before };

    let last = state.last.filter(|_| !state.probation).map(|print| print.price);
    let mut prints = prints::Held::of(store, index, day);
    let drifts =
        || !fault::present(Fault::PrintByAMinority) && drifts(store, index, &prints, &rules, &before, day, price);
    let seen = !today.sure() || drifts();
    let class = validity::classify(&rules, last, price);
    let class = if seen { class.min(Validity::NeedsConfirmation) } else { class };
    let waiting = state.pending.filter(|pending| pending.validity == class && agree(&rules, price, pending.price));
    let outcome = match (class, waiting) {
        (Validity::NeedsConfirmation, Some(pending)) => {
            let backed = quorum_agrees || pending.day < day && today.sure();
            let delayed = env.now >= pending.since.later(rules.confirm_delay);
            match (backed, delayed) {
                (true, true) => Validity::Valid,
                (false, _) if pending.day < day => Validity::NeedsConfirmation, // this one waits now
                _ => return Err(OracleError::AwaitingConfirmation),
            }
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
        providers: today.value.providers(),
    });
    if outcome < Validity::Valid {
        let since = env.now;
        store.set_state(
            index,
            &IndexState { pending: Some(Pending { day, price, since, validity: outcome }), ..before },
        );
        return Ok(outcome);
    }
    if class == Validity::NeedsConfirmation {
        state.confirmed = day;
    }
    // A day that waited and is confirmed by this one gets its print too, unless it is too late for it: final
    // settlements count on the days that can no longer be published.
    let confirmed = |pending: &Pending| class == Validity::NeedsConfirmation && pending.day < day;
    if let Some(pending) = waiting.filter(|pending| confirmed(pending) && is_kept(&env, pending.day)) {
        state.confirmed = pending.day;
        print(store, &env, index, &mut prints, &mut state, pending.day, pending.price);
        // A reporter who has left since is not slashed for it; without a quorum nobody is.
        if let Ok(earlier) = compute(store, &env, index, pending.day, &setup, &before, &roll) {
            settle_up(store, index, pending.day, &setup, &mut roll, &earlier, pending.price);
        }
    }
    print(store, &env, index, &mut prints, &mut state, day, price);
    change_basket(store, index, day, &setup, &mut state, &today);
    note(&mut state, &today.value, |_| true);
    note_sold(&mut state, &today.value, &setup, day);
    store.set_state(index, &state);
    settle_up(store, index, day, &setup, &mut roll, &today, price);
    if setup.reporting.moves_stakes() {
        store.set_stakes(index, &roll.stakes);
    }
    store.set_reporters(index, &roll.reporters);
    Ok(outcome)
}

/// A day whose window is over without a quorum: those who sent nothing are fined for it, once.
fn silence<S: Store>(
    store: &mut S,
    env: &Env,
    index: IndexId,
    day: Day,
    setup: &Setup,
    before: &IndexState,
    reporters: &mut Reporters,
) -> Result<Validity, OracleError> {
    let over = env.now >= day.start().later(setup.rules.closes);
    if !over || day <= before.silent || setup.reporting.miss_slash == 0 {
        return Err(OracleError::QuorumMissing);
    }
    let batches = collect(store, index, day, reporters);
    if !fine_silence(store, index, day, &setup.reporting, reporters, &batches) {
        return Err(OracleError::QuorumMissing);
    }
    store.set_state(index, &IndexState { silent: day, ..*before });
    store.set_reporters(index, reporters);
    Ok(Validity::Invalid)
}

/// Whether a price is further from one of the prints of the last `MEMORY_DAYS` days, back to the last that was
/// confirmed, than unconfirmed moves may come to: their excess over one grows with the root of the days, as a random
/// walk does.
///
/// ```text
/// bound = 1 + (confirm_above - 1) * sqrt(5)          1.559 for 1.25
/// ```
fn drifts<S: Store>(
    store: &S,
    index: IndexId,
    prints: &prints::Held,
    rules: &Rules,
    state: &IndexState,
    day: Day,
    price: u32,
) -> bool {
    let excess = rules.confirm_above.saturating_sub(RATIO_ONE).saturating_mul(2_236) / 1_000;
    let bound = RATIO_ONE.saturating_add(excess);
    let reach = day.0.saturating_sub(state.confirmed.0).min(MEMORY_DAYS);
    let far = |print: u32| exceeds(print.into(), price.into(), bound);
    prints.recent(store, index, day, reach.saturating_add(1)).flatten().any(far)
}

/// Brings the shadow of the next basket on by a printed day, and the basket into force when it has been there long
/// enough.
#[inline(never)]
fn change_basket<S: Store>(
    store: &mut S,
    index: IndexId,
    day: Day,
    setup: &Setup,
    state: &mut IndexState,
    today: &Daily,
) {
    let (rules, basket) = (&setup.rules, &setup.basket);
    let Some(next) = basket.next_on(day) else { return };
    let asks = state.asks.within(&basket.current);
    if state.shadow.from != basket.next_from {
        // Nobody stands anywhere from before.
        (state.asks, state.volumes) = (asks, state.volumes.within(&basket.current));
        state.shadow = Shadow::of(basket.next_from);
    }
    let of = index::value(&today.batches, next, rules, today.quorum, &asks, &state.volumes, Some(today.value.market));
    let Ok(of) = of else { return };
    let enters = |place: usize| matches!(basket.change(place), (0, 1..));
    note(state, &of, enters);
    // Nobody is linked by a price at which it does not sell, by a volume of that day, or by more than a newcomer has.
    let first = state.volumes.first(rules.cap_bps);
    // Other scores alone have nothing of that in their links.
    let divides = state.volumes.divides(rules.cap_bps);
    let ready = |place: usize| match basket.change(place) {
        (0, 1..) => divides && of.sold.get(place) > Some(&0),
        (1.., 0) => divides && first.is_none_or(|first| state.volumes.of(place) <= first),
        _ => true,
    };
    // Whoever has never sold anything is none of those that stay.
    let few = !basket.keeps(rules.min_providers, |place| state.volumes.has_sold(place));
    if few || !(0..MAX_PROVIDERS).all(ready) {
        return;
    }
    let Some(link) = ratio(state.link, today.value.price, of.price) else { return };
    state.shadow.push(link);
    let at_once = fault::present(Fault::LinkOfOneDay).then_some(link);
    let Some(link) = at_once.or_else(|| state.shadow.link()) else { return };
    let mut advanced = *setup;
    advanced.basket.advance();
    (state.link, state.shadow) = (link, Shadow::default());
    // With the weight of its links, whatever it sells on its first day.
    state.volumes.note(&of.sold, rules.cap_bps, enters);
    store.set_setup(index, &advanced);
    store.emit(Event::Linked { index, day, version: advanced.basket.version, link });
}

/// Notes what those of the providers that are `heard` have asked for on a print.
fn note(state: &mut IndexState, of: &Value, heard: impl Fn(usize) -> bool) {
    let partly = of.partly();
    let torn = of.torn.price | of.torn.volume & partly;
    state.asks.note(&of.asked, of.market, torn, torn | partly, heard);
}

/// Notes what the providers in force have sold on a print: but of one about which half of the batches contradict the
/// other half, unless nothing is usual of it. A newcomer begins with the same whatever it sells, and each on the first
/// print of an index with what both halves say at least, or whoever sells nothing from then on would be in no print any
/// more. Who is to leave fades, whatever it sells, so that its going moves no more than a newcomer does.
fn note_sold(state: &mut IndexState, of: &Value, setup: &Setup, day: Day) {
    let (cap, basket) = (setup.rules.cap_bps, &setup.basket);
    let waits = basket.next_on(day).is_some();
    let leaves = |place: usize| waits && matches!(basket.change(place), (1.., 0));
    let quoted = |place: usize| of.asked.get(place).is_some_and(|asked| *asked > 0);
    let before = state.volumes;
    let known = |place: usize| of.torn.volume >> place & 1 == 0 || !before.has_sold(place);
    state.volumes.note(&of.sold, cap, |place| quoted(place) && !leaves(place) && known(place));
    if waits {
        state.volumes.fade(cap, leaves);
        state.volumes.refine(cap);
    }
}

/// Who reports, and what they have at stake: read once for all that a message does with them, because every read of a
/// cell costs its proof.
struct Roll {
    reporters: Reporters,
    stakes: Stakes,
}

/// A day as its batches have it.
struct Daily {
    batches: Batches,
    scores: Scores,
    /// Its price before it is linked.
    value: Value,
    /// Reporters who owe a batch of it.
    registered: usize,
    /// Batches that a print of it needs.
    quorum: usize,
    link: u64,
    /// Linked, in atoms per million units.
    price: u32,
}

impl Daily {
    /// Whether the batches contradict each other in nothing.
    fn sure(&self) -> bool {
        self.value.torn.nowhere()
    }

    /// How many batches stand behind the price: give one that agrees with it, or, where the middle numbers do not, one
    /// that is as near to it as those should be, by their own volumes.
    fn backing(&self, rules: &Rules) -> usize {
        if self.sure() {
            self.agreeing(rules, self.price).iter().filter(|agrees| **agrees).count()
        } else {
            self.value.backing(&self.batches, &self.scores, rules)
        }
    }

    /// Which batches would by themselves give a price that agrees with this one.
    #[inline(never)] // needed twice
    fn agreeing(&self, rules: &Rules, price: u32) -> [bool; MAX_REPORTERS] {
        let alone = |batch: &Submission| linked(self.value.alone(batch, &self.scores, rules).ok()?, self.link).ok();
        let agrees = |batch: &Submission| alone(batch).is_some_and(|alone| agree(rules, price, alone));
        self.batches.each_ref().map(|batch| batch.as_ref().is_some_and(agrees))
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
    Roll { reporters, stakes }: &Roll,
) -> Result<Daily, OracleError> {
    let rules = &setup.rules;
    let batches = collect(store, index, day, reporters);
    let live = batches.iter().flatten().count();
    let registered = stakes.registered(reporters, day);
    let quorum = Reporters::quorum_of(registered, rules.min_reporters);
    if live < quorum {
        return Err(OracleError::QuorumMissing);
    }
    if live < reporters.count() && env.now < day.start().later(setup.gathers_until()) {
        return Err(OracleError::WindowOpen);
    }
    let current = setup.basket.current;
    let asks = &state.asks.within(&current);
    let value = index::value(&batches, &current, rules, quorum, asks, &state.volumes, None)?;
    let (scores, link) = (current, state.link);
    let price = linked(value.price, link)?;
    Ok(Daily { batches, scores, value, registered, quorum, link, price })
}

/// A link times an old price over a new one, to the nearest, halves up.
fn ratio(link: u64, old: u64, new: u64) -> Option<u64> {
    let scaled = u128::from(link).saturating_mul(old.into()).saturating_add(u128::from(new / 2));
    scaled.checked_div(new.into()).and_then(|link| u64::try_from(link).ok()).filter(|link| *link > 0)
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
    day: Day,
    setup: &Setup,
    Roll { reporters, stakes }: &mut Roll,
    today: &Daily,
    price: u32,
) {
    let agreeing = today.agreeing(&setup.rules, price);
    keep_records(reporters, &today.batches, agreeing, |place| stakes.owes(place, day));
    if setup.reporting.moves_stakes() {
        let majority = (today.registered / 2).saturating_add(1);
        let judged = Judged { day, batches: &today.batches, agreeing, majority };
        pay_day(store, index, &setup.reporting, reporters, stakes, &judged);
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

/// A price times the link factor, to the nearest atom, halves up.
fn linked(price: u64, link: u64) -> Result<u32, OracleError> {
    let scaled = u128::from(price).saturating_mul(link.into()).saturating_add(u128::from(LINK_ONE / 2));
    let price = scaled.checked_div(LINK_ONE.into()).and_then(|price| u32::try_from(price).ok());
    price.filter(|price| *price > 0).ok_or(OracleError::PriceOutOfRange)
}

/// Writes a print and makes it the last one of the state.
#[inline(never)] // called twice, and the event is inlined
fn print<S: Store>(
    store: &mut S,
    env: &Env,
    index: IndexId,
    prints: &mut prints::Held,
    state: &mut IndexState,
    day: Day,
    price: u32,
) {
    prints.write(store, index, day, price);
    state.record(Print { day, price, published_at: env.now });
    store.emit(Event::Printed { index, day, price, sequence: state.sequence });
}

/// Adds a published day to the record of every reporter.
fn keep_records(
    reporters: &mut Reporters,
    batches: &Batches,
    agreeing: [bool; MAX_REPORTERS],
    owes: impl Fn(u8) -> bool,
) {
    for ((place, batch), agrees) in (0..).zip(batches).zip(agreeing) {
        let Some(record) = reporters.record_mut(place) else { continue };
        if batch.is_some() {
            record.submissions = record.submissions.saturating_add(1);
        } else if owes(place) {
            record.misses = record.misses.saturating_add(1);
        }
        record.deviations = record.deviations.saturating_add((batch.is_some() && !agrees).into());
    }
}

/// A bit for each place.
fn mask(places: [bool; MAX_REPORTERS]) -> u16 {
    places.iter().rev().fold(0, |mask, set| mask << 1 | u16::from(*set))
}
