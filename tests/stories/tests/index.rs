//! The index on the development chain in process: a market that trades, blocks that are taken back, a program that is
//! killed at any moment. Whatever happens, the tables are those of the final chain.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use serde_json::{Value, json};
use sit_client::Deployment;
use sit_devnet::{
    DOT, keyring,
    market::{Market, Scene},
    measure::processor_seconds,
    node::{Beginning, Clock, Node as Chain},
    opening::{Opening, Prospect},
    rpc::{Devnet, Mining},
};
use sit_indexer::{
    follow::{Follower, Step},
    node::{Node, Questions, refused},
    source::SourceError,
    store::{Identity, Writer, digests},
};
use sit_programs::Dice;

/// Monday, 7 December 2026, 08:00 UTC.
const START: u64 = 1_796_630_400;

/// Seconds between two blocks of the test's market: a day of trading has 96 blocks.
const PACE: u64 = 900;

/// Blocks of the market: `SIT_INDEX_BLOCKS=2000` for the long form.
fn blocks() -> u64 {
    std::env::var("SIT_INDEX_BLOCKS").ok().and_then(|blocks| blocks.parse().ok()).unwrap_or(200)
}

#[derive(Clone)]
struct World {
    chain: Rc<RefCell<Devnet>>,
    market: Rc<RefCell<Market>>,
}

struct InProcess(Rc<RefCell<Devnet>>);

impl Questions for InProcess {
    fn ask_all(&mut self, questions: &[(&str, Value)]) -> Result<Vec<Value>, SourceError> {
        let mut chain = self.0.borrow_mut();
        questions
            .iter()
            .map(|(method, params)| chain.call(method, params).map_err(|error| refused(&error.message)))
            .collect()
    }
}

impl World {
    fn new(scene: Scene) -> Self {
        let start = scene.start(START);
        let prospect = Prospect::of(start, 1).unwrap();
        let accounts = keyring::all().iter().map(|key| (key.address, 1_000_000 * DOT, 10_000_000_000_000)).collect();
        let beginning = Beginning { time: Prospect::genesis_time(start), accounts, history: 256 };
        let node = Chain::new(&beginning, Clock::fixed(beginning.time, 0)).unwrap();
        let mut chain = Devnet::new(node, Deployment::default(), Mining::Manual);
        Opening::of(prospect.clone()).finish(&mut chain).unwrap_or_else(|error| panic!("{error}"));
        chain.node.clock = Clock::fixed(start, PACE);
        chain.node.clock_to(start);
        chain.node.seal().unwrap();
        let market = Market::new(prospect, scene, 1, start);
        Self { chain: Rc::new(RefCell::new(chain)), market: Rc::new(RefCell::new(market)) }
    }

    fn ask(&self, method: &str, params: &Value) -> Value {
        self.chain.borrow_mut().call(method, params).unwrap_or_else(|error| panic!("{method}: {error:?}"))
    }

    /// One round of the market, and a block of it.
    fn trade(&self) {
        let mut chain = self.chain.borrow_mut();
        self.market.borrow_mut().play(&mut chain).unwrap_or_else(|error| panic!("{error}"));
        chain.node.seal().unwrap();
    }

    /// Replaces the newest blocks by empty ones.
    fn reorg(&self, depth: u64) {
        self.ask("anvil_reorg", &json!([depth, []]));
    }

    /// Replaces the newest blocks by ones with the same transactions, some of them in a later one than before. Returns
    /// how many are in another block now.
    fn move_back(&self, depth: u64, dice: &mut Dice) -> usize {
        let (head, mut place) = (self.head(), 0);
        let mut moved: Vec<(Value, u64)> = Vec::new();
        let mut pairs = Vec::new();
        for number in head + 1 - depth..=head {
            let block = self.ask("eth_getBlockByNumber", &json!([format!("{number:#x}"), false]));
            for hash in block["transactions"].as_array().unwrap() {
                place = (number + depth - head - 1 + dice.roll(3)).clamp(place, depth - 1);
                pairs.push(json!([self.ask("eth_getRawTransactionByHash", &json!([hash])), place]));
                moved.push((hash.clone(), number));
            }
        }
        self.ask("anvil_reorg", &json!([depth, pairs]));
        let elsewhere = |(hash, number): &&(Value, u64)| {
            let receipt = self.ask("eth_getTransactionReceipt", &json!([hash]));
            receipt["blockNumber"].as_str().is_some_and(|now| now != format!("{number:#x}"))
        };
        moved.iter().filter(elsewhere).count()
    }

    fn head(&self) -> u64 {
        self.chain.borrow().node.head().number().into()
    }

    fn identity(&self) -> Identity {
        let mut chain = self.chain.borrow_mut();
        let genesis = chain.node.block(0).unwrap().hash().0;
        let chain_id = u64::from_str_radix(
            chain.call("eth_chainId", &json!([])).unwrap().as_str().unwrap().trim_start_matches("0x"),
            16,
        )
        .unwrap();
        Identity { chain_id, genesis, first_block: 0, deployment: chain.deployment.clone() }
    }

