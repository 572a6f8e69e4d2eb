//! What is due on cells in memory: the engine's word, and nothing remembered.

use std::collections::BTreeSet;

use sit_engine::calendar::{self, DAY, Day};
use sit_engine::chain::Env;
use sit_engine::clearing::{
    self, Instrument, Listing, Month, Product, Purpose, SCENARIOS, SHOCK_BYTES, Status, Store, Trigger,
    opening::OPENING_SECONDS, peers::Given,
};
use sit_engine::launch::{DOLLAR, FUND, FUND_CAP_BPS, LIQUIDATION_END_BPS, MAINTENANCE_BPS, TERMS, TPI};
use sit_engine::oracle::Validity;
use sit_engine::units::{Lots, Points, Seat, Seconds, Side, TickValue, Ticks};
use sit_keeper::Snapshot;
use sit_keeper::due::{Cares, Due, Duty, Excluded, Limits, found, to_ask};
use sit_native::{
    Message, Native,
    message::{limit_order, seats},
};
use sit_programs::Dice;

const NOW: Seconds = Seconds(1_795_420_800);

fn snapshot(house: Native) -> Snapshot {
    Snapshot {
        block: 1,
        now: NOW,
        house,
        products: vec![Product(0)],
        validity: vec![(Product(0), Validity::Valid)],
        liquidated: Vec::new(),
        triggers: Vec::new(),
        next_epoch: Some(2_968),
    }
}

#[test]
fn nothing_is_found_due_where_nothing_is_owed() {
    let mut house = Native::new();
    let env = Env { caller: [7; 20], now: NOW };
    let seat = clearing::open_account(&mut house, env, 0).expect("an account opens");
    clearing::credit(&mut house, NOW, seat, 500_000_000).expect("money comes in");
    let before = house.account(seat);
    let mut snapshot = snapshot(house);
    assert_eq!(found(&mut snapshot, &Cares::default()), []);
    assert_eq!(snapshot.house.account(seat), before, "a look changes nothing");
}

#[test]
fn what_others_have_a_say_in_is_asked_of_the_chain_and_only_for_what_one_cares_about() {
    let mut seen = snapshot(Native::new());
    let asked = to_ask(&mut seen, &Cares::default());
    let of = |duty: Duty| asked.iter().filter(|due| due.duty == duty).count();
    assert_eq!(of(Duty::Publish), 4, "each day whose batches are kept");
    assert_eq!((of(Duty::SettleDay), of(Duty::RollListing), of(Duty::CloseEpoch)), (1, 1, 1));
    assert_eq!(of(Duty::Sunset), 0, "ending a month early is for who says so");
    let cares = Cares { without: vec![Duty::Publish, Duty::Sunset], ..Cares::default() };
    let asked = to_ask(&mut seen, &cares);
    assert!(asked.iter().all(|due| due.duty != Duty::Publish));
    assert!(asked.iter().any(|due| due.message == Message::CloseEpoch { epoch: 2_968, makers: 8 }));
}

#[test]
fn a_bid_is_only_for_who_has_set_limits() {
    assert!(!Cares::default().about(Duty::Bid));
    assert_eq!(Cares::default().seat, None::<Seat>);
}

#[test]
fn the_chain_is_asked_about_no_trigger_whose_price_has_not_come() {
    let (mut house, [near, ..]) = exchange(2);
    let waits = Trigger {
        instrument: near,
        above: true,
        price: Ticks(2_601),
        limit: Ticks(3_000),
        lots: Lots(1),
        ..Trigger::default()
    };
    let fires = Trigger { price: Ticks(2_600), ..waits };
    let over = Trigger { expiry: NOW.later(60), ..fires };
    // Nothing has traded: of the last trade nothing can be said, and nothing of it is due.
    let last = Trigger { last: true, ..fires };
    for (seat, slot, trigger) in [(0, 0, waits), (0, 3, fires), (1, 1, over), (1, 2, last), (1, 15, waits)] {
        let env = Env { caller: owner(seat), now: NOW };
        clearing::set_trigger(&mut house, env, Seat(seat), slot, trigger).expect("it is set");
    }
    let triggers = [0, 1].map(|seat| (Seat(seat), house.triggers(Seat(seat))));
    let asked = |now: Seconds| -> Vec<String> {
        let mut seen = snapshot(house.clone());
        (seen.now, seen.triggers) = (now, triggers.to_vec());
        let asked = to_ask(&mut seen, &Cares::default());
        assert_eq!(seen.triggers, triggers, "a look changes nothing");
        asked.iter().filter(|due| due.duty == Duty::ExecuteTrigger).map(|due| due.subject.clone()).collect()
    };
    assert_eq!(asked(NOW), ["0 3", "1 1"]);
    assert_eq!(asked(NOW.later(60)), ["0 3"]);
}

