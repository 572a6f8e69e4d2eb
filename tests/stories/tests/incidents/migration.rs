//! The clearing house gets a new version: accounts with open positions move from contract to contract, one by one, by anyone;
//! the books of both balance after every step, and everybody goes home from the new one (G, and invariant S1).

use crate::venue::{CASH, MARK, Venue};
use crate::{START, TPI, USUAL};
use sit_devnet::{Account, Address, Artifact, CallError, Deployed, args};

const CURVE: u64 = 0;
const MARGIN: u64 = 1;
const BACKTEST: u64 = 2;
const MARKET: u64 = 3;
const ACCOUNT: u64 = 4;
const REST: u64 = 5;
const RESERVES: u64 = 6;

/// The old and the new house of a venue in which three accounts hold positions and one an order.
struct Move {
    venue: Venue,
    old: Deployed,
    new: Deployed,
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
        let (governance, old) = (exchange.governance.clone(), exchange.clearing.clone());
        let (deployer, mover) = (exchange.chain.account("deployer"), exchange.chain.account("mover"));
        let code = Artifact::load("clearing").unwrap();
        let new = exchange.chain.deploy(&deployer, &code, args![&governance, &exchange.back_office]).unwrap();
        let total = exchange.audit(&mover).unwrap().1;
        Self { venue, old, new, mover, total }
    }

    /// The registry names the new version.
    fn register(&mut self) {
        let (governance, new) = (self.venue.exchange().governance.clone(), self.new.clone());
        let name = sit_demo::exchange::CLEARING_NAME;
        self.venue.exchange().govern(&governance, "register", args![name, &new]).unwrap();
    }

    fn pause(&mut self) {
        let old = self.old.clone();
        self.venue.exchange().govern(&old, "pause", args![TPI, 7_u64]).unwrap();
        self.venue.exchange().auditing(false); // the two houses together are audited by `sound`
    }

    fn go(&mut self, what: u64, id: u64) -> Result<(), String> {
        let (old, mover) = (self.old.clone(), self.mover.clone());
        self.call(&mover, &old, "migrate", args![what, id, 0_u64])
    }

    fn call(
        &mut self,
        who: &Account,
        contract: &Deployed,
        message: &str,
        arguments: Vec<sit_devnet::Value>,
    ) -> Result<(), String> {
        match self.venue.exchange().chain.call(who, contract, message, arguments) {
            Ok(_) => Ok(()),
            Err(CallError::Reverted { revert, .. }) => Err(revert.name),
            Err(error) => panic!("{message}: {error}"),
        }
    }

    /// Custody of a house by its books, which balance.
    fn books(&mut self, house: &Deployed) -> i128 {
        let mover = self.mover.clone();
        let books = self.venue.exchange().chain.view(&mover, house, "books", args![]).unwrap();
        let (custody, trading, _, reserves, balanced): (i128, i128, i128, i128, bool) = books.get(0).unwrap();
        assert!(balanced);
        assert_eq!(custody, trading + reserves);
        custody
    }

    /// No atom is in both houses or in neither.
    fn sound(&mut self) {
        let (old, new) = (self.old.clone(), self.new.clone());
        assert_eq!(self.books(&old) + self.books(&new), self.total);
    }

    /// Rules and marks.
    fn adopt(&mut self) {
        for (what, id) in [(CURVE, 0), (MARGIN, 0), (BACKTEST, 0)] {
            self.go(what, id).unwrap();
        }
        for month in [self.venue.near, self.venue.far] {
            self.go(MARKET, month.into()).unwrap();
        }
    }

    fn hand_over(&mut self) -> Result<(), String> {
        let (vault, new) = (self.venue.exchange().vault.clone(), self.new.clone());
        let action = self.venue.exchange().queue(&vault, "hand_over", args![&new]).unwrap();
        let (governance, mover) = (self.venue.exchange().governance.clone(), self.mover.clone());
        self.call(&mover, &governance, "execute", args![action.0, sit_devnet::Value::Bytes(action.1)])
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
    let name = sit_demo::exchange::CLEARING_NAME;
    let (governance, mover) = (story.venue.exchange().governance.clone(), story.mover.clone());
    let version = story.venue.exchange().chain.view(&mover, &governance, "version", args![name]).unwrap();
    let version: (Address, Address, u32) = version.get(0).unwrap();
    assert_eq!(version, (story.new.address, story.old.address, 2), "the registry says which is which");
    assert_eq!(story.go(CURVE, 0), Err("NotMigrating".to_owned()), "trading goes on");
    story.pause();
    story.adopt();
    story.sound();
    assert_eq!(story.go(REST, near.into()), Err("NotMigrating".to_owned()), "accounts are left");
    assert_eq!(story.go(RESERVES, 0), Err("NotMigrating".to_owned()));
    for seat in [1, 0, 3, 2] {
        story.go(ACCOUNT, seat).unwrap();
        assert_eq!(story.go(ACCOUNT, seat), Err("UnknownSeat".to_owned()), "once");
        story.sound();
        assert_eq!(story.hand_over(), Err("ActionFailed".to_owned()), "something is left in the old house");
    }
    for month in [near, far] {
        story.go(REST, month.into()).unwrap();
        story.sound();
    }
    story.go(RESERVES, 0).unwrap();
    let (old, new) = (story.old.clone(), story.new.clone());
    assert_eq!((story.books(&old), story.books(&new)), (0, story.total));

    // Custody goes over, the house is connected, trading resumes.
    story.hand_over().unwrap();
    let exchange = story.venue.exchange();
    let (vault, oracle, incentives) = (exchange.vault.clone(), exchange.oracle.clone(), exchange.incentives.clone());
    exchange.clearing = new.clone();
    exchange.govern(&new, "connect", args![&vault, &oracle, &incentives]).unwrap();
    exchange.govern(&new, "unpause", args![TPI]).unwrap();
    exchange.auditing(true);
    assert_eq!(exchange.audit(&mover).unwrap().1, story.total);
    let venue = &mut story.venue;
    let after: Vec<[i32; 2]> = (0..4).map(|seat| [near, far].map(|month| venue.net(seat, month))).collect();
    assert_eq!(after, before);

    // The old house is an empty shell: its account holders are strangers there, and the vault does not know it.
    let (person, stranger) = (venue.people[0].clone(), venue.exchange().chain.account("stranger"));
    let refused = venue.say(&person, &old, "withdraw", args![0_u64, 1_u64]);
    assert_eq!(refused.err().unwrap(), "NotAuthorised");
    let reopened = venue.say(&stranger, &old, "open_account", args![0_u64]).map(|_| ());
    assert_eq!(reopened, Ok(()), "an account without a way to pay in");
    let opened: u32 = venue.say(&stranger, &new, "open_account", args![0_u64]).unwrap().get(0).unwrap();
    assert_eq!(opened, 4, "seats go on where they were");

    // A day, the winner's profit, a trade out of every position, and home.
    venue.day(START + 3, USUAL * 103 / 100);
    venue.settle(near, [0, 2, 1, 3]).unwrap();
    venue.trade(1, 0, near, MARK, 100);
    venue.trade(1, 2, near, MARK, 20);
    venue.trade(2, 1, far, MARK, 30);
    venue.day(START + 4, USUAL * 103 / 100);
    for month in [near, far] {
        venue.settle(month, [0, 1, 2, 3]).unwrap();
        venue.settle(month, [2, 1, 0, 3]).unwrap();
        venue.anyone("sweep_fees", args![month]).unwrap();
    }
    let paid = venue.everyone_goes_home();
    let left = venue.exchange().audit(&mover).unwrap();
    assert_eq!(i128::from(paid) + left.1, i128::from(4 * CASH));
}

