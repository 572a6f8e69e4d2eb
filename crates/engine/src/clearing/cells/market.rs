//! An instrument's own cell: its terms, its open interest, the pool its variation flows through, and where its book is.
//!
//! The book is a row of pages of eight ticks. One bit for each page says whether it may hold orders; the bits are valid
//! for one quote epoch and cover [`PAGES`] pages around the mark at which the epoch began.
//!
//! ```text
//! 0     = sum of basis over accounts + pool + deficit
//! received = pool * tick_value + fees        cash that accounts have paid into the instrument and that is still in it
//! ```

use super::account::{Position, Standing};
use super::allocation::Allocation;
use super::cuts::Cuts;
use super::halts::Halts;
use super::page::{PAGE_TICKS, page_of};
use crate::clearing::error::{ClearingError, Result};
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::units::{Lots, Points, QuoteAtoms, Seconds, Side, TickValue, Ticks};

/// Pages that the bitmap covers: 1,024 pages of 8 ticks, so 4,096 ticks to each side of the reference. A mark of four
/// digits, which is how months are listed, has a second price limit of up to 40 % inside; orders beyond the window are
/// refused.
pub const PAGES: u32 = 1_024;

const BITMAP_BYTES: usize = 128;

/// Most accounts that hold something in one instrument: what fits into three bytes. Those that hold lots are fewer than
/// twice [`Lots::MAX`].
pub const MAX_HOLDERS: u32 = 0xFF_FFFF;

/// Most that the fund may have drawn for one instrument, in quote atoms: what fits into seven bytes, 72 thousand
/// million US dollars.
pub(crate) const MAX_DRAWN: u64 = (1 << 56) - 1;

/// Largest fee, in millionths of the value: 1 %.
pub const MAX_FEE_PPM: u16 = 10_000;

/// Largest fee of a side that rests, in millionths of the value: what the margin of open orders holds for it covers no
/// more ([`crate::clearing::margin`]). Nine times that of the launch.
pub const MAX_MAKER_FEE_PPM: u16 = 900;

/// Terms of an instrument that governance sets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Terms {
    /// Fee of the side that takes, in millionths of the traded value.
    pub taker_fee_ppm: u16,
    /// Fee of the side that rests, in millionths of the traded value.
    pub maker_fee_ppm: u16,
    /// Price limits: how far from the settlement mark an order may be, in basis points of it.
    pub price_limit_bps: u16,
    /// Largest position of an account.
    pub position_limit: Lots,
    /// Largest open interest of the instrument.
    pub open_interest_cap: Lots,
    /// Widest spread of a designated maker's quotes in the front months, in basis points of the reference price.
    pub maker_spread_front_bps: u16,
    /// Widest spread of a designated maker's quotes in the back months, in basis points of the reference price.
    pub maker_spread_back_bps: u16,
    /// Lots that a designated maker must quote on each side.
    pub maker_lots: Lots,
}

impl Terms {
    /// Whether they are inside their bounds: fees at most 1 % of value and of a
    /// resting side at most 0.09 %, price limits 1 to 50 %, a position limit whose
    /// value stays in 62 bits at any price, an open-interest cap not below it, maker spreads 0.1 to 20 % with front not
    /// above back.
    ///
    /// # Errors
    /// `BadParameter`.
    pub fn check(&self, value: TickValue) -> Result<()> {
        let limits = (100..=5_000).contains(&self.price_limit_bps);
        let spreads = (10..=2_000).contains(&self.maker_spread_back_bps)
            && self.maker_spread_front_bps >= 10
            && self.maker_spread_front_bps <= self.maker_spread_back_bps;
        let sizes = self.position_limit > Lots::ZERO
            && self.position_limit <= self.open_interest_cap
            && self.open_interest_cap <= Lots::MAX
            && self.maker_lots > Lots::ZERO
            && self.maker_lots <= self.position_limit;
        let fees = self.taker_fee_ppm <= MAX_FEE_PPM && self.maker_fee_ppm <= self.taker_fee_ppm.min(MAX_MAKER_FEE_PPM);
        let largest = (self.position_limit * Ticks::MAX) * value;
        let bounded = value > TickValue(0) && largest.0 < 1_i128 << 62;
        if limits && spreads && sizes && fees && bounded { Ok(()) } else { Err(ClearingError::BadParameter) }
    }
}

