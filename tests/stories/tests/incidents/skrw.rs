//! Synthetix sKRW, June 2019: one price source was off by a factor of a thousand, only two sources were alive, and the
//! feed published their average: more than a thousand million dollars on paper.
//!
//! Here two survivors publish nothing, and among a quorum one source a thousand times off changes nothing (O1, O2).

use crate::{START, USUAL, World};
use sit_engine::oracle::validity::Validity;

#[test]
fn of_two_survivors_there_is_no_average() {
    let mut world = World::live();
    let today = START + 2;
    world.at(today, 15 * 3_600);
    world.submit(0, today, USUAL).unwrap();
    world.submit(1, today, USUAL * 1_000).unwrap();
    assert_eq!(world.publish(today), Err("QuorumMissing".to_owned()));
    world.at(today + 1, 0);
    assert_eq!(world.publish(today), Err("QuorumMissing".to_owned()));
    assert_eq!((world.print_of(today), world.print_of(START + 1)), (None, Some(USUAL)));
}

#[test]
fn one_source_a_thousand_times_off_moves_nothing() {
    for wrong in [USUAL * 1_000, 1, u64::from(u32::MAX)] {
        let mut world = World::live();
        let today = START + 2;
        world.at(today, 15 * 3_600);
        for reporter in 0..5 {
            world.submit(reporter, today, if reporter == 2 { wrong } else { USUAL }).unwrap();
        }
        assert_eq!((world.publish(today), world.print_of(today)), (Ok(Validity::Valid), Some(USUAL)), "{wrong}");
    }
}
