//! What a sixth attack, on the wait of winners and the margin of orders, found (`docs/book/src/findings-sixth.md`).

use crate::fifth_attack::quote_with_the_least;
use crate::fourth_attack::marks;
use crate::migration::{move_house, pause_all};
use crate::world::{CASH, TICK_VALUE, TPI, World};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sit_engine::calendar::DAY;
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{self, Instrument, Place, Policy, Standing, Store, opening::OPENING_SECONDS};
use sit_engine::units::{Lots, Points, Seat, Side};

/// Takes some lots of whatever stands best, and says how many there were.
fn take(world: &mut World, seat: u32, side: Side, price: u32, lots: u32) -> u32 {
    let order = Place { policy: Policy::Market, ..world.order(seat, side, price, lots) };
    world.place(order).unwrap().filled.0
}

/// The index has moved and the slow mark is behind. A level far below the mark loses nothing against either of them,
/// and paid for one near the mark: that one was dropped by whoever took it.
#[test]
fn a_level_far_away_pays_for_none_near_the_mark() {
    for (index, side) in [(286_000, Side::Sell), (234_000, Side::Buy)] {
        for away in [20, 100, 200, 300] {
            let mut world = World::new(3);
            world.next_day(index).unwrap();
            let month = world.month(world.near);
            let (mark, slow) = (month.mark.0, month.slow.0);
            assert!(mark.abs_diff(slow) > 100, "{mark} {slow}");
            let level = |ticks: u32| if side == Side::Sell { mark - ticks } else { mark + ticks };
            let levels = [(level(1), 10), (level(away), 20)];
            match side {
                Side::Sell => quote_with_the_least(&mut world, &levels, &[]),
                Side::Buy => quote_with_the_least(&mut world, &[], &levels),
            }
            for lot in 0..10 {
                assert_eq!(take(&mut world, 1, side, level(1), 1), 1, "{index} {away} {lot}");
            }
            for lot in 0..20 {
                assert_eq!(take(&mut world, 1, side, level(away), 1), 1, "{index} {away} {lot}");
            }
            world.check();
        }
    }
}

/// As it was, a day on which the index moves by a percent was enough, and four lots at the limit for fifty at the mark.
#[test]
fn a_few_lots_at_the_limit_pay_for_no_quote_at_the_mark() {
    for (index, side) in [(263_000, Side::Sell), (257_000, Side::Buy)] {
        let mut world = World::new(3);
        world.next_day(index).unwrap();
        let month = world.month(world.near);
        let (mark, lag) = (month.mark.0, month.mark.0.abs_diff(month.slow.0));
        assert!((20..30).contains(&lag), "{lag}");
        let far = mark * 14 / 100;
        let paying = (50 * lag).div_ceil(far - lag);
        assert!(paying <= 5, "{paying}");
        let level = |ticks: u32| if side == Side::Sell { mark - ticks } else { mark + ticks };
        let levels = [(level(1), 50), (level(far), paying)];
        match side {
            Side::Sell => quote_with_the_least(&mut world, &levels, &[]),
            Side::Buy => quote_with_the_least(&mut world, &[], &levels),
        }
        assert_eq!(take(&mut world, 1, side, level(1), 1), 1, "{paying} lots pay for 50 that nobody can take");
    }
}

