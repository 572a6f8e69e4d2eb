//! `note_index`: brings the oracle's state of an index to the clearing house. Anyone may send it; the hot path never
//! asks the oracle.

use crate::clearing::cells::{Guard, Product};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::peers::Index;
use crate::clearing::rules::guard::{self, Marked};
use crate::clearing::store::Store;
use crate::oracle::Validity;
use crate::units::Seconds;

/// Notes the validity of a product's index as the oracle reports it now; returns it. When doubt begins every order is
/// void, and when it ends books collect before they open. It becomes less here only where the newest print has been
/// settled: between the confirmation of a print and its settlement everybody knows the marks that are coming, so that
/// is for `settle_day` to end.
///
/// Cells: curve read, and written if the word has changed; the market of each month too when doubt ends. Asks the
/// oracle twice where doubt may end.
///
/// # Errors
/// `IndexUnavailable` when the oracle does not know the index, `CallFailed` when it does not answer, `UnknownProduct`.
pub fn note_index<S: Store>(store: &mut S, index: &impl Index, now: Seconds, product: Product) -> Result<Validity> {
    let validity = index.validity(product.index())?.ok_or(ClearingError::IndexUnavailable)?;
    let mut curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
    let doubt = Guard::doubt_of(validity);
    let unsettled = || Ok(index.latest(product.index())?.is_some_and(|print| print.day.0 > curve.index_day));
    if curve.guard.doubt < doubt || curve.guard.doubt > doubt && !unsettled()? {
        let before = curve;
        curve.guard.doubt = doubt;
        guard::follow(store, &mut curve, now, &before, Marked::default());
        store.set_curve(product, &curve);
        store.emit(Event::Guarded { product, guard: curve.guard });
    }
    Ok(validity)
}
