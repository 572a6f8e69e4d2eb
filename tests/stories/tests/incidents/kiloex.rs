//! KiloEx, April 2025: a forwarder that anyone could call led to the privileged path of the price feed; ether went from
//! 100 to 10,000 USD and back within one transaction, and 7 million dollars went with it.
//!
//! Here a price comes from reporters who send it themselves; there is no forwarder and no message with a price for
//! anyone else (O3). Even a quorum taken over for one update cannot make a price of ten times the last: it waits, and
//! while it waits nothing can be opened or withdrawn on it (O4, O6).

use crate::{START, USUAL, World};
use sit_engine::oracle::validity::Validity;

#[test]
fn nobody_but_a_reporter_sends_a_price_and_nobody_sends_it_twice() {
    let mut world = World::live();
    let today = START + 2;
    world.at(today, 15 * 3_600);
    let (anyone, submission) = (world.anyone(), world.submission(today, USUAL * 100));
    assert_eq!(world.call(&anyone, &submission).err().unwrap(), "UnknownReporter");
    world.submit(0, today, USUAL).unwrap();
    assert_eq!(world.submit(0, today, USUAL * 100), Err("AlreadySubmitted".to_owned()));
    assert_eq!(world.submit(1, today - 1, USUAL * 100), Err("TooLate".to_owned()));
    world.at(today + 1, 15 * 3_600);
    assert_eq!(world.submit(1, today, USUAL * 100), Err("TooLate".to_owned()));
    assert_eq!(world.submit(1, today + 2, USUAL), Err("TooEarly".to_owned()));
}

#[test]
fn a_quorum_taken_over_for_one_update_makes_no_price_to_trade_on() {
    let mut world = World::live();
    let today = START + 2;
    assert_eq!(world.day(today, USUAL * 10), Ok(Validity::NeedsConfirmation), "ten times the last print waits");
    assert_eq!((world.print_of(today), world.validity()), (None, Validity::NeedsConfirmation));
    assert_eq!(world.publish(today), Err("AwaitingConfirmation".to_owned()), "not in the same block either");
    // The reporters are honest again the next day, and the jump is dropped.
    assert_eq!(world.day(today + 1, USUAL), Ok(Validity::Valid));
    assert_eq!((world.print_of(today), world.print_of(today + 1)), (None, Some(USUAL)));
    // A hundred times the price does not even wait for confirmation.
    assert_eq!(world.day(today + 2, USUAL * 100), Ok(Validity::Invalid));
    assert_eq!(world.publish(today + 2), Err("ImplausibleMove".to_owned()));
    assert_eq!(world.validity(), Validity::Invalid);
}

#[test]
fn a_real_cut_of_60_percent_passes_within_the_confirmation_time() {
    let mut world = World::live();
    let today = START + 2;
    assert_eq!(world.day(today, USUAL * 2 / 5), Ok(Validity::NeedsConfirmation));
    world.at(today, 15 * 3_600 + 4 * 3_600 - 60);
    assert_eq!(world.publish(today), Err("AwaitingConfirmation".to_owned()));
    world.at(today, 15 * 3_600 + 4 * 3_600 + 60);
    assert_eq!((world.publish(today), world.print_of(today)), (Ok(Validity::Valid), Some(USUAL * 2 / 5)));
}
