//! What an account may do to itself: none of its messages lowers the ratio of its equity to the margin that it needs,
//! whoever is on the other side, and no account trades further below zero.

use crate::world::{CASH, Result, TICK_VALUE, World};
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{
    self, AddOns, ClearingError, Delegate, Level, Place, Policy, Purpose, Quote, Store, Trigger, margin::Health,
};
use sit_engine::launch;
use sit_engine::units::{Lots, QuoteAtoms, Seat, Seconds, Side, Ticks};

const ROBOT: Address = [200; 20];

/// How an account sends its close.
#[derive(Clone, Copy, Debug)]
enum Way {
    Immediate,
    Market,
    Resting,
    Trigger,
    Replace,
    Delegate,
    Roll,
    Quote,
}

const WAYS: [Way; 8] =
    [Way::Immediate, Way::Market, Way::Resting, Way::Trigger, Way::Replace, Way::Delegate, Way::Roll, Way::Quote];

/// Seat 0 and its accomplice, seat 1, hold the two sides of `lots`, and seat 0 has taken out all that it may; margins
/// have their full buffer, and the fund a quarter of a million dollars, of which a month may have a quarter.
struct Pair {
    world: World,
    long: bool,
    lots: u32,
    out: u64,
}

impl Pair {
    fn new(long: bool, lots: u32) -> Self {
        let mut world = World::new(6);
        let sizes = AddOns { size_lower: Lots(2_000), size_upper: Lots(200_000), ..launch::ADD_ONS_WITHOUT_SIZE };
        world.set_add_ons(sizes).unwrap();
        clearing::endow(&mut world.house, Purpose::Fund, 250_000_000_000).unwrap();
        clearing::set_fund_cap(&mut world.house, 2_500).unwrap();
        for _ in 0..7 {
            world.next_day(260_000).unwrap();
        }
        let mut pair = Self { world, long, lots, out: 0 };
        let (mine, theirs) = pair.sides();
        let first = pair.world.order(1, theirs.opposite(), 2_600, lots);
        pair.world.place(Place { side: theirs, ..first }).unwrap();
        let second = pair.world.order(0, mine, 2_600, lots);
        pair.world.place(second).unwrap();
        pair.out = pair.world.withdraw_all(0);
        pair
    }

    fn sides(&self) -> (Side, Side) {
        if self.long { (Side::Buy, Side::Sell) } else { (Side::Sell, Side::Buy) }
    }

    /// What the two have and are owed, and what they have taken out, in quote atoms.
    fn wealth(&mut self) -> i128 {
        let equity = |world: &mut World, seat| world.health(seat).equity.0;
        i128::from(self.out) + equity(&mut self.world, 0) + equity(&mut self.world, 1)
    }

    /// The worst price that the day allows seat 0 to close at.
    fn worst(&mut self) -> u32 {
        let mark = self.world.settle_mark(self.world.near);
        let limit = mark * 1_500 / 10_000;
        if self.long { mark - limit + 1 } else { mark + limit - 1 }
    }

    /// Seat 0 closes against seat 1, who waits at the worst price that is allowed.
    fn close(&mut self, way: Way) -> Result<Lots> {
        let (built, closes) = self.sides();
        let (price, lots, world) = (self.worst(), self.lots, &mut self.world);
        let friend = world.order(1, built, price, lots);
        if !matches!(way, Way::Resting | Way::Quote) {
            world.place(friend).unwrap_or_else(|error| panic!("{way:?} {error:?} {:?}", world.health(1)));
        }
        let order = Place { reduce_only: true, ..world.order(0, closes, price, lots) };
        match way {
            Way::Immediate => world.place(Place { policy: Policy::ImmediateOrCancel, ..order }),
            Way::Market => world.place(Place { policy: Policy::Market, ..order }),
            Way::Resting => world.place(order).and_then(|_| world.place(friend)),
            Way::Trigger => {
                let limit = Ticks(if closes == Side::Sell { 1 } else { 9_999 });
                let (sells, above) = (closes == Side::Sell, true);
                let stop = Trigger { limit, reduce_only: true, fee: 9_000_000, ..world.stop(sells, 1, lots) };
                world.set_trigger(0, 0, Trigger { above, ..stop })?;
                world.execute(5, 0, 0).map(|(placed, _)| placed)
            }
            Way::Replace => {
                let away = if closes == Side::Sell { price + 200 } else { price - 200 };
                let old = Place { policy: Policy::PostOnly, price: Ticks(away), ..order };
                let number = world.place(old)?.number;
                world.replace(away, number, order)
            }
            Way::Delegate => {
                let scope = Delegate::new(Lots::MAX, world.now.later(60), core::iter::empty()).unwrap();
                world.delegate(0, ROBOT, scope)?;
                let env = Env { caller: ROBOT, now: world.now };
                world.house.transact(|house| clearing::place(house, env, order))
            }
            Way::Roll => {
                let mark = world.settle_mark(world.far);
                let far = world.far_order(1, closes, mark, lots);
                world.place(far)?;
                let mut roll = world.rolling(0, lots, 0);
                roll.spread = if closes == Side::Sell { 9_999 } else { -9_999 };
                world.roll(roll).map(|legs| legs.0)
            }
            Way::Quote => {
                let levels = [Level { price: Ticks(price), lots: Lots(lots) }];
                let (bids, asks) = if closes == Side::Sell { (&[][..], &levels[..]) } else { (&levels[..], &[][..]) };
                let (env, near) = (world.env(0), world.near);
                let quote = Quote { seat: Seat(0), instrument: near, bids, asks, expiry: Seconds::ZERO };
                world.house.transact(|house| clearing::quote(house, env, quote))?;
                world.place(friend)
            }
        }
        .map(|placed| placed.filled)
    }