/// Cares of a keeper that leaves accounts to others.
fn without(excluded: &[Excluded]) -> Cares {
    Cares { excluded: excluded.to_vec(), ..Cares::default() }
}

#[test]
fn an_account_that_is_left_to_others_is_left_out_of_settlements() {
    let (mut house, [near, ..]) = exchange(3);
    owe(&mut house, 0, 1, near, 1_000);
    owe(&mut house, 2, 1, near, 1_000);
    let mut seen = snapshot(house);
    seen.now = NOW.later(1_200);
    let mut settled = |excluded: &[Excluded]| -> Vec<(String, Vec<Seat>)> {
        let of = |due: Due| match &due.message {
            Message::Settle { seats, .. } => Some((due.subject.clone(), clearing::parse_seats(seats).collect())),
            _ => None,
        };
        found(&mut seen, &without(excluded)).into_iter().filter_map(of).collect()
    };
    let all = settled(&[]);
    let [(subject, seats)] = all.as_slice() else { panic!("one message: {all:?}") };
    assert!(seats.starts_with(&[Seat(0), Seat(2)]) && *subject == format!("{} 0", near.0), "{all:?}");
    for excluded in [Excluded::Seat(Seat(0)), Excluded::Owner(owner(0))] {
        let rest = settled(&[excluded]);
        assert_eq!(rest, [(format!("{} 2", near.0), seats[1..].to_vec())], "{excluded:?}");
    }
    assert_eq!(settled(&[0, 1, 2].map(|seat| Excluded::Seat(Seat(seat)))), [], "nobody is left");
    assert_eq!(settled(&[Excluded::Owner([0xee; 20]), Excluded::Seat(Seat(77))]), all, "nobody is meant");
}

#[test]
fn defaults_circles_and_triggers_of_accounts_that_are_left_to_others_are_not_looked_after() {
    let (mut house, [near, far, odd]) = exchange(5);
    let fires = Trigger {
        instrument: near,
        above: true,
        price: Ticks(2_600),
        limit: Ticks(3_000),
        lots: Lots(1),
        ..Trigger::default()
    };
    let env = Env { caller: owner(4), now: NOW };
    clearing::set_trigger(&mut house, env, Seat(4), 0, fires).expect("it is set");
    for (debtor, creditor, month, points) in [(0, 2, near, 3_000), (2, 1, far, 3_000), (1, 0, odd, 2_000)] {
        owe(&mut house, debtor, creditor, month, points);
    }
    owe(&mut house, 3, 4, near, 100_000);
    for seat in 0..4 {
        leave(&mut house, seat, 0);
    }
    let triggers = house.triggers(Seat(4));
    let mut seen = snapshot(house);
    (seen.now, seen.triggers) = (NOW.later(1_200), vec![(Seat(4), triggers)]);
    // Whom a message of these duties is about.
    let about = |due: Due| match due.message {
        Message::Cover { seat, .. } | Message::ExecuteTrigger { seat, .. } => Some((due.duty, vec![seat])),
        Message::Offset { circle } => {
            let mut seats: Vec<Seat> = clearing::parse_circle(&circle).map(|(seat, _)| seat).collect();
            seats.sort_unstable();
            Some((due.duty, seats))
        }
        _ => None,
    };
    let mut found_without = |excluded: &[Excluded]| -> Vec<(Duty, Vec<Seat>)> {
        let cares = without(excluded);
        let due = [found(&mut seen, &cares), to_ask(&mut seen, &cares)].concat();
        due.into_iter().filter_map(about).collect()
    };
    let all = found_without(&[]);
    let circle = [0, 1, 2].map(Seat).to_vec();
    let wanted = [(Duty::Offset, circle), (Duty::Cover, vec![Seat(3)]), (Duty::ExecuteTrigger, vec![Seat(4)])];
    assert!(wanted.iter().all(|due| all.contains(due)), "{all:?}");
    // Each account of the circle holds all of it up.
    for seat in (0..5).map(Seat) {
        let rest: Vec<_> = all.iter().filter(|(_, seats)| !seats.contains(&seat)).cloned().collect();
        assert!(rest.len() < all.len());
        assert_eq!(found_without(&[Excluded::Seat(seat)]), rest, "{seat:?}");
    }
}

