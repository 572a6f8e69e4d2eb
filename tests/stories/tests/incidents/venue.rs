//! The index of [`World::live`] with a market on it: a margin set, two months, four accounts with money.

use crate::{DAY, PRODUCT, START, USUAL, World, refusal};
use sit_client::{Failure, Proposal, govern};
use sit_demo::exchange::{Done, Exchange};
use sit_demo::month_sizes::MonthSizes;
use sit_devnet::Account;
use sit_engine::calendar::{self, Day};
use sit_engine::certificate::{Certificate, SCENARIOS, SLOTS, risk_array_bytes};
use sit_engine::clearing::Instrument;
use sit_engine::clearing::opening::OPENING_SECONDS;
use sit_engine::oracle::validity::Validity;
use sit_engine::units::{Lots, Seat, Side, Ticks};
use sit_native::answers::PlacedOrder;
use sit_native::message::limit_order;
use sit_native::{Contract, Message, TokenAmount, message};

/// What each account begins with: 100,000 USD.
pub const CASH: u64 = 100_000_000_000;

/// The first settlement mark of both months: 2.00 USD in ticks of 0.001.
pub const MARK: u64 = 2_000;

/// A product, its accounts and its index, on Tuesday 2026-11-24 at 15:00.
pub struct Venue {
    pub world: World,
    /// Owners of the seats 0 to 3.
    pub people: Vec<Account>,
    /// The front month.
    pub near: Instrument,
    /// The month behind.
    pub far: Instrument,
}

impl Venue {
    /// Everything open, genesis not sealed.
    pub fn open() -> Self {
        let mut world = World::live();
        let exchange = &mut world.exchange;
        // Worst rise 30 %, worst fall 20 %, for ten months.
        let mut shocks = [[0; SCENARIOS]; SLOTS];
        for slot in shocks.iter_mut().take(10) {
            slot[..4].copy_from_slice(&[3_000, -2_000, 1_500, -1_500]);
        }
        let certificate = Certificate {
            dataset_root: [1; 32],
            simulator: [2; 32],
            seed: 3,
            model_hash: [4; 32],
            confidence_ppm: 990_000,
            horizon_seconds: sit_engine::calendar::DAY,
            parameter_hash: sit_sim::keccak256(&risk_array_bytes(&shocks)),
        };
        exchange.govern_shocks(&shocks, &certificate).expect("a margin set");
        exchange.govern(&Message::StartProduct { product: PRODUCT }).expect("a product");
        let sizing = MonthSizes::for_price(USUAL);
        let months = calendar::listing(Day(START + 1));
        let [near, far] = [0, 1].map(|place| {
            let expiry = u64::from(calendar::last_trading_time(months[place]).0);
            Instrument(exchange.list(expiry, u32::try_from(MARK).unwrap(), &sizing).expect("a month"))
        });
        let mut venue = Self { world, people: Vec::new(), near, far };
        for seat in 0..4 {
            let person = venue.world.exchange.chain.account(&format!("person {seat}"));
            venue.people.push(person.clone());
            venue.send(seat, &Message::OpenAccount { sub: 0 }).unwrap();
            let spender = venue.exchange().address(Contract::Vault).unwrap();
            venue.exchange().chain.mint_usdc(&person, u128::from(2 * CASH)).unwrap();
            let allowance = Message::ApproveSpender { spender, value: TokenAmount(u128::from(2 * CASH)) };
            venue.exchange().client().send(&person, &allowance).unwrap();
            venue.deposit(seat, CASH).unwrap();
        }
        venue
    }

    pub fn exchange(&mut self) -> &mut Exchange {
        &mut self.world.exchange
    }

    /// The owner of a seat sends a message; the books are audited after it.
    pub fn send(&mut self, seat: usize, message: &Message) -> Result<Done, String> {
        let person = self.people[seat].clone();
        self.say(&person, message)
    }

    /// Anyone does.
    pub fn anyone(&mut self, message: &Message) -> Result<Done, String> {
        let anyone = self.world.anyone();
        self.say(&anyone, message)
    }

    /// Sends a message; the contract's refusal by name, anything else ends the story.
    pub fn say(&mut self, who: &Account, message: &Message) -> Result<Done, String> {
        let contract = self.exchange().address(message.contract()).unwrap();
        self.say_to(who, contract, message)
    }

    /// Sends a message to a contract at an address, for example to the next version of one.
    pub fn say_to(&mut self, who: &Account, contract: [u8; 20], message: &Message) -> Result<Done, String> {
        self.world.exchange.send_to(who, contract, message).map_err(|error| match error.downcast::<Failure>() {
            Ok(failure) => refusal(failure),
            Err(error) => panic!("{message:?}: {error:#}"),
        })
    }

