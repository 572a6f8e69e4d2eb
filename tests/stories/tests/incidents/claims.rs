//! A settled contract: claims pay the same in any order, and nothing else is done in it any more (E5, E6).

use crate::venue::{MARK, Venue};
use crate::{START, USUAL, finalise_price, propose_final};
use sit_engine::clearing::Roll;
use sit_engine::units::{Lots, Seat, Ticks};
use sit_native::Message;

/// The last trading day of the front month.
const EXPIRY: u32 = START + 23;

/// Three accounts hold the month at its end; a fourth owes more variation than it has paid. Claims in two rounds, in
/// this order; what each has in the end.
fn claimed_in(order: [u32; 4]) -> [u64; 4] {
    let mut venue = Venue::open();
    let (near, far) = (venue.near, venue.far);
    venue.trade(0, 1, near, MARK, 100);
    venue.trade(0, 2, near, MARK + 20, 40);
    venue.trade(3, 2, near, MARK - 20, 7);
    for day in START + 2..=EXPIRY {
        let price = if day < EXPIRY - 4 { USUAL } else { USUAL * 11 / 10 };
        venue.day(day, price);
    }
    venue.at(EXPIRY + 1, 3_600);
    let anyone = venue.world.anyone();
    venue.world.call(&anyone, &propose_final(EXPIRY)).unwrap();
    venue.at(EXPIRY + 2, 2 * 3_600);
    venue.world.call(&anyone, &finalise_price(EXPIRY)).unwrap();
    let settled: u32 = venue.anyone(&Message::Finalise { instrument: near }).unwrap().answer().unwrap();
    assert_eq!(u64::from(settled), MARK * 11 / 10);
    // Nothing but claims.
    assert_eq!(venue.order(1, near, false, MARK, 1), Err("TradingEnded".to_owned()));
    let roll = Roll {
        seat: Seat(1),
        near,
        far,
        lots: Lots(1),
        near_limit: Ticks(1),
        far_limit: Ticks(16_000_000),
        spread: 1_000_000,
    };
    assert!(venue.send(1, &Message::Roll { roll }).is_err());
    assert_eq!(venue.anyone(&Message::Finalise { instrument: near }).err().unwrap(), "AlreadySettled");
    assert_eq!(venue.anyone(&Message::Sunset { instrument: near }).err().unwrap(), "AlreadySettled");
    for _ in 0..2 {
        venue.settle(near, order).unwrap();
        venue.wait_for_the_opening();
    }
    assert_eq!([0, 1, 2, 3].map(|seat| venue.net(seat, near)), [0; 4]);
    let cash = [0, 1, 2, 3].map(|seat| venue.cash(seat));
    venue.settle(near, order).unwrap();
    assert_eq!([0, 1, 2, 3].map(|seat| venue.cash(seat)), cash, "nobody is paid twice");
    assert_eq!(venue.exchange().market(near.0).unwrap().open_interest.0, 0);
    cash
}

#[test]
fn claims_come_to_the_same_in_any_order() {
    let expected = claimed_in([0, 1, 2, 3]);
    for order in [[3, 2, 1, 0], [2, 0, 3, 1]] {
        assert_eq!(claimed_in(order), expected, "{order:?}");
    }
}
