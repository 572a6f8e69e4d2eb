//! The clearing house gets a new version: accounts with open positions move from contract to contract, one by one, by
//! anyone; the books of both balance after every step, and everybody withdraws from the new one (G7, S1).

use crate::venue::{CASH, MARK, Venue};
use crate::{PRODUCT, START, USUAL, refusal};
use sit_client::{Proposal, govern};
use sit_devnet::Account;
use sit_engine::governance::CLEARING;
use sit_engine::units::Seat;
use sit_native::answers::VersionRecord;
use sit_native::{Constructor, Contract, Message, view};

const CURVE: u8 = 0;
const MARGIN: u8 = 1;
const BACKTEST: u8 = 2;
const MARKET: u8 = 3;
const ACCOUNT: u8 = 4;
const REST: u8 = 5;
const RESERVES: u8 = 6;

/// The old and the new house of a venue in which three accounts hold positions and one an order.
struct Move {
    venue: Venue,
    old: [u8; 20],
    new: [u8; 20],
    mover: Account,
    /// What the vault holds, in quote atoms.
    total: i128,
}

impl Move {
    fn begin() -> Self {
        let mut venue = Venue::open();
        let (near, far) = (venue.near, venue.far);
        venue.trade(0, 1, near, MARK, 100);
        venue.trade(2, 1, near, MARK, 20);
        venue.trade(1, 2, far, MARK, 30);
        venue.order(3, near, false, MARK + 50, 5).unwrap();
        venue.day(START + 2, USUAL * 103 / 100);
        venue.settle(near, [0, 2, 3, 3]).unwrap(); // the losers have paid, the winner has not been paid
        let exchange = venue.exchange();
        let (deployer, mover) = (exchange.chain.account("deployer"), exchange.chain.account("mover"));
        let (old, constructor) = (
            exchange.address(Contract::Clearing).unwrap(),
            Constructor::Clearing {
                governance: exchange.address(Contract::Governance).unwrap(),
                back_office: exchange.address(Contract::ClearingOffice).unwrap(),
            },
        );
        let new = exchange.client().deploy_apart(&deployer, &constructor).unwrap();
        let total = exchange.audit().unwrap().books;
        Self { venue, old, new, mover, total }
    }

    /// The registry names the new version.
    fn register(&mut self) {
        let register = Message::Register { name: CLEARING, target: self.new };
        self.venue.exchange().govern(&register).unwrap();
    }

    fn pause(&mut self) {
        self.venue.exchange().govern(&Message::Pause { product: PRODUCT, scopes: 7 }).unwrap();
        self.venue.exchange().auditing(false); // the two houses together are audited by `sound`
    }

    fn go(&mut self, what: u8, id: u32) -> Result<(), String> {
        let (old, mover) = (self.old, self.mover.clone());
        self.call(&mover, old, &Message::Migrate { what, id, sub: 0, delegate: [0; 20] })
    }

    fn call(&mut self, who: &Account, contract: [u8; 20], message: &Message) -> Result<(), String> {
        self.venue.exchange().client().send_to(who, contract, message).map(|_| ()).map_err(refusal)
    }

    /// Proposes and approves a message to a house at an address.
    fn queue_to(&mut self, house: [u8; 20], message: &Message) -> Proposal {
        let exchange = self.venue.exchange();
        let mut deployment = exchange.deployment.clone();
        deployment.set(Contract::Clearing, house);
        let (propose, calldata) = govern::proposing(&deployment, exchange.now(), message).unwrap();
        exchange.propose(&propose, calldata).unwrap()
    }

    /// Anyone executes a proposal.
    fn execute(&mut self, proposal: &Proposal) -> Result<(), String> {
        let (governance, mover) = (self.venue.exchange().address(Contract::Governance).unwrap(), self.mover.clone());
        self.call(&mover, governance, &proposal.execution())
    }

