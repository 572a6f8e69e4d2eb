//! What is said before a signature is what the chain then does, and the transaction is on its way soon after the key.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crate::{
    support::{Chain, Dice, SOON, yours},
    trading::{join, mark},
};
use sit_client::{
    Client,
    rpc::{Key, Node, Record, Rpc, connect},
};
use sit_engine::{
    clearing::{Instrument, Place, Policy},
    launch::{DOLLAR, TPI},
    units::{Lots, Seat, Side, Ticks},
};
use sit_native::{Contract, EmittedEvent, Message, message::limit_order, preview::standing, stored};
use sit_programs::{Fault, Proxy};

/// Three people of one chain, and what they may do next.
struct People {
    client: Client<Node>,
    all: Vec<(Key, Seat)>,
    dice: Dice,
    marks: Vec<(Instrument, Ticks)>,
    resting: Vec<(usize, Instrument, Ticks, u32)>,
}

impl People {
    fn order(&mut self, seat: Seat) -> Place {
        let side = if self.dice.roll(2) == 0 { Side::Buy } else { Side::Sell };
        let (instrument, mark) = self.marks[self.dice.roll(3) as usize];
        let price = Ticks(mark.0 - 6 + u32::try_from(self.dice.roll(13)).expect("small"));
        // Now and then far more than anybody can pay for.
        let most = if self.dice.roll(8) == 0 { 100_000 } else { 40 };
        let lots = Lots(1 + u32::try_from(self.dice.roll(most)).expect("small"));
        let policy = [Policy::Rest, Policy::Rest, Policy::ImmediateOrCancel, Policy::FillOrKill, Policy::PostOnly]
            [self.dice.roll(5) as usize];
        let reduce_only = self.dice.roll(8) == 0;
        Place { policy, reduce_only, ..limit_order(seat, instrument, side, price, lots) }
    }

    fn message(&mut self, who: usize) -> Message {
        let seat = self.all[who].1;
        let known =
            (!self.resting.is_empty()).then(|| self.resting[self.dice.roll(self.resting.len() as u64) as usize]);
        match (self.dice.roll(10), known) {
            // Of somebody else's account too: the number is looked for in one's own.
            (0, Some((_, instrument, price, number))) => Message::Cancel { seat, instrument, price, number },
            (1, Some((_, _, price, number))) => Message::Replace { price, number, order: self.order(seat) },
            (2, _) => {
                let most = if self.dice.roll(3) == 0 { 1_000_000 } else { 900 };
                Message::Withdraw { seat, amount: (1 + self.dice.roll(most)) * DOLLAR }
            }
            (3, _) => Message::CancelAll { seat, instrument: Instrument::new(TPI, 0) },
            _ => Message::Place { order: self.order(seat) },
        }
    }
}

