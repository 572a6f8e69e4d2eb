//! A twelfth attack on the programme: two prints on which everybody agrees can be an hour apart.

use crate::ninth_attack::standing_after;
use sit_engine::incentives::Status;
use sit_engine::oracle::{GATHERING, MOST_COMMITTING};

/// With all batches a print is made within minutes of noon; where one reporter is absent, or is the last to send, an
/// hour later ([`GATHERING`]). So two products can be settled an hour apart though nothing has to be confirmed.
#[test]
fn a_maker_hedged_in_two_products_is_not_suspended_where_one_reporter_is_absent() {
    let (status, held) = standing_after([30, GATHERING + 60]);
    assert_eq!(status, Status::Designated, "cash {held:?} USD: short for two minutes twice");
}

/// An index with commitments that lacks a reporter is printed at 13:45, and one that has to be confirmed at 16:00: two
/// hours and a quarter later, within the two and a half for which a warning counts.
#[test]
fn a_maker_hedged_in_two_products_is_not_suspended_where_one_is_late_and_one_is_confirmed() {
    let (status, held) = standing_after([MOST_COMMITTING + GATHERING, 4 * 3_600]);
    assert_eq!(status, Status::Designated, "cash {held:?} USD: short for two minutes twice");
}
