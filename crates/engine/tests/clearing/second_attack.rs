//! What a second look at the mends found: by ordering, with accomplices, with patience and with one lot
//! (`docs/book/src/findings-second.md`).

use crate::allocation;
use crate::fund::bankrupt;
use crate::migration::{move_house, pause_all};
use crate::world::{TICK_VALUE, World};
use sit_engine::calendar::{DAY, Day};
use sit_engine::clearing::migrate::export;
use sit_engine::clearing::opening::{PRINT_DUE, PRINT_WAIT, STANDING_SECONDS};
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{self, AddOns, ClearingError, Place, Policy, Purpose, SCENARIOS, SHOCK_BYTES, Store};
use sit_engine::launch::{self, LIQUIDATION_END_BPS, MAINTENANCE_BPS, TPI};
use sit_engine::oracle::Validity;
use sit_engine::units::{Lots, Points, QuoteAtoms, Seat, Side, Ticks};

/// A day's move of 16 % up or 12 % down for all months, and of 1 % of one against the other; never less than 2 %.
fn calm(world: &mut World) {
    let mut bytes = [0; SHOCK_BYTES];
    for (slot, row) in bytes.chunks_exact_mut(2 * SCENARIOS).enumerate() {
        let twist: i16 = if slot % 2 == 0 { 100 } else { -100 };
        for (place, shock) in row.chunks_exact_mut(2).zip([1_600, -1_200, twist, -twist]) {
            place.copy_from_slice(&i16::to_be_bytes(shock));
        }
    }
    clearing::set_risk(&mut world.house, world.now, TPI, MAINTENANCE_BPS, LIQUIDATION_END_BPS, &bytes, [2; 32])
        .unwrap();
    world.set_add_ons(AddOns { floor_bps: 200, ..AddOns::NONE }).unwrap();
}

fn far(world: &World, seat: u32, side: Side, price: u32, lots: u32) -> Place {
    Place { instrument: world.far, ..world.order(seat, side, price, lots) }
}

/// Seat 0 is long in the near month and short in the far one, its accomplice on seat 1 holds the opposite, and a
/// settlement has just brought seat 0 to `equity` ticks a lot, where maintenance margin is 76.5.
pub fn spread(lots: u32, equity: u64) -> World {
    let mut world = World::new(6);
    calm(&mut world);
    clearing::endow(&mut world.house, Purpose::Fund, launch::FUND).unwrap();
    clearing::set_fund_cap(&mut world.house, launch::FUND_CAP_BPS).unwrap();
    world.sell(1, 2_600, lots).unwrap();
    world.buy(0, 2_600, lots).unwrap();
    world.place(far(&world, 1, Side::Buy, 2_500, lots)).unwrap();
    world.place(far(&world, 0, Side::Sell, 2_500, lots)).unwrap();
    world.set_cash(0, equity * u64::from(lots) * u64::from(TICK_VALUE), 5);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE);
    world.settle_day(260_000).unwrap();
    world.settle_all();
    assert!(!world.health(0).meets_maintenance());
    world
}

/// What some accounts have, with what the marks owe them.
pub fn worth(world: &mut World, seats: &[u32]) -> i128 {
    seats.iter().map(|seat| world.health(*seat).equity.0).sum()
}

/// A spread that is short of margin is offered, and whoever has read the batches takes the leg that wins in the
/// settlement's own transaction, at the mark of yesterday: the fund pays for the leg that is left.
#[test]
fn nobody_takes_the_winning_leg_of_a_spread_from_a_print_that_they_have_read() {
    for (print, leg) in [(286_000, true), (234_000, false)] {
        let mut world = spread(2_000, 52);
        world.start_liquidation(0).unwrap();
        world.now = world.now.later(DAY);
        world.at(PRINT_DUE + 60);
        let pair = worth(&mut world, &[0, 1, 2]);
        let leg = if leg { world.near } else { world.far };
        let torn = world.bid_for(2, 0, leg, 2_000);
        world.settle_day(print).unwrap();
        world.settle_all();
        assert_eq!(torn, Err(ClearingError::WorsensHealth), "{:?} of the fund", world.health(0).equity);
        assert!(world.health(0).equity >= QuoteAtoms::ZERO);
        assert!(worth(&mut world, &[0, 1, 2]) <= pair);
        world.check();
    }
}

