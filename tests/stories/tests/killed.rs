//! The chain is ended without warning (SIGKILL) in the middle of a settlement day, a liquidation, a default's
//! allocation and a migration, at twenty moments each; it is started again on the same folder, whoever was at it goes
//! on by sending the same messages again, and ends where they would have ended: same positions, same books, and they
//! balance.
//!
//! A moment is a message of the story and a part of the time that a message takes: the chain is ended so long after
//! somebody has begun to send that message. What comes after the story's end is not counted, and another moment is
//! drawn. Each player keeps its journals on disk, as `sit` and the keeper do, so that what was signed before the end is
//! known after it.
//!
//! The chain is the embedded one; `scripts/node --kill-test` tells the same stories of the auditors' node.

#[path = "killed/host.rs"]
mod host;

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, mpsc},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sit_client::{
    Client, Failure, Proposal,
    rpc::{Key, Node, Rpc, connect},
};
use sit_devnet::{keyring, keyring::Role, opening::batch};
use sit_engine::{
    calendar::Day,
    clearing::{Curve, Guard, Instrument, opening::OPENING_SECONDS},
    governance::CLEARING,
    launch::{DELAYS, DOLLAR, TPI as PRODUCT, TPI_INDEX},
    oracle::{Rules, Validity},
    units::{Lots, Seat, Side, Ticks},
};
use sit_native::{
    Constructor, Contract, Message, TokenAmount,
    message::{limit_order, seats},
    stored, view,
};
use sit_programs::Dice;

use crate::host::{Chain, LIMITS, copied};

/// Moments at which the chain is ended in each story, unless SIT_KILLS says another number.
const KILLS: usize = 20;

/// How long a block that the clock asked for may take to be known to everybody.
const HEARD: Duration = Duration::from_secs(20);

/// The chain is not there any more: what was asked, and what the system said.
#[derive(Debug)]
struct Gone(String);

/// Somebody with all the keys, and a client.
struct Player {
    client: Client<Node>,
    /// Moves the chain's clock.
    clock: Rpc,
    months: [Instrument; 2],
    /// Messages that were begun, those that the contracts refused among them.
    begun: usize,
    /// Messages that were done, by their names.
    done: BTreeSet<&'static str>,
    /// Messages that were refused, with the name of the refusal.
    refused: BTreeSet<String>,
    /// Who hears of each message that is begun.
    told: Option<mpsc::Sender<()>>,
}

fn key(role: Role, number: usize) -> Key {
    let found = keyring::all().into_iter().filter(|key| key.role == role).nth(number).expect("there is one");
    Key::from_bytes(&found.secret).expect("it is a key")
}

/// Owners of the seats 0 to 3.
fn owner(seat: u32) -> Key {
    match seat {
        3 => key(Role::Taker, 0),
        number => key(Role::Yours, number as usize),
    }
}

fn anyone() -> Key {
    key(Role::Keeper, 0)
}

impl Player {
    fn at(chain: &Chain, journals: &Path) -> Result<Self, Gone> {
        let gone = |error: &dyn std::fmt::Display| Gone(error.to_string());
        let mut rpc = Rpc::new(&chain.url, LIMITS).map_err(|error| gone(&error))?;
        let clock = Rpc::new(&chain.clock, LIMITS).map_err(|error| gone(&error))?;
        let record = chain.record(&mut rpc).map_err(|error| gone(&error))?;
        let Client { transport, deployment } = connect(rpc, &record).map_err(|error| gone(&error))?;
        let mut transport = transport.with_journals(journals.to_path_buf());
        transport.patience = host::patience();
        let client = Client::new(transport, deployment);
        let (months, done, refused) = ([Instrument(0); 2], BTreeSet::new(), BTreeSet::new());
        let mut player = Self { client, clock, months, begun: 0, done, refused, told: None };
        let curve = player.curve()?;
        player.months = [0, 1].map(|place| curve.months()[place].instrument);
        Ok(player)
    }