    fn follower(&self, folder: &Path) -> Follower<Node<InProcess>> {
        let writer = Writer::open(folder, self.identity()).unwrap_or_else(|error| panic!("{error}"));
        let node = Node::behind(InProcess(Rc::clone(&self.chain)));
        let mut follower = Follower::new(node, writer).unwrap_or_else(|error| panic!("{error}"));
        // What they take is measured by itself.
        follower.deposits = false;
        follower
    }

    /// Every account at the newest block: index, the contract's views, and the engine on the chain's cells, to the
    /// atom. Returns how many there are.
    fn compare(&self, follower: &mut Follower<Node<InProcess>>) -> usize {
        let tip = follower.writer().tip().unwrap().unwrap();
        let identity = self.identity();
        let books = follower.checker.books();
        let db = follower.writer().connection();
        let final_block = tip.number;
        let view = sit_indexer::query::View { db, books: &books, identity: &identity, tip, final_block };
        let mut chain = self.chain.borrow_mut();
        let deployment = chain.deployment.clone();
        let mut client = sit_client::Client::new(&mut *chain, deployment);
        let mut seats = 0;
        while let Some(account) = client.cell(&sit_native::stored::account(sit_engine::units::Seat(seats))).unwrap() {
            let told = view.account(seats.into()).unwrap_or_else(|error| panic!("{error}")).data;
            assert_eq!(told["cash_atoms"], account.cash.to_string());
            let mut state = client.state();
            let health = sit_engine::clearing::margin::assess(&mut state, &account).unwrap();
            assert_eq!(told["equity_atoms"], health.equity.0.to_string(), "seat {seats} at block {}", tip.number);
            let held: Vec<(u64, i64, String)> = account
                .positions()
                .iter()
                .filter(|position| position.is_exposed())
                .map(|position| (position.instrument.0.into(), position.net.0.into(), position.basis.0.to_string()))
                .collect();
            let told: Vec<(u64, i64, String)> = told["positions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|position| {
                    (
                        position["instrument"].as_u64().unwrap(),
                        position["net_lots"].as_i64().unwrap(),
                        position["basis_points"].as_str().unwrap().to_owned(),
                    )
                })
                .collect();
            assert_eq!(told, held, "seat {seats} at block {}", tip.number);
            seats += 1;
        }
        seats as usize
    }

    /// The tables of a fresh index of the chain as it is now.
    fn fresh(&self) -> Vec<(&'static str, String)> {
        let folder = tempfile::tempdir().unwrap();
        let mut follower = self.follower(folder.path());
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
        no_alarms(&mut follower);
        digests(follower.writer().connection()).unwrap()
    }
}

