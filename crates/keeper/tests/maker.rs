//! The reference maker on the development chain: four weeks of trading, and a naive maker beside it.
//!
//! No clock of the machine has a say: the test moves the chain's, a step at a time, and the market, the keeper and the
//! makers act once a step. So the same seed gives the same course on any machine, however busy, and how soon a maker
//! looks again is a number of this file.

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use sit_client::{
    Client,
    rpc::{Key, Node},
};
use sit_engine::calendar::{DAY, REWARD_EPOCH_SECONDS, is_session};
use sit_engine::clearing::{Instrument, Measure};
use sit_engine::units::Seat;
use sit_keeper::{
    Journal,
    keeper::{Keeper, Options as Keeping},
    log::Log,
    maker::{Fair, Maker, Options},
    metrics::Metrics,
};
use sit_native::{Contract, Message, TokenAmount, view};
use support::Chain;

/// What a maker's account begins with: a million US dollars.
const CAPITAL: u64 = 1_000_000_000_000;

/// Monday, 30 November 2026, 08:00 UTC.
const START: u64 = 1_796_025_600;

/// Seeds of the four weeks.
const SEEDS: [u64; 5] = [1, 2, 3, 4, 5];

/// Seconds from one look of the makers to the next while there are sessions, and from one round of the market to the
/// next. `sit maker` looks twice a second; whoever meets what they owe at this pace meets it at that one.
const STEP: u32 = 600;

/// The same at weekends, when nobody trades and the index alone goes on.
const WEEKEND_STEP: u32 = 3_600;

/// Looks of the keeper in a step at most: what is due next is seen by the look after.
const LOOKS: usize = 12;

/// A key of the chain by its name.
fn key_of(chain: &Chain, name: &str) -> Key {
    Key::from_bytes(&chain.secret(name)).expect("it is a key")
}

