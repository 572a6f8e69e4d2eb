//! What a default leaves behind, cleaned up on a chain by `sit keeper` and nobody else: liquidation, takeover, report,
//! cover, write-off, allocation, offset, bridge, and on the way triggers and the suspension of a maker.
//!
//! Each story ends with the same account of it ([`Venue::is_settled`]): winners have what losers paid, less what was
//! allocated to them; no debt stands that somebody could end; the books balance to the atom; and what the keepers sent,
//! read from the chain's own blocks, is what was due and nothing twice.

#[path = "trading/support.rs"]
#[expect(dead_code, reason = "the stories of trading use the rest of it")]
mod support;

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sit_client::{
    Client, Failure, Signer as _, codec,
    rpc::{Key, Limits, Node, Record, Rpc, to_hex},
};
use sit_engine::{
    calendar::{DAY, Day},
    clearing::{Auction, Curve, Instrument, Trigger, opening::OPENING_SECONDS},
    incentives::CURE_SECONDS,
    launch::{DELAYS, DOLLAR, MAKERS, TPI as PRODUCT, TPI_INDEX},
    oracle::{Entry, Quote, Rules},
    units::{Lots, NetLots, Points, Seat, Side, Ticks},
};
use sit_keeper::{
    Snapshot,
    due::{self, Cares, Duty},
};
use sit_market::VOLUMES;
use sit_native::{Contract, Message, TokenAmount, message::limit_order, stored, view};
use sit_programs::Running;
use support::User;

/// Monday, 30 November 2026, 08:00 UTC: the print is due at noon.
const START: &str = "1796025600";

/// Takeovers as large as they come: these stories are about what is left then.
const BIDS: &str = "--bid 1% --bid-lots 5000 --bid-notional 50000000 --bid-reserve 1";

/// An account and who signs for it.
#[derive(Clone)]
struct Account {
    key: Key,
    seat: Seat,
}

/// What somebody sent, by the chain's own blocks.
#[derive(Debug, Default)]
struct Sent {
    /// Messages that were done, and those that were refused on chain, by name.
    done: BTreeMap<&'static str, u64>,
    refused: BTreeMap<&'static str, u64>,
    /// Each message that was done, whole.
    whole: Vec<String>,
}

impl Sent {
    fn done(&self, name: &str) -> u64 {
        self.done.get(name).copied().unwrap_or(0)
    }
}

/// A chain with an exchange and nobody on it, whose blocks come one after the other as they are asked for.
struct Venue {
    chain: Running,
    client: Client<Node>,
    months: Vec<Instrument>,
    /// The block before the first of the story.
    first: u64,
}

impl Venue {
    fn open() -> Self {
        let chain = Running::chain(&["--quiet-market", "--deterministic", "--start", START]);
        let mut rpc = Rpc::new(&chain.url, Limits::default()).expect("it has an address");
        let deployment = Record::of_development_chain(&mut rpc).expect("it knows its exchange").deployment();
        let mut client = Client::new(Node::new(rpc).expect("it answers"), deployment);
        let first = client.head().expect("there is a head").number;
        let mut venue = Self { chain, client, months: Vec::new(), first };
        venue.months = venue.curve().months().iter().map(|month| month.instrument).collect();
        venue
    }

    fn key(&self, name: &str) -> Key {
        let secret = |line: &String| line.trim_start().strip_prefix(name)?.split_whitespace().nth(1).map(str::to_owned);
        let secret = self.chain.printed.iter().find_map(secret).unwrap_or_else(|| panic!("there is a key {name}"));
        let secret: [u8; 32] = bytes(&secret).try_into().expect("32 bytes");
        Key::from_bytes(&secret).expect("it is a key")
    }

