//! The exchange on the development chain: opened, traded on, and alive.

use std::{collections::BTreeMap, time::Instant};

use serde_json::{Value, json};
use sit_client::{Client, Deployment, Failure, codec};
use sit_devnet::{
    DOT,
    keyring::{self, Key, Role},
    market::{Market, Scene},
    measure::processor_seconds,
    node::{Beginning, Clock, Node},
    opening::{Opening, Prospect},
    rpc::{Devnet, Mining},
};
use sit_engine::{
    calendar::DAY,
    clearing::{Instrument, Place, opening::OPENING_SECONDS},
    launch::{DOLLAR, TPI},
    oracle::Rules,
    units::{Lots, Seat, Side, Ticks},
};
use sit_native::message::limit_order;
use sit_native::{Argument, Contract, Message, TokenAmount, answers::PlacedOrder, stored, view};

#[path = "exchange/gas.rs"]
mod gas;
#[path = "exchange/makers.rs"]
mod makers;
#[path = "exchange/money.rs"]
mod money;
#[path = "exchange/reads.rs"]
mod reads;

/// Monday, 7 December 2026, 08:00 UTC.
const START: u64 = 1_796_630_400;

/// An exchange at the beginning of its first trading day, and what is known of it.
fn open(scene: Scene) -> (Devnet, Prospect) {
    let start = scene.start(START);
    let prospect = Prospect::of(start, 1).unwrap().opened_before(scene.opens_before());
    let accounts = keyring::all().iter().map(|key| (key.address, 1_000_000 * DOT, 10_000_000_000_000)).collect();
    let beginning =
        Beginning { time: Prospect::genesis_time_before(start, scene.opens_before()), accounts, history: 64 };
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
    // Who, what with its arguments, what came of it with the error's sentence, its share of a block, what it cost.
    let Seat(seat_number) = seat;
    let what = format!(
        "  you 1 clearing.cancel(seat: {seat_number}, instrument: 0, price: {}, number: {}) | REFUSED, NotAuthorised(): ",
        price.0, placed.number
    );
    let line = told.lines().find_map(|line| line.strip_prefix(what.as_str())).unwrap_or_else(|| panic!("{told}"));
    let [sentence, share, cost] = line.split(" | ").collect::<Vec<_>>()[..] else { panic!("{line}") };
    assert!(sentence.len() > 20, "{line}");
    let share: f64 = share.strip_suffix(" % of a block").unwrap().parse().unwrap();
    assert!(share > 0.1 && share < 20.0, "{line}");
    let cost: f64 = cost.strip_suffix(" DOT").unwrap().parse().unwrap();
    assert!(cost > 0.001 && cost < 1.0, "{line}");

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

/// A market under way.
struct Stage {
    chain: Devnet,
    market: Market,
}

impl Stage {
    fn of(scene: Scene) -> Self {
        let (chain, prospect) = open(scene);
        Self { chain, market: Market::new(prospect, scene, 1, scene.start(START)) }
    }

    /// So many rounds, each with its blocks.
    fn play(&mut self, rounds: u32) {
        for _ in 0..rounds {
            self.market.play(&mut self.chain).unwrap_or_else(|error| panic!("{error}"));
            while self.chain.node.ready_count() > 0 {
                self.chain.node.seal().unwrap();
            }
        }
    }

    fn on_to(&mut self, time: u64) {
        self.chain.node.clock_to(time);
        self.chain.node.seal().unwrap();
    }

    /// How often each event was told from a block on.
    fn told(&self, from: u32) -> BTreeMap<&'static str, u32> {
        let mut names = BTreeMap::new();
        for height in from..=self.chain.node.head().number() {
            for log in self.chain.node.block(height.into()).unwrap().transactions.iter().flat_map(|done| &done.logs) {
                let topics: Vec<[u8; 32]> = log.topics.iter().map(|topic| topic.0).collect();
                let of = self.chain.deployment.contract_at(log.address.0);
                if let Some(event) = of.and_then(|contract| codec::event(contract, &topics, &log.data)) {
                    *names.entry(event.name).or_default() += 1;
                }
            }
        }
        names
    }

    fn marks(&mut self) -> Vec<u32> {
        let curve = with(&mut self.chain, |client| client.cell(&stored::curve(TPI))).unwrap().unwrap();
        curve.months().iter().map(|month| month.mark.0).collect()
    }

    fn balanced(&mut self) -> bool {
        with(&mut self.chain, |client| client.view(&view::Audit {})).unwrap().balanced
    }
}

#[test]
fn a_hedger_who_has_put_in_little_is_called_when_the_price_falls() {
    let mut stage = Stage::of(Scene::MarginCall);
    stage.play(120);
    let before = stage.told(0);
    assert_eq!((before.get("Printed"), before.get("MarginCall")), (Some(&1), None), "{before:?}");
    stage.on_to(Scene::MarginCall.start(START) + 310);
    stage.play(60);
    let names = stage.told(0);
    println!("{names:?}");
    assert_eq!((names["Printed"], names["MarginCall"]), (2, 1), "{names:?}");
    assert!(names["Settled"] > 0 && names["Filled"] > 50, "{names:?}");
    assert!(stage.balanced());
}