#[test]
fn nobody_but_the_old_house_brings_anything_and_nobody_gets_in_between() {
    let mut story = Move::begin();
    let (old, new, near) = (story.old.clone(), story.new.clone(), story.venue.near);
    let (mover, governor) = (story.mover.clone(), story.venue.exchange().chain.account("governor"));
    let forged = |who: &Account, story: &mut Move| {
        story.call(who, &new, "arrive", args![RESERVES, 0_u64, 0_u64, sit_devnet::Value::Bytes(vec![1; 24])])
    };
    assert_eq!(forged(&mover, &mut story), Err("NotAuthorised".to_owned()));
    story.register();
    for who in [&mover, &governor] {
        assert_eq!(forged(who, &mut story), Err("NotAuthorised".to_owned()));
    }
    // Nobody has a seat in the new house before those of the old one have theirs.
    assert_eq!(story.call(&mover, &new, "open_account", args![0_u64]), Err("NotConnected".to_owned()));
    story.pause();
    story.adopt();
    story.go(ACCOUNT, 0).unwrap();
    // Neither house goes on while accounts are on their way.
    for house in [&old, &new] {
        let action = story.venue.exchange().queue(house, "unpause", args![TPI]).unwrap();
        let governance = story.venue.exchange().governance.clone();
        let resumed = story.call(&mover, &governance, "execute", args![action.0, sit_devnet::Value::Bytes(action.1)]);
        assert_eq!(resumed, Err("ActionFailed".to_owned()));
    }
    for (what, id) in [(7, 0), (MARKET, 70_000), (CURVE, 256)] {
        assert_eq!(story.go(what, id), Err("BadParameter".to_owned()));
    }
    assert_eq!(story.go(CURVE, 1), Err("UnknownProduct".to_owned()));
    assert_eq!(story.go(MARKET, u64::from(near)), Err("CallFailed".to_owned()), "the new house has opened it for good");
    // A house that is connected takes nobody in.
    let exchange = story.venue.exchange();
    let (vault, oracle, incentives) = (exchange.vault.clone(), exchange.oracle.clone(), exchange.incentives.clone());
    exchange.govern(&new, "connect", args![&vault, &oracle, &incentives]).unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!(story.go(ACCOUNT, 1), Err("CallFailed".to_owned()));
}