/// An instrument's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Market {
    /// What governance has set.
    pub terms: Terms,
    /// Quote atoms of one tick on one lot, as in the curve: late claims outlive the month there.
    pub tick_value: TickValue,
    /// Lots held long, which are the lots held short.
    pub open_interest: Lots,
    /// Variation collected from losers and not yet paid to winners. Never negative: winners are paid from nowhere else.
    /// Below 2^55 under the terms of the launch, as the loss and profits below (`launch.rs` has the proof).
    pub pool: Points,
    /// Fees collected and not yet swept, in quote atoms.
    pub fees: u64,
    /// Cash received from accounts less cash paid to them by this instrument, in quote atoms.
    pub received: i64,
    /// The final settlement price, once set.
    pub final_price: Option<Ticks>,
    /// Fee of each side of the final settlement, in millionths of its value.
    pub settlement_fee_ppm: u16,
    /// What the insurance fund has paid for this instrument, in quote atoms.
    pub fund_drawn: u64,
    /// Losses of bankrupt accounts that winners still have to bear. Below zero: what rounding took from them beyond it,
    /// which the insurance fund gets.
    pub deficit: Points,
    /// Accounts that hold lots or unsettled variation here, at most `MAX_HOLDERS`.
    pub holders: u32,
    /// The running or the last loss allocation.
    pub allocation: Allocation,
    /// The low byte of the settlement round in which an account that owes here was reported insolvent, or one that may
    /// become so: winners wait for those below. It says nothing while there are none.
    pub held_round: u8,
    /// Positions of reported accounts that owe here ([`Standing::Defaults`]).
    pub defaults: u16,
    /// Positions of accounts that can pay only with a claim that may be cut ([`Standing::Held`]).
    pub held: u16,
    /// Positions of accounts that can pay only with a claim on those ([`Standing::Behind`]).
    pub behind: u16,
    /// Price of the last trade of some size in the book ([`crate::clearing::limits`]); zero before the first.
    pub last_price: Ticks,
    /// When that was.
    pub last_at: Seconds,
    /// When trades at a price limit began that may become a halt; zero when there were none.
    pub touched_at: Seconds,
    /// Lots traded at the limit since then; sticks at 65,535.
    pub touched: u16,
    /// From when on it trades again after a halt ([`crate::clearing::limits`]).
    pub halted_until: Seconds,
    /// The settlement round in which the second price limit came into force, as [`crate::clearing::mark_of_round`] has
    /// it.
    pub wide_round: u8,
    /// How long it was halted in this reward week and the last.
    pub halts: Halts,
    /// When it was listed.
    pub listed: Seconds,
    /// What has gone from designated makers' quotes and is not in their scores yet.
    pub cuts: Cuts,
    /// Quote epoch of the book's state below.
    pub epoch: u16,
    /// No ask stands below this price.
    pub ask_floor: Ticks,
    /// No bid stands above this price.
    pub bid_ceiling: Ticks,
    first_page: u32,
    bitmap: [u8; BITMAP_BYTES],
}

