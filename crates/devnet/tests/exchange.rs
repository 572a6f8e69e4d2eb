//! The exchange on the development chain: opened, traded on, and alive.

use std::time::Instant;

use serde_json::{Value, json};
use sit_client::{Client, Deployment, Failure, codec};
use sit_devnet::{
    DOT,
    keyring::{self, Key},
    market::{Market, Scene},
    measure::processor_seconds,
    node::{Beginning, Clock, Node},
    opening::{Opening, Prospect},
    rpc::{Devnet, Mining},
};
use sit_engine::{
    clearing::{Instrument, Place},
    launch::{DOLLAR, TPI},
    units::{Lots, Seat, Side, Ticks},
};
use sit_native::message::limit_order;
use sit_native::{Contract, Message, TokenAmount, answers::PlacedOrder, stored, view};

/// Monday, 7 December 2026, 08:00 UTC.
const START: u64 = 1_796_630_400;

/// An exchange at the beginning of its first trading day, and what is known of it.
fn open(scene: Scene) -> (Devnet, Prospect) {
    let start = scene.start(START);
    let prospect = Prospect::of(start, 1).unwrap();
    let accounts = keyring::all().iter().map(|key| (key.address, 1_000_000 * DOT, 10_000_000_000_000)).collect();
    let beginning = Beginning { time: Prospect::genesis_time(start), accounts, history: 64 };
    let node = Node::new(&beginning, Clock::fixed(beginning.time, 0)).unwrap();
    let mut chain = Devnet::new(node, Deployment::default(), Mining::Manual);
    Opening::of(prospect.clone()).finish(&mut chain).unwrap_or_else(|error| panic!("{error}"));
    chain.node.clock = Clock::fixed(start, 2);
    chain.node.clock_to(start);
    chain.node.seal().unwrap();
    (chain, prospect)
}

fn with<R>(chain: &mut Devnet, run: impl FnOnce(&mut Client<&mut Devnet>) -> Result<R, Failure>) -> Result<R, Failure> {
    let deployment = chain.deployment.clone();
    run(&mut Client::new(chain, deployment))
}

fn join(chain: &mut Devnet, key: &Key, dollars: u64) -> Seat {
    with(chain, |client| {
        let spender = client.address(Contract::Vault)?;
        let seat: Seat = client.send(key, &Message::OpenAccount { sub: 0 })?.answer()?;
        client.send(key, &Message::ApproveSpender { spender, value: TokenAmount(u128::MAX) })?;
        client.send(key, &Message::Deposit { seat, amount: dollars * DOLLAR })?;
        Ok(seat)
    })
    .unwrap_or_else(|error| panic!("{error}"))
}

fn order(seat: Seat, side: Side, price: Ticks, lots: u32) -> Place {
    limit_order(seat, Instrument::new(TPI, 0), side, price, Lots(lots))
}

#[test]
fn an_exchange_is_open_with_ten_months_and_a_certified_margin_set() {
    let begun = Instant::now();
    let (mut chain, prospect) = open(Scene::Calm);
    println!("opened in {:?}, at block {}", begun.elapsed(), chain.node.head().number());
    assert_eq!(chain.deployment.iter().count(), 8);
    let curve = with(&mut chain, |client| client.cell(&stored::curve(TPI))).unwrap().unwrap();
    let months: Vec<_> = (0..10).map(|serial| *curve.month(Instrument::new(TPI, serial)).unwrap()).collect();
    assert_eq!(months.len(), prospect.months.len());
    assert!(months.iter().all(|month| month.mark.0 > 100 && month.settle == month.mark));
    let risk = with(&mut chain, |client| client.cell(&stored::risk(TPI))).unwrap().unwrap();
    assert!(months.iter().enumerate().all(|(slot, _)| risk.shocks(slot).iter().any(|shock| *shock != 0)));
    assert!(with(&mut chain, |client| client.view(&view::Audit {})).unwrap().balanced);
}

#[test]
fn a_person_pays_in_places_and_cancels_and_hears_why_not() {
    let (mut chain, _) = open(Scene::Calm);
    let keys = keyring::all();
    let (you, other) = (keys[0].clone(), keys[1].clone());
    let seat = join(&mut chain, &you, 100_000);
    let month = with(&mut chain, |client| client.cell(&stored::curve(TPI))).unwrap().unwrap();
    let mark = month.month(Instrument::new(TPI, 0)).unwrap().mark;
    let price = Ticks(mark.0 - 10);
    let placed: PlacedOrder = with(&mut chain, |client| {
        client.send(&you, &Message::Place { order: order(seat, Side::Buy, price, 5) })?.answer()
    })
    .unwrap();
    assert_eq!((placed.filled, placed.resting), (Lots(0), Lots(5)));

    // Somebody else may not cancel it, which everybody is told by the rule's name and sentence.
    let cancel = Message::Cancel { seat, instrument: Instrument::new(TPI, 0), price, number: placed.number };
    let to = chain.deployment.get(Contract::Clearing).unwrap();
    let call = json!([{
        "from": format!("{:?}", other.address), "to": format!("{:?}", sp_core::H160(to)),
        "data": alloy_core::primitives::hex::encode_prefixed(codec::calldata(&cancel)),
    }]);
    for method in ["eth_call", "eth_estimateGas", "eth_fillTransaction"] {
        let error = chain.call(method, &call).unwrap_err();
        assert_eq!(error.code, 3, "{method}: {error:?}");
        assert!(error.message.starts_with("execution reverted: NotAuthorised(): "), "{}", error.message);
        assert_eq!(error.data.as_ref().and_then(Value::as_str).unwrap().len(), 2 + 8);
    }
    // Sent all the same it fails on chain, its receipt has the reason, and its line says it.
    let hash = chain.post(&other, Some(to), codec::calldata(&cancel)).unwrap();
    let sealed = chain.node.seal().unwrap();
    let receipt = chain.call("eth_getTransactionReceipt", &json!([format!("{hash:?}")])).unwrap();
    assert_eq!(receipt["status"], "0x0");
    assert_eq!(receipt["revertReason"].as_str().unwrap().len(), 2 + 8);
    let told = chain.told(&sealed);
    assert!(told.contains("you 1 clearing.cancel(") && told.contains("REFUSED, NotAuthorised(): "), "{told}");

    let cancelled = with(&mut chain, |client| client.send(&you, &cancel)).unwrap();
    assert!(cancelled.events.iter().any(|event| event.name == "Removed"), "{:?}", cancelled.events);
    assert!(chain.node.head().weight.fits(chain.node.block_limit()));
}

