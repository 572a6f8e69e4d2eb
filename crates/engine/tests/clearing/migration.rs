//! Accounts with open positions move to the next version of the clearing house, one by one, and nothing is lost on the
//! way.

use crate::world::{TPI, World, owner};
use proptest::prelude::*;
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{
    self, ClearingError, Guard, Item, Peers, Registry, Status, Store, admit, depart, migrate::export,
    migrate::export_market, migrate::export_reserves,
};
use sit_engine::units::{NetLots, Points, QuoteAtoms, Seat};
use sit_native::Native;

/// Zero sum of lots and variation in a house, its mirror among the holders, and books that balance.
pub fn sound(house: &mut Native) {
    let mirror = house.mirror(TPI);
    let books = clearing::books(house);
    assert!(books.balanced, "{books:?}");
    for month in house.curve(TPI).unwrap().months() {
        let market = house.market(month.instrument).unwrap();
        let positions = house.accounts().map(|(_, account)| *account).chain(mirror);
        let held: Vec<_> = positions.filter_map(|account| account.position(month.instrument).copied()).collect();
        assert_eq!(held.iter().map(|position| position.net.0).sum::<i32>(), 0);
        assert_eq!(
            held.iter().map(|position| position.net.0.max(0)).sum::<i32>(),
            market.open_interest.0.cast_signed()
        );
        assert_eq!(held.iter().fold(market.pool + market.deficit, |sum, position| sum + position.basis), Points::ZERO);
        assert_eq!(held.iter().filter(|position| position.is_exposed()).count(), market.holders as usize);
    }
}

/// Moves one item from house to house, as the messages of the contracts do.
pub fn move_item(old: &mut Native, next: &mut Native, env: Env, item: Item) -> Result<(), ClearingError> {
    let content = old.transact(|house| depart(house, env, item))?;
    next.transact(|house| admit(house, item, content.as_bytes(), false))
}

/// Moves everything of a paused house, accounts in the order given; returns the new house.
pub fn move_house(world: &mut World, order: &[u32]) -> Native {
    let mut next = Native::new();
    let env = world.env(0);
    let curve = world.house.curve(TPI).unwrap();
    let months = curve.months().iter().filter(|month| month.status != Status::Settled);
    let markets = curve.months().iter().map(|month| Item::Market(month.instrument));
    for item in [Item::Curve(TPI), Item::Margin(TPI), Item::Backtest(TPI)].into_iter().chain(markets) {
        move_item(&mut world.house, &mut next, env, item).unwrap();
    }
    let total = clearing::books(&mut world.house).custody;
    for seat in order {
        let seat = Seat(*seat);
        let before = world.account(seat.0);
        let item = Item::Account(seat, 0);
        move_item(&mut world.house, &mut next, env, item).unwrap();
        assert_eq!(next.account(seat).unwrap().net(world.near), before.net(world.near));
        assert_eq!(world.house.transact(|house| export(house, env, seat, 0)), Err(ClearingError::UnknownSeat));
        sound(&mut world.house);
        sound(&mut next);
        let both = clearing::books(&mut world.house).custody + clearing::books(&mut next).custody;
        assert_eq!(both, total, "no atom is in both houses or in neither");
    }
    for month in months {
        move_item(&mut world.house, &mut next, env, Item::Rest(month.instrument)).unwrap();
        sound(&mut world.house);
        sound(&mut next);
    }
    move_item(&mut world.house, &mut next, env, Item::Reserves).unwrap();
    assert_eq!(
        (clearing::books(&mut world.house).custody, clearing::books(&mut next).custody),
        (QuoteAtoms::ZERO, total)
    );
    for house in [&mut world.house, &mut next] {
        assert!(house.mirror(TPI).is_none_or(|mirror| mirror.positions().is_empty()), "no mirror is left");
    }
    assert_eq!((next.risk(TPI), next.backtest(TPI)), (world.house.risk(TPI), world.house.backtest(TPI)));
    next
}

pub fn pause_all(world: &mut World) {
    let now = world.now;
    world.house.transact(|house| clearing::pause(house, now, TPI, Guard::ALL)).unwrap();
}

/// What the registry tells a house: its own address, and the version in force with the one before it.
struct Registered(Address, Option<(Address, Address)>);

impl Registry for Registered {
    fn this(&self) -> Address {
        self.0
    }
    fn versions(&self) -> Result<Option<(Address, Address)>, ClearingError> {
        Ok(self.1)
    }
}

