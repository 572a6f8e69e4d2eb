//! Attacks that have emptied other venues, replayed against this one.

use crate::world::{CASH, TICK_VALUE, World};
use sit_engine::clearing::{self, AddOns, ClearingError, Purpose, Store};
use sit_engine::launch;
use sit_engine::units::{Lots, QuoteAtoms};

/// Mango, October 2022: 483 million dollars of a position against the same owner, a pump of 24 times, and a loan on the
/// profit. Here the profit is no collateral, and what the loser cannot pay is not paid.
#[test]
fn mango_a_pumped_profit_can_neither_be_borrowed_on_nor_withdrawn() {
    let mut world = World::new(3);
    world.sell(0, 2_600, 5_000).unwrap();
    world.buy(1, 2_600, 5_000).unwrap();
    let together = |world: &World| world.account(0).cash + world.account(1).cash;
    let start = together(&world);
    let free = |world: &mut World| {
        let health = world.health(1);
        (health.initial_equity - health.initial).max(QuoteAtoms::ZERO)
    };
    let before = free(&mut world);
    let mut price = 260_000;
    for _ in 0..3 {
        price *= 2;
        world.next_day(price).unwrap();
        assert!(free(&mut world) <= before, "M3, M4: a pump gives no credit");
    }
    world.settle_all();
    assert!(together(&world) <= start, "S3: the winner got what the loser had, and no more");
    let cash = world.account(1).cash;
    world.withdraw(1, cash).unwrap_err();
    world.check();
}

/// dYdX v3 YFI, November 2023: open interest times 84 over more than a hundred wallets, profits levered again. Here
/// margin rises with the open interest of all, and its cap binds the sum.
#[test]
fn yfi_a_hundred_accounts_get_no_better_terms_than_one() {
    let lots = 400;
    let mut world = World::new(110);
    world.set_add_ons(AddOns { buffer_target_bps: 0, ..launch::ADD_ONS_WITHOUT_SIZE }).unwrap();
    for seat in 0..100 {
        world.buy(seat, 2_600, lots).unwrap();
        world.sell(100 + seat / 10, 2_600, lots).unwrap();
    }
    let near = world.near;
    let open = world.house.market(near).unwrap().open_interest;
    let cap = world.house.market(near).unwrap().terms.open_interest_cap;
    let initial = world.health(0).initial;
    world.next_day(260_000).unwrap();
    let scale = i128::from(launch::ADD_ONS_WITHOUT_SIZE.open_interest_scale(open, cap));
    let value = i128::from(lots) * 2_600 * i128::from(TICK_VALUE);
    let charged = initial.0 + (value * 8_000 / 10_000 * scale + 254) / 255;
    assert!(world.net(0) > 0, "the first account holds its lots");
    assert_eq!(world.health(0).initial.0, charged, "a small account pays for the open interest of all");
}

/// dYdX v3 YFI over many wallets: the cap on open interest binds the sum, whoever asks.
#[test]
fn yfi_the_open_interest_cap_binds_the_sum() {
    let mut world = World::new(12);
    let near = world.near;
    let mut market = world.house.market(near).unwrap();
    market.terms.open_interest_cap = Lots(2_000);
    world.house.set_market(near, &market);
    for seat in 0..4 {
        world.buy(seat, 2_600, 500).unwrap();
        world.sell(4 + seat, 2_600, 500).unwrap();
    }
    world.buy(8, 2_600, 1).unwrap();
    assert_eq!(world.sell(9, 2_600, 1), Err(ClearingError::OpenInterestCap));
    world.check();
}

/// Hyperliquid, March 2025 (ETH, JELLY): withdraw all margin of a large winner or loser, let the house inherit the
/// position, and hold the other side. Here a tenth of the notional stays. The attackers hold both sides, so that the
/// market pays them nothing: as long as the loser's margin reaches they gain nothing by themselves, whatever the fund
/// does. A gap past all margin makes a debt that is nobody's doing; of that, and of what the first bidder gets for
/// taking over what is owed, they gain no atom more.
#[test]
fn jelly_a_position_handed_to_the_house_never_pays() {
    for (gap, friend) in
        [300_000, 330_000, 337_000, 390_000, 520_000].into_iter().flat_map(|gap| [(gap, false), (gap, true)])
    {
        let mut world = World::new(4);
        clearing::endow(&mut world.house, Purpose::Fund, CASH).unwrap();
        world.sell(0, 2_600, 1_000).unwrap();
        world.buy(1, 2_600, 1_000).unwrap();
        let attackers = if friend { vec![0, 1, 3] } else { vec![0, 1] };
        let started: i128 = attackers.iter().map(|seat| world.health(*seat).equity.0).sum();
        let taken: u64 = (0..2).map(|seat| world.withdraw_all(seat)).sum();
        world.next_day(gap).unwrap();
        world.after_the_opening();
        let debt = i128::from(world.health(0).deficit());
        let mut discount = 0;
        // The house inherits it, or an accomplice of the attackers is faster.
        if world.start_liquidation(0).is_ok() {
            let (price, Lots(lots)) = world.bid(if friend { 3 } else { 2 }, 0, 1_000).unwrap();
            if friend && debt > 0 {
                discount = i128::from(lots) * i128::from(price.0 - gap / 100) * i128::from(TICK_VALUE);
                assert!(discount * 98 <= i128::from(lots) * i128::from(gap / 100) * i128::from(TICK_VALUE), "1 %");
            }
            world.cover(0).ok();
        }
        world.next_day(gap).unwrap();
        world.settle_all();
        let ended: i128 = attackers.iter().map(|seat| world.health(*seat).equity.0.max(0)).sum();
        let gained = ended + i128::from(taken) - started;
        assert!(gained <= debt + discount, "L4: {gap} {friend}: {gained} of {debt} and {discount}");
        assert!(debt > 0 || gained <= 0, "L4: {gap} {friend}");
        let fund = i128::from(world.house.ledger().fund);
        assert!(gained <= i128::from(CASH) - fund, "and nobody but the fund has paid it");
        world.check();
    }
}