    /// Custody of a house by its books, which balance.
    fn books(&mut self, house: [u8; 20]) -> i128 {
        let books = self.venue.exchange().client().view_at(house, &view::Books {}).unwrap();
        assert!(books.balanced);
        assert_eq!(books.custody.0, books.trading.0 + books.reserves.0);
        books.custody.0
    }

    /// No atom is in both houses or in neither.
    fn sound(&mut self) {
        let (old, new) = (self.old, self.new);
        assert_eq!(self.books(old) + self.books(new), self.total);
    }

    /// Rules and marks.
    fn adopt(&mut self) {
        for (what, id) in [(CURVE, 0), (MARGIN, 0), (BACKTEST, 0)] {
            self.go(what, id).unwrap();
        }
        for month in [self.venue.near, self.venue.far] {
            self.go(MARKET, month.0.into()).unwrap();
        }
    }

    fn hand_over(&mut self) -> Result<(), String> {
        let hand_over = Message::HandOver { next: self.new };
        let proposal = self.venue.exchange().queue(&hand_over).unwrap();
        self.execute(&proposal)
    }
}

#[test]
fn accounts_with_open_positions_move_and_everybody_goes_home_from_the_new_house() {
    let mut story = Move::begin();
    let (near, far) = (story.venue.near, story.venue.far);
    let before: Vec<[i32; 2]> = (0..4).map(|seat| [near, far].map(|month| story.venue.net(seat, month))).collect();
    assert_eq!(before, [[-100, 0], [120, -30], [-20, 30], [0, 0]]);
    assert_eq!(story.go(CURVE, 0), Err("NotMigrating".to_owned()), "no next version is registered");
    story.register();
    let version = story.venue.world.view(&view::Version { name: CLEARING }).unwrap();
    let told = VersionRecord { target: story.new, previous: story.old, version: 2 };
    assert_eq!(version, told, "the registry says which is which");
    assert_eq!(story.go(CURVE, 0), Err("NotMigrating".to_owned()), "trading goes on");
    story.pause();
    story.adopt();
    story.sound();
    assert_eq!(story.go(REST, near.0.into()), Err("NotMigrating".to_owned()), "accounts are left");
    assert_eq!(story.go(RESERVES, 0), Err("NotMigrating".to_owned()));
    for seat in [1, 0, 3, 2] {
        story.go(ACCOUNT, seat).unwrap();
        assert_eq!(story.go(ACCOUNT, seat), Err("UnknownSeat".to_owned()), "once");
        story.sound();
        assert_eq!(story.hand_over(), Err("ActionFailed".to_owned()), "something is left in the old house");
    }
    for month in [near, far] {
        story.go(REST, month.0.into()).unwrap();
        story.sound();
    }
    story.go(RESERVES, 0).unwrap();
    let (old, new) = (story.old, story.new);
    assert_eq!((story.books(old), story.books(new)), (0, story.total));

    // An atom for a seat that has left, or for what stands for the other house, is refused and stays with its sender.
    let depositor = story.venue.people[0].clone();
    for seat in [Seat(0), Seat(u32::MAX)] {
        let late = story.venue.say(&depositor, &Message::Deposit { seat, amount: 1 });
        assert_eq!(late.err().unwrap(), "CreditRefused");
    }

    // Custody goes over, the house is connected, trading resumes.
    story.hand_over().unwrap();
    let exchange = story.venue.exchange();
    let [vault, oracle, incentives] =
        [Contract::Vault, Contract::Oracle, Contract::Incentives].map(|contract| exchange.address(contract).unwrap());
    exchange.deployment.set(Contract::Clearing, new);
    exchange.govern(&Message::Connect { vault, oracle, incentives }).unwrap();
    exchange.govern(&Message::Unpause { product: PRODUCT }).unwrap();
    exchange.auditing(true);
    assert_eq!(exchange.audit().unwrap().books, story.total);
    let venue = &mut story.venue;
    let after: Vec<[i32; 2]> = (0..4).map(|seat| [near, far].map(|month| venue.net(seat, month))).collect();
    assert_eq!(after, before);

    // The old house is empty: its account holders have no accounts there, and the vault does not pay for it.
    let (person, stranger) = (venue.people[0].clone(), venue.exchange().chain.account("stranger"));
    let refused = venue.say_to(&person, old, &Message::Withdraw { seat: Seat(0), amount: 1 });
    assert_eq!(refused.err().unwrap(), "UnknownSeat");
    let reopened = venue.say_to(&stranger, old, &Message::OpenAccount { sub: 0 }).map(|_| ());
    assert_eq!(reopened, Err("MovingOn".to_owned()));
    let opened: u32 = venue.say_to(&stranger, new, &Message::OpenAccount { sub: 0 }).unwrap().answer().unwrap();
    assert_eq!(opened, 4, "seats go on where they were");

    // A day, the winner's profit, a trade out of every position, and withdrawals.
    venue.day(START + 3, USUAL * 103 / 100);
    venue.settle(near, [0, 2, 1, 3]).unwrap();
    venue.trade(1, 0, near, MARK, 100);
    venue.trade(1, 2, near, MARK, 20);
    venue.trade(2, 1, far, MARK, 30);
    venue.day(START + 4, USUAL * 103 / 100);
    for month in [near, far] {
        venue.settle(month, [0, 1, 2, 3]).unwrap();
        venue.settle(month, [2, 1, 0, 3]).unwrap();
        venue.anyone(&Message::SweepFees { instrument: month }).unwrap();
    }
    let paid = venue.everyone_goes_home();
    let left = venue.exchange().audit().unwrap();
    assert_eq!(i128::from(paid) + left.books, i128::from(4 * CASH));
}

