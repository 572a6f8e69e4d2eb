//! An index in doubt, and an index that falls silent: no new risk on it, no flight from it, and a way out that nobody
//! can close (O4, O5, E5, E6, E7, G4, G5).

use crate::venue::{CASH, MARK, Venue};
use crate::{DAY, PRODUCT, START, USUAL};
use sit_client::Failure;
use sit_devnet::Weight;
use sit_engine::clearing::{Guard, Instrument};
use sit_engine::oracle::validity::Validity;
use sit_native::Message;

/// Days of silence after which anyone settles a month at its last mark.
const SILENCE: u32 = 14;

#[test]
fn while_a_jump_waits_for_confirmation_nobody_enters_flees_or_trades_on_it() {
    let mut venue = Venue::open();
    let near = venue.near;
    venue.trade(0, 1, near, MARK, 100);
    let today = START + 2;
    assert_eq!(venue.world.day(today, USUAL * 2 / 5), Ok(Validity::NeedsConfirmation), "a cut of 60 % waits");
    let word: Validity = venue.anyone(&Message::NoteIndex { product: PRODUCT }).unwrap().answer().unwrap();
    assert_eq!(word, Validity::NeedsConfirmation);
    assert_eq!(venue.order(2, near, true, MARK, 1), Err("ReduceOnly".to_owned()));
    assert_eq!(venue.withdraw(0, 1_000_000), Err("IndexUnavailable".to_owned()), "it has a position");
    venue.withdraw(2, 1_000_000).unwrap();
    venue.deposit(1, 1_000_000).unwrap();
    venue.wait_for_the_opening();
    assert_eq!(venue.order(0, near, true, MARK, 30), Err("Opening".to_owned()), "everybody knows the next mark");
    assert_eq!(venue.order(0, near, true, MARK - 1, 30), Err("OutsidePriceLimits".to_owned()), "there is one price");
    assert_eq!(
        venue.anyone(&Message::SettleDay { product: PRODUCT }).err().unwrap(),
        "AlreadySettled",
        "there is no new print"
    );

    // Confirmed after four hours: the print settles the product and ends the doubt.
    venue.at(today, 20 * 3_600);
    assert_eq!(venue.world.publish(today), Ok(Validity::Valid));
    venue.anyone(&Message::SettleDay { product: PRODUCT }).unwrap();
    let word: Validity = venue.anyone(&Message::NoteIndex { product: PRODUCT }).unwrap().answer().unwrap();
    assert_eq!(word, Validity::Valid);
    venue.wait_for_the_opening();
    let mark = venue.exchange().mark(near.0).unwrap().0;
    assert_eq!(venue.order(0, near, true, mark.into(), 30), Ok(0));
    assert_eq!(venue.order(1, near, false, mark.into(), 30), Ok(30));
    assert_eq!(venue.order(2, near, true, mark.into(), 1), Ok(0));
    venue.withdraw(0, 1_000_000).unwrap();
}

#[test]
fn a_month_whose_index_has_died_is_settled_by_anyone_at_the_last_mark_and_everybody_goes_home() {
    let mut venue = Venue::open();
    let (near, far) = (venue.near, venue.far);
    venue.trade(0, 1, near, MARK, 100);
    venue.trade(2, 3, far, MARK, 50);
    venue.day(START + 2, USUAL * 102 / 100);
    let marks = [near, far].map(|month| venue.exchange().mark(month.0).unwrap().0);
    // No print any more. The last one is of Wednesday; its day ends at midnight.
    let end = START + 2 + 1 + SILENCE;
    venue.at(end, 0);
    let early = venue.now() - 60;
    assert!(early < u64::from(end) * DAY);
    assert_eq!(venue.order(2, near, true, marks[0].into(), 1), Err("ReduceOnly".to_owned()));
    let settled: u32 = venue.anyone(&Message::Sunset { instrument: near }).unwrap().answer().unwrap();
    assert_eq!(settled, marks[0], "nobody names a price");
    assert_eq!(venue.anyone(&Message::Sunset { instrument: near }).err().unwrap(), "AlreadySettled");
    assert_eq!(venue.order(0, near, true, MARK, 1), Err("TradingEnded".to_owned()), "a settled month does not trade");
    assert_eq!(venue.anyone(&Message::Sunset { instrument: far }).err().unwrap(), "AlreadySettled", "all end together");
    let far_price = venue.exchange().market(far.0).unwrap().final_price.map(|price| price.0);
    assert_eq!(far_price, Some(marks[1]));

    // Claims: in any order, by anyone, and a year later.
    venue.settle(near, [1, 0, 3, 2]).unwrap();
    venue.wait_for_the_opening();
    venue.settle(near, [1, 0, 3, 2]).unwrap();
    let tick_value = 100_000;
    let won = |mark: u32, lots: u64| (u64::from(mark) - MARK) * tick_value * lots;
    let fees = [0, 1].map(|seat| i128::from(CASH) - i128::from(venue.cash(seat)));
    assert_eq!(fees[0] + fees[1], i128::from(fees_of(&mut venue, near)), "what one lost the other won, but for fees");
    assert!(won(marks[0], 100) > 0 && fees[1] < 0);
    venue.at(end + 365, 0);
    venue.settle(far, [2, 3, 0, 1]).unwrap();
    venue.anyone(&Message::SweepFees { instrument: near }).unwrap();
    venue.anyone(&Message::SweepFees { instrument: far }).unwrap();
    for seat in 0..4 {
        assert_eq!([near, far].map(|month| venue.net(seat, month)), [0, 0]);
    }
    let paid = venue.everyone_goes_home();
    let left = venue.exchange().audit().unwrap();
    assert_eq!(u128::from(paid) + left.balance, u128::from(4 * CASH), "to the last atom");
}

