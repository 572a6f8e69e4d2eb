//! The keeper and the reporter on the development chain, over JSON-RPC, with lost requests and a kill every so often.

mod support;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use alloy_core::primitives::hex;
use serde_json::json;
use sit_client::{
    Client, Deployment, Signer as _,
    rpc::{Key, Limits, Node, Rpc},
};
use sit_engine::{
    calendar::Day,
    chain::Address,
    oracle::{Reporters, Setup, Submission, slot_of},
};
use sit_keeper::{
    Journal, Snapshot,
    due::{self, Cares},
    keeper::{Keeper, Options},
    log::Log,
    metrics::Metrics,
    reporter::{self, Mapping, Reporter, Web},
};
use sit_native::stored;
use sit_programs::{Fault, Proxy};
use support::Chain;

/// From block to block, as on the Hub. A block comes as soon as the keepers have done what they do in one, so that the
/// test does not wait for nothing; whoever is slower than this is late.
const BLOCK: Duration = Duration::from_secs(2);
/// The same where other tests run beside this one: there a machine's slowness is no delay of the keeper's, and blocks
/// are what is counted.
const BUSY: Duration = Duration::from_secs(30);
/// By how much an answer is late that is.
const LATE: Duration = Duration::from_millis(400);

/// Blocks for which something may be due: the one after which it can be done at the earliest, and three that are
/// missed.
const MOST_DUE: u64 = 1 + 3;
/// Blocks within which the same message of another keeper is the same action.
const SAME: u64 = 2;

/// How many requests in a thousand something happens to.
const HURT: u64 = 50;

/// Somebody's way to a chain, on which requests get lost, come late or are refused, the same ones each time.
struct Way {
    proxy: Proxy,
    /// All requests, and those to which something happened.
    seen: Arc<AtomicU64>,
    hurt: Arc<AtomicU64>,
    /// Whether what was asked last is what became of something that was sent: of several messages all are on their way
    /// then. While they are being sent there is one more to come.
    has_sent_all: Arc<AtomicBool>,
}

impl Way {
    /// The way of a role, by its place among them.
    fn to(chain: &str, number: u64) -> Self {
        let (seen, hurt, has_sent_all) = <(Arc<AtomicU64>, Arc<AtomicU64>, Arc<AtomicBool>)>::default();
        let (all, bad, sent) = (seen.clone(), hurt.clone(), has_sent_all.clone());
        let proxy = Proxy::to(chain, move |request| {
            sent.store(request.contains("eth_getTransactionReceipt"), Ordering::Relaxed);
            let drawn = mixed((number << 32) + all.fetch_add(1, Ordering::Relaxed));
            if drawn % 1_000 >= HURT {
                return Fault::None;
            }
            bad.fetch_add(1, Ordering::Relaxed);
            [Fault::Lost, Fault::AnswerLost, Fault::Late(LATE), Fault::TooMany][(drawn / 1_000 % 4) as usize]
        });
        Self { proxy, seen, hurt, has_sent_all }
    }
}

/// A number from a number, the same each time.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Tells in a file with which block one has done.
fn beat(file: &Path, block: u64) {
    let beside = file.with_extension("new");
    std::fs::write(&beside, block.to_string()).expect("a beat is written");
    std::fs::rename(&beside, file).expect("a beat is told");
}

fn mapping(chain: &str) -> Mapping {
    let mut text = format!(
        "index = 0\nunit = \"usd-per-million\"\nmax_jump_bps = 20000\n[source.chain]\nurl = \"{chain}\"\n\
         body = '{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sit_prices\",\"params\":[]}}'\n\
         time = \"/result/time\"\nmax_age = \"1d\"\n"
    );
    for number in 0..5 {
        text.push_str(&format!(
            "[[provider]]\nnumber = {number}\nname = \"provider {number}\"\n\
             input = \"/result/providers/{number}/input\"\noutput = \"/result/providers/{number}/output\"\n\
             volume = \"/result/providers/{number}/volume\"\n"
        ));
    }
    Mapping::parse(&text).expect("the mapping is good")
}

/// What a child is: everything that the test below sets in its environment.
struct Role {
    name: String,
    secret: [u8; 32],
    /// The way with faults, and the one without.
    wire: String,
    chain: String,
    deployment: Deployment,
    journal: std::path::PathBuf,
}