/// Random messages in the states that they lead to, each foreseen and then sent.
fn foreseen(seed: u64, messages: u32) {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let mut client = chain.client();
    let all: Vec<(Key, Seat)> = [90_000, 40_000, 6_000]
        .into_iter()
        .enumerate()
        .map(|(number, dollars)| (yours(number), join(&mut client, &yours(number), dollars)))
        .collect();
    let curve = client.cell(&stored::curve(TPI)).expect("it answers").expect("it is listed");
    let marks = curve.months().iter().map(|month| (month.instrument, month.mark)).collect();
    let mut people = People { client, all, dice: Dice(seed), marks, resting: Vec::new() };
    let (mut accepted, mut traded, mut refused) = (0, 0, BTreeSet::new());
    for number in 0..messages {
        let who = people.dice.roll(3) as usize;
        let message = people.message(who);
        let (key, seat) = people.all[who].clone();
        let said = people.client.preview(&key, seat, &message).expect("every cell is read");
        let sent = people.client.send(&key, &message);
        match (&said.outcome, &sent) {
            (Ok(_), Ok(done)) => {
                accepted += 1;
                let told: Vec<EmittedEvent> = said.events.iter().map(EmittedEvent::from).collect();
                let told: Vec<&EmittedEvent> = told.iter().collect();
                let kept: Vec<&EmittedEvent> =
                    done.events.iter().filter(|event| event.contract == Contract::Clearing).collect();
                assert_eq!(kept, told, "message {number}, {message:?}");
                traded += u32::from(told.iter().any(|event| event.name == "Filled"));
                for event in &told {
                    if let (Message::Place { order }, "Placed") = (&message, event.name)
                        && let Some((_, sit_native::Argument::Number(placed))) =
                            event.fields.iter().find(|(name, _)| *name == "number")
                    {
                        let placed = u32::try_from(*placed).expect("a number of an order");
                        people.resting.push((who, order.instrument, order.price, placed));
                    }
                }
            }
            (Err(error), Err(failure)) => {
                assert_eq!(failure.name(), error.name(), "message {number}, {message:?}");
                refused.insert(error.name());
            }
            _ => panic!("message {number}, {message:?}: said {:?}, then {sent:?}", said.outcome),
        }
        let mut state = people.client.state();
        assert_eq!(standing(&mut state, seat), said.after, "message {number}, {message:?}");
        assert!(state.failure().is_none());
    }
    println!("seed {seed}: {messages} previews kept, {accepted} accepted ({traded} traded), refused: {refused:?}");
    assert!(accepted * 3 > messages && traded > 2 && refused.len() >= 4, "{accepted} accepted, {refused:?}");
}

#[test]
fn what_is_said_before_a_signature_is_what_the_chain_does_to_the_atom() {
    foreseen(11, 60);
}

#[test]
#[ignore = "five hundred messages take minutes: cargo test --workspace --test node -- --ignored"]
fn what_is_said_of_five_hundred_messages_is_what_the_chain_does_to_the_atom() {
    foreseen(12, 500);
}

/// Prints how long an order takes from the call to the node, and in how many requests. The figures are of this machine.
#[test]
fn an_order_is_on_its_way_after_few_requests() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let record = Record::of_development_chain(&mut chain.rpc()).expect("a record");
    let requests: Arc<Mutex<Vec<(Instant, String)>>> = Arc::default();
    let seen = requests.clone();
    let proxy = Proxy::to(&chain.url, move |body| {
        seen.lock().expect("no test panics in it").push((Instant::now(), body.to_owned()));
        Fault::None
    });
    let begun = Instant::now();
    let mut client = connect(Rpc::new(&proxy.url, SOON).expect("an address"), &record).expect("it fits");
    println!("connected after {:?}", begun.elapsed());
    let seat = join(&mut client, &yours(0), 50_000);
    let mark = mark(&mut client).0;
    let mut waits = Vec::new();
    let mut asked = Vec::new();
    for number in 0..20 {
        let order = limit_order(seat, Instrument::new(TPI, 0), Side::Buy, Ticks(mark - 20 - number), Lots(1));
        let message = Message::Place { order };
        requests.lock().expect("no test panics in it").clear();
        let begun = Instant::now();
        client.preview(&yours(0), seat, &message).expect("every cell is read");
        let previewed = (begun.elapsed(), requests.lock().expect("no test panics in it").len());
        let begun = Instant::now();
        client.send(&yours(0), &message).expect("it rests");
        let seen = requests.lock().expect("no test panics in it");
        let position = seen.iter().position(|(_, body)| body.contains("eth_sendRawTransaction")).expect("it is sent");
        let wait = seen[position].0.duration_since(begun);
        waits.push((wait, previewed.0));
        asked.push((previewed.1, position + 1 - previewed.1));
    }
    waits.sort();
    let middle: (Duration, Duration) = waits[waits.len() / 2];
    println!("an order is sent {:?} after the call, its preview took {:?} (medians of 20)", middle.0, middle.1);
    let (preview, send) = asked.into_iter().max().expect("twenty");
    println!("requests: {preview} of the preview, {send} until it is sent");
    assert!(preview <= 12 && send == 2, "{preview} and {send} requests");
}
