//! The end of the waterfall: a loss that nobody has paid is borne by the unsettled profit of the same instrument.

use crate::world::{CASH, TICK_VALUE, TPI, World};
use proptest::prelude::*;
use sit_engine::calendar::DAY;
use sit_engine::clearing::{self, ClearingError, Event, Instrument, MAX_CIRCLE, Market, Place, Purpose, Store};
use sit_engine::units::{Points, Seat, Seconds, Side, Ticks};

/// Seat 0 sells to every other seat the lots given for it and has little collateral; then the index more than doubles,
/// seat 0's position is taken over at a loss by the last seat, and nobody covers it.
pub fn bankrupt(lots: &[u32]) -> World {
    let buyers = u32::try_from(lots.len()).unwrap();
    let mut world = World::new(buyers + 2);
    for (seat, lots) in (1..).zip(lots) {
        world.sell(0, 2_600, *lots).unwrap();
        world.buy(seat, 2_600, *lots).unwrap();
    }
    let sold: u64 = lots.iter().map(|lots| u64::from(*lots)).sum();
    let initial = sold * 2_600 * u64::from(TICK_VALUE) * 3 / 10;
    let cash = world.account(0).cash;
    world.withdraw(0, cash - initial).unwrap();
    world.next_day(520_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.bid(buyers + 1, 0, sold.try_into().unwrap()).unwrap();
    world.write_off(0, world.near).unwrap();
    world
}

fn market(world: &mut World) -> Market {
    let near = world.near;
    world.house.market(near).unwrap()
}

/// Counts holders in the order given, a first portion and then smaller ones; then settles everyone in that order.
fn allocate_in_order(world: &mut World, order: &[u32], [first, then]: [usize; 2]) {
    let holders: Vec<u32> = order.iter().copied().filter(|seat| *seat != 0).collect(); // seat 0 has lost all
    let (begin, rest) = holders.split_at(first.min(holders.len()));
    let mut left = world.allocate(world.near, begin).unwrap();
    for seats in rest.chunks(then) {
        left = world.allocate(world.near, seats).unwrap();
    }
    assert_eq!(left, 0);
    assert!(!market(world).allocation.is_counting(), "everyone has been counted");
    for seat in order {
        world.settle(world.near, &[*seat]).unwrap();
    }
    world.check();
}

/// What each seat has and is owed, in quote atoms.
fn worth(world: &World) -> Vec<i128> {
    let mark = 5_200;
    world
        .house
        .accounts()
        .map(|(_, account)| {
            let open = account.position(world.near).map_or(Points::ZERO, |position| position.variation(Ticks(mark)));
            i128::from(account.cash) + i128::from(open.0) * i128::from(TICK_VALUE)
        })
        .collect()
}

#[test]
fn a_loss_is_borne_in_proportion_to_unsettled_profit_and_by_nobody_else() {
    let mut world = bankrupt(&[100, 300, 600]);
    let bystander = world.account(4).cash;
    let before = worth(&world);
    let deficit = market(&mut world).deficit;
    assert!(deficit > Points::ZERO);
    allocate_in_order(&mut world, &[0, 1, 2, 3, 4], [32, 1]);
    let after = worth(&world);
    let lost: Vec<i128> = (1..4).map(|seat| (before[seat] - after[seat]) / i128::from(TICK_VALUE)).collect();
    // The one who took over has a profit, too: they bought below the mark. It counts like any other.
    let taker = (before[4] - after[4]) / i128::from(TICK_VALUE);
    assert!((lost[1] - 3 * lost[0]).abs() <= 3 && (lost[2] - 6 * lost[0]).abs() <= 6, "{lost:?}");
    let total = lost.iter().sum::<i128>() + taker;
    assert!((0..4).contains(&(total - i128::from(deficit.0))), "A1");
    assert!(world.account(4).cash >= bystander, "A2: cash is never touched");
}

#[test]
fn what_is_allocated_depends_neither_on_the_order_nor_on_the_number_of_messages() {
    let few = [7, 111, 3, 250, 96, 1, 33];
    let many: Vec<u32> = (0..70).map(|seat| 1 + seat * 37 % 53).collect();
    for (lots, portions) in [(&few[..], [32, 32]), (&many[..], [32, 1]), (&many[..], [32, 7])] {
        let seats: Vec<u32> = (0..u32::try_from(lots.len()).unwrap() + 2).collect();
        let mut at_once = bankrupt(lots);
        allocate_in_order(&mut at_once, &seats, [32, 1]);
        let expected = worth(&at_once);
        for turn in 1..9 {
            let mut order = seats.clone();
            order.rotate_left(turn * lots.len() / 9);
            if turn % 2 == 0 {
                order.reverse();
            }
            let mut world = bankrupt(lots);
            allocate_in_order(&mut world, &order, portions);
            assert_eq!(worth(&world), expected, "A3, A4: {order:?} by {portions:?}");
        }
    }
}

#[test]
fn splitting_an_account_does_not_lower_what_it_bears() {
    let borne = |lots: &[u32], mine: std::ops::Range<usize>| -> i128 {
        let mut world = bankrupt(lots);
        let before = worth(&world);
        let seats: Vec<u32> = (0..u32::try_from(lots.len()).unwrap() + 2).collect();
        allocate_in_order(&mut world, &seats, [32, 1]);
        let after = worth(&world);
        mine.map(|seat| before[seat] - after[seat]).sum()
    };
    let whole = borne(&[400, 200], 2..3);
    let split = borne(&[400, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20], 2..12);
    assert!(split >= whole && split - whole <= 10 * i128::from(TICK_VALUE), "{split} {whole}");
}

#[test]
fn while_holders_are_counted_the_instrument_stands_still() {
    let mut world = bankrupt(&[10; 36]);
    let first: Vec<u32> = (0..32).collect();
    assert_eq!(world.allocate(world.near, &first), Err(ClearingError::TooFewHolders), "seat 0 holds nothing any more");
    let first: Vec<u32> = (1..33).collect();
    assert_eq!(world.allocate(world.near, &first), Ok(5));
    assert_eq!(world.allocate(world.near, &[33, 33, 0]), Ok(4), "once each; who holds nothing is passed over");
    assert_eq!(world.allocate(world.near, &[33]), Ok(4), "A4: counted again is not counted twice");
    assert_eq!(world.buy(2, 5_200, 1), Err(ClearingError::Allocating));
    assert_eq!(world.quote(2, &[(5_190, 1)], &[]), Err(ClearingError::Allocating));
    assert_eq!(world.settle(world.near, &[2]), Err(ClearingError::Allocating));
    assert_eq!(world.bid(3, 2, 1), Err(ClearingError::NoAuction));
    assert_eq!(world.cover(0), Err(ClearingError::Allocating));
    world.cancel_all(2, world.near).unwrap();
    world.next_day(520_000).unwrap(); // marks go on; profits are measured at the old one
    world.after_the_opening();
    assert_eq!(world.allocate(world.near, &[34, 35, 36, 37]), Ok(0));
    world.buy(2, 5_200, 1).unwrap();
    world.check();
}

#[test]
fn nobody_closes_a_month_without_counting_its_holders() {
    let mut world = bankrupt(&[100, 300]);
    for seats in [&[][..], &[1], &[0, 1, 2], &[3, 3, 3, 2]] {
        assert_eq!(world.allocate(world.near, seats), Err(ClearingError::TooFewHolders), "{seats:?}");
        world.after_the_opening();
        world.settle(world.near, &[1]).unwrap();
        world.buy(2, 5_200, 1).unwrap();
        world.cancel_all(2, world.near).unwrap();
    }
    assert_eq!(world.allocate(world.near, &[3, 2, 1]), Ok(0), "all of them at once");
}

#[test]
fn a_loss_of_some_points_closes_no_market_and_is_borne_in_the_end() {
    let mut world = bankrupt(&[100, 300]);
    let near = world.near;
    let mut small = market(&mut world);
    // All but two points of the loss are made good by a gift.
    let gift = small.deficit.0 - 2;
    small.deficit = Points(2);
    small.pool += Points(gift);
    small.received += gift * i64::from(TICK_VALUE);
    world.house.set_market(near, &small);
    assert_eq!(
        world.allocate(near, &[1, 2, 3]),
        Err(ClearingError::NothingToAllocate),
        "less than a point for each of three"
    );
    world.buy(2, 5_200, 1).unwrap_or_else(|error| panic!("{error:?}"));
    world.now = world.house.curve(near.product()).unwrap().month(near).unwrap().expiry;
    world.finalise(near, 520_000).unwrap();
    assert_eq!(world.allocate(near, &[1, 2, 3]), Ok(0));
    world.settle(near, &[1, 2, 3]).unwrap();
    assert!(market(&mut world).deficit <= Points::ZERO);
}

#[test]
fn a_second_allocation_waits_until_the_first_has_been_borne() {
    let mut world = bankrupt(&[100, 300]);
    assert_eq!(world.allocate(world.far, &[]), Err(ClearingError::NothingToAllocate));
    assert_eq!(world.allocate(world.near, &[1, 2, 3]), Ok(0));
    world.settle(world.near, &[1, 2]).unwrap();
    // Seat 3 has taken over and has not been touched since it was counted.
    assert_eq!(market(&mut world).allocation.counted, 1);
    let near = world.near;
    let mut again = world.house.market(near).unwrap();
    again.deficit = Points(1_000_000);
    world.house.set_market(near, &again);
    assert_eq!(world.allocate(near, &[]), Err(ClearingError::Allocating));
    world.settle(near, &[3]).unwrap();
    assert_eq!(world.allocate(near, &[1, 2, 3]), Ok(0));
}

#[test]
fn what_rounding_takes_goes_to_the_fund() {
    let mut world = bankrupt(&[7, 111, 3, 250, 96, 1, 33]);
    let seats: Vec<u32> = (0..9).collect();
    allocate_in_order(&mut world, &seats, [32, 1]);
    let beyond = -market(&mut world).deficit.0;
    assert!((1..8).contains(&beyond), "{beyond}");
    world.next_day(520_000).unwrap();
    world.settle_all();
    let near = world.near;
    let (fund, fees) = (world.house.ledger().fund, market(&mut world).fees);
    world.sweep_fees(near).unwrap();
    assert_eq!(market(&mut world).deficit, Points::ZERO);
    let share = fees / 2;
    assert_eq!(world.house.ledger().fund - fund, share + u64::try_from(beyond).unwrap() * u64::from(TICK_VALUE));
    world.check();
}

#[test]
fn the_fund_pays_first_but_for_one_instrument_no_more_than_its_cap() {
    let mut world = World::new(3);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    let cash = world.account(0).cash;
    world.withdraw(0, cash - 78_000_000_000).unwrap();
    world.fund(100_000_000_000, 2_500);
    assert_eq!(clearing::set_fund_cap(&mut world.house, 10_001), Err(ClearingError::BadParameter));
    world.next_day(520_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.bid(2, 0, 1_000).unwrap();
    assert_eq!(world.write_off(0, world.near), Err(ClearingError::CoverFirst));
    assert_eq!(world.cover(0), Ok(25_000_000_000), "a quarter of the fund");
    assert!(market(&mut world).deficit > Points::ZERO, "the rest is the month's loss at once");
    assert_eq!(world.cover(0), Err(ClearingError::NotBankrupt));
    assert_eq!(world.write_off(0, world.near), Err(ClearingError::NotBankrupt), "L7: recorded once");
    assert_eq!(world.report_deficit(0), Err(ClearingError::NoAuction), "nothing is left of the account's liquidation");
    world.check();
}

/// Seats 0 and 1 each owe in one month what they are owed in the other, and neither has cash.
fn circle() -> World {
    let mut world = World::new(2);
    let order =
        |world: &World, seat, side, instrument, price| Place { instrument, ..world.order(seat, side, price, 10) };
    for (seller, buyer, instrument, price) in [(0, 1, world.near, 2_600), (1, 0, world.far, 2_500)] {
        world.place(order(&world, seller, Side::Sell, instrument, price)).unwrap();
        world.place(order(&world, buyer, Side::Buy, instrument, price)).unwrap();
    }
    world.now = Seconds(world.now.0 + 100 * DAY);
    for seat in 0..2 {
        let mut account = world.account(seat);
        account.cash = 0;
        world.house.set_account(Seat(seat), &account);
    }
    for instrument in [world.near, world.far] {
        world.finalise(instrument, 300_000).unwrap();
        world.settle(instrument, &[0, 1]).unwrap();
    }
    world
}

#[test]
fn two_accounts_that_wait_for_each_other_are_offset() {
    let mut world = circle();
    assert_eq!(world.write_off(0, world.near), Err(ClearingError::NotBankrupt));
    assert_eq!(world.offset(0, 1, world.near, world.far), Err(ClearingError::NothingToOffset), "the other way round");
    assert_eq!(world.offset(0, 0, world.far, world.near), Err(ClearingError::BadParameter));
    // 400 ticks in the near month against 500 in the far one, ten lots each.
    assert_eq!(world.offset(0, 1, world.far, world.near), Ok(4_000 * u64::from(TICK_VALUE)));
    let basis = |world: &World, seat, instrument| world.account(seat).position(instrument).map(|p| p.basis.0);
    assert_eq!((basis(&world, 0, world.near), basis(&world, 0, world.far)), (None, Some(-1_000)));
    assert_eq!((basis(&world, 1, world.near), basis(&world, 1, world.far)), (None, Some(1_000)));
    assert_eq!(world.offset(0, 1, world.far, world.near), Err(ClearingError::NothingToOffset));
}

/// Three accounts that owe each other in a circle give it up in one message, as far as the smallest of the six goes, to
/// the atom; what is no circle is refused and changes nothing.
#[test]
fn a_circle_of_any_length_is_offset() {
    let mut world = World::new(4);
    world.after_the_opening();
    let (near, far, mid) = (world.near, world.far, world.list(TPI, 2, 2_400));
    for (debtor, creditor, month, points) in [(0, 2, near, 50), (1, 0, mid, 30), (2, 1, far, 40)] {
        world.owe(debtor, creditor, month, points);
    }
    for seat in 0..3 {
        world.set_cash(seat, 0, 3);
    }
    let before: Vec<_> = (0..3).map(|seat| world.account(seat)).collect();
    let refused = |world: &mut World, circle: &[(u32, Instrument)]| world.offset_circle(circle).unwrap_err();
    assert_eq!(refused(&mut world, &[]), ClearingError::BadParameter);
    assert_eq!(refused(&mut world, &[(0, near)]), ClearingError::BadParameter);
    assert_eq!(refused(&mut world, &[(0, near), (1, mid), (0, far)]), ClearingError::BadParameter, "an account twice");
    assert_eq!(refused(&mut world, &[(0, near), (1, mid), (2, near)]), ClearingError::BadParameter, "a month twice");
    assert_eq!(refused(&mut world, &[(0, near), (2, far), (1, mid)]), ClearingError::NothingToOffset, "the wrong way");
    assert_eq!(refused(&mut world, &[(0, near), (1, mid), (9, far)]), ClearingError::UnknownSeat);
    let long: Vec<_> = (0..=MAX_CIRCLE as u32).map(|seat| (seat, Instrument(seat as u16))).collect();
    assert_eq!(refused(&mut world, &long), ClearingError::TooMany);
    assert_eq!((0..3).map(|seat| world.account(seat)).collect::<Vec<_>>(), before, "nothing has changed");

    let amount = 30 * u64::from(TICK_VALUE);
    assert_eq!(world.offset_circle(&[(0, near), (1, mid), (2, far)]), Ok(amount));
    let basis = |world: &World, seat, instrument| world.account(seat).position(instrument).map_or(0, |p| p.basis.0);
    let left = [(0, near, mid), (1, mid, far), (2, far, near)];
    let left = left.map(|(seat, debt, claim)| (basis(&world, seat, debt), basis(&world, seat, claim)));
    assert_eq!(left, [(20, 0), (0, -10), (10, -20)]);
    world.check();
}

#[test]
fn a_small_fund_sets_a_circle_of_debts_going_and_gets_its_money_back() {
    let mut world = circle();
    let fund = 1_000 * u64::from(TICK_VALUE);
    assert_eq!(world.bridge(0, world.near, world.far), Err(ClearingError::FundEmpty));
    clearing::endow(&mut world.house, Purpose::Fund, fund).unwrap();
    for _ in 0..4 {
        assert!(world.bridge(0, world.near, world.far).unwrap() > 0);
        world.settle(world.near, &[1]).unwrap(); // seat 1 is paid
        world.settle(world.far, &[1]).unwrap(); // and pays
        world.sweep_fees(world.far).unwrap();
        assert!(world.house.ledger().fund >= fund);
    }
    assert!(world.account(0).position(world.near).is_none(), "seat 0 has paid everything");
    let bought: i64 = world
        .house
        .events
        .iter()
        .map(|event| if let Event::Bridged { bought, .. } = event { bought.0 } else { 0 })
        .sum();
    assert_eq!(bought, 4_000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn any_loss_is_allocated_to_the_last_point(lots in prop::collection::vec(1..40_u32, 1..60), portion in 1..33_usize) {
        let mut world = bankrupt(&lots);
        let seats: Vec<u32> = (0..u32::try_from(lots.len()).unwrap() + 2).collect();
        let deficit = market(&mut world).deficit;
        let before = worth(&world);
        allocate_in_order(&mut world, &seats, [32, portion]);
        let after = worth(&world);
        let lost: i128 = before.iter().zip(&after).map(|(before, after)| before - after).sum();
        let beyond = lost / i128::from(TICK_VALUE) - i128::from(deficit.0);
        prop_assert!((0..=i128::try_from(lots.len()).unwrap() + 1).contains(&beyond));
        for (seat, (before, after)) in before.iter().zip(&after).enumerate() {
            prop_assert!(after <= before);
            prop_assert!(*after >= i128::from(world.account(u32::try_from(seat).unwrap()).cash), "A2");
        }
        prop_assert!(world.account(0).cash < CASH);
    }
}
