//! The curve of a product: every listed month with its marks, in one cell, so that a margin check reads it once.

use super::guard::Guard;
use super::holidays::{HOLIDAY_BYTES, Holidays, MAX_HOLIDAYS};
use super::instrument::{Instrument, Product};
use super::round::round_of;
use crate::calendar::{self, Day};
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::units::{Seconds, TickValue, Ticks};

/// Months a curve can hold: ten by the listing rule and two that are still being settled.
pub const MAX_MONTHS: usize = 12;

/// What may be done in an instrument. Trading also ends by itself at the last trading time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Status {
    /// Everything.
    #[default]
    Trading,
    /// Only orders that reduce a position.
    ReduceOnly,
    /// The final price is set: claims only.
    Settled,
}

impl Status {
    /// Whether governance or the rules may go from here to `next`. A settled instrument stays settled.
    pub fn may_become(self, next: Self) -> bool {
        !matches!((self, next), (Self::Settled, _))
    }
}

/// One listed month.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Month {
    /// The instrument.
    pub instrument: Instrument,
    /// What may be done in it.
    pub status: Status,
    /// Quote epoch: raised by an accepted repricing, which voids every older order.
    pub epoch: u16,
    /// When the running quote epoch began.
    pub epoch_began: Seconds,
    /// Last trading time: 16:00 UTC of the last trading day ([`crate::calendar::last_trading_time`]), of which the cell
    /// holds the day.
    pub expiry: Seconds,
    /// Quote atoms of one tick on one lot.
    pub tick_value: TickValue,
    /// Index price of one tick, in quote atoms per million tokens.
    pub tick_size: u16,
    /// Settlement mark: what positions are settled at, renewed daily.
    pub settle: Ticks,
    /// Ticks of the settlement mark that come from the book: without them it is a price that no book has touched
    /// ([`crate::clearing::mark`]).
    pub pull: i16,
    /// Mark price for maintenance margin.
    pub mark: Ticks,
    /// Slow average of the mark; initial margin uses the worse of both.
    pub slow: Ticks,
    /// The mark at which the running quote epoch began: centre of the book's window and of the makers' scores.
    pub reference: Ticks,
    /// How far open interest has raised initial margin towards the whole value, in 255ths
    /// ([`crate::clearing::AddOns`]). Renewed by the daily settlement.
    pub open_interest_scale: u8,
}

impl Month {
    /// Starts a quote epoch at the settlement mark: every older order is void.
    pub fn start_epoch(&mut self, now: Seconds) {
        self.epoch = self.epoch.wrapping_add(1).max(1);
        self.epoch_began = now;
        self.reference = self.settle;
    }

    /// The settlement mark without what comes from the book.
    pub fn anchor(&self) -> Ticks {
        Ticks(u32::try_from(i64::from(self.settle.0).saturating_sub(self.pull.into())).unwrap_or(0))
    }
}

/// When quotes last ended because new risk was kept out, and how many quote epochs began before anybody could quote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ended {
    /// The epochs; zero when there were none or too many.
    pub epochs: u16,
    /// The time.
    pub at: Seconds,
}

/// A product's months, ordered by last trading time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Curve {
    /// Counts daily settlements.
    pub round: u16,
    /// Day of the index print that the running marks come from (days since 1970-01-01).
    pub index_day: u32,
    /// That print, in quote atoms per million tokens.
    pub index_price: u32,
    /// Serial number of the next listed instrument.
    pub next_serial: u16,
    /// Weekdays on which the product does not trade.
    pub holidays: Holidays,
    /// What keeps new risk out of the product.
    pub guard: Guard,
    /// Quote epochs that have begun in each month since new risk last began to be kept out ([`Guard::shut_at`]) and
    /// until it was let in, the first among them; zero when they are more than [`Curve::MOST_SHUT_EPOCHS`].
    pub shut_epochs: u8,
    used: u8,
    months: [Month; MAX_MONTHS],
}

impl Curve {
    /// A product without months at an index print.
    pub fn new(index_day: u32, index_price: u32) -> Self {
        Self {
            round: 0,
            index_day,
            index_price,
            next_serial: 0,
            holidays: Holidays::default(),
            guard: Guard::default(),
            shut_epochs: 0,
            used: 0,
            months: [Month::default(); MAX_MONTHS],
        }
    }

