//! What an eighth attack on the programme found (`docs/book/src/findings-eighth.md`): on what makers are paid for, and
//! on how an honest one loses it.

use crate::week::{START, Week, order, owner};
use sit_engine::calendar::{DAY, Day};
use sit_engine::chain::Env;
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_DUE, PRINT_WAIT};
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{
    self, Guard, Instrument, Level, Measure, Policy, Quote, Served, Store as _, weeks_of_makers,
};
use sit_engine::incentives::{self, CURE_SECONDS, IncentivesError, Parameters, Status, Store as _, end_of};
use sit_engine::launch::TPI;
use sit_engine::oracle::Validity;
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};
use sit_native::Native;

/// Levels of a quote: distance from the mark and lots.
fn quotes(house: &mut Native, now: Seconds, seat: u32, instrument: Instrument, levels: &[(u32, u32)]) {
    let mark = house.curve(TPI).unwrap().month(instrument).unwrap().settle.0;
    let side = |sign: i64| -> Vec<Level> {
        let price = |away: u32| Ticks((i64::from(mark) + sign * i64::from(away)) as u32);
        levels.iter().map(|(away, lots)| Level { price: price(*away), lots: Lots(*lots) }).collect()
    };
    let (bids, asks) = (side(-1), side(1));
    let quote = Quote { seat: Seat(seat), instrument, bids: &bids, asks: &asks, expiry: Seconds::ZERO };
    house.transact(|house| clearing::quote(house, Env { caller: owner(seat), now }, quote)).unwrap();
}

fn measured(week: &mut Week, number: u32, seats: u32) -> Vec<Measure> {
    let makers: Vec<Served> =
        (0..seats).map(|seat| Served { seat: Seat(seat), from: end_of(number - 1), until: end_of(number) }).collect();
    let rules = Parameters::INITIAL.rules();
    let weeks = weeks_of_makers(week.programme.house.get_mut(), end_of(number), number, rules, &makers);
    weeks.measures[..seats as usize].to_vec()
}

/// A maker who is long one month and short the next has 105,000 USD, and loses little by prints that move both. Who
/// loses pays at once, who wins waits for two minutes: in these a rival settles the one leg and asks for the maker's
/// suspension, on Friday when a print has had to be confirmed, and on Saturday as soon as one is settled.
#[test]
fn a_hedged_maker_is_not_suspended_in_the_minutes_in_which_winners_wait() {
    let mut week = Week::new(2, Parameters::INITIAL);
    let (near, far) = (week.months[0].0, week.months[1].0);
    let house = week.programme.house.get_mut();
    let now = START.later(3_600);
    let lots = 3_000;
    for (instrument, side) in [(near, Side::Buy), (far, Side::Sell)] {
        quotes(house, now, 3, instrument, &[(1, lots)]);
        let mark = house.curve(TPI).unwrap().month(instrument).unwrap().settle.0;
        let price = if side == Side::Buy { mark + 1 } else { mark - 1 };
        let take = order(0, instrument, side, price, lots, Policy::ImmediateOrCancel);
        house.transact(|house| clearing::place(house, Env { caller: owner(0), now }, take)).unwrap();
        quotes(house, now, 3, instrument, &[]);
    }
    // What is beyond the capital and five percent goes back to the owner.
    let capital = Parameters::INITIAL.capital;
    let keep = capital + capital / 20;
    let cash = house.account(Seat(0)).unwrap().cash;
    let env = Env { caller: owner(0), now };
    let _ = house.transact(|house| clearing::withdraw(house, env, Seat(0), cash - keep)).unwrap();
    let mut held = Vec::new();
    // The index falls by 3 % and rises as much: the long leg loses, and then the short one.
    let (confirmed, early) = (START.later(DAY + PRINT_DUE + 4 * 3_600), START.later(2 * DAY + PRINT_DUE));
    for (settled, price, winner) in [(confirmed, 873_000, far), (early, 900_000, near)] {
        let house = week.programme.house.get_mut();
        let index = Given::print(Day::of(settled), price);
        house.transact(|house| clearing::settle_day(house, &index, settled, TPI)).unwrap();
        // In one transaction, sent by a rival.
        for instrument in [far, near] {
            let seats = [Seat(3), Seat(0)];
            house.transact(|house| clearing::settle(house, settled, instrument, seats.into_iter())).unwrap();
        }
        held.push(house.account(Seat(0)).unwrap().cash / 1_000_000);
        week.programme.now = settled;
        let rival = week.programme.env(owner(1));
        let late = settled == confirmed;
        let expected = if late { Ok(()) } else { Err(IncentivesError::CurePeriod) };
        assert_eq!(
            incentives::suspend(&mut week.programme, rival, 0),
            expected,
            "a warning, where it is looked at all"
        );
        let maker = week.programme.maker(0).unwrap();
        assert_eq!((maker.status, maker.warned_at == settled), (Status::Designated, late));
        week.programme.now = settled.later(OPENING_SECONDS - 1);
        let rival = week.programme.env(owner(1));
        assert_eq!(incentives::suspend(&mut week.programme, rival, 0), Err(IncentivesError::CurePeriod));
        // Two minutes later the other leg is paid.
        let house = week.programme.house.get_mut();
        let later = settled.later(OPENING_SECONDS);
        house.transact(|house| clearing::settle(house, later, winner, [Seat(0)].into_iter())).unwrap();
        held.push(house.account(Seat(0)).unwrap().cash / 1_000_000);
        week.programme.now = later.max(Day::of(later).start().later(PRINT_DUE + PRINT_WAIT + CURE_SECONDS));
        let rival = week.programme.env(owner(1));
        assert_eq!(incentives::suspend(&mut week.programme, rival, 0), Err(IncentivesError::CapitalSuffices));
    }
    assert_eq!(week.programme.maker(0).unwrap().status, Status::Designated);
    assert_eq!(held, [96_870, 104_910, 96_810, 104_910], "USD, when the rival asks and two minutes later");
}