fn no_alarms(follower: &mut Follower<Node<InProcess>>) {
    let db = follower.writer().connection();
    let mut statement = db.prepare("SELECT block, kind, message FROM alarm").unwrap();
    let alarms: Vec<String> = statement
        .query_map([], |row| {
            let (block, kind, message): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(format!("block {block}, {kind}: {message}"))
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(alarms.is_empty(), "{} alarms:\n{}", alarms.len(), alarms.join("\n"));
}

fn count(follower: &mut Follower<Node<InProcess>>, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    follower.writer().connection().query_row(&sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn random_reorganisations_leave_the_tables_of_the_final_chain() {
    let world = World::new(Scene::Calm);
    let folder = tempfile::tempdir().unwrap();
    let mut follower = world.follower(folder.path());
    let mut dice = Dice(7);
    for _ in 0..30 {
        world.trade();
    }
    let (mut backs, mut deepest, mut compared, mut moved) = (0, 0, 0, 0);
    for _ in 0..blocks() {
        world.trade();
        match dice.roll(16) {
            0 => world.reorg(1 + dice.roll(20)),
            1 => moved += world.move_back(1 + dice.roll(20), &mut dice),
            _ => {}
        }
        if world.head().is_multiple_of(50) {
            follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
            compared += world.compare(&mut follower);
        }
        // Sometimes the index sleeps while blocks come and go.
        if dice.roll(4) > 0 {
            loop {
                match follower.step().unwrap_or_else(|error| panic!("{error}")) {
                    Step::Back { depth, .. } => {
                        backs += 1;
                        deepest = deepest.max(depth);
                    }
                    Step::Taken { at_head: false, .. } => {}
                    _ => break,
                }
            }
        }
    }
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    no_alarms(&mut follower);
    assert!(follower.checker.books().verified);
    let tables =
        ["trade", "order_event", "account_event", "mark", "settlement", "candle", "position_day", "index_print"];
    let counts: Vec<String> = tables.iter().map(|table| format!("{table} {}", count(&mut follower, table))).collect();
    println!(
        "{} blocks, {backs} reorganisations, the deepest {deepest}, {moved} transactions in another block than before: {}",
        world.head(),
        counts.join(", ")
    );
    assert!(backs > 5 && deepest > 10 && moved > 20, "the chain was reorganised");
    let transactions = "(SELECT hash FROM raw_transaction GROUP BY hash HAVING count(*) > 1)";
    assert_eq!(count(&mut follower, transactions), 0, "a transaction that has moved is there once");
    assert!(compared > 10, "{compared} accounts were compared");
    for table in tables {
        assert!(count(&mut follower, table) > 0, "nothing is in {table}");
    }
    assert_eq!(digests(follower.writer().connection()).unwrap(), world.fresh());

    // And what follows from the raw tables follows from them again.
    let before = digests(follower.writer().connection()).unwrap();
    follower.writer().rebuild().unwrap();
    assert_eq!(digests(follower.writer().connection()).unwrap(), before);
}

#[test]
fn deposits_are_what_the_chain_holds_for_the_contract_and_come_back_with_what_they_were_for() {
    let world = World::new(Scene::Calm);
    let folder = tempfile::tempdir().unwrap();
    let mut follower = world.follower(folder.path());
    follower.deposits = true;
    let blocks = 120;
    let mut dice = Dice(9);
    for number in 0..blocks {
        world.trade();
        if number > 60 && dice.roll(10) == 0 {
            world.move_back(1 + dice.roll(8), &mut dice);
        }
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    }
    // Until the past is worked out, too, as far as the node has its states.
    while follower.writer().deposits().unwrap().is_none_or(|(first, _)| first > world.head() - blocks) {
        let before = follower.writer().deposits().unwrap();
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
        assert_ne!(follower.writer().deposits().unwrap(), before, "it goes on");
    }
    let house = world.identity().deployment.get(sit_native::Contract::Clearing).unwrap();
    let held = |number: u64| -> i128 {
        let chain = world.chain.borrow();
        let block = chain.node.block(number).unwrap();
        chain.node.planck(&block, house.into()).cast_signed()
    };
    let (mut whole, mut partly, mut transactions, mut up, mut down) = (0, 0, 0, 0, 0);
    for number in world.head() - blocks + 1..=world.head() {
        // What only concerns the oracle or the programme holds nothing for the clearing house.
        let sql = "SELECT d.planck, t.succeeded AND EXISTS (SELECT 1 FROM raw_log l WHERE l.block = t.block \
                   AND l.position = t.position AND l.address = ?2) FROM deposit d JOIN raw_transaction t \
                   ON t.block = d.block AND t.position = d.position WHERE d.block = ?1";
        let db = follower.writer().connection();
        let mut statement = db.prepare(sql).unwrap();
        let rows =
            statement.query_map((number.cast_signed(), &house[..]), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let rows: Vec<(Option<i64>, bool)> = rows.collect::<Result<_, _>>().unwrap();
        if rows.iter().any(|(planck, concerns)| planck.is_none() && *concerns) {
            partly += 1;
            continue;
        }
        let told: i128 = rows.iter().map(|(planck, _)| i128::from(planck.unwrap_or(0))).sum();
        // The chain rounds what it gives back, by a planck for each transaction that gets something back.
        let refunds = rows.iter().filter(|(planck, _)| planck.is_some_and(|planck| planck < 0)).count();
        let left = held(number) - held(number - 1) - told;
        let words = format!("block {number} of {}: {left} planck besides {rows:?}", world.head());
        assert!((0..=i128::try_from(refunds).unwrap()).contains(&left), "{words}");
        whole += 1;
        transactions += rows.len();
        up += rows.iter().filter(|(planck, _)| planck.is_some_and(|planck| planck > 0)).count();
        down += rows.iter().filter(|(planck, _)| planck.is_some_and(|planck| planck < 0)).count();
    }
    println!(
        "{whole} blocks with {transactions} transactions, {up} of which deposit and {down} get something back; {partly} \
         blocks with something that cannot be told"
    );
    assert!(whole > 4 * partly && up > 50 && down > 5);
    no_alarms(&mut follower);
}

#[test]
fn a_hundred_thousand_events_are_indexed_within_a_minute() {
    let world = World::new(Scene::Calm);
    let wanted: u64 = std::env::var("SIT_INDEX_EVENTS").ok().and_then(|events| events.parse().ok()).unwrap_or(2_000);
    let mut seen = BTreeSet::new();
    let mut events = 0_u64;
    while events < wanted {
        world.trade();
        let logs = world.ask("eth_getLogs", &json!([{ "fromBlock": "latest" }]));
        if seen.insert(world.head()) {
            events += logs.as_array().unwrap().len() as u64;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut follower = world.follower(folder.path());
    let (begun, computed) = (Instant::now(), processor_seconds());
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    // Node and index compute on this thread; a machine that builds something else meanwhile is no fault of theirs.
    let (passed, seconds) = (begun.elapsed().as_secs_f64(), processor_seconds() - computed);
    let logs = count(&mut follower, "raw_log");
    let rate = logs as f64 / seconds;
    println!(
        "{logs} events of {} blocks: {seconds:.1} s of the processor, {rate:.0} a second; {passed:.1} s passed",
        world.head()
    );
    no_alarms(&mut follower);
    assert!(seconds / (logs as f64) < 60.0 / 100_000.0, "{logs} events took {seconds:.1} s");
}
