//! `set_risk` and `set_add_ons`: margin parameters come into force. Only governance may send them, after its timelock.

use crate::clearing::cells::{AddOns, Backtest, Product, RiskArray};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::guard::{self, Marked};
use crate::clearing::store::Store;
use crate::units::Seconds;

/// Sets the certified margin parameters of a product; the encoding is [`RiskArray::new`]'s. The add-ons stay, and the
/// buffer is drawn or filled ([`RiskArray::succeeding`]). The backtest of the set before ends with it, and its
/// consequences with the backtest: after a red grade books collect before they open.
///
/// Cells: curve and risk array read, risk array and backtest written; the curve and the market of each month after a
/// red grade.
///
/// # Errors
/// `BadParameter` without a certificate, when they are malformed or crossed, or leave a listed month without margin.
pub fn set_risk<S: Store>(
    store: &mut S,
    now: Seconds,
    product: Product,
    maintenance_bps: u16,
    liquidation_end_bps: u16,
    shocks: &[u8],
    certificate_hash: [u8; 32],
) -> Result<()> {
    if certificate_hash == [0; 32] {
        return Err(ClearingError::BadParameter);
    }
    let mut risk = RiskArray::new(maintenance_bps, liquidation_end_bps, shocks).ok_or(ClearingError::BadParameter)?;
    let curve = store.curve(product);
    let (round, listed) = curve.map_or((0, 0), |curve| (curve.round, curve.unsettled()));
    if product > Product::MAX || !(0..listed).all(|slot| risk.covers(slot)) {
        return Err(ClearingError::BadParameter);
    }
    if let Some(before) = store.risk(product) {
        risk = risk.succeeding(&before, round);
    }
    store.set_risk(product, &risk);
    store.set_backtest(product, &Backtest::default());
    if let Some(before) = curve.filter(|curve| curve.guard.red) {
        let mut curve = before;
        curve.guard.red = false;
        guard::follow(store, &mut curve, now, &before, Marked::default());
        store.set_curve(product, &curve);
    }
    store.emit(Event::RiskSet { product });
    Ok(())
}

/// Sets what a product's initial margin holds beyond its scenarios. The open-interest scale of its months follows with
/// the next daily settlement.
///
/// Cells: curve and risk array read, risk array written.
///
/// # Errors
/// `UnknownProduct` without a margin set, `BadParameter` when they are not [`AddOns::is_sound`].
pub fn set_add_ons<S: Store>(store: &mut S, product: Product, add_ons: AddOns) -> Result<()> {
    let risk = store.risk(product).ok_or(ClearingError::UnknownProduct)?;
    if !add_ons.is_sound() {
        return Err(ClearingError::BadParameter);
    }
    let curve = store.curve(product);
    let round = curve.map_or(0, |curve| curve.round);
    let nothing_listed = curve.is_none_or(|curve| curve.months().is_empty());
    store.set_risk(product, &risk.with_add_ons(add_ons, round, nothing_listed));
    store.emit(Event::RiskSet { product });
    Ok(())
}
