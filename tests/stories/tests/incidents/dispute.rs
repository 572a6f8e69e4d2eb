//! A proposed final price is disputed and resolved when genesis is over: the guardian freezes it at once, the governor and the
//! council take a print out of it after their delay, and nobody names a price (E1, E2, E4, G1, G4).

use crate::venue::{MARK, Venue};
use crate::{DAY, START, TPI, USUAL};
use sit_devnet::{Value, args};

/// The front month of the venue ends on the third Wednesday of December, 23 days after the start.
const EXPIRY: u32 = START + 23;

/// A venue past the last trading day of its front month: two accounts hold it, the last print of its window is wrong, and the
/// final price is proposed.
fn proposed() -> Venue {
    let mut venue = Venue::open();
    let near = venue.near;
    assert_eq!(venue.last_day(near), EXPIRY);
    venue.trade(0, 1, near, MARK, 100);
    venue.seal();
    for day in START + 2..EXPIRY {
        venue.day(day, USUAL);
    }
    // Within what needs no confirmation: a fifth too dear on the last day, by a quorum that was bought.
    assert_eq!(venue.world.day(EXPIRY, USUAL * 12 / 10), Ok(2));
    venue.at(EXPIRY + 1, 3_600);
    let anyone = venue.world.anyone();
    let price: u64 = venue.world.call(&anyone, "propose_final", args![TPI, EXPIRY]).unwrap().get(0).unwrap();
    assert_eq!(price, USUAL + USUAL / 5 / 5, "one of five days moves the average by a fifth of its error (E3)");
    venue
}

fn finalise(venue: &mut Venue) -> Result<u64, String> {
    let anyone = venue.world.anyone();
    venue.world.call(&anyone, "finalise", args![TPI, EXPIRY]).map(|receipt| receipt.get(0).unwrap())
}

#[test]
fn the_guardian_freezes_a_final_price_and_the_timelock_takes_a_print_out_of_it() {
    let mut venue = proposed();
    let (near, oracle) = (venue.near, venue.exchange().oracle.clone());
    assert_eq!(venue.anyone("finalise", args![near]).err().unwrap(), "NotFinal");
    venue.tighten(&oracle, "dispute", &args![TPI, EXPIRY]).unwrap();
    assert_eq!(venue.tighten(&oracle, "dispute", &args![TPI, EXPIRY]), Err("ActionFailed".to_owned()), "once");
    assert_eq!(venue.tighten(&oracle, "resolve", &args![TPI, EXPIRY, 1_u64]), Err("NotTightening".to_owned()));
    // Long after the time for a dispute it is still frozen, and so are the claims.
    venue.at(EXPIRY + 2, 4 * 3_600);
    assert_eq!(finalise(&mut venue), Err("Disputed".to_owned()));
    assert_eq!(venue.anyone("finalise", args![near]).err().unwrap(), "NotFinal");
    // Genesis is over: the resolution waits for its delay.
    let action = venue.exchange().queue(&oracle, "resolve", args![TPI, EXPIRY, 1_u64]).unwrap();
    assert_eq!(venue.execute(&action), Err("NotReady".to_owned()));
    venue.exchange().chain.advance(2 * DAY);
    venue.execute(&action).unwrap();
    assert_eq!(
        finalise(&mut venue),
        Err("DisputeRunning".to_owned()),
        "the new price is shown as long as the old one was"
    );
    assert_eq!(venue.tighten(&oracle, "dispute", &args![TPI, EXPIRY]), Err("ActionFailed".to_owned()), "not again");
    venue.exchange().chain.advance(DAY);
    assert_eq!(finalise(&mut venue), Ok(USUAL), "the average of the other four days");
    assert_eq!(finalise(&mut venue), Err("AlreadyFinal".to_owned()));
    let ticks: u32 = venue.anyone("finalise", args![near]).unwrap().get(0).unwrap();
    assert_eq!(u64::from(ticks), MARK);
    venue.settle(near, [0, 1, 2, 3]).unwrap();
    venue.anyone("sweep_fees", args![near]).unwrap();
    assert_eq!([0, 1].map(|seat| venue.net(seat, near)), [0, 0]);
    venue.everyone_goes_home();
}

