//! The arguments of messages that have many, as Solidity tuples, and what they are to the engine.

use super::Error;
use sit_engine::clearing::{AddOns, Instrument, Listing, Place, Policy, Product, Roll, SelfTrade, Terms, Trigger};
use sit_engine::units::{Lots, Seat, Seconds, Side, TickValue, Ticks};

/// An order, see [`sit_engine::clearing::Place`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, Debug)]
pub struct OrderFields {
    /// For which account.
    pub seat: u32,
    /// The instrument.
    pub instrument: u16,
    /// Whether it buys.
    pub buy: bool,
    /// Limit price in ticks.
    pub price: u32,
    /// Size in lots.
    pub lots: u32,
    /// 0 rest, 1 immediate-or-cancel, 2 fill-or-kill, 3 post-only, 4 post-only with sliding, 5 market.
    pub policy: u8,
    /// What to do against an own order: 0 cancel taker, 1 cancel maker, 2 decrement both.
    pub self_trade: u8,
    /// Whether it may only reduce the position.
    pub reduce_only: bool,
    /// When it stops being good, unix time; zero for never.
    pub expiry: u32,
    /// The client's number, larger than all before; zero for the next in line.
    pub number: u32,
}

/// A listing, see [`sit_engine::clearing::Listing`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, Debug)]
pub struct ListingFields {
    /// Product, which is the number of its index.
    pub product: u8,
    /// Last trading time, unix time.
    pub expiry: u32,
    /// Quote atoms of one tick on one lot.
    pub tick_value: u32,
    /// Index price of one tick, in quote atoms per million tokens.
    pub tick_size: u16,
    /// First settlement mark in ticks.
    pub mark: u32,
    /// Terms of the instrument.
    pub terms: TermsFields,
}

/// Terms of an instrument, see [`sit_engine::clearing::Terms`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, Debug)]
pub struct TermsFields {
    /// Taker fee in millionths.
    pub taker_fee_ppm: u16,
    /// Maker fee in millionths.
    pub maker_fee_ppm: u16,
    /// Price limits in basis points.
    pub price_limit_bps: u16,
    /// Position limit in lots.
    pub position_limit: u32,
    /// Open-interest cap in lots.
    pub open_interest_cap: u32,
    /// Makers' widest spread in front months, basis points.
    pub maker_spread_front_bps: u16,
    /// Makers' widest spread in back months, basis points.
    pub maker_spread_back_bps: u16,
    /// Makers' lots on each side.
    pub maker_lots: u32,
}

/// A move to another month, see [`sit_engine::clearing::Roll`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, Debug)]
pub struct RollFields {
    /// For which account.
    pub seat: u32,
    /// The month that it leaves.
    pub near: u16,
    /// The month that it enters.
    pub far: u16,
    /// How much of its position.
    pub lots: u32,
    /// Protection price in the near month, in ticks.
    pub near_limit: u32,
    /// Protection price in the far month, in ticks.
    pub far_limit: u32,
    /// For a long position the largest spread, for a short one the smallest, in ticks.
    pub spread: i32,
}

impl From<RollFields> for Roll {
    fn from(fields: RollFields) -> Self {
        Self {
            seat: Seat(fields.seat),
            near: Instrument(fields.near),
            far: Instrument(fields.far),
            lots: Lots(fields.lots),
            near_limit: Ticks(fields.near_limit),
            far_limit: Ticks(fields.far_limit),
            spread: fields.spread,
        }
    }
}

/// A waiting order, see [`sit_engine::clearing::Trigger`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, Debug)]
pub struct TriggerFields {
    /// The instrument.
    pub instrument: u16,
    /// Sells 1, waits for a price at or above 2, looks at the last trade 4, only reduces 8, rests at its limit 16.
    pub flags: u8,
    /// Price of the condition in ticks.
    pub price: u32,
    /// Limit of the order in ticks.
    pub limit: u32,
    /// Size in lots.
    pub lots: u32,
    /// When it stops being good, unix time; zero for never.
    pub expiry: u32,
    /// Quote atoms for the keeper who executes all of it.
    pub fee: u32,
}

impl TryFrom<TriggerFields> for Trigger {
    type Error = Error;

    fn try_from(fields: TriggerFields) -> Result<Self, Error> {
        if fields.flags > Self::ALL_FLAGS {
            return Err(Error::BadParameter);
        }
        let trigger = Self {
            instrument: Instrument(fields.instrument),
            price: Ticks(fields.price),
            limit: Ticks(fields.limit),
            lots: Lots(fields.lots),
            expiry: Seconds(fields.expiry),
            fee: fields.fee,
            ..Self::default()
        };
        Ok(trigger.with_flags(fields.flags))
    }
}

/// Additions to the scenarios' margin, see [`sit_engine::clearing::AddOns`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, Debug)]
pub struct AddOnFields {
    /// Lots from which a position pays for its concentration.
    pub size_lower: u32,
    /// Lots at which it is charged its whole value.
    pub size_upper: u32,
    /// Open interest from which margin rises for everyone, in basis points of the cap.
    pub open_interest_lower_bps: u16,
    /// Open interest at which margin is the whole value.
    pub open_interest_upper_bps: u16,
    /// Least margin in basis points of the value.
    pub floor_bps: u16,
    /// The full buffer in basis points of the scenarios' margin.
    pub buffer_target_bps: u16,
    /// What comes back of it each day.
    pub refill_bps: u16,
}

impl From<AddOnFields> for AddOns {
    fn from(fields: AddOnFields) -> Self {
        Self {
            size_lower: Lots(fields.size_lower),
            size_upper: Lots(fields.size_upper),
            open_interest_lower_bps: fields.open_interest_lower_bps,
            open_interest_upper_bps: fields.open_interest_upper_bps,
            floor_bps: fields.floor_bps,
            buffer_target_bps: fields.buffer_target_bps,
            refill_bps: fields.refill_bps,
        }
    }
}

impl TryFrom<OrderFields> for Place {
    type Error = Error;

    fn try_from(order: OrderFields) -> Result<Self, Error> {
        Ok(Self {
            seat: Seat(order.seat),
            instrument: Instrument(order.instrument),
            side: side(order.buy),
            price: Ticks(order.price),
            lots: Lots(order.lots),
            policy: Policy::from_number(order.policy).ok_or(Error::BadParameter)?,
            self_trade: SelfTrade::from_number(order.self_trade).ok_or(Error::BadParameter)?,
            reduce_only: order.reduce_only,
            expiry: Seconds(order.expiry),
            number: order.number,
        })
    }
}

impl From<ListingFields> for Listing {
    fn from(listing: ListingFields) -> Self {
        Self {
            product: Product(listing.product),
            expiry: Seconds(listing.expiry),
            tick_value: TickValue(listing.tick_value),
            tick_size: listing.tick_size,
            mark: Ticks(listing.mark),
            terms: listing.terms.into(),
        }
    }
}

impl From<TermsFields> for Terms {
    fn from(fields: TermsFields) -> Self {
        Self {
            taker_fee_ppm: fields.taker_fee_ppm,
            maker_fee_ppm: fields.maker_fee_ppm,
            price_limit_bps: fields.price_limit_bps,
            position_limit: Lots(fields.position_limit),
            open_interest_cap: Lots(fields.open_interest_cap),
            maker_spread_front_bps: fields.maker_spread_front_bps,
            maker_spread_back_bps: fields.maker_spread_back_bps,
            maker_lots: Lots(fields.maker_lots),
        }
    }
}

/// The side of an order that buys, or does not.
pub fn side(buy: bool) -> Side {
    if buy { Side::Buy } else { Side::Sell }
}