    fn rpc(&mut self, method: &str, params: Value) -> Value {
        let answer = self.client.transport.rpc.request(method, params);
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn mine(&mut self) {
        self.rpc("evm_mine", json!([]));
    }

    fn now(&mut self) -> u64 {
        self.client.head().expect("there is a head").time
    }

    fn until(&mut self, time: u64) {
        assert!(self.now() < time, "time goes on");
        self.rpc("evm_setNextBlockTimestamp", json!([time]));
        self.mine();
    }

    fn wait(&mut self, seconds: u32) {
        let then = self.now() + u64::from(seconds);
        self.until(then);
    }

    fn curve(&mut self) -> Curve {
        self.client.cell(&stored::curve(PRODUCT)).expect("it is read").expect("the product has started")
    }

    fn mark(&mut self, month: Instrument) -> Ticks {
        self.curve().month(month).expect("it is listed").settle
    }

    fn account(&mut self, seat: Seat) -> sit_engine::clearing::Account {
        self.client.cell(&stored::account(seat)).expect("it is read").expect("it is open")
    }

    fn fund(&mut self) -> u64 {
        self.client.cell(&stored::ledger()).expect("it is read").expect("there is one").fund
    }

    fn must(&mut self, key: &Key, message: &Message) {
        let sent = self.client.send(key, message);
        sent.unwrap_or_else(|error| panic!("{}: {error}", message.name()));
    }

    /// Opens an account of a key and pays in so many US dollars.
    fn join(&mut self, name: &str, sub: u8, dollars: u64) -> Account {
        let key = self.key(name);
        let seat = self.client.simulate(&key, &Message::OpenAccount { sub }).expect("an account can be opened");
        let spender = self.client.address(Contract::Vault).expect("there is a vault");
        self.must(&key, &Message::OpenAccount { sub });
        self.must(&key, &Message::ApproveSpender { spender, value: TokenAmount(u128::MAX) });
        let account = Account { key, seat };
        self.deposit(&account, dollars);
        account
    }

    fn deposit(&mut self, who: &Account, dollars: u64) {
        self.must(&who.key, &Message::Deposit { seat: who.seat, amount: dollars * DOLLAR });
    }

    /// An order at the mark, of somebody who pays in no more than it takes.
    fn order(&mut self, who: &Account, month: Instrument, side: Side, lots: u32) {
        let order = limit_order(who.seat, month, side, self.mark(month), Lots(lots));
        for _ in 0..200 {
            match self.client.send(&who.key, &Message::Place { order }) {
                Ok(_) => return,
                Err(Failure::Refused { why, .. }) if why.name() == "BelowInitialMargin" => self.deposit(who, 500),
                Err(error) => panic!("{side:?} {lots} of {month:?}: {error}"),
            }
        }
        panic!("no margin is enough for {lots} lots");
    }

    /// Two trade at the mark.
    fn trade(&mut self, seller: &Account, buyer: &Account, month: Instrument, lots: u32) {
        let net = |venue: &mut Self| venue.account(buyer.seat).net(month).0;
        let before = net(self);
        self.order(seller, month, Side::Sell, lots);
        self.order(buyer, month, Side::Buy, lots);
        assert_eq!(net(self) - before, i32::try_from(lots).expect("few lots"), "they meet");
    }

    /// The reporters send prices of the day, so many times the newest print. Nobody has published it then.
    fn report(&mut self, times: u32) {
        let print = self.client.view(&view::Latest { index: TPI_INDEX }).expect("it is read");
        let day = Day(u32::try_from(self.now() / u64::from(DAY)).expect("before 2106"));
        assert!(print.day < day, "the day has no print");
        self.until(u64::from(day.start().later(Rules::TPI.opens).0) + 600);
        let price = print.price * times;
        let quote = |volume| Quote { input: price, output: price, volume };
        let entry = |(provider, volume): (u8, u64)| Entry { provider, quote: quote(volume) };
        let batch: Vec<Entry> = (0..).zip(VOLUMES).map(entry).collect();
        for number in 1..=4 {
            let reporter = self.key(&format!("reporter {number}"));
            self.must(&reporter, &Message::Submit { index: TPI_INDEX, day, batch: batch.clone() });
        }
    }

    /// What a keeper finds due, but for margin calls: those change nothing on the chain, so they stay due.
    fn due(&mut self, without: &[Duty]) -> Vec<String> {
        let mut snapshot = Snapshot::read(&mut self.client).expect("the chain is read");
        let without = without.iter().copied().chain([Duty::Sunset, Duty::MarginCall]).collect();
        let cares = Cares { without, ..Cares::default() };
        let due = due::all(&mut self.client, &mut snapshot, &cares).expect("the chain answers");
        due.iter().map(due::Due::key).collect()
    }

    /// What a key sent since the story began.
    fn sent_by(&mut self, name: &str) -> Sent {
        let address = to_hex(&self.key(name).address());
        let last = self.client.head().expect("there is a head").number;
        let mut sent = Sent::default();
        for number in self.first + 1..=last {
            let block = self.rpc("eth_getBlockByNumber", json!([format!("0x{number:x}"), true]));
            for transaction in block["transactions"].as_array().cloned().unwrap_or_default() {
                let text = |field: &str| transaction[field].as_str().unwrap_or_default();
                if text("from").to_lowercase() != address {
                    continue;
                }
                let to: [u8; 20] = bytes(text("to")).try_into().expect("an address");
                let Some(contract) = self.client.deployment.contract_at(to) else { continue };
                let Some(message) = codec::message(contract, &bytes(text("input"))) else { continue };
                let receipt = self.rpc("eth_getTransactionReceipt", json!([transaction["hash"]]));
                let done = receipt["status"] == "0x1";
                *(if done { &mut sent.done } else { &mut sent.refused }).entry(message.name()).or_default() += 1;
                if done {
                    sent.whole.push(format!("{message:?}"));
                }
            }
        }
        sent
    }

    /// The end of every story: whoever has won has been paid, no debt stands that somebody could end, and the books
    /// balance.
    fn is_settled(&mut self, winners: &[&Account], without: &[Duty]) {
        let due = self.due(without);
        assert!(due.is_empty(), "left to do: {due:?}");
        let audit = self.client.view(&view::Audit {}).expect("it is read");
        assert!(audit.balanced, "{audit:?}");
        let books = self.client.view(&view::Books {}).expect("it is read");
        assert!(books.balanced, "{books:?}");
        assert_eq!(books.custody.0, books.trading.0 + books.reserves.0);
        let ledger = self.client.cell(&stored::ledger()).expect("it is read").expect("there is one");
        assert_eq!(ledger.uncovered, 0, "no loss is reported and not dealt with");
        for seat in (0..ledger.seats).map(Seat) {
            let account = self.account(seat);
            let lots = account.positions().iter().any(|held| held.net != NetLots::ZERO);
            let owes = account.positions().iter().any(|held| held.basis > Points::ZERO);
            assert!(lots || !owes, "{seat:?} owes: {:?}", account.positions());
            let auction = self.client.cell(&stored::auction(seat)).expect("it is read").unwrap_or_default();
            assert_eq!(auction, Auction::default(), "{seat:?} is liquidated still");
        }
        let curve = self.curve();
        for month in curve.months() {
            let cell = stored::market(month.instrument);
            let market = self.client.cell(&cell).expect("it is read").expect("it is listed");
            // What rounding took beyond a loss is swept when it is worth a transaction: 10 US dollars.
            let few = |points: Points| points.0.abs() < 100;
            assert!(few(market.deficit), "{:?} has a loss that nobody bears: {market:?}", month.instrument);
            assert!(!market.allocation.is_counting() && market.allocation.counted == 0, "{:?}", month.instrument);
        }
        for winner in winners {
            let account = self.account(winner.seat);
            for held in account.positions() {
                let settle = curve.month(held.instrument).expect("it is listed").settle;
                assert_eq!(held.variation(settle), Points::ZERO, "{:?} is owed something: {held:?}", winner.seat);
            }
        }
    }

    /// By how many ticks a month has risen since a mark.
    fn risen(&mut self, month: Instrument, mark: Ticks) -> u64 {
        u64::from(self.mark(month).0 - mark.0)
    }
}

/// The bytes of a hexadecimal number.
fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.trim_start_matches("0x").as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("digits");
    digits.chunks(2).map(byte).collect()
}