    /// Whatever the fund will pay, it pays; both are paid what is due.
    fn collect(&mut self) {
        self.world.settle_all();
        while self.world.cover(0).is_ok() {}
        self.world.settle_all();
    }
}

/// Index prints after 260,000 for a long and for a short account: from a margin call to past all collateral.
const FALLS: [u32; 4] = [247_000, 234_000, 212_000, 205_000];
const RISES: [u32; 4] = [275_000, 300_000, 320_000, 345_000];

#[test]
fn nobody_closes_past_their_bankruptcy_price_with_a_friend() {
    for (long, prints) in [(true, FALLS), (false, RISES)] {
        for (print, lots, liquidated) in
            prints.into_iter().flat_map(|print| [(print, 1_000, false), (print, 1_000, true), (print, 3_400, false)])
        {
            for way in WAYS {
                let mut pair = Pair::new(long, lots);
                pair.world.next_day(print).unwrap();
                pair.world.after_the_opening();
                if liquidated {
                    pair.world.start_liquidation(0).ok();
                }
                let at = format!("{way:?} long {long} lots {lots} print {print} liquidated {liquidated}");
                let (before, wealth) = (pair.world.health(0), pair.wealth());
                let fund = pair.world.house.ledger().fund;
                let closed = pair.close(way);
                let after = pair.world.health(0);
                assert!(after.equity >= before.equity.min(QuoteAtoms::ZERO), "{at}: {closed:?} {before:?} {after:?}");
                assert!(!worsens(&before, &after) || after.meets_initial(), "{at}: {before:?} {after:?}");
                pair.collect();
                assert!(pair.wealth() <= wealth, "{at}: the pair has gained {}", pair.wealth() - wealth);
                assert_eq!(pair.world.house.ledger().fund, fund, "{at}: the fund has paid");
                pair.world.check();
            }
        }
    }
}

#[test]
fn a_second_limit_that_a_friend_has_brought_about_gives_away_no_more() {
    let mut pair = Pair::new(true, 1_000);
    pair.world.next_day(234_000).unwrap();
    pair.world.after_the_opening();
    let low = 2_340 - 351;
    pair.world.buy(1, low, 1).unwrap();
    pair.world.sell(0, low, 1).ok();
    pair.world.now = pair.world.now.later(600);
    let (before, fund) = (pair.world.health(0), pair.world.house.ledger().fund);
    pair.world.buy(1, 2_340 - 585, 999).ok();
    pair.world.sell(0, 2_340 - 585, 999).ok();
    assert!(pair.world.health(0).equity >= before.equity.min(QuoteAtoms::ZERO));
    pair.collect();
    assert_eq!(pair.world.house.ledger().fund, fund);
}

#[test]
fn an_account_below_initial_margin_still_closes_near_the_mark_in_part_and_whole() {
    for (long, print) in [(true, 234_000), (false, 300_000)] {
        for lots in [1, 10, 333, 1_000] {
            let mut pair = Pair::new(long, 1_000);
            pair.world.next_day(print).unwrap();
            pair.world.after_the_opening();
            assert!(!pair.world.health(0).meets_initial());
            let (built, closes) = pair.sides();
            let price = print / 100 + 5;
            let waits = pair.world.order(2, built, price, lots);
            pair.world.place(waits).unwrap();
            let order = Place { policy: Policy::FillOrKill, ..pair.world.order(0, closes, price, lots) };
            assert_eq!(pair.world.place(order).map(|placed| placed.filled), Ok(Lots(lots)), "{long} {lots}");
            pair.world.check();
        }
    }
}

