//! The stories. Each begins with a [`Venue`] of four accounts with 100,000 USD each, on the Tuesday of its first week.

use sit_client::{Signer as _, transport::Outcome};
use sit_engine::{
    calendar::Day,
    clearing::{Guard, opening::OPENING_SECONDS},
    launch::{DELAYS, TPI as PRODUCT, TPI_INDEX},
    oracle::Validity,
    units::{Lots, Seat, Side},
};
use sit_native::{Contract, Message, answers::TakenOver, message};

use crate::venue::{CASH, LIFE, MARK, USUAL, Venue, anyone, governor, guardian};

/// Hands the names of all stories to a macro, which makes a test of each: a story is told on every chain, or on none.
#[macro_export]
macro_rules! each_story {
    ($tell:ident) => {
        $tell!(
            a_month_from_deposit_to_claim,
            a_settlement_day,
            a_margin_call_and_a_liquidation,
            a_leap_that_bankrupts,
            governance_with_a_timelock,
            a_refusal_of_each_kind
        );
    };
}

/// From the deposit to the claim: two trade, the index prints for a week, the month ends, its final price is proposed
/// and stands, both claim, and everybody takes their money home.
pub fn a_month_from_deposit_to_claim(mut venue: Venue) {
    let (near, index, last) = (venue.near, TPI_INDEX, venue.start + LIFE);
    venue.trade(0, 1, near, MARK, 100);
    for day in venue.start + 2..=last {
        let price = if day < last - 4 { USUAL } else { USUAL * 11 / 10 };
        venue.day(day, price);
    }
    venue.at(last + 1, 3_600);
    let expiry = Day(last);
    let proposed: u32 = venue.say(&anyone(), &Message::ProposeFinal { index, expiry }).expect("five prints are enough");
    assert_eq!(u64::from(proposed), USUAL * 11 / 10, "the average of its last five days");
    let early = venue.send(&anyone(), &Message::Finalise { instrument: near });
    assert_eq!(early, Err("NotFinal".to_owned()), "it may be disputed for a day");
    venue.at(last + 2, 2 * 3_600);
    venue.send(&anyone(), &Message::FinalisePrice { index, expiry }).expect("nobody has disputed it");
    let ticks: u32 = venue.say(&anyone(), &Message::Finalise { instrument: near }).expect("the price is final");
    assert_eq!(u64::from(ticks), MARK * 11 / 10);
    venue.settle(near, [0, 1, 2, 3]).expect("anyone pays claims");
    assert_eq!([0, 1].map(|seat| venue.net(seat, near)), [0, 0]);
    assert!(venue.cash(1) < CASH, "losers pay at once, winners are paid two minutes later");
    venue.wait(OPENING_SECONDS);
    venue.settle(near, [0, 1, 2, 3]).expect("anyone pays claims");
    let [loser, winner] = [0, 1].map(|seat| i128::from(venue.cash(seat)) - i128::from(CASH));
    // 200 ticks of 0.001 USD on 100 lots of a hundred million tokens each.
    assert!((-2_010_000_000..-2_000_000_000).contains(&loser), "{loser}: 2,000 USD and fees");
    assert!((1_980_000_000..2_000_000_000).contains(&winner), "{winner}: 2,000 USD less fees");
    venue.send(&anyone(), &Message::SweepFees { instrument: near }).expect("fees are swept by anyone");
    let paid = venue.everyone_goes_home();
    let left = venue.audit();
    assert_eq!(u128::from(paid) + left.balance, u128::from(4 * CASH), "to the last atom");
}