/// A move that has to be seen twice is known for hours before it is a print.
#[test]
fn nobody_takes_the_winning_leg_of_a_spread_while_a_move_waits_for_confirmation() {
    for equity in [1, 52] {
        let mut world = spread(2_000, equity);
        world.start_liquidation(0).unwrap();
        let (now, near) = (world.now, world.near);
        let index = Given { validity: Some(Validity::NeedsConfirmation), ..Given::default() };
        world.house.transact(|house| clearing::note_index(house, &index, now, TPI)).unwrap();
        world.now = world.now.later(PRINT_WAIT);
        assert_eq!(world.bid_for(2, 0, near, 2_000), Err(ClearingError::WorsensHealth));
        let index = Given { validity: Some(Validity::Valid), ..Given::default() };
        world.house.transact(|house| clearing::note_index(house, &index, now, TPI)).unwrap();
        assert_eq!(world.bid_for(2, 0, near, 2_000).unwrap().1, Lots(2_000), "the doubt is over");
        world.check();
    }
}

/// A bankrupt spread may be torn apart from the first second on; so it waits for the print, too.
#[test]
fn nobody_takes_the_winning_leg_of_a_bankrupt_spread_from_a_print_that_they_have_read() {
    let mut world = spread(2_000, 1);
    let month = world.month(world.far);
    world.set_mark(world.far, month.mark.0 + 20);
    world.start_liquidation(0).unwrap();
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 60);
    let near = world.near;
    assert_eq!(world.bid_for(2, 0, near, 2_000), Err(ClearingError::WorsensHealth));
    // Without a print the wait is over after two hours.
    world.at(PRINT_DUE + PRINT_WAIT);
    assert_eq!(world.bid_for(2, 0, near, 2_000).unwrap().1, Lots(2_000));
    world.check();
}

/// Whoever has read the batches takes out what the print would take, and the fund pays the rest of the loss. Between
/// two accounts of an owner money does not flee either; it goes from one without positions.
#[test]
fn nobody_takes_their_money_out_before_a_print_that_they_have_read() {
    let mut world = World::new(4);
    calm(&mut world);
    clearing::endow(&mut world.house, Purpose::Fund, launch::FUND).unwrap();
    world.sell(1, 2_600, 2_000).unwrap();
    world.buy(0, 2_600, 2_000).unwrap();
    world.set_cash(0, 2_000 * 2_600 * u64::from(TICK_VALUE) * 3 / 10, 3);
    let twin = world.open_sub(0, 1, 1);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 60);
    let fled = world.withdraw_all(0);
    let moved = world.transfer(0, twin.0, 1_000_000);
    assert_eq!(world.withdraw(3, 1_000_000).map(|_| ()), Ok(()), "no positions, no print");
    world.settle_day(208_000).unwrap();
    world.settle_all();
    let equity = world.health(0).equity;
    assert_eq!((fled, moved), (0, Err(ClearingError::Opening)), "and then {equity:?}");
    assert!(equity >= QuoteAtoms::ZERO);
    // After the settlement, or when the print has been waited for in vain, it goes as ever.
    assert!(world.withdraw(1, 1_000_000).is_ok());
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE);
    assert_eq!(world.withdraw(1, 1_000_000), Err(ClearingError::Opening));
    world.at(PRINT_DUE + PRINT_WAIT);
    assert!(world.withdraw(1, 1_000_000).is_ok());
    world.check();
}