/// One keeper, started again for each look, and asked before each what it would do.
struct Keeper {
    user: User,
    arguments: String,
}

impl Keeper {
    fn of(venue: &Venue, arguments: &str) -> Self {
        let mut user = User::new();
        user.set("SIT_RPC", &venue.chain.url);
        Self { user, arguments: format!("keeper --key keeper --once --jitter 0 {arguments}") }
    }

    /// One look: what is due, and what became of it.
    fn look(&self, more: &str) -> Vec<(String, String)> {
        let said = self.user.json(&format!("{} {more}", self.arguments));
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let rows = said["due"].as_array().unwrap_or_else(|| panic!("it lists what is due: {said}"));
        rows.iter().map(|row| (text(&row["due"]), text(&row["became"]))).collect()
    }

    /// Looks until nothing is due. What a dry run lists is what is done then, and a dry run does nothing.
    fn keep(&self, venue: &mut Venue) {
        for _ in 0..60 {
            let head = venue.client.head().expect("there is a head").number;
            let listed = self.look("--dry-run");
            let after = venue.client.head().expect("there is a head").number;
            assert_eq!(after, head, "a dry run sends nothing");
            assert!(listed.iter().all(|(_, became)| became == "would be sent"), "{listed:?}");
            let done = self.look("");
            println!("{head}: {done:?}");
            let due = |rows: &[(String, String)]| rows.iter().map(|(due, _)| due.clone()).collect::<Vec<_>>();
            assert_eq!(due(&done), due(&listed), "a dry run lists what is done");
            if done.is_empty() {
                return;
            }
            let stopped = |(_, became): &&(String, String)| became != "done" && became != "waits for its moment";
            assert_eq!(done.iter().find(stopped), None, "nothing is refused to who is alone");
            // A bid waits until the auction's discount is what it asks for.
            if done.iter().any(|(_, became)| became == "done") { venue.mine() } else { venue.wait(120) }
        }
        panic!("it never comes to an end");
    }

