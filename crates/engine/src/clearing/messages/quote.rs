//! `quote`: a maker refreshes both sides of an instrument in one message.
//!
//! All older orders of the account in the instrument are void at once, without a cell touched for them; the new levels
//! rest post-only, sliding back where they would trade; one margin check for all. A level that cannot slide, because
//! somebody else stands at the day's limit or behind more dead orders than a message may pass, or whose page is full of
//! better ones, is left out, so that nobody's order refuses the quote of another.

use crate::chain::Env;
use crate::clearing::cells::{AccountAt, Instrument, Order, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::rules::book::Book;
use crate::clearing::rules::order::{conclude, post_only_price};
use crate::clearing::store::{Store, quoted_account};
use crate::codec::Reader;
use crate::fault::{self, Fault};
use crate::units::{Lots, Seat, Seconds, Side, Ticks};

/// Levels of a quote on each side at most.
pub const MAX_LEVELS: usize = 16;

/// One level of a quote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level {
    /// Price.
    pub price: Ticks,
    /// Size.
    pub lots: Lots,
}

/// Bytes of an encoded level: side (0 bid, 1 ask) 1, price 3, lots 3, big endian. Arrays of structs cost a contract far
/// more code and time than bytes.
pub const LEVEL_BYTES: usize = 7;

/// The levels of a quote, cut out of their encoding.
#[derive(Clone, Copy, Debug)]
pub struct Levels {
    bids: ([Level; MAX_LEVELS], usize),
    asks: ([Level; MAX_LEVELS], usize),
}

impl Levels {
    /// Reads encoded levels, in any order of sides.
    ///
    /// # Errors
    /// `BadParameter` for bytes that do not encode levels, `TooMany`.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        const NONE: Level = Level { price: Ticks::ZERO, lots: Lots::ZERO };
        let mut levels = Self { bids: ([NONE; MAX_LEVELS], 0), asks: ([NONE; MAX_LEVELS], 0) };
        let chunks = bytes.chunks_exact(LEVEL_BYTES);
        if !chunks.remainder().is_empty() {
            return Err(ClearingError::BadParameter);
        }
        for chunk in chunks {
            let mut from = Reader::new(chunk);
            let (levels, used) = match from.u8() {
                0 => (&mut levels.bids.0, &mut levels.bids.1),
                1 => (&mut levels.asks.0, &mut levels.asks.1),
                _ => return Err(ClearingError::BadParameter),
            };
            let level = levels.get_mut(*used).ok_or(ClearingError::TooMany)?;
            *level = Level { price: Ticks(from.u32(3)), lots: Lots(from.u32(3)) };
            *used = used.saturating_add(1);
        }
        Ok(levels)
    }

    /// The bids.
    pub fn bids(&self) -> &[Level] {
        self.bids.0.get(..self.bids.1).unwrap_or_default()
    }

    /// The asks.
    pub fn asks(&self) -> &[Level] {
        self.asks.0.get(..self.asks.1).unwrap_or_default()
    }
}

/// A two-sided quote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quote<'a> {
    /// For which account.
    pub seat: Seat,
    /// The instrument.
    pub instrument: Instrument,
    /// Bids, at most [`MAX_LEVELS`].
    pub bids: &'a [Level],
    /// Asks, at most [`MAX_LEVELS`].
    pub asks: &'a [Level],
    /// When the levels stop being good; zero for never.
    pub expiry: Seconds,
}

/// Replaces all orders of the account in the instrument by the levels of the quote; an empty quote cancels them.
/// Returns the number of the first level: bids, then asks, count up from it, those that are left out among them.
///
/// Cells: account, curve, risk array and market read, account and market written, and each page touched read and
/// written once, if the levels of a side are in the order of their prices; the delegate's when the sender is not the
/// owner.
///
/// # Errors
/// `TooMany` levels, and those of `place`.
pub fn quote<S: Store>(store: &mut S, env: Env, quote: Quote<'_>) -> Result<u32> {
    if quote.bids.len() > MAX_LEVELS || quote.asks.len() > MAX_LEVELS {
        return Err(ClearingError::TooMany);
    }
    if quote.expiry > Seconds::ZERO && quote.expiry <= env.now {
        return Err(ClearingError::OrderExpired);
    }
    let levels = || quote.bids.iter().chain(quote.asks).map(|level| level.lots.min(Lots::MAX));
    let lots = (levels().max().unwrap_or_default(), levels().fold(Lots::ZERO, |sum, lots| sum + lots));
    let before = quoted_account(store, &env, quote.seat, quote.instrument, lots)?;
    let mut me = AccountAt { seat: quote.seat, account: before };
    let mut book = Book::open(store, env.now, quote.instrument)?;
    let market_before = book.market;
    let first = me.account.next_order;
    book.void_all(&mut me);
    if !quote.bids.is_empty() || !quote.asks.is_empty() {
        book.check_open()?;
        if book.month.status == Status::ReduceOnly {
            return Err(ClearingError::ReduceOnly);
        }
    }
    for (side, levels) in [(Side::Buy, quote.bids), (Side::Sell, quote.asks)] {
        for level in levels {
            rest_level(&mut book, &mut me, side, *level, quote.expiry)?;
        }
    }
    conclude(book, me, &before, &market_before)?;
    Ok(first)
}

fn rest_level<S: Store>(
    book: &mut Book<'_, S>,
    me: &mut AccountAt,
    side: Side,
    level: Level,
    expiry: Seconds,
) -> Result<()> {
    if level.lots == Lots::ZERO || level.lots > Lots::MAX {
        return Err(ClearingError::BadSize);
    }
    book.check_price(level.price)?;
    let price = post_only_price(book, me, side, level.price, true);
    book.enter(me)?;
    let number = me.account.assign_order_number(0)?;
    let rested = price.and_then(|price| {
        let Some(price) = price else { return Ok(()) };
        let Level { lots, .. } = level;
        let late = book.late;
        book.rest(me, Order { price, side, seat: me.seat, number, lots, expiry, reduce_only: false, late })
    });
    // An order in the way keeps out this level and no other. Anything else refuses the quote.
    match rested {
        Err(
            ClearingError::OutsidePriceLimits
            | ClearingError::BadPrice
            | ClearingError::LevelFull
            | ClearingError::WouldTrade
            | ClearingError::Opening,
        ) if !fault::present(Fault::QuoteRefusedWhole) => Ok(()),
        rested => rested,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_come_out_of_their_bytes() {
        let levels = Levels::parse(&[0, 0, 10, 40, 0, 0, 50, 1, 0, 10, 50, 0, 1, 0]).expect("two levels");
        assert_eq!(levels.bids(), [Level { price: Ticks(2_600), lots: Lots(50) }]);
        assert_eq!(levels.asks(), [Level { price: Ticks(2_610), lots: Lots(256) }]);
    }

    #[test]
    fn other_bytes_are_refused() {
        assert_eq!(Levels::parse(&[0; 6]).err(), Some(ClearingError::BadParameter));
        assert_eq!(Levels::parse(&[2; 7]).err(), Some(ClearingError::BadParameter));
        assert_eq!(Levels::parse(&[0; 7 * 17]).err(), Some(ClearingError::TooMany));
    }
}
