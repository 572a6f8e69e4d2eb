//! The table of messages against the messages themselves: what it says belongs to an owner, or to an owner and a
//! delegate, is refused to everybody else. (What belongs to a contract is refused before the message runs:
//! `clearing::Peers`.)

use crate::world::{World, owner};
use sit_engine::authority::Sender;
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{
    self, Bid, ClearingError, Delegate, Level, MessageKind, Quote, Replace, Result, Roll, Search,
};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};

const STRANGER: Address = [201; 20];
const ROBOT: Address = [200; 20];

/// Has `caller` send the message for seat 0, which holds a position and a resting order; `None` where the table leaves
/// it to anybody or to a contract.
fn send(world: &World, kind: MessageKind, caller: Address) -> Option<Result<()>> {
    let env = Env { caller, now: world.now };
    let (seat, near, far) = (Seat(0), world.near, world.far);
    let order = world.order(0, Side::Buy, 2_590, 1);
    let bids = [Level { price: Ticks(2_590), lots: Lots(1) }];
    let house = &mut world.house.clone();
    let search = Search { number: 1, side: Side::Buy, from: Ticks::ZERO, pages: 1, exact: false };
    let roll = Roll { seat, near, far, lots: Lots(1), near_limit: Ticks(1), far_limit: Ticks(9_999), spread: 9_999 };
    let sent = |sent: Result<()>| Some(sent);
    match kind {
        MessageKind::Withdraw => {
            sent(clearing::withdraw(house, env, seat, 1).map(|payout| assert_eq!(payout.amount, 1)))
        }
        MessageKind::Transfer => sent(clearing::transfer(house, env, seat, Seat(1), 1).map(drop)),
        MessageKind::SetDelegate => {
            let terms = Delegate::new(Lots(1), Seconds(world.now.0 + 1), [near].into_iter());
            sent(clearing::set_delegate(house, env, seat, STRANGER, &terms.unwrap()))
        }
        MessageKind::Bid => {
            let bid = Bid { liquidator: seat, seat: Seat(1), instrument: near, lots: Lots(1) };
            sent(clearing::bid(house, env, bid).map(drop))
        }
        MessageKind::Place => sent(clearing::place(house, env, order).map(drop)),
        MessageKind::Replace => {
            let replace = Replace { price: Ticks(2_580), number: 1, order };
            sent(clearing::replace(house, env, replace).map(drop))
        }
        MessageKind::Quote => {
            let quote = Quote { seat, instrument: near, bids: &bids, asks: &[], expiry: Seconds::ZERO };
            sent(clearing::quote(house, env, quote).map(drop))
        }
        MessageKind::Roll => sent(clearing::roll(house, env, roll).map(drop)),
        MessageKind::Cancel => sent(clearing::cancel(house, env, seat, near, Ticks(2_580), 1).map(drop)),
        MessageKind::CancelByNumber => sent(clearing::cancel_by_number(house, env, seat, near, search).map(drop)),
        MessageKind::CancelAll => sent(clearing::cancel_all(house, env, seat, near)),
        MessageKind::SetTrigger => sent(clearing::set_trigger(house, env, seat, 0, world.stop(true, 2_500, 1))),
        MessageKind::ClearTrigger => sent(clearing::clear_trigger(house, env, seat, 0)),
        _ => None,
    }
}

/// Two accounts with a position against each other, orders of the first, and a robot that may trade for it.
fn world() -> World {
    let mut world = World::new(3);
    world.sell(1, 2_600, 5).unwrap();
    world.buy(0, 2_600, 5).unwrap();
    world.buy(0, 2_580, 1).unwrap();
    world.set_trigger(0, 0, world.stop(true, 2_400, 1)).unwrap();
    let everything = Delegate::new(Lots(10), Seconds(world.now.0 + 3_600), [].into_iter()).unwrap();
    world.delegate(0, ROBOT, everything).unwrap();
    world
}

#[test]
fn what_the_table_gives_to_an_owner_is_refused_to_a_stranger_and_what_it_gives_to_no_delegate_to_a_delegate() {
    let world = world();
    let mut tried = 0;
    for kind in MessageKind::ALL.iter().copied() {
        let answers = [STRANGER, ROBOT].map(|caller| send(&world, kind, caller));
        let refused = Some(Err(ClearingError::NotAuthorised));
        match kind.sender() {
            Sender::Owner => assert_eq!(answers, [refused, refused], "{kind:?}"),
            Sender::OwnerOrDelegate => {
                assert_eq!(answers[0], refused, "{kind:?} by a stranger");
                assert!(answers[1].is_some() && answers[1] != refused, "{kind:?} by a delegate: {:?}", answers[1]);
            }
            _ => assert_eq!(answers, [None, None], "{kind:?} belongs to no owner"),
        }
        tried += usize::from(answers[0].is_some());
    }
    assert_eq!(tried, 13, "every message of an owner was sent");
}

#[test]
fn an_owner_is_never_refused_for_who_they_are() {
    let world = world();
    for kind in MessageKind::ALL.iter().copied() {
        let answer = send(&world, kind, owner(0));
        let other_owner = kind == MessageKind::Transfer; // the other account has to be the same owner's, too
        assert!(other_owner || answer != Some(Err(ClearingError::NotAuthorised)), "{kind:?}");
    }
}
