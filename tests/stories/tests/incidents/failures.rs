//! The world around the exchange fails: nobody keeps it, its index falls silent, prices leap, keys are lost or turn.
//! Each story ends in what a user can still do, and the book's table of it is held here (O5, G5).

use crate::venue::{CASH, MARK, Venue};
use crate::{DAY, PRODUCT, START, USUAL, finalise_price, propose_final};
use sit_client::{Failure, Signer};
use sit_devnet::{Account, WhenFull};
use sit_engine::clearing::opening::OPENING_SECONDS;
use sit_engine::clearing::{Guard, Instrument};
use sit_engine::governance::Delays;
use sit_engine::launch::{DELAYS, VAULT_LIMITS};
use sit_engine::oracle::Rules;
use sit_engine::oracle::validity::Validity;
use sit_engine::units::{Lots, Seat, Side, Ticks};
use sit_native::answers::PlacedOrder;
use sit_native::message::{self, limit_order};
use sit_native::{Message, Returned, TokenAmount};
use std::cell::RefCell;

/// The auditor's guide, whose table says what users can do.
const PAGE: &str = include_str!("../../../../docs/book/src/audit.md");

/// The rows of a table of the page, cell by cell; the table is known by its first heading.
fn rows(table: &str) -> Vec<Vec<&'static str>> {
    let head = format!("| {table} |");
    let lines = PAGE.lines().skip_while(|line| !line.starts_with(&head)).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// What a table of the page says of something, without the first column.
fn row(table: &str, of: &str) -> Vec<&'static str> {
    rows(table).into_iter().find(|row| row[0] == of).map(|row| row[1..].to_vec()).unwrap_or_default()
}

/// A story compares the rows that it asks about; a row that no story asks about any more would stay.
#[test]
fn every_row_of_the_page_is_asked_about_by_a_story() {
    const STORIES: &str = include_str!("failures.rs");
    for (table, least) in [("after", 20), ("in a full block", 5)] {
        let rows = rows(table);
        assert!(rows.len() >= least, "{rows:?}");
        for row in rows {
            // Two stories put what has happened before what they ask about.
            let asked = match row[0].split_once(": ") {
                Some((what, then)) => {
                    STORIES.contains(&format!("\"{what}\"")) && STORIES.contains(&format!(": {then}\""))
                }
                None => STORIES.contains(&format!("\"{}\"", row[0])),
            };
            assert!(asked, "no story asks about `{}`", row[0]);
        }
    }
}