/// A quote of levels on their own sides of the mark, beside a position that none of them closes whole, with the least
/// cash: whoever takes lots of it, in whatever order, gets all of them.
fn any_quote(index: u32, held: [i32; 2], bids: &[(u32, u32)], asks: &[(u32, u32)], takes: &[(bool, u32)]) {
    let mut world = World::new(3);
    for (month, held, price) in [(world.near, held[0], 2_600), (world.far, held[1], 2_500)] {
        let (seller, buyer) = if held > 0 { (1, 0) } else { (0, 1) };
        if held != 0 {
            world.trade(month, seller, buyer, price, held.unsigned_abs());
        }
    }
    world.next_day(index).unwrap();
    let mark = world.month(world.near).mark.0;
    let mut bids: Vec<(u32, u32)> = bids.iter().map(|(away, lots)| (mark - away, *lots)).collect();
    let mut asks: Vec<(u32, u32)> = asks.iter().map(|(away, lots)| (mark + away, *lots)).collect();
    bids[0].1 += held[0].unsigned_abs();
    asks[0].1 += held[0].unsigned_abs();
    quote_with_the_least(&mut world, &bids, &asks);
    for (sells, lots) in takes {
        let (side, from) = if *sells { (Side::Buy, Side::Sell) } else { (Side::Sell, Side::Buy) };
        let there: u32 = world.resting(side).iter().map(|(_, _, lots)| lots).sum();
        let limit = if *sells { mark - 380 } else { mark + 380 };
        if there > 0 {
            assert_eq!(take(&mut world, 1, from, limit, *lots), there.min(*lots), "{:?}", world.resting(side));
        }
    }
    world.check();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_quote_on_its_own_side_of_the_mark_can_be_taken(
        index in 230_000..290_000_u32, held in prop::array::uniform2(-30..30_i32),
        bids in prop::collection::vec((1..300_u32, 1..60_u32), 1..4),
        asks in prop::collection::vec((1..300_u32, 1..60_u32), 1..4),
        takes in prop::collection::vec((any::<bool>(), 1..40_u32), 1..8),
    ) {
        any_quote(index, held, &bids, &asks, &takes);
    }
}

/// Whoever holds both legs of a spread needs more margin with one of them alone, and an order that closes one holds
/// nothing for its fee.
#[test]
#[ignore = "a known limit: docs/book/src/findings-seventh.md"]
fn an_order_that_closes_a_leg_of_a_spread_can_be_filled() {
    let mut world = World::new(3);
    let (near, far) = (world.near, world.far);
    world.trade(near, 0, 1, 2_600, 20);
    world.trade(far, 1, 0, 2_500, 20);
    let order = Place { instrument: far, ..world.order(0, Side::Sell, 2_501, 20) };
    let (mut low, mut high) = (0, CASH);
    while low < high {
        let cash = low + (high - low) / 2;
        world.set_cash(0, cash, 2);
        if world.health(0).meets_initial() && world.place(order).is_ok() {
            world.cancel_all(0, far).unwrap();
            high = cash;
        } else {
            low = cash + 1;
        }
    }
    world.set_cash(0, high, 2);
    world.place(order).unwrap();
    let taken = Place { instrument: far, policy: Policy::Market, ..world.order(1, Side::Buy, 2_501, 5) };
    assert_eq!(world.place(taken).unwrap().filled, Lots(5));
}

/// Every market counts, of each kind, the positions that are waited for and no others, and a position that is waited
/// for holds something.
fn recount(world: &mut World) {
    for month in world.house.curve(TPI).unwrap().months() {
        let market = world.house.market(month.instrument).unwrap();
        let mut open = [0_u16; 4];
        for (seat, account) in world.house.accounts() {
            let Some(position) = account.position(month.instrument) else { continue };
            open[position.standing as usize] += 1;
            let empty = position.standing != Standing::Sound && !position.is_exposed();
            assert!(!empty, "{seat:?} is waited for and has nothing in {:?}", month.instrument);
        }
        assert_eq!(open[1..], [market.defaults, market.held, market.behind], "{:?}", month.instrument);
    }
}

const SEATS: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

/// What a run has come across: moves to a next house with somebody who is waited for, months that were settled early,
/// and positions of each kind.
#[derive(Default)]
struct Seen {
    moves: u32,
    sunsets: u32,
    kinds: [u32; 4],
    unwaited: u32,
}

/// A message: what kind, two seats, two months, and a number.
type Step = (u8, u32, u32, usize, usize, u32);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..40_u8, 0..8_u32, 0..8_u32, 0..3_usize, 0..3_usize, 0..10_000_u32);
    prop::collection::vec(step, 60..160)
}

/// Accounts without anything to spare owe each other in three months, some of them in a circle.
fn indebted(cash: u32) -> (World, [Instrument; 3]) {
    let mut world = World::new(8);
    let months = [world.near, world.far, world.list(TPI, 2, 2_600)];
    let marks = [2_600, 2_500, 2_600];
    for (month, seller, buyer, lots) in [
        (0, 0, 1, 900),
        (0, 0, 2, 900),
        (1, 6, 0, 1_500),
        (1, 3, 5, 300),
        (2, 3, 6, 700),
        (2, 5, 3, 900),
        (0, 5, 7, 50),
    ] {
        world.trade(months[month], seller, buyer, marks[month], lots);
    }
    for seat in SEATS {
        if (cash >> seat) & 1 == 0 {
            world.withdraw_all(seat);
        }
    }
    (world, months)
}

