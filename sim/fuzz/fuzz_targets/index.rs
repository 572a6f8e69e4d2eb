//! Any batches of any reporters: a print lies between the lowest and the highest price that a reporter has sent of any
//! provider, a valid one moves no further than the rules let it, and a day that is not printed leaves the last one.
//!
//! Twelve bytes a quote: whose, of which provider, what, and when.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use sit_engine::calendar::Day;
use sit_engine::launch::TPI_INDEX;
use sit_engine::oracle::{self, Entry, Quote, Rules, Validity};
use sit_market::sequence::World;
use sit_native::{Exchange, Message};

/// Providers of the basket, of one quality.
const PROVIDERS: u8 = 6;

/// Rules of the token index for them.
const RULES: Rules = Rules { min_providers: 3, cap_bps: 4_000, ..Rules::TPI };

static BEGUN: OnceLock<(World, Exchange)> = OnceLock::new();

fn begun() -> (World, Exchange) {
    let world = World::named();
    let mut exchange = world.deployed();
    let governance = world.addresses.governance;
    let mut send = |message| exchange.send(governance, &message).map(|_| ()).expect("the index is founded");
    send(Message::SetIndex { index: TPI_INDEX, rules: RULES });
    for provider in 0..PROVIDERS {
        send(Message::SetProvider { index: TPI_INDEX, provider, score: RULES.reference_score });
    }
    for reporter in world.reporters {
        send(Message::AddReporter { index: TPI_INDEX, reporter });
    }
    (world, exchange)
}

fuzz_target!(|bytes: &[u8]| {
    let (world, begun) = BEGUN.get_or_init(begun);
    let mut exchange = begun.clone();
    // Who is registered counts from the next day on.
    let mut day = Day(Day::of(exchange.now).0 + 1);
    let (mut least, mut most) = (u64::MAX, 0_u64);
    for quotes in bytes.chunks(12 * usize::from(PROVIDERS)) {
        exchange.now = exchange.now.max(day.start().later(RULES.opens));
        let head = quotes[0];
        let reporter = world.reporters[usize::from(head) % world.reporters.len()];
        let mut batch: Vec<Entry> = Vec::new();
        for (provider, quote) in (0..PROVIDERS).zip(quotes.chunks_exact(12)) {
            let number = |from: usize| u32::from_be_bytes([0, quote[from], quote[from + 1], quote[from + 2]]);
            // Three octaves around a quarter of a dollar for most, anything for the others.
            let near = |value: u32| 125_000 + value % 875_000;
            let wild = quote[1] % 16 == 0;
            let (input, output) = (number(2), number(5));
            let (input, output) = if wild { (input, output) } else { (near(input), near(output)) };
            let volume = u64::from(number(8)) << (quote[11] % 17);
            batch.push(Entry { provider, quote: Quote { input, output, volume } });
        }
        let submit = Message::Submit { index: TPI_INDEX, day, batch: batch.clone() };
        if exchange.send(reporter, &submit).is_ok() {
            for Entry { quote, .. } in batch {
                let (input, output) = (u64::from(quote.input), u64::from(quote.output));
                least = least.min(input).min(output);
                most = most.max(input).max(output);
            }
        }
        if head & 0x80 != 0 {
            exchange.now = exchange.now.later(RULES.confirm_delay);
            publish(&mut exchange, world.stranger, day, (least, most));
            day = Day(day.0 + 1);
        }
    }
});

fn publish(exchange: &mut Exchange, by: [u8; 20], day: Day, (least, most): (u64, u64)) {
    let last = oracle::latest(&exchange.oracle, TPI_INDEX).ok();
    let published = exchange.send(by, &Message::Publish { index: TPI_INDEX, day });
    let Ok(print) = oracle::latest(&exchange.oracle, TPI_INDEX) else { return };
    if last.is_some_and(|last| last.day == print.day) || published.is_err() {
        assert_eq!(last.map(|last| last.price), Some(print.price), "a print that is no new one has not changed");
        return;
    }
    let price = u64::from(print.price);
    assert!((least..=most).contains(&price), "{price} is no price between {least} and {most}");
    let now = exchange.now;
    if let (Some(last), Ok(Validity::Valid)) = (last, oracle::validity_of(&exchange.oracle, TPI_INDEX, now)) {
        let (low, high) = (u64::from(last.price.min(print.price)), u64::from(last.price.max(print.price)));
        assert!(high * 10_000 <= low * u64::from(RULES.reject_above), "a print of an error of units");
    }
}
