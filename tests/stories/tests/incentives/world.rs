//! An exchange with two months and a programme, and everything that it told.

use sit_demo::client::Cells;
use sit_demo::exchange::maker_parameters;
use sit_demo::replay::Deployed;
use sit_devnet::{Account, Artifact, CallError, Deployed as Instance, Event, Receipt, Value, args};
use sit_engine::calendar::{self, Day};
use sit_engine::clearing::{Curve, Instrument, Ledger, Market, Product, SCENARIOS, SHOCK_BYTES};
use sit_engine::incentives::Parameters;
use sit_engine::oracle::{Entry, Quote, Rules};
use sit_engine::units::Seconds;
use sit_market::sequence::listing;
use sit_native::{Contract, Message};

/// Monday 2026-11-23, in days. Reward weeks end on Wednesdays at midnight.
pub const MONDAY: Day = Day(20_780);

pub const DAY: u64 = 86_400;

/// The reward week that contains [`MONDAY`].
pub const WEEK: u32 = 2_968;

/// A US dollar in quote atoms.
pub const DOLLAR: u64 = 1_000_000;

/// What a maker pays in: twice the requirement.
pub const CAPITAL: u64 = 2 * Parameters::INITIAL.capital;

/// The programme's pool, and what a week shares out.
pub const POOL: u64 = 50_000 * DOLLAR;
pub const BUDGET: u64 = 5_000 * DOLLAR;

/// Index price at first, quote atoms per million tokens; marks are in hundredths of it.
pub const PRICE: u32 = 260_000;

const REPORTERS: [&str; 3] = ["reporter 1", "reporter 2", "reporter 3"];
const PEOPLE: [&str; 5] = ["ada", "ben", "cyd", "dan", "eve"];
const TPI: Product = Product(0);

pub struct World {
    pub deployed: Deployed,
    pub incentives: Instance,
    pub clearing: Instance,
    /// The months.
    pub months: [Instrument; 2],
    /// What was told, in order, with its time.
    pub told: Vec<(u64, Event)>,
}

/// The books of both contracts: the clearing house's ledger, and what the programme owes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Books {
    pub ledger: Ledger,
    pub owed: u64,
    pub vault: u128,
}

impl World {
    /// Two months listed, five seats with collateral, three of them above the requirement, and a programme with a pool.
    pub fn new() -> Self {
        let opens = u64::from(MONDAY.start().0) + 11 * 3_600;
        let names: Vec<String> =
            PEOPLE.iter().chain(&REPORTERS).chain(&["anyone"]).map(|name| (*name).into()).collect();
        let mut deployed = Deployed::new(opens, &names).expect("the contracts are built and deploy");
        let governance = deployed.chain.account("governance");
        let artifact = Artifact::load("incentives").unwrap();
        let incentives = deployed.chain.deploy(&governance, &artifact, args![&governance]).unwrap();
        let clearing = deployed.contract(Contract::Clearing).unwrap();
        let months = [0, 1].map(|serial| Instrument::new(TPI, serial));
        let mut world = Self { deployed, incentives, clearing, months, told: Vec::new() };
        world.open();
        world
    }

    fn open(&mut self) {
        let addresses = self.deployed.addresses();
        let (vault, oracle, clearing) = (addresses.vault, addresses.oracle, addresses.clearing);
        let incentives = self.incentives.address.into_array();
        self.say("governance", Message::ConnectVault { clearing });
        self.say("governance", Message::Connect { vault, oracle, incentives });
        let rules = Rules { min_providers: 1, cap_bps: 10_000, screen_mads: 0, ..Rules::TPI };
        self.say("governance", Message::SetIndex { index: 0, rules });
        self.say("governance", Message::SetProvider { index: 0, provider: 0, score: rules.reference_score });
        for reporter in REPORTERS {
            let reporter = self.deployed.address_of(reporter);
            self.say("governance", Message::AddReporter { index: 0, reporter });
        }
        self.print(0, PRICE);
        let mut shocks = vec![0; SHOCK_BYTES];
        for row in shocks.chunks_exact_mut(2 * SCENARIOS) {
            row[..2].copy_from_slice(&i16::to_be_bytes(3_000));
            row[2..4].copy_from_slice(&i16::to_be_bytes(-2_000));
        }
        let (maintenance_bps, liquidation_end_bps, certificate_hash) = (7_500, 8_750, [1; 32]);
        let set = Message::SetRisk { product: TPI, maintenance_bps, liquidation_end_bps, shocks, certificate_hash };
        self.say("governance", set);
        self.say("governance", Message::StartProduct { product: TPI });
        self.say("governance", Message::SetFeeShares { fund_bps: 5_000, incentive_bps: 3_000 });
        for (day, mark) in calendar::listing(MONDAY).into_iter().zip([2_600, 2_500]) {
            self.say("governance", Message::List { listing: listing(day, mark) });
        }
        for (name, amount) in PEOPLE.into_iter().zip([CAPITAL, CAPITAL, CAPITAL, CAPITAL, 1_000 * DOLLAR]) {
            let wallet = self.deployed.address_of(name);
            self.deployed.mint(wallet, 2 * u128::from(CAPITAL)).unwrap();
            self.clearing_call(name, "open_account", args![0_u64]).unwrap();
            self.deposit(name, amount);
        }
        self.endow(1, POOL);
        let clearing = self.clearing.clone();
        self.programme("governance", "connect", args![&clearing]).unwrap();
        self.programme("governance", "set_parameters", args![maker_parameters(&rules_of_the_story())]).unwrap();
        self.programme("governance", "set_budget", args![BUDGET]).unwrap();
    }

