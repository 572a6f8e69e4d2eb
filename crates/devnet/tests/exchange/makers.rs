//! What the two makers of the living market quote.

use std::collections::{BTreeMap, BTreeSet};

use sit_client::codec;
use sit_devnet::{
    keyring::{self, Role},
    market::{Market, Scene},
};
use sit_engine::{
    clearing::{Instrument, Place, Policy},
    launch::TPI,
    units::{Seat, Side, Ticks},
};
use sit_native::{Contract, Message, event::clearing::Placed, stored};

use crate::{START, Stage, join, open, order, with};

/// Each maker's newest quote in each month, bids first: a quote voids those before it.
type Quotes = BTreeMap<(Seat, Instrument), Vec<(Side, Ticks)>>;

/// The quotes of the blocks from one on. Nobody else has orders that rest.
fn quotes(stage: &mut Stage, from: u32) -> Quotes {
    let events = with(&mut stage.chain, |client| client.events(from.into()..=u64::MAX)).unwrap();
    let mut newest = BTreeMap::<_, (u64, Vec<_>)>::new();
    for (block, event) in &events {
        let Some(Placed { seat, instrument, side, price, .. }) = event.read() else { continue };
        let quote = newest.entry((seat, instrument)).or_default();
        if quote.0 != *block {
            *quote = (*block, Vec::new());
        }
        quote.1.push((side, price));
    }
    newest.into_iter().map(|(of, (_, levels))| (of, levels)).collect()
}

#[test]
fn both_makers_quote_all_ten_months_and_leave_room_in_every_block() {
    let mut stage = Stage::of(Scene::Calm);
    let limit = stage.chain.node.block_limit();
    let (mut rounds, mut fullest) = (Vec::new(), 0.0_f64);
    for _ in 0..23 {
        let from = stage.chain.node.head().number() + 1;
        stage.play(1);
        rounds.push(quotes(&mut stage, from));
        for height in from..=stage.chain.node.head().number() {
            let weight = stage.chain.node.block(height.into()).unwrap().weight;
            let share = |part: u64, whole: u64| part as f64 / whole as f64;
            let part = share(weight.proof_size, limit.proof_size).max(share(weight.ref_time, limit.ref_time));
            fullest = fullest.max(part);
        }
    }
    // In the first round everybody joins.
    let counts: Vec<usize> = rounds.iter().map(Quotes::len).collect();
    assert_eq!(counts[..3], [0, 10, 10], "{counts:?}");
    assert!(counts[3..].iter().all(|count| *count == 2), "{counts:?}");
    let quoted: BTreeSet<(Seat, Instrument)> = rounds[1..3].iter().flat_map(Quotes::keys).copied().collect();
    let makers: BTreeSet<Seat> = quoted.iter().map(|(seat, _)| *seat).collect();
    let months: Vec<Instrument> = (0..10).map(|serial| Instrument::new(TPI, serial)).collect();
    assert_eq!(makers.len(), 2);
    for (maker, month) in makers.iter().flat_map(|maker| months.iter().map(move |month| (*maker, *month))) {
        assert!(quoted.contains(&(maker, month)), "{maker:?} does not quote {month:?}");
        // And after twenty rounds more every quote has been renewed.
        let again = rounds[3..].iter().filter(|round| round.contains_key(&(maker, month))).count();
        assert_eq!(again, 2, "{maker:?} in {month:?}");
    }
    for ((maker, month), levels) in rounds[1..3].iter().flatten() {
        let prices = |wanted: Side| levels.iter().filter(move |(side, _)| *side == wanted).map(|(_, price)| *price);
        assert_eq!((prices(Side::Buy).count(), prices(Side::Sell).count()), (4, 4), "{maker:?} in {month:?}");
        assert!(prices(Side::Buy).max() < prices(Side::Sell).min(), "{levels:?}");
    }
    println!("the fullest block has {:.0} % of what one takes", 100.0 * fullest);
    assert!(fullest < 0.5, "{fullest} of a block");
}

/// The same market twice, and in one of them somebody sells to the makers what in the other they ask too much for:
/// whatever differs afterwards is what the makers hold.
#[test]
fn a_maker_who_has_bought_quotes_that_month_lower_and_no_other() {
    let front = Instrument::new(TPI, 0);
    let run = |sold: bool| {
        let (chain, prospect) = open(Scene::Calm);
        let market = Market::new(prospect, Scene::Calm, 1, START).without(&[Role::Taker, Role::Follower, Role::Hedger]);
        let mut stage = Stage { chain, market };
        stage.play(3);
        let you = keyring::all().swap_remove(0);
        let seat = join(&mut stage.chain, &you, 1_000_000);
        let curve = with(&mut stage.chain, |client| client.cell(&stored::curve(TPI))).unwrap().unwrap();
        let mark = curve.month(front).unwrap().mark.0;
        let price = Ticks(mark * if sold { 98 } else { 110 } / 100);
        let order = Place { policy: Policy::ImmediateOrCancel, ..order(seat, Side::Sell, price, 200) };
        let to = stage.chain.deployment.get(Contract::Clearing);
        stage.chain.post(&you, to, codec::calldata(&Message::Place { order })).unwrap();
        stage.chain.node.seal().unwrap();
        let from = stage.chain.node.head().number() + 1;
        stage.play(12);
        let quotes = quotes(&mut stage, from);
        let mut held = BTreeMap::new();
        for (maker, _) in quotes.keys() {
            let account = with(&mut stage.chain, |client| client.cell(&stored::account(*maker))).unwrap().unwrap();
            held.insert(*maker, account.net(front).0);
        }
        (stage.chain.node.head().time(), quotes, held)
    };
    let ((time, flat, nothing), (same_time, long, held)) = (run(false), run(true));
    assert_eq!((time, flat.len(), long.len()), (same_time, 20, 20));
    assert!(nothing.values().all(|lots| *lots == 0), "{nothing:?}");
    assert!(held.values().all(|lots| *lots > 40) && held.values().sum::<i32>() == 200, "{held:?}");
    for (of, levels) in &flat {
        if of.1 != front {
            assert_eq!(&long[of], levels, "{of:?} does not depend on what is held in another month");
            continue;
        }
        assert_eq!(long[of].len(), levels.len());
        for ((side, price), (same, lower)) in levels.iter().zip(&long[of]) {
            assert!(side == same && lower < price, "{of:?}, who holds {held:?}, quotes {lower:?} and not {price:?}");
        }
    }
}