/// Moves everybody to the next house, if nothing stands in the way of a move.
fn move_on(world: &mut World, months: &[Instrument]) -> bool {
    let ready = months.iter().all(|month| {
        let market = world.house.market(*month).unwrap();
        market.deficit <= Points::ZERO && !market.allocation.is_counting() && market.final_price.is_none()
    });
    if !ready || SEATS.iter().any(|seat| world.account(*seat).positions().len() > 3) {
        return false;
    }
    pause_all(world);
    let mut next = move_house(world, &[3, 0, 7, 6, 1, 5, 2, 4]);
    std::mem::swap(&mut world.house, &mut next);
    recount(world);
    let now = world.now;
    world.house.transact(|house| clearing::unpause(house, now, TPI)).unwrap();
    true
}

fn send(world: &mut World, months: [Instrument; 3], step: Step, seen: &mut Seen) {
    let (kind, one, other, month, second, number) = step;
    let (month, second) = (months[month], months[second]);
    match kind {
        0..=2 => {
            let index = 120_000 + number * 40;
            world.next_day(index).ok();
        }
        3..=6 => drop(world.report_deficit(one)),
        7..=9 => drop(world.settle(month, &[one, other])),
        10 => drop(world.settle(month, &SEATS)),
        11..=14 => drop(world.start_liquidation(one)),
        15..=18 => drop(world.bid_for(other, one, month, 1 + number % 2_000)),
        19 | 20 => drop(world.cover_in(Seat(one), month)),
        21..=23 => drop(world.write_off(one, month)),
        24 | 25 => drop(world.allocate(month, &SEATS)),
        26 => drop(world.allocate(month, &[one, other])),
        27 | 28 => drop(world.bridge(one, month, second)),
        29 | 30 => drop(world.offset(one, other, month, second)),
        31 => world.deposit(one, 1 + u64::from(number) * u64::from(number) * u64::from(TICK_VALUE) / 100),
        32..=34 => {
            let price = world.settle_mark(month);
            for (seat, side) in [(one, Side::Sell), (other, Side::Buy)] {
                let order = Place { instrument: month, ..world.order(seat, side, price, 1 + number % 700) };
                world.place(order).ok();
            }
        }
        35 => {
            let roll = clearing::Roll { near: month, far: second, ..world.rolling(one, 1 + number % 300, 500) };
            world.roll(roll).ok();
        }
        36 => drop(world.withdraw(one, u64::from(number) * 1_000_000)),
        37 => world.now = world.now.later(OPENING_SECONDS),
        38 => seen.moves += u32::from(number < 3_000 && move_on(world, &months)),
        _ if number < 1_000 => {
            // The oracle has been silent for long: anybody settles the month at its last mark.
            let now = world.now.later(60 * DAY);
            let ended = world.house.transact(|house| clearing::sunset(house, &Given::default(), now, month));
            seen.sunsets += u32::from(ended.is_ok());
            if ended.is_ok() {
                world.now = now;
            }
        }
        _ => {}
    }
}

fn run(cash: u32, steps: &[Step], seen: &mut Seen) {
    let (mut world, months) = indebted(cash);
    let sunsets = seen.sunsets;
    for step in steps {
        send(&mut world, months, *step, seen);
        if seen.sunsets == sunsets {
            world.check();
        } else {
            assert!(clearing::books(&mut world.house).balanced); // accounts are closed one by one
        }
        recount(&mut world);
        for (_, account) in world.house.accounts() {
            for position in account.positions() {
                seen.kinds[position.standing as usize] += 1;
            }
        }
    }
    // Whoever owes nothing any more, or can pay whatever happens to others, is waited for by nobody once reported.
    for seat in SEATS {
        world.deposit(seat, 10_000 * CASH);
    }
    for month in months {
        while world.house.market(month).unwrap().allocation.is_counting() {
            world.allocate(month, &SEATS).unwrap();
        }
    }
    for seat in SEATS {
        world.report_deficit(seat).ok();
    }
    recount(&mut world);
    for month in months {
        let market = world.house.market(month).unwrap();
        assert!(!market.has_open(), "{month:?} waits for accounts with more than enough cash");
        seen.unwaited += 1;
    }
}