/// At the mark or better for its owner. Beyond the mark a resting order needs margin for what it loses when it fills.
#[test]
fn what_reduces_an_account_below_initial_margin_may_rest_and_fills_as_maker() {
    for (long, print, prices) in [(true, 234_000, [2_340, 2_345, 2_339]), (false, 300_000, [3_000, 2_995, 3_001])] {
        for (price, lots) in prices.into_iter().flat_map(|price| [1, 10, 333, 1_000].map(|lots| (price, lots))) {
            let mut pair = Pair::new(long, 1_000);
            pair.world.next_day(print).unwrap();
            pair.world.after_the_opening();
            assert!(!pair.world.health(0).meets_initial());
            let (built, closes) = pair.sides();
            let order = Place { reduce_only: true, ..pair.world.order(0, closes, price, 1_000) };
            let placed = pair.world.place(order).map(|placed| placed.resting);
            if price == prices[2] {
                assert_eq!(placed, Err(ClearingError::BelowInitialMargin), "beyond the mark");
                continue;
            }
            assert_eq!(placed, Ok(Lots(1_000)), "{long} {price}");
            let taker = pair.world.order(2, built, price, lots);
            assert_eq!(pair.world.place(taker).map(|placed| placed.filled), Ok(Lots(lots)), "{long} {price}");
            assert_eq!(pair.world.net(0).unsigned_abs(), 1_000 - lots);
            pair.world.check();
        }
    }
}

#[test]
fn an_account_below_zero_sells_at_no_loss_and_at_a_gain_only() {
    let mut pair = Pair::new(true, 1_000);
    pair.world.next_day(190_000).unwrap();
    pair.world.after_the_opening();
    assert!(pair.world.health(0).equity < QuoteAtoms::ZERO);
    pair.world.buy(2, 1_899, 10).unwrap();
    assert_eq!(pair.world.sell(0, 1_899, 10), Err(ClearingError::BelowInitialMargin));
    pair.world.cancel_all(2, pair.world.near).unwrap();
    // Its cash has gone with the loss, so that the fee is taken as far as it reaches.
    pair.world.buy(2, 1_950, 10).unwrap();
    let before = pair.world.health(0).equity;
    pair.world.sell(0, 1_950, 10).unwrap();
    assert!(pair.world.health(0).equity > before);
    pair.world.check();
}

/// A loss that lies in a month that nobody has settled leaves cash to spend.
#[test]
fn who_owes_more_than_they_have_spends_nothing_in_another_month() {
    for liquidated in [false, true] {
        let mut world = both_months_short(300);
        clearing::endow(&mut world.house, Purpose::Fund, CASH).unwrap();
        world.next_day(390_000).unwrap();
        world.after_the_opening();
        if liquidated {
            world.start_liquidation(0).unwrap();
        }
        let before = world.health(0).equity;
        assert!(before < QuoteAtoms::ZERO && world.account(0).cash > 0);
        let limit = world.settle_mark(world.far) * 115 / 100 - 1;
        let ask = world.far_order(3, Side::Sell, limit, 300);
        world.place(ask).unwrap();
        let bid = world.far_order(0, Side::Buy, limit, 300);
        assert_eq!(world.place(bid), Err(ClearingError::BelowInitialMargin));
        assert_eq!(world.health(0).equity, before);
    }
}

/// Fees are taken from settled cash. An account whose cash is all in profit that losers have not paid yet closes for
/// what there is, and no maker is paid a rebate out of the fees of others.
#[test]
fn who_has_nothing_but_unsettled_profit_can_still_close() {
    for cash in [0, 1, 5_000_000] {
        let mut world = World::new(4);
        world.sell(1, 2_600, 100).unwrap();
        world.buy(0, 2_600, 100).unwrap();
        let mut maker = world.account(2);
        maker.tier = 7;
        world.house.set_account(Seat(2), &maker);
        world.next_day(270_000).unwrap();
        world.after_the_opening();
        world.set_cash(0, cash, 1);
        world.buy(2, 2_699, 100).unwrap();
        let (near, before) = (world.near, world.account(2).cash);
        let fees = world.house.market(near).unwrap().fees;
        let opens = world.order(0, Side::Buy, 2_705, 1);
        world.sell(3, 2_705, 1).unwrap();
        assert!(world.place(opens).is_err(), "nothing opens on it");
        world.sell(0, 2_699, 100).unwrap();
        assert_eq!(world.net(0), 0);
        let rebate = world.account(2).cash - before;
        assert!(rebate <= cash, "{rebate}");
        assert_eq!(world.house.market(near).unwrap().fees, fees + cash - rebate);
        world.check();
    }
}

