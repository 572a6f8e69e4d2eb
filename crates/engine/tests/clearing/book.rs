//! The book at its bounds: full pages, dead orders, long sweeps, searches. Nobody can pin its memory, and every message
//! is bounded (invariants B4 and B5).

use crate::world::{CASH, MONDAY, TICK_VALUE, World};
use sit_engine::clearing::{
    ClearingError, Event, MAX_EMPTY_PAGES, MAX_FILLS, MAX_SEARCH_PAGES, PAGE_ORDERS, Place, Policy, RemovalReason,
    Store,
};
use sit_engine::units::{Lots, Seconds, Side, Ticks};

const FULL: u32 = PAGE_ORDERS as u32;

/// A page full of bids of one lot at 2,500, each of another account.
fn full_page() -> World {
    let mut world = World::new(FULL + 2);
    for seat in 0..FULL {
        world.buy(seat, 2_500, 1).unwrap();
    }
    world
}

fn removed(world: &World) -> Vec<(u32, RemovalReason)> {
    let removed = world.house.events.iter().filter_map(|event| match event {
        Event::Removed { seat, reason, .. } => Some((seat.0, *reason)),
        _ => None,
    });
    removed.collect()
}

#[test]
fn a_full_page_keeps_the_best_prices_then_the_larger_orders_then_the_older() {
    let mut world = full_page();
    let new = FULL;
    assert_eq!(world.buy(new, 2_500, 1), Err(ClearingError::LevelFull), "no better than the others");
    assert_eq!(world.buy(new, 2_499, 1_000), Err(ClearingError::LevelFull), "a worse price, whatever the size");
    world.buy(new, 2_501, 1).unwrap();
    assert_eq!(removed(&world), [(FULL - 1, RemovalReason::Evicted)], "the newest of the smallest at the worst price");
    world.buy(new, 2_500, 2).unwrap();
    assert_eq!(removed(&world).last(), Some(&(FULL - 2, RemovalReason::Evicted)), "twice the size");
    assert_eq!(world.resting(Side::Buy).len(), PAGE_ORDERS);
    assert!(!world.account(FULL - 1).position(world.near).is_some_and(|position| position.has_orders()));
    world.check();
}

#[test]
fn who_keeps_others_out_must_show_more_than_they_do() {
    let mut world = full_page();
    let maker = FULL;
    world.quote(maker, &[(2_500, 50), (2_499, 50)], &[(2_520, 50)]).unwrap();
    let mine = world.live_orders(world.near).into_iter().filter(|order| order.seat.0 == maker);
    let mut prices: Vec<u32> = mine.map(|order| order.price.0).collect();
    prices.sort_unstable();
    assert_eq!(prices, [2_500, 2_520], "a worse level stays out, and refuses no other");
    world.check();
    for _ in 1..FULL {
        world.buy(maker, 2_500, 50).unwrap();
    }
    world.check();
    assert_eq!(world.resting(Side::Buy), vec![(2_500, maker, 50); PAGE_ORDERS]);
    assert_eq!(world.buy(0, 2_500, 99), Err(ClearingError::LevelFull));
    world.buy(0, 2_500, 100).unwrap();
    world.check();
}

#[test]
fn a_full_page_drops_an_expired_order_first() {
    let mut world = World::new(2);
    for number in 0..FULL {
        let expiry = if number == 17 { Seconds(MONDAY + 60) } else { Seconds::ZERO };
        let order = Place { expiry, ..world.order(0, Side::Buy, 2_500, 1) };
        world.place(order).unwrap();
    }
    assert_eq!(world.buy(1, 2_500, 1), Err(ClearingError::LevelFull));
    world.now = Seconds(MONDAY + 60);
    world.buy(1, 2_500, 1).unwrap();
    assert_eq!(removed(&world), [(0, RemovalReason::Expired)]);
    world.check();
}

#[test]
fn no_voided_order_hides_in_a_full_page() {
    let mut world = full_page();
    world.cancel_all(13, world.near).unwrap();
    let mut refused = 0;
    // A message looks up few accounts, from where the clock points: a few seconds later it points at the voided order.
    while world.buy(FULL, 2_500, 1).is_err() {
        refused += 1;
        world.now = world.now.later(1);
    }
    assert!(refused < FULL, "{refused}");
    assert_eq!(removed(&world), [], "what its owner has voided is not told again");
    assert_eq!(world.resting(Side::Buy).len(), PAGE_ORDERS);
    world.check();
}

#[test]
fn a_page_that_one_owner_has_voided_is_free_at_once() {
    let mut world = World::new(2);
    for _ in 0..FULL {
        world.buy(0, 2_500, 1).unwrap();
    }
    world.cancel_all(0, world.near).unwrap();
    world.buy(0, 2_600, 1).unwrap();
    world.buy(1, 2_500, 1).unwrap();
    assert_eq!(world.house.pages().map(|(_, _, page)| page.orders().len()).sum::<usize>(), 2);
    world.check();
}