/// The attackers of Hyperliquid, March 2025, close against each other instead of waiting for a liquidator: at the worst
/// price that the day allows, in parts or whole, at once or when a liquidation runs.
#[test]
fn jelly_a_position_handed_to_a_friend_never_pays() {
    for gap in [290_000, 300_000, 320_000, 337_000, 390_000] {
        for (parts, liquidated) in [(1, false), (1, true), (10, false), (10, true)] {
            let mut world = World::new(4);
            clearing::endow(&mut world.house, Purpose::Fund, CASH).unwrap();
            world.sell(0, 2_600, 1_000).unwrap();
            world.buy(1, 2_600, 1_000).unwrap();
            let started = 2 * i128::from(CASH);
            let taken: u64 = (0..2).map(|seat| world.withdraw_all(seat)).sum();
            world.next_day(gap).unwrap();
            world.after_the_opening();
            let debt = i128::from(world.health(0).deficit());
            if liquidated {
                world.start_liquidation(0).ok();
            }
            let high = gap / 100 * 115 / 100 - 1;
            for _ in 0..parts {
                world.sell(1, high, 1_000 / parts).ok();
                world.buy(0, high, 1_000 / parts).ok();
            }
            assert!(world.health(0).deficit() <= u64::try_from(debt).unwrap(), "M8: {gap} {parts} {liquidated}");
            world.settle_all();
            while world.cover(0).is_ok() {}
            world.next_day(gap).unwrap();
            world.settle_all();
            let ended: i128 = [0, 1].iter().map(|seat| world.health(*seat).equity.0.max(0)).sum();
            assert!(ended + i128::from(taken) <= started + debt, "L4: {gap} {parts} {liquidated}");
            assert!(debt > 0 || world.house.ledger().fund >= CASH, "{gap} {parts} {liquidated}");
            world.check();
        }
    }
}

/// One account larger than what anyone will take at once: it is liquidated in bounded steps, the fund pays its part,
/// winners bear the rest, and everything is settled (L5).
#[test]
fn an_account_larger_than_its_liquidators_goes_in_steps_to_the_end() {
    let mut world = World::new(12);
    for seat in 1..4 {
        world.sell(0, 2_600, 3_000).unwrap();
        world.buy(seat, 2_600, 3_000).unwrap();
    }
    let initial = u64::try_from(world.health(0).initial.0).unwrap();
    let cash = world.account(0).cash;
    world.withdraw(0, cash - initial).unwrap();
    clearing::endow(&mut world.house, Purpose::Fund, CASH / 10).unwrap();
    world.next_day(390_000).unwrap();
    world.start_liquidation(0).unwrap();
    let mut steps = 0;
    while world.net(0) != 0 {
        // Each liquidator takes what their collateral carries: 300 lots at a time.
        let keeper = 4 + steps % 8;
        let (_, Lots(lots)) = world.bid(keeper, 0, world.net(0).unsigned_abs().min(300)).unwrap();
        assert!(lots <= 300);
        world.now = world.now.later(30);
        steps += 1;
        world.check();
    }
    assert_eq!(steps, 30);
    let fund = world.house.ledger().fund;
    assert_eq!(world.cover(0), Ok(fund), "all that the fund has");
    let seats: Vec<u32> = (0..12).collect();
    assert_eq!(world.allocate(world.near, &seats), Ok(0));
    world.next_day(390_000).unwrap();
    world.settle_all();
    world.settle_all();
    assert!(world.account(0).positions().is_empty());
    let near = world.near;
    assert!(world.house.market(near).unwrap().deficit.0 <= 0, "nobody is owed what nobody has");
    world.check();
}