/// Index price of the exchange below, in quote atoms per million tokens.
const PRICE: u32 = 260_000;

fn owner(seat: u32) -> [u8; 20] {
    [u8::try_from(seat).expect("few accounts") + 1; 20]
}

/// Three months, the last with a point of half as much again as the others, and so many accounts with a million US
/// dollars each; the insurance fund of the launch preset.
fn exchange(accounts: u32) -> (Native, [Instrument; 3]) {
    let mut house = Native::new();
    let mut shocks = [0; SHOCK_BYTES];
    for row in shocks.chunks_exact_mut(2 * SCENARIOS) {
        row[..2].copy_from_slice(&i16::to_be_bytes(3_000));
        row[2..4].copy_from_slice(&i16::to_be_bytes(-2_000));
    }
    clearing::set_risk(&mut house, Seconds::ZERO, TPI, MAINTENANCE_BPS, LIQUIDATION_END_BPS, &shocks, [1; 32])
        .expect("a margin set");
    let today = Day::of(NOW);
    clearing::start_product(&mut house, &Given::print(today, PRICE), TPI).expect("it starts");
    let months = [(0, 100_000), (1, 100_000), (2, 150_000)].map(|(place, value)| {
        let expiry = calendar::last_trading_time(calendar::listing(today)[place]);
        let (tick_value, tick_size, mark) = (TickValue(value), 100, Ticks(2_600));
        let listing = Listing { product: TPI, expiry, tick_value, tick_size, mark, terms: TERMS };
        clearing::list(&mut house, NOW, listing).expect("it is listed")
    });
    clearing::endow(&mut house, Purpose::Fund, FUND).expect("a fund");
    clearing::set_fund_cap(&mut house, FUND_CAP_BPS).expect("a cap");
    for seat in 0..accounts {
        let env = Env { caller: owner(seat), now: NOW };
        assert_eq!(clearing::open_account(&mut house, env, 0), Ok(Seat(seat)));
        clearing::credit(&mut house, NOW, Seat(seat), 1_000_000 * DOLLAR).expect("money comes in");
    }
    (house, months)
}

/// Leaves an account so much cash, in quote atoms.
fn leave(house: &mut Native, seat: u32, cash: u64) {
    let mut account = house.account(Seat(seat)).expect("it is open");
    account.cash = cash;
    house.set_account(Seat(seat), &account);
}

/// Books points from one account to another in a month, as trades at two prices do on an earlier day.
fn owe(house: &mut Native, debtor: u32, creditor: u32, instrument: Instrument, points: i64) {
    let curve = house.curve(TPI).expect("it has started");
    let epoch = curve.month(instrument).expect("it is listed").epoch;
    let mut market = house.market(instrument).expect("it is listed");
    for (seat, points) in [(debtor, points), (creditor, -points)] {
        let mut account = house.account(Seat(seat)).expect("it is open");
        let position = account.enter(instrument, epoch, curve.short_round().wrapping_sub(1)).expect("there is room");
        market.holders -= u32::from(position.is_exposed());
        position.basis += Points(points);
        market.holders += u32::from(position.is_exposed());
        account.tidy();
        house.set_account(Seat(seat), &account);
    }
    house.set_market(instrument, &market);
}

