//! What the guardian can do at once and what only the timelock can: a pause, and its end (G2, O5).

use crate::venue::{MARK, Venue};
use crate::{DAY, PRODUCT, START, USUAL};
use sit_client::Signer;
use sit_engine::clearing::Guard;
use sit_engine::oracle::validity::Validity;
use sit_native::Message;

#[test]
fn the_guardian_pauses_at_once_and_only_the_timelock_ends_it_while_every_exit_stays_open() {
    let mut venue = Venue::open();
    let near = venue.near;
    venue.trade(0, 1, near, MARK, 100);
    venue.day(START + 2, USUAL * 101 / 100);
    venue.seal();
    venue.tighten(&Message::Pause { product: PRODUCT, scopes: Guard::ALL }).unwrap();

    // No new risk, no settlement, no liquidation. Two who reduce meet at the mark, until everybody knows the next one.
    venue.wait_for_the_opening();
    let mark = venue.exchange().mark(near.0).unwrap().0.into();
    assert_eq!(venue.order(2, near, true, mark, 1), Err("ReduceOnly".to_owned()));
    assert_eq!(venue.order(0, near, true, mark + 1, 40), Err("OutsidePriceLimits".to_owned()));
    assert_eq!(venue.order(0, near, true, mark, 40), Ok(0));
    assert_eq!(venue.order(1, near, false, mark, 40), Ok(40));
    assert_eq!(venue.world.day(START + 3, USUAL * 101 / 100), Ok(Validity::Valid), "the index goes on");
    assert_eq!(venue.anyone(&Message::SettleDay { product: PRODUCT }).err().unwrap(), "Paused");
    assert_eq!(venue.order(0, near, true, mark, 1), Err("Opening".to_owned()));
    // Every way out: depositing, profit, what a flat account has. But nobody takes out beside positions what the prints
    // that go on will take.
    venue.deposit(1, 1_000_000).unwrap();
    venue.settle(near, [0, 1, 2, 3]).unwrap();
    assert_eq!(venue.withdraw(1, 1_000_000), Err("Paused".to_owned()));
    let all = venue.cash(2);
    venue.withdraw(2, all).unwrap();
    assert_eq!([0, 1].map(|seat| venue.net(seat, near)), [-60, 60]);

    // The guardian cannot end it, and the governor only after the delay of what loosens.
    let ended = venue.tighten(&Message::Unpause { product: PRODUCT });
    assert_eq!(ended, Err("NotTightening".to_owned()));
    let raised = venue.tighten(&Message::SetLimits { hour: u64::MAX, day: u64::MAX });
    assert_eq!(raised, Err("NotTightening".to_owned()));
    let action = venue.exchange().queue(&Message::Unpause { product: PRODUCT }).unwrap();
    let queued = venue.now();
    assert_eq!(venue.execute(&action), Err("NotReady".to_owned()));
    venue.exchange().chain.advance_to(queued + 2 * DAY - 60).unwrap();
    assert_eq!(venue.execute(&action), Err("NotReady".to_owned()), "two days for what loosens");
    venue.exchange().chain.advance_to(queued + 2 * DAY + 60).unwrap();
    venue.execute(&action).unwrap();
    assert_eq!(venue.execute(&action), Err("WrongState".to_owned()), "once");
    // Saturday: the next session brings a print, a settlement and new orders.
    venue.day(START + 7, USUAL * 101 / 100);
    assert_eq!(
        venue.order(2, near, true, MARK, 1),
        Err("BelowInitialMargin".to_owned()),
        "it has withdrawn everything"
    );
    assert_eq!(venue.order(3, near, true, MARK, 1), Ok(0));
}

#[test]
fn the_guardian_lowers_the_vaults_limits_at_once_and_can_do_nothing_else_with_money() {
    let mut venue = Venue::open();
    venue.seal();
    venue.tighten(&Message::LowerLimits { hour: 1_000_000, day: 2_000_000 }).unwrap();
    assert_eq!(venue.withdraw(0, 1_000_001), Err("PayoutLimit".to_owned()), "the vault does not pay that much");
    venue.withdraw(0, 1_000_000).unwrap();
    assert_eq!(venue.withdraw(1, 1), Err("PayoutLimit".to_owned()), "not from another account either");
    let guardian = venue.exchange().chain.account("guardian").address();
    for message in [
        Message::PayTreasury { to: guardian, amount: 1 },
        Message::HandOver { next: guardian },
        Message::Pay { to: guardian, amount: 1 },
        Message::SetWithdrawalLimits { hour_bps: 0, hour_amount: 0, day_bps: 0, day_amount: 0 },
    ] {
        assert_eq!(venue.tighten(&message), Err("NotTightening".to_owned()), "{message:?}");
    }
}
