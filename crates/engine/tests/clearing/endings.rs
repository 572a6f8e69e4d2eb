//! Random messages around the end of months and of a house, right ones and wrong ones, for the count of what random
//! runs come across (`the_random_runs_do_every_message_and_meet_every_refusal`): final prices, sunsets, moves to a next
//! house, and between them whatever else anybody sends.

use crate::invariants::note;
use crate::migration::{move_item, sound};
use crate::world::{CASH, TICK_VALUE, TPI, World, dice, owner, terms};
use sit_engine::calendar::{self, DAY, Day};
use sit_engine::chain::Env;
use sit_engine::clearing::{
    self, ClearingError, Delegate, Guard, Instrument, Item, Listing, Place, Policy, Product, Purpose, Status, Store,
    WithdrawalLimits, peers::Given,
};
use sit_engine::units::{Lots, Points, Seat, Side, TickValue, Ticks};
use sit_native::Native;

/// Accounts of each run.
const ACCOUNTS: u32 = 6;

type Draw<'a> = &'a mut dyn FnMut(u32) -> u32;

/// So many runs of either kind.
pub fn runs(count: u32) {
    for run in 0..count {
        let mut draw = dice(run);
        months(&mut draw);
        house(&mut draw);
        full(&mut draw);
    }
}

/// More months than an account, or a curve, has room for.
fn full(draw: Draw<'_>) {
    let mut world = World::new(2);
    let mut months = vec![world.near, world.far];
    months.extend((2..10).map(|place| world.list(TPI, place, 2_400)));
    months.push(world.second_product(draw(10) as usize));
    for month in &months {
        let mark = world.settle_mark(*month);
        note("place", world.place(Place { instrument: *month, ..world.order(0, Side::Buy, mark - 1, 1) }));
    }
    for _ in 0..4 {
        world.now = world.now.later(31 * DAY);
        note("list", list_last(&mut world));
    }
    balances(&mut world);
}

/// Lists the last month of the calendar that is not listed.
fn list_last(world: &mut World) -> Result<Instrument, ClearingError> {
    let now = world.now;
    let curve = world.house.curve(TPI).unwrap();
    let listed = |expiry| curve.months().iter().any(|month| month.expiry == expiry);
    let mut expiries = calendar::listing(Day::of(now)).into_iter().map(calendar::last_trading_time).rev();
    let expiry = expiries.find(|expiry| !listed(*expiry)).unwrap_or(now);
    let listing = Listing {
        product: TPI,
        expiry,
        tick_value: TickValue(TICK_VALUE),
        tick_size: 100,
        mark: Ticks(2_300),
        terms: terms(),
    };
    world.house.transact(|house| clearing::list(house, now, listing))
}

/// A house with positions in both months, and a loss in one of two.
fn begun(draw: Draw<'_>) -> World {
    let mut world = World::new(ACCOUNTS);
    for _ in 0..4 {
        let (seller, buyer) = (draw(3), 3 + draw(3));
        let month = if draw(2) == 0 { world.near } else { world.far };
        let mark = world.settle_mark(month);
        world.trade(month, seller, buyer, mark, 1 + draw(900));
    }
    if draw(2) == 0 {
        world.withdraw_all(0);
        world.withdraw_all(3);
        world.next_day(260_000 + 10_000 * draw(20)).unwrap();
    }
    world
}

/// What the index says: nothing, nothing now, a print of today, a final price as well.
fn index(world: &World, draw: Draw<'_>) -> Given {
    let print = Given::print(Day::of(world.now), 200_000 + 1_000 * draw(200));
    match draw(6) {
        0 => Given { is_mute: true, ..Given::default() },
        1 => Given::default(),
        2 | 3 => Given { final_price: Some(200_000 + 1_000 * draw(200)), ..print },
        _ => print,
    }
}

