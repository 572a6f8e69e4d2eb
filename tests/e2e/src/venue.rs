//! The exchange of the stories: the audited blobs, deployed and wired, an index with two prints, two months, four
//! accounts with money. All of it by messages.

use alloy_core::primitives::keccak256;
use ink_e2e::Keypair;
use sit_client::{
    Client, Deployment, Failure, MarginProposal, Proposal, Signer, Transport, codec,
    deploy::{self, Authority, Plan},
    govern,
};
use sit_engine::{
    calendar::{self, DAY, Day},
    certificate::{Certificate, SCENARIOS, SLOTS, risk_array_bytes},
    clearing::{self, Instrument, Listing, opening::OPENING_SECONDS},
    launch::{self, Sizing, TPI as PRODUCT, TPI_INDEX},
    oracle::{Entry, Quote, Rules, Validity},
    units::{Lots, Seat, Seconds, Side, Ticks},
};
use sit_native::{
    Contract, Message, Returned, TokenAmount,
    answers::{Audited, PlacedOrder},
    message::{self, limit_order},
    stored, view,
};

use crate::{Framework, Person};

/// What each account begins with: 100,000 USD, in quote atoms.
pub const CASH: u64 = 100_000_000_000;

/// The price of the first two prints: 2.00 USD, in quote atoms.
pub const USUAL: u64 = 2_000_000;

/// The same in ticks: the first mark of both months.
pub const MARK: u64 = 2_000;

/// USDC as the Hub's ERC-20 precompile: asset 1337.
pub const USDC: [u8; 20] = [0, 0, 0x05, 0x39, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x20, 0, 0];

/// From the first print to the last trading day of the front month, in days.
pub const LIFE: u32 = 9;

/// Providers of the index.
const PROVIDERS: u8 = 5;

/// The exchange on a chain of the framework.
pub struct Venue {
    client: Client<Framework>,
    /// The day of the first print, a Monday.
    pub start: u32,
    /// The front month.
    pub near: Instrument,
    /// The month behind.
    pub far: Instrument,
}

/// The name of a contract's refusal; anything else ends the story.
fn refusal(failure: Failure) -> String {
    match failure {
        Failure::Refused { why, .. } => why.name().to_owned(),
        other => panic!("{other}"),
    }
}

/// Deploys, governs, and is rich.
#[must_use]
pub fn governor() -> Person {
    Person(ink_e2e::alice())
}

/// Stops.
#[must_use]
pub fn guardian() -> Person {
    Person(ink_e2e::bob())
}

/// Sends what anyone may.
#[must_use]
pub fn anyone() -> Person {
    Person(ink_e2e::one())
}

/// Owners of the seats 0 to 3, who report to the index too.
fn owners() -> [Keypair; 4] {
    [ink_e2e::charlie(), ink_e2e::dave(), ink_e2e::eve(), ink_e2e::ferdie()]
}

impl Venue {
    /// Everybody in the stories but the governor.
    #[must_use]
    pub fn people() -> Vec<Person> {
        owners().map(Person).into_iter().chain([guardian(), anyone()]).collect()
    }

    /// The owner of a seat.
    #[must_use]
    pub fn owner(seat: usize) -> Person {
        let [a, b, c, d] = owners();
        Person(match seat {
            0 => a,
            1 => b,
            2 => c,
            _ => d,
        })
    }

    /// Deploys and opens everything; genesis is not sealed.
    ///
    /// # Panics
    /// When a message is refused or the chain breaks.
    #[must_use]
    pub fn open(framework: Framework) -> Self {
        let client = Client::new(framework, Deployment::default());
        let (none, day) = (Instrument(0), 0);
        let mut venue = Self { client, start: day, near: none, far: none };
        venue.start = venue.first_day();
        let (governor, guardian) = (governor(), guardian());
        let authority =
            Authority::Contract { governor: governor.address(), guardian: guardian.address(), delays: launch::DELAYS };
        venue.at(venue.start, 0);
        let plan = Plan { token: USDC, authority, programme: None };
        deploy::deploy(&mut venue.client, &governor, &governor, &plan).expect("the blobs are built and deploy");
        venue.open_index();
        venue.open_product();
        for seat in 0..4 {
            venue.fill_seat(seat);
        }
        venue
    }

