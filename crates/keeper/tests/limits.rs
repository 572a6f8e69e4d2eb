//! What bounds a maker and a keeper that takes positions over: the kill switch, quotes with a time limit, limits of
//! takeovers, on the development chain.

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use sit_client::{
    Client, Signer as _,
    rpc::{Key, Node},
};
use sit_engine::clearing::{Instrument, Place, Policy};
use sit_engine::launch::DOLLAR;
use sit_engine::units::{Lots, Seat, Side, Ticks};
use sit_keeper::{
    Journal,
    due::{Cares, Limits},
    keeper::{Keeper, Options as Keeping},
    log::Log,
    maker::{Fair, Maker, Options},
    metrics::Metrics,
};
use sit_native::event::clearing::Liquidated;
use sit_native::message::limit_order;
use sit_native::{Contract, Message, TokenAmount, answers::PlacedOrder, stored};
use support::Chain;

/// Monday, 30 November 2026, 08:00 UTC.
const START: &str = "1796025600";

fn key_of(chain: &Chain, name: &str) -> Key {
    Key::from_bytes(&chain.secret(name)).expect("it is a key")
}

/// An account with so many US dollars.
fn join(client: &mut Client<Node>, key: &Key, dollars: u64) -> Seat {
    let seat: Seat = client.simulate(key, &Message::OpenAccount { sub: 0 }).expect("an account can be opened");
    let spender = client.address(Contract::Vault).expect("there is a vault");
    for message in [
        Message::OpenAccount { sub: 0 },
        Message::ApproveSpender { spender, value: TokenAmount(u128::MAX) },
        Message::Deposit { seat, amount: dollars * DOLLAR },
    ] {
        client.send(key, &message).expect("an account can be opened and paid into");
    }
    seat
}

fn maker(chain: &Chain, key: &Key, seat: Seat, options: Options, journal: &Path) -> Maker<Node> {
    let journal = Journal::open(journal).expect("the journal opens");
    let metrics = Metrics::new("maker", Duration::from_secs(60)).expect("the name is good");
    let maker =
        Maker::new(chain.client(), key.clone(), seat, Fair::marks(), options, journal, metrics, Log::none("maker"));
    maker.expect("the journal is good")
}

/// Lots that stand on both sides of a month.
fn standing(client: &mut Client<Node>, seat: Seat, instrument: Instrument) -> (u32, u32) {
    let account = client.cell(&stored::account(seat)).expect("it is read").expect("it is there");
    account.position(instrument).map_or((0, 0), |held| (held.bids.lots.0, held.asks.lots.0))
}

/// The front month with its mark.
fn front(client: &mut Client<Node>) -> (Instrument, Ticks) {
    let curve = client.cell(&stored::curve(sit_engine::launch::TPI)).expect("it is read").expect("it is there");
    let month = curve.months().first().expect("a month is listed");
    (month.instrument, month.mark)
}

#[test]
fn a_maker_that_has_lost_its_limit_cancels_everything_and_stays_stopped_until_a_person_says_otherwise() {
    let chain = Chain::start(&["--quiet-market", "--automine", "--start", START]);
    let mut client = chain.client();
    let (key, other) = (key_of(&chain, "maker 1"), key_of(&chain, "you 1"));
    let (seat, counter) = (join(&mut client, &key, 500_000), join(&mut client, &other, 100_000));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("maker");
    let options = Options { most_loss: 100 * DOLLAR, ..Options::default() };
    let mut one = maker(&chain, &key, seat, options.clone(), &path);
    let pass = one.pass().expect("it looks");
    assert_eq!((pass.stopped.clone(), pass.refused.is_empty()), (None, true), "{pass:?}");
    assert!(pass.quoted == pass.months && pass.months > 5, "{pass:?}");
    let (instrument, mark) = front(&mut client);
    assert_ne!(standing(&mut client, seat, instrument), (0, 0));

    // Its own key buys far above the mark, as a thief of the key or a mistake would.
    client.send(&key, &Message::CancelAll { seat, instrument }).expect("cancelled");
    let high = Ticks(mark.0 + mark.0 / 10);
    let ask = limit_order(counter, instrument, Side::Sell, high, Lots(40));
    client.send(&other, &Message::Place { order: ask }).expect("it rests");
    let bid = limit_order(seat, instrument, Side::Buy, high, Lots(40));
    client.send(&key, &Message::Place { order: bid }).expect("it trades");

    let pass = one.pass().expect("it looks");
    let why = pass.stopped.clone().expect("it has stopped");
    assert!(why.contains("has lost") && why.contains("beyond the limit"), "{why}");
    assert_eq!(pass.quoted, 0);
    assert_eq!(standing(&mut client, seat, instrument), (0, 0), "nothing stands any more");
    // Started again it knows that it has stopped.
    drop(one);
    let mut again = maker(&chain, &key, seat, options, &path);
    let pass = again.pass().expect("it looks");
    assert!(pass.stopped.is_some() && pass.quoted == 0, "{pass:?}");
    again.resume().expect("the journal takes it");
    let pass = again.pass().expect("it looks");
    assert_eq!(pass.stopped, None, "{pass:?}");
    assert!(pass.quoted > 5, "{pass:?}");
}