    pub fn deposit(&mut self, seat: usize, amount: u64) -> Result<Done, String> {
        self.send(seat, &Message::Deposit { seat: Seat(seat as u32), amount })
    }

    pub fn withdraw(&mut self, seat: usize, amount: u64) -> Result<Done, String> {
        self.send(seat, &Message::Withdraw { seat: Seat(seat as u32), amount })
    }

    /// A limit order; returns the lots filled.
    pub fn order(&mut self, seat: usize, month: Instrument, buy: bool, price: u64, lots: u64) -> Result<u32, String> {
        let order = limit_order(
            Seat(seat as u32),
            month,
            if buy { Side::Buy } else { Side::Sell },
            Ticks(u32::try_from(price).unwrap()),
            Lots(u32::try_from(lots).unwrap()),
        );
        let placed: PlacedOrder = self.send(seat, &Message::Place { order })?.answer().unwrap();
        Ok(placed.filled.0)
    }

    /// One sells to another.
    pub fn trade(&mut self, seller: usize, buyer: usize, month: Instrument, price: u64, lots: u64) {
        assert_eq!(self.order(seller, month, false, price, lots), Ok(0));
        assert_eq!(u64::from(self.order(buyer, month, true, price, lots).unwrap()), lots);
    }

    /// Settles all four accounts in a month, those who lost first.
    pub fn settle(&mut self, month: Instrument, order: [u32; 4]) -> Result<Done, String> {
        self.anyone(&Message::Settle { instrument: month, seats: message::seats(order.map(Seat)) })
    }

    /// Cash of a seat.
    pub fn cash(&mut self, seat: usize) -> u64 {
        self.world.exchange.account(seat as u32).unwrap().cash
    }

    /// Lots of a seat in a month.
    pub fn net(&mut self, seat: usize, month: Instrument) -> i32 {
        let account = self.world.exchange.account(seat as u32).unwrap();
        account.net(month).0
    }

    /// The index prints a day at this price, the product is settled by it, and the book opens.
    pub fn day(&mut self, day: u32, price: u64) {
        self.print(day, price);
        self.wait_for_the_opening();
    }

    /// The index prints a day at this price, and the product is settled by it.
    pub fn print(&mut self, day: u32, price: u64) {
        assert_eq!(self.world.day(day, price), Ok(Validity::Valid));
        self.anyone(&Message::SettleDay { product: PRODUCT }).unwrap();
    }

    /// The opening phase goes by.
    pub fn wait_for_the_opening(&mut self) {
        self.exchange().chain.advance(OPENING_SECONDS.into());
    }

    /// Everybody takes out all that they have; returns what was paid.
    pub fn everyone_goes_home(&mut self) -> u64 {
        let amounts: Vec<u64> = (0..4).map(|seat| self.cash(seat)).collect();
        for (seat, amount) in amounts.iter().enumerate() {
            self.withdraw(seat, *amount).unwrap_or_else(|error| panic!("seat {seat}: {error}"));
        }
        amounts.iter().sum()
    }

    /// Ends genesis, with a council of the governor alone.
    pub fn seal(&mut self) {
        let deployer = self.exchange().chain.account("deployer");
        self.say(&deployer, &Message::Seal {}).unwrap();
    }

    /// The guardian sends what only tightens.
    pub fn tighten(&mut self, message: &Message) -> Result<(), String> {
        let guardian = self.exchange().chain.account("guardian");
        let tighten = govern::tightening(&self.exchange().deployment, message).unwrap();
        self.say(&guardian, &tighten).map(|_| ())
    }

    /// Executes an action.
    pub fn execute(&mut self, proposal: &Proposal) -> Result<(), String> {
        let anyone = self.world.anyone();
        self.say(&anyone, &proposal.execution()).map(|_| ())
    }

    /// Time goes on to a day and second.
    pub fn at(&mut self, day: u32, seconds: u64) {
        self.world.at(day, seconds);
    }

    /// Seconds now.
    pub fn now(&self) -> u64 {
        self.world.exchange.chain.now()
    }

    /// Whole days until a month's last trading day is over, from [`START`].
    pub fn last_day(&mut self, month: Instrument) -> u32 {
        let curve = self.world.exchange.curve().unwrap().unwrap();
        let expiry = curve.month(month).unwrap().expiry;
        u32::try_from(u64::from(expiry.0) / DAY).unwrap()
    }
}
