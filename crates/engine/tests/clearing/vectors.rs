//! Worked examples that other venues have published, in our terms. A price of $0.001 is a tick, a unit of the example
//! is a lot, and the example's maintenance fraction is the shock times our maintenance share of one half. Numbers as in
//! `docs/` of the venues; where an example is wrong or means something else here, the comment says so.

use crate::world::{MONDAY, owner};
use sit_engine::calendar::{self, DAY, Day};
use sit_engine::chain::Env;
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{
    self, Account, AddOns, ClearingError, Instrument, Listing, Product, SCENARIOS, SHOCK_BYTES, Store, Terms, margin,
    opening::OPENING_SECONDS,
};
use sit_engine::launch;
use sit_engine::units::{Lots, QuoteAtoms, Seat, Seconds, Side, TickValue, Ticks};
use sit_native::Native;
use sit_native::preview::liquidation_prices;

const DOLLAR: i128 = 1_000_000;

/// A clearing house with one month for each (mark, quote atoms of a tick), no fees, and these shocks in each month:
/// scenario by scenario, in basis points. Maintenance is half of initial margin.
fn house(months: &[(u32, u32)], shocks: &[&[i16]]) -> (Native, Vec<Instrument>) {
    let mut bytes = [0; SHOCK_BYTES];
    for (row, shocks) in bytes.chunks_exact_mut(2 * SCENARIOS).zip(shocks) {
        for (place, shock) in row.chunks_exact_mut(2).zip(*shocks) {
            place.copy_from_slice(&shock.to_be_bytes());
        }
    }
    let mut house = Native::new();
    let now = Seconds(MONDAY);
    clearing::set_risk(&mut house, Seconds::ZERO, Product(0), 5_000, 7_500, &bytes, [1; 32]).unwrap();
    clearing::start_product(&mut house, &Given::print(Day::of(now), 1_000), Product(0)).unwrap();
    let days = calendar::listing(Day::of(now));
    let listed = months.iter().zip(days).map(|((mark, value), day)| {
        let terms = Terms {
            taker_fee_ppm: 0,
            maker_fee_ppm: 0,
            price_limit_bps: 1_500,
            position_limit: Lots(100_000),
            open_interest_cap: Lots(5_000_000),
            maker_spread_front_bps: 200,
            maker_spread_back_bps: 500,
            maker_lots: Lots(50),
        };
        let listing = Listing {
            product: Product(0),
            expiry: calendar::last_trading_time(day),
            tick_value: TickValue(*value),
            tick_size: 1,
            mark: Ticks(*mark),
            terms,
        };
        clearing::list(&mut house, now, listing).unwrap()
    });
    let instruments = listed.collect();
    (house, instruments)
}

/// An account with cash in dollars and positions entered at these prices in ticks.
fn account(dollars: u64, trades: &[(Instrument, Side, u32, u32)]) -> Account {
    let mut account = Account::new([1; 20]);
    account.cash = dollars * u64::try_from(DOLLAR).unwrap();
    for (instrument, side, lots, price) in trades {
        account.enter(*instrument, 1, 0).unwrap().trade(*side, Lots(*lots), Ticks(*price));
    }
    account
}

fn mark(house: &mut Native, instrument: Instrument, price: u32) {
    let mut curve = house.curve(Product(0)).unwrap();
    curve.month_mut(instrument).unwrap().mark = Ticks(price);
    house.set_curve(Product(0), &curve);
}

/// dYdX v4, `liquidations.mdx`: equity 1,000, short 3 at 3,000, maintenance 5 %: liquidated at (1000 + 9000) / 3.15 =
/// 3174.603174..., where the requirement is 476.19.
#[test]
fn v1_an_isolated_short_is_liquidated_at_the_published_price() {
    let (mut house, months) = house(&[(3_000_000, 1_000)], &[&[1_000, -1_000]]);
    let account = account(1_000, &[(months[0], Side::Sell, 3, 3_000_000)]);
    let prices = liquidation_prices(&mut house, &account, months[0]).unwrap();
    assert_eq!((prices.below, prices.above), (None, Some(Ticks(3_174_604))));
    mark(&mut house, months[0], 3_174_603);
    let health = margin::assess(&mut house, &account).unwrap();
    assert_eq!(health.maintenance.0 / 10_000, 47_619, "476.19 dollars");
    assert!(health.meets_maintenance());
}