/// A settlement day: the print moves all marks, the loser pays before the winner is paid, and what one loses the other
/// wins.
pub fn a_settlement_day(mut venue: Venue) {
    let (near, today) = (venue.near, venue.start + 2);
    venue.trade(0, 1, near, MARK, 200);
    let before = [0, 1].map(|seat| venue.cash(seat));
    let none = venue.send(&anyone(), &Message::SettleDay { product: PRODUCT });
    assert_eq!(none, Err("AlreadySettled".to_owned()), "there is no new print");
    venue.day(today, USUAL * 103 / 100);
    let again = venue.send(&anyone(), &Message::SettleDay { product: PRODUCT });
    assert_eq!(again, Err("AlreadySettled".to_owned()), "a day is settled once");
    // The winner asks first and is paid nothing that nobody has paid.
    venue.settle(near, [1, 1, 1, 1]).expect("anyone settles");
    assert_eq!(venue.cash(1), before[1], "the loser has not paid");
    venue.settle(near, [0, 1, 2, 3]).expect("anyone settles");
    let after = [0, 1].map(|seat| venue.cash(seat));
    let paid = before[0] - after[0];
    // A step of the futures curve to the print of 2.06 USD: 60 ticks of 0.001 USD on 200 lots.
    assert_eq!((paid, after[1] - before[1]), (1_200_000_000, 1_200_000_000));
    venue.everyone_is_free_to_close();
}

impl Venue {
    /// Both sides of the trade between the seats 0 and 1 are closed and everybody goes home.
    fn everyone_is_free_to_close(&mut self) {
        let near = self.near;
        let lots = u32::try_from(self.net(1, near)).expect("seat 1 is long");
        let price = MARK * 103 / 100;
        self.trade(1, 0, near, price, lots);
        let tomorrow = self.start + 3;
        self.day(tomorrow, USUAL * 103 / 100);
        for _ in 0..2 {
            self.settle(near, [0, 1, 2, 3]).expect("anyone settles");
        }
        self.everyone_goes_home();
        self.audit();
    }
}

/// An account falls below its margin: anyone calls it, nobody liquidates it too early, and when the price goes on
/// anyone starts its liquidation and another account takes the position over at a discount.
pub fn a_margin_call_and_a_liquidation(mut venue: Venue) {
    let near = venue.near;
    // Short 100 lots, 20,000 USD; margin of about 30 % of it.
    venue.trade(0, 1, near, MARK, 100);
    let call = Message::MarginCall { seat: Seat(0) };
    let start = Message::StartLiquidation { seat: Seat(0) };
    assert_eq!(venue.send(&anyone(), &call), Err("NotLiquidatable".to_owned()), "it meets its margin");
    venue.withdraw(0, CASH - 6_500_000_000).expect("its free collateral is its own");
    venue.day(venue.start + 2, USUAL * 105 / 100);
    let shortfall: u64 = venue.say(&anyone(), &call).expect("it is below its initial margin");
    assert!(shortfall > 0, "the call says how much is missing");
    assert_eq!(venue.send(&anyone(), &start), Err("NotLiquidatable".to_owned()), "it meets its maintenance margin");
    let leave = venue.withdraw(0, 1_000_000);
    assert_eq!(leave, Err("BelowInitialMargin".to_owned()), "what is missing cannot be taken out");
    venue.day(venue.start + 3, USUAL * 120 / 100);
    venue.send(&anyone(), &start).expect("it is below its maintenance margin");
    venue.settle(near, [0, 1, 2, 3]).expect("anyone settles");
    venue.wait(600);
    let (liquidator, seat, lots) = (Seat(3), Seat(0), Lots(100));
    let own = Message::Bid { liquidator: Seat(0), seat, instrument: near, lots };
    assert_eq!(venue.send(&Venue::owner(0), &own), Err("SelfLiquidation".to_owned()));
    let bid = Message::Bid { liquidator, seat, instrument: near, lots };
    let taken: TakenOver = venue.say(&Venue::owner(3), &bid).expect("anyone with margin bids");
    assert!(taken.lots.0 > 0, "{taken:?}");
    assert_eq!(venue.net(0, near) + venue.net(3, near), -100, "a position changes hands and is not made");
    assert!(venue.cash(0) > 0, "it ends before the account is empty");
    venue.settle(near, [0, 1, 3, 2]).expect("anyone settles");
    venue.audit();
}