    /// From the reporters' batches on until nobody waits any more.
    fn keep_the_day(&self, venue: &mut Venue) {
        self.keep(venue);
        // A print that jumps is confirmed some hours later.
        venue.wait(Rules::TPI.confirm_delay + 60);
        self.keep(venue);
        // Winners are paid when the book opens.
        venue.wait(OPENING_SECONDS);
        self.keep(venue);
        venue.wait(600);
        self.keep(venue);
    }
}

/// Two accounts sell to two others and have little; the index trebles. The insurance fund pays for the first of them
/// and the second what it may pay for the month, and winners bear the rest. A take-profit order of a winner is due on
/// the way, and on the next day a maker takes its capital out.
#[test]
fn one_keeper_ends_two_defaults_and_says_before_each_step_what_it_will_do() {
    let mut venue = Venue::open();
    let near = venue.months[0];
    let liquidator = venue.join("keeper", 0, 5_000_000);
    let winners = ["you 0", "you 1"].map(|name| venue.join(name, 0, 500_000));
    let sellers = ["taker", "hedger"].map(|name| venue.join(name, 0, 1_000));
    let maker = venue.join("maker 1", 0, MAKERS.capital / DOLLAR);
    venue.must(&maker.key, &Message::Apply { seat: maker.seat });
    let governor = venue.key("governor");
    let accept = venue.client.propose(&governor, &Message::Accept { seat: maker.seat }).expect("a proposal");
    let approval = venue.client.approval(accept.id).expect("a council");
    venue.must(&governor, &approval);
    let executable = venue.now() + u64::from(DELAYS.routine) + 60;

    let mark = venue.mark(near);
    for seller in &sellers {
        for winner in &winners {
            venue.trade(seller, winner, near, 200);
        }
    }
    let [trader, _] = &winners;
    let trigger = Trigger {
        instrument: near,
        sells: true,
        above: true,
        reduce_only: true,
        rests: true,
        price: Ticks(mark.0 * 2),
        limit: Ticks(mark.0 * 2),
        lots: Lots(10),
        fee: Trigger::MAX_FEE,
        ..Trigger::default()
    };
    venue.must(&trader.key, &Message::SetTrigger { seat: trader.seat, slot: 0, trigger });
    let before = venue.fund();

    // Fees that were swept meanwhile would give the fund some more for the second of them.
    let keeper = Keeper::of(&venue, &format!("{BIDS} --without sweep-fees"));
    keeper.keep(&mut venue);
    venue.report(3);
    keeper.keep_the_day(&mut venue);
    let all: Vec<&Account> = winners.iter().collect();
    venue.is_settled(&all, &[Duty::SweepFees]);

    let sent = venue.sent_by("keeper");
    println!("{sent:#?}");
    for (name, times) in [
        ("publish", 2),
        ("settle_day", 1),
        ("start_liquidation", 2),
        ("bid", 2),
        ("allocate", 1),
        ("execute_trigger", 1),
    ] {
        assert_eq!(sent.done(name), times, "{name}");
    }
    assert_eq!(sent.done("cover") + sent.done("write_off"), 2, "each debt is ended once");
    assert!(sent.done("report_deficit") >= 1 && sent.done("settle") >= 3);
    assert!(sent.refused.is_empty(), "nothing was sent that the chain refused: {:?}", sent.refused);
    // The fund paid half of itself, and winners bear the rest alike.
    let head = venue.client.head().expect("a head").number;
    let events = venue.client.events(venue.first..=head);
    let events: Vec<_> = events.expect("they are read").into_iter().map(|(_, event)| event).collect();
    let paid: u64 =
        events.iter().filter(|event| event.name == "Covered").filter_map(|event| event.get::<u64>("amount")).sum();
    assert_eq!(before - venue.fund(), paid);
    assert!(paid <= before / 2 && before / 2 - paid < DOLLAR, "{paid} of {before}");
    let lost = |seat: Seat| -> i64 {
        let of = events.iter().filter(|event| event.name == "Haircut" && event.get::<Seat>("seat") == Some(seat));
        of.filter_map(|event| event.get::<Points>("lost")).map(|lost| lost.0).sum()
    };
    let [first, second] = winners.each_ref().map(|winner| lost(winner.seat));
    assert_eq!(first, second, "equal positions bear equal parts");
    let written: i64 = events
        .iter()
        .filter(|event| event.name == "WrittenOff")
        .filter_map(|event| event.get::<Points>("points"))
        .map(|points| points.0)
        .sum();
    assert!(written > 0 && lost(liquidator.seat) + first + second >= written, "{first} + {second} of {written}");
    let gain = 400 * venue.risen(near, mark);
    assert!(u64::try_from(first).is_ok_and(|lost| lost < gain), "they keep part of what they won: {first} of {gain}");

    // The next day: the maker is designated, takes its capital out, and is warned and suspended.
    venue.until(executable);
    venue.must(&governor, &accept.execution());
    keeper.keep(&mut venue);
    assert_eq!(venue.sent_by("keeper").done("suspend"), 0, "it has what it needs");
    venue.must(&maker.key, &Message::Withdraw { seat: maker.seat, amount: MAKERS.capital / 2 });
    keeper.keep(&mut venue);
    assert_eq!(venue.sent_by("keeper").done("suspend"), 1, "it is warned");
    venue.wait(CURE_SECONDS);
    keeper.keep(&mut venue);
    assert_eq!(venue.sent_by("keeper").done("suspend"), 2, "and an hour later suspended");
}