/// Triggers stand while an account is liquidated: one that closes helps, and a fee that the account cannot afford is
/// refused.
#[test]
fn no_keeper_is_paid_from_what_is_missing() {
    for print in [300_000, 320_000, 335_000, 390_000] {
        let mut world = both_months_short(300);
        for slot in 0..16 {
            let stop =
                Trigger { instrument: world.far, fee: Trigger::MAX_FEE, reduce_only: true, ..world.stop(false, 1, 1) };
            world.set_trigger(0, slot, stop).unwrap();
        }
        world.next_day(print).unwrap();
        world.after_the_opening();
        world.start_liquidation(0).ok();
        let mark = world.settle_mark(world.far);
        let ask = world.far_order(2, Side::Sell, mark, 300);
        world.place(ask).unwrap();
        for slot in 0..16 {
            let before = world.health(0);
            world.execute(3, 0, slot).ok();
            let after = world.health(0);
            assert!(!worsens(&before, &after) || after.meets_initial(), "{print}: {before:?} {after:?}");
        }
        if print == 390_000 {
            assert_eq!(world.account(3).cash, CASH, "nothing is paid from below zero");
        }
        world.check();
    }
}

#[test]
fn a_resting_order_that_would_bankrupt_its_owner_goes_and_the_taker_goes_on() {
    let mut world = World::new(4);
    world.sell(1, 2_600, 1_000).unwrap();
    world.buy(0, 2_600, 1_000).unwrap();
    let ask = Place { reduce_only: true, ..world.order(0, Side::Sell, 2_590, 1_000) };
    world.place(ask).unwrap();
    world.sell(3, 2_602, 10).unwrap();
    // Everything except the profit of the running mark has left when it is to be liquidated.
    world.set_mark(world.near, 2_605);
    world.set_cash(0, 0, 1);
    let before = world.health(0);
    assert!(before.equity > QuoteAtoms::ZERO);
    assert_eq!(world.buy(2, 2_602, 1_010).unwrap().filled, Lots(10));
    assert_eq!((world.net(0), world.health(0).equity), (1_000, before.equity));
    assert!(world.resting(Side::Sell).is_empty(), "it is gone");
    world.check();
}

/// An opening trade at the day's limit moves free equity to an accomplice, past the rule that a tenth of the value
/// stays. It leaves as much as any account keeps that opens all that its collateral allows, the accomplice is paid no
/// sooner than the next settlement, and nothing of it comes from the fund.
#[test]
fn equity_that_is_traded_to_a_friend_leaves_no_more_risk_than_full_leverage() {
    let mut world = World::new(4);
    clearing::endow(&mut world.house, Purpose::Fund, CASH).unwrap();
    let cash = world.account(1).cash;
    world.sell(1, 2_989, 1_100).unwrap();
    world.buy(0, 2_989, 1_100).unwrap();
    let health = world.health(0);
    assert!(health.meets_initial(), "M1");
    assert!(world.account(1).cash <= cash, "S3: the friend has been paid nothing");
    let withdrawn = world.withdraw_all(1);
    assert!(withdrawn <= cash - 1_100 * 2_600 * u64::from(TICK_VALUE) * 3 / 10, "and can withdraw none of it");
    let (fund, mut both) = (world.house.ledger().fund, i128::from(withdrawn));
    world.next_day(260_000).unwrap();
    world.after_the_opening();
    world.buy(1, 2_211, 1_100).unwrap();
    world.sell(0, 2_211, 1_100).ok();
    assert!(world.health(0).equity >= QuoteAtoms::ZERO, "M8: nor does it come back with more than there is");
    world.settle_all();
    both += world.health(0).equity.0 + world.health(1).equity.0;
    assert!(both <= i128::from(2 * CASH));
    assert_eq!(world.house.ledger().fund, fund);
}

/// Whether equity is a smaller part of maintenance margin than before, or below zero and less.
fn worsens(before: &Health, after: &Health) -> bool {
    let smaller = after.equity.0 * before.maintenance.0 < before.equity.0 * after.maintenance.0;
    after.equity < before.equity.min(QuoteAtoms::ZERO) || (before.equity > QuoteAtoms::ZERO && smaller)
}

/// Seat 0 is short 1,000 lots of the near month and some of the far one, with as little as it may have.
fn both_months_short(far: u32) -> World {
    let mut world = World::new(4);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    world.trade(world.far, 0, 1, 2_500, far);
    world.withdraw_all(0);
    world
}