#[test]
fn nobody_but_the_old_house_brings_anything_and_nobody_gets_in_between() {
    let mut story = Move::begin();
    let (old, new, near) = (story.old, story.new, story.venue.near);
    let (mover, governor) = (story.mover.clone(), story.venue.exchange().chain.account("governor"));
    let forged = |who: &Account, story: &mut Move| {
        story.call(
            who,
            new,
            &Message::Arrive { what: RESERVES, id: 0, sub: 0, delegate: [0; 20], content: vec![1; 24] },
        )
    };
    assert_eq!(forged(&mover, &mut story), Err("NotAuthorised".to_owned()));
    story.register();
    for who in [&mover, &governor] {
        assert_eq!(forged(who, &mut story), Err("NotAuthorised".to_owned()));
    }
    // Nobody has a seat in the new house before those of the old one have theirs.
    assert_eq!(story.call(&mover, new, &Message::OpenAccount { sub: 0 }), Err("NotConnected".to_owned()));
    story.pause();
    story.adopt();
    story.go(ACCOUNT, 0).unwrap();
    // Neither house goes on while accounts are on their way.
    for house in [old, new] {
        let proposal = story.queue_to(house, &Message::Unpause { product: PRODUCT });
        assert_eq!(story.execute(&proposal), Err("ActionFailed".to_owned()));
    }
    for (what, id) in [(10, 0), (MARKET, 70_000), (CURVE, 256)] {
        assert_eq!(story.go(what, id), Err("BadParameter".to_owned()));
    }
    assert_eq!(story.go(CURVE, 1), Err("UnknownProduct".to_owned()));
    assert_eq!(story.go(MARKET, near.0.into()), Err("CallFailed".to_owned()), "the new house has opened it for good");
    // An early execution of a queued action shuts nobody out.
    let exchange = story.venue.exchange();
    let [vault, oracle, incentives] =
        [Contract::Vault, Contract::Oracle, Contract::Incentives].map(|contract| exchange.address(contract).unwrap());
    let connect = story.queue_to(new, &Message::Connect { vault, oracle, incentives });
    assert_eq!(story.execute(&connect), Err("ActionFailed".to_owned()), "it is not its turn");
    story.go(ACCOUNT, 1).unwrap();
}
