//! Accounts: variation and claims that can be paid, margin that is missing.

use sit_engine::chain::Env;
use sit_engine::clearing::{self, Auction, Instrument, MAX_SEATS, Market, Status, Store};
use sit_engine::units::Seat;
use sit_native::{Message, Overlay, message};

use super::{Due, Duty};
use crate::snapshot::Snapshot;

/// What an account would be paid in an instrument (negative: what it would pay), in quote atoms, if it were settled
/// now; `None` when nothing is to be done.
///
/// An account that traded in the running round is settled in the next one, by whoever trades with it or by the keeper;
/// what it has lost on closed lots it pays with its own next message.
pub(super) fn settles(snapshot: &mut Snapshot, instrument: Instrument, seat: Seat) -> Option<i128> {
    let before = snapshot.house.account(seat)?;
    let held = *before.position(instrument)?;
    let curve = snapshot.house.curve(instrument.product())?;
    let settled = curve.month(instrument).is_none_or(|month| month.status == Status::Settled);
    let now = snapshot.now;
    let mut trial = Overlay::new(&mut snapshot.house);
    clearing::settle(&mut trial, now, instrument, std::iter::once(seat)).ok()?;
    let after = trial.account(seat)?;
    if after == before {
        return None;
    }
    let paid = i128::from(after.cash) - i128::from(before.cash);
    let new = after.position(instrument).copied().unwrap_or_default();
    let due = settled || paid > 0 || held.round != curve.round.to_le_bytes()[0] || new.allocation != held.allocation;
    due.then_some(paid)
}

/// Settlements, losers before winners, as many accounts in a message as there may be.
pub(super) fn settlements(snapshot: &mut Snapshot, due: &mut Vec<Due>) {
    let mut holders: Vec<(Instrument, Seat)> = snapshot
        .house
        .accounts()
        .flat_map(|(seat, account)| account.positions().iter().map(move |held| (held.instrument, seat)))
        .collect();
    holders.sort_unstable_by_key(|(instrument, seat)| (instrument.0, seat.0));
    for group in holders.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((instrument, _)) = group.first().copied() else { continue };
        let mut paid: Vec<(i128, Seat)> =
            group.iter().filter_map(|(_, seat)| Some((settles(snapshot, instrument, *seat)?, *seat))).collect();
        // A winner is paid from what losers have paid; who has no debt and finds an empty pool is told nothing above,
        // so those who have nothing to pay now are found in the next block.
        paid.sort_unstable_by_key(|(paid, seat)| (*paid, seat.0));
        for seats in paid.chunks(MAX_SEATS) {
            let first = seats.first().map_or(0, |(_, seat)| seat.0);
            let seats = message::seats(seats.iter().map(|(_, seat)| *seat));
            let subject = format!("{} {first}", instrument.0);
            due.push(Due::new(Duty::Settle, subject, Message::Settle { instrument, seats }));
        }
    }
}

/// Margin calls, liquidations to be started, deficits to be reported.
pub(super) fn margin(snapshot: &mut Snapshot, due: &mut Vec<Due>) {
    let now = snapshot.now;
    let env = Env { caller: [0; 20], now };
    let seats: Vec<Seat> = snapshot.house.accounts().map(|(seat, _)| seat).collect();
    for seat in seats {
        let mut trial = Overlay::new(&mut snapshot.house);
        if clearing::start_liquidation(&mut trial, env, seat).is_ok() {
            due.push(Due::new(Duty::StartLiquidation, seat.0, Message::StartLiquidation { seat }));
            continue;
        }
        // The months whose winners wait for the account may be others than those in which it owes, too; and some wait
        // for an account that is not being liquidated, because it can pay only with a claim that may be cut.
        let running = snapshot.house.auction(seat);
        let before = snapshot.house.account(seat);
        let months: Vec<Instrument> =
            before.iter().flat_map(|account| account.positions()).map(|held| held.instrument).collect();
        let known: Vec<Option<Market>> = months.iter().map(|month| snapshot.house.market(*month)).collect();
        let mut trial = Overlay::new(&mut snapshot.house);
        let reported = clearing::report_deficit(&mut trial, now, seat).is_ok();
        let changed = trial.auction(seat) != running || trial.account(seat) != before;
        if reported && (changed || months.iter().map(|month| trial.market(*month)).ne(known)) {
            due.push(Due::new(Duty::ReportDeficit, seat.0, Message::ReportDeficit { seat }));
        }
        if running != Auction::default() {
            continue;
        }
        let mut trial = Overlay::new(&mut snapshot.house);
        if clearing::margin_call(&mut trial, seat).is_ok() {
            due.push(Due::new(Duty::MarginCall, seat.0, Message::MarginCall { seat }));
        }
    }
}