    /// Sends a message; `false` when the contract refuses it, as it refuses what has been done.
    fn send(&mut self, who: &Key, message: &Message) -> Result<bool, Gone> {
        self.begun += 1;
        if let Some(told) = &self.told {
            // Whoever has heard enough is gone.
            let _ = told.send(());
        }
        match self.client.send(who, message) {
            Ok(_) => {
                self.done.insert(message.name());
                Ok(true)
            }
            Err(Failure::Refused { why, .. }) => {
                self.refused.insert(format!("{}: {}", message.name(), why.name()));
                Ok(false)
            }
            Err(other) => Err(Gone(format!("{}: {other}", message.name()))),
        }
    }

    /// Sends a message that nothing stands in the way of.
    fn must(&mut self, who: &Key, message: &Message) {
        let sent = self.client.send(who, message);
        sent.unwrap_or_else(|error| panic!("{}: {error}", message.name()));
    }

    fn clock(&mut self, method: &str, params: Value) -> Result<Value, Gone> {
        self.clock.request(method, params).map_err(|error| Gone(format!("{method}: {error}")))
    }

    fn now(&mut self) -> Result<u64, Gone> {
        self.client.transport.rpc.head().map(|head| head.time).map_err(|error| Gone(error.to_string()))
    }

    fn until(&mut self, time: u64) -> Result<(), Gone> {
        if self.now()? >= time {
            return Ok(());
        }
        self.clock("evm_setNextBlockTimestamp", json!([time]))?;
        self.clock("evm_mine", json!([]))?;
        // The server before a node hears of a block a little later, and would foresee refusals of the time before.
        let asked = Instant::now();
        while self.now()? < time {
            if asked.elapsed() > HEARD {
                return Err(Gone(format!("no block of second {time} after {} s", HEARD.as_secs())));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn wait(&mut self, seconds: u32) -> Result<(), Gone> {
        let then = self.now()? + u64::from(seconds);
        self.until(then)
    }

    fn curve(&mut self) -> Result<Curve, Gone> {
        let curve = self.client.cell(&stored::curve(PRODUCT)).map_err(|error| Gone(error.to_string()))?;
        Ok(curve.expect("the product has started"))
    }

    fn net(&mut self, seat: u32, month: Instrument) -> Result<i32, Gone> {
        let account = self.client.cell(&stored::account(Seat(seat))).map_err(|error| Gone(error.to_string()))?;
        Ok(account.map_or(0, |account| account.net(month).0))
    }

    /// The day that is printed next, and the newest print in US dollars.
    fn next_day(&mut self) -> Result<(Day, f64), Gone> {
        let print = self.client.view(&view::Latest { index: TPI_INDEX }).map_err(|error| Gone(error.to_string()))?;
        let mut day = Day(print.day.0 + 1);
        while !sit_engine::calendar::is_session(day.start()) {
            day = Day(day.0 + 1);
        }
        Ok((day, f64::from(print.price) / 1e6))
    }

    /// A day's prices, its print and its settlement, whatever of it is done already.
    fn settle_day(&mut self, day: Day, dollars: f64) -> Result<(), Gone> {
        self.until(u64::from(day.start().later(15 * 3_600).0))?;
        for number in 0..4 {
            let batch = batch(dollars);
            self.send(&key(Role::Reporter, number), &Message::Submit { index: TPI_INDEX, day, batch })?;
        }
        let publish = Message::Publish { index: TPI_INDEX, day };
        self.send(&anyone(), &publish)?;
        let validity = self.client.view(&view::Validity { index: TPI_INDEX });
        if validity.map_err(|error| Gone(error.to_string()))? == Validity::NeedsConfirmation {
            let confirmed = day.start().later(15 * 3_600 + Rules::TPI.confirm_delay + 600);
            self.until(u64::from(confirmed.0))?;
            self.send(&anyone(), &publish)?;
        }
        self.send(&anyone(), &Message::SettleDay { product: PRODUCT })?;
        self.wait(OPENING_SECONDS)
    }

    fn settle(&mut self, order: [u32; 4]) -> Result<(), Gone> {
        for instrument in self.months {
            self.send(&anyone(), &Message::Settle { instrument, seats: seats(order.map(Seat)) })?;
        }
        Ok(())
    }

    fn trade(&mut self, seller: u32, buyer: u32, month: Instrument, lots: u32) {
        let mark = self.curve().expect("the chain answers").month(month).expect("it is listed").settle;
        for (seat, side) in [(seller, Side::Sell), (buyer, Side::Buy)] {
            let order = limit_order(Seat(seat), month, side, Ticks(mark.0), Lots(lots));
            self.must(&owner(seat), &Message::Place { order });
        }
        assert!(self.net(buyer, month).expect("the chain answers") > 0, "they meet");
    }

    /// Proposes and approves a message.
    fn queue(&mut self, message: &Message) -> Proposal {
        let governor = key(Role::Governor, 0);
        let proposal = self.client.propose(&governor, message).expect("a proposal");
        let approval = self.client.approval(proposal.id).expect("a council");
        self.must(&governor, &approval);
        proposal
    }

    /// Positions of the four seats in both months, and the books: what must be the same in the end.
    fn digest(&mut self) -> (Vec<[i32; 2]>, i128) {
        let mut nets = Vec::new();
        for seat in 0..4 {
            let months = self.months;
            nets.push(months.map(|month| self.net(seat, month).expect("the chain answers")));
        }
        let audit = self.client.view(&view::Audit {}).expect("the chain answers");
        assert!(audit.balanced, "{audit:?}");
        let books = self.client.view(&view::Books {}).expect("the chain answers");
        assert!(books.balanced, "{books:?}");
        assert_eq!(books.custody.0, books.trading.0 + books.reserves.0);
        for month in 0..2 {
            assert_eq!(nets.iter().map(|nets| nets[month]).sum::<i32>(), 0, "every lot has two sides");
        }
        (nets, i128::try_from(audit.balance).expect("a sum of money"))
    }

    /// The curve where it is: in the old house, or in the new one.
    fn curve_of_either(&mut self, plan: &Plan) -> Result<Curve, Gone> {
        let question = stored::curve(PRODUCT);
        let bytes = self.client.view_at(plan.house, &question.question).map_err(|error| Gone(error.to_string()))?;
        question.read(&bytes).map_or_else(|| self.curve(), Ok)
    }

    /// Seat 0 takes out all that its margin does not need, to 1,000 US dollars.
    fn leaves_as_little_as_it_can(&mut self) {
        let mut step = 1_000_000 * DOLLAR;
        while step >= 1_000 * DOLLAR {
            if !self.send(&owner(0), &Message::Withdraw { seat: Seat(0), amount: step }).expect("the chain answers") {
                step /= 2;
            }
        }
    }

    /// Cash of the four seats, in quote atoms.
    fn cash(&mut self) -> [u64; 4] {
        [0, 1, 2, 3].map(|seat| {
            let account = self.client.cell(&stored::account(Seat(seat))).expect("the chain answers");
            account.expect("the seat is open").cash
        })
    }
}

/// A chain with an exchange and four accounts of a million US dollars, opened once for all stories.
fn opened() -> &'static Path {
    static OPENED: OnceLock<PathBuf> = OnceLock::new();
    OPENED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("killed");
        let _ = fs::remove_dir_all(&folder);
        let state = folder.join("chain");
        fs::create_dir_all(&folder).expect("a folder");
        let chain = Chain::opened(&state);
        let mut player = Player::at(&chain, &folder.join("journals")).expect("the chain answers");
        let spender = player.client.address(Contract::Vault).expect("it is deployed");
        for seat in 0..4 {
            let owner = owner(seat);
            let value = TokenAmount(5_000_000 * u128::from(DOLLAR));
            player.must(&owner, &Message::ApproveSpender { spender, value });
            player.must(&owner, &Message::OpenAccount { sub: 0 });
            player.must(&owner, &Message::Deposit { seat: Seat(seat), amount: 1_000_000 * DOLLAR });
        }
        chain.kill();
        folder
    })
}