impl Role {
    fn spawn(&self) -> Child {
        Command::new(std::env::current_exe().expect("the test is a program"))
            .args(["--exact", "child", "--ignored", "--nocapture", "--quiet"])
            .env("SIT_CHILD", &self.name)
            .env("SIT_KEY", hex::encode(self.secret))
            .env("SIT_WIRE", &self.wire)
            .env("SIT_CHAIN", &self.chain)
            .env("SIT_DEPLOYMENT", self.deployment.to_json())
            .env("SIT_JOURNAL", &self.journal)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the test starts itself")
    }

    fn of_environment() -> Option<Self> {
        let read = |name: &str| std::env::var(name).ok();
        Some(Self {
            name: read("SIT_CHILD")?,
            secret: hex::decode_to_array(read("SIT_KEY")?).ok()?,
            wire: read("SIT_WIRE")?,
            chain: read("SIT_CHAIN")?,
            deployment: Deployment::from_json(&read("SIT_DEPLOYMENT")?).ok()?,
            journal: read("SIT_JOURNAL")?.into(),
        })
    }

    fn key(&self) -> Key {
        Key::from_bytes(&self.secret).expect("the key is one")
    }
}

/// A keeper or a reporter as a program of its own, which the test can kill. By itself it does nothing.
#[test]
#[ignore = "is started by other tests, as a program that they can kill"]
fn child() {
    let Some(role) = Role::of_environment() else { return };
    let log = std::fs::OpenOptions::new().append(true).create(true).open(role.journal.with_extension("log"));
    let log = Box::new(log.expect("the log opens"));
    let beat = |block: u64| beat(&role.journal.with_extension("beat"), block);
    beat(0);
    let limits = Limits { attempts: 8, back_off: Duration::from_millis(20), ..Limits::default() };
    let key = role.key();
    let client = loop {
        // A node that cannot be reached when it begins is tried again: so does whoever starts a keeper.
        let rpc = Rpc::new(&role.wire, limits).expect("the address is good");
        let node = Node::new(rpc);
        if let Ok(mut node) = node {
            node.patience = Duration::from_secs(6);
            break Client::new(node, role.deployment.clone());
        }
    };
    let metrics = Metrics::new("test", Duration::from_secs(60)).expect("the name is good");
    let pause = Duration::from_millis(20);
    if role.name == "keeper" {
        let journal = Journal::open(&role.journal).expect("the journal opens");
        let log = Log::to("keeper", log);
        let mut keeper =
            Keeper::new(client, key, Options::default(), Some(journal), metrics, log).expect("the journal is good");
        loop {
            if let Ok(pass) = keeper.pass() {
                beat(pass.block);
            }
            std::thread::sleep(pause);
        }
    }
    let journal = Journal::open(&role.journal).expect("the journal opens");
    let (mapping, options) = (mapping(&role.chain), reporter::Options::default());
    let log = Log::to("reporter", log);
    let mut reporter = Reporter::new(client, key, mapping, Web::default(), options, journal, metrics, log)
        .expect("the journal is good");
    loop {
        let head = reporter.client().head().map_or(0, |head| head.number);
        if reporter.pass().is_ok() {
            beat(head);
        }
        std::thread::sleep(pause);
    }
}

/// What came of a course.
#[derive(Debug, Default)]
struct Course {
    /// For each duty: how often it was due, and how many blocks it was at most.
    due: BTreeMap<&'static str, (u64, u64)>,
    /// Messages that were done, and those that were refused on chain, by their names.
    done: BTreeMap<String, u64>,
    refused: BTreeMap<String, u64>,
    /// Of those that were done, what one keeper had done a moment ago and another one did again.
    repeated: BTreeMap<String, u64>,
    /// The same of one keeper alone, which has forgotten what it had done.
    forgotten: BTreeMap<String, u64>,
    /// Batches of days that are over and that a reporter never sent.
    missed: u64,
    kills: u64,
    requests: u64,
    hurt: u64,
    days: u64,
    /// What the reporters have at stake in the end, in quote atoms.
    bonds: Vec<u64>,
}

