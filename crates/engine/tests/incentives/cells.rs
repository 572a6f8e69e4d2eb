//! Every stored type comes back from its cell, and fits the length it claims.

use super::*;
use sit_engine::codec::Cell;

fn comes_back<T: Cell + PartialEq + core::fmt::Debug>(value: T) {
    let cell = value.to_cell();
    assert_eq!(T::from_cell(cell.as_bytes()), value);
    assert!(cell.as_bytes().len() <= T::MAX_BYTES);
}

#[test]
fn stored_types_come_back_from_their_cells() {
    let mut programme = connected().programme.unwrap();
    programme.budget = Budget { before: 1, amount: MAX_BUDGET, from_epoch: FIRST, raised_at: 7, raised_from: u64::MAX };
    programme.owed = u64::MAX;
    programme.slots = 77;
    comes_back(programme);
    assert_eq!(programme.to_cell().as_bytes().len(), Programme::MAX_BYTES);

    let mut maker = Maker { score: COUNTED_MAX, volume: 7, score_epoch: 5, unpaid_to: u32::MAX, ..Maker::default() };
    maker.warned_at = START;
    for (epoch, status) in
        (7..).zip([Status::Applied, Status::Designated, Status::Suspended, Status::Leaving, Status::Ended])
    {
        maker.status = status;
        maker.grant(epoch, u64::from(epoch));
        comes_back(maker);
    }
    assert_eq!(maker.to_cell().as_bytes().len(), Maker::MAX_BYTES);

    for phase in [Phase::Reading, Phase::Weighing, Phase::Allotting, Phase::Closed] {
        comes_back(Epoch {
            phase,
            cursor: 199,
            budget: 1,
            volume: 3,
            depth: 4,
            total: u128::MAX,
            rewarded: 2,
            closed_at: START,
            others: u64::MAX,
        });
    }
}

#[test]
fn a_page_holds_a_hundred_seats_and_an_empty_one_no_bytes() {
    let mut page = Page::default();
    assert!(page.to_cell().as_bytes().is_empty());
    for place in 0..100 {
        assert_eq!(page.free(), Some(place));
        page.set(place, Some(u32::try_from(place).unwrap()));
    }
    assert_eq!(page.free(), None);
    assert_eq!(page.to_cell().as_bytes().len(), Page::MAX_BYTES);
    comes_back(page);
    page.set(99, None);
    comes_back(page);
    assert_eq!((page.seat(0), page.seat(99), page.seat(100)), (Some(0), None, None));
}

#[test]
fn volumes_come_back_with_as_many_places_as_decide() {
    let mut volumes = Volumes::default();
    assert_eq!(volumes.to_cell().as_bytes(), [0, 0]);
    for volume in (0..u32::from(MAX_MAKERS)).rev().chain([0, u32::MAX]) {
        comes_back(volumes);
        volumes.add(volume);
    }
    assert_eq!(volumes.to_cell().as_bytes().len(), Volumes::MAX_BYTES);
}