/// What is to be done in a story, wherever it was interrupted.
#[derive(Clone, Debug)]
struct Plan {
    /// The day that is printed next.
    day: Day,
    /// Its price in US dollars.
    dollars: f64,
    /// Where the accounts move to.
    house: [u8; 20],
    /// Actions whose time has come.
    actions: Vec<Proposal>,
}

impl Plan {
    /// The next day prints so many times the newest print.
    fn of(player: &mut Player, times: f64) -> Self {
        let (day, dollars) = player.next_day().expect("the chain answers");
        Self { day, dollars: dollars * times, house: [0; 20], actions: Vec::new() }
    }
}

/// A story: what is so before, and what is done, whatever of it has been done already.
struct Story {
    name: &'static str,
    seed: u64,
    before: fn(&mut Player) -> Plan,
    done: fn(&mut Player, &Plan) -> Result<(), Gone>,
    /// Messages that are done in it: a story in which everything is refused would go on after any end.
    messages: &'static [&'static str],
    /// Whether each account's cash in the end depends on no second.
    exact: bool,
    /// Lots by which a position may be another one: the price of an auction follows the clock, which a kill delays, and
    /// with it what ends a liquidation.
    slack: u32,
}

/// What the story is when nobody ends the chain.
struct Whole {
    /// Positions and books in the end.
    digest: (Vec<[i32; 2]>, i128),
    cash: [u64; 4],
    /// Messages that are begun.
    messages: usize,
    lasted: Duration,
}