/// dYdX v4, same page: short 1.5 ETH at 3,000 with 5 %, long 1,000 STRK at 1.75 with 10 %, equity 1,000: ETH is
/// liquidated at (1000 + 4500 - 175) / 1.575 = 3380.952380... There the requirements of two markets add up; here that
/// is the scenario in which both lose. A lot of ETH is half of one.
#[test]
fn v2_a_cross_margined_short_is_liquidated_at_the_published_price() {
    let (mut house, months) = house(&[(3_000_000, 500), (1_750, 1_000)], &[&[1_000, -1_000], &[-2_000, 2_000]]);
    let account = account(1_000, &[(months[0], Side::Sell, 3, 3_000_000), (months[1], Side::Buy, 1_000, 1_750)]);
    assert_eq!(margin::assess(&mut house, &account).unwrap().equity.0, 1_000 * DOLLAR);
    let prices = liquidation_prices(&mut house, &account, months[0]).unwrap();
    assert_eq!(prices.above, Some(Ticks(3_380_953)));
}

/// Injective, `margin-performing-liquidations.mdx`: long 1 at 10 with 2 of margin, 5 %: liquidated at (10 - 2) / 0.95 =
/// 8.421052..., bankrupt at 8; at an oracle price of 7.50 the account owes 0.50. There the position is then
/// closed at 7.50 or better; here the auction's discount of the mark comes on top, and the insurance fund bears it with
/// the rest.
#[test]
fn v3_a_long_is_liquidated_and_bankrupt_at_the_published_prices() {
    let (mut house, months) = house(&[(10_000, 1_000)], &[&[1_000, -1_000]]);
    let account = account(2, &[(months[0], Side::Buy, 1, 10_000)]);
    let prices = liquidation_prices(&mut house, &account, months[0]).unwrap();
    assert_eq!((prices.below, prices.above), (Some(Ticks(8_421)), None));
    for (price, equity) in [(8_000, 0), (7_500, -DOLLAR / 2)] {
        mark(&mut house, months[0], price);
        assert_eq!(margin::assess(&mut house, &account).unwrap().equity.0, equity);
    }
}

/// dYdX v4's open-interest margin, small-cap tier (10 %, caps of 20 and 50 million): 10 % at 20 million of open
/// interest, 40 % at 30 million, 100 % from 50 million. A lot is ten dollars, the instrument's cap five million lots.
#[test]
fn v7_initial_margin_rises_with_open_interest_as_published() {
    let (mut house, months) = house(&[(10_000, 1_000)], &[&[1_000, -1_000]]);
    clearing::set_add_ons(&mut house, Product(0), AddOns { buffer_target_bps: 0, ..launch::ADD_ONS_WITHOUT_SIZE })
        .unwrap();
    let account = account(1_000, &[(months[0], Side::Buy, 100, 10_000)]);
    let cap = house.market(months[0]).unwrap().terms.open_interest_cap;
    for (millions, percent) in [(0, 10), (20, 10), (30, 40), (50, 100), (80, 100)] {
        let mut curve = house.curve(Product(0)).unwrap();
        let open = Lots(millions * 100_000);
        curve.month_mut(months[0]).unwrap().open_interest_scale =
            launch::ADD_ONS_WITHOUT_SIZE.open_interest_scale(open, cap);
        house.set_curve(Product(0), &curve);
        let health = margin::assess(&mut house, &account).unwrap();
        assert_eq!(health.initial.0, 1_000 * DOLLAR / 100 * percent, "{millions} million");
        assert_eq!(health.maintenance.0, 50 * DOLLAR, "nobody is liquidated because others have traded");
    }
}

/// The final price of [`contract_loss`], and when winners are paid by it.
const ENDED: Seconds = Seconds(MONDAY + 60 * DAY);
const CLAIMED: Seconds = Seconds(ENDED.0 + OPENING_SECONDS);

