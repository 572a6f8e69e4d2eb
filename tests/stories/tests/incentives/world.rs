//! An exchange with two months and a programme, and all its events.

use sit_client::Failure;
use sit_demo::exchange::Done;
use sit_demo::replay::Deployed;
use sit_devnet::Account;
use sit_engine::calendar::{self, Day};
use sit_engine::clearing::{
    Curve, Instrument, Ledger, Level, Market, Place, Policy, Product, Purpose, SCENARIOS, SHOCK_BYTES,
};
use sit_engine::incentives::{Parameters, Status};
use sit_engine::oracle::{Entry, Quote, Rules};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};
use sit_market::sequence::listing;
use sit_native::answers::{MakerRecord, PlacedOrder};
use sit_native::message::limit_order;
use sit_native::{EmittedEvent, Message, View, message, stored, view};

/// Monday 2026-11-23, in days. Reward weeks end on Wednesdays at midnight.
pub const MONDAY: Day = Day(20_780);

pub const DAY: u64 = sit_engine::calendar::DAY as u64;

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
    /// The months.
    pub months: [Instrument; 2],
    /// The events, in order, with their time.
    pub told: Vec<(u64, EmittedEvent)>,
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
        let deployed = Deployed::with_programme(opens, &names).expect("the contracts are built and deploy");
        let months = [0, 1].map(|serial| Instrument::new(TPI, serial));
        let mut world = Self { deployed, months, told: Vec::new() };
        world.open();
        world
    }

    fn open(&mut self) {
        for message in self.deployed.wiring().unwrap() {
            self.say("governance", message);
        }
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
        let (maintenance_bps, liquidation_end_bps, certificate_hash) =
            (sit_engine::launch::MAINTENANCE_BPS, sit_engine::launch::LIQUIDATION_END_BPS, [1; 32]);
        let set = Message::SetRisk { product: TPI, maintenance_bps, liquidation_end_bps, shocks, certificate_hash };
        self.say("governance", set);
        self.say("governance", Message::StartProduct { product: TPI });
        let (fund_bps, incentive_bps) = (sit_engine::launch::FUND_SHARE_BPS, sit_engine::launch::INCENTIVE_SHARE_BPS);
        self.say("governance", Message::SetFeeShares { fund_bps, incentive_bps });
        for (day, mark) in calendar::listing(MONDAY).into_iter().zip([2_600, 2_500]) {
            self.say("governance", Message::List { listing: listing(day, mark) });
        }
        for (name, amount) in PEOPLE.into_iter().zip([CAPITAL, CAPITAL, CAPITAL, CAPITAL, 1_000 * DOLLAR]) {
            let wallet = self.deployed.address_of(name);
            self.deployed.mint(wallet, 2 * u128::from(CAPITAL)).unwrap();
            self.say(name, Message::OpenAccount { sub: 0 });
            self.deposit(name, amount);
        }
        self.endow(Purpose::Incentives, POOL);
        self.say("governance", Message::SetParameters { parameters: rules_of_the_story() });
        self.say("governance", Message::SetBudget { amount: BUDGET });
    }

    /// The seat of a person.
    pub fn seat(name: &str) -> Seat {
        Seat(PEOPLE.iter().position(|known| *known == name).unwrap() as u32)
    }

    pub fn account(&mut self, name: &str) -> Account {
        self.deployed.chain.account(name)
    }

    /// Sends a message that is taken.
    pub fn say(&mut self, name: &str, message: Message) -> Done {
        self.call(name, &message).unwrap_or_else(|error| panic!("{name}: {message:?}: {error}"))
    }

    /// Sends a message; the contract's refusal by name, anything else ends the story.
    pub fn call(&mut self, name: &str, message: &Message) -> Result<Done, String> {
        let who = self.account(name);
        let done = self.deployed.client().send(&who, message).map_err(|failure| match failure {
            Failure::Refused { why, .. } => why.name().to_owned(),
            other => panic!("{message:?}: {other}"),
        })?;
        let now = self.deployed.chain.now();
        self.told.extend(done.events.iter().map(|event| (now, event.clone())));
        assert!(self.deployed.audit().unwrap(), "the books balance after every message");
        Ok(done)
    }

    /// Asserts that a message is refused by this name, and that no book and nothing else has changed.
    pub fn refused(&mut self, name: &str, message: &Message, error: &str) {
        self.deployed.chain.seal_block(0);
        let (books, root) = (self.books(), self.deployed.chain.state_root());
        let said = self.call(name, message).map(|_| "accepted".to_owned());
        assert_eq!(said, Err(error.to_owned()), "{name}: {message:?}");
        assert_eq!(self.deployed.chain.state_root(), root, "{name}: {message:?} left a trace");
        assert_eq!(self.books(), books, "{name}: {message:?}");
    }

    /// The books, and that they balance.
    pub fn books(&mut self) -> Books {
        assert!(self.deployed.audit().unwrap());
        let ledger = self.deployed.cell(&stored::ledger()).unwrap().unwrap();
        let vault = self.deployed.addresses().vault;
        let owed = self.view(&view::Programme {}).owed;
        Books { ledger, owed, vault: self.deployed.wallet(vault) }
    }

    /// What a view answers.
    pub fn view<V: View>(&mut self, view: &V) -> V::Answer {
        self.deployed.view(view).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Status, strikes, and quote atoms due now and later. The maker has applied once.
    pub fn maker(&mut self, name: &str) -> (Status, u8, u64, u64) {
        let MakerRecord { status, strikes, due, later, .. } = self.view(&view::Maker { seat: Self::seat(name) });
        (status.unwrap(), strikes, due, later)
    }

    /// Applies and is accepted.
    pub fn designate(&mut self, name: &str) {
        let seat = Self::seat(name);
        self.say(name, Message::Apply { seat });
        self.say("governance", Message::Accept { seat });
    }

    /// Closes a week; its steps.
    pub fn close(&mut self, week: u32) -> u32 {
        for step in 1.. {
            if self.say("anyone", Message::CloseEpoch { epoch: week, makers: 8 }).answer().unwrap() {
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

    /// The index prints this price on a day, days after [`MONDAY`], and the months are settled by it once they are
    /// listed.
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
            self.say("anyone", Message::SettleDay { product: TPI });
        }
    }

    /// Two levels a side, each of half the lots, `away` ticks and twice as many from the reference.
    pub fn quote(&mut self, name: &str, month: usize, away: u32, lots: u32) {
        let reference = self.reference(month);
        let level = |price: u32| Level { price: Ticks(price), lots: Lots(lots / 2) };
        let bids = [1, 2].map(|step| level(reference - away * step));
        let asks = [1, 2].map(|step| level(reference + away * step));
        let (seat, instrument) = (Self::seat(name), self.months[month]);
        let levels = message::levels(&bids, &asks);
        self.say(name, Message::Quote { seat, instrument, levels, expiry: Seconds::ZERO });
    }

    /// Takes so many lots at up to 50 ticks beyond the reference; returns the lots that traded.
    pub fn take(&mut self, name: &str, month: usize, buy: bool, lots: u32) -> u32 {
        let reference = self.reference(month);
        let price = if buy { reference + 50 } else { reference - 50 };
        let placed = self.place(name, month, buy, price, lots, (Policy::ImmediateOrCancel, Seconds::ZERO));
        placed.answer::<PlacedOrder>().unwrap().filled.0
    }

    /// Places an order. `how` is its policy and its expiry.
    pub fn place(
        &mut self,
        name: &str,
        month: usize,
        buy: bool,
        price: u32,
        lots: u32,
        how: (Policy, Seconds),
    ) -> Done {
        let (policy, expiry) = how;
        let order = Place {
            policy,
            expiry,
            ..limit_order(
                Self::seat(name),
                self.months[month],
                if buy { Side::Buy } else { Side::Sell },
                Ticks(price),
                Lots(lots),
            )
        };
        self.say(name, Message::Place { order })
    }

    pub fn reference(&mut self, month: usize) -> u32 {
        let curve: Curve = self.deployed.cell(&stored::curve(TPI)).unwrap().unwrap();
        curve.month(self.months[month]).unwrap().reference.0
    }

    pub fn market(&mut self, month: usize) -> Market {
        self.deployed.cell(&stored::market(self.months[month])).unwrap().unwrap()
    }

    /// Pays collateral into a seat.
    pub fn deposit(&mut self, name: &str, amount: u64) {
        self.say(name, Message::Deposit { seat: Self::seat(name), amount });
    }

    /// Pays into the fund or the programme.
    pub fn endow(&mut self, purpose: Purpose, amount: u64) {
        self.say("dan", Message::Endow { purpose, amount });
    }

    pub fn now(&self) -> Seconds {
        Seconds(self.deployed.chain.now() as u32)
    }
}

/// The parameters of the story: the initial ones, except that two full weeks without reward end a designation.
pub fn rules_of_the_story() -> Parameters {
    Parameters { strikes: 2, ..Parameters::INITIAL }
}