#[test]
fn a_dispute_that_nobody_resolves_delays_the_price_and_does_not_change_it() {
    let mut venue = proposed();
    let (near, oracle) = (venue.near, venue.exchange().oracle.clone());
    venue.tighten(&oracle, "dispute", &args![TPI, EXPIRY]).unwrap();
    venue.exchange().chain.advance(7 * DAY - 120);
    assert_eq!(finalise(&mut venue), Err("Disputed".to_owned()));
    venue.exchange().chain.advance(240);
    let price = finalise(&mut venue).unwrap();
    assert_eq!(price, USUAL + USUAL / 25);
    venue.anyone("finalise", args![near]).unwrap();
    venue.settle(near, [0, 1, 2, 3]).unwrap();
    venue.everyone_goes_home();
}

#[test]
fn genesis_ends_by_itself_after_a_week_and_what_it_had_queued_is_void() {
    let mut venue = Venue::open();
    let oracle = venue.exchange().oracle.clone();
    let queued = venue.exchange().queue(&oracle, "set_provider", args![TPI, 0_u64, 900_u64]).unwrap();
    venue.at(START + 8, 0);
    assert_eq!(venue.execute(&queued), Err("QueuedBeforeSeal".to_owned()));
    let later = venue.exchange().queue(&oracle, "set_provider", args![TPI, 0_u64, 900_u64]).unwrap();
    assert_eq!(venue.execute(&later), Err("NotReady".to_owned()));
    venue.exchange().chain.advance(3 * DAY);
    venue.execute(&later).unwrap();
}

#[test]
fn everything_that_an_approver_must_see_stands_in_events() {
    let mut venue = Venue::open();
    let (governance, clearing) = (venue.exchange().governance.clone(), venue.exchange().clearing.clone());
    let governor = venue.exchange().chain.account("governor");
    let mut shocks = vec![0_u8; 384];
    for slot in 0..10 {
        shocks[slot * 32..slot * 32 + 4].copy_from_slice(&[0x0B, 0xB8, 0xF8, 0x30]); // 3,000 and -2,000
    }
    let parameters = sit_sim::keccak256(&[b"sit-futures/risk-array1".as_slice(), &shocks].concat());
    let certificate = args![[1_u8; 32], [2_u8; 32], 3_u64, [4_u8; 32], 990_000_u64, 86_400_u64, parameters];
    let (from, to) = (venue.now(), venue.now() + 30 * DAY);
    let proposal =
        args![&clearing, TPI, 7_500_u64, 8_750_u64, Value::Bytes(shocks.clone()), Value::Tuple(certificate), from, to];
    let receipt = venue.say(&governor, &governance, "propose_margin_set", proposal).unwrap();
    let id: u32 = receipt.get(0).unwrap();
    let event = |name: &str| receipt.event(name).unwrap_or_else(|| panic!("{name} is told")).clone();
    // The call, to the byte, and the certificate that it stands for, to the byte.
    let (proposed, carried) = (event("Proposed"), event("MarginSetProposed"));
    let calldata: Vec<u8> = proposed.get("call").unwrap();
    let bytes: Vec<u8> = carried.get("certificate").unwrap();
    let hash: [u8; 32] = carried.get("certificate_hash").unwrap();
    assert_eq!(sit_sim::keccak256(&bytes), hash);
    assert_eq!(&bytes[..24], b"sit-futures/certificate1");
    assert_eq!(&bytes[24..56], [1; 32]);
    assert_eq!(&bytes[bytes.len() - 32..], parameters);
    let told = clearing.calldata("set_risk", args![TPI, 7_500_u64, 8_750_u64, Value::Bytes(shocks), hash]).unwrap();
    assert_eq!(calldata, told, "the set stands in the calldata");
    // What was told is all that it takes to approve and to execute.
    let payload: [u8; 32] = proposed.get("payload_hash").unwrap();
    venue.say(&governor, &governance, "approve", args![id, payload, 1_u64]).unwrap();
    venue.execute(&(id, calldata)).unwrap();
}