/// A known limit: quotes that stand when the marks become too old for new risk score on, though nobody who opens can
/// take them and nobody else can quote. It takes days without a print, quotes that stood before, and nobody who brings
/// the oracle's word to the clearing house, which anybody may and a keeper does: that voids them.
#[test]
fn quotes_on_marks_that_are_too_old_score_as_if_they_could_be_taken() {
    let mut week = Week::new(2, Parameters::INITIAL);
    let (instrument, _) = week.months[0];
    let number = week.number;
    let house = week.programme.house.get_mut();
    quotes(house, START, 0, instrument, &[(1, 400)]);
    let mark = house.curve(TPI).unwrap().month(instrument).unwrap().settle.0;
    let holidays = house.curve(TPI).unwrap().holidays;
    // A rival asks on each hour of sessions for a lot, and to quote.
    let level = [Level { price: Ticks(mark - 1), lots: Lots(50) }];
    let quote = Quote { seat: Seat(1), instrument, bids: &level, asks: &[], expiry: Seconds::ZERO };
    let take = order(3, instrument, Side::Buy, mark + 1, 1, Policy::ImmediateOrCancel);
    let mut closed = 0;
    for now in (0..7 * 24).map(|hour| START.later(hour * 3_600)).filter(|now| holidays.is_session(*now)) {
        let rival = house.transact(|house| clearing::quote(house, Env { caller: owner(1), now }, quote));
        let taken = house.transact(|house| clearing::place(house, Env { caller: owner(3), now }, take));
        closed += u32::from(rival.is_err() && taken.is_err());
    }
    let [first, _] = measured(&mut week, number, 2)[..] else { panic!() };
    assert_eq!((first.uptime, first.due), (5 * DAY, 5 * DAY));
    assert_eq!(closed, 48, "hours of 120 in which nobody could take the quotes");

    let mut week = Week::new(2, Parameters::INITIAL);
    let house = week.programme.house.get_mut();
    quotes(house, START, 0, instrument, &[(1, 400)]);
    let index = Given { validity: Some(Validity::Invalid), ..Given::default() };
    let told = house.transact(|house| clearing::note_index(house, &index, START.later(5 * DAY), TPI));
    assert_eq!(told, Ok(Validity::Invalid));
    // What stood until then is credited with the maker's next message.
    let env = Env { caller: owner(0), now: START.later(5 * DAY) };
    house.transact(|house| clearing::cancel_all(house, env, Seat(0), instrument)).unwrap();
    let [first, _] = measured(&mut week, number, 2)[..] else { panic!() };
    assert_eq!((first.uptime, first.due), (3 * DAY, 5 * DAY));
}

