//! Margin as properties: for any portfolio, any marks and any sound parameters.

use crate::world::{TPI, World};
use proptest::prelude::*;
use sit_engine::clearing::{
    Account, AddOns, Curve, Month, RiskArray, SCENARIOS, SHOCK_BYTES, Store, margin, margin::Health,
};
use sit_engine::launch;
use sit_engine::units::{Lots, QuoteAtoms, Seconds, Side, TickValue, Ticks};
use sit_native::Native;

const MONTHS: usize = 4;

#[derive(Clone, Debug)]
struct Market {
    shocks: Vec<(i16, i16, i16)>,
    marks: Vec<(u32, u32)>,
    tick_value: u32,
    scale: u8,
    add_ons: AddOns,
}

/// A position and open orders of one month: lots long or short, bids, asks.
type Held = (i32, u32, u32);

fn market() -> impl Strategy<Value = Market> {
    let shocks = prop::collection::vec((1..20_000_i16, -9_999..0_i16, -9_999..20_000_i16), MONTHS);
    let marks = prop::collection::vec((1..100_000_u32, 50..200_u32), MONTHS);
    let add_ons =
        (0..20_000_u32, 1..20_000_u32, 0..=5_000_u16, 0..=5_000_u16).prop_map(|(lower, more, floor, buffer)| AddOns {
            size_lower: Lots(lower),
            size_upper: Lots(lower + more),
            floor_bps: floor,
            buffer_target_bps: buffer,
            ..launch::ADD_ONS_WITHOUT_SIZE
        });
    (shocks, marks, 1..1_000_000_u32, any::<u8>(), add_ons)
        .prop_map(|(shocks, marks, tick_value, scale, add_ons)| Market { shocks, marks, tick_value, scale, add_ons })
}

fn held() -> impl Strategy<Value = Vec<Held>> {
    prop::collection::vec((-40_000..40_000_i32, 0..5_000_u32, 0..5_000_u32), MONTHS)
}

impl Market {
    /// A store with this curve and risk array.
    fn store(&self) -> Native {
        let mut bytes = [0; SHOCK_BYTES];
        for (row, (up, down, other)) in bytes.chunks_exact_mut(2 * SCENARIOS).zip(&self.shocks) {
            for (place, shock) in row.chunks_exact_mut(2).zip([up, down, other]) {
                place.copy_from_slice(&shock.to_be_bytes());
            }
        }
        let risk = RiskArray::new(launch::MAINTENANCE_BPS, launch::LIQUIDATION_END_BPS, &bytes).unwrap().with_add_ons(
            self.add_ons,
            0,
            true,
        );
        let mut curve = Curve::new(20_000, 260_000);
        for (mark, slow_percent) in &self.marks {
            let month = Month {
                epoch: 1,
                expiry: Seconds(u32::MAX),
                tick_value: TickValue(self.tick_value),
                mark: Ticks(*mark),
                slow: Ticks((mark * slow_percent / 100).max(1)),
                settle: Ticks(*mark),
                open_interest_scale: self.scale,
                ..Month::default()
            };
            curve.list(TPI, month).unwrap();
        }
        let mut store = Native::new();
        store.set_curve(TPI, &curve);
        store.set_risk(TPI, &risk);
        store
    }

    fn health(&self, held: &[Held]) -> Health {
        let mut store = self.store();
        let account = account(&mut store, held);
        margin::assess(&mut store, &account).unwrap()
    }
}