    /// The next Monday that is nine days before a month's last trading day, a third Wednesday.
    fn first_day(&mut self) -> u32 {
        let today = Day::of(Seconds(u32::try_from(self.now()).expect("time ends in 2106")));
        let months = calendar::listing(today);
        let mondays = months.iter().filter_map(|last| last.0.checked_sub(LIFE));
        mondays.into_iter().find(|monday| *monday >= today.0).expect("ten months are listed")
    }

    fn open_index(&mut self) {
        let (index, rules) = (TPI_INDEX, Rules::TPI);
        self.enact(&Message::SetIndex { index, rules });
        for provider in 0..PROVIDERS {
            self.enact(&Message::SetProvider { index, provider, score: rules.reference_score });
        }
        for seat in 0..4 {
            self.enact(&Message::AddReporter { index, reporter: Self::owner(seat).address() });
        }
        assert_eq!(self.print(self.start, USUAL), Ok(Validity::NeedsConfirmation));
        assert_eq!(self.print(self.start + 1, USUAL), Ok(Validity::Valid));
    }

    /// A margin set of made-up shocks, the product, and two months.
    fn open_product(&mut self) {
        // Worst rise 30 %, worst fall 20 %, for ten months.
        let mut shocks = [[0; SCENARIOS]; SLOTS];
        for slot in shocks.iter_mut().take(10) {
            slot[..4].copy_from_slice(&[3_000, -2_000, 1_500, -1_500]);
        }
        let set = MarginProposal {
            product: PRODUCT,
            maintenance_bps: launch::MAINTENANCE_BPS,
            liquidation_end_bps: launch::LIQUIDATION_END_BPS,
            shocks,
            certificate: Certificate {
                dataset_root: [1; 32],
                simulator: [2; 32],
                seed: 3,
                model_hash: [4; 32],
                confidence_ppm: 990_000,
                horizon_seconds: DAY,
                parameter_hash: keccak256(risk_array_bytes(&shocks)).0,
            },
        };
        let now = self.client.now().expect("the chain answers");
        let (propose, calldata) = set.proposing(&self.client.deployment, now).expect("it is deployed");
        let id: u32 = self.say(&governor(), &propose).expect("a proposal");
        let approval = self.client.approval(id).expect("a council");
        self.send(&governor(), &approval).expect("an approval");
        self.send(&anyone(), &Message::Execute { id, call: calldata }).expect("a margin set");
        self.enact(&Message::StartProduct { product: PRODUCT });
        let sizing = Sizing::for_price(USUAL);
        let listed = calendar::listing(Day(self.start + 1));
        for (serial, last) in (0..).zip(listed).take(2) {
            let listing = Listing {
                product: PRODUCT,
                expiry: calendar::last_trading_time(last),
                tick_value: sizing.tick_value,
                tick_size: sizing.tick_size,
                mark: Ticks(MARK as u32),
                terms: launch::TERMS,
            };
            self.enact(&Message::List { listing });
            if serial == 0 { self.near = Instrument(serial) } else { self.far = Instrument(serial) }
        }
    }

    fn fill_seat(&mut self, seat: usize) {
        let (owner, spender) = (Self::owner(seat), self.client.address(Contract::Vault).expect("it is deployed"));
        let value = TokenAmount(2 * u128::from(CASH));
        self.send(&governor(), &Message::SendTokens { to: owner.address(), value }).expect("USDC");
        self.send(&owner, &Message::ApproveSpender { spender, value }).expect("an allowance");
        let opened: u32 = self.say(&owner, &Message::OpenAccount { sub: 0 }).expect("a seat");
        assert_eq!(opened as usize, seat);
        self.send(&owner, &Message::Deposit { seat: Seat(opened), amount: CASH }).expect("a deposit");
    }