/// Whether a reporter's batch of a day lies open.
fn has_reported(client: &mut Client<Node>, day: Day, reporter: Address) -> bool {
    let reporters: Reporters = client.oracle_cell(&stored::reporters(0)).expect("it is read").unwrap_or_default();
    let place = reporters.place_of(reporter).expect("they are known");
    let held: Option<Submission> = client.oracle_cell(&stored::submission(0, slot_of(day), place)).expect("it is read");
    held.is_some_and(|held| held.day == day && held.reporter == reporter && held.is_open())
}

/// Lets a market run with so many keepers and the four reporters, and looks at each block itself. A block comes `late`
/// after the one before, or as soon as everybody is done.
fn run(keepers: usize, blocks: u64, kill_every: u64, late: Duration, scale: u32, arguments: &[&str]) -> Course {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = match std::env::var_os("SIT_KEEP_LOGS") {
        Some(kept) => std::path::PathBuf::from(kept),
        None => folder.path().to_owned(),
    };
    let scale = scale.to_string();
    let mut all = vec!["--no-mining", "--without", "keeper", "--without", "reporter", "--time-scale", &scale];
    all.extend(arguments);
    let chain = Chain::start(&all);
    let ways: Vec<Way> = (0..keepers + 4).map(|number| Way::to(chain.url(), number as u64)).collect();
    let role = |name: &str, key: &str, way: usize, file: &Path| Role {
        name: name.to_owned(),
        secret: chain.secret(key),
        wire: ways[way].proxy.url.clone(),
        chain: chain.url().to_owned(),
        deployment: chain.deployment.clone(),
        journal: file.to_owned(),
    };
    let names = ["keeper", "you 0"];
    let keeper = |number| role("keeper", names[number], number, &folder.join(format!("keeper-{number}")));
    let mut roles: Vec<Role> = (0..keepers).map(keeper).collect();
    for number in 1..=4 {
        let key = format!("reporter {number}");
        roles.push(role("reporter", &key, roles.len(), &folder.join(format!("reporter-{number}"))));
    }
    let mut children: Vec<Child> = roles.iter().map(Role::spawn).collect();
    let mut client = chain.client();
    let mut course = Course::default();
    let mut ages: HashMap<String, u64> = HashMap::new();
    let mut called: HashMap<String, u64> = HashMap::new();
    let cares = Cares::default();
    let first = client.head().expect("there is a head").number;
    let setup: Setup = client.oracle_cell(&stored::setup(0)).expect("it is read").expect("the index is open");
    // From when on a batch can lie open.
    let opens = setup.rules.opens.max(setup.reporting.commit_until);
    let reporting: Vec<(usize, Address)> = roles
        .iter()
        .enumerate()
        .filter(|(_, role)| role.name == "reporter")
        .map(|(at, role)| (at, role.key().address()))
        .collect();
    let mut day = Day(0);
    for block in 0..blocks {
        let begun = Instant::now();
        chain.mine();
        let mut snapshot = Snapshot::read(&mut client).expect("the chain is read");
        let today = Day::of(snapshot.now);
        if today > day && day > Day(0) {
            course.days += 1;
            let missed = reporting.iter().filter(|(_, reporter)| !has_reported(&mut client, day, *reporter)).count();
            course.missed += missed as u64;
        }
        day = today;
        // Who owes the day's batch.
        let mut owing: Vec<usize> = Vec::new();
        if (today.start().later(opens)..today.start().later(setup.rules.closes)).contains(&snapshot.now) {
            let owes = |(_, reporter): &&(usize, Address)| !has_reported(&mut client, today, *reporter);
            owing.extend(reporting.iter().filter(owes).map(|(at, _)| *at));
        }
        let found = due::all(&mut client, &mut snapshot, &cares).expect("the chain answers");
        // A margin call changes nothing on chain: it counts until its event is there.
        let head = snapshot.block;
        for (at, event) in client.events(head..=head).expect("events are read") {
            if event.name == "MarkSet" {
                called.clear();
            }
            if event.name == "MarginCall"
                && let Some(seat) = event.get::<sit_engine::units::Seat>("seat")
            {
                called.insert(format!("margin-call {}", seat.0), at);
            }
        }
        let of_keepers = found.iter().map(|due| (due.key(), due.duty.name()));
        let of_reporters = owing.iter().map(|at| (format!("report {at}"), "report"));
        let keys: HashMap<String, &'static str> =
            of_keepers.filter(|(key, _)| !called.contains_key(key)).chain(of_reporters).collect();
        ages.retain(|key, _| keys.contains_key(key));
        for (key, duty) in keys {
            let age = ages.entry(key).or_default();
            *age += 1;
            let entry = course.due.entry(duty).or_default();
            entry.0 += u64::from(*age == 1);
            entry.1 = entry.1.max(*age);
        }
        if block % kill_every == kill_every - 1 {
            // A reporter and a keeper, one after the other.
            let turn = usize::try_from(block / kill_every).unwrap_or(0);
            for at in [keepers + turn % 4, turn % keepers] {
                // Nothing is let to end by itself.
                children[at].kill().expect("it is killed");
                children[at].wait().expect("it is gone");
                children[at] = roles[at].spawn();
                course.kills += 1;
            }
        }
        let waits = |at: usize, role: &Role| {
            // Whoever has sent everything waits for the next block.
            if !ways[at].has_sent_all.load(Ordering::Relaxed) {
                return false;
            }
            let count = |of: &str| {
                chain.ask("eth_getTransactionCount", json!([hex::encode_prefixed(role.key().address()), of]))
            };
            count("pending") != count("latest")
        };
        let all_done = || {
            // A reporter has nothing to do in most blocks.
            let busy = |at: &usize| *at < keepers || owing.contains(at);
            roles.iter().enumerate().filter(|(at, _)| busy(at)).all(|(at, role)| {
                let beat = std::fs::read_to_string(role.journal.with_extension("beat")).unwrap_or_default();
                beat.parse::<u64>().is_ok_and(|block| block >= head) || waits(at, role)
            })
        };
        while begun.elapsed() < late && !all_done() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    for child in &mut children {
        let _ = child.kill();
        let _ = child.wait();
    }
    // What everybody sent, by the chain's own blocks.
    let last = client.head().expect("there is a head").number;
    let senders: HashMap<String, &str> =
        roles.iter().map(|role| (hex::encode_prefixed(role.key().address()), role.name.as_str())).collect();
    let mut before: HashMap<(Address, Vec<u8>), HashMap<String, u64>> = HashMap::new();
    for number in first + 1..=last {
        let block = chain.ask("eth_getBlockByNumber", json!([format!("0x{number:x}"), true]));
        for transaction in block["transactions"].as_array().cloned().unwrap_or_default() {
            let from = transaction["from"].as_str().unwrap_or_default().to_lowercase();
            let Some(role) = senders.get(&from).copied() else { continue };
            let receipt = chain.ask("eth_getTransactionReceipt", json!([transaction["hash"]]));
            let to = hex::decode_to_array(transaction["to"].as_str().unwrap_or_default());
            let to: Address = to.unwrap_or_default();
            let contract = chain.deployment.contract_at(to).expect("a contract of the exchange");
            let input = transaction["input"].as_str().unwrap_or_default();
            let data = hex::decode(input).unwrap_or_default();
            let message = sit_client::codec::message(contract, &data).expect("a message of the exchange");
            let name = format!("{}.{}", contract.name(), message.name());
            if receipt["status"] != "0x1" {
                *course.refused.entry(name).or_default() += 1;
                continue;
            }
            *course.done.entry(name.clone()).or_default() += 1;
            if role != "keeper" {
                continue;
            }
            let same = before.entry((to, data)).or_default();
            let recent = |by: &str, at: u64| number.saturating_sub(at) <= SAME && by == from;
            // Accounts that could pay a part may pay another one right after it.
            if name != "clearing.settle" && same.iter().any(|(by, at)| recent(by, *at)) {
                *course.forgotten.entry(name.clone()).or_default() += 1;
            }
            if same.iter().any(|(by, at)| *by != from && number.saturating_sub(*at) <= SAME) {
                *course.repeated.entry(name).or_default() += 1;
            }
            same.insert(from, number);
        }
    }
    for role in roles.iter().filter(|role| role.name == "reporter") {
        let record = client.view(&sit_native::view::Reporter { index: 0, reporter: role.key().address() });
        course.bonds.push(record.expect("they are known").bond);
    }
    for Way { seen, hurt, .. } in &ways {
        course.requests += seen.load(Ordering::Relaxed);
        course.hurt += hurt.load(Ordering::Relaxed);
    }
    course
}

fn sum(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().sum()
}

/// The column of the chapter on keepers.
fn table(course: &Course) {
    let done = |name: &str| course.done.get(name).copied().unwrap_or(0);
    let most = course.due.values().map(|(_, most)| *most).max().unwrap_or(0);
    let days = [course.days, done("clearing.settle_day"), done("clearing.settle")].map(|count| count.to_string());
    println!("| days, daily settlements, settlements of accounts | {} |", days.join(", "));
    println!("| batches of the reporters, and missed | {}, {} |", done("oracle.submit"), course.missed);
    println!("| most blocks for which something was due, of those where one is the least | {most} |");
    println!(
        "| transactions of all, refused, repeated by another keeper | {}, {}, {} |",
        sum(&course.done) + sum(&course.refused),
        sum(&course.refused),
        sum(&course.repeated)
    );
    println!("| requests, hurt, kills | {}, {}, {} |", course.requests, course.hurt, course.kills);
}

fn judge(course: &Course, keepers: u64) {
    println!("{course:#?}");
    table(course);
    for (duty, (times, most)) in &course.due {
        assert!(*most <= MOST_DUE, "{duty} was due {times} times, once for {most} blocks");
    }
    assert_eq!(course.missed, 0, "a reporter has missed a day");
    assert!(sum(&course.done) > 0, "somebody has done something");
    // What several keepers do at once is refused to all but one of them, or done again: of each action once by each
    // other keeper, and once by one that was alone and killed.
    for message in course.done.keys().chain(course.refused.keys()) {
        let of = |counts: &BTreeMap<String, u64>| counts.get(message).copied().unwrap_or(0);
        let (done, refused, repeated) = (of(&course.done), of(&course.refused), of(&course.repeated));
        let most = (done - repeated) * keepers.saturating_sub(1).max(1);
        assert!(refused + repeated <= most, "{message}: {done} done, {repeated} of them again, {refused} refused");
    }
    let forgotten = sum(&course.forgotten);
    assert!(forgotten <= course.kills, "{:?} were done again by one keeper", course.forgotten);
    assert!(course.done.get("clearing.settle_day").is_some_and(|days| *days > 0), "no day was settled");
}

/// Reporters who commit under a bond, and one of whom is killed between the commitment and its opening: nobody loses
/// anything, and the day is printed.
#[test]
fn a_reporter_that_is_killed_between_commitment_and_opening_loses_no_bond() {
    // From 11:58 on; commitments are taken until 12:30.
    let course = run(1, 90, 8, BUSY, 200, &["--start", "1796644680", "--commitments"]);
    assert_eq!(course.done.get("oracle.commit"), Some(&4), "each reporter commits once");
    assert_eq!(course.done.get("oracle.reveal"), Some(&4), "and opens it");
    assert_eq!(course.done.get("oracle.publish"), Some(&1), "the day is printed");
    assert_eq!(course.bonds, [10_000_000_000; 4], "no bond is less");
    assert!(course.kills >= 6, "somebody was killed in between");
}

/// A morning with a print, in short: every message that is due is sent in time.
#[test]
fn a_keeper_and_the_reporters_carry_a_print_through_lost_requests_and_kills() {
    // From 11:55 of Monday, 7 December 2026, on.
    let course = run(1, 60, 20, BUSY, 60, &["--start", "1796644500"]);
    judge(&course, 1);
}

/// The same for days, with a hedger who has put in little:
/// `cargo test --locked --workspace --test keeper -- --ignored --nocapture a_week`.
#[test]
#[ignore = "takes ten minutes"]
fn a_week_of_two_thousand_blocks() {
    let course = run(1, 2_000, 100, BLOCK, 1_000, &["--scene", "margin-call", "--start", "1796634000"]);
    judge(&course, 1);
}

/// Two keepers side by side for as long:
/// `cargo test --locked --workspace --test keeper -- --ignored --nocapture two_keepers`.
#[test]
#[ignore = "takes ten minutes"]
fn two_keepers_side_by_side() {
    let course = run(2, 2_000, 100, BLOCK, 1_000, &["--scene", "margin-call", "--start", "1796634000"]);
    judge(&course, 2);
}