/// An owner who closes a lot here and there has the discount begin at one per cent each time.
#[test]
fn an_owner_who_closes_a_lot_elsewhere_starts_no_clock_again() {
    let mut world = World::new(4);
    world.place(far(&world, 1, Side::Buy, 2_500, 1)).unwrap();
    world.place(far(&world, 0, Side::Sell, 2_500, 1)).unwrap();
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    world.set_cash(0, 1_000 * 2_600 * u64::from(TICK_VALUE) * 3 / 10, 3);
    world.next_day(286_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.now = world.now.later(450);
    assert_eq!(world.bid(2, 0, 1).unwrap().0, Ticks(3_089), "8 % after seven minutes and a half");
    let mark = world.settle_mark(world.far);
    world.place(far(&world, 1, Side::Sell, mark, 1)).unwrap();
    let close = Place { policy: Policy::ImmediateOrCancel, ..far(&world, 0, Side::Buy, mark, 1) };
    assert_eq!(world.place(close).unwrap().filled, Lots(1));
    assert_eq!(world.bid(2, 0, 1).unwrap().0, Ticks(3_089), "and still");
    assert_eq!(world.start_liquidation(0), Err(ClearingError::NotLiquidatable), "one at a time");
    world.check();
}

/// A reporter who is late has two days settled within a minute: what was placed for the second in the wait for the
/// first had not stood for an hour.
#[test]
fn an_order_that_came_too_late_for_a_print_is_too_late_whatever_is_settled_before_it() {
    let mut world = World::new(3);
    world.now = world.now.later(2 * DAY);
    world.at(PRINT_DUE - STANDING_SECONDS + 1);
    world.quote(0, &[(2_700, 50)], &[(2_710, 50)]).unwrap();
    let settle = |world: &mut World, day: Day| {
        let now = world.now;
        world.house.transact(|house| clearing::settle_day(house, &Given::print(day, 260_000), now, TPI)).unwrap();
        world.settle_mark(world.near)
    };
    let today = Day::of(world.now);
    assert_eq!(settle(&mut world, Day(today.0 - 1)), 2_600, "yesterday's print, a day late");
    world.at(PRINT_DUE);
    assert_eq!(settle(&mut world, today), 2_600);
    // For the next day they have stood long enough.
    world.now = world.now.later(DAY);
    assert_eq!(settle(&mut world, Day(today.0 + 1)), 2_652);
}

/// Short of margin a position can shrink and not turn round: which way it is to lose, nobody chooses late.
#[test]
fn who_is_short_of_margin_turns_no_position_round() {
    let mut world = World::new(4);
    world.buy(1, 2_600, 1_000).unwrap();
    world.sell(0, 2_600, 1_000).unwrap();
    world.set_cash(0, 1_000 * 2_600 * u64::from(TICK_VALUE) * 3 / 10, 3);
    world.next_day(270_000).unwrap();
    world.settle_all();
    world.set_cash(0, 1_000 * 2_700 * u64::from(TICK_VALUE) / 10, 3);
    world.sell(1, 2_690, 2_000).unwrap();
    for lots in [2_000, 1_900] {
        let order = Place { policy: Policy::ImmediateOrCancel, ..world.order(0, Side::Buy, 2_690, lots) };
        assert_eq!(world.place(order), Err(ClearingError::BelowInitialMargin), "{lots}");
    }
    let order = Place { policy: Policy::ImmediateOrCancel, ..world.order(0, Side::Buy, 2_690, 1_000) };
    assert_eq!(world.place(order).unwrap().filled, Lots(1_000));
    world.check();
}

/// A claim that the fund has bought from a winner whose debtor is bankrupt stood in no pool: the month's rest could not
/// move, nor the reserves, nor the vault, and a write-off was refused from the first account on.
#[test]
fn a_claim_that_the_fund_has_bought_moves_with_the_rest_of_its_month() {
    let mut world = bankrupt(2_500);
    let (near, far) = (world.near, world.far);
    world.owe(1, 3, far, 400_000);
    world.set_cash(1, 0, 4);
    assert_eq!(world.bridge(1, far, near), Ok(40_000_000_000));
    pause_all(&mut world);
    let mut next = move_house(&mut world, &[0, 1, 2, 3, 4, 5]);
    assert_eq!(next.market(near).unwrap().deficit, Points(-400_000));
    std::mem::swap(&mut world.house, &mut next);
    let now = world.now;
    world.house.transact(|house| clearing::unpause(house, now, TPI)).unwrap();
    // The bankrupt comes to money after all, and the fund has its own again.
    let fund = world.house.ledger().fund;
    world.deposit(0, 300_000_000_000);
    world.next_day(470_000).unwrap();
    world.settle(near, &[0]).unwrap();
    world.sweep_fees(near).unwrap();
    assert!(world.house.ledger().fund >= fund + 40_000_000_000);
    world.settle_all();
    world.check();
}

/// A loss of two points among three holders waits while a month trades, and nobody leaves a month in which a loss
/// waits: so it is allocated once everything is paused.
#[test]
fn a_loss_of_some_points_stops_no_move() {
    let mut world = allocation::bankrupt(&[100, 300]);
    let near = world.near;
    let mut market = world.house.market(near).unwrap();
    let gift = market.deficit.0 - 2;
    market.deficit = Points(2);
    market.pool += Points(gift);
    market.received += gift * i64::from(TICK_VALUE);
    world.house.set_market(near, &market);
    assert_eq!(world.allocate(near, &[1, 2, 3]), Err(ClearingError::NothingToAllocate));
    pause_all(&mut world);
    let env = world.env(0);
    let leave = |world: &mut World, seat| world.house.transact(|house| export(house, env, Seat(seat), 0)).map(|_| ());
    assert_eq!(leave(&mut world, 1), Err(ClearingError::NotMigrating));
    assert_eq!(world.allocate(near, &[1, 2, 3]), Ok(0));
    world.settle(near, &[1, 2, 3]).unwrap();
    for seat in [1, 2, 3, 0] {
        assert_eq!(leave(&mut world, seat), Ok(()), "{seat}");
    }
}

/// A settled month does not move, so its bankrupt and its winners stay until its loss is borne; whoever leaves first
/// must not stop that.
#[test]
fn the_loss_of_a_settled_month_is_written_off_and_borne_while_others_leave() {
    let mut world = bankrupt(0);
    let near = world.near;
    world.now = world.month(near).expiry;
    world.finalise(near, 470_000).unwrap();
    world.settle(near, &[0, 1, 2, 3]).unwrap();
    pause_all(&mut world);
    let env = world.env(0);
    let leave = |world: &mut World, seat| world.house.transact(|house| export(house, env, Seat(seat), 0)).map(|_| ());
    assert_eq!(leave(&mut world, 5), Ok(()), "somebody without anything, in the first block");
    assert_eq!(leave(&mut world, 0), Err(ClearingError::ClaimFirst));
    assert!(world.write_off(0, near).unwrap() > Points::ZERO);
    while world.house.market(near).unwrap().deficit > Points::ZERO {
        assert_eq!(world.allocate(near, &[0, 1, 2, 3]), Ok(0));
        world.settle(near, &[0, 1, 2, 3]).unwrap();
    }
    for seat in 0..5 {
        assert_eq!(leave(&mut world, seat), Ok(()), "{seat}");
    }
}

/// A lot on each of three pages between the quotes, cancelled in the same transaction, hides the whole book from the
/// settlement.
#[test]
#[ignore = "finding 10 of the second attack: dead dust on three pages silences a month's book for its mark"]
fn cancelled_lots_do_not_hide_quotes_that_stand() {
    let mut world = World::new(3);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE - STANDING_SECONDS - 1);
    world.quote(0, &[(2_620, 50)], &[(2_680, 50)]).unwrap();
    world.now = world.now.later(STANDING_SECONDS);
    for price in [2_630, 2_640, 2_650] {
        world.buy(1, price, 1).unwrap();
    }
    world.cancel_all(1, world.near).unwrap();
    world.at(PRINT_DUE);
    world.settle_day(260_000).unwrap();
    assert_eq!(world.settle_mark(world.near), 2_650);
}