/// Months that end in one way or another, or do not.
fn months(draw: Draw<'_>) {
    let mut world = begun(draw);
    for _ in 0..40 {
        let (month, index, now) = (some_month(&world, draw), index(&world, draw), world.now);
        let product = if draw(12) == 0 { Product(3) } else { TPI };
        let house = &mut world.house;
        match draw(20) {
            0 | 1 => note("sunset", house.transact(|house| clearing::sunset(house, &index, now, month))),
            2 | 3 => note("finalise", house.transact(|house| clearing::finalise(house, &index, now, month))),
            4 => note("settle_day", house.transact(|house| clearing::settle_day(house, &index, now, product))),
            5 => note("note_index", house.transact(|house| clearing::note_index(house, &index, now, product))),
            6 => note("roll_listing", house.transact(|house| clearing::roll_listing(house, now, product))),
            7 => {
                let scopes = [Guard::ALL, Guard::SETTLEMENT, Guard::LIQUIDATION, Guard::ALL + 1][draw(4) as usize];
                note("pause", house.transact(|house| clearing::pause(house, now, product, scopes)))
            }
            8 | 9 => note("unpause", house.transact(|house| clearing::unpause(house, now, product))),
            10 => note("settle", world.settle(month, &[draw(ACCOUNTS), draw(ACCOUNTS)])),
            11 => {
                let seat = draw(ACCOUNTS);
                let cash = world.account(seat).cash;
                note("withdraw", world.withdraw(seat, cash / u64::from(1 + draw(3))))
            }
            12 => note("write_off", world.write_off(draw(ACCOUNTS), month)),
            13 => note("allocate", world.allocate(month, &[0, 1, 2, 3, 4, 5])),
            14 => note("start_liquidation", world.start_liquidation(draw(ACCOUNTS))),
            15 => {
                world.now = world.now.later([60, DAY, 5 * DAY, 20 * DAY, 50 * DAY][draw(5) as usize]);
                true
            }
            16 => note("cancel_all", world.cancel_all(draw(ACCOUNTS), month)),
            _ => wrong(&mut world, draw),
        };
        balances(&mut world);
    }
}

/// Books balance and variation is zero-sum, in a month of which one side has claimed, too.
fn balances(world: &mut World) {
    let books = clearing::books(&mut world.house);
    assert!(books.balanced, "{books:?}");
    for instrument in [world.near, world.far] {
        let market = world.house.market(instrument).unwrap();
        let mark = market.final_price.unwrap_or_else(|| Ticks(world.settle_mark(instrument)));
        let positions = world.house.accounts().filter_map(|(_, account)| account.position(instrument).copied());
        let owed = positions.fold(Points::ZERO, |sum, position| sum + position.variation(mark));
        assert_eq!(owed, market.pool + market.deficit, "S2: {instrument:?}");
    }
}

fn some_month(world: &World, draw: Draw<'_>) -> Instrument {
    match draw(12) {
        0 => world.unlisted(),
        1 => Instrument::new(Product(3), 0),
        2..=6 => world.far,
        _ => world.near,
    }
}

/// An order or another message that is wrong in one way, or right by chance.
fn wrong(world: &mut World, draw: Draw<'_>) -> bool {
    let seat = draw(ACCOUNTS);
    let (now, near, mark) = (world.now, world.near, world.settle_mark(world.near));
    let order = world.order(seat, if draw(2) == 0 { Side::Buy } else { Side::Sell }, mark, 1 + draw(20));
    let next = world.account(seat).next_order;
    let lasting = |max, day_lots, expiry| {
        let mut delegate = Delegate::new(Lots(max), expiry, [near].into_iter()).unwrap();
        delegate.day_lots = Lots(day_lots);
        delegate
    };
    let place = |world: &mut World, order| note("place", world.place(order));
    match draw(22) {
        0 => {
            let env = world.env(seat);
            let order = Place { seat: Seat(99), ..order };
            note("place", world.house.transact(|house| clearing::place(house, env, order)))
        }
        1 => place(world, Place { price: Ticks::ZERO, ..order }),
        2 => place(world, Place { lots: Lots::ZERO, ..order }),
        3 => place(world, Place { expiry: now, ..order }),
        4 => place(world, Place { number: next.saturating_sub(1), ..order }),
        5 => place(world, Place { number: next.saturating_add(70_000), ..order }),
        6 => place(world, Place { instrument: some_month(world, draw), ..order }),
        7 => {
            place(world, Place { lots: Lots(10_001), price: Ticks(mark.saturating_sub(100)), side: Side::Buy, ..order })
        }
        8 => place(world, Place { policy: Policy::FillOrKill, ..order }),
        9 => place(world, Place { policy: Policy::PostOnly, ..order }),
        10 => place(world, order),
        11 | 12 => {
            let (key, scopes) = ([251; 20], [lasting(30, 40, now.later(DAY)), lasting(30, 40, now.later(1))]);
            note("set_delegate", world.delegate(seat, key, scopes[draw(2) as usize]));
            world.now = now.later(draw(3));
            let env = Env { caller: key, now: world.now };
            let lots = Lots([25, 25, 31][draw(3) as usize]);
            let mut send =
                || note("place", world.house.transact(|house| clearing::place(house, env, Place { lots, ..order })));
            send() && send()
        }
        13 => note("cancel_by_number", world.search(seat, draw(9), Side::Buy, mark, 15 + draw(3) as u8)),
        14 => {
            let price = mark.saturating_sub(9);
            let rests = world.place(Place { policy: Policy::PostOnlySlide, ..world.order(seat, Side::Buy, price, 1) });
            let number = rests.map_or(next, |placed| placed.number);
            note("cancel", world.cancel(seat, price, number))
        }
        15 => {
            let seats: Vec<u32> = (0..8 + 30 * draw(2)).collect();
            note("allocate", world.allocate(near, &seats))
        }
        16 => note("holidays", world.holidays(&[u16::try_from(now.0 / DAY).unwrap()])),
        17 => {
            let limits = WithdrawalLimits { hour_bps: 0, hour_amount: 1, day_bps: 0, day_amount: 1 };
            clearing::set_withdrawal_limits(&mut world.house, limits).unwrap();
            let cash = world.account(seat).cash;
            note("withdraw", world.withdraw(seat, cash / 2))
        }
        18 => {
            let env = Env { caller: owner(seat), now };
            note("open_account", world.house.transact(|house| clearing::open_account(house, env, draw(3) as u8)))
        }
        19 => note("roll", world.roll(world.rolling(seat, 1 + draw(30), 1_000))),
        20 => {
            note("set_trigger", world.set_trigger(seat, draw(4) as u8, world.stop(true, mark, 1)));
            note("clear_trigger", world.clear_trigger(seat, draw(4) as u8))
        }
        _ => note("offset", world.offset(draw(ACCOUNTS), draw(ACCOUNTS), near, world.far)),
    }
}

