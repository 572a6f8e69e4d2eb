//! What a fifth attack, on incentives, migration, delegates and governance, found
//! (`docs/book/src/findings-fifth.md`).

use crate::migration::{move_house, move_item, pause_all};
use crate::world::{CASH, TPI, World, owner};
use sit_engine::calendar::DAY;
use sit_engine::chain::Env;
use sit_engine::clearing::{self, ClearingError, Delegate, Item, SelfTrade, Store, Trigger, Triggers, admit};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};
use sit_native::Native;

/// Seat 0 quotes with the least cash with which the quote is accepted, to the atom.
pub fn quote_with_the_least(world: &mut World, bids: &[(u32, u32)], asks: &[(u32, u32)]) {
    let (mut low, mut high) = (0, CASH);
    while low < high {
        let cash = low + (high - low) / 2;
        world.set_cash(0, cash, 2);
        if world.quote(0, bids, asks).is_ok() {
            world.quote(0, &[], &[]).unwrap();
            high = cash;
        } else {
            low = cash + 1;
        }
    }
    world.set_cash(0, high, 2);
    world.quote(0, bids, asks).unwrap();
}

/// The bids of such a quote, and the asks, of which a lot needs more margin ([`crate::world::shocks`]): neither side is
/// cheaper than the other.
const SIDES: (u32, u32) = (30, 20);

/// A world in which seat 0 shows such a quote around the mark, and all of one side of it is taken, a lot at a time.
fn all_of_it_is_taken(side: Side, prepare: impl FnOnce(&mut World)) {
    let mut world = World::new(3);
    prepare(&mut world);
    let mark = world.settle_mark(world.near);
    let (bids, asks) = ([(mark - 1, SIDES.0)], [(mark + 1, SIDES.1)]);
    quote_with_the_least(&mut world, &bids, &asks);
    let [(price, lots)] = if side == Side::Sell { bids } else { asks };
    for lot in 0..lots {
        let order = clearing::Place { policy: clearing::Policy::Market, ..world.order(1, side, price, 1) };
        assert_eq!(world.place(order).unwrap().filled, Lots(1), "lot {lot}");
    }
    world.check();
}

#[test]
fn a_quote_that_is_accepted_can_be_taken() {
    for side in [Side::Sell, Side::Buy] {
        all_of_it_is_taken(side, |_| ());
    }
}

/// The slow mark is behind by what the index has moved, so whoever buys near the mark begins with a loss against it.
#[test]
fn a_quote_that_is_accepted_can_be_taken_after_the_index_has_moved() {
    for (index, side) in [(286_000, Side::Sell), (286_000, Side::Buy), (234_000, Side::Sell), (234_000, Side::Buy)] {
        all_of_it_is_taken(side, |world| {
            world.next_day(index).unwrap();
            let month = world.month(world.near);
            assert_ne!(month.slow, month.mark);
        });
    }
}

/// Whoever holds lots and quotes beyond them both ways.
#[test]
fn a_quote_beside_a_position_can_be_taken() {
    for (seller, buyer, side) in [(0, 1, Side::Sell), (0, 1, Side::Buy), (1, 0, Side::Sell), (1, 0, Side::Buy)] {
        all_of_it_is_taken(side, |world| world.trade(world.near, seller, buyer, 2_600, 5));
    }
}

fn stop(world: &World) -> Triggers {
    let trigger = Trigger {
        instrument: world.near,
        price: Ticks(2_400),
        limit: Ticks(2_300),
        lots: Lots(5),
        sells: true,
        ..Trigger::default()
    };
    let mut triggers = Triggers::default();
    assert!(triggers.set(0, trigger));
    triggers
}

/// The next version is registered, and the house in force still trades: nobody takes stops into a house in which they
/// protect nothing.
#[test]
fn stops_leave_with_their_account_and_not_before() {
    let mut world = World::new(3);
    world.trade(world.near, 1, 0, 2_600, 5);
    let stops = stop(&world);
    world.house.set_triggers(Seat(0), &stops);
    let (env, mut next) = (Env { caller: [0xEE; 20], now: world.now }, Native::new());
    let item = Item::Triggers(Seat(0));
    assert_eq!(move_item(&mut world.house, &mut next, env, item), Err(ClearingError::NotMigrating));
    pause_all(&mut world);
    assert_eq!(move_item(&mut world.house, &mut next, env, item), Err(ClearingError::NotMigrating));
    assert_eq!(world.house.triggers(Seat(0)), stops);
    next = move_house(&mut world, &[0, 1, 2]);
    move_item(&mut world.house, &mut next, env, item).unwrap();
    assert_eq!((world.house.triggers(Seat(0)), next.triggers(Seat(0))), (Triggers::default(), stops));
}