/// Has the market play a round, and waits until it has.
fn play(chain: &Chain) {
    let asked = chain.ask("sit_play", json!([]));
    while chain.ask("sit_played", json!([])) != asked {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Opens an account, pays into it and applies.
fn apply(client: &mut Client<Node>, key: &Key) -> Seat {
    let seat: Seat = client.simulate(key, &Message::OpenAccount { sub: 0 }).expect("an account can be opened");
    let spender = client.address(Contract::Vault).expect("there is a vault");
    for message in [
        Message::OpenAccount { sub: 0 },
        Message::ApproveSpender { spender, value: TokenAmount(u128::MAX) },
        Message::Deposit { seat, amount: CAPITAL },
        Message::Apply { seat },
    ] {
        client.send(key, &message).expect("a maker can join");
    }
    seat
}

/// A maker of a course.
struct Player {
    name: &'static str,
    maker: Maker<Node>,
    seat: Seat,
    quotes: usize,
    refused: BTreeMap<String, usize>,
}

/// What a maker's course gave.
#[derive(Debug, Default)]
struct Given {
    name: &'static str,
    seat: u32,
    rows: Vec<(&'static str, i128)>,
    total: i128,
    lots: u64,
    quotes: usize,
    refused: BTreeMap<String, usize>,
    planck: u128,
    /// The least uptime of a month, in percent of what was due, by week.
    least_uptime: Vec<(u32, f64)>,
    /// Months of the week that had most of them.
    months: usize,
    rewarded: u64,
}

/// Someone who quotes what is owed and no more, at one price, and forgets what they hold.
fn naive() -> Options {
    let (levels, lots) = (1, 50);
    // Nor do they stop when they have lost.
    let most_loss = u64::MAX;
    Options { levels, lots, skew_bps: 0.0, refill_percent: 1, reprice_bps: 400.0, most_loss, ..Options::default() }
}

/// Plays so many days with these makers; everything else is done by the market that lives, and by a keeper. The
/// follower stays outside: the chapter's figures are of makers with one taker and one hedger.
fn course(seed: u64, days: u32, players: Vec<(&'static str, &'static str, Options)>) -> Vec<Given> {
    let folder = tempfile::tempdir().expect("a folder");
    let (seed, start) = (seed.to_string(), START.to_string());
    let clock = ["--deterministic", "--turns", "--seed", &seed, "--start", &start];
    let without = ["maker", "follower", "keeper"].into_iter().flat_map(|role| ["--without", role]);
    let chain = Chain::start(&clock.into_iter().chain(without).collect::<Vec<_>>());
    // Who is left of the market opens their accounts.
    play(&chain);
    let mut client = chain.client();
    let governor = key_of(&chain, "governor");
    let mut players: Vec<Player> = players
        .into_iter()
        .map(|(name, key, options)| {
            let key = key_of(&chain, key);
            let seat = apply(&mut client, &key);
            let journal = Journal::open(&folder.path().join(name)).expect("the journal opens");
            let metrics = Metrics::new("maker", Duration::from_secs(60)).expect("the name is good");
            let log = if std::env::var_os("SIT_SHOW").is_some() { Log::standard("maker") } else { Log::none("maker") };
            let maker = Maker::new(chain.client(), key, seat, Fair::marks(), options, journal, metrics, log);
            Player { name, maker: maker.expect("the journal is good"), seat, quotes: 0, refused: BTreeMap::new() }
        })
        .collect();
    let proposals: Vec<_> = players
        .iter()
        .map(|player| {
            let proposal = client.propose(&governor, &Message::Accept { seat: player.seat });
            let id = proposal.expect("it is proposed").id;
            let approval = client.approval(id).expect("the proposal is there");
            client.send(&governor, &approval).expect("the council approves");
            id
        })
        .collect();
    chain.ask("evm_increaseTime", json!([DAY + 60]));
    chain.mine();
    for (id, player) in proposals.iter().zip(&players) {
        let deployment = chain.deployment.clone();
        let now = client.now().expect("there is a time");
        let (_, call) = sit_client::govern::proposing(&deployment, now, &Message::Accept { seat: player.seat })
            .expect("the contract is deployed");
        client.send(&governor, &Message::Execute { id: *id, call }).expect("the action is executed");
    }
    let metrics = Metrics::new("keeper", Duration::from_secs(60)).expect("the name is good");
    let mut keeper = Keeper::new(
        chain.client(),
        key_of(&chain, "keeper"),
        Keeping { jitter: 0, ..Keeping::default() },
        None,
        metrics,
        Log::none("keeper"),
    )
    .expect("there is no journal");
    let since = client.now().expect("there is a time");
    let end = since.later(days * DAY);
    let mut given: Vec<Given> =
        players.iter().map(|player| Given { name: player.name, seat: player.seat.0, ..Given::default() }).collect();
    let (mut week, mut day) = (since.0 / REWARD_EPOCH_SECONDS, since.0 / DAY);
    // What each month of the week has had so far, looked at each day: one that leaves the curve before the week is over
    // counts with what it had.
    let mut had: Vec<BTreeMap<Instrument, Measure>> = players.iter().map(|_| BTreeMap::new()).collect();
    loop {
        // What the market did in the last step is what the makers find a step later: nobody is quicker than that.
        for player in &mut players {
            let pass = player.maker.pass().expect("the maker looks");
            assert_eq!(pass.stopped, None, "{} has stopped", player.name);
            player.quotes += pass.quoted;
            for why in pass.refused {
                *player.refused.entry(why).or_default() += 1;
            }
        }
        let now = client.now().expect("there is a time");
        let over = now >= end;
        let newer = now.0 / REWARD_EPOCH_SECONDS;
        if now.0 / DAY > day || over {
            for (player, had) in players.iter_mut().zip(&mut had) {
                had.extend(player.maker.uptimes(week, since).expect("the chain is read"));
            }
            day = now.0 / DAY;
        }
        if newer > week || over {
            for (had, given) in had.iter_mut().zip(&mut given) {
                if std::env::var_os("SIT_SHOW").is_some() {
                    println!("{} week {week}: {had:?}", given.name);
                }
                let shares = had.values().filter(|measure| measure.due > 3_600);
                let shares = shares.map(|measure| 100.0 * f64::from(measure.uptime) / f64::from(measure.due));
                given.least_uptime.push((week, shares.fold(100.0, f64::min)));
                given.months = given.months.max(had.len());
                had.clear();
            }
            week = newer;
        }
        if over {
            break;
        }
        chain.ask("evm_increaseTime", json!([if is_session(now) { STEP } else { WEEKEND_STEP }]));
        chain.mine();
        play(&chain);
        for _ in 0..LOOKS {
            if keeper.pass().expect("the keeper looks").done.is_empty() {
                break;
            }
        }
    }
    for (player, given) in players.iter_mut().zip(&mut given) {
        let maker = client.view(&view::Maker { seat: player.seat }).expect("the maker is known");
        given.rewarded = maker.due + maker.later;
        let profit = &player.maker.profit;
        given.rows = profit.rows().to_vec();
        given.refused = player.refused.clone();
        (given.total, given.lots, given.planck, given.quotes) =
            (profit.total(), profit.lots, profit.planck, player.quotes);
        let account = client.cell(&sit_native::stored::account(player.seat)).expect("it is read").expect("it is there");
        assert_eq!(profit.flows + profit.start, i128::from(CAPITAL), "{}: {account:?}", player.name);
    }
    given
}

fn table(given: &[Given]) {
    for given in given {
        let dollars = |atoms: i128| atoms as f64 / 1e6;
        println!(
            "{} (seat {}): {:.2} US dollars, {} lots, {} quotes, {:.2} DOT",
            given.name,
            given.seat,
            dollars(given.total),
            given.lots,
            given.quotes,
            given.planck as f64 / 1e10
        );
        for (source, amount) in &given.rows {
            println!("  {source:<10} {:>14.2}", dollars(*amount));
        }
        println!("  due and later from the programme {:.2}", dollars(i128::from(given.rewarded)));
        println!("  refused {:?}", given.refused);
        println!("  least uptime of a month, by week {:?}", given.least_uptime);
    }
}

/// The courses beside each other, as the chapter has them: sources of the reference maker and of the naive one, by
/// seed.
fn compare(courses: &[(u64, Vec<Given>)]) {
    let dollars = |atoms: i128| format!("{:.2}", atoms as f64 / 1e6);
    let all = || courses.iter().flat_map(|(_, given)| given);
    let row = |name: &str, of: &dyn Fn(&Given) -> String| {
        println!("| {name} | {} |", all().map(of).collect::<Vec<_>>().join(" | "));
    };
    let heads =
        courses.iter().flat_map(|(seed, given)| given.iter().map(move |given| format!("{seed}: {}", given.name)));
    println!("| | {} |", heads.collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "---|".repeat(all().count()));
    for (number, source) in ["edge", "inventory", "fees", "rewards", "other"].into_iter().enumerate() {
        row(source, &|given| {
            let (name, amount) = given.rows[number];
            assert_eq!(name, source, "the sources are in this order");
            dollars(amount)
        });
    }
    row("all", &|given| dollars(given.total));
    row("due and later from the programme", &|given| dollars(given.rewarded.into()));
    row("lots traded", &|given| given.lots.to_string());
    row("quotes sent", &|given| given.quotes.to_string());
    row("DOT", &|given| format!("{:.2}", given.planck as f64 / 1e10));
    row("least uptime of a month in a week, %", &|given| {
        format!("{:.1}", given.least_uptime.iter().map(|(_, uptime)| *uptime).fold(100.0, f64::min))
    });
}

/// What a maker owes, in every month of every week; and the table adds up.
fn met(given: &Given) {
    for (week, uptime) in &given.least_uptime {
        assert!(*uptime >= 80.0, "{} had {uptime} % in week {week}", given.name);
    }
    let rows: i128 = given.rows.iter().map(|(_, amount)| amount).sum();
    assert_eq!(rows, given.total, "the table adds up");
    assert!(given.lots > 0, "somebody traded with {}", given.name);
    assert!(given.months >= 10, "{} was measured in {} months", given.name, given.months);
}

/// A day over a print: the maker quotes ten months, keeps its uptime, and its table adds up to the chain's figure.
#[test]
fn a_maker_keeps_its_uptime_over_a_print() {
    let given = course(1, 1, vec![("reference", "maker 1", Options::default())]);
    table(&given);
    given.iter().for_each(met);
}

/// Four weeks of five markets, and a naive maker beside the reference in each of them. `SIT_SEED` plays one alone:
/// `cargo test --locked --workspace --test maker -- --ignored --nocapture four_weeks`.
#[test]
#[ignore = "takes half an hour"]
fn four_weeks_of_the_reference_and_a_naive_maker() {
    let only = std::env::var("SIT_SEED").ok().map(|seed| seed.parse().expect("SIT_SEED is a number"));
    let seeds: Vec<u64> = only.map_or_else(|| SEEDS.to_vec(), |seed| vec![seed]);
    let of = |seed: u64| {
        let given = course(seed, 28, vec![("reference", "maker 1", Options::default()), ("naive", "maker 2", naive())]);
        (seed, given)
    };
    // Two at a time; each has a chain of its own.
    let halves: Vec<Vec<u64>> = (0..2).map(|half| seeds.iter().copied().skip(half).step_by(2).collect()).collect();
    let mut courses: Vec<(u64, Vec<Given>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = halves
            .iter()
            .map(|half| scope.spawn(move || half.iter().map(|seed| of(*seed)).collect::<Vec<_>>()))
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a course ends")).collect()
    });
    courses.sort_by_key(|(seed, _)| *seed);
    for (seed, given) in &courses {
        println!("seed {seed}");
        table(given);
    }
    compare(&courses);
    for (seed, given) in &courses {
        let reference = &given[0];
        met(reference);
        let rewards = reference.rows.iter().find(|(source, _)| *source == "rewards").map_or(0, |(_, amount)| *amount);
        assert!(rewards > 0, "the programme has paid in the course of seed {seed}");
    }
}
