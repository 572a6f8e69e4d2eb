//! What is due on cells in memory: the engine's word, and nothing remembered.

use sit_engine::chain::Env;
use sit_engine::clearing::{self, Product, Store};
use sit_engine::oracle::Validity;
use sit_engine::units::{Seat, Seconds};
use sit_keeper::Snapshot;
use sit_keeper::due::{Cares, Duty, found, to_ask};
use sit_native::{Message, Native};

const NOW: Seconds = Seconds(1_795_420_800);

fn snapshot(house: Native) -> Snapshot {
    Snapshot {
        block: 1,
        now: NOW,
        house,
        products: vec![Product(0)],
        validity: vec![(Product(0), Validity::Valid)],
        liquidated: Vec::new(),
        triggers: Vec::new(),
        next_epoch: Some(2_968),
    }
}

#[test]
fn nothing_is_found_due_where_nothing_is_owed() {
    let mut house = Native::new();
    let env = Env { caller: [7; 20], now: NOW };
    let seat = clearing::open_account(&mut house, env, 0).expect("an account opens");
    clearing::credit(&mut house, NOW, seat, 500_000_000).expect("money comes in");
    let before = house.account(seat);
    let mut snapshot = snapshot(house);
    assert_eq!(found(&mut snapshot, &Cares::default()), []);
    assert_eq!(snapshot.house.account(seat), before, "a look changes nothing");
}

#[test]
fn what_others_have_a_say_in_is_asked_of_the_chain_and_only_for_what_one_cares_about() {
    let mut seen = snapshot(Native::new());
    let asked = to_ask(&mut seen, &Cares::default());
    let of = |duty: Duty| asked.iter().filter(|due| due.duty == duty).count();
    assert_eq!(of(Duty::Publish), 4, "each day whose batches are kept");
    assert_eq!((of(Duty::SettleDay), of(Duty::RollListing), of(Duty::CloseEpoch)), (1, 1, 1));
    assert_eq!(of(Duty::Sunset), 0, "ending a month early is for who says so");
    let cares = Cares { without: vec![Duty::Publish, Duty::Sunset], ..Cares::default() };
    let asked = to_ask(&mut seen, &cares);
    assert!(asked.iter().all(|due| due.duty != Duty::Publish));
    assert!(asked.iter().any(|due| due.message == Message::CloseEpoch { epoch: 2_968, makers: 8 }));
}

#[test]
fn a_bid_is_only_for_who_has_set_limits() {
    assert!(!Cares::default().about(Duty::Bid));
    assert_eq!(Cares::default().seat, None::<Seat>);
}