/// When the chain is ended.
#[derive(Clone, Copy, Debug)]
struct Moment {
    /// Whoever plays has begun to send that many messages.
    message: usize,
    /// So long after the last of them was begun.
    after: Duration,
}

/// How many moments there are in each story.
fn kills() -> usize {
    env::var("SIT_KILLS").map_or(KILLS, |number| number.parse().expect("SIT_KILLS is a number"))
}

/// One at a time is enough for the machine.
static TURN: Mutex<()> = Mutex::new(());

impl Story {
    /// Tells it once to its end, and then ends the chain at twenty moments of it.
    fn told(&self) {
        let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let folder = tempfile::tempdir().expect("a folder");
        let base: PathBuf = folder.path().join("base");
        copied(&opened().join("chain"), &base);
        let plan = {
            let chain = Chain::on(&base);
            let mut player = Player::at(&chain, &folder.path().join("before")).expect("the chain answers");
            (self.before)(&mut player)
        };
        let whole = self.whole(&base, folder.path(), &plan);
        let (kills, begun) = (kills(), Instant::now());
        let mut dice = Dice(self.seed);
        let (mut within, mut late) = (Vec::new(), 0);
        for number in 0.. {
            let moment = self.moment(&mut dice, &whole);
            let state = folder.path().join(format!("state {number}"));
            let journals = folder.path().join(format!("journals {number}"));
            copied(&base, &state);
            if self.ended_at(moment, &state, &journals, &plan) {
                within.push(moment.message);
            } else {
                late += 1;
            }
            self.goes_on(moment, &state, &journals, &plan, &whole);
            fs::remove_dir_all(&state).expect("it is deleted");
            // A machine that has less to do is faster than it was; one that is always late shows nothing.
            if within.len() == kills || late > kills {
                break;
            }
        }
        within.sort_unstable();
        println!(
            "{} on the {}: {} kills in the middle, while messages {within:?} of {} were sent (all of them take {:.1} s), \
             and {late} after its end; {:.0} s",
            self.name,
            host::name(),
            within.len(),
            whole.messages,
            whole.lasted.as_secs_f64(),
            begun.elapsed().as_secs_f64()
        );
        assert_eq!(within.len(), kills, "{}: {late} moments came after its end", self.name);
        within.dedup();
        assert!(within.len() * 4 >= kills, "{}: the moments lie apart: {within:?}", self.name);
    }

    /// Tells it on a chain that nobody ends.
    fn whole(&self, base: &Path, folder: &Path, plan: &Plan) -> Whole {
        let state = folder.join("whole");
        copied(base, &state);
        let chain = Chain::on(&state);
        let mut player = Player::at(&chain, &folder.join("never killed")).expect("the chain answers");
        let begun = Instant::now();
        (self.done)(&mut player, plan).expect("nothing stands in the way");
        let lasted = begun.elapsed();
        let done: Vec<&str> = player.done.iter().copied().collect();
        assert_eq!(done, self.messages, "{}: what is done in it; refused were {:?}", self.name, player.refused);
        Whole { digest: player.digest(), cash: player.cash(), messages: player.begun, lasted }
    }