/// An account has sold the near month and bought the far one from somebody who holds the opposite, and has won as much
/// less as the other has won more. When its loss is covered it owes in the one month what it is owed in the other; who
/// owes it holds lots, so that nothing can be offset, and is not bankrupt.
#[test]
fn a_claim_on_an_account_that_waits_itself_is_bridged_and_the_fund_gets_its_money_back() {
    let mut venue = Venue::open();
    let (near, far) = (venue.months[0], venue.months[1]);
    venue.join("keeper", 0, 5_000_000);
    let [loser, winner] = ["you 0", "you 1"].map(|name| venue.join(name, 0, 500));
    venue.trade(&loser, &winner, near, 100);
    venue.trade(&winner, &loser, far, 50);
    let before = venue.fund();
    // A margin call that a takeover before it has made needless is refused, and that is no fault.
    let keeper = Keeper::of(&venue, &format!("{BIDS} --without margin-call"));
    venue.report(3);
    keeper.keep_the_day(&mut venue);
    venue.is_settled(&[&winner], &[]);
    let sent = venue.sent_by("keeper");
    println!("{sent:#?}");
    for (name, times) in [("start_liquidation", 1), ("cover", 1), ("offset", 0), ("write_off", 0), ("allocate", 0)] {
        assert_eq!(sent.done(name), times, "{name}");
    }
    assert!(sent.done("bridge") >= 1 && sent.done("sweep_fees") >= 1);
    assert!(sent.refused.is_empty(), "nothing was sent that the chain refused: {:?}", sent.refused);
    let head = venue.client.head().expect("a head").number;
    let events = venue.client.events(venue.first..=head);
    let covered = |(_, event): &(u64, sit_native::EmittedEvent)| {
        if event.name == "Covered" { event.get::<u64>("amount") } else { None }
    };
    let paid: u64 = events.expect("they are read").iter().filter_map(covered).sum();
    assert!(paid > 0 && venue.fund() >= before - paid, "what was paid for the claim has come back");
}