#[test]
fn quotes_with_a_time_limit_are_renewed_in_time_and_end_with_a_maker_that_is_gone() {
    let chain = Chain::start(&["--quiet-market", "--automine", "--start", START]);
    let mut client = chain.client();
    let (key, other) = (key_of(&chain, "maker 1"), key_of(&chain, "you 1"));
    let (seat, taker) = (join(&mut client, &key, 500_000), join(&mut client, &other, 100_000));
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { good_for: Some(600), ..Options::default() };
    let mut maker = maker(&chain, &key, seat, options, &folder.path().join("maker"));
    let months = maker.pass().expect("it looks").quoted;
    assert!(months > 5);
    assert_eq!(maker.pass().expect("it looks").quoted, 0, "they are fresh");
    chain.ask("evm_increaseTime", json!([310]));
    chain.mine();
    assert_eq!(maker.pass().expect("it looks").quoted, months, "half of their time is over");

    // The maker is gone, and ten minutes later so are its quotes.
    let (instrument, mark) = front(&mut client);
    let market = |lots| Place {
        policy: Policy::ImmediateOrCancel,
        ..limit_order(taker, instrument, Side::Buy, Ticks(mark.0 + mark.0 / 20), Lots(lots))
    };
    let filled = |client: &mut Client<Node>| {
        let placed: PlacedOrder = client.simulate(&other, &Message::Place { order: market(5) }).expect("it is asked");
        placed.filled
    };
    assert_eq!(filled(&mut client), Lots(5));
    chain.ask("evm_increaseTime", json!([620]));
    chain.mine();
    assert_eq!(filled(&mut client), Lots::ZERO, "nothing of it trades");
}

#[test]
fn a_keeper_takes_a_position_over_within_its_limits() {
    let chain = Chain::start(&[
        "--automine",
        "--scene",
        "margin-call",
        "--start",
        START,
        "--time-scale",
        "120",
        "--round",
        "500",
        "--without",
        "keeper",
    ]);
    let mut client = chain.client();
    let key = key_of(&chain, "keeper");
    let seat = join(&mut client, &key, 200_000);
    let limits = Limits {
        seat,
        owner: key.address(),
        least_discount_bps: 0,
        most_lots: Lots(30),
        most_notional: 20_000 * DOLLAR,
        reserve: 10_000 * DOLLAR,
    };
    let cares = Cares { seat: Some(seat), limits: Some(limits), ..Cares::default() };
    let options = Keeping { cares, jitter: 0, ..Keeping::default() };
    let metrics = Metrics::new("keeper", Duration::from_secs(60)).expect("the name is good");
    let mut keeper = Keeper::new(chain.client(), key.clone(), options, None, metrics, Log::none("keeper"));
    let keeper = keeper.as_mut().expect("there is no journal");
    let mut taken: Vec<Liquidated> = Vec::new();
    let mut heard = client.head().expect("it answers").number;
    let until = Instant::now() + Duration::from_secs(300);
    while Instant::now() < until {
        chain.mine();
        std::thread::sleep(Duration::from_millis(200));
        keeper.pass().expect("the keeper looks");
        let head = client.head().expect("it answers").number;
        for (_, event) in client.events(heard + 1..=head).expect("they are read") {
            taken.extend(event.read::<Liquidated>().filter(|taken| taken.liquidator == seat));
        }
        heard = head;
        if !taken.is_empty() {
            break;
        }
    }
    assert!(!taken.is_empty(), "somebody was liquidated, and the keeper has bid");
    let account = client.cell(&stored::account(seat)).expect("it is read").expect("it is there");
    let held: Vec<_> = account.positions().iter().filter(|held| held.net.0 != 0).collect();
    assert!(!held.is_empty() && held.iter().all(|held| held.net.0.unsigned_abs() <= 30), "{held:?}");
    println!("taken over: {taken:?}");
}