/// An account that entered at the marks and quotes one tick around them.
fn account(store: &mut Native, held: &[Held]) -> Account {
    let mut account = Account::new([1; 20]);
    account.cash = 1_000_000;
    let curve = store.curve(TPI).unwrap();
    for (month, (net, bids, asks)) in curve.months().iter().zip(held) {
        let position = account.enter(month.instrument, 1, 0).unwrap();
        let side = if *net > 0 { Side::Buy } else { Side::Sell };
        position.trade(side, Lots(net.unsigned_abs()), month.mark);
        position.bids.add(Lots(*bids), Ticks(month.mark.0 + 1));
        position.asks.add(Lots(*asks), Ticks(month.mark.0));
    }
    account
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn initial_covers_liquidation_end_covers_maintenance(market in market(), held in held()) {
        let health = market.health(&held);
        prop_assert!(health.initial >= health.liquidation_end);
        prop_assert!(health.liquidation_end >= health.maintenance);
        prop_assert!(health.maintenance >= QuoteAtoms::ZERO);
    }

    #[test]
    fn a_larger_position_never_needs_less(market in market(), net in 0..40_000_i32, more in 0..10_000_i32, long in any::<bool>()) {
        let of = |size: i32| market.health(&[(if long { size } else { -size }, 0, 0)]);
        let (small, large) = (of(net), of(net + more));
        prop_assert!(large.initial >= small.initial && large.maintenance >= small.maintenance);
    }

    #[test]
    fn margin_is_continuous_in_size(market in market(), net in 0..40_000_i32) {
        // One lot more needs at most its whole value and its own shock and, of the scaled part, what the slope of the
        // scale makes of all lots before it.
        let value = i128::from(market.tick_value) * i128::from(market.marks[0].0) * 2;
        let step = market.health(&[(net + 1, 0, 0)]).initial.0 - market.health(&[(net, 0, 0)]).initial.0;
        let range = i128::from(market.add_ons.size_upper.0 - market.add_ons.size_lower.0);
        prop_assert!(step <= 5 * value + value * i128::from(net) / range + 2, "{step} {value}");
    }

    #[test]
    fn splitting_a_portfolio_over_accounts_never_lowers_the_sum(market in market(), held in held(), parts in 2..6_u32) {
        let count = i32::try_from(parts).unwrap();
        let whole = Market { add_ons: AddOns { size_lower: AddOns::NONE.size_lower, size_upper: AddOns::NONE.size_upper, ..market.add_ons }, ..market };
        let all: Vec<Held> = held.iter().map(|(net, bids, asks)| (net / count * count, bids / parts * parts, asks / parts * parts)).collect();
        let part: Vec<Held> = all.iter().map(|(net, bids, asks)| (net / count, bids / parts, asks / parts)).collect();
        let (whole_health, part_health) = (whole.health(&all), whole.health(&part));
        prop_assert!(part_health.initial.0 * i128::from(parts) >= whole_health.initial.0, "M5");
        prop_assert!(part_health.maintenance.0 * i128::from(parts) >= whole_health.maintenance.0);
    }

    #[test]
    fn open_interest_raises_initial_margin_and_leaves_maintenance(market in market(), held in held(), more in any::<u8>()) {
        let crowded = Market { scale: market.scale.saturating_add(more), ..market.clone() };
        let (before, after) = (market.health(&held), crowded.health(&held));
        prop_assert!(after.initial >= before.initial);
        prop_assert_eq!((after.maintenance, after.liquidation_end), (before.maintenance, before.liquidation_end));
    }

    #[test]
    fn a_mark_that_has_run_away_from_its_average_never_gives_more_credit(market in market(), held in held()) {
        let settled = Market { marks: market.marks.iter().map(|(mark, _)| (*mark, 100)).collect(), ..market.clone() };
        let (away, there) = (market.health(&held), settled.health(&held));
        prop_assert!(away.initial >= there.initial, "M4");
        prop_assert!(away.initial_equity <= there.initial_equity);
        prop_assert_eq!((away.equity, away.maintenance), (there.equity, there.maintenance));
    }

    #[test]
    fn profit_gives_no_credit_whatever_the_marks(market in market(), held in held(), moves in prop::collection::vec(1..400_u32, MONTHS)) {
        let mut store = market.store();
        let account = account(&mut store, &held);
        let mut curve = store.curve(TPI).unwrap();
        for (month, percent) in curve.months_mut().iter_mut().zip(moves) {
            month.mark = Ticks((month.mark.0 * percent / 100).max(1));
        }
        store.set_curve(TPI, &curve);
        let health = margin::assess(&mut store, &account).unwrap();
        prop_assert!(health.initial_equity <= QuoteAtoms(account.cash.into()), "M3");
    }
}

