//! A proposed final price is disputed and resolved when genesis is over: the guardian freezes it at once, the governor
//! and the council take a print out of it after their delay, and nobody names a price (E3, E4, E8, G2, G4).

use crate::venue::{MARK, Venue};
use crate::{DAY, PRODUCT, START, USUAL, dispute, finalise_price, propose_final, resolve, set_provider};
use sit_client::{MarginProposal, Proposal, codec};
use sit_engine::certificate::{Certificate, SCENARIOS, SLOTS};
use sit_engine::oracle::Rules;
use sit_engine::oracle::validity::Validity;
use sit_engine::units::Seconds;
use sit_native::event::governance::{MarginSetProposed, Proposed};
use sit_native::{Contract, Message};

/// The front month of the venue ends on the third Wednesday of December, 23 days after the start.
const EXPIRY: u32 = START + 23;

/// A venue past the last trading day of its front month: two accounts hold it, the last print of its window is wrong,
/// and the final price is proposed.
fn proposed() -> Venue {
    let mut venue = Venue::open();
    let near = venue.near;
    assert_eq!(venue.last_day(near), EXPIRY);
    venue.trade(0, 1, near, MARK, 100);
    venue.seal();
    for day in START + 2..EXPIRY {
        venue.day(day, USUAL);
    }
    // Within what needs no confirmation: a price a fifth too high on the last day, by a bribed quorum.
    assert_eq!(venue.world.day(EXPIRY, USUAL * 12 / 10), Ok(Validity::Valid));
    venue.at(EXPIRY + 1, 3_600);
    let anyone = venue.world.anyone();
    let price: u64 = venue.world.call(&anyone, &propose_final(EXPIRY)).unwrap().answer().unwrap();
    assert_eq!(price, USUAL + USUAL / 5 / 5, "one of five days moves the average by a fifth of its error (E3)");
    venue
}

fn finalise(venue: &mut Venue) -> Result<u64, String> {
    let anyone = venue.world.anyone();
    venue.world.call(&anyone, &finalise_price(EXPIRY)).map(|done| done.answer().unwrap())
}

#[test]
fn the_guardian_freezes_a_final_price_and_the_timelock_takes_a_print_out_of_it() {
    let mut venue = proposed();
    let near = venue.near;
    assert_eq!(venue.anyone(&Message::Finalise { instrument: near }).err().unwrap(), "NotFinal");
    venue.tighten(&dispute(EXPIRY)).unwrap();
    assert_eq!(venue.tighten(&dispute(EXPIRY)), Err("ActionFailed".to_owned()), "once");
    assert_eq!(venue.tighten(&resolve(EXPIRY, 1)), Err("NotTightening".to_owned()));
    // Long after the time for a dispute it is still frozen, and so are the claims.
    venue.at(EXPIRY + 2, 4 * 3_600);
    assert_eq!(finalise(&mut venue), Err("Disputed".to_owned()));
    assert_eq!(venue.anyone(&Message::Finalise { instrument: near }).err().unwrap(), "NotFinal");
    // Genesis is over: the resolution waits for its delay.
    let action = venue.exchange().queue(&resolve(EXPIRY, 1)).unwrap();
    assert_eq!(venue.execute(&action), Err("NotReady".to_owned()));
    venue.exchange().chain.advance(2 * DAY);
    venue.execute(&action).unwrap();
    assert_eq!(
        finalise(&mut venue),
        Err("DisputeRunning".to_owned()),
        "the new price is shown as long as the old one was"
    );
    assert_eq!(venue.tighten(&dispute(EXPIRY)), Err("ActionFailed".to_owned()), "not again");
    venue.exchange().chain.advance(DAY);
    assert_eq!(finalise(&mut venue), Ok(USUAL), "the average of the other four days");
    assert_eq!(finalise(&mut venue), Err("AlreadyFinal".to_owned()));
    let ticks: u32 = venue.anyone(&Message::Finalise { instrument: near }).unwrap().answer().unwrap();
    assert_eq!(u64::from(ticks), MARK);
    venue.wait_for_the_opening();
    venue.settle(near, [0, 1, 2, 3]).unwrap();
    venue.anyone(&Message::SweepFees { instrument: near }).unwrap();
    assert_eq!([0, 1].map(|seat| venue.net(seat, near)), [0, 0]);
    venue.everyone_goes_home();
}

