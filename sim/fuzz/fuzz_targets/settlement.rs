//! The arithmetic of a daily settlement on any month, any prints and any word of the book: the mark is a price, the
//! part of it that comes from the book stays within its step and its reach, and a repricing takes nothing from it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sit_engine::calendar::{self, Day};
use sit_engine::clearing::mark::{BOOK_REACH_BPS, BOOK_STEP_BPS, Struck, is_repricing, slow_mark, strike, to_ticks};
use sit_engine::clearing::{Month, Position};
use sit_engine::oracle::{Averaging, Print};
use sit_engine::units::{Lots, NetLots, Points, Side, Ticks};

struct Draw<'a>(&'a [u8]);

impl Draw<'_> {
    fn number(&mut self, bytes: usize) -> u64 {
        (0..bytes).fold(0, |sum, _| {
            let Some((first, rest)) = self.0.split_first() else { return sum << 8 };
            self.0 = rest;
            sum << 8 | u64::from(*first)
        })
    }

    fn ticks(&mut self) -> Ticks {
        Ticks((self.number(3) as u32).clamp(1, Ticks::MAX.0 - 1))
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut draw = Draw(bytes);
    let day = 20_000 + (draw.number(1) as u32);
    let (before, left) = (1 + draw.number(1) as u32 % 32, draw.number(1) as u32 % 200);
    let (settle, reference, slow) = (draw.ticks(), draw.ticks(), draw.ticks());
    // What a month carries is within what a settlement may have left there.
    let most = i64::from(settle.0) * BOOK_REACH_BPS as i64 / (10_000 + BOOK_REACH_BPS as i64);
    let most = most.clamp(0, i64::from(i16::MAX));
    let pull = (draw.number(2) as i64 - 32_768).clamp(-most, most);
    let tick_size = 1 + draw.number(2) as u16 % 1_000;
    let expiry = calendar::last_trading_time(Day(day + left));
    let month = Month { settle, reference, slow, tick_size, expiry, pull: pull as i16, ..Month::default() };
    let print = |day: u32, price: u64| Print { day: Day(day), price: (price as u32).max(1), ..Print::default() };
    let (previous, print) = (print(day - before, draw.number(4)), print(day, draw.number(4)));
    let averaging = (draw.number(1) % 2 == 0).then(|| {
        let window = 1 + draw.number(1) as u8 % 32;
        let samples = draw.number(1) as u8 % (window + 1);
        let sum = (0..samples).map(|_| draw.number(4)).sum();
        Averaging { window, samples, sum }
    });
    let said = (draw.number(1) % 2 == 0).then(|| i128::from(draw.ticks().0));

    let with = strike(&month, previous, print, averaging, || said);
    let without = strike(&month, previous, print, averaging, || None);
    for Struck { mark, .. } in [with, without] {
        assert!(mark >= Ticks(1) && mark < Ticks::MAX);
    }
    assert_eq!(with.repriced, without.repriced, "the book decides about no repricing");
    if with.repriced {
        assert_eq!(with, without, "nor does it move what is repriced");
    }
    let anchor = i64::from(with.mark.0) - i64::from(with.pull);
    let step = anchor * BOOK_STEP_BPS as i64 / 10_000;
    assert!((i64::from(with.mark.0) - i64::from(without.mark.0)).abs() <= step + 1, "the book's step");
    assert!(i64::from(with.pull).abs() <= anchor * BOOK_REACH_BPS as i64 / 10_000 + 1, "the book's reach");
    assert!(is_repricing(reference, reference) == (reference == Ticks::ZERO));

    let followed = slow_mark(slow, with.mark);
    let between = slow.min(with.mark)..=slow.max(with.mark);
    assert!(between.contains(&followed), "the slow mark follows and does not overtake");
    assert!((followed == slow) == (slow == with.mark), "and it does follow");
    assert_eq!(to_ticks(u64::from(with.mark.0) * u64::from(tick_size), tick_size), with.mark.0);

    // What one wins another loses, whatever they traded at and however often they are settled.
    let (lots, price) = (Lots(draw.number(3) as u32 & Lots::MAX.0), draw.ticks());
    let mut sides = [Side::Buy, Side::Sell].map(|side| {
        let mut position = Position::default();
        position.trade(side, lots, price);
        position
    });
    for mark in [settle, with.mark] {
        let owed = sides.map(|position| position.variation(mark));
        assert_eq!(owed[0] + owed[1], Points::ZERO);
        for (position, paid) in sides.iter_mut().zip(owed) {
            position.basis += paid;
            assert_eq!(position.variation(mark), Points::ZERO);
        }
    }
    assert_eq!(sides[0].net.0 + sides[1].net.0, NetLots::ZERO.0);
});