/// Messages of the default waterfall that are found due.
fn waterfall(snapshot: &mut Snapshot) -> Vec<Message> {
    let last = [Duty::Cover, Duty::Offset, Duty::Bridge, Duty::WriteOff];
    let due = found(snapshot, &Cares::default()).into_iter().filter(|due| last.contains(&due.duty));
    due.map(|due| due.message).collect()
}

/// One message ends a default in all months in which the account owes: a second one would be refused and cost its fee.
#[test]
fn a_default_in_two_months_is_one_message() {
    let (mut house, [near, far, _]) = exchange(2);
    owe(&mut house, 0, 1, near, 100_000);
    owe(&mut house, 0, 1, far, 50_000);
    leave(&mut house, 0, 0);
    let mut seen = snapshot(house);
    seen.now = NOW.later(1_200);
    assert_eq!(waterfall(&mut seen), [Message::Cover { seat: Seat(0), instrument: near }]);
}

/// What the insurance fund pays for the first of two defaults is not there for the second: that one is written off, and
/// no second cover is sent that the chain would refuse.
#[test]
fn of_two_defaults_that_the_fund_cannot_both_cover_one_is_written_off() {
    let (mut house, [near, ..]) = exchange(3);
    for seat in [0, 2] {
        owe(&mut house, seat, 1, near, 2_000_000);
        leave(&mut house, seat, 0);
    }
    let mut seen = snapshot(house);
    seen.now = NOW.later(1_200);
    let expected =
        [Message::Cover { seat: Seat(0), instrument: near }, Message::WriteOff { seat: Seat(2), instrument: near }];
    assert_eq!(waterfall(&mut seen), expected);
}

/// Three accounts owe each other in a circle; a fourth owes one of them, and is owed by it, a point that is no whole
/// number of points of the other month. Its circle is shorter, and nothing can be offset in it.
#[test]
fn a_debt_of_a_point_does_not_come_between_accounts_that_owe_each_other() {
    let (mut house, [near, far, odd]) = exchange(5);
    for (debtor, creditor, month, points) in [(0, 2, near, 3_000), (2, 1, far, 3_000), (1, 0, odd, 2_000)] {
        owe(&mut house, debtor, creditor, month, points);
    }
    owe(&mut house, 3, 4, odd, 1);
    owe(&mut house, 4, 3, near, 1);
    for seat in 0..5 {
        leave(&mut house, seat, 0);
    }
    let mut seen = snapshot(house);
    seen.now = NOW.later(1_200);
    let circle = |message: &Message| -> Option<Vec<(Seat, Instrument)>> {
        let Message::Offset { circle } = message else { return None };
        let mut links: Vec<_> = clearing::parse_circle(circle).collect();
        links.sort_unstable_by_key(|(seat, _)| seat.0);
        Some(links)
    };
    let circles: Vec<_> = waterfall(&mut seen).iter().filter_map(circle).collect();
    assert_eq!(circles, [vec![(Seat(0), near), (Seat(1), odd), (Seat(2), far)]]);
}

