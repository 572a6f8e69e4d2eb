//! What a change of an account's resting orders does to its score, if it is a designated maker's
//! ([`crate::clearing::Score`]).

use crate::chain::Env;
use crate::clearing::cells::{Account, Cut, Cuts, Instrument, Moment, Order, Sheet};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::{Store, month_of};
use crate::units::{Lots, Seat, Seconds};

/// A change of a maker's resting orders.
pub enum Change<'a> {
    /// An order rests, with so many lots.
    Add(&'a Order, Lots),
    /// An order, or part of it, is gone.
    Remove(&'a Order, Lots),
    /// An order, or part of it, has traded.
    Fill(&'a Order, Lots),
    /// All orders in the instrument are gone.
    Clear,
}

/// Notes a change of the account's resting orders, if it is a designated maker: a removal or a fill among the
/// instrument's cuts while there is room. Else reads and writes one cell.
pub fn note<S: Store>(
    store: &mut S,
    seat: Seat,
    account: &Account,
    moment: &Moment<'_>,
    cuts: &mut Cuts,
    change: &Change<'_>,
) {
    if !account.maker {
        return;
    }
    let weight = |order: &Order| if is_firm(order) { moment.weight(order.price) } else { 0 };
    let cut = |order: &Order, lots: Lots, traded| {
        let weighted = weight(order).saturating_mul(lots.0.into());
        Cut { seat, at: moment.now, side: order.side, traded, lots, weighted }
    };
    let cut = match *change {
        Change::Remove(order, lots) => Some(cut(order, lots, false)),
        Change::Fill(order, lots) => Some(cut(order, lots, true)),
        Change::Add(..) | Change::Clear => None,
    };
    if cut.as_ref().is_some_and(|cut| cuts.note(cut)) {
        return;
    }
    let instrument: Instrument = moment.month.instrument;
    let number = Sheet::number(instrument);
    let mut sheet = store.sheet(seat, number);
    let mut score = sheet.score(instrument);
    score.catch_up(cuts.of(seat), moment);
    cuts.drop_of(seat);
    score.accrue(moment);
    score.cap = moment.cap();
    match *change {
        Change::Add(order, lots) => score.add(order.side, lots, weight(order)),
        Change::Clear => score.clear(),
        Change::Remove(..) | Change::Fill(..) => cut.iter().for_each(|cut| score.cut(cut)),
    }
    sheet.set_score(instrument, &score);
    store.set_sheet(seat, number, &sheet);
}

/// Whether an order can trade for as long as it stands in the book.
fn is_firm(order: &Order) -> bool {
    order.expiry == Seconds::ZERO && !order.reduce_only
}

/// Voids all orders of an account in all instruments.
pub(crate) fn void_all_orders<S: Store>(store: &mut S, env: Env, seat: Seat, account: &mut Account) -> Result<()> {
    let next = account.next_order;
    let snapshot = *account;
    for position in snapshot.positions().iter().filter(|position| position.has_orders()) {
        if account.maker {
            let (curve, month) = month_of(store, position.instrument)?;
            let before = store.market(position.instrument).ok_or(ClearingError::UnknownInstrument)?;
            let mut market = before;
            let moment = Moment {
                now: env.now,
                month: &month,
                terms: &before.terms,
                holidays: &curve.holidays,
                ended: curve.ended(),
            };
            note(store, seat, account, &moment, &mut market.cuts, &Change::Clear);
            if market.cuts != before.cuts {
                store.set_market(position.instrument, &market);
            }
        }
        if let Some(position) = account.position_mut(position.instrument) {
            position.void_orders(next);
        }
        store.emit(Event::RemovedAll { seat, instrument: position.instrument });
    }
    account.tidy();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_may_stand_without_trading_is_not_firm() {
        assert!(is_firm(&Order::default()));
        assert!(!is_firm(&Order { expiry: Seconds(1), ..Order::default() }));
        assert!(!is_firm(&Order { reduce_only: true, ..Order::default() }));
    }
}