#[test]
fn a_house_sends_only_as_the_version_before_the_one_in_force_and_takes_in_only_from_it() {
    let (old, next, other) = ([1; 20], [2; 20], [3; 20]);
    let versions = Some((next, old));
    let rules = (0, u32::from(TPI.0), 0, [0; 20]);
    let mut world = World::new(2);
    pause_all(&mut world);
    let env = world.env(0);
    let mut send = |this, versions| {
        let registry = Registered(this, versions);
        world.house.transact(|house| clearing::migrate(house, &registry, env, rules))
    };
    for (this, versions) in [(old, None), (old, Some((old, next))), (next, versions), (other, versions)] {
        assert_eq!(send(this, versions).err(), Some(ClearingError::NotMigrating), "{this:?} of {versions:?}");
    }
    let departed = send(old, versions).unwrap();
    assert_eq!(departed.to, next);
    let mut house = Native::new();
    let mut take_in = |this, versions, caller| {
        let registry = Registered(this, versions);
        let content = departed.content.as_bytes();
        house.transact(|house| clearing::arrive(house, &Peers::default(), &registry, caller, rules, content))
    };
    for (this, versions, caller) in [
        (next, None, old),
        (next, versions, other),
        (next, versions, next),
        (old, versions, old),
        (other, versions, old),
    ] {
        let refused = take_in(this, versions, caller);
        assert_eq!(refused, Err(ClearingError::NotAuthorised), "{caller:?} to {this:?} of {versions:?}");
    }
    assert_eq!(take_in(next, versions, old), Ok(()));
}

#[test]
fn what_is_left_of_a_month_moves_when_its_last_holder_has_gone_and_not_before() {
    let mut world = World::new(2);
    world.sell(0, 2_600, 10).unwrap();
    world.buy(1, 2_600, 10).unwrap();
    pause_all(&mut world);
    let (mut next, env, near) = (Native::new(), world.env(0), world.near);
    let curve = world.house.curve(TPI).unwrap();
    let markets = curve.months().iter().map(|month| Item::Market(month.instrument));
    for item in [Item::Curve(TPI), Item::Margin(TPI), Item::Backtest(TPI)].into_iter().chain(markets) {
        move_item(&mut world.house, &mut next, env, item).unwrap();
    }
    for seat in [0, 1] {
        let rest = move_item(&mut world.house, &mut next, env, Item::Rest(near));
        assert_eq!(rest, Err(ClearingError::NotMigrating), "seat {seat} is here");
        move_item(&mut world.house, &mut next, env, Item::Account(Seat(seat), 0)).unwrap();
    }
    move_item(&mut world.house, &mut next, env, Item::Rest(near)).unwrap();
    sound(&mut world.house);
    sound(&mut next);
}

#[test]
fn open_positions_unpaid_profits_and_resting_orders_move_and_everyone_goes_home() {
    let mut world = World::new(4);
    world.sell(0, 2_600, 100).unwrap();
    world.buy(1, 2_600, 60).unwrap();
    world.buy(2, 2_600, 40).unwrap();
    world.next_day(280_000).unwrap();
    world.settle(world.near, &[0]).unwrap(); // the loser has paid, the winners have not been paid
    world.sell(3, 2_850, 5).unwrap();
    pause_all(&mut world);
    let mut next = move_house(&mut world, &[2, 0, 3, 1]);
    std::mem::swap(&mut world.house, &mut next);
    let now = world.now;
    world.house.transact(|house| clearing::unpause(house, now, TPI)).unwrap();
    assert_eq!([0, 1, 2, 3].map(|seat| world.net(seat)), [-100, 60, 40, 0]);
    // The next house works: a day, a trade out of the position, the profit paid, and all withdraw.
    world.next_day(280_000).unwrap();
    world.settle_all();
    world.check();
    world.buy(0, 2_800, 100).unwrap();
    world.sell(1, 2_800, 60).unwrap();
    world.sell(2, 2_800, 40).unwrap();
    world.next_day(280_000).unwrap();
    world.settle_all();
    for seat in 0..4 {
        let cash = world.account(seat).cash;
        assert!(world.account(seat).positions().is_empty());
        assert_eq!(world.withdraw(seat, cash), Ok(0));
    }
    assert!(clearing::books(&mut world.house).balanced);
}

/// An account in liquidation stops no move, not even its own: the liquidation starts again in the next house.
#[test]
fn an_account_in_liquidation_moves_and_is_liquidated_in_the_next_house() {
    for print in [286_000, 390_000] {
        let mut world = World::new(4);
        world.sell(0, 2_600, 1_000).unwrap();
        world.buy(1, 2_600, 1_000).unwrap();
        world.withdraw_all(0);
        world.next_day(print).unwrap();
        world.start_liquidation(0).unwrap();
        let lacking = world.house.ledger().uncovered;
        pause_all(&mut world);
        let mut next = move_house(&mut world, &[0, 1, 2, 3]);
        assert_eq!(world.house.ledger().uncovered, 0);
        std::mem::swap(&mut world.house, &mut next);
        let now = world.now;
        world.house.transact(|house| clearing::unpause(house, now, TPI)).unwrap();
        let insolvent = lacking > 0;
        assert_eq!(world.house.market(world.near).unwrap().defaults, u16::from(insolvent), "winners wait here, too");
        // An insolvent account is offered from the first price, whether the liquidation is started again or not.
        if !insolvent {
            assert_eq!(world.bid(2, 0, 10), Err(ClearingError::NoAuction));
            world.start_liquidation(0).unwrap();
        }
        assert_eq!(world.bid(2, 0, 10).unwrap().0.0, (print / 100 * 101).div_ceil(100));
        assert_eq!(world.house.ledger().uncovered, lacking);
        world.check();
    }
}