/// A maker leaves their empty account behind, and opens the sub-account anew when the next house trades: the account of
/// the programme can never come. The programme ends its designation all the same, or nobody's week would ever be closed
/// again.
#[test]
fn a_maker_without_an_account_holds_up_nobodys_week() {
    let mut world = World::new(3);
    world.withdraw_all(2);
    pause_all(&mut world);
    let mut next = move_house(&mut world, &[0, 1]);
    let env = Env { caller: owner(2), now: world.now };
    clearing::unpause(&mut next, world.now, TPI).unwrap();
    assert_eq!(clearing::open_account(&mut next, env, 0), Ok(Seat(3)));
    let item = Item::Account(Seat(2), 0);
    let late = world.house.transact(|house| clearing::depart(house, env, item)).unwrap();
    let arrives = next.transact(|house| admit(house, item, late.as_bytes(), true));
    assert_eq!(arrives, Err(ClearingError::SeatTaken));

    let programme = Env { caller: [8; 20], now: world.now };
    let mut tell = |seat: u32, maker| next.transact(|house| clearing::set_maker(house, programme, Seat(seat), maker));
    assert_eq!(tell(2, false), Ok(()), "the programme stops scoring a seat that is not there");
    assert_eq!(tell(2, true), Err(ClearingError::UnknownSeat));
    assert_eq!(tell(4, false), Err(ClearingError::UnknownSeat), "a seat that nobody ever had");
    // In a house that is being left the seat may only be on its way, with its designation.
    let left = world.house.transact(|house| clearing::set_maker(house, programme, Seat(0), false));
    assert_eq!(left, Err(ClearingError::UnknownSeat));
}

/// A delegate of one sub-account took the orders of another one away, whatever their size, with one lot. Their order
/// ends there now, whichever way of two orders of one owner it asks for; the owner's own goes on.
#[test]
fn a_delegate_of_one_account_cancels_nothing_of_another() {
    let mut world = World::new(2);
    let other = world.open_sub(0, 1, CASH);
    world.buy(0, 2_590, 500).unwrap();
    let (env, key) = (world.env(0), [0x77; 20]);
    let delegate = Delegate::new(Lots(1), Seconds(u32::MAX), [].into_iter()).unwrap();
    clearing::set_delegate(&mut world.house, env, other, key, &delegate).unwrap();
    world.buy(1, 2_580, 1).unwrap();
    let send = |world: &mut World, caller, self_trade, policy| {
        let order = clearing::Place { seat: other, self_trade, policy, ..world.order(0, Side::Sell, 2_580, 1) };
        let env = Env { caller, now: world.now };
        world.house.transact(|house| clearing::place(house, env, order))
    };
    for self_trade in [SelfTrade::CancelTaker, SelfTrade::CancelMaker, SelfTrade::DecrementBoth] {
        for policy in [clearing::Policy::Rest, clearing::Policy::ImmediateOrCancel] {
            let placed = send(&mut world, key, self_trade, policy).unwrap();
            assert_eq!((placed.filled, placed.resting), (Lots::ZERO, Lots::ZERO));
            assert_eq!(world.resting(Side::Buy), [(2_590, 0, 500), (2_580, 1, 1)], "they still stand");
        }
    }
    // Nor by a stop whose price has come, which takes what is on its way out and may be executed by anybody.
    let stop = world.stop(true, 9_000, 1);
    for trigger in [stop, Trigger { rests: true, ..stop }] {
        let by_key = Env { caller: key, now: world.now };
        world.house.transact(|house| clearing::set_trigger(house, by_key, other, 0, trigger)).unwrap();
        assert_eq!(world.execute(1, other.0, 0), Err(ClearingError::NotFilled), "it waits on");
        assert_eq!(world.resting(Side::Buy), [(2_590, 0, 500), (2_580, 1, 1)], "they still stand");
    }
    let own = send(&mut world, env.caller, SelfTrade::CancelMaker, clearing::Policy::ImmediateOrCancel).unwrap();
    assert_eq!(own.filled, Lots(1), "what the owner sends goes on behind their own order");
    world.check();
}

/// A tier is earned by the value of thirty days, and lasts for as long as nobody sends `refresh_tier`.
#[test]
#[ignore = "a known limit: docs/book/src/findings-seventh.md"]
fn a_tier_ends_with_the_trades_that_have_earned_it() {
    let mut world = World::new(1);
    let mut account = world.account(0);
    account.volume = 12_500_000; // of ten dollars each
    world.house.set_account(Seat(0), &account);
    assert_eq!(world.refresh_tier(0), Ok(4));
    world.now = world.now.later(365 * DAY);
    assert_eq!(world.account(0).tier, 0);
}