/// A house whose accounts move to the next one, in any order, while others pay in, leave, and try what does not go any
/// more. In the end everything has moved.
fn house(draw: Draw<'_>) {
    let mut world = begun(draw);
    let (near, far) = (world.near, world.far);
    clearing::endow(&mut world.house, Purpose::Fund, CASH / 100).unwrap();
    let mut next = Native::new();
    // Nothing leaves a house that trades.
    send(&mut world, &mut next, Item::Account(Seat(0), 0));
    let now = world.now;
    world.house.transact(|house| clearing::pause(house, now, TPI, Guard::ALL)).unwrap();
    let rules = [Item::Curve(TPI), Item::Margin(TPI), Item::Backtest(TPI), Item::Market(near), Item::Market(far)];
    for item in rules {
        assert!(send(&mut world, &mut next, item), "{item:?}");
        if draw(8) == 0 {
            send(&mut world, &mut next, item);
        }
    }
    for _ in 0..24 {
        let seat = draw(ACCOUNTS + 1);
        let env = Env { caller: owner(seat), now };
        let house = &mut world.house;
        match draw(12) {
            0..=3 => send(&mut world, &mut next, Item::Account(Seat(seat), 0)),
            4 => send(&mut world, &mut next, Item::Rest(if draw(2) == 0 { near } else { far })),
            5 => send(&mut world, &mut next, Item::Reserves),
            6 => send(&mut world, &mut next, Item::Triggers(Seat(seat))),
            7 => note("credit", house.transact(|house| clearing::credit(house, now, Seat(seat), 1))),
            8 => note("open_account", house.transact(|house| clearing::open_account(house, env, 0))),
            9 => {
                let withdraw = |house: &mut Native| clearing::withdraw(house, env, Seat(seat), 1).map(|_| ());
                note("withdraw", house.transact(withdraw))
            }
            10 => note("unpause", house.transact(|house| clearing::unpause(house, now, TPI))),
            _ => note("finalise", house.transact(|house| clearing::finalise(house, &Given::default(), now, near))),
        };
        if world.house.curve(TPI).unwrap().guard.paused != Guard::ALL {
            break; // somebody has called the move off before anybody had left
        }
        sound(&mut world.house);
        sound(&mut next);
    }
    if world.house.curve(TPI).unwrap().guard.paused != Guard::ALL {
        return;
    }
    let left: Vec<Seat> = world.house.accounts().map(|(seat, _)| seat).collect();
    for seat in left {
        send(&mut world, &mut next, Item::Account(seat, 0));
    }
    for month in [near, far] {
        if world.house.curve(TPI).unwrap().month(month).is_some_and(|month| month.status != Status::Settled) {
            send(&mut world, &mut next, Item::Rest(month));
        }
    }
    send(&mut world, &mut next, Item::Reserves);
    assert_eq!(clearing::books(&mut world.house).custody.0, 0, "the old house is empty");
    sound(&mut next);
}

/// Moves an item, as two messages do.
fn send(world: &mut World, next: &mut Native, item: Item) -> bool {
    let env = Env { caller: [0xEE; 20], now: world.now };
    note("migrate", move_item(&mut world.house, next, env, item))
}