/// The insurance fund has bought a claim, and its debtor has paid: the money waits in the month's pool for whoever
/// brings it back, although the month has collected no fees.
#[test]
fn what_has_been_paid_for_a_claim_of_the_fund_goes_back_to_it() {
    let (mut house, [near, far, _]) = exchange(3);
    let now = NOW.later(1_200);
    owe(&mut house, 0, 1, near, 100_000);
    owe(&mut house, 1, 2, far, 100_000);
    for seat in [0, 1] {
        leave(&mut house, seat, 0);
    }
    let paid = clearing::bridge(&mut house, now, Seat(1), far, near).expect("the fund buys the claim");
    assert_eq!(paid, 10_000 * DOLLAR);
    clearing::credit(&mut house, now, Seat(0), paid).expect("the debtor has money after all");
    clearing::settle(&mut house, now, near, std::iter::once(Seat(0))).expect("and pays");
    let mut seen = snapshot(house);
    seen.now = now;
    let sweeps = |due: &Due| due.duty == Duty::SweepFees;
    let due = found(&mut seen, &Cares::default());
    let expected = Due {
        duty: Duty::SweepFees,
        subject: near.0.to_string(),
        message: Message::SweepFees { instrument: near },
        account: None,
    };
    assert_eq!(due.into_iter().filter(sweeps).collect::<Vec<_>>(), [expected]);
    let cares = Cares { least_sweep: paid + 1, ..Cares::default() };
    assert!(!found(&mut seen, &cares).iter().any(sweeps), "it is not worth it to whoever says so");
}

/// A loss in a month that has its final price and has left the curve: whoever waits for their claim there is counted
/// like everybody else, or would wait for ever.
#[test]
fn the_loss_of_a_month_that_has_left_the_curve_is_allocated() {
    let (mut house, [near, ..]) = exchange(2);
    owe(&mut house, 0, 1, near, 1_000);
    let mut curve = house.curve(TPI).expect("it has started");
    let month = *curve.month(near).expect("it is listed");
    curve.month_mut(near).expect("it is listed").status = Status::Settled;
    for later in 1..20 {
        if curve.month(near).is_some() {
            let new = Month { expiry: month.expiry.later(later * 90 * DAY), ..month };
            curve.list(TPI, new).expect("there is room");
        }
    }
    assert!(curve.month(near).is_none(), "it has left the curve");
    house.set_curve(TPI, &curve);
    let mut market = house.market(near).expect("it stays");
    market.final_price = Some(month.settle);
    market.deficit = Points(10);
    house.set_market(near, &market);
    let mut seen = snapshot(house);
    seen.now = NOW.later(1_200);
    let due = found(&mut seen, &Cares::default()).into_iter().find(|due| due.duty == Duty::Allocate);
    // Whoever is left to others is counted all the same: until all are the month stands still.
    let cares = without(&[Excluded::Seat(Seat(0)), Excluded::Seat(Seat(1))]);
    assert_eq!(found(&mut seen, &cares).into_iter().find(|due| due.duty == Duty::Allocate), due);
    let seats = seats([Seat(0), Seat(1)]);
    assert_eq!(due.map(|due| due.message), Some(Message::Allocate { instrument: near, seats }));
}

/// An insolvent account begins to owe in another month, and lacks no more than before: winners of that month wait for
/// it from the report on, so it is reported.
#[test]
fn an_insolvent_account_is_reported_when_it_owes_in_another_month() {
    let (mut house, [near, far, _]) = exchange(3);
    let now = NOW.later(1_200);
    owe(&mut house, 0, 1, near, 100_000);
    leave(&mut house, 0, 0);
    clearing::start_liquidation(&mut house, Env { caller: owner(1), now }, Seat(0)).expect("it has nothing");
    let reports = |house: &Native| {
        let mut seen = snapshot(house.clone());
        seen.now = now;
        let due = found(&mut seen, &Cares::default());
        due.iter().filter(|due| due.message == Message::ReportDeficit { seat: Seat(0) }).count()
    };
    assert_eq!(reports(&house), 0, "all of it is known");
    owe(&mut house, 0, 2, far, 10);
    leave(&mut house, 0, 10 * 100_000);
    assert_eq!(reports(&house), 1);
    assert!(does(&mut house, now, &Message::ReportDeficit { seat: Seat(0) }));
    assert_eq!(reports(&house), 0, "and then it is known again");
}

