//! Arguments of messages as the contracts' ABI has them, so that a message can be written down, read back and sent to a
//! deployed contract without anybody knowing its types.

use sit_engine::calendar::Day;
use sit_engine::clearing::{
    AddOns, Gone, Instrument, Listing, Place, Policy, Product, Purpose, Roll, SelfTrade, Terms, Trigger,
};
use sit_engine::oracle::{Entry, Quote, Reporting, Rules};
use sit_engine::units::{Lots, Points, Seat, Seconds, Side, TickValue, Ticks};
use std::vec;
use std::vec::Vec;

/// A value of the ABI. Integers carry no width: whoever encodes takes it from the ABI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Argument {
    /// An unsigned integer.
    Number(u128),
    /// A signed integer.
    Signed(i128),
    /// A boolean.
    Flag(bool),
    /// An address.
    Address([u8; 20]),
    /// 32 bytes.
    Word([u8; 32]),
    /// Bytes of any length.
    Bytes(Vec<u8>),
    /// A struct.
    Tuple(Vec<Argument>),
    /// An array.
    List(Vec<Argument>),
}

impl Argument {
    /// The members of a struct or an array, which text does not tell apart.
    pub fn items(&self) -> Option<&[Argument]> {
        match self {
            Self::Tuple(items) | Self::List(items) => Some(items),
            _ => None,
        }
    }
}

/// What can stand as an argument.
pub trait AsArgument: Sized {
    /// The value of the ABI.
    fn to_argument(&self) -> Argument;
    /// Back; `None` when it is another kind of value or does not fit.
    fn from_argument(argument: &Argument) -> Option<Self>;
}

macro_rules! numbers {
    ($($type:ty),+) => {$(
        impl AsArgument for $type {
            fn to_argument(&self) -> Argument {
                Argument::Number((*self).into())
            }
            fn from_argument(argument: &Argument) -> Option<Self> {
                match argument {
                    Argument::Number(number) => Self::try_from(*number).ok(),
                    _ => None,
                }
            }
        }
    )+};
}

macro_rules! wrapped {
    ($($type:ident),+) => {$(
        impl AsArgument for $type {
            fn to_argument(&self) -> Argument {
                self.0.to_argument()
            }
            fn from_argument(argument: &Argument) -> Option<Self> {
                AsArgument::from_argument(argument).map(Self)
            }
        }
    )+};
}

macro_rules! plain {
    ($($type:ty => $kind:ident),+) => {$(
        impl AsArgument for $type {
            fn to_argument(&self) -> Argument {
                Argument::$kind(self.clone())
            }
            fn from_argument(argument: &Argument) -> Option<Self> {
                match argument {
                    Argument::$kind(value) => Some(value.clone()),
                    _ => None,
                }
            }
        }
    )+};
}

macro_rules! tuples {
    ($($type:ident { $($field:ident),+ })+) => {$(
        impl AsArgument for $type {
            fn to_argument(&self) -> Argument {
                Argument::Tuple(vec![$(self.$field.to_argument()),+])
            }
            fn from_argument(argument: &Argument) -> Option<Self> {
                let mut fields = argument.items()?.iter();
                let read = Self { $($field: AsArgument::from_argument(fields.next()?)?),+ };
                fields.next().is_none().then_some(read)
            }
        }
    )+};
}

/// Enums that the ABI numbers.
macro_rules! numbered {
    ($($type:ident: $from:expr;)+) => {$(
        impl AsArgument for $type {
            fn to_argument(&self) -> Argument {
                let number = (0..=u8::MAX).find(|number| $from(*number) == Some(*self));
                Argument::Number(number.unwrap_or(u8::MAX).into())
            }
            fn from_argument(argument: &Argument) -> Option<Self> {
                $from(u8::from_argument(argument)?)
            }
        }
    )+};
}

numbers!(u8, u16, u32, u64);
wrapped!(Seat, Instrument, Product, Lots, Ticks, TickValue, Seconds, Day);
plain!(bool => Flag, [u8; 20] => Address, Vec<u8> => Bytes);
numbered! {
    Policy: Policy::from_number;
    SelfTrade: SelfTrade::from_number;
    Purpose: |number| [Purpose::Fund, Purpose::Incentives].get(usize::from(number)).copied();
}
tuples! {
    Roll { seat, near, far, lots, near_limit, far_limit, spread }
    Place { seat, instrument, side, price, lots, policy, self_trade, reduce_only, expiry, number }
    Listing { product, expiry, tick_value, tick_size, mark, terms }
    AddOns {
        size_lower, size_upper, open_interest_lower_bps, open_interest_upper_bps, floor_bps, buffer_target_bps,
        refill_bps
    }
    Reporting { commit_until, bond, deviation_slash, miss_slash, reward, dispute_bond, unbonding }
    Terms {
        taker_fee_ppm, maker_fee_ppm, price_limit_bps, position_limit, open_interest_cap,
        maker_spread_front_bps, maker_spread_back_bps, maker_lots
    }
}