    /// Some message, and some part of the time that a message takes.
    fn moment(&self, dice: &mut Dice, whole: &Whole) -> Moment {
        let messages = whole.messages as u64;
        let each = u64::try_from(whole.lasted.as_micros()).unwrap_or(u64::MAX) / messages;
        let message = 1 + dice.roll(messages);
        Moment { message: message as usize, after: Duration::from_micros(dice.roll(each.max(1))) }
    }

    /// Tells it on a chain that is ended at a moment: whether it broke off, which it does not when it was over before.
    fn ended_at(&self, moment: Moment, state: &Path, journals: &Path, plan: &Plan) -> bool {
        let chain = Chain::on(state);
        let mut player = Player::at(&chain, journals).expect("the chain answers");
        let (tell, told) = mpsc::channel();
        player.told = Some(tell);
        let (done, planned) = (self.done, plan.clone());
        let playing = thread::spawn(move || done(&mut player, &planned));
        // Whoever is done has told all that there is.
        let heard = told.iter().take(moment.message).count();
        thread::sleep(moment.after);
        let over = playing.is_finished();
        chain.kill();
        match playing.join().expect("whoever plays does not panic") {
            Err(Gone(why)) => {
                assert!(!over, "{}: it broke off before anybody ended the chain: {why}", self.name);
                assert_eq!(heard, moment.message, "{}: {moment:?}", self.name);
                true
            }
            Ok(()) => false,
        }
    }

    /// Starts the chain again, sends all messages again, and compares with the story that nobody ended.
    fn goes_on(&self, moment: Moment, state: &Path, journals: &Path, plan: &Plan, whole: &Whole) {
        let chain = Chain::on(state);
        let mut player = Player::at(&chain, journals).expect("the chain goes on");
        let goes_on = (self.done)(&mut player, plan);
        goes_on.unwrap_or_else(|Gone(why)| panic!("{}, killed at {moment:?}: {why}", self.name));
        let (is, was) = (player.digest(), &whole.digest);
        let mut pairs = is.0.iter().flatten().zip(was.0.iter().flatten());
        let alike = is.1 == was.1 && pairs.all(|(is, was)| is.abs_diff(*was) <= self.slack);
        assert!(alike, "{}, killed at {moment:?}: {is:?} in place of {was:?}", self.name);
        if self.exact {
            assert_eq!(player.cash(), whole.cash, "{}, killed at {moment:?}", self.name);
        }
    }
}

/// A liquidator takes over what seat 0 has in the front month, in pieces.
fn take_over(player: &mut Player, piece: u32) -> Result<(), Gone> {
    let (liquidator, seat, instrument) = (Seat(3), Seat(0), player.months[0]);
    for _ in 0..40 {
        if player.net(0, instrument)? == 0 {
            break;
        }
        let bid = Message::Bid { liquidator, seat, instrument, lots: Lots(piece) };
        if !player.send(&owner(3), &bid)? {
            break;
        }
    }
    Ok(())
}

#[test]
fn a_settlement_day_goes_on_after_the_chain_was_killed() {
    let story = Story {
        name: "settlement day",
        seed: 11,
        before: |player| {
            let [near, far] = player.months;
            player.trade(0, 1, near, 200);
            player.trade(1, 2, far, 50);
            Plan::of(player, 1.04)
        },
        done: |player, plan| {
            player.settle_day(plan.day, plan.dollars)?;
            player.settle([0, 1, 2, 3])?;
            player.settle([2, 1, 0, 3])
        },
        messages: &["publish", "settle", "settle_day", "submit"],
        exact: true,
        slack: 0,
    };
    story.told();
}

#[test]
fn a_liquidation_goes_on_after_the_chain_was_killed() {
    let story = Story {
        name: "liquidation",
        seed: 12,
        before: |player| {
            let near = player.months[0];
            player.trade(0, 1, near, 400);
            player.leaves_as_little_as_it_can();
            Plan::of(player, 1.24)
        },
        done: |player, plan| {
            player.settle_day(plan.day, plan.dollars)?;
            player.settle([0, 1, 2, 3])?;
            player.send(&anyone(), &Message::StartLiquidation { seat: Seat(0) })?;
            take_over(player, 20)?;
            player.settle([0, 3, 1, 2])
        },
        messages: &["bid", "publish", "settle", "settle_day", "start_liquidation", "submit"],
        exact: false,
        slack: 20,
    };
    story.told();
}

