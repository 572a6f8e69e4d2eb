//! What a fifth attack on governance found (`docs/book/src/findings-fifth.md`).

use super::*;
use sit_engine::launch;

/// The guardian disputes a final price, vetoes its judgement in the last second, and again until they are replaced:
/// three delays, one after the other, with a day for the votes, must end before the dispute does by itself.
#[test]
fn a_guardian_who_vetoes_late_keeps_no_dispute_from_judgement() {
    let Delays { loosen, critical, .. } = launch::DELAYS;
    let needed = loosen + critical + loosen + DAY;
    assert!(needed <= launch::INDEX_RULES.fallback_delay, "{needed}");
}
