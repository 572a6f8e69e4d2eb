//! Debts that nobody can pay: the end of the default waterfall.

use std::collections::BTreeMap;

use sit_engine::clearing::{self, Account, Instrument, MAX_SEATS, Store};
use sit_engine::units::{NetLots, Points, Seat};
use sit_native::{Message, Native, Overlay, circles, message};

use super::{Due, Duty};
use crate::snapshot::Snapshot;

/// Covers, offsets, bridges, write-offs and allocations.
pub(super) fn all(snapshot: &mut Snapshot, due: &mut Vec<Due>) {
    // Accounts without lots that owe somewhere.
    let mut owing: Vec<(Seat, Vec<(Instrument, Points)>)> = Vec::new();
    for (seat, account) in snapshot.house.accounts() {
        let no_lots = account.positions().iter().all(|held| held.net == NetLots::ZERO);
        if no_lots && account.positions().iter().any(|held| held.basis > Points::ZERO) {
            owing.push((seat, account.positions().iter().map(|held| (held.instrument, held.basis)).collect()));
        }
    }
    owing.sort_unstable_by_key(|(seat, _)| seat.0);
    let before = due.len();
    let now = snapshot.now;
    offsets(snapshot, due);
    let offset = due.len() > before;
    // Each is judged after those that are sent before it: what the fund pays for one default it does not pay for the
    // next, and one message ends a default in all months in which the account owes.
    let mut after = if owing.is_empty() { Native::new() } else { snapshot.house.clone() };
    for (seat, held) in &owing {
        let seat = *seat;
        for (instrument, _) in held.iter().filter(|(_, basis)| *basis > Points::ZERO) {
            let instrument = *instrument;
            let subject = format!("{} {}", seat.0, instrument.0);
            if after.transact(|house| clearing::cover(house, now, seat, instrument)).is_ok() {
                due.push(Due::new(Duty::Cover, subject, Message::Cover { seat, instrument }));
                break;
            }
            if after.transact(|house| clearing::write_off(house, now, seat, instrument)).is_ok() {
                due.push(Due::new(Duty::WriteOff, subject, Message::WriteOff { seat, instrument }));
                break;
            }
            // Only where accounts do not settle it between them the fund buys a claim.
            let mut claims = held.iter().filter(|(_, basis)| !offset && *basis < Points::ZERO).map(|(claim, _)| *claim);
            let bridged = claims
                .find(|claim| after.transact(|house| clearing::bridge(house, now, seat, instrument, *claim)).is_ok());
            if let Some(claim) = bridged {
                due.push(Due::new(Duty::Bridge, subject, Message::Bridge { seat, debt: instrument, claim }));
            }
        }
    }
    allocations(snapshot, due);
}

/// Accounts that owe each other in a circle: what is left of it is looked at in the next pass.
///
/// Of a circle that the engine refuses, because what somebody can give up is no whole number of points everywhere, the
/// account that can give up least is left out, and the others are looked at again: so nobody comes between accounts
/// that owe each other with a debt of a point.
fn offsets(snapshot: &mut Snapshot, due: &mut Vec<Due>) {
    let now = snapshot.now;
    let tangled = |account: &&Account| {
        let mut bases = account.positions().iter().map(|held| held.basis);
        bases.clone().any(|basis| basis > Points::ZERO) && bases.any(|basis| basis < Points::ZERO)
    };
    let accounts = snapshot.house.accounts().filter(|(_, account)| tangled(account));
    let mut left: BTreeMap<Seat, Account> = accounts.map(|(seat, account)| (seat, *account)).collect();
    let mut again = true;
    while again {
        again = false;
        for links in circles(left.iter().map(|(seat, account)| (*seat, account))) {
            let mut trial = Overlay::new(&mut snapshot.house);
            if clearing::offset(&mut trial, now, links.iter().copied()).is_err() {
                again |= least(snapshot, &left, &links).and_then(|seat| left.remove(&seat)).is_some();
                continue;
            }
            for (seat, _) in &links {
                left.remove(seat);
            }
            let subject =
                links.iter().map(|(seat, month)| format!("{} {}", seat.0, month.0)).collect::<Vec<_>>().join(" ");
            due.push(Due::new(Duty::Offset, subject, Message::Offset { circle: message::circle(links) }));
        }
    }
}

/// The account of a circle that can give up least.
fn least(snapshot: &mut Snapshot, accounts: &BTreeMap<Seat, Account>, links: &[(Seat, Instrument)]) -> Option<Seat> {
    let mut worth = |seat: Seat, month: Instrument| {
        let points = accounts.get(&seat).and_then(|account| account.position(month)).map(|held| held.basis.0.abs());
        let value = snapshot.house.market(month).map(|market| market.tick_value.0);
        i128::from(points.unwrap_or(0)) * i128::from(value.unwrap_or(0))
    };
    let claims = links.iter().cycle().skip(1).map(|(_, claim)| *claim);
    let held = links.iter().zip(claims);
    held.min_by_key(|((seat, debt), claim)| worth(*seat, *debt).min(worth(*seat, *claim))).map(|((seat, _), _)| *seat)
}

/// Instruments with a loss to be borne: the holders who are not counted yet.
fn allocations(snapshot: &mut Snapshot, due: &mut Vec<Due>) {
    for instrument in super::months(snapshot) {
        let Some(market) = snapshot.house.market(instrument) else { continue };
        if market.deficit <= Points::ZERO && !market.allocation.is_counting() {
            continue;
        }
        let counting = market.allocation.is_counting();
        let holds = |account: &Account| {
            let held = account.position(instrument).filter(|held| held.is_exposed());
            held.is_some_and(|held| !counting || held.allocation != market.allocation.number)
        };
        let mut seats: Vec<Seat> =
            snapshot.house.accounts().filter(|(_, account)| holds(account)).map(|(seat, _)| seat).collect();
        seats.sort_unstable_by_key(|seat| seat.0);
        // The first message begins; the others are found due when it has.
        let groups = seats.chunks(MAX_SEATS).take(if counting { usize::MAX } else { 1 });
        for group in groups {
            let mut trial = Overlay::new(&mut snapshot.house);
            if clearing::allocate(&mut trial, instrument, group.iter().copied()).is_ok() {
                let first = group.first().map_or(0, |seat| seat.0);
                let seats = message::seats(group.iter().copied());
                let subject = format!("{} {first}", instrument.0);
                due.push(Due::new(Duty::Allocate, subject, Message::Allocate { instrument, seats }));
            }
        }
        if seats.is_empty()
            && clearing::allocate(&mut Overlay::new(&mut snapshot.house), instrument, [].into_iter()).is_ok()
        {
            let message = Message::Allocate { instrument, seats: Vec::new() };
            due.push(Due::new(Duty::Allocate, instrument.0, message));
        }
    }
}