    /// The owner of a seat is given USDC, in atoms, and pays it in.
    ///
    /// # Panics
    /// When that is refused.
    pub fn enrich(&mut self, seat: usize, atoms: u64) {
        let (owner, value) = (Self::owner(seat), TokenAmount(u128::from(atoms)));
        let spender = self.client.address(Contract::Vault).expect("it is deployed");
        self.send(&governor(), &Message::SendTokens { to: owner.address(), value }).expect("USDC");
        self.send(&owner, &Message::ApproveSpender { spender, value }).expect("an allowance");
        self.send(&owner, &Message::Deposit { seat: Seat(seat as u32), amount: atoms }).expect("a deposit");
    }

    /// Time now, in Unix seconds.
    ///
    /// # Panics
    /// When the chain does not answer.
    pub fn now(&mut self) -> u64 {
        self.client.transport.clock.now().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Time goes on to a day and a second of it.
    ///
    /// # Panics
    /// When the chain does not answer.
    pub fn at(&mut self, day: u32, seconds: u32) {
        let time = u64::from(day) * u64::from(DAY) + u64::from(seconds);
        self.client.transport.clock.later(time).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Time goes on by so many seconds.
    pub fn wait(&mut self, seconds: u32) {
        let time = self.now() + u64::from(seconds);
        self.at(0, u32::try_from(time).expect("time ends in 2106"));
    }

    /// Sends a message and audits the books; the contract's refusal by name.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// When the books do not balance, or the chain breaks.
    pub fn send(&mut self, who: &Person, message: &Message) -> Result<(), String> {
        self.done(who, message).map(|_| ())
    }

    /// The same for a message that answers.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// As [`Venue::send`].
    pub fn say<A: Returned>(&mut self, who: &Person, message: &Message) -> Result<A, String> {
        Ok(self.done(who, message)?.answer().unwrap_or_else(|error| panic!("{error}")))
    }

    fn done(&mut self, who: &Person, message: &Message) -> Result<sit_client::Done<()>, String> {
        let done = self.client.send(who, message).map_err(refusal)?;
        if self.far != self.near {
            self.audit();
        }
        Ok(done)
    }

    /// Both sides of the vault's books, which balance.
    ///
    /// # Panics
    /// When they do not.
    pub fn audit(&mut self) -> Audited {
        let audited = self.client.view(&view::Audit {}).unwrap_or_else(|error| panic!("{error}"));
        assert!(audited.balanced, "{audited:?}");
        audited
    }

    /// A message sent for real although it is refused: the chain carries out nothing of it.
    ///
    /// # Panics
    /// When the chain breaks.
    pub fn is_carried_out(&mut self, who: &Person, message: &Message) -> bool {
        let to = self.client.address(message.contract()).unwrap_or_else(|error| panic!("{error}"));
        let sent = self.client.transport.force(who, to, &codec::calldata(message));
        sent.unwrap_or_else(|error| panic!("{error}"))
    }

    /// What a contract says to bytes that are none of its messages.
    ///
    /// # Panics
    /// When the chain breaks.
    pub fn nonsense(&mut self, contract: Contract, bytes: &[u8]) -> sit_client::transport::Outcome {
        let to = self.client.address(contract).unwrap_or_else(|error| panic!("{error}"));
        self.client.transport.call(None, to, bytes).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A message of governance during genesis.
    ///
    /// # Panics
    /// When it is refused.
    pub fn enact(&mut self, message: &Message) {
        let governor = governor();
        self.client.enact(&governor, &governor, message).unwrap_or_else(|error| panic!("{}: {error}", message.name()));
    }

    /// Proposes a message and approves it.
    ///
    /// # Panics
    /// When either is refused.
    pub fn queue(&mut self, message: &Message) -> Proposal {
        let proposal = self.client.propose(&governor(), message).expect("a proposal");
        let approval = self.client.approval(proposal.id).expect("a council");
        self.send(&governor(), &approval).expect("an approval");
        proposal
    }

    /// The guardian sends what only tightens.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// As [`Venue::send`].
    pub fn tighten(&mut self, message: &Message) -> Result<(), String> {
        let tighten = govern::tightening(&self.client.deployment, message).expect("it is deployed");
        self.send(&guardian(), &tighten)
    }

    /// All reporters see a price in the afternoon of a day, in quote atoms; anyone publishes.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// As [`Venue::send`].
    pub fn print(&mut self, day: u32, price: u64) -> Result<Validity, String> {
        self.at(day, 15 * 3_600);
        let price = u32::try_from(price).expect("a price has 32 bits");
        let line = |provider| Entry { provider, quote: Quote { input: price, output: price, volume: 1_000 } };
        let (index, day) = (TPI_INDEX, Day(day));
        for seat in 0..4 {
            let batch = (0..PROVIDERS).map(line).collect();
            self.send(&Self::owner(seat), &Message::Submit { index, day, batch })?;
        }
        self.say(&anyone(), &Message::Publish { index, day })
    }

    /// The index prints a day, the product is settled by it, and the book opens.
    ///
    /// # Panics
    /// When one of them is refused.
    pub fn day(&mut self, day: u32, price: u64) {
        assert_eq!(self.print(day, price), Ok(Validity::Valid));
        self.send(&anyone(), &Message::SettleDay { product: PRODUCT }).expect("a settlement");
        self.wait(OPENING_SECONDS);
    }

    /// A limit order; returns the lots filled.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// As [`Venue::send`].
    pub fn order(&mut self, seat: usize, month: Instrument, side: Side, price: u64, lots: u32) -> Result<u32, String> {
        let order = limit_order(Seat(seat as u32), month, side, Ticks(price as u32), Lots(lots));
        let placed: PlacedOrder = self.say(&Self::owner(seat), &Message::Place { order })?;
        Ok(placed.filled.0)
    }

    /// One sells to another.
    ///
    /// # Panics
    /// When they do not meet.
    pub fn trade(&mut self, seller: usize, buyer: usize, month: Instrument, price: u64, lots: u32) {
        assert_eq!(self.order(seller, month, Side::Sell, price, lots), Ok(0));
        assert_eq!(self.order(buyer, month, Side::Buy, price, lots), Ok(lots));
    }

    /// Pays all four accounts in a month, in this order.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// As [`Venue::send`].
    pub fn settle(&mut self, month: Instrument, order: [u32; 4]) -> Result<(), String> {
        self.send(&anyone(), &Message::Settle { instrument: month, seats: message::seats(order.map(Seat)) })
    }

    /// An account.
    ///
    /// # Panics
    /// When there is none.
    pub fn account(&mut self, seat: usize) -> clearing::Account {
        let found = self.client.cell(&stored::account(Seat(seat as u32))).unwrap_or_else(|error| panic!("{error}"));
        found.expect("the seat is open")
    }

    /// Cash of a seat, in quote atoms.
    pub fn cash(&mut self, seat: usize) -> u64 {
        self.account(seat).cash
    }

    /// Lots of a seat in a month.
    pub fn net(&mut self, seat: usize, month: Instrument) -> i32 {
        self.account(seat).net(month).0
    }

    /// USDC that the owner of a seat holds, in atoms.
    ///
    /// # Panics
    /// When the chain does not answer.
    pub fn purse(&mut self, seat: usize) -> u128 {
        let account = Self::owner(seat).address();
        self.client.view(&view::BalanceOf { account }).unwrap_or_else(|error| panic!("{error}")).0
    }

    /// The owner of a seat takes cash out.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// As [`Venue::send`].
    pub fn withdraw(&mut self, seat: usize, amount: u64) -> Result<(), String> {
        self.send(&Self::owner(seat), &Message::Withdraw { seat: Seat(seat as u32), amount })
    }

    /// Everybody takes out all that they have; returns what was paid, in quote atoms.
    ///
    /// # Panics
    /// When somebody cannot.
    pub fn everyone_goes_home(&mut self) -> u64 {
        let mut paid = 0;
        for seat in 0..4 {
            let (has, had) = (self.cash(seat), self.purse(seat));
            self.withdraw(seat, has).unwrap_or_else(|error| panic!("seat {seat}: {error}"));
            assert_eq!(self.purse(seat) - had, u128::from(has));
            paid += has;
        }
        paid
    }
}
