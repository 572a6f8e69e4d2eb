//! The self-backtest watches each class's nearest month against the margin of that very month, whatever else is in the
//! curve.

use crate::world::{TPI, terms};
use proptest::prelude::*;
use sit_engine::calendar::Day;
use sit_engine::clearing::{
    self, Curve, Event, Instrument, Market, Month, RiskArray, SCENARIOS, SHOCK_BYTES, Status, Store, peers::Given,
};
use sit_engine::launch;
use sit_engine::units::{TickValue, Ticks};
use sit_native::Native;

const TODAY: Day = Day(20_780);

/// Slots in which the classes begin and end: front month, other consecutive months, quarterlies.
const CLASSES: [(usize, usize); 3] = [(0, 1), (1, 6), (6, 12)];

/// Worst fall and rise of a slot in basis points: no two slots have the same.
fn worst(slot: usize) -> (u16, u16) {
    let step = u16::try_from(slot).unwrap();
    (300 + 200 * step, 400 + 200 * step)
}

fn shocks() -> [u8; SHOCK_BYTES] {
    let mut bytes = [0; SHOCK_BYTES];
    for (slot, row) in bytes.chunks_exact_mut(2 * SCENARIOS).enumerate() {
        let (fall, rise) = worst(slot);
        row[..2].copy_from_slice(&rise.to_be_bytes());
        row[2..4].copy_from_slice(&(-fall.cast_signed()).to_be_bytes());
    }
    bytes
}

/// A curve whose first months have expired and whose marked ones are settled.
fn house(months: u32, expired: u32, settled: u16) -> Native {
    let mut house = Native::new();
    let mut curve = Curve::new(TODAY.0 - 1, 1_000_000);
    for place in 0..months {
        // In the future by at least a fortnight, so that no averaging window reaches them.
        let day = if place < expired { TODAY.0 - expired + place } else { TODAY.0 + 60 + 30 * place };
        let mark = Ticks(1_000);
        let month = Month {
            expiry: Day(day).start(),
            status: if settled >> place & 1 == 1 { Status::Settled } else { Status::default() },
            tick_value: TickValue(1),
            tick_size: 1_000,
            settle: mark,
            mark,
            slow: mark,
            reference: mark,
            ..Month::default()
        };
        let instrument = curve.list(TPI, month).unwrap();
        house.set_market(instrument, &Market::new(terms()));
    }
    house.set_curve(TPI, &curve);
    house.set_risk(TPI, &RiskArray::new(launch::MAINTENANCE_BPS, launch::LIQUIDATION_END_BPS, &shocks()).unwrap());
    house
}

proptest! {
    #[test]
    fn a_class_is_held_to_the_margin_of_its_nearest_month(
        months in 1_u32..=12,
        expired in 0_u32..4,
        settled: u16,
        price in 600_000_u32..1_500_000,
    ) {
        let expired = expired.min(months);
        let mut house = house(months, expired, settled);
        let before = house.curve(TPI).unwrap();
        let index = Given::print(TODAY, price);
        let now = TODAY.start().later(3_600);
        house.transact(|house| clearing::settle_day(house, &index, now, TPI)).unwrap();
        let after = house.curve(TPI).unwrap();
        let mut expected = 0_u8;
        for (class, (first, end)) in CLASSES.into_iter().enumerate() {
            let slot_of = |instrument: Instrument| before.slot(instrument).unwrap();
            let nearest = before.months().iter().find(|month| {
                let slot = slot_of(month.instrument);
                month.status != Status::Settled && now < month.expiry && (first..end).contains(&slot)
            });
            let Some(month) = nearest else { continue };
            let (old, new) =
                (i64::from(month.settle.0), i64::from(after.month(month.instrument).unwrap().settle.0));
            let (fall, rise) = worst(slot_of(month.instrument));
            for (side, (loss, worst)) in [(old - new, fall), (new - old, rise)].into_iter().enumerate() {
                expected |= u8::from(loss > old * i64::from(worst) / 10_000) << (2 * class + side);
            }
        }
        let told = house.events.iter().find_map(|event| match event {
            Event::Backtested { exceeded, .. } => Some(*exceeded),
            _ => None,
        });
        prop_assert_eq!(told, Some(expected));
    }
}