/// Ten times the price in one print: it waits for four hours, then the loser pays all that it has, anyone allocates
/// what it cannot pay to the winner, and everybody closes and goes home.
pub fn a_leap_that_bankrupts(mut venue: Venue) {
    let (near, leap) = (venue.near, venue.start + 3);
    venue.trade(0, 1, near, MARK, 100);
    venue.day(venue.start + 2, USUAL);
    assert_eq!(venue.print(leap, 10 * USUAL), Ok(Validity::NeedsConfirmation));
    venue.at(leap, 20 * 3_600);
    let publish = Message::Publish { index: TPI_INDEX, day: Day(leap) };
    assert_eq!(venue.say(&anyone(), &publish), Ok(Validity::Valid), "confirmed after four hours");
    venue.send(&anyone(), &Message::SettleDay { product: PRODUCT }).expect("a settlement");
    venue.wait(OPENING_SECONDS);
    let seat = Seat(0);
    venue.send(&anyone(), &Message::StartLiquidation { seat }).expect("it owes more than it has");
    venue.settle(near, [0, 3, 3, 3]).expect("anyone settles");
    venue.wait(3_600);
    venue.enrich(3, 5_000_000_000_000);
    let bid = Message::Bid { liquidator: Seat(3), seat, instrument: near, lots: Lots(100) };
    venue.send(&Venue::owner(3), &bid).expect("somebody takes over");
    let stuck = venue.withdraw(2, 1_000_000);
    assert_eq!(stuck, Err("DeficitUncovered".to_owned()), "nothing leaves before the loss is allocated");
    venue.send(&anyone(), &Message::WriteOff { seat, instrument: near }).expect("the fund is empty");
    let holders = message::seats([0, 1, 2, 3].map(Seat));
    venue.send(&anyone(), &Message::Allocate { instrument: near, seats: holders }).expect("anyone allocates");
    venue.settle(near, [0, 3, 1, 2]).expect("anyone settles");
    assert_eq!(venue.cash(0), 0, "the loser has paid all that it had");
    assert!((CASH + CASH / 2..2 * CASH).contains(&venue.cash(1)), "{}: most of that", venue.cash(1));
    venue.trade(1, 3, near, 10 * MARK, 100);
    venue.day(venue.start + 4, 10 * USUAL);
    for order in [[0, 1, 2, 3], [3, 2, 1, 0]] {
        venue.settle(near, order).expect("anyone settles");
    }
    for seat in 1..4 {
        let all = venue.cash(seat);
        venue.withdraw(seat, all).unwrap_or_else(|error| panic!("seat {seat}: {error}"));
    }
    venue.audit();
}

/// Genesis is over: what loosens waits, what tightens comes at once and from the guardian alone, and a veto ends an
/// action for good.
pub fn governance_with_a_timelock(mut venue: Venue) {
    venue.send(&governor(), &Message::Seal {}).expect("the deployer ends genesis");
    assert_eq!(venue.send(&governor(), &Message::Seal {}), Err("AlreadySealed".to_owned()));
    let pause = Message::Pause { product: PRODUCT, scopes: Guard::ALL };
    venue.tighten(&pause).expect("the guardian pauses at once");
    assert_eq!(venue.order(0, venue.near, Side::Buy, MARK, 1), Err("ReduceOnly".to_owned()));
    venue.withdraw(0, 1_000_000).expect("whoever has no position leaves while everything is paused");
    let unpause = Message::Unpause { product: PRODUCT };
    assert_eq!(venue.tighten(&unpause), Err("NotTightening".to_owned()));
    let proposal = venue.queue(&unpause);
    let queued = venue.now();
    let execution = proposal.execution();
    assert_eq!(venue.send(&anyone(), &execution), Err("NotReady".to_owned()));
    let ready = u32::try_from(queued).expect("time ends in 2106") + DELAYS.loosen;
    venue.at(0, ready - 60);
    assert_eq!(venue.send(&anyone(), &execution), Err("NotReady".to_owned()), "two days, and not a minute less");
    venue.at(0, ready + 60);
    venue.send(&anyone(), &execution).expect("anyone executes it");
    assert_eq!(venue.send(&anyone(), &execution), Err("WrongState".to_owned()), "once");
    // A stranger's proposal, other calldata than was approved, and a veto.
    let cap = Message::SetFundCap { bps: 10_000 };
    let proposal = venue.queue(&cap);
    let other = Message::Execute { id: proposal.id, call: vec![0; 36] };
    let wait = u32::try_from(venue.now()).expect("time ends in 2106") + DELAYS.critical.max(DELAYS.loosen) + 60;
    venue.at(0, wait);
    assert_eq!(venue.send(&anyone(), &other), Err("PayloadChanged".to_owned()));
    let veto = Message::Veto { id: proposal.id };
    assert_eq!(venue.send(&anyone(), &veto), Err("NotAuthorised".to_owned()));
    venue.send(&guardian(), &veto).expect("the guardian vetoes");
    assert_eq!(venue.send(&anyone(), &proposal.execution()), Err("WrongState".to_owned()));
    venue.audit();
}