#[test]
fn the_allocation_of_a_default_goes_on_after_the_chain_was_killed() {
    let story = Story {
        name: "allocation",
        seed: 13,
        before: |player| {
            let near = player.months[0];
            player.trade(0, 1, near, 500);
            player.trade(0, 2, near, 500);
            player.leaves_as_little_as_it_can();
            let plan = Plan::of(player, 3.0);
            player.settle_day(plan.day, plan.dollars).expect("nothing stands in the way");
            plan
        },
        done: |player, _| {
            let (seat, instrument) = (Seat(0), player.months[0]);
            player.send(&anyone(), &Message::StartLiquidation { seat })?;
            player.settle([0, 0, 0, 0])?;
            take_over(player, 200)?;
            for message in [
                Message::ReportDeficit { seat },
                Message::Cover { seat, instrument },
                Message::WriteOff { seat, instrument },
                Message::Allocate { instrument, seats: seats([0, 1, 2, 3].map(Seat)) },
            ] {
                player.send(&anyone(), &message)?;
            }
            player.settle([0, 3, 1, 2])?;
            player.settle([2, 1, 3, 0])
        },
        messages: &["allocate", "bid", "cover", "report_deficit", "settle", "start_liquidation"],
        exact: false,
        slack: 0,
    };
    story.told();
}

/// Kinds of items of a migration, in their order.
const RULES: [u8; 3] = [0, 1, 2];
const MARKET: u8 = 3;
const ACCOUNT: u8 = 4;
const REST: u8 = 5;
const RESERVES: u8 = 6;

#[test]
fn a_migration_goes_on_after_the_chain_was_killed() {
    let story = Story {
        name: "migration",
        seed: 14,
        before: |player| {
            let [near, far] = player.months;
            player.trade(0, 1, near, 200);
            player.trade(1, 2, far, 50);
            let mut plan = Plan::of(player, 1.0);
            let constructor = Constructor::Clearing {
                governance: player.client.address(Contract::Governance).expect("it is deployed"),
                back_office: player.client.address(Contract::ClearingOffice).expect("it is deployed"),
            };
            plan.house = player.client.deploy_apart(&key(Role::Governor, 0), &constructor).expect("it is deployed");
            let [vault, oracle, incentives] = [Contract::Vault, Contract::Oracle, Contract::Incentives]
                .map(|contract| player.client.address(contract).expect("it is deployed"));
            let register = player.queue(&Message::Register { name: CLEARING, target: plan.house });
            let hand_over = player.queue(&Message::HandOver { next: plan.house });
            let old = player.client.address(Contract::Clearing).expect("it is deployed");
            player.client.deployment.set(Contract::Clearing, plan.house);
            let connect = player.queue(&Message::Connect { vault, oracle, incentives });
            player.client.deployment.set(Contract::Clearing, old);
            player.wait(DELAYS.critical + 60).expect("the chain answers");
            let guardian = key(Role::Guardian, 0);
            let pause = Message::Pause { product: PRODUCT, scopes: Guard::ALL };
            let tighten = sit_client::govern::tightening(&player.client.deployment, &pause).expect("it is deployed");
            player.must(&guardian, &tighten);
            player.must(&anyone(), &register.execution());
            plan.actions = vec![hand_over, connect];
            plan
        },
        done: |player, plan| {
            let months: Vec<u32> =
                player.curve_of_either(plan)?.months().iter().map(|month| month.instrument.0.into()).collect();
            let mut items: Vec<(u8, u32)> = RULES.map(|what| (what, 0)).to_vec();
            items.extend(months.iter().map(|month| (MARKET, *month)));
            items.extend((0..4).map(|seat| (ACCOUNT, seat)));
            items.extend(months.iter().map(|month| (REST, *month)));
            items.push((RESERVES, 0));
            for (what, id) in items {
                player.send(&anyone(), &Message::Migrate { what, id, sub: 0, delegate: [0; 20] })?;
            }
            for action in &plan.actions {
                player.send(&anyone(), &action.execution())?;
            }
            player.client.deployment.set(Contract::Clearing, plan.house);
            Ok(())
        },
        messages: &["execute", "migrate"],
        exact: true,
        slack: 0,
    };
    story.told();
}