/// Its switches are one number, see [`Trigger::flags`].
impl AsArgument for Trigger {
    fn to_argument(&self) -> Argument {
        let Self { instrument, price, limit, lots, expiry, fee, .. } = self;
        Argument::Tuple(vec![
            instrument.to_argument(),
            self.flags().to_argument(),
            price.to_argument(),
            limit.to_argument(),
            lots.to_argument(),
            expiry.to_argument(),
            fee.to_argument(),
        ])
    }
    fn from_argument(argument: &Argument) -> Option<Self> {
        let [instrument, flags, price, limit, lots, expiry, fee] = argument.items()? else { return None };
        let trigger = Self {
            instrument: AsArgument::from_argument(instrument)?,
            price: AsArgument::from_argument(price)?,
            limit: AsArgument::from_argument(limit)?,
            lots: AsArgument::from_argument(lots)?,
            expiry: AsArgument::from_argument(expiry)?,
            fee: AsArgument::from_argument(fee)?,
            ..Self::default()
        };
        let flags = u8::from_argument(flags)?;
        (flags <= Self::ALL_FLAGS).then(|| trigger.with_flags(flags))
    }
}

/// Also read from bytes of that length: text has one form for both.
impl AsArgument for [u8; 32] {
    fn to_argument(&self) -> Argument {
        Argument::Word(*self)
    }
    fn from_argument(argument: &Argument) -> Option<Self> {
        match argument {
            Argument::Word(word) => Some(*word),
            Argument::Bytes(bytes) => bytes.as_slice().try_into().ok(),
            _ => None,
        }
    }
}

/// A value of the ABI stands for itself.
impl AsArgument for Argument {
    fn to_argument(&self) -> Argument {
        self.clone()
    }
    fn from_argument(argument: &Argument) -> Option<Self> {
        Some(argument.clone())
    }
}

impl AsArgument for Points {
    fn to_argument(&self) -> Argument {
        Argument::Signed(self.0.into())
    }
    fn from_argument(argument: &Argument) -> Option<Self> {
        match argument {
            Argument::Signed(points) => i64::try_from(*points).ok().map(Self),
            _ => None,
        }
    }
}

impl AsArgument for i32 {
    fn to_argument(&self) -> Argument {
        Argument::Signed((*self).into())
    }
    fn from_argument(argument: &Argument) -> Option<Self> {
        match argument {
            Argument::Signed(number) => Self::try_from(*number).ok(),
            Argument::Number(number) => Self::try_from(*number).ok(), // text does not tell them apart
            _ => None,
        }
    }
}

/// Removed orders carry the reason as a number.
impl AsArgument for Gone {
    fn to_argument(&self) -> Argument {
        let number: u8 = match self {
            Self::Cancelled => 0,
            Self::Expired => 1,
            Self::SelfTrade => 2,
            Self::Margin => 3,
            Self::ReduceOnly => 4,
            Self::Evicted => 5,
            Self::OutsideLimits => 6,
        };
        number.to_argument()
    }
    fn from_argument(argument: &Argument) -> Option<Self> {
        let reasons = [Self::Cancelled, Self::Expired, Self::SelfTrade, Self::Margin, Self::ReduceOnly];
        reasons.get(usize::from(u8::from_argument(argument)?)).copied()
    }
}

/// The ABI asks whether an order buys.
impl AsArgument for Side {
    fn to_argument(&self) -> Argument {
        Argument::Flag(*self == Self::Buy)
    }
    fn from_argument(argument: &Argument) -> Option<Self> {
        Some(if bool::from_argument(argument)? { Self::Buy } else { Self::Sell })
    }
}

impl AsArgument for Vec<Entry> {
    fn to_argument(&self) -> Argument {
        let entry = |entry: &Entry| {
            let Quote { input, output, volume } = entry.quote;
            Argument::Tuple(vec![
                entry.provider.to_argument(),
                input.to_argument(),
                output.to_argument(),
                volume.to_argument(),
            ])
        };
        Argument::List(self.iter().map(entry).collect())
    }
    fn from_argument(argument: &Argument) -> Option<Self> {
        let entry = |argument: &Argument| match argument.items()? {
            [provider, input, output, volume] => Some(Entry {
                provider: AsArgument::from_argument(provider)?,
                quote: Quote {
                    input: AsArgument::from_argument(input)?,
                    output: AsArgument::from_argument(output)?,
                    volume: AsArgument::from_argument(volume)?,
                },
            }),
            _ => None,
        };
        argument.items()?.iter().map(entry).collect()
    }
}

macro_rules! rules {
    ($($group:ident { $($field:ident),+ })+) => {
        /// Three structs: rules of the price, of reports, of settlement. The message takes them one by one.
        impl AsArgument for Rules {
            fn to_argument(&self) -> Argument {
                Argument::Tuple(vec![$(Argument::Tuple(vec![$(self.$field.to_argument()),+])),+])
            }
            fn from_argument(argument: &Argument) -> Option<Self> {
                let [$($group),+] = argument.items()? else { return None };
                $(let mut $group = $group.items()?.iter();)+
                Some(Self { $($($field: AsArgument::from_argument($group.next()?)?),+),+ })
            }
        }
    };
}

rules! {
    price {
        blend_input, blend_output, reference_score, cap_bps, min_providers, screen_mads, screen_ratio, max_dispersion
    }
    report { min_reporters, opens, closes, max_staleness, confirm_above, reject_above, confirm_delay }
    settle { window_days, max_gaps, lock_delay, dispute_delay, fallback_delay }
}
