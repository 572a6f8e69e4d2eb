//! A daily settlement as an observation of the margin set's backtest ([`crate::clearing::Backtest`]).

use crate::clearing::cells::{CLASSES, Grade, Guard, Product};
use crate::clearing::event::Event;
use crate::clearing::store::Store;
use crate::math::mul_div_floor;
use crate::units::{BPS, Ticks};

/// The slots in which the classes begin.
const FIRST_SLOT: [usize; CLASSES] = [0, 1, 6];

/// The moves of a settlement that are watched: slot, old mark and new mark of each class's nearest month.
#[derive(Clone, Copy, Default)]
pub(crate) struct Watch([Option<(usize, Ticks, Ticks)>; CLASSES]);

impl Watch {
    /// Notes a month's move, if its class has none yet. Months come in the order of their slots.
    pub fn note(&mut self, slot: usize, old: Ticks, new: Ticks) {
        let class = FIRST_SLOT.iter().filter(|first| **first <= slot).count().saturating_sub(1);
        if let Some(held) = self.0.get_mut(class) {
            held.get_or_insert((slot, old, new));
        }
    }
}

/// Records a settlement, and draws the consequences.
pub(crate) fn record<S: Store>(store: &mut S, product: Product, guard: &mut Guard, watch: &Watch) {
    let Some(mut risk) = store.risk(product) else { return };
    let mut backtest = store.backtest(product);
    let mut exceeded = 0_u8;
    for ((series, watched), class) in backtest.series.iter_mut().zip(&watch.0).zip(0_u8..) {
        let Some((slot, old, new)) = watched else { continue };
        let shocks = risk.certified(*slot);
        let lost = |loss: i64, worst: i16| {
            i128::from(loss) > mul_div_floor(old.0.into(), worst.unsigned_abs().into(), BPS.into())
        };
        let rise = i64::from(new.0).saturating_sub(old.0.into());
        let (fall, top) = (shocks.iter().copied().min().unwrap_or(0), shocks.iter().copied().max().unwrap_or(0));
        let sides = [lost(rise.saturating_neg(), fall.min(0)), lost(rise, top.max(0))];
        series.push(sides);
        for (side, bit) in sides.into_iter().zip(0_u8..) {
            exceeded |= u8::from(side) << class.saturating_mul(2).saturating_add(bit);
        }
    }
    store.set_backtest(product, &backtest);
    let grade = backtest.grade();
    // Red stays until a new set is in force; a surcharge follows the grade both ways.
    guard.red |= grade == Grade::Red;
    let surcharge_bps = if guard.red { Grade::Red.surcharge_bps() } else { grade.surcharge_bps() };
    if surcharge_bps != risk.surcharge_bps {
        risk.surcharge_bps = surcharge_bps;
        store.set_risk(product, &risk);
    }
    store.emit(Event::Backtested { product, exceeded, grade: grade.number(), surcharge_bps });
}