#[test]
fn a_sunset_comes_no_second_too_early() {
    let mut venue = Venue::open();
    let near = venue.near;
    venue.trade(0, 1, near, MARK, 10);
    // The print of Tuesday is the last; its day ends on Wednesday at 00:00.
    let end = u64::from(START + 2 + SILENCE) * DAY;
    venue.exchange().chain.advance_to(end - 60).unwrap();
    assert_eq!(venue.anyone(&Message::Sunset { instrument: near }).err().unwrap(), "TooEarly");
    venue.exchange().chain.advance_to(end).unwrap();
    venue.anyone(&Message::Sunset { instrument: near }).unwrap();
}

#[test]
fn a_pause_that_outlasts_its_limit_ends_in_a_sunset_by_anyone() {
    let mut venue = Venue::open();
    let far = venue.far;
    venue.trade(0, 1, far, MARK, 10);
    venue.seal();
    venue.tighten(&Message::Pause { product: PRODUCT, scopes: Guard::TRADING }).unwrap();
    // The index lives and the marks move: only trading is paused, for as long as it takes.
    for day in START + 2..START + 2 + SILENCE {
        venue.day(day, USUAL);
    }
    let refused = |venue: &mut Venue| venue.anyone(&Message::Sunset { instrument: far }).err().unwrap();
    assert_eq!(refused(&mut venue), "TooEarly");
    // From now on prints are kept back.
    venue.tighten(&Message::Pause { product: PRODUCT, scopes: Guard::SETTLEMENT }).unwrap();
    let paused = venue.now();
    assert_eq!(refused(&mut venue), "TooEarly", "settlements have just come to be paused");
    venue.exchange().chain.advance_to(paused + u64::from(SILENCE) * DAY - 60).unwrap();
    assert_eq!(refused(&mut venue), "TooEarly");
    // Another pause does not set the clock back.
    venue.tighten(&Message::Pause { product: PRODUCT, scopes: Guard::ALL }).unwrap();
    venue.exchange().chain.advance_to(paused + u64::from(SILENCE) * DAY + 60).unwrap();
    assert_eq!(refused(&mut venue), "TooEarly", "there is no print of the day");
    let next = u32::try_from(venue.now() / DAY).unwrap() + 1;
    assert_eq!(venue.world.day_at(next, 12 * 3_600 + 600, USUAL), Ok(Validity::Valid));
    let mark = venue.exchange().mark(far.0).unwrap().0;
    let settled: u32 = venue.anyone(&Message::Sunset { instrument: far }).unwrap().answer().unwrap();
    assert_eq!(settled, mark);
    venue.wait_for_the_opening();
    venue.settle(far, [0, 1, 2, 3]).unwrap();
    venue.everyone_goes_home();
}

/// A print that a pause of settlements has kept back is settled before a sunset ends a month, and whoever sends that
/// chooses no mark by what its calls may use: an oracle that has run out of gas has not said that it has no print.
#[test]
fn a_sunset_settles_what_a_pause_kept_back_whatever_its_sender_allows() {
    let mut venue = Venue::open();
    let near = venue.near;
    venue.trade(0, 1, near, MARK, 10);
    venue.seal();
    venue.day(START + 2, USUAL);
    venue.tighten(&Message::Pause { product: PRODUCT, scopes: Guard::SETTLEMENT }).unwrap();
    let before = venue.exchange().mark(near.0).unwrap();
    for day in START + 3..=START + 2 + SILENCE {
        assert_eq!(venue.world.day(day, USUAL * 103 / 100), Ok(Validity::Valid));
    }
    let last = venue.world.day_at(START + 3 + SILENCE, 12 * 3_600 + 600, USUAL * 103 / 100);
    assert_eq!(last, Ok(Validity::Valid));

    let sunset = Message::Sunset { instrument: near };
    let (mut tries, mut unanswered) = (0_u64, 0);
    let settled: u32 = loop {
        tries += 1;
        let most = Weight { ref_time: tries * 1_000_000_000, proof_size: 5_000_000 };
        let anyone = venue.world.anyone();
        let exchange = venue.exchange();
        exchange.chain.allow(Some(most));
        let said = exchange.client().send(&anyone, &sunset);
        exchange.chain.allow(None);
        match said {
            Ok(done) => break done.answer().unwrap(),
            Err(Failure::Refused { why, .. }) => {
                assert_eq!(why.name(), "CallFailed", "with {tries} ms");
                unanswered += 1;
            }
            Err(other) => assert!(other.to_string().contains("does not fit"), "with {tries} ms: {other}"),
        }
        assert_eq!(exchange.mark(near.0).unwrap(), before, "nothing has changed");
        assert!(exchange.market(near.0).unwrap().final_price.is_none());
        assert!(tries < 500, "it fits into a transaction");
    };
    assert!(unanswered > 0, "in {tries} tries the oracle never ran out of gas");
    let mark = venue.exchange().mark(near.0).unwrap();
    assert_eq!(settled, mark.0);
    assert!(mark.0 * 100 > before.0 * 102, "{mark:?} after {before:?}: by the prints that were kept back");
}

/// Fees of a month that are not swept yet, in quote atoms.
fn fees_of(venue: &mut Venue, month: Instrument) -> u64 {
    venue.exchange().market(month.0).unwrap().fees
}