#[test]
fn expired_orders_stand_in_nobodys_way_and_never_fill() {
    let mut world = World::new(4);
    world.sell(2, 2_620, 500).unwrap();
    for place in 0..72 {
        let order = Place { expiry: Seconds(MONDAY + 60), ..world.order(0, Side::Sell, 2_592 + place % 24, 1) };
        world.place(order).unwrap();
    }
    world.now = Seconds(MONDAY + 60);
    // Seventy-two orders of one lot whose time is over cost the taker no look, and the post-only bid no tick.
    let post_only = Place { policy: Policy::PostOnly, ..world.order(3, Side::Buy, 2_619, 7) };
    assert_eq!(world.place(post_only).unwrap().price, Ticks(2_619));
    world.cancel_all(3, world.near).unwrap();
    let taken = world.buy(1, 2_620, 10).unwrap();
    assert_eq!((taken.filled, taken.value.0), (Lots(10), 26_200));
    assert_eq!(removed(&world), [], "nobody has looked");
    world.check();
}

#[test]
fn voided_orders_of_one_owner_cost_one_look_on_however_many_pages() {
    let mut world = World::new(3);
    for page in 0..20 {
        world.buy(0, 2_980 - 8 * page, 1).unwrap();
    }
    world.cancel_all(0, world.near).unwrap();
    let post_only = Place { policy: Policy::PostOnly, ..world.order(1, Side::Sell, 2_610, 10) };
    assert_eq!(world.place(post_only).unwrap().price, Ticks(2_610));
    let sliding = Place { policy: Policy::PostOnlySlide, ..world.order(1, Side::Sell, 2_609, 10) };
    assert_eq!(world.place(sliding).unwrap().price, Ticks(2_609));
    world.check();
}

#[test]
fn a_post_only_order_behind_more_dead_pages_than_a_message_passes_rests_nowhere_and_the_next_one_does() {
    let mut world = World::new(3);
    for page in 0..u32::from(MAX_EMPTY_PAGES) + 5 {
        world.buy(0, 2_980 - 8 * page, 1).unwrap();
    }
    world.cancel_all(0, world.near).unwrap();
    for policy in [Policy::PostOnly, Policy::PostOnlySlide] {
        let mut world = World { house: world.house.clone(), ..world };
        let order = Place { policy, ..world.order(1, Side::Sell, 2_610, 10) };
        assert_eq!(world.place(order).unwrap().resting, Lots::ZERO, "not slid to where nothing stands");
        assert_eq!(world.place(order).map(|placed| (placed.resting, placed.price)), Ok((Lots(10), Ticks(2_610))));
        world.check();
    }
    let mut world = World { house: world.house.clone(), ..world };
    world.quote(1, &[(2_500, 5)], &[(2_610, 50)]).unwrap();
    assert_eq!(world.resting(Side::Sell), [], "left out, and the bid is there");
    world.quote(1, &[(2_500, 5)], &[(2_610, 50)]).unwrap();
    assert_eq!((world.resting(Side::Buy), world.resting(Side::Sell)), (vec![(2_500, 1, 5)], vec![(2_610, 1, 50)]));
}

#[test]
fn a_page_belongs_to_both_sides() {
    let mut world = World::new(3);
    for _ in 0..FULL {
        world.sell(0, 2_607, 1).unwrap();
    }
    for number in 1..=30 {
        assert_eq!(world.buy(1, 2_606, 3).is_ok(), number <= 13, "{number}: a side has twelve places at least");
    }
    assert_eq!((world.resting(Side::Buy).len(), world.resting(Side::Sell).len()), (13, 12));
    assert!(world.sell(2, 2_607, 1).is_ok(), "and the other one gets its place back");
    world.check();
}

#[test]
fn dust_at_the_touch_does_not_stop_a_large_order() {
    let mut world = World::new(4);
    for price in [2_600, 2_608, 2_616] {
        for _ in 0..24 {
            world.sell(0, price, 1).unwrap();
        }
    }
    world.sell(1, 2_624, 5_000).unwrap();
    let order = Place { policy: Policy::FillOrKill, ..world.order(2, Side::Buy, 2_624, 1_000) };
    assert_eq!(world.place(order).map(|placed| placed.filled), Ok(Lots(1_000)), "5,072 lots are offered");
}

#[test]
fn a_sweep_ends_after_eighty_fills_and_its_rest_is_not_placed() {
    let mut world = World::new(2);
    let fills = u32::from(MAX_FILLS);
    for number in 0..fills + 1 {
        world.sell(0, 2_600 + 8 * (number / FULL), 1).unwrap();
    }
    let exact = Place { policy: Policy::FillOrKill, ..world.order(1, Side::Buy, 2_650, fills + 1) };
    assert_eq!(world.place(exact), Err(ClearingError::NotFilled));
    let swept = world.buy(1, 2_650, fills + 1).unwrap();
    assert_eq!((swept.filled, swept.resting), (Lots(fills), Lots::ZERO));
    assert_eq!(world.resting(Side::Sell), [(2_600 + 8 * (fills / FULL), 0, 1)]);
    world.check();
}