/// A refusal of each kind, decoded from the bytes with which the contract reverts: who may not, what does not exist, an
/// amount, a price, a state, a time; of each contract with rules of its own. Sent for real, each is carried out by no
/// chain and moves nothing.
pub fn a_refusal_of_each_kind(mut venue: Venue) {
    let near = venue.near;
    let owner = Venue::owner(0);
    let order = |price: u64, lots: u32| {
        let order = message::limit_order(
            Seat(0),
            near,
            Side::Buy,
            sit_engine::units::Ticks(u32::try_from(price).expect("a price has 32 bits")),
            Lots(lots),
        );
        Message::Place { order }
    };
    let refusals = [
        (&governor(), Message::Pay { to: governor().address(), amount: 1 }, "NotAuthorised"),
        (&anyone(), Message::Withdraw { seat: Seat(0), amount: 1 }, "NotAuthorised"),
        (&anyone(), Message::Veto { id: 0 }, "NotAuthorised"),
        (&anyone(), Message::SetBudget { amount: 1 }, "NotAuthorised"),
        (&owner, Message::Withdraw { seat: Seat(9), amount: 1 }, "UnknownSeat"),
        (&owner, Message::Withdraw { seat: Seat(0), amount: 2 * CASH }, "NotEnoughCash"),
        (&owner, Message::Deposit { seat: Seat(0), amount: 0 }, "ZeroAmount"),
        (&owner, Message::Deposit { seat: Seat(0), amount: 10 * CASH }, "TransferInRefused"),
        (&owner, order(MARK, 0), "BadSize"),
        (&owner, order(0, 1), "BadPrice"),
        (&owner, order(2 * MARK, 1), "OutsidePriceLimits"),
        (&owner, order(MARK, 19_000), "BelowInitialMargin"),
        (&owner, order(MARK, 20_001), "PositionLimit"),
        (&anyone(), Message::SettleDay { product: PRODUCT }, "AlreadySettled"),
        (&anyone(), Message::Finalise { instrument: near }, "NotFinal"),
        (&anyone(), Message::Sunset { instrument: near }, "TooEarly"),
        (&anyone(), Message::StartLiquidation { seat: Seat(0) }, "NotLiquidatable"),
        (&anyone(), Message::Publish { index: TPI_INDEX, day: Day(venue.start) }, "AlreadyPublished"),
        (&anyone(), Message::Submit { index: TPI_INDEX, day: Day(venue.start), batch: Vec::new() }, "UnknownReporter"),
        (&anyone(), Message::Submit { index: 9, day: Day(venue.start), batch: Vec::new() }, "UnknownIndex"),
        (&anyone(), Message::Execute { id: 9_999, call: Vec::new() }, "UnknownAction"),
        (&anyone(), Message::Apply { seat: Seat(0) }, "NotAuthorised"),
    ];
    let before = (venue.audit(), venue.account(0));
    let mut wrong = Vec::new();
    for (who, message, name) in &refusals {
        let said = venue.send(who, message).err().unwrap_or_else(|| "nothing".to_owned());
        if said != *name {
            wrong.push(format!("{}: {said}, not {name}", message.name()));
        }
        assert!(!venue.is_carried_out(who, message), "{}", message.name());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((venue.audit(), venue.account(0)), before, "nothing has moved");
    // Bytes that are none of a contract's messages.
    for contract in Contract::ALL {
        let said = venue.nonsense(contract, &[0xDE, 0xAD, 0xBE, 0xEF]);
        assert!(matches!(said, Outcome::Reverted(_)), "{}: {said:?}", contract.name());
    }
    println!("{} refusals by name", refusals.len());
}