    /// The listed months.
    pub fn months(&self) -> &[Month] {
        self.months.get(..usize::from(self.used)).unwrap_or_default()
    }

    /// The listed months, to be changed.
    pub fn months_mut(&mut self) -> &mut [Month] {
        self.months.get_mut(..usize::from(self.used)).unwrap_or_default()
    }

    /// Row of an instrument in the risk array: how many months that are not settled come before it.
    pub fn slot(&self, instrument: Instrument) -> Option<usize> {
        let index = self.months().iter().position(|month| month.instrument == instrument)?;
        let before = self.months().iter().take(index);
        Some(before.filter(|month| month.status != Status::Settled).count())
    }

    /// The largest number of [`Curve::shut_epochs`] that is kept.
    pub const MOST_SHUT_EPOCHS: u8 = 15;

    /// Since when nobody could quote when new risk was last kept out.
    pub fn ended(&self) -> Ended {
        Ended { epochs: self.shut_epochs.into(), at: self.guard.shut_at }
    }

    /// How many months are not settled.
    pub fn unsettled(&self) -> usize {
        self.months().iter().filter(|month| month.status != Status::Settled).count()
    }

    /// A listed month.
    pub fn month(&self, instrument: Instrument) -> Option<&Month> {
        self.months().iter().find(|month| month.instrument == instrument)
    }

    /// A listed month, to be changed.
    pub fn month_mut(&mut self, instrument: Instrument) -> Option<&mut Month> {
        self.months_mut().iter_mut().find(|month| month.instrument == instrument)
    }

    /// Lists a month in the order of expiries, under the next serial number; `None` when the curve is full. Settled
    /// months are dropped first, oldest first: their market cell keeps what late claims need.
    pub fn list(&mut self, product: Product, month: Month) -> Option<Instrument> {
        if usize::from(self.used) == MAX_MONTHS {
            let settled = self.months().iter().position(|month| month.status == Status::Settled)?;
            self.months.get_mut(settled..)?.rotate_left(1);
            self.used = self.used.saturating_sub(1);
        }
        let instrument = Instrument::new(product, self.next_serial);
        let index = self.months().iter().filter(|other| other.expiry <= month.expiry).count();
        let tail = self.months.get_mut(index..=usize::from(self.used))?;
        tail.rotate_right(1);
        *tail.first_mut()? = Month { instrument, ..month };
        self.used = self.used.saturating_add(1);
        self.next_serial = self.next_serial.checked_add(1)?;
        Some(instrument)
    }

    /// The settlement round as accounts remember it.
    pub fn short_round(&self) -> u8 {
        round_of(self.round)
    }

    // instrument 2, status 1, epoch 2, began 4, last trading day 2, tick value 4, tick size 2, four prices of 3, scale
    // 1, pull 2
    const MONTH_BYTES: usize = 32;
}

const _: () = assert!(Curve::MAX_BYTES <= CELL_BYTES);

impl Cell for Curve {
    // round 2, index day 2 and price 4, next serial 2, count and the guard's epochs 1
    const MAX_BYTES: usize = 11 + MAX_HOLIDAYS * HOLIDAY_BYTES + MAX_MONTHS * Self::MONTH_BYTES + Guard::BYTES;

