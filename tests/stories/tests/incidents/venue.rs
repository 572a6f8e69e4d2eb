//! The index of [`World::live`] with what trades on it: a margin set, two months, four accounts with money.

use crate::{DAY, START, TPI, USUAL, World};
use sit_demo::exchange::Exchange;
use sit_demo::sizing::Sizing;
use sit_devnet::{Account, CallError, Deployed, Receipt, Value, args};
use sit_engine::calendar::{self, Day};
use sit_engine::certificate::{Certificate, SCENARIOS, SLOTS, risk_array_bytes};

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
    pub near: u16,
    /// The month behind.
    pub far: u16,
}

impl Venue {
    /// Everything open, genesis not sealed.
    pub fn open() -> Self {
        let mut world = World::live();
        let exchange = &mut world.exchange;
        let clearing = exchange.clearing.clone();
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
            horizon_seconds: 86_400,
            parameter_hash: sit_sim::keccak256(&risk_array_bytes(&shocks)),
        };
        exchange.govern_shocks(&shocks, &certificate).expect("a margin set");
        exchange.govern(&clearing, "start_product", args![TPI]).expect("a product");
        let sizing = Sizing::for_price(USUAL);
        let months = calendar::listing(Day(START + 1));
        let [near, far] = [0, 1].map(|place| {
            let expiry = u64::from(calendar::last_trading_time(months[place]).0);
            exchange.list(expiry, u32::try_from(MARK).unwrap(), &sizing).expect("a month")
        });
        let mut venue = Self { world, people: Vec::new(), near, far };
        for seat in 0..4 {
            let person = venue.world.exchange.chain.account(&format!("person {seat}"));
            venue.people.push(person.clone());
            venue.send(seat, "open_account", args![0_u64]).unwrap();
            let (usdc, vault) = (venue.world.exchange.chain.usdc(), venue.exchange().vault.clone());
            let chain = &mut venue.world.exchange.chain;
            chain.mint_usdc(&person, u128::from(2 * CASH)).unwrap();
            chain.call(&person, &usdc, "approve", args![&vault, 2 * CASH]).unwrap();
            venue.deposit(seat, CASH).unwrap();
        }
        venue
    }

    pub fn exchange(&mut self) -> &mut Exchange {
        &mut self.world.exchange
    }

    /// The owner of a seat sends the clearing house a message; the books are audited after it.
    pub fn send(&mut self, seat: usize, message: &str, arguments: Vec<Value>) -> Result<Receipt, String> {
        let (person, clearing) = (self.people[seat].clone(), self.world.exchange.clearing.clone());
        self.say(&person, &clearing, message, arguments)
    }

    /// Anyone does.
    pub fn anyone(&mut self, message: &str, arguments: Vec<Value>) -> Result<Receipt, String> {
        let (anyone, clearing) = (self.world.anyone(), self.world.exchange.clearing.clone());
        self.say(&anyone, &clearing, message, arguments)
    }

    /// Sends a message; the contract's refusal by name, anything else ends the story.
    pub fn say(
        &mut self,
        who: &Account,
        contract: &Deployed,
        message: &str,
        arguments: Vec<Value>,
    ) -> Result<Receipt, String> {
        self.world.exchange.send(who, contract, message, arguments).map_err(|error| match error.downcast_ref() {
            Some(CallError::Reverted { revert, .. }) => revert.name.clone(),
            _ => panic!("{}.{message}: {error:#}", contract.name),
        })
    }

    pub fn deposit(&mut self, seat: usize, amount: u64) -> Result<Receipt, String> {
        let (person, vault) = (self.people[seat].clone(), self.world.exchange.vault.clone());
        self.say(&person, &vault, "deposit", args![seat as u64, amount])
    }

    pub fn withdraw(&mut self, seat: usize, amount: u64) -> Result<Receipt, String> {
        self.send(seat, "withdraw", args![seat as u64, amount])
    }

    /// A limit order; returns the lots filled.
    pub fn order(&mut self, seat: usize, month: u16, buy: bool, price: u64, lots: u64) -> Result<u32, String> {
        let order = args![seat as u64, month, buy, price, lots, 0_u64, 0_u64, false, 0_u64, 0_u64];
        let receipt = self.send(seat, "place", args![Value::Tuple(order)])?;
        let (_, filled, _): (u32, u32, u32) = receipt.get(0).unwrap();
        Ok(filled)
    }

    /// One sells to another.
    pub fn trade(&mut self, seller: usize, buyer: usize, month: u16, price: u64, lots: u64) {
        assert_eq!(self.order(seller, month, false, price, lots), Ok(0));
        assert_eq!(u64::from(self.order(buyer, month, true, price, lots).unwrap()), lots);
    }

    /// Settles all four accounts in a month, those who lost first.
    pub fn settle(&mut self, month: u16, order: [u32; 4]) -> Result<Receipt, String> {
        let seats = order.iter().flat_map(|seat| seat.to_be_bytes()).collect();
        self.anyone("settle", args![month, Value::Bytes(seats)])
    }

    /// Cash of a seat.
    pub fn cash(&mut self, seat: usize) -> u64 {
        self.world.exchange.account(seat as u32).unwrap().cash
    }

    /// Lots of a seat in a month.
    pub fn net(&mut self, seat: usize, month: u16) -> i32 {
        let account = self.world.exchange.account(seat as u32).unwrap();
        account.net(sit_engine::clearing::Instrument(month)).0
    }

    /// The index prints a day at this price, and the product is settled by it.
    pub fn day(&mut self, day: u32, price: u64) {
        assert_eq!(self.world.day(day, price), Ok(2));
        self.anyone("settle_day", args![TPI]).unwrap();
    }

    /// Everybody takes out all that he has; returns what was paid.
    pub fn everyone_goes_home(&mut self) -> u64 {
        let amounts: Vec<u64> = (0..4).map(|seat| self.cash(seat)).collect();
        for (seat, amount) in amounts.iter().enumerate() {
            self.withdraw(seat, *amount).unwrap_or_else(|error| panic!("seat {seat}: {error}"));
        }
        amounts.iter().sum()
    }

    /// Ends genesis, with a council of the governor alone.
    pub fn seal(&mut self) {
        let (governance, deployer) =
            (self.world.exchange.governance.clone(), self.world.exchange.chain.account("deployer"));
        self.say(&deployer, &governance, "seal", args![]).unwrap();
    }

    /// The guardian sends what only tightens.
    pub fn tighten(&mut self, target: &Deployed, message: &str, arguments: &[Value]) -> Result<(), String> {
        let calldata = target.calldata(message, arguments).unwrap();
        let (governance, guardian) =
            (self.world.exchange.governance.clone(), self.world.exchange.chain.account("guardian"));
        self.say(&guardian, &governance, "tighten", args![target, Value::Bytes(calldata)]).map(|_| ())
    }

    /// Executes an action.
    pub fn execute(&mut self, action: &(u32, Vec<u8>)) -> Result<(), String> {
        let (governance, anyone) = (self.world.exchange.governance.clone(), self.world.anyone());
        self.say(&anyone, &governance, "execute", args![action.0, Value::Bytes(action.1.clone())]).map(|_| ())
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
    pub fn last_day(&mut self, month: u16) -> u32 {
        let curve = self.world.exchange.curve().unwrap().unwrap();
        let expiry = curve.month(sit_engine::clearing::Instrument(month)).unwrap().expiry;
        u32::try_from(u64::from(expiry.0) / DAY).unwrap()
    }
}