/// A keeper that goes on, and that can be killed.
struct Program {
    user: User,
    arguments: Vec<String>,
    name: String,
    child: Child,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn start(venue: &Venue, name: &str, arguments: &str) -> Self {
        let mut user = User::new();
        user.set("SIT_RPC", &venue.chain.url);
        let mut all: Vec<String> = ["keeper", "--key", name, "--pause", "20"].map(str::to_owned).to_vec();
        all.extend(arguments.split_whitespace().map(str::to_owned));
        let child = Self::spawn(&user, &all);
        Self { user, arguments: all, name: name.to_owned(), child }
    }

    fn spawn(user: &User, arguments: &[String]) -> Child {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let log = File::options().append(true).create(true).open(user.home.path().join("log")).expect("a log");
        user.command(&arguments).stdout(Stdio::null()).stderr(log).spawn().expect("sit runs")
    }

    /// Ends it without warning (SIGKILL), and starts it again.
    fn kill(&mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it is gone");
        self.child = Self::spawn(&self.user, &self.arguments);
    }
}

/// Whether somebody has sent something that is in no block yet.
fn waits(venue: &mut Venue, name: &str) -> bool {
    let address = to_hex(&venue.key(name).address());
    let mut count = |of: &str| venue.rpc("eth_getTransactionCount", json!([address, of]));
    count("pending") != count("latest")
}

/// Blocks come until nothing is due for two of them. In every other one a keeper is killed that has sent what is in no
/// block yet, and started again. Returns the kills.
fn side_by_side(venue: &mut Venue, keepers: &mut [Program]) -> u64 {
    venue.rpc("evm_setAutomine", json!([false]));
    let (mut quiet, mut kills) = (0, 0);
    for block in 0_usize.. {
        assert!(block < 200, "they never come to an end: {:?}", venue.due(&[]));
        venue.mine();
        quiet = if venue.due(&[]).is_empty() { quiet + 1 } else { 0 };
        if quiet == 2 {
            break;
        }
        let begun = Instant::now();
        while quiet == 0
            && begun.elapsed() < Duration::from_millis(1_500)
            && !keepers.iter().any(|keeper| waits(venue, &keeper.name))
        {
            std::thread::sleep(Duration::from_millis(10));
        }
        // Time for the other one.
        std::thread::sleep(Duration::from_millis(100));
        if block % 2 == 0 {
            let place = block / 2 % 2;
            let sent = [place, 1 - place].into_iter().find(|place| waits(venue, &keepers[*place].name));
            if let Some(place) = sent {
                keepers[place].kill();
                kills += 1;
            }
        }
    }
    venue.rpc("evm_setAutomine", json!([true]));
    kills
}