impl Market {
    /// A new instrument without orders.
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            tick_value: TickValue(0),
            open_interest: Lots::ZERO,
            pool: Points::ZERO,
            fees: 0,
            received: 0,
            final_price: None,
            settlement_fee_ppm: 0,
            fund_drawn: 0,
            deficit: Points::ZERO,
            holders: 0,
            allocation: Allocation::default(),
            held_round: 0,
            defaults: 0,
            held: 0,
            behind: 0,
            last_price: Ticks::ZERO,
            last_at: Seconds::ZERO,
            touched_at: Seconds::ZERO,
            touched: 0,
            halted_until: Seconds::ZERO,
            wide_round: 0,
            halts: Halts::default(),
            listed: Seconds::ZERO,
            cuts: Cuts::default(),
            epoch: 0,
            ask_floor: Ticks::MAX,
            bid_ceiling: Ticks::ZERO,
            first_page: 0,
            bitmap: [0; BITMAP_BYTES],
        }
    }

    /// Starts an empty book around `reference` if the quote epoch has changed.
    pub fn enter_epoch(&mut self, epoch: u16, reference: Ticks) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.clear_book(reference);
        }
    }

    /// Empties the book and centres its window.
    pub fn clear_book(&mut self, reference: Ticks) {
        self.ask_floor = Ticks::MAX;
        self.bid_ceiling = Ticks::ZERO;
        self.first_page = page_of(reference).saturating_sub(PAGES / 2);
        self.bitmap = [0; BITMAP_BYTES];
    }

    /// Whether the window covers this price.
    pub fn covers(&self, price: Ticks) -> bool {
        page_of(price).checked_sub(self.first_page).is_some_and(|bit| bit < PAGES)
    }

    /// Notes that a page holds orders, and that the best price of a side may be `price`.
    pub fn note_order(&mut self, side: Side, price: Ticks) {
        self.set_bit(page_of(price), true);
        match side {
            Side::Buy => self.bid_ceiling = self.bid_ceiling.max(price),
            Side::Sell => self.ask_floor = self.ask_floor.min(price),
        }
    }

    /// Notes that a page holds no orders any more.
    pub fn note_empty(&mut self, page: u32) {
        self.set_bit(page, false);
    }

    /// The nearest page beyond `page` that may hold orders of `side`: above it for asks, below it for bids.
    pub fn next_page(&self, side: Side, page: u32) -> Option<u32> {
        let bit = page.checked_sub(self.first_page)?;
        let found = match side {
            Side::Sell => self.bit_above(bit),
            Side::Buy => self.bit_below(bit),
        }?;
        self.first_page.checked_add(found)
    }

    /// The outermost price on which an order of `side` may rest: where a search begins.
    pub fn bound(&self, side: Side) -> Ticks {
        match side {
            Side::Sell => self.ask_floor,
            Side::Buy => self.bid_ceiling,
        }
    }

    /// Moves that bound.
    pub fn set_bound(&mut self, side: Side, price: Ticks) {
        match side {
            Side::Sell => self.ask_floor = price,
            Side::Buy => self.bid_ceiling = price,
        }
    }

    /// Books cash that an account pays (negative: gets).
    ///
    /// # Errors
    /// `OutOfRange`, which the bound on all deposits keeps away.
    pub fn receive(&mut self, amount: QuoteAtoms) -> Result<()> {
        let sum = i64::try_from(amount.0).ok().and_then(|amount| self.received.checked_add(amount));
        self.received = sum.ok_or(ClearingError::OutOfRange)?;
        Ok(())
    }

    /// Counts an account in or out whose position was or is exposed ([`crate::clearing::Position::is_exposed`]).
    ///
    /// # Errors
    /// `OutOfRange` for a count below zero or above `MAX_HOLDERS`: an allocation would end too early, or never.
    pub fn note_holder(&mut self, before: bool, after: bool) -> Result<()> {
        if before != after {
            let count = if after { self.holders.checked_add(1) } else { self.holders.checked_sub(1) };
            self.holders = count.filter(|count| *count <= MAX_HOLDERS).ok_or(ClearingError::OutOfRange)?;
        }
        Ok(())
    }

    /// As [`Self::note_holder`], of a position after a change of what it owes or is owed: with its exposure ends that
    /// it is waited for.
    ///
    /// # Errors
    /// `OutOfRange`.
    pub fn note_change(&mut self, before: bool, position: &mut Position) -> Result<()> {
        let after = position.is_exposed();
        if !after {
            self.note_standing(position, Standing::Sound);
        }
        self.note_holder(before, after)
    }

    /// Counts a position among those that winners wait for, or no longer. At 65,535 a count stands still: with more
    /// of a kind than that in a month its wait may end while some are open.
    pub fn note_standing(&mut self, position: &mut Position, standing: Standing) {
        if position.standing != standing {
            if let Some(count) = self.count(position.standing) {
                *count = count.saturating_sub(1);
            }
            position.standing = standing;
            if let Some(count) = self.count(standing) {
                *count = count.saturating_add(1);
            }
        }
    }

    fn count(&mut self, standing: Standing) -> Option<&mut u16> {
        match standing {
            Standing::Sound => None,
            Standing::Defaults => Some(&mut self.defaults),
            Standing::Held => Some(&mut self.held),
            Standing::Behind => Some(&mut self.behind),
        }
    }

    /// Whether there is anybody for whom winners wait, as long as they do.
    pub fn has_open(&self) -> bool {
        self.defaults | self.held | self.behind > 0
    }

    /// Holds what winners are owed back for the rest of a settlement round, while defaults are open.
    pub fn hold_payments(&mut self, round: u8) {
        self.held_round = round;
    }

    /// Whether payments have been held in this round: for as long as somebody is waited for.
    pub fn holds_in(&self, round: u8) -> bool {
        self.held_round == round
    }

    /// Whether a loss waits that can be allocated now: the least that [`crate::clearing::allocate()`] begins with, and
    /// nobody has still to bear a part of the one before.
    pub fn loss_is_due(&self, settled: bool) -> bool {
        let least = if settled { 1 } else { i64::from(self.holders).max(1) };
        self.allocation.counted == 0 && self.deficit >= Points(least)
    }

    /// Whether the instrument's books balance: cash in equals what it holds.
    pub fn balances(&self, value: TickValue) -> bool {
        let due = self.pool * value + QuoteAtoms(self.fees.into());
        due == QuoteAtoms(self.received.into())
    }

    fn set_bit(&mut self, page: u32, on: bool) {
        let Some(bit) = page.checked_sub(self.first_page) else { return };
        let (byte, mask) = byte_and_mask(bit);
        if let Some(byte) = self.bitmap.get_mut(byte) {
            if on { *byte |= mask } else { *byte &= !mask }
        }
    }

    fn bit_above(&self, bit: u32) -> Option<u32> {
        let start = bit.checked_add(1)?;
        let (first, _) = byte_and_mask(start);
        for (index, byte) in self.bitmap.iter().enumerate().skip(first) {
            let mask = if index == first { 0xFF_u8.checked_shr(start % 8)? } else { 0xFF };
            let rest = byte & mask;
            if rest != 0 {
                return u32::try_from(index).ok()?.checked_mul(8)?.checked_add(rest.leading_zeros());
            }
        }
        None
    }

    fn bit_below(&self, bit: u32) -> Option<u32> {
        let (last, _) = byte_and_mask(bit);
        for (index, byte) in self.bitmap.iter().enumerate().take(last.checked_add(1)?).rev() {
            let mask = if index == last { !0xFF_u8.checked_shr(bit % 8)? } else { 0xFF };
            let rest = byte & mask;
            if rest != 0 {
                let low = 7_u32.checked_sub(rest.trailing_zeros())?;
                return u32::try_from(index).ok()?.checked_mul(8)?.checked_add(low);
            }
        }
        None
    }
}