/// The corners of every range at once: the widest positions, prices, tick values, shocks and scales in twelve months.
/// Nothing wraps (the tests run with overflow checks), and the order of the margins holds.
#[test]
fn the_corners_of_all_ranges_overflow_nothing() {
    for (up, down) in [(i16::MAX, -9_999), (1, -1)] {
        for (mark, slow) in [(Ticks::MAX.0 - 1, 1), (1, Ticks::MAX.0 - 1), (Ticks::MAX.0, Ticks::MAX.0)] {
            for net in [i32::try_from(Lots::MAX.0).unwrap(), -i32::try_from(Lots::MAX.0).unwrap(), 0] {
                let mut bytes = [0; SHOCK_BYTES];
                for row in bytes.chunks_exact_mut(2 * SCENARIOS) {
                    for (place, shock) in row.chunks_exact_mut(2).zip([up, down]) {
                        place.copy_from_slice(&i16::to_be_bytes(shock));
                    }
                }
                let sizes = AddOns { size_lower: Lots(0), size_upper: Lots(0xFF_FFFF), ..launch::ADD_ONS_WITHOUT_SIZE };
                let add_ons = AddOns { floor_bps: 5_000, buffer_target_bps: 5_000, ..sizes };
                let risk = RiskArray::new(9_998, 9_999, &bytes).unwrap().with_add_ons(add_ons, 0, true);
                let mut curve = Curve::new(0, u32::MAX);
                let mut account = Account::new([1; 20]);
                account.cash = u64::MAX;
                for _ in 0..12 {
                    let month = Month {
                        epoch: 1,
                        tick_value: TickValue(u32::MAX),
                        mark: Ticks(mark),
                        slow: Ticks(slow),
                        open_interest_scale: 255,
                        ..Month::default()
                    };
                    let instrument = curve.list(TPI, month).unwrap();
                    let position = account.enter(instrument, 1, 0).unwrap();
                    let side = if net > 0 { Side::Buy } else { Side::Sell };
                    position.trade(side, Lots(net.unsigned_abs()), Ticks(if net > 0 { 1 } else { Ticks::MAX.0 }));
                    position.bids.add(Lots::MAX, Ticks::MAX);
                    position.asks.add(Lots::MAX, Ticks(1));
                }
                let mut store = Native::new();
                store.set_curve(TPI, &curve);
                store.set_risk(TPI, &risk);
                let health = margin::assess(&mut store, &account).unwrap();
                assert!(health.initial >= health.liquidation_end && health.liquidation_end >= health.maintenance);
                assert!(health.initial > QuoteAtoms::ZERO);
            }
        }
    }
}

#[test]
fn a_hedged_portfolio_still_holds_the_floor() {
    let mut world = World::new(3);
    let far = world.far;
    let order = |world: &World, seat, side, price| sit_engine::clearing::Place {
        instrument: far,
        ..world.order(seat, side, price, 100)
    };
    world.sell(0, 2_600, 100).unwrap();
    world.buy(1, 2_600, 100).unwrap();
    world.place(order(&world, 1, Side::Sell, 2_500)).unwrap();
    world.place(order(&world, 2, Side::Buy, 2_500)).unwrap();
    let value = (2_600 + 2_500) * 100 * 100_000_i128;
    let hedged = world.health(1).initial;
    world.set_add_ons(AddOns { floor_bps: 5_000, ..AddOns::NONE }).unwrap();
    assert!(hedged < QuoteAtoms(value / 2));
    assert_eq!(world.health(1).initial, QuoteAtoms(value / 2));
}