    fn write(&self, out: &mut Writer) {
        out.uint(self.round.into(), 2);
        out.uint(self.index_day.into(), 2);
        out.uint(self.index_price.into(), 4);
        out.uint(self.next_serial.into(), 2);
        for day in self.holidays.0 {
            out.uint(day.into(), HOLIDAY_BYTES);
        }
        out.uint(u64::from(self.used) | u64::from(self.shut_epochs) << 4, 1);
        for month in self.months() {
            out.uint(month.instrument.0.into(), 2);
            out.uint(
                match month.status {
                    Status::Trading => 0,
                    Status::ReduceOnly => 1,
                    Status::Settled => 2,
                },
                1,
            );
            out.uint(month.epoch.into(), 2);
            out.uint(month.epoch_began.0.into(), 4);
            out.uint(Day::of(month.expiry).0.into(), 2);
            out.uint(month.tick_value.0.into(), 4);
            out.uint(month.tick_size.into(), 2);
            for price in [month.settle, month.mark, month.slow, month.reference] {
                out.uint(price.0.into(), 3);
            }
            out.uint(month.open_interest_scale.into(), 1);
            out.int(month.pull.into(), 2);
        }
        self.guard.write(out);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let mut curve = Self::new(0, 0);
        curve.round = from.u16();
        curve.index_day = from.u16().into();
        curve.index_price = from.u32(4);
        curve.next_serial = from.u16();
        for day in &mut curve.holidays.0 {
            *day = from.u16();
        }
        let counts = from.u8();
        (curve.used, curve.shut_epochs) = (counts & 0x0F, counts >> 4);
        for month in curve.months_mut() {
            month.instrument = Instrument(from.u16());
            month.status = match from.u8() {
                0 => Status::Trading,
                1 => Status::ReduceOnly,
                _ => Status::Settled,
            };
            month.epoch = from.u16();
            month.epoch_began = Seconds(from.u32(4));
            month.expiry = calendar::last_trading_time(Day(from.u16().into()));
            month.tick_value = TickValue(from.u32(4));
            month.tick_size = from.u16();
            for price in [&mut month.settle, &mut month.mark, &mut month.slow, &mut month.reference] {
                *price = Ticks(from.u32(3));
            }
            month.open_interest_scale = from.u8();
            month.pull = i16::try_from(from.int(2)).unwrap_or(0);
        }
        curve.guard = Guard::read(from);
        curve
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_curve_comes_back_and_drops_settled_months_for_new_ones() {
        let mut curve = Curve::new(20_000, 262_500);
        for _ in 0..MAX_MONTHS {
            let month = Month {
                status: Status::ReduceOnly,
                epoch: 9,
                epoch_began: Seconds(1),
                expiry: calendar::last_trading_time(Day(49_709)),
                tick_value: TickValue(u32::MAX),
                tick_size: 100,
                settle: Ticks(1),
                pull: i16::MIN,
                mark: Ticks(2),
                slow: Ticks(3),
                reference: Ticks::MAX,
                open_interest_scale: 255,
                instrument: Instrument::default(),
            };
            assert!(curve.list(Product(1), month).is_some());
        }
        curve.holidays = Holidays([1, 2, 3, 4, 5, u16::MAX]);
        let (since, shut_at) = (Seconds(7), Seconds(8));
        curve.guard = Guard { paused: 5, since, doubt: 2, red: true, shut: true, shut_at };
        curve.shut_epochs = 9;
        assert_eq!(curve.to_cell().as_bytes().len(), Curve::MAX_BYTES);
        assert_eq!(Curve::from_cell(curve.to_cell().as_bytes()), curve);
        assert_eq!(curve.list(Product(1), Month::default()), None);
        curve.months_mut().first_mut().expect("a month").status = Status::Settled;
        let last = Month { expiry: Seconds(u32::MAX), ..Month::default() };
        let instrument = curve.list(Product(1), last).expect("room");
        assert_eq!((instrument.product(), instrument.serial()), (Product(1), 12));
        assert_eq!(curve.slot(instrument), Some(11));
    }

    #[test]
    fn months_stand_in_the_order_of_their_expiry_and_settled_ones_take_no_row() {
        let mut curve = Curve::new(20_000, 1);
        let at = |expiry: u32| Month { expiry: Seconds(expiry), ..Month::default() };
        let far = curve.list(Product(0), at(30)).expect("room");
        let front = curve.list(Product(0), at(10)).expect("room");
        let middle = curve.list(Product(0), at(20)).expect("room");
        assert_eq!([front, middle, far].map(|month| curve.slot(month)), [Some(0), Some(1), Some(2)]);
        curve.month_mut(front).expect("it is there").status = Status::Settled;
        assert_eq!([middle, far].map(|month| curve.slot(month)), [Some(0), Some(1)]);
        assert_eq!(curve.unsettled(), 2);
    }

    #[test]
    fn a_settled_instrument_stays_settled() {
        assert!(Status::Trading.may_become(Status::Settled));
        assert!(!Status::Settled.may_become(Status::Trading));
    }
}