#[test]
fn a_search_passes_thirty_two_pages_without_an_order() {
    let mut world = World::new(2);
    let pages = u32::from(MAX_EMPTY_PAGES);
    for page in 0..=pages {
        world.sell(0, 2_600 + 8 * page, 1).unwrap();
    }
    world.cancel_all(0, world.near).unwrap();
    world.sell(1, 2_600 + 8 * (pages + 1), 1).unwrap();
    // The maker's own voided orders cost no look, so only the pages count.
    let first = world.buy(0, 2_900, 1).unwrap();
    assert_eq!((first.filled, first.resting), (Lots::ZERO, Lots::ZERO));
    let second = world.buy(0, 2_900, 1).unwrap();
    assert_eq!(second.filled, Lots(1));
    world.check();
}

#[test]
fn an_order_whose_price_is_unknown_is_found_within_the_pages_that_the_client_allows() {
    let mut world = World::new(2);
    for page in 0..u32::from(MAX_SEARCH_PAGES) {
        world.buy(1, 2_590 - 8 * page, 1).unwrap();
    }
    world.sell(1, 2_595, 1).unwrap();
    let sliding = Place { policy: Policy::PostOnlySlide, ..world.order(0, Side::Buy, 2_700, 4) };
    let slid = world.place(sliding).unwrap();
    assert_eq!(slid.price, Ticks(2_594));
    assert_eq!(world.search(0, slid.number, Side::Buy, 2_594, 1), Ok(Lots(4)));
    let deep = world.buy(0, 2_590 - 8 * 16, 7).unwrap().number;
    assert_eq!(world.search(0, deep, Side::Buy, 0, 16), Err(ClearingError::UnknownOrder), "from the best bid");
    assert_eq!(world.search(0, deep, Side::Buy, 2_590, 16), Err(ClearingError::UnknownOrder), "one page too far");
    assert_eq!(world.search(0, deep, Side::Buy, 2_582, 16), Ok(Lots(7)));
    assert_eq!(world.search(0, deep, Side::Buy, 2_582, 17), Err(ClearingError::TooMany));
    assert_eq!(world.search(0, deep, Side::Buy, 2_582, 16), Err(ClearingError::UnknownOrder), "cancelled already");
    assert_eq!(world.search(0, 1, Side::Sell, 0, 16), Err(ClearingError::UnknownOrder));
    world.cancel_all(1, world.near).unwrap();
    world.check();
}

#[test]
fn a_quote_has_sixteen_levels_a_side_at_most() {
    let mut world = World::new(1);
    let levels = |count: u32, sign: i32| -> Vec<(u32, u32)> {
        (0..count)
            .map(|level| (2_600_u32.saturating_add_signed(sign * (3 + i32::try_from(level).unwrap())), 1))
            .collect()
    };
    assert_eq!(world.quote(0, &levels(17, -1), &[]), Err(ClearingError::TooMany));
    assert_eq!(world.quote(0, &[], &levels(17, 1)), Err(ClearingError::TooMany));
    world.quote(0, &levels(16, -1), &levels(16, 1)).unwrap();
    assert_eq!((world.resting(Side::Buy).len(), world.resting(Side::Sell).len()), (16, 16));
    world.quote(0, &[], &[]).unwrap();
    assert_eq!((world.resting(Side::Buy).len(), world.account(0).cash), (0, CASH));
    world.check();
}

fn limit(world: &mut World, position_limit: u32, open_interest_cap: u32) {
    let mut market = world.house.market(world.near).unwrap();
    market.terms.position_limit = Lots(position_limit);
    market.terms.open_interest_cap = Lots(open_interest_cap);
    world.house.set_market(world.near, &market);
}

#[test]
fn the_open_interest_cap_binds_what_opens_and_not_what_changes_hands() {
    let mut world = World::new(3);
    limit(&mut world, 10, 10);
    world.sell(0, 2_600, 10).unwrap();
    world.buy(1, 2_600, 10).unwrap();
    world.sell(2, 2_601, 1).unwrap();
    assert_eq!(world.buy(1, 2_601, 1), Err(ClearingError::PositionLimit));
    limit(&mut world, 11, 10);
    assert_eq!(world.buy(1, 2_601, 1), Err(ClearingError::OpenInterestCap), "the eleventh lot");
    world.cancel_all(2, world.near).unwrap();
    world.sell(1, 2_600, 10).unwrap();
    world.buy(2, 2_600, 10).unwrap();
    assert_eq!([world.net(0), world.net(1), world.net(2)], [-10, 0, 10]);
    world.check();
}

#[test]
fn who_takes_over_a_liquidation_stays_within_the_position_limit() {
    let mut world = World::new(3);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    let initial = 1_000 * 2_600 * u64::from(TICK_VALUE) * 3 / 10;
    let cash = world.account(0).cash;
    world.withdraw(0, cash - initial).unwrap();
    world.next_day(286_000).unwrap();
    world.start_liquidation(0).unwrap();
    limit(&mut world, 5, 2_000);
    world.settle(world.near, &[0]).unwrap(); // what a bid would settle anyway
    let before = world.house.clone();
    assert_eq!(world.bid(2, 0, 6).err(), Some(ClearingError::PositionLimit));
    assert!(world.house.same_cells(&before));
    world.bid(2, 0, 5).unwrap();
    assert_eq!(world.net(2), -5);
    world.check();
}