/// Two accounts with 100 dollars each, long and short 500 at 1, and a final price.
fn contract_loss(fund: u64, price: u32) -> (Native, Instrument) {
    let (mut house, months) = house(&[(1_000, 1_000)], &[&[600, -600]]);
    for seat in 0..2 {
        let env = Env { caller: owner(seat), now: Seconds(MONDAY) };
        clearing::open_account(&mut house, env, 0).unwrap();
        clearing::credit(&mut house, env.now, Seat(seat), 100_000_000).unwrap();
    }
    if fund > 0 {
        clearing::endow(&mut house, clearing::Purpose::Fund, fund).unwrap();
    }
    for (seat, side) in [(0, Side::Buy), (1, Side::Sell)] {
        let mut account = house.account(Seat(seat)).unwrap();
        account.enter(months[0], 1, 0).unwrap().trade(side, Lots(500), Ticks(1_000));
        house.set_account(Seat(seat), &account);
    }
    let mut market = house.market(months[0]).unwrap();
    (market.open_interest, market.holders) = (Lots(500), 2);
    house.set_market(months[0], &market);
    let index = Given { final_price: Some(price), ..Given::default() };
    clearing::finalise(&mut house, &index, ENDED, months[0]).unwrap();
    // The account that comes first gets nothing that has not been paid in.
    clearing::settle(&mut house, CLAIMED, months[0], [Seat(0), Seat(1), Seat(0)].into_iter()).unwrap();
    (house, months[0])
}

fn dollars(house: &mut Native, seat: u32) -> u64 {
    house.account(Seat(seat)).unwrap().cash / 1_000_000
}

/// The contract-loss example: long and short 500 at 1 with 100 each; at 2 the short's bankruptcy price was 1.2 and the
/// long receives 100 of their 500.
#[test]
fn v15_a_loss_beyond_the_collateral_is_borne_by_the_profit() {
    let (mut house, months) = house(&[(1_000, 1_000)], &[&[600, -600]]);
    let short = account(100, &[(months[0], Side::Sell, 500, 1_000)]);
    mark(&mut house, months[0], 1_200);
    assert_eq!(margin::assess(&mut house, &short).unwrap().equity, QuoteAtoms::ZERO, "bankrupt at 1.2");

    let (mut house, month) = contract_loss(0, 2_000);
    assert_eq!((dollars(&mut house, 0), dollars(&mut house, 1)), (200, 0), "the long has been paid what was there");
    assert_eq!(clearing::cover(&mut house, CLAIMED, Seat(1), month), Err(ClearingError::FundEmpty));
    assert_eq!(clearing::write_off(&mut house, CLAIMED, Seat(1), month).unwrap().0, 500 * 1_000 - 100_000);
    assert_eq!(clearing::allocate(&mut house, month, [Seat(0)].into_iter()), Ok(0));
    clearing::settle(&mut house, CLAIMED, month, [Seat(0)].into_iter()).unwrap();
    let long = house.account(Seat(0)).unwrap();
    assert_eq!((long.cash, long.positions().len()), (200_000_000, 0), "their 100 and 100 of profit");
    let market = house.market(month).unwrap();
    assert_eq!((market.deficit.0, market.pool.0, market.received), (0, 0, 0));
}

/// From the page of the contract-loss example: a long liquidated at 0.77 loses 115 of their 100, and the fund pays 15.
/// The page keeps the maintenance margin of 15 at the old price; at 0.801 it is 3 % of 400.5, 12.015.
#[test]
fn v15_the_insurance_fund_pays_what_is_missing() {
    let (mut house, month) = contract_loss(20_000_000, 770);
    assert_eq!(clearing::cover(&mut house, CLAIMED, Seat(0), month), Ok(15_000_000));
    clearing::settle(&mut house, CLAIMED, month, [Seat(1)].into_iter()).unwrap();
    assert_eq!((dollars(&mut house, 0), dollars(&mut house, 1)), (0, 215));
    assert_eq!(house.ledger().fund, 5_000_000);

    let (mut house, months) = self::house(&[(801, 1_000)], &[&[600, -600]]);
    let long = account(100, &[(months[0], Side::Buy, 500, 1_000)]);
    assert_eq!(margin::assess(&mut house, &long).unwrap().maintenance.0, 12_015_000);
}