/// The counts are those of the accounts after every message, with moves to a next house and months settled early among
/// them; the runs come across all kinds.
#[test]
fn every_month_counts_whom_it_waits_for_across_moves_and_early_settlements() {
    let mut seen = Seen::default();
    let mut runner = TestRunner::deterministic();
    let all = (any::<u32>(), steps());
    for _ in 0..96 {
        let (cash, steps) = all.new_tree(&mut runner).unwrap().current();
        run(cash, &steps, &mut seen);
    }
    let Seen { moves, sunsets, kinds, .. } = seen;
    assert!(moves > 5 && sunsets > 5 && kinds.iter().all(|kind| *kind > 20), "{moves} {sunsets} {kinds:?}");
}

/// The number of an allocation comes round after sixteen of them. Who is exposed has been through each, whoever has
/// orders alone is counted in none, and both bear the right part of the next one.
#[test]
fn the_number_of_an_allocation_comes_round_and_everybody_bears_what_they_should() {
    let mut world = World::new(6);
    let near = world.near;
    world.buy(5, 2_600, 3).unwrap(); // an order alone
    for round in 0..40 {
        world.owe(0, 1, near, 100);
        let number = world.house.market(near).unwrap().allocation.number;
        let mut debtor = world.account(0);
        debtor.position_mut(near).unwrap().allocation = number; // as a trade would
        world.house.set_account(Seat(0), &debtor);
        world.set_cash(0, 0, 3);
        world.now = world.now.later(OPENING_SECONDS);
        assert_eq!(world.write_off(0, near), Ok(Points(100)), "{round}");
        let before = world.account(1).position(near).unwrap().basis;
        world.allocate(near, &SEATS[..6]).unwrap();
        world.settle(near, &[0, 1, 2, 3, 4, 5]).unwrap();
        let basis = world.account(1).position(near).map_or(Points::ZERO, |position| position.basis);
        assert_eq!(basis, before + Points(100), "{round}");
        world.check();
        if round == 15 || round == 16 {
            let lots = take(&mut world, 4, Side::Sell, 2_600, 1);
            assert_eq!(lots, 1);
            world.check();
        }
    }
    assert_eq!(world.house.market(near).unwrap().allocation.number, 80 % 32);
    assert_eq!(world.net(5), 2);
    assert_eq!(world.account(4).position(near).unwrap().net.size(), Lots(2));
}

/// An account that is insolvent and whose liquidation nobody has started rests on no default and no loss: a report
/// holds its winners when it finds that, and not again in the next round.
#[test]
fn who_rests_on_nothing_holds_nobody_again_and_again() {
    let mut world = World::new(4);
    let near = world.near;
    world.trade(near, 0, 1, 2_600, 1_000);
    world.withdraw_all(0);
    world.next_day(470_000).unwrap();
    let (near_mark, far_mark) = (world.settle_mark(near), world.settle_mark(world.far));
    world.report_deficit(0).unwrap();
    world.settle(near, &[0]).unwrap();
    let paid = |world: &mut World| {
        let before = world.account(1).cash;
        world.settle(near, &[1]).unwrap();
        world.account(1).cash > before
    };
    assert!(!paid(&mut world), "it is found insolvent");
    for _ in 0..3 {
        marks(&mut world, near_mark, far_mark);
        world.report_deficit(0).unwrap();
        assert_eq!(world.account(0).position(near).unwrap().standing, Standing::Held);
        assert!(!world.house.market(near).unwrap().holds_in(world.house.curve(TPI).unwrap().short_round()));
    }
    assert!(paid(&mut world));
    // Whoever starts the liquidation makes it a default, which is news and holds once.
    world.start_liquidation(0).unwrap();
    assert!(world.house.market(near).unwrap().holds_in(world.house.curve(TPI).unwrap().short_round()));
    world.check();
}
