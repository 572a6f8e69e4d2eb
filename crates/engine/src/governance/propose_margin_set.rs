//! `propose_margin_set`: the governor proposes a margin set with its certificate.

use super::margin::{MarginSet, PendingMargin, validate_certificate};
use super::propose::{prepare, record};
use super::{Address, CLEARING, Class, Env, Event, GovernanceError, Store, Window};
use crate::certificate::{Certificate, risk_array_bytes};

/// Proposes that `target` (clearing) take the set in force and gives the action's number. It loosens if any measure
/// falls or if it is the product's first set; otherwise it is routine, so that margins can rise in time, though never
/// without notice. Reads 3 cells, writes 3.
///
/// # Errors
/// [`GovernanceError::NotInForce`] for another contract than the clearing house that the registry names: the speed
/// limit measures from the set in force, and only that house has it. [`GovernanceError::NotAuthorised`], those of the
/// certificate ([`GovernanceError::CertificateIncomplete`], [`GovernanceError::ConfidenceTooLow`],
/// [`GovernanceError::HorizonTooShort`], [`GovernanceError::CertificateMismatch`]), of the set
/// ([`GovernanceError::CrossedMargins`], [`GovernanceError::ShockTooDeep`], [`GovernanceError::MarginBelowFloor`]), of
/// its speed ([`GovernanceError::MarginRisesTooFast`], [`GovernanceError::MarginFallsTooFast`]), and
/// [`GovernanceError::ZeroAddress`], [`GovernanceError::BadWindow`].
pub fn propose_margin_set<S: Store>(
    store: &mut S,
    env: Env,
    target: Address,
    set: &MarginSet,
    certificate: &Certificate,
    window: Window,
) -> Result<u32, GovernanceError> {
    let charter = store.founded()?;
    charter.only_governor(env.caller)?;
    in_force(store, target)?;
    validate_certificate(certificate)?;
    if store.keccak(&risk_array_bytes(&set.shocks)) != certificate.parameter_hash {
        return Err(GovernanceError::CertificateMismatch);
    }
    set.validate(&charter.margin_rules)?;
    let profile = set.profile();
    let (base, class) = match store.accepted_margin(set.product) {
        None => (0, Class::Loosen),
        Some(accepted) => {
            charter.margin_rules.check_speed(&accepted.profile, &profile)?;
            let class = if profile.loosens(&accepted.profile) { Class::Loosen } else { Class::Routine };
            (accepted.sequence, class)
        }
    };
    let certificate = certificate.canonical_bytes();
    let certificate_hash = store.keccak(&certificate);
    let calldata = set.set_risk_calldata(certificate_hash);
    let action = prepare(store, env, &charter, target, &calldata, class, window)?;
    let id = record(store, charter, &action, &calldata);
    store.set_pending_margin(id, &PendingMargin { product: set.product, base, certificate_hash, profile });
    store.emit(Event::MarginSetProposed { id, product: set.product, certificate_hash, certificate: &certificate });
    Ok(id)
}

/// Admits only the clearing house that the registry names.
pub(super) fn in_force<S: Store>(store: &S, target: Address) -> Result<(), GovernanceError> {
    let named = store.version(CLEARING).is_some_and(|version| version.target == target);
    if named { Ok(()) } else { Err(GovernanceError::NotInForce) }
}