#[test]
fn a_dispute_that_nobody_resolves_ends_in_prints_that_nobody_disputed() {
    let mut venue = proposed();
    let near = venue.near;
    venue.tighten(&dispute(EXPIRY)).unwrap();
    venue.exchange().chain.advance(u64::from(Rules::TPI.fallback_delay) - 120);
    assert_eq!(finalise(&mut venue), Err("Disputed".to_owned()));
    venue.exchange().chain.advance(240);
    let price = finalise(&mut venue).unwrap();
    assert_eq!(price, USUAL, "the three newest before the window");
    venue.anyone(&Message::Finalise { instrument: near }).unwrap();
    venue.wait_for_the_opening();
    venue.settle(near, [0, 1, 2, 3]).unwrap();
    venue.everyone_goes_home();
}

#[test]
fn genesis_ends_by_itself_after_a_week_and_what_it_had_queued_is_void() {
    let mut venue = Venue::open();
    let queued = venue.exchange().queue(&set_provider(0, 950)).unwrap();
    venue.at(START + 8, 0);
    assert_eq!(venue.execute(&queued), Err("QueuedBeforeSeal".to_owned()));
    let later = venue.exchange().queue(&set_provider(0, 950)).unwrap();
    assert_eq!(venue.execute(&later), Err("NotReady".to_owned()));
    venue.exchange().chain.advance(3 * DAY);
    venue.execute(&later).unwrap();
}

#[test]
fn everything_that_an_approver_must_see_stands_in_events() {
    let mut venue = Venue::open();
    let governor = venue.exchange().chain.account("governor");
    let mut shocks = [[0; SCENARIOS]; SLOTS];
    for slot in shocks.iter_mut().take(10) {
        slot[..2].copy_from_slice(&[3_000, -2_000]);
    }
    let bytes: Vec<u8> = shocks.iter().flatten().flat_map(|shock: &i16| shock.to_be_bytes()).collect();
    assert_eq!((bytes.len(), &bytes[..4]), (384, &[0x0B, 0xB8, 0xF8, 0x30][..]));
    let parameters = sit_sim::keccak256(&[b"sit-futures/risk-array1".as_slice(), &bytes].concat());
    let certificate = Certificate {
        dataset_root: [1; 32],
        simulator: [2; 32],
        seed: 3,
        model_hash: [4; 32],
        confidence_ppm: 990_000,
        horizon_seconds: sit_engine::calendar::DAY,
        parameter_hash: parameters,
    };
    let target = venue.exchange().address(Contract::Clearing).unwrap();
    let (not_before, not_after) = (venue.exchange().now(), Seconds(venue.exchange().now().0 + 30 * DAY as u32));
    let propose = Message::ProposeMarginSet {
        target,
        product: PRODUCT,
        maintenance_bps: sit_engine::launch::MAINTENANCE_BPS,
        liq_end_bps: sit_engine::launch::LIQUIDATION_END_BPS,
        shocks: bytes.clone(),
        certificate,
        not_before,
        not_after,
    };
    let done = venue.say(&governor, &propose).unwrap();
    let id: u32 = done.answer().unwrap();
    // The call, to the byte, and the certificate that it stands for, to the byte.
    let proposed: Proposed = done.event().expect("the proposal is told");
    let carried: MarginSetProposed = done.event().expect("the margin set is told");
    let told = carried.certificate;
    assert_eq!(sit_sim::keccak256(&told), carried.certificate_hash);
    assert_eq!(&told[..24], b"sit-futures/certificate1");
    assert_eq!(&told[24..56], [1; 32]);
    assert_eq!(&told[told.len() - 32..], parameters);
    let set_risk = Message::SetRisk {
        product: PRODUCT,
        maintenance_bps: sit_engine::launch::MAINTENANCE_BPS,
        liquidation_end_bps: sit_engine::launch::LIQUIDATION_END_BPS,
        shocks: bytes,
        certificate_hash: carried.certificate_hash,
    };
    assert_eq!(proposed.call, codec::calldata(&set_risk), "the set stands in the calldata");
    // The client reads the same set and certificate.
    let set = MarginProposal {
        product: PRODUCT,
        maintenance_bps: sit_engine::launch::MAINTENANCE_BPS,
        liquidation_end_bps: sit_engine::launch::LIQUIDATION_END_BPS,
        shocks,
        certificate,
    };
    assert_eq!(set.message(), set_risk);
    // The events are all that it takes to approve and to execute.
    venue.say(&governor, &Message::Approve { id, payload_hash: proposed.payload_hash, council_epoch: 1 }).unwrap();
    venue.execute(&Proposal { id, calldata: proposed.call }).unwrap();
}