/// Byte and mask of a bit; the first bit of a byte is its highest.
fn byte_and_mask(bit: u32) -> (usize, u8) {
    let byte = usize::try_from(bit / 8).unwrap_or(usize::MAX);
    (byte, 0x80_u8 >> (bit % 8))
}

const _: () = assert!(Market::MAX_BYTES <= CELL_BYTES);
const _: () = assert!(PAGES as usize == BITMAP_BYTES * 8 && PAGE_TICKS == 8);

impl Cell for Market {
    // terms 19, tick value 4, open interest 3, pool 7, fees 8, received 8, final 3, settlement fee 2, drawn 7,
    // deficit 7, holders 3, allocation, held 1 + 3 * 2, last 7, touched 6, halt 5, halts, listed 4, cuts, epoch 2,
    // bounds 6, first page 3, run 1 + bitmap
    const MAX_BYTES: usize = 112 + Allocation::BYTES + Halts::BYTES + Cuts::MAX_BYTES + BITMAP_BYTES;

    fn write(&self, out: &mut Writer) {
        out.uint(self.terms.taker_fee_ppm.into(), 2);
        out.uint(self.terms.maker_fee_ppm.into(), 2);
        out.uint(self.terms.price_limit_bps.into(), 2);
        out.uint(self.terms.position_limit.0.into(), 3);
        out.uint(self.terms.open_interest_cap.0.into(), 3);
        out.uint(self.terms.maker_spread_front_bps.into(), 2);
        out.uint(self.terms.maker_spread_back_bps.into(), 2);
        out.uint(self.terms.maker_lots.0.into(), 3);
        out.uint(self.tick_value.0.into(), 4);
        out.uint(self.open_interest.0.into(), 3);
        out.int(self.pool.0, 7);
        out.uint(self.fees, 8);
        out.int(self.received, 8);
        out.uint(self.final_price.unwrap_or_default().0.into(), 3);
        out.uint(self.settlement_fee_ppm.into(), 2);
        out.uint(self.fund_drawn, 7);
        out.int(self.deficit.0, 7);
        out.uint(self.holders.into(), 3);
        self.allocation.write(out);
        out.uint(self.held_round.into(), 1);
        for count in [self.defaults, self.held, self.behind] {
            out.uint(count.into(), 2);
        }
        out.uint(self.last_price.0.into(), 3);
        out.uint(self.last_at.0.into(), 4);
        out.uint(self.touched_at.0.into(), 4);
        out.uint(self.touched.into(), 2);
        out.uint(self.halted_until.0.into(), 4);
        out.uint(self.wide_round.into(), 1);
        self.halts.write(out);
        out.uint(self.listed.0.into(), 4);
        self.cuts.write(out);
        out.uint(self.epoch.into(), 2);
        out.uint(self.ask_floor.0.into(), 3);
        out.uint(self.bid_ceiling.0.into(), 3);
        out.uint(self.first_page.into(), 3);
        // Of the bitmap only the run from the first to the last set byte: a quiet book costs no bytes.
        let start = self.bitmap.iter().position(|byte| *byte != 0).unwrap_or(0);
        let end = self.bitmap.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
        out.uint(u64::try_from(start).unwrap_or(0), 1);
        out.put(self.bitmap.get(start..end).unwrap_or_default());
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let mut market = Self::new(Terms {
            taker_fee_ppm: from.u16(),
            maker_fee_ppm: from.u16(),
            price_limit_bps: from.u16(),
            position_limit: Lots(from.u32(3)),
            open_interest_cap: Lots(from.u32(3)),
            maker_spread_front_bps: from.u16(),
            maker_spread_back_bps: from.u16(),
            maker_lots: Lots(from.u32(3)),
        });
        market.tick_value = TickValue(from.u32(4));
        market.open_interest = Lots(from.u32(3));
        market.pool = Points(from.int(7));
        market.fees = from.uint(8);
        market.received = from.int(8);
        market.final_price = Some(Ticks(from.u32(3))).filter(|price| *price > Ticks::ZERO);
        market.settlement_fee_ppm = from.u16();
        market.fund_drawn = from.uint(7);
        market.deficit = Points(from.int(7));
        market.holders = from.u32(3);
        market.allocation = Allocation::read(from);
        market.held_round = from.u8();
        market.defaults = from.u16();
        market.held = from.u16();
        market.behind = from.u16();
        market.last_price = Ticks(from.u32(3));
        market.last_at = Seconds(from.u32(4));
        market.touched_at = Seconds(from.u32(4));
        market.touched = from.u16();
        market.halted_until = Seconds(from.u32(4));
        market.wide_round = from.u8();
        market.halts = Halts::read(from);
        market.listed = Seconds(from.u32(4));
        market.cuts = Cuts::read(from);
        market.epoch = from.u16();
        market.ask_floor = Ticks(from.u32(3));
        market.bid_ceiling = Ticks(from.u32(3));
        market.first_page = from.u32(3);
        let start = usize::from(from.u8());
        for byte in market.bitmap.iter_mut().skip(start) {
            if from.is_empty() {
                break;
            }
            *byte = from.u8();
        }
        market
    }
}