thread_local! {
    /// Rows that are not as the page has them: a story ends with all of them.
    static WRONG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Whether somebody could do something now: `yes`, or the name of the refusal.
fn can<A: Returned>(venue: &mut Venue, who: &Account, message: &Message) -> String {
    match venue.exchange().client().simulate::<A>(who, message) {
        Ok(_) => "yes".to_owned(),
        Err(Failure::Refused { why, .. }) => why.name().to_owned(),
        Err(other) => panic!("{other}"),
    }
}

/// Compares what people can do now with the page: who has no position (seat 2) withdraws; who holds one (seat 1)
/// withdraws, closes it against seat 0, or opens one (seat 3); deposits; and anyone pays what is due in the month.
fn state(venue: &mut Venue, after: &str) {
    let near = venue.near;
    let long = venue.net(1, near) >= 0;
    let people = venue.people.clone();
    let order = |venue: &mut Venue, seat: usize, side: Side| {
        let mark = venue.exchange().mark(near.0).map_or(MARK as u32, |mark| mark.0);
        let order = limit_order(Seat(seat as u32), near, side, Ticks(mark), Lots(1));
        can::<PlacedOrder>(venue, &people[seat], &Message::Place { order })
    };
    let withdraw = |seat: u32| Message::Withdraw { seat: Seat(seat), amount: 1_000_000 };
    let found = [
        can::<u64>(venue, &people[2], &withdraw(2)),
        can::<u64>(venue, &people[1], &withdraw(1)),
        order(venue, 1, if long { Side::Sell } else { Side::Buy }),
        order(venue, 3, Side::Buy),
        can::<u64>(venue, &people[1], &Message::Deposit { seat: Seat(1), amount: 1_000_000 }),
        can::<()>(venue, &people[1], &Message::Settle { instrument: near, seats: message::seats([Seat(1)]) }),
        can::<u32>(venue, &people[1], &Message::Sunset { instrument: near }),
    ];
    println!("| {after} | {} |", found.join(" | "));
    if row("after", after) != found {
        WRONG.with_borrow_mut(|wrong| wrong.push(format!("| {after} | {} |", found.join(" | "))));
    }
}

/// The end of a story: the page said what was found.
fn told() {
    let wrong = WRONG.take();
    assert!(wrong.is_empty(), "docs/book/src/audit.md has other rows:\n{}", wrong.join("\n"));
}

/// A venue whose seat 0 is short of 100 lots and whose seat 1 is long, settled on Wednesday, genesis over.
fn traded() -> Venue {
    let mut venue = Venue::open();
    venue.seal();
    let near = venue.near;
    venue.trade(0, 1, near, MARK, 100);
    venue.day(START + 2, USUAL);
    venue
}

/// Everybody goes home, and nothing is left but fees and dust: returns what is left, in quote atoms.
fn homewards(venue: &mut Venue, months: &[Instrument]) -> u64 {
    for month in months {
        for order in [[0, 1, 2, 3], [3, 2, 1, 0]] {
            venue.settle(*month, order).unwrap();
        }
    }
    let paid = venue.everyone_goes_home();
    let left = venue.exchange().audit().unwrap();
    assert_eq!(u128::from(paid) + left.balance, u128::from(4 * CASH), "to the last atom");
    u64::try_from(left.balance).unwrap()
}

/// The last trading day of the front month.
const EXPIRY: u32 = START + 23;

/// The month's final price by anyone, two days after its last trading day, and claims.
fn expire(venue: &mut Venue) {
    let (near, anyone) = (venue.near, venue.world.anyone());
    venue.at(EXPIRY + 1, 3_600);
    venue.world.call(&anyone, &propose_final(EXPIRY)).unwrap();
    venue.at(EXPIRY + 2, 2 * 3_600);
    venue.world.call(&anyone, &finalise_price(EXPIRY)).unwrap();
    venue.anyone(&Message::Finalise { instrument: near }).unwrap();
}

#[test]
fn keepers_are_gone_for_a_week_and_their_work_is_done_by_those_who_want_their_money() {
    let mut venue = traded();
    let near = venue.near;
    state(&mut venue, "nothing");
    // Reporters go on; nobody publishes, settles, calls or liquidates.
    let back = START + 9;
    for day in START + 3..=back {
        venue.at(day, 15 * 3_600);
        for reporter in 0..5 {
            venue.world.submit(reporter, day, USUAL * 104 / 100).unwrap();
        }
        if day == START + 5 {
            state(&mut venue, "three days without keepers");
        }
    }
    state(&mut venue, "a week without keepers");
    // Seat 1 does it: two messages bring everything back.
    let me = venue.people[1].clone();
    let published = venue.world.call(&me, &Message::Publish { index: 0, day: sit_engine::calendar::Day(back) });
    assert_eq!(published.unwrap().answer::<Validity>().unwrap(), Validity::Valid);
    venue.send(1, &Message::SettleDay { product: PRODUCT }).unwrap();
    venue.wait_for_the_opening();
    state(&mut venue, "a week without keepers, and two messages of a user");
    let mark = u64::from(venue.exchange().mark(near.0).unwrap().0);
    venue.trade(1, 0, near, mark, 100);
    venue.day(back + 1, USUAL * 104 / 100);
    let left = homewards(&mut venue, &[near]);
    println!("{left} atoms of fees and dust stay");
    told();
}

#[test]
fn the_index_is_silent_for_three_weeks_and_anyone_ends_the_months_at_their_last_marks() {
    let mut venue = traded();
    let (near, far) = (venue.near, venue.far);
    venue.trade(0, 1, far, MARK, 20);
    for (days, after) in [
        (4, "four days without a print"),
        (7, "a week without a print"),
        (14, "two weeks without a print"),
        (21, "three weeks without a print"),
    ] {
        venue.at(START + 2 + days, 15 * 3_600);
        state(&mut venue, after);
    }
    venue.at(START + 2 + 21, 16 * 3_600);
    venue.anyone(&Message::Sunset { instrument: near }).unwrap();
    homewards(&mut venue, &[near, far]);
    told();
}

/// What the resolution of a default leaves: the balances of the seats in the end.
fn defaulted(venue: &mut Venue, what: &str) -> [u64; 4] {
    let (near, loser, winner) = (venue.near, 0, 1);
    let seat = Seat(loser as u32);
    venue.anyone(&Message::StartLiquidation { seat }).unwrap();
    venue.settle(near, [loser as u32, 3, 3, 3]).unwrap();
    let lots = Lots(venue.net(loser, near).unsigned_abs());
    // Nobody wants it but at the end of the auction, and with other money.
    venue.exchange().chain.advance(3_600);
    let rich = venue.people[3].clone();
    venue.exchange().chain.mint_usdc(&rich, 10_000_000_000_000).unwrap();
    let spender = venue.exchange().address(sit_native::Contract::Vault).unwrap();
    let value = TokenAmount(10_000_000_000_000);
    venue.exchange().client().send(&rich, &Message::ApproveSpender { spender, value }).unwrap();
    venue.deposit(3, 5_000_000_000_000).unwrap();
    venue.send(3, &Message::Bid { liquidator: Seat(3), seat, instrument: near, lots }).unwrap();
    assert_eq!(venue.net(loser, near), 0, "all of it is taken over");
    state(venue, &format!("{what}: taken over, not allocated"));
    // The fund of this venue is empty: what nobody has paid is the winners' to bear, by anyone's messages.
    venue.anyone(&Message::WriteOff { seat, instrument: near }).unwrap();
    venue.anyone(&Message::Allocate { instrument: near, seats: message::seats((0..4).map(Seat)) }).unwrap();
    venue.settle(near, [loser as u32, 3, winner as u32, 2]).unwrap();
    [0, 1, 2, 3].map(|seat| venue.cash(seat))
}

/// The winner closes against the liquidator, the next day is settled, and everybody takes out all that they have.
fn closed(venue: &mut Venue, (seller, buyer): (usize, usize), price: u64, lots: u64) {
    let near = venue.near;
    let mark = u64::from(venue.exchange().mark(near.0).unwrap().0);
    venue.trade(seller, buyer, near, mark, lots);
    venue.day(START + 4, price);
    for order in [[0, 1, 2, 3], [3, 2, 1, 0]] {
        venue.settle(near, order).unwrap();
    }
    for seat in 1..4 {
        let all = venue.cash(seat);
        venue.withdraw(seat, all).unwrap_or_else(|error| panic!("seat {seat}: {error}"));
    }
    venue.exchange().audit().unwrap();
}

/// A print that is so far from the last one waits for four hours and is then what it is.
fn leaps(venue: &mut Venue, price: u64, what: &str) {
    let day = START + 3;
    assert_eq!(venue.world.day(day, price), Ok(Validity::NeedsConfirmation));
    venue.anyone(&Message::NoteIndex { product: PRODUCT }).unwrap();
    venue.wait_for_the_opening();
    state(venue, &format!("{what}: the print waits"));
    venue.at(day, 20 * 3_600);
    assert_eq!(venue.world.publish(day), Ok(Validity::Valid));
    venue.anyone(&Message::SettleDay { product: PRODUCT }).unwrap();
    venue.anyone(&Message::NoteIndex { product: PRODUCT }).unwrap();
    venue.wait_for_the_opening();
    state(venue, &format!("{what}: settled"));
}

#[test]
fn ten_times_the_price_in_one_print_takes_what_the_loser_has_and_the_rest_from_who_won() {
    let mut venue = traded();
    leaps(&mut venue, USUAL * 10, "ten times the price");
    // 100 lots of 18,000 ticks of 0.10 USD: 180,000 USD, of which seat 0 has 100,000.
    let has = defaulted(&mut venue, "ten times the price");
    println!("in the end they have {has:?}");
    assert_eq!(has[0], 0, "the loser has paid all that it had");
    let (won, owed) = (has[1] - CASH, 180_000_000_000);
    // What the loser had, less what the liquidator was paid for taking over late.
    assert!(won < owed && won > 80_000_000_000, "{won} of {owed}");
    state(&mut venue, "ten times the price: allocated");
    closed(&mut venue, (1, 3), USUAL * 10, 100);
    told();
}

#[test]
fn ninety_five_per_cent_down_in_one_print_leaves_everybody_who_is_not_the_loser_free_to_go() {
    let mut venue = Venue::open();
    venue.seal();
    let near = venue.near;
    // 1,000 lots, 200,000 USD: the long loses 190,000 of it and has 100,000.
    venue.trade(1, 0, near, MARK, 1_000);
    venue.day(START + 2, USUAL);
    leaps(&mut venue, USUAL * 5 / 100, "5 % of the price");
    let has = defaulted(&mut venue, "5 % of the price");
    println!("in the end they have {has:?}");
    assert_eq!(has[0], 0);
    assert!(has[1] > CASH + 70_000_000_000);
    state(&mut venue, "5 % of the price: allocated");
    closed(&mut venue, (3, 1), USUAL * 5 / 100, 1_000);
    told();
}

#[test]
fn with_the_governors_key_lost_a_month_lives_to_its_end_and_the_next_is_listed() {
    let mut venue = traded();
    let near = venue.near;
    // Nobody proposes any more. Days, calls, claims and listings are anyone's.
    for day in START + 3..=EXPIRY {
        venue.day(day, USUAL * 102 / 100);
    }
    state(&mut venue, "the governor's key lost for three weeks");
    expire(&mut venue);
    state(&mut venue, "the governor's key lost, the month settled");
    let before = venue.exchange().curve().unwrap().unwrap().next_serial;
    let listed: u8 = venue.anyone(&Message::RollListing { product: PRODUCT }).unwrap().answer().unwrap();
    assert!(listed > 0 && venue.exchange().curve().unwrap().unwrap().next_serial > before, "months are listed");
    // A pause of the guardian can no longer be ended: it ends in a sunset, and everybody goes home.
    venue.tighten(&Message::Pause { product: PRODUCT, scopes: Guard::ALL }).unwrap();
    venue.exchange().chain.advance(15 * DAY + 60);
    state(&mut venue, "the governor's key lost, paused for two weeks");
    let far = venue.far;
    venue.anyone(&Message::Sunset { instrument: far }).unwrap();
    homewards(&mut venue, &[near, far]);
    told();
}

/// The guardian does all that it can at once.
fn runs_riot(venue: &mut Venue) {
    venue.tighten(&Message::Pause { product: PRODUCT, scopes: Guard::ALL }).unwrap();
    venue.tighten(&Message::LowerLimits { hour: 0, day: 0 }).unwrap();
    venue.wait_for_the_opening();
}

#[test]
fn a_guardian_that_turns_holds_up_withdrawals_until_it_is_replaced_and_takes_nothing() {
    let mut venue = traded();
    let near = venue.near;
    runs_riot(&mut venue);
    let began = venue.now();
    state(&mut venue, "the guardian turned");
    // Whatever would end it is vetoed, but for its own end.
    let guardian = venue.exchange().chain.account("guardian");
    let limits = Message::SetLimits { hour: VAULT_LIMITS.hour, day: VAULT_LIMITS.day };
    for message in [&limits, &Message::Unpause { product: PRODUCT }] {
        let action = venue.exchange().queue(message).unwrap();
        venue.say(&guardian, &Message::Veto { id: action.id }).unwrap();
    }
    let successor = venue.exchange().chain.account("successor");
    let nomination = venue.exchange().queue(&Message::NominateGuardian { nominee: successor.address() }).unwrap();
    let veto = venue.say(&guardian, &Message::Veto { id: nomination.id });
    assert_eq!(veto.err().unwrap(), "NotVetoable");
    let Delays { critical, loosen, .. } = DELAYS;
    venue.exchange().chain.advance(u64::from(critical) + 60);
    venue.execute(&nomination).unwrap();
    venue.say(&successor, &Message::AcceptGuardian {}).unwrap();
    let again = venue.tighten(&Message::Pause { product: PRODUCT, scopes: Guard::ALL });
    assert_eq!(again, Err("NotAuthorised".to_owned()), "it is the guardian no more");
    let actions =
        [&limits, &Message::Unpause { product: PRODUCT }].map(|message| venue.exchange().queue(message).unwrap());
    venue.exchange().chain.advance(u64::from(loosen) + 60);
    for action in &actions {
        venue.execute(action).unwrap();
    }
    let days = (venue.now() - began) as f64 / DAY as f64;
    println!("{days:.2} days from the first message to the last");
    assert!(days < 5.1, "{days}");
    state(&mut venue, "the guardian replaced");
    // The index has been silent meanwhile; a print brings the rest back.
    let today = u32::try_from(venue.now() / DAY).unwrap() + 1;
    venue.day(today, USUAL);
    state(&mut venue, "the guardian replaced, and a print");
    let mark = u64::from(venue.exchange().mark(near.0).unwrap().0);
    venue.trade(1, 0, near, mark, 100);
    homewards(&mut venue, &[near]);
    told();
}

/// With the governor's key lost as well nobody sets the vault's limits, but what the guardian lowered lapses.
#[test]
fn a_guardian_that_turns_when_nobody_governs_holds_money_back_half_of_the_time() {
    let mut venue = traded();
    let near = venue.near;
    runs_riot(&mut venue);
    venue.exchange().chain.advance(15 * DAY + 60);
    venue.anyone(&Message::Sunset { instrument: near }).unwrap();
    venue.exchange().chain.advance(u64::from(OPENING_SECONDS));
    for _ in 0..2 {
        venue.settle(near, [0, 1, 2, 3]).unwrap();
    }
    assert_eq!([0, 1].map(|seat| venue.net(seat, near)), [0, 0], "the month is settled and claimed");
    state(&mut venue, "the guardian turned and nobody governs, two weeks later");
    let again = venue.tighten(&Message::LowerLimits { hour: 0, day: 0 });
    assert_eq!(again, Err("ActionFailed".to_owned()), "the vault refuses: LoweredLately");
    venue.exchange().chain.advance(14 * DAY);
    venue.tighten(&Message::LowerLimits { hour: 0, day: 0 }).unwrap();
    assert_eq!(venue.withdraw(0, 1).err().unwrap(), "PayoutLimit");
    told();
}

/// The weight that a block has left after strangers have filled it with transfers down to a share of it, in percent.
fn crowded(venue: &mut Venue, crowd: &Account, left_percent: u64) -> u32 {
    let to = venue.people[0].address();
    let transfer = Message::SendTokens { to, value: TokenAmount(1) };
    let limit = venue.exchange().chain.block_limit();
    let mut count = 0;
    loop {
        let left = venue.exchange().chain.left();
        let enough = |left: u64, limit: u64| u128::from(left) * 100 > u128::from(limit) * u128::from(left_percent);
        if !enough(left.ref_time, limit.ref_time) || !enough(left.proof_size, limit.proof_size) {
            return count;
        }
        if venue.exchange().client().send(crowd, &transfer).is_err() {
            return count;
        }
        count += 1;
    }
}

#[test]
fn blocks_full_of_others_leave_settlement_and_liquidation_possible_where_their_share_is_left() {
    let mut venue = traded();
    let near = venue.near;
    let (crowd, anyone) = (venue.exchange().chain.account("crowd"), venue.world.anyone());
    venue.exchange().chain.mint_usdc(&crowd, 1_000_000_000).unwrap();
    let short = venue.cash(0) - 6_500_000_000;
    venue.withdraw(0, short).unwrap();
    assert_eq!(venue.world.day(START + 3, USUAL * 124 / 100), Ok(Validity::Valid));
    venue.exchange().chain.when_full(WhenFull::Refuse);
    venue.exchange().chain.seal_block(2);
    let whole = crowded(&mut venue, &crowd, 0);
    println!("{whole} transfers of strangers fill a block");
    venue.exchange().chain.seal_block(2);
    let all = message::seats([0, 1, 2, 3].map(Seat));
    let steps = [
        ("settle_day", anyone.clone(), Message::SettleDay { product: PRODUCT }),
        ("settle of four accounts", anyone.clone(), Message::Settle { instrument: near, seats: all }),
        ("start_liquidation", anyone, Message::StartLiquidation { seat: Seat(0) }),
        (
            "bid",
            venue.people[3].clone(),
            Message::Bid { liquidator: Seat(3), seat: Seat(0), instrument: near, lots: Lots(100) },
        ),
        ("withdraw", venue.people[2].clone(), Message::Withdraw { seat: Seat(2), amount: 1_000_000 }),
    ];
    for (what, who, message) in steps {
        // The smallest share of a block, in whole percent, in which it fits: the first that takes it.
        let share = (0..=50).find(|percent| {
            crowded(&mut venue, &crowd, *percent);
            let fits = venue.exchange().client().send(&who, &message).is_ok();
            venue.exchange().chain.seal_block(2);
            fits
        });
        println!("{what}: fits where strangers leave {} % of a block", share.unwrap());
        let told = row("in a full block", what);
        if told != [format!("{} %", share.unwrap())] {
            WRONG.with_borrow_mut(|wrong| wrong.push(format!("| {what} | {} % |", share.unwrap())));
        }
    }
    assert!(venue.net(0, near) > -100, "the liquidation went on");
    // A block without room delays and loses nothing.
    let (holder, deposit) = (venue.people[1].clone(), Message::Deposit { seat: Seat(1), amount: 1 });
    crowded(&mut venue, &crowd, 0);
    let refused = venue.exchange().client().send(&holder, &deposit);
    assert!(matches!(refused, Err(Failure::Transport { .. })), "{refused:?}");
    venue.exchange().chain.seal_block(2);
    crowded(&mut venue, &crowd, 50);
    venue.exchange().client().send(&holder, &deposit).unwrap();
    venue.exchange().chain.seal_block(2);
    venue.exchange().chain.when_full(WhenFull::Seal { seconds: 6 });
    venue.exchange().audit().unwrap();
    told();
}

#[test]
fn the_rules_of_the_stories_are_those_of_the_launch() {
    assert_eq!(Rules::TPI.confirm_delay, 4 * 3_600);
    assert_eq!(
        DELAYS.critical + DELAYS.loosen,
        5 * sit_engine::calendar::DAY,
        "a guardian that turns holds up for five days"
    );
}
