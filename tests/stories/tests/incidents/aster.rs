//! Aster XPL, September 2025: the index was hard-coded at 1 USD, the cap on the mark was taken away before the real
//! feed was in place, and the mark went to 4 USD: 16 million dollars of refunds.
//!
//! Here new rules of pricing put a live index on probation, its first print waits for a second one, and while it waits
//! no new risk is taken (O7, P4). The scale of a live index cannot change at all.

use crate::{START, TPI, USUAL, World, set_provider};
use sit_engine::oracle::Rules;
use sit_engine::oracle::validity::Validity;
use sit_native::Message;

#[test]
fn a_changed_cap_needs_two_prints_that_agree_before_risk_is_taken_again() {
    let mut world = World::live();
    assert_eq!(world.validity(), Validity::Valid);
    let uncapped = Rules { cap_bps: 10_000, reject_above: 1_000_000, ..Rules::TPI };
    world.govern(&Message::SetIndex { index: TPI, rules: uncapped });
    assert_eq!(world.validity(), Validity::NeedsConfirmation, "the next print has to be confirmed whatever it is");
    assert_eq!(world.day(START + 2, 4 * USUAL), Ok(Validity::NeedsConfirmation));
    assert_eq!((world.validity(), world.print_of(START + 2)), (Validity::NeedsConfirmation, None));
    assert_eq!(world.day(START + 3, USUAL), Ok(Validity::NeedsConfirmation), "another price confirms nothing");
    assert_eq!(world.day(START + 4, USUAL), Ok(Validity::Valid));
    assert_eq!(
        (world.validity(), world.print_of(START + 2), world.print_of(START + 3)),
        (Validity::Valid, None, Some(USUAL))
    );
}

#[test]
fn the_scale_of_a_live_index_is_fixed() {
    let mut world = World::live();
    let rules = Rules { reference_score: 250, ..Rules::TPI };
    let other = world.exchange.queue(&Message::SetIndex { index: TPI, rules }).unwrap();
    let anyone = world.anyone();
    assert_eq!(world.call(&anyone, &other.execution()).err().unwrap(), "ActionFailed");
    // Quality changes through the basket: linked, so that the change itself moves nothing.
    world.govern(&set_provider(0, 1_100));
    assert_eq!(world.day(START + 2, USUAL), Ok(Validity::Valid));
    assert_eq!(world.print_of(START + 2), Some(USUAL));
}