#[test]
fn nobody_moves_while_trading_goes_on_and_nothing_is_closed_before_all_have_moved() {
    let mut world = World::new(2);
    world.sell(0, 2_600, 10).unwrap();
    world.buy(1, 2_600, 10).unwrap();
    let (env, near) = (world.env(1), world.near);
    assert_eq!(world.house.transact(|house| export(house, env, Seat(0), 0)), Err(ClearingError::NotMigrating));
    pause_all(&mut world);
    assert_eq!(world.house.transact(|house| export(house, env, Seat(0), 1)), Err(ClearingError::UnknownSeat));
    world.house.transact(|house| export(house, env, Seat(0), 0)).unwrap();
    assert_eq!(world.house.transact(|house| export_market(house, near)), Err(ClearingError::NotMigrating));
    assert_eq!(world.house.transact(export_reserves), Err(ClearingError::NotMigrating));
    let owner = Env { caller: owner(0), now: world.now };
    let withdrawn = world.house.transact(|house| clearing::withdraw(house, owner, Seat(0), 1));
    assert_eq!(withdrawn, Err(ClearingError::UnknownSeat), "who has moved withdraws in the new house");
    let now = world.now;
    assert_eq!(world.house.transact(|house| clearing::unpause(house, now, TPI)), Err(ClearingError::NotMigrating));
}

#[test]
fn an_item_is_taken_in_once_and_only_at_the_marks_that_were_adopted() {
    let mut world = World::new(2);
    world.sell(0, 2_600, 10).unwrap();
    world.buy(1, 2_600, 10).unwrap();
    let (env, near) = (world.env(1), world.near);
    let mut next = Native::new();
    let go = |world: &mut World, next: &mut Native, item| move_item(&mut world.house, next, env, item);
    assert_eq!(go(&mut world, &mut next, Item::Curve(TPI)), Err(ClearingError::NotMigrating), "it is not paused");
    pause_all(&mut world);
    assert_eq!(go(&mut world, &mut next, Item::Margin(TPI)), Err(ClearingError::UnknownProduct));
    for item in [Item::Curve(TPI), Item::Margin(TPI), Item::Market(near)] {
        assert_eq!(go(&mut world, &mut next, item), Ok(()));
        assert_eq!(go(&mut world, &mut next, item), Ok(()), "again, while nobody is there");
    }
    // The old house goes on for a day: what comes now would stand at other marks.
    let now = world.now;
    world.house.transact(|house| clearing::unpause(house, now, TPI)).unwrap();
    world.next_day(265_000).unwrap();
    pause_all(&mut world);
    let env = world.env(1);
    let content = world.house.clone().transact(|house| depart(house, env, Item::Account(Seat(0), 0))).unwrap();
    let late = next.transact(|house| admit(house, Item::Account(Seat(0), 0), content.as_bytes(), false));
    assert_eq!(late, Err(ClearingError::NotMigrating));
    assert_eq!(go(&mut world, &mut next, Item::Curve(TPI)), Ok(()));
    assert_eq!(go(&mut world, &mut next, Item::Account(Seat(0), 0)), Ok(()));
    let again = next.transact(|house| admit(house, Item::Account(Seat(0), 0), content.as_bytes(), false));
    assert_eq!(again, Err(ClearingError::SeatTaken));
    assert_eq!(go(&mut world, &mut next, Item::Curve(TPI)), Err(ClearingError::BadParameter), "somebody is there");
    for house in [&mut world.house, &mut next] {
        assert_eq!(house.transact(|house| clearing::unpause(house, now, TPI)), Err(ClearingError::NotMigrating));
    }
    for (what, id, sub) in [(10, 0, 0), (0, 256, 0), (3, 70_000, 0), (4, 0, 256)] {
        assert_eq!(Item::new((what, id, sub, [0; 20])), Err(ClearingError::BadParameter));
    }
    for content in [&[][..], &[0; 417]] {
        assert_eq!(
            next.transact(|house| admit(house, Item::Reserves, content, false)),
            Err(ClearingError::BadParameter)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever was traded and however the marks moved: the order in which accounts move does not matter.
    #[test]
    fn any_book_moves_whole(
        trades in prop::collection::vec((0_u32..5, 0_u32..5, 1_u32..50), 1..12),
        prices in prop::collection::vec(250_000_u32..275_000, 1..4),
        order in Just(vec![0_u32, 1, 2, 3, 4]).prop_shuffle(),
    ) {
        let mut world = World::new(5);
        for (count, (seller, buyer, lots)) in (0..).zip(&trades) {
            if seller != buyer && world.sell(*seller, 2_600, *lots).is_ok() {
                let _ = world.buy(*buyer, 2_600, *lots);
                let near = world.near;
                let _ = world.cancel_all(*seller, near);
            }
            if let Some(price) = prices.get(count) {
                let _ = world.next_day(*price);
            }
        }
        pause_all(&mut world);
        let next = move_house(&mut world, &order);
        let sum: i32 = next.accounts().map(|(_, account)| account.net(world.near).0).sum();
        prop_assert_eq!(NetLots(sum), NetLots::ZERO);
    }
}