/// Ten accounts, one for each month, have each sold their month and bought the next one, the last one the first: after
/// the index has trebled each owes in its own month more than it is owed in the next, and each waits for the next. Two
/// keepers work side by side, and every few blocks one of them is killed.
#[test]
fn two_keepers_that_are_killed_untie_a_ring_of_ten_accounts_and_do_each_thing_once() {
    let mut venue = Venue::open();
    let months = venue.months.clone();
    venue.join("keeper", 0, 5_000_000);
    let winner = venue.join("you 1", 0, 1_000_000);
    // Neighbours belong to two people: nobody trades with themselves.
    let owners = ["you 2", "taker"];
    let ring: Vec<Account> =
        (0..months.len()).map(|place| venue.join(owners[place % 2], (place / 2) as u8, 500)).collect();
    let marks: Vec<Ticks> = months.iter().map(|month| venue.mark(*month)).collect();
    for (place, month) in months.iter().enumerate() {
        let before = (place + ring.len() - 1) % ring.len();
        venue.trade(&ring[place], &ring[before], *month, 30);
        venue.trade(&ring[place], &winner, *month, 30);
    }
    let cash = venue.account(winner.seat).cash;
    let mut keepers = [Program::start(&venue, "keeper", BIDS), Program::start(&venue, "you 0", "")];
    let mut kills = side_by_side(&mut venue, &mut keepers);
    venue.report(3);
    for wait in [0, Rules::TPI.confirm_delay + 60, OPENING_SECONDS, 600, 1_800, 3_600] {
        if wait > 0 {
            venue.wait(wait);
        }
        kills += side_by_side(&mut venue, &mut keepers);
    }
    drop(keepers);
    venue.is_settled(&[&winner], &[]);

    let sent = ["keeper", "you 0"].map(|name| venue.sent_by(name));
    println!("{kills} kills, {sent:#?}");
    assert!(kills > 5, "somebody was killed in between: {kills}");
    let done = |name: &str| sent.iter().map(|sent| sent.done(name)).sum::<u64>();
    let ten = ring.len() as u64;
    assert_eq!(done("start_liquidation"), ten);
    assert_eq!(done("bid"), 2 * ten, "each held two months");
    assert!((ten - 1..=ten).contains(&done("cover")), "what the circle leaves of each debt is covered");
    // Whoever is taken over pays those who wait from their own claim first (ADR 119), so that takeovers untie the ring
    // by themselves. What the keeper does about a ring that is left has its stories in crates/keeper/tests/due.rs.
    assert!(done("settle_day") == 1 && done("publish") == 2);
    // Of what only one can do nothing was done twice, and what the other sent meanwhile cost one transaction.
    let mut times: HashMap<&str, u64> = HashMap::new();
    for message in sent.iter().flat_map(|sent| &sent.whole) {
        *times.entry(message).or_default() += 1;
    }
    for (message, times) in times {
        let once = ["StartLiquidation", "Bid", "Cover", "WriteOff", "Bridge", "Offset", "SettleDay"];
        assert!(times == 1 || !once.iter().any(|name| message.starts_with(name)), "{message}: {times} times");
    }
    for name in sent.iter().flat_map(|sent| sent.refused.keys()) {
        let refused: u64 = sent.iter().filter_map(|sent| sent.refused.get(name)).sum();
        // One is refused for each that is done, or one for what a takeover made needless while it was on its way.
        assert!(refused <= done(name).max(1), "{name}: {refused} refused for {} done", done(name));
    }
    // The winner has all that it has won, to the atom.
    let won: u64 = months.iter().zip(&marks).map(|(month, mark)| 30 * venue.risen(*month, *mark)).sum();
    let value = u64::from(venue.curve().months()[0].tick_value.0);
    assert_eq!(venue.account(winner.seat).cash - cash, won * value);
}