#[test]
fn a_follower_has_sold_after_the_price_fell() {
    let scene = Scene::MarginCall;
    let (chain, prospect) = open(scene);
    let start = scene.start(START);
    let market = Market::new(prospect, scene, 1, start).without(&[Role::Taker, Role::Hedger]);
    let mut stage = Stage { chain, market };
    stage.play(20);
    // Two makers have joined before it, and nobody after it.
    let seats = with(&mut stage.chain, |client| client.cell(&stored::ledger())).unwrap().unwrap().seats;
    let held = |stage: &mut Stage| {
        let account = with(&mut stage.chain, |client| client.cell(&stored::account(Seat(seats - 1)))).unwrap().unwrap();
        (account.owner, account.net(Instrument::new(TPI, 0)).0)
    };
    let (owner, before) = held(&mut stage);
    let follower = keyring::all().into_iter().find(|key| key.role == Role::Follower).unwrap();
    assert_eq!(owner, follower.address.0);
    // The price falls by an eighth at noon, the books open again two minutes later, and it sells for as long as the
    // price is below what it has been.
    stage.on_to(start + 310);
    stage.play(150);
    let (_, after) = held(&mut stage);
    println!("the follower has {before} lots before and {after} after the price fell by an eighth");
    assert!(after < before - 12, "{before} lots before and {after} after the price fell by an eighth");
    assert!(stage.balanced());
}

#[test]
fn a_cut_by_a_quarter_waits_for_its_confirmation_and_is_printed_and_settled_then() {
    let mut stage = Stage::of(Scene::PriceCut);
    stage.play(40);
    let (marks, noon) = (stage.marks(), Scene::PriceCut.start(START) + 300);
    stage.on_to(noon + 10);
    stage.play(20);
    let doubted = stage.told(0);
    assert_eq!(doubted["Printed"], 1, "the index has computed a price and doubts it: {doubted:?}");
    assert_eq!(stage.marks(), marks, "and nobody is settled at it");
    stage.on_to(noon + u64::from(Rules::TPI.confirm_delay) + 120);
    stage.play(40);
    let names = stage.told(0);
    println!("{names:?}");
    assert_eq!(names["Printed"], 2, "{names:?}");
    assert!(names["Settled"] > 0, "{names:?}");
    let falls: Vec<f64> =
        stage.marks().iter().zip(&marks).map(|(now, then)| 1.0 - f64::from(*now) / f64::from(*then)).collect();
    assert!(falls.iter().all(|fall| (0.15..0.35).contains(fall)), "{falls:?}");
    assert!(stage.balanced());
}

#[test]
fn on_its_last_day_a_month_stops_trading_gets_its_final_price_and_pays_everybody() {
    let mut stage = Stage::of(Scene::ExpiryDay);
    let day = Scene::ExpiryDay.start(START) - 8 * 3_600;
    let (front, next) = (Instrument::new(TPI, 0), Instrument::new(TPI, 1));
    stage.play(120);
    let open = |stage: &mut Stage, instrument| {
        let market = with(&mut stage.chain, |client| client.cell(&stored::market(instrument))).unwrap().unwrap();
        (market.open_interest.0, market.holders, market.final_price)
    };
    assert!(open(&mut stage, front).0 > 0, "people hold the month");
    stage.on_to(day + 12 * 3_600 + 60);
    stage.play(10);
    assert_eq!(stage.told(0)["Printed"], 5, "four days before, and this one");
    let last = stage.chain.node.head().number();
    stage.on_to(day + 16 * 3_600 + 1);
    stage.play(20);
    let placed = with(&mut stage.chain, |client| client.events(u64::from(last) + 2..=u64::MAX)).unwrap();
    let instruments: Vec<u128> = placed
        .iter()
        .filter(|(_, event)| event.name == "Placed")
        .filter_map(|(_, event)| match event.fields.iter().find(|(name, _)| *name == "instrument") {
            Some((_, Argument::Number(number))) => Some(*number),
            _ => None,
        })
        .collect();
    assert!(!instruments.is_empty() && !instruments.contains(&u128::from(front.0)), "{instruments:?}");
    // The price is proposed when the day and the lock are over, and final a day later.
    stage.on_to(day + u64::from(DAY + Rules::TPI.lock_delay) + 10);
    stage.play(3);
    assert_eq!(open(&mut stage, front).2, None);
    stage.on_to(day + u64::from(2 * DAY + Rules::TPI.lock_delay) + 60);
    stage.play(6);
    // Losers pay at once, winners are paid two minutes later.
    let last = stage.chain.node.head().time();
    stage.on_to(last + u64::from(OPENING_SECONDS));
    stage.play(3);
    let names = stage.told(0);
    println!("{names:?}");
    let (lots, holders, price) = open(&mut stage, front);
    assert!(price.is_some_and(|price| price.0 > 0), "{names:?}");
    assert_eq!((lots, holders), (0, 0), "everybody has what is theirs: {names:?}");
    assert!(open(&mut stage, next).2.is_none());
    assert!(stage.balanced());
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