    /// The seat of a person.
    pub fn seat(name: &str) -> u32 {
        PEOPLE.iter().position(|known| *known == name).unwrap() as u32
    }

    pub fn account(&mut self, name: &str) -> Account {
        self.deployed.chain.account(name)
    }

    fn say(&mut self, name: &str, message: Message) {
        let (at, by) = (self.deployed.chain.now(), self.deployed.address_of(name));
        let receipt = self.deployed.send(at, by, &message).unwrap().unwrap_or_else(|error| panic!("{name}: {error}"));
        self.note(&receipt);
    }

    fn note(&mut self, receipt: &Receipt) {
        let now = self.deployed.chain.now();
        self.told.extend(receipt.events.iter().map(|event| (now, event.clone())));
        assert!(self.deployed.audit().unwrap(), "the books balance after every message");
    }

    fn call(&mut self, name: &str, to: &Instance, message: &str, args: Vec<Value>) -> Result<Receipt, String> {
        let who = self.account(name);
        match self.deployed.chain.call(&who, to, message, args) {
            Ok(receipt) => {
                self.note(&receipt);
                Ok(receipt)
            }
            Err(CallError::Reverted { revert, .. }) => Err(revert.name),
            Err(error) => panic!("{message}: {error}"),
        }
    }

    /// A message to the programme.
    pub fn programme(&mut self, name: &str, message: &str, args: Vec<Value>) -> Result<Receipt, String> {
        let incentives = self.incentives.clone();
        self.call(name, &incentives, message, args)
    }

    /// A message to the clearing house.
    pub fn clearing_call(&mut self, name: &str, message: &str, args: Vec<Value>) -> Result<Receipt, String> {
        let clearing = self.clearing.clone();
        self.call(name, &clearing, message, args)
    }

    /// Asserts that the programme refuses a message by this name, and that no book and nothing else has changed.
    pub fn refused(&mut self, name: &str, message: &str, args: Vec<Value>, error: &str) {
        self.deployed.chain.seal_block(0);
        let (books, root) = (self.books(), self.deployed.chain.state_root());
        let said = self.programme(name, message, args).map(|_| "accepted".to_owned());
        assert_eq!(said, Err(error.to_owned()), "{name}: {message}");
        assert_eq!(self.deployed.chain.state_root(), root, "{name}: {message} left a trace");
        assert_eq!(self.books(), books, "{name}: {message}");
    }

    /// The books, and that they balance.
    pub fn books(&mut self) -> Books {
        assert!(self.deployed.audit().unwrap());
        let ledger = self.deployed.cell(b'L', 0, 0).unwrap().unwrap();
        let vault = self.deployed.contract(Contract::Vault).unwrap();
        let (_, _, _, owed, _): (sit_devnet::Address, sit_devnet::Address, u64, u64, u32) =
            self.view("programme", args![]);
        Books { ledger, owed, vault: self.deployed.chain.usdc_balance(vault.address) }
    }

    /// What a view of the programme answers.
    pub fn view<T: sit_devnet::FromValue>(&mut self, message: &str, args: Vec<Value>) -> T {
        let (who, incentives) = (self.account("anyone"), self.incentives.clone());
        self.deployed.chain.view(&who, &incentives, message, args).unwrap().get(0).unwrap()
    }

    /// Status, strikes, and quote atoms due now and later.
    pub fn maker(&mut self, name: &str) -> (u8, u8, u64, u64) {
        let (who, incentives) = (self.account("anyone"), self.incentives.clone());
        let seat = Self::seat(name);
        let told = self.deployed.chain.view(&who, &incentives, "maker", args![seat]).unwrap();
        let (status, _, _, strikes, due, later): (u8, u32, u32, u8, u64, u64) = told.get(0).unwrap();
        (status, strikes, due, later)
    }