#[test]
fn a_market_lives_and_the_books_balance() {
    let (mut chain, prospect) = open(Scene::Calm);
    let mut market = Market::new(prospect, Scene::Calm, 1, START);
    let (mut done, mut refused, mut filled) = (0, 0, 0);
    let begun = chain.node.head().number();
    for _ in 0..120 {
        market.play(&mut chain).unwrap_or_else(|error| panic!("{error}"));
        while chain.node.ready_count() > 0 {
            chain.node.seal().unwrap();
        }
    }
    for height in begun..=chain.node.head().number() {
        for included in &chain.node.block(height.into()).unwrap().transactions {
            if included.succeeded {
                done += 1
            } else {
                refused += 1
            }
            filled += included
                .logs
                .iter()
                .filter(|log| {
                    let topics: Vec<[u8; 32]> = log.topics.iter().map(|topic| topic.0).collect();
                    codec::event(Contract::Clearing, &topics, &log.data).is_some_and(|event| event.name == "Filled")
                })
                .count();
        }
    }
    println!("{done} done, {refused} refused, {filled} fills");
    assert!(done > 100 && filled > 20 && refused < done / 10, "{done} done, {refused} refused, {filled} fills");
    assert!(with(&mut chain, |client| client.view(&view::Audit {})).unwrap().balanced);
}

#[test]
fn two_exchanges_opened_alike_and_traded_on_alike_have_the_same_blocks() {
    let run = || {
        let (mut chain, prospect) = open(Scene::Calm);
        let mut market = Market::new(prospect, Scene::Calm, 1, START);
        for _ in 0..20 {
            market.play(&mut chain).unwrap_or_else(|error| panic!("{error}"));
            chain.node.seal().unwrap();
        }
        (chain.node.head().number(), chain.node.head().hash())
    };
    assert_eq!(run(), run());
}

#[test]
fn a_price_cut_is_printed_settled_and_called() {
    let (mut chain, prospect) = open(Scene::MarginCall);
    let mut market = Market::new(prospect, Scene::MarginCall, 1, Scene::MarginCall.start(START));
    let mut names = std::collections::BTreeMap::<String, u32>::new();
    for round in 0..260 {
        market.play(&mut chain).unwrap_or_else(|error| panic!("{error}"));
        while chain.node.ready_count() > 0 {
            chain.node.seal().unwrap();
        }
        if round == 200 {
            // On to noon.
            chain.node.clock_to(Scene::MarginCall.start(START) + 310);
            chain.node.seal().unwrap();
        }
    }
    for height in 0..=chain.node.head().number() {
        for included in &chain.node.block(height.into()).unwrap().transactions {
            for log in &included.logs {
                let topics: Vec<[u8; 32]> = log.topics.iter().map(|topic| topic.0).collect();
                for contract in Contract::ALL {
                    if let Some(event) = codec::event(contract, &topics, &log.data) {
                        *names.entry(event.name.to_owned()).or_default() += 1;
                        break;
                    }
                }
            }
        }
    }
    println!("{names:?}");
    assert_eq!((names["Printed"], names["MarginCall"]), (2, 1), "{names:?}");
    assert!(names["Settled"] > 0 && names["Filled"] > 50, "{names:?}");
    assert!(with(&mut chain, |client| client.view(&view::Audit {})).unwrap().balanced);
}

#[test]
fn hundreds_of_messages_a_second_go_the_whole_way() {
    let (mut chain, _) = open(Scene::Calm);
    let you = keyring::all().swap_remove(0);
    let seat = join(&mut chain, &you, 1_000_000);
    let curve = with(&mut chain, |client| client.cell(&stored::curve(TPI))).unwrap().unwrap();
    let mark = curve.month(Instrument::new(TPI, 0)).unwrap().mark;
    let to = chain.deployment.get(Contract::Clearing).unwrap();
    let count = 400_u32;
    let (begun, mut done, mut longest) = (processor_seconds(), 0, 0.0_f64);
    for number in 0..count {
        let price = Ticks(mark.0 - 20 - number);
        let message = Message::Place { order: order(seat, Side::Buy, price, 1) };
        chain.post(&you, Some(to), codec::calldata(&message)).unwrap();
        if number % 40 == 39 {
            while chain.node.ready_count() > 0 {
                let sealed = chain.node.seal().unwrap();
                longest = longest.max(sealed.ending.as_secs_f64());
                done += sealed.transactions.iter().filter(|included| included.succeeded).count();
            }
        }
    }
    let rate = f64::from(count) / (processor_seconds() - begun);
    println!(
        "{rate:.0} orders a second of processor time, {done} of {count} done; a block ends in {:.1} ms",
        longest * 1e3
    );
    assert!(done > 200 && rate > 250.0, "{rate:.0} orders a second, {done} done");
}
