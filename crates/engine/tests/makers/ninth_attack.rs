//! A ninth attack on the programme: a maker has an hour once, and there are two products.

use crate::week::{START, Week, order, owner};
use sit_engine::calendar::{self, DAY, Day};
use sit_engine::chain::Env;
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_DUE};
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{self, Instrument, Level, Policy, Product, Quote, Store as _};
use sit_engine::incentives::{self, Parameters, Status, Store as _};
use sit_engine::launch::{self, TPI};
use sit_engine::units::{Lots, Seat, Seconds, Side, TickValue, Ticks};
use sit_native::Native;

const SCU: Product = Product(1);

fn mark(house: &mut Native, product: Product, instrument: Instrument) -> u32 {
    house.curve(product).unwrap().month(instrument).unwrap().settle.0
}

/// A maker is long one month and short the next in each of two indices, which are settled so many seconds after noon.
/// In each of the two openings the maker is short of capital for two minutes; a rival asks for their suspension then.
pub fn standing_after(settlements: [u32; 2]) -> (Status, Vec<u64>) {
    let mut week = Week::new(2, Parameters::INITIAL);
    let house = week.programme.house.get_mut();
    let mut shocks = [0; clearing::SHOCK_BYTES];
    for row in shocks.chunks_exact_mut(2 * clearing::SCENARIOS) {
        row[..2].copy_from_slice(&i16::to_be_bytes(3_000));
        row[2..4].copy_from_slice(&i16::to_be_bytes(-2_000));
    }
    clearing::set_risk(
        house,
        Seconds::ZERO,
        SCU,
        launch::MAINTENANCE_BPS,
        launch::LIQUIDATION_END_BPS,
        &shocks,
        [1; 32],
    )
    .unwrap();
    clearing::start_product(house, &Given::print(Day::of(START), 900_000), SCU).unwrap();
    let scu: Vec<Instrument> = (0..2)
        .zip(calendar::listing(Day::of(START)))
        .map(|(place, day)| {
            let listing = clearing::Listing {
                product: SCU,
                expiry: calendar::last_trading_time(day),
                tick_value: TickValue(10_000),
                tick_size: 100,
                mark: Ticks(9_000 - 20 * place),
                terms: crate::week::terms(),
            };
            clearing::list(house, START, listing).unwrap()
        })
        .collect();
    let tpi = [week.months[0].0, week.months[1].0];
    let house = week.programme.house.get_mut();
    let now = START.later(3_600);
    for (product, pair) in [(TPI, [tpi[0], tpi[1]]), (SCU, [scu[0], scu[1]])] {
        for (instrument, side) in pair.into_iter().zip([Side::Buy, Side::Sell]) {
            let mark = mark(house, product, instrument);
            let price = if side == Side::Buy { mark + 1 } else { mark - 1 };
            let levels = [Level { price: Ticks(price), lots: Lots(2_000) }];
            let (bids, asks): (&[Level], &[Level]) = if side == Side::Buy { (&[], &levels) } else { (&levels, &[]) };
            let quote = Quote { seat: Seat(3), instrument, bids, asks, expiry: Seconds::ZERO };
            house.transact(|house| clearing::quote(house, Env { caller: owner(3), now }, quote)).unwrap();
            let take = order(0, instrument, side, price, 2_000, Policy::ImmediateOrCancel);
            house.transact(|house| clearing::place(house, Env { caller: owner(0), now }, take)).unwrap();
        }
    }
    let keep = Parameters::INITIAL.capital * 103 / 100;
    let cash = house.account(Seat(0)).unwrap().cash;
    let env = Env { caller: owner(0), now };
    let _ = house.transact(|house| clearing::withdraw(house, env, Seat(0), cash - keep)).unwrap();
    let noon = START.later(DAY + PRINT_DUE);
    let [first, second] = settlements.map(|seconds| noon.later(seconds));
    let mut held = Vec::new();
    for (product, pair, settled) in [(TPI, tpi, first), (SCU, [scu[0], scu[1]], second)] {
        let house = week.programme.house.get_mut();
        let index = Given::print(Day::of(settled), 873_000);
        house.transact(|house| clearing::settle_day(house, &index, settled, product)).unwrap();
        for instrument in [pair[1], pair[0]] {
            house
                .transact(|house| clearing::settle(house, settled, instrument, [Seat(3), Seat(0)].into_iter()))
                .unwrap();
        }
        let mut asks = |week: &mut Week, now| {
            held.push(week.programme.house.get_mut().account(Seat(0)).unwrap().cash / 1_000_000);
            week.programme.now = now;
            let rival = week.programme.env(owner(1));
            incentives::suspend(&mut week.programme, rival, 0).ok();
        };
        asks(&mut week, settled);
        let house = week.programme.house.get_mut();
        let later = settled.later(OPENING_SECONDS);
        house.transact(|house| clearing::settle(house, later, pair[1], [Seat(0)].into_iter())).unwrap();
        asks(&mut week, later);
    }
    (week.programme.maker(0).unwrap().status, held)
}

/// One is printed at noon, the other four hours later, since its print had to be confirmed.
#[test]
fn a_maker_hedged_in_two_products_is_not_suspended_in_the_minutes_in_which_winners_wait() {
    let (status, held) = standing_after([0, 4 * 3_600]);
    assert_eq!(status, Status::Designated, "cash {held:?} USD");
}