/// A known limit: a halt until the next session, and in it a pause of trading. The time of both is owed by nobody, and
/// 13 hours of it are taken twice from what is due. It takes a halt and governance.
#[test]
fn time_that_was_halted_and_paused_is_credited_twice() {
    let mut week = Week::new(1, Parameters::INITIAL);
    let (instrument, _) = week.months[0];
    let number = week.number;
    let house = week.programme.house.get_mut();
    quotes(house, START, 0, instrument, &[(1, 100)]);
    let halted = START.later(DAY + 6 * 3_600);
    let holidays = house.curve(TPI).unwrap().holidays;
    let until = holidays.next_session(halted);
    let mut market = house.market(instrument).unwrap();
    market.halted_until = until;
    market.halts.begin(halted, until, &holidays);
    house.set_market(instrument, &market);
    let paused = halted.later(3_600);
    house.transact(|house| clearing::pause(house, paused, TPI, Guard::TRADING)).unwrap();
    house.transact(|house| clearing::unpause(house, paused.later(13 * 3_600), TPI)).unwrap();
    let [measure] = measured(&mut week, number, 1)[..] else { panic!() };
    let closed = holidays.session_seconds(halted, until);
    let credited = 5 * DAY - measure.due;
    assert_eq!((closed / 3_600, credited / 3_600), (18, 31), "hours that were closed, and that are credited");
}

/// A known limit: a pause of liquidations alone, and at its end one of trading for an hour. Trading was open for the
/// day before, and that day is credited, too. It takes governance or its guardian.
#[test]
fn a_pause_of_something_else_is_credited_from_its_beginning_when_trading_is_paused_in_it() {
    let mut week = Week::new(1, Parameters::INITIAL);
    let (instrument, _) = week.months[0];
    let number = week.number;
    let house = week.programme.house.get_mut();
    let begin = START.later(3_600);
    house.transact(|house| clearing::pause(house, begin, TPI, Guard::LIQUIDATION)).unwrap();
    let trading = begin.later(DAY);
    house.transact(|house| clearing::pause(house, trading, TPI, Guard::TRADING)).unwrap();
    house.transact(|house| clearing::unpause(house, trading.later(3_600), TPI)).unwrap();
    // Nobody has quoted until then.
    quotes(house, trading.later(3_600), 0, instrument, &[(1, 100)]);
    let [measure] = measured(&mut week, number, 1)[..] else { panic!() };
    assert_eq!((measure.due / 3_600, measure.uptime / 3_600), (95, 94), "hours due, of 119, and quoted");
}

/// A known limit, what the fifth attack's sixth finding is worth to who takes no risk at all: 50 lots at the edge for
/// the uptime, and 400 at the mark from noon until the print is settled.
#[test]
fn who_shows_depth_only_while_nothing_trades_is_paid_for_it() {
    let mut scores = Vec::new();
    for minutes in [10, 60, 115] {
        let mut week = Week::new(3, Parameters::INITIAL);
        let (instrument, _) = week.months[0];
        let number = week.number;
        let house = week.programme.house.get_mut();
        let honest = [(45, 100)];
        let edge = [(90, 50)];
        let shown = [&honest[..], &edge[..], &edge[..]];
        for seat in 0..3 {
            quotes(house, START, seat, instrument, shown[seat as usize]);
        }
        for day in 0..7 {
            let due = START.later(day * DAY + PRINT_DUE);
            let holidays = house.curve(TPI).unwrap().holidays;
            if day == 0 || !holidays.is_session(due) {
                continue;
            }
            quotes(house, due, 1, instrument, &[(1, 400)]);
            let settled = due.later(minutes * 60);
            let price = if day % 2 == 0 { 909_000 } else { 900_000 };
            let index = Given::print(Day::of(settled), price);
            house.transact(|house| clearing::settle_day(house, &index, settled, TPI)).unwrap();
            for seat in 0..3 {
                let opens = settled.later(OPENING_SECONDS);
                quotes(house, if seat == 1 { settled } else { opens }, seat, instrument, shown[seat as usize]);
            }
        }
        let measures = measured(&mut week, number, 3);
        scores.push(measures.iter().map(|each| each.counted / 1_024 / 3_600).collect::<Vec<_>>());
    }
    // Lot-hours at the reference: 100 lots at half of the spread all week, at the edge and shown at noon, at the edge.
    assert_eq!(scores, [[6_043, 327, 64], [6_043, 1_643, 64], [6_043, 3_091, 64]]);
    // US dollars of a budget of 5,000 for one such beside four of the first kind; at the edge alone 13.
    let reward = |score: u64| 5_000 * score / (4 * 6_043 + score);
    assert_eq!([327, 1_643, 3_091, 64].map(reward), [66, 318, 566, 13]);
}