/// Seat 0 can pay only with its claim on seat 2, which is bankrupt: it is reported when that is known, and again when
/// the claim can no longer be cut.
#[test]
fn who_can_pay_only_with_a_claim_that_may_be_cut_is_reported() {
    let (mut house, [near, far, _]) = exchange(4);
    let now = NOW.later(1_200);
    owe(&mut house, 0, 1, near, 1_000);
    owe(&mut house, 2, 0, far, 2_000);
    for seat in [0, 2] {
        leave(&mut house, seat, 0);
    }
    let reports = |house: &Native| {
        let mut seen = snapshot(house.clone());
        seen.now = now;
        let due = found(&mut seen, &Cares::default());
        due.iter().filter(|due| due.message == Message::ReportDeficit { seat: Seat(0) }).count()
    };
    assert_eq!(reports(&house), 0, "no default has been reported");
    clearing::start_liquidation(&mut house, Env { caller: owner(1), now }, Seat(2)).expect("it has nothing");
    assert_eq!(reports(&house), 1);
    assert!(does(&mut house, now, &Message::ReportDeficit { seat: Seat(0) }));
    assert_eq!(reports(&house), 0, "all of it is known");
    clearing::credit(&mut house, now, Seat(2), 2_000 * 100_000).expect("the bankrupt has money after all");
    clearing::settle(&mut house, now, far, std::iter::once(Seat(2))).expect("and pays");
    assert_eq!(reports(&house), 1, "nobody has to wait any more");
    assert!(does(&mut house, now, &Message::ReportDeficit { seat: Seat(0) }));
    assert_eq!(reports(&house), 0);
}

/// Does what a keeper sends; whether it was taken.
fn does(house: &mut Native, now: Seconds, message: &Message) -> bool {
    let env = Env { caller: [0; 20], now };
    let taken = house.transact(|house| match message {
        Message::Settle { instrument, seats } => {
            clearing::settle(house, now, *instrument, clearing::parse_seats(seats))
        }
        Message::StartLiquidation { seat } => clearing::start_liquidation(house, env, *seat),
        Message::ReportDeficit { seat } => clearing::report_deficit(house, now, *seat).map(drop),
        Message::Cover { seat, instrument } => clearing::cover(house, now, *seat, *instrument).map(drop),
        Message::Offset { circle } => clearing::offset(house, now, clearing::parse_circle(circle)).map(drop),
        Message::Bridge { seat, debt, claim } => clearing::bridge(house, now, *seat, *debt, *claim).map(drop),
        Message::WriteOff { seat, instrument } => clearing::write_off(house, now, *seat, *instrument).map(drop),
        Message::Allocate { instrument, seats } => {
            clearing::allocate(house, *instrument, clearing::parse_seats(seats)).map(drop)
        }
        Message::SweepFees { instrument } => clearing::sweep_fees(house, now, *instrument).map(drop),
        other => unreachable!("{other:?}"),
    });
    taken.is_ok()
}