    /// Applies and is accepted.
    pub fn designate(&mut self, name: &str) {
        let seat = Self::seat(name);
        self.programme(name, "apply", args![seat]).unwrap();
        self.programme("governance", "accept", args![seat]).unwrap();
    }

    /// Closes a week; its steps.
    pub fn close(&mut self, week: u32) -> u32 {
        for step in 1.. {
            if self.programme("anyone", "close_epoch", args![week, 8_u64]).unwrap().get(0).unwrap() {
                return step;
            }
        }
        unreachable!("a closing ends")
    }

    /// Goes to so many hours after the beginning of [`MONDAY`].
    pub fn at(&mut self, days: u64, hours: u64) {
        let time = u64::from(MONDAY.start().0) + days * DAY + hours * 3_600;
        self.deployed.chain.advance_to(time).unwrap();
    }

    /// The index prints this price on a day, days after [`MONDAY`], and the months are settled by it once they are listed.
    pub fn print(&mut self, days: u64, price: u32) {
        self.at(days, 12);
        let day = Day(MONDAY.0 + days as u32);
        let quote = Quote { input: price, output: price, volume: 1_000 };
        for reporter in REPORTERS {
            self.say(reporter, Message::Submit { index: 0, day, batch: vec![Entry { provider: 0, quote }] });
        }
        self.say("anyone", Message::Publish { index: 0, day });
        if days == 0 {
            self.deployed.chain.advance(u64::from(Rules::TPI.confirm_delay));
            self.say("anyone", Message::Publish { index: 0, day });
        } else {
            self.clearing_call("anyone", "settle_day", args![0_u64]).unwrap();
        }
    }

    /// Two levels a side, each of half the lots, `away` ticks and twice as many from the reference.
    pub fn quote(&mut self, name: &str, month: usize, away: u32, lots: u32) {
        let reference = self.reference(month);
        let mut levels = Vec::new();
        for (side, step) in [(0_u8, 1), (1, 1), (0, 2), (1, 2)] {
            let price = if side == 0 { reference - away * step } else { reference + away * step };
            levels.push(side);
            levels.extend_from_slice(&price.to_be_bytes()[1..]);
            levels.extend_from_slice(&(lots / 2).to_be_bytes()[1..]);
        }
        let args = args![Self::seat(name), self.months[month].0, Value::Bytes(levels), 0_u64];
        self.clearing_call(name, "quote", args).unwrap();
    }

    /// Takes so many lots at up to 50 ticks beyond the reference; returns the lots that traded.
    pub fn take(&mut self, name: &str, month: usize, buy: bool, lots: u32) -> u32 {
        let reference = self.reference(month);
        let price = if buy { reference + 50 } else { reference - 50 };
        let placed = self.place(name, month, buy, price, lots, (1, 0));
        let (_, filled, _): (u32, u32, u32) = placed.get(0).unwrap();
        filled
    }

    /// Places an order. `how` is its policy (0 rests, 1 is immediate or cancelled) and its expiry.
    pub fn place(&mut self, name: &str, month: usize, buy: bool, price: u32, lots: u32, how: (u64, u64)) -> Receipt {
        let month = self.months[month].0;
        let (policy, expiry) = how;
        let order = Value::Tuple(args![Self::seat(name), month, buy, price, lots, policy, 0_u64, false, expiry, 0_u64]);
        self.clearing_call(name, "place", args![order]).unwrap()
    }

    pub fn reference(&mut self, month: usize) -> u32 {
        let curve: Curve = self.deployed.cell(b'C', 0, 0).unwrap().unwrap();
        curve.month(self.months[month]).unwrap().reference.0
    }

    pub fn market(&mut self, month: usize) -> Market {
        self.deployed.cell(b'M', self.months[month].0.into(), 0).unwrap().unwrap()
    }

    /// Pays collateral into a seat.
    pub fn deposit(&mut self, name: &str, amount: u64) {
        let vault = self.deployed.contract(Contract::Vault).unwrap();
        self.call(name, &vault, "deposit", args![Self::seat(name), amount]).unwrap();
    }

    /// Pays into the fund (0) or the programme (1).
    pub fn endow(&mut self, purpose: u64, amount: u64) {
        let vault = self.deployed.contract(Contract::Vault).unwrap();
        self.call("dan", &vault, "endow", args![purpose, amount]).unwrap();
    }

    pub fn now(&self) -> Seconds {
        Seconds(self.deployed.chain.now() as u32)
    }
}

/// The parameters of the story: the initial ones, but two full weeks without reward end a designation.
pub fn rules_of_the_story() -> Parameters {
    Parameters { strikes: 2, ..Parameters::INITIAL }
}
