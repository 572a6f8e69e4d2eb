//! What bounds a maker and a keeper, on the development chain: the kill switch, quotes with a time limit, the day's
//! cap.

mod support;

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use sit_client::{
    Client, Signer as _,
    rpc::{Key, Node},
};
use sit_engine::calendar::DAY;
use sit_engine::clearing::{Instrument, Place, Policy, Trigger};
use sit_engine::launch::DOLLAR;
use sit_engine::units::{Lots, Seat, Side, Ticks};
use sit_keeper::{
    Journal,
    due::Duty,
    keeper::{Entry, Keeper, Options as Keeping},
    log::Log,
    maker::{Fair, Maker, Options},
    metrics::Metrics,
};
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

/// A key buys 40 lots far above the mark of somebody who offers them, as a thief of the key or a mistake would.
fn buys_dear(client: &mut Client<Node>, (key, seat): (&Key, Seat), of: (&Key, Seat), at: (Instrument, Ticks)) {
    let (instrument, high) = at;
    client.send(key, &Message::CancelAll { seat, instrument }).expect("cancelled");
    let ask = limit_order(of.1, instrument, Side::Sell, high, Lots(40));
    client.send(of.0, &Message::Place { order: ask }).expect("it rests");
    let bid = limit_order(seat, instrument, Side::Buy, high, Lots(40));
    client.send(key, &Message::Place { order: bid }).expect("it trades");
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

    let high = Ticks(mark.0 + mark.0 / 10);
    buys_dear(&mut client, (&key, seat), (&other, counter), (instrument, high));

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
fn a_maker_that_begins_again_in_the_middle_of_a_day_has_lost_what_it_has_lost() {
    let chain = Chain::start(&["--quiet-market", "--automine", "--start", START]);
    let mut client = chain.client();
    let (key, other) = (key_of(&chain, "maker 1"), key_of(&chain, "you 1"));
    let (seat, counter) = (join(&mut client, &key, 500_000), join(&mut client, &other, 100_000));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("maker");
    let options = Options { most_loss: 1_000 * DOLLAR, cap: Some(u64::MAX.into()), ..Options::default() };
    let mut one = maker(&chain, &key, seat, options.clone(), &path);
    assert_eq!(one.pass().expect("it looks").stopped, None);
    let (instrument, mark) = front(&mut client);
    let high = Ticks(mark.0 + mark.0 / 12);
    // Its own key buys far above the mark: half of what a day may lose.
    let lose = |client: &mut Client<Node>| buys_dear(client, (&key, seat), (&other, counter), (instrument, high));
    lose(&mut client);
    let pass = one.pass().expect("it looks");
    assert_eq!(pass.stopped, None, "{pass:?}");
    let (spent, equity) = (one.profit.planck, one.profit.total());
    assert!(spent > 0 && (-1_000_000_000..-400_000_000).contains(&equity), "{equity}");
    drop(one);

    // Killed, and the other half is lost before it begins again.
    lose(&mut client);
    let mut again = maker(&chain, &key, seat, options.clone(), &path);
    let why = again.pass().expect("it looks").stopped.expect("it has stopped");
    assert!(why.contains("beyond the limit"), "{why}");
    drop(again);
    // The DOT of the day is the day's, too.
    let capped = Options { cap: Some(spent), most_loss: u64::MAX, ..options };
    let mut again = maker(&chain, &key, seat, capped, &path);
    again.resume().expect("the journal takes it");
    let why = again.pass().expect("it looks").stopped.expect("it has stopped");
    assert!(why.contains("cap of DOT"), "{why}");
}

#[test]
fn a_maker_whose_wallet_runs_low_says_so_and_cancels_as_long_as_it_can_pay_for_that() {
    let chain = Chain::start(&["--quiet-market", "--automine", "--start", START]);
    let mut client = chain.client();
    let key = key_of(&chain, "maker 1");
    let seat = join(&mut client, &key, 500_000);
    let address = alloy_core::primitives::hex::encode_prefixed(key.address());
    let give = |dot: u128| chain.ask("anvil_setBalance", json!([address, format!("{:#x}", dot * 10_u128.pow(18))]));
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { least: 50_000_000_000, ..Options::default() };
    let mut maker = maker(&chain, &key, seat, options, &folder.path().join("maker"));

    // Less than twice the least: a warning, and everything goes on.
    give(9);
    let pass = maker.pass().expect("it looks");
    assert!(pass.stopped.is_none() && pass.quoted > 5, "{pass:?}");
    let (well, why) = maker.metrics.health();
    assert!(well && why.contains("ok, but the wallet has less than twice the least DOT"), "{why}");
    let (instrument, _) = front(&mut client);
    assert_ne!(standing(&mut client, seat, instrument), (0, 0));

    // Less than the least: nothing stands that it could soon not take away any more.
    give(4);
    let pass = maker.pass().expect("it looks");
    assert!(pass.quoted == 0 && pass.refused.is_empty(), "{pass:?}");
    assert!(pass.stopped.as_deref().is_some_and(|why| why.contains("less than the least DOT")), "{pass:?}");
    assert_eq!(standing(&mut client, seat, instrument), (0, 0));

    // The deposits of what was cancelled have come back: whoever quoted with them would be below the least again,
    // cancel, and pay the fees of both for as long as there are any.
    give(7);
    let pass = maker.pass().expect("it looks");
    assert!(pass.stopped.is_some() && pass.quoted == 0, "{pass:?}");

    // Enough again: it needs nobody's word to go on.
    give(100);
    let pass = maker.pass().expect("it looks");
    assert!(pass.stopped.is_none() && pass.quoted > 5, "{pass:?}");
    assert_eq!(maker.metrics.health(), (true, "ok".to_owned()));
}

/// Somebody who makes work for a keeper, who is paid nothing for it: stops whose price has come.
struct Work {
    client: Client<Node>,
    key: Key,
    seat: Seat,
    trigger: Trigger,
}

impl Work {
    /// With an order in the book that the stops meet.
    fn on(chain: &Chain) -> Self {
        let mut client = chain.client();
        let (key, other) = (key_of(chain, "you 0"), key_of(chain, "you 1"));
        let (seat, counter) = (join(&mut client, &key, 100_000), join(&mut client, &other, 100_000));
        let (instrument, mark) = front(&mut client);
        let ask = limit_order(counter, instrument, Side::Sell, mark, Lots(40));
        client.send(&other, &Message::Place { order: ask }).expect("it rests");
        let limit = Ticks(mark.0 + mark.0 / 50);
        let trigger = Trigger { instrument, above: true, price: Ticks(1), limit, lots: Lots(1), ..Trigger::default() };
        Self { client, key, seat, trigger }
    }

    /// Sets a stop; what a keeper calls its execution.
    fn set(&mut self, slot: u8) -> String {
        let Self { key, seat, trigger, .. } = self;
        let message = Message::SetTrigger { seat: *seat, slot, trigger: *trigger };
        self.client.send(key, &message).expect("it is set");
        format!("execute-trigger {} {slot}", self.seat.0)
    }
}

/// Whoever begins a development chain anew has the journal of the one before: with its id, and with blocks that are far
/// ahead.
#[test]
fn what_was_under_way_on_a_chain_before_this_one_keeps_nothing_from_being_done() {
    let chain = Chain::start(&["--quiet-market", "--automine", "--start", START]);
    let mut work = Work::on(&chain);
    let due = work.set(0);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keeper");
    let (mut journal, _) = Journal::open(&path).expect("the journal opens");
    journal.append(&Entry::Sent { key: due.clone(), block: 1_000_000 }).expect("the journal takes it");
    drop(journal);
    let metrics = Metrics::new("keeper", Duration::from_secs(60)).expect("the name is good");
    let options = Keeping { jitter: 0, ..Keeping::default() };
    let (keeper, journal) = (key_of(&chain, "keeper"), Journal::open(&path).expect("the journal opens"));
    let mut keeper = Keeper::new(chain.client(), keeper, options, Some(journal), metrics, Log::none("keeper"))
        .expect("the journal is good");
    let pass = keeper.pass().expect("it looks");
    assert!(pass.done.contains(&due), "{pass:?}");
}

#[test]
fn a_keeper_whose_cap_is_spent_says_so_and_is_not_well() {
    let chain = Chain::start(&["--quiet-market", "--automine", "--start", START]);
    let mut work = Work::on(&chain);
    let first = work.set(0);
    let metrics = Metrics::new("keeper", Duration::ZERO).expect("the name is good");
    let options = Keeping { jitter: 0, cap: Some(1), ..Keeping::default() };
    let keeper = key_of(&chain, "keeper");
    let mut keeper =
        Keeper::new(chain.client(), keeper, options, None, metrics, Log::none("keeper")).expect("there is no journal");
    let pass = keeper.pass().expect("it looks");
    assert!(pass.done.contains(&first) && pass.held.is_none(), "{pass:?}");
    let second = work.set(1);
    let pass = keeper.pass().expect("it looks");
    assert!(pass.due.contains(&second) && pass.done.is_empty(), "{pass:?}");
    assert_eq!(pass.held.as_deref(), Some("the day's cap of DOT is spent"));
    let (well, why) = keeper.metrics.health();
    assert!(!well && why.contains("cap of DOT"), "{why}");
}

#[test]
fn a_keeper_whose_wallet_runs_low_says_so_and_keeps_what_it_has_for_what_cannot_wait() {
    let chain = Chain::start(&["--quiet-market", "--automine", "--start", START]);
    let mut work = Work::on(&chain);
    let signer = key_of(&chain, "keeper");
    let address = alloy_core::primitives::hex::encode_prefixed(signer.address());
    let give = |dot: u128| chain.ask("anvil_setBalance", json!([address, format!("{:#x}", dot * 10_u128.pow(18))]));
    let metrics = Metrics::new("keeper", Duration::from_secs(60)).expect("the name is good");
    let options = Keeping { jitter: 0, least: 50_000_000_000, ..Keeping::default() };
    let mut keeper =
        Keeper::new(chain.client(), signer, options, None, metrics, Log::none("keeper")).expect("there is no journal");

    // Less than twice the least: a warning, and everything goes on.
    give(8);
    let first = work.set(0);
    let pass = keeper.pass().expect("it looks");
    assert!(pass.done.contains(&first) && pass.held.is_none(), "{pass:?}");
    let (well, why) = keeper.metrics.health();
    assert!(well && why.contains("ok, but the wallet has less than twice the least DOT"), "{why}");
    assert!(keeper.metrics.text().contains(r#"sit_keeper{of="least",what="planck"} 50000000000"#));

    // Less than the least: what can wait is held, and what cannot is sent.
    give(4);
    let second = work.set(1);
    let pass = keeper.pass().expect("it looks");
    assert!(pass.due.contains(&second) && !pass.done.contains(&second), "{pass:?}");
    assert!(pass.held.as_deref().is_some_and(|why| why.contains("less than the least DOT")), "{pass:?}");
    assert_eq!(keeper.metrics.counted("held", "least-dot"), 1);

    // Enough again.
    give(100);
    let pass = keeper.pass().expect("it looks");
    assert!(pass.done.contains(&second) && pass.held.is_none(), "{pass:?}");
    assert_eq!(keeper.metrics.health(), (true, "ok".to_owned()));

    // What cannot wait does not: after a week without a print the clearing house is told that the index is stale.
    give(4);
    chain.ask("evm_increaseTime", json!([7 * DAY]));
    chain.mine();
    let pass = keeper.pass().expect("it looks");
    assert!(pass.done.iter().any(|key| key.starts_with("note-index")), "{pass:?}");
    let urgent = |key: &String| key.split(' ').next().and_then(Duty::named).is_some_and(Duty::is_urgent);
    assert!(pass.done.iter().all(urgent), "{pass:?}");
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