/// Accounts that owe each other anything in any month, with little money or none, and a fund of any size: what a keeper
/// finds due, sent as it sends it, leaves nobody with a debt or a claim within some days. In each look something is
/// done, and hardly anything is refused.
#[test]
fn whatever_accounts_owe_each_other_a_keeper_ends_it() {
    const ACCOUNTS: u64 = 8;
    let (mut sent, mut refused, mut seen_duties) = (0_u32, 0_u32, BTreeSet::new());
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let (mut house, months) = exchange(ACCOUNTS as u32);
        for _ in 0..3 + dice.roll(14) {
            let debtor = dice.roll(ACCOUNTS);
            let creditor = (debtor + 1 + dice.roll(ACCOUNTS - 1)) % ACCOUNTS;
            let month = months[dice.roll(3) as usize];
            let most = [5, 500, 50_000, 2_000_000][dice.roll(4) as usize];
            owe(&mut house, debtor as u32, creditor as u32, month, 1 + dice.roll(most) as i64);
        }
        for seat in 0..ACCOUNTS as u32 {
            let cash = [0, dice.roll(20_000) * DOLLAR][dice.roll(2) as usize];
            leave(&mut house, seat, cash);
        }
        let mut ledger = house.ledger();
        ledger.fund = [0, 1_000 * DOLLAR, FUND][dice.roll(3) as usize];
        house.set_ledger(&ledger);
        let mut seen = snapshot(house);
        seen.now = NOW.later(1_200);
        for day in 1..5 {
            for look in 0.. {
                assert!(look < 100, "seed {seed}: it never comes to an end");
                let mut due = found(&mut seen, &Cares::default());
                due.retain(|due| due.duty != Duty::MarginCall);
                if due.is_empty() {
                    break;
                }
                due.sort_by_key(|due| due.duty);
                let now = seen.now;
                let still = |due: &Due| does(&mut seen.house.clone(), now, &due.message);
                let due: Vec<Due> = due.into_iter().filter(still).collect();
                assert!(!due.is_empty(), "seed {seed}: what is found due is refused");
                for due in due {
                    seen_duties.insert(due.duty);
                    let taken = does(&mut seen.house, now, &due.message);
                    (sent, refused) = (sent + 1, refused + u32::from(!taken));
                }
                seen.now = now.later(6);
            }
            let noon = Day(Day::of(NOW).0 + day).start().later(DAY / 2);
            let print = Given::print(Day::of(noon), PRICE);
            clearing::settle_day(&mut seen.house, &print, noon, TPI).expect("a day is settled");
            seen.now = noon.later(OPENING_SECONDS);
        }
        for (seat, account) in seen.house.accounts() {
            // A loss of less than a point a holder waits, and what is left of a claim with it.
            let left = account.positions().iter().find(|held| held.basis.0.unsigned_abs() > ACCOUNTS);
            assert_eq!(left, None, "seed {seed}: {seat:?} owes or is owed something");
        }
    }
    println!("{refused} of {sent} refused");
    assert!(refused * 20 < sent, "{refused} of {sent} refused");
    for duty in [Duty::Settle, Duty::Cover, Duty::Offset, Duty::Bridge, Duty::WriteOff, Duty::Allocate] {
        assert!(seen_duties.contains(&duty), "{duty} was never due");
    }
}

/// The bids of one look are sent together: the limits bound what the account holds after all of them.
#[test]
fn bids_of_one_look_keep_to_the_limits_together() {
    let (mut house, [near, ..]) = exchange(4);
    for seller in [0, 1] {
        for (seat, side) in [(seller, Side::Sell), (2, Side::Buy)] {
            let env = Env { caller: owner(seat), now: NOW };
            let order = limit_order(Seat(seat), near, side, Ticks(2_600), Lots(80));
            clearing::place(&mut house, env, order).expect("it trades");
        }
        leave(&mut house, seller, 10_000 * DOLLAR);
    }
    let now = Day(Day::of(NOW).0 + 1).start().later(DAY / 2);
    clearing::settle_day(&mut house, &Given::print(Day::of(now), 2 * PRICE), now, TPI).expect("a day is settled");
    let now = now.later(OPENING_SECONDS);
    for seat in [0, 1] {
        clearing::start_liquidation(&mut house, Env { caller: owner(3), now }, Seat(seat)).expect("it lacks margin");
    }
    let mut seen = snapshot(house);
    (seen.now, seen.liquidated) = (now, vec![Seat(0), Seat(1)]);
    let limits = |most_lots, most_notional| Limits {
        seat: Seat(3),
        owner: owner(3),
        least_discount_bps: 0,
        most_lots: Lots(most_lots),
        most_notional,
        reserve: 0,
    };
    let mut bids = |limits| -> Vec<u32> {
        let cares = Cares { limits: Some(limits), ..Cares::default() };
        let lots = |due: Due| if let Message::Bid { lots, .. } = due.message { Some(lots.0) } else { None };
        found(&mut seen, &cares).into_iter().filter_map(lots).collect()
    };
    let plenty = 1_000_000 * DOLLAR;
    assert_eq!(bids(limits(500, plenty)), [80, 80]);
    assert_eq!(bids(limits(100, plenty)), [80, 20], "lots of the month");
    // A lot is worth 520 US dollars.
    assert_eq!(bids(limits(500, 50_000 * DOLLAR)), [80, 10], "value of all positions");
}