#[cfg(test)]
mod tests {
    use super::super::cuts::Cut;
    use super::super::cuts::MAX_CUTS;
    use super::super::holidays::Holidays;
    use super::*;
    use crate::units::Seat;
    use proptest::prelude::*;

    fn market(orders: &[u32]) -> Market {
        let mut market = Market::new(Terms::default());
        market.enter_epoch(1, Ticks(20_000));
        for price in orders {
            market.note_order(Side::Buy, Ticks(*price));
        }
        market
    }

    proptest! {
        #[test]
        fn the_next_page_is_the_nearest_one_that_holds_orders(
            prices in proptest::collection::vec(16_000_u32..24_000, 0..20),
            from in 16_000_u32..24_000,
        ) {
            let market = market(&prices);
            let page = page_of(Ticks(from));
            let pages = || prices.iter().map(|price| page_of(Ticks(*price)));
            prop_assert_eq!(market.next_page(Side::Sell, page), pages().filter(|other| *other > page).min());
            prop_assert_eq!(market.next_page(Side::Buy, page), pages().filter(|other| *other < page).max());
            prop_assert_eq!(Market::from_cell(market.to_cell().as_bytes()), market);
        }
    }

    #[test]
    fn the_whole_window_fits_into_the_cell() {
        let all: std::vec::Vec<u32> = (0..PAGES).map(|page| (1_988 + page) * PAGE_TICKS).collect();
        let mut market = market(&all);
        market.settlement_fee_ppm = 7;
        market.fund_drawn = MAX_DRAWN;
        market.deficit = Points(-3);
        market.holders = MAX_HOLDERS;
        market.allocation =
            Allocation { number: 31, mark: Ticks::MAX, deficit: Points(5), profit: Points(6), counted: 9 };
        (market.last_price, market.halted_until, market.wide_round) = (Ticks(1), Seconds(u32::MAX), 255);
        (market.last_at, market.touched_at, market.touched) = (Seconds(2), Seconds(3), 4);
        market.halts.begin(Seconds(1_767_225_600), Seconds(1_767_226_200), &Holidays::default());
        (market.listed, market.held_round) = (Seconds(u32::MAX), 200);
        (market.defaults, market.held, market.behind) = (u16::MAX, 1, 2);
        for seat in (0..).map(Seat).take(MAX_CUTS) {
            let lots = Lots::MAX;
            let cut = Cut { seat, at: Seconds(u32::MAX), side: Side::Buy, traded: true, lots, weighted: 1 };
            assert!(market.cuts.note(&cut));
        }
        assert!(all.iter().all(|price| market.covers(Ticks(*price))));
        assert_eq!(market.to_cell().as_bytes().len(), Market::MAX_BYTES);
        assert_eq!(Market::from_cell(market.to_cell().as_bytes()), market);
    }

    #[test]
    fn a_month_waits_as_long_as_anybody_of_any_kind_is_open() {
        for number in 0..27_u16 {
            let [defaults, held, behind] = [number % 3, number / 3 % 3, number / 9];
            let market = Market { defaults, held, behind, ..market(&[]) };
            assert_eq!(market.has_open(), number > 0, "{defaults} {held} {behind}");
        }
    }

    #[test]
    fn a_new_epoch_empties_the_book() {
        let mut market = market(&[20_000]);
        market.enter_epoch(2, Ticks(400));
        assert_eq!(market.bound(Side::Buy), Ticks::ZERO);
        assert_eq!(market.next_page(Side::Sell, 0), None);
        assert!(market.covers(Ticks(1)));
    }
}
