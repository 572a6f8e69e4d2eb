//! Arguments of messages as the contracts' ABI has them: a message can be written down, read back and sent to a
//! deployed contract by any program with this vocabulary, and each type says what Solidity calls it.

use sit_engine::calendar::Day;
use sit_engine::certificate::Certificate;
use sit_engine::chain::Address;
use sit_engine::clearing::{
    AddOns, Books, Instrument, Listing, Place, Policy, Product, Purpose, RemovalReason, Roll, SelfTrade, Terms, Trigger,
};
use sit_engine::governance::{Class, Delays, MarginRules, Role, State};
use sit_engine::incentives::{Parameters, Phase, Status as MakerStatus};
use sit_engine::oracle::validity::Validity;
use sit_engine::oracle::{Averaging, Entry, Quote, Reporting, Rules, Status as SettlementStatus};
use sit_engine::units::{Lots, Points, QuoteAtoms, Seat, Seconds, Side, TickValue, Ticks};
use sit_engine::vault::Limits;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, slice, vec};

/// A value of the ABI. Integers carry no width: the encoder takes it from the ABI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Argument {
    /// An unsigned integer.
    Number(u128),
    /// A signed integer.
    Signed(i128),
    /// A boolean.
    Flag(bool),
    /// An address.
    Address(Address),
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
    /// The members of a struct or an array, which look alike in text.
    pub fn items(&self) -> Option<&[Argument]> {
        match self {
            Self::Tuple(items) | Self::List(items) => Some(items),
            _ => None,
        }
    }
}

/// A value of one parameter, or of one member of a struct.
pub trait AsArgument: Sized {
    /// The type in Solidity, for example `uint32` or `(uint8,uint32)`.
    fn solidity() -> String;
    /// The value of the ABI.
    fn to_argument(&self) -> Argument;
    /// Back; `None` when it is another kind of value or does not fit.
    fn from_argument(argument: &Argument) -> Option<Self>;
    /// What the ABI calls a parameter that the vocabulary calls `field`.
    fn parameter(field: &'static str) -> &'static str {
        field
    }
    /// The members of a struct, or of the structs of an array; none for any other type.
    fn members() -> Vec<Parameter> {
        Vec::new()
    }
    /// A parameter, or a member of a struct, that the vocabulary calls `field`.
    fn described(field: &'static str) -> Parameter {
        Parameter { name: Self::parameter(field), solidity: Self::solidity(), members: Self::members() }
    }
}

/// A parameter of a message, a view, an event or a constructor, or a member of a struct.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Its name in the ABI. Those of members are the vocabulary's: the contracts' ABIs give them none.
    pub name: &'static str,
    /// Its type in Solidity.
    pub solidity: String,
    /// The members of a struct, or of the structs of an array; none for any other type.
    pub members: Vec<Parameter>,
}

/// A field of the vocabulary that fills one parameter or several in a row. One is the rule; the rules of an index fill
/// three.
pub trait Fills: Sized {
    /// The parameters.
    fn parameters(field: &'static str) -> Vec<Parameter>;
    /// Their values.
    fn arguments(&self) -> Vec<Argument>;
    /// Reads their values from the front; `None` when there are too few or they do not fit.
    fn read(arguments: &mut slice::Iter<'_, Argument>) -> Option<Self>;
}

impl<T: AsArgument> Fills for T {
    fn parameters(field: &'static str) -> Vec<Parameter> {
        vec![T::described(field)]
    }
    fn arguments(&self) -> Vec<Argument> {
        vec![self.to_argument()]
    }
    fn read(arguments: &mut slice::Iter<'_, Argument>) -> Option<Self> {
        T::from_argument(arguments.next()?)
    }
}

/// What a message or a view returns: nothing, or one value.
pub trait Returned: Sized {
    /// The type in Solidity; `None` when nothing is returned.
    fn returns() -> Option<String>;
    /// The members of a struct that is returned.
    fn returned_members() -> Vec<Parameter> {
        Vec::new()
    }
    /// The value; `None` when it is another kind of value or does not fit.
    fn read(returned: Option<&Argument>) -> Option<Self>;
}

impl Returned for () {
    fn returns() -> Option<String> {
        None
    }
    fn read(returned: Option<&Argument>) -> Option<Self> {
        returned.is_none().then_some(())
    }
}

impl<T: AsArgument> Returned for T {
    fn returns() -> Option<String> {
        Some(T::solidity())
    }
    fn returned_members() -> Vec<Parameter> {
        T::members()
    }
    fn read(returned: Option<&Argument>) -> Option<Self> {
        T::from_argument(returned?)
    }
}

macro_rules! numbers {
    ($($type:ty: $solidity:literal),+) => {$(
        impl AsArgument for $type {
            fn solidity() -> String {
                $solidity.to_string()
            }
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

/// A positive signed number and an unsigned one look alike in text, so both are read.
macro_rules! signed {
    ($($type:ty: $solidity:literal),+) => {$(
        impl AsArgument for $type {
            fn solidity() -> String {
                $solidity.to_string()
            }
            fn to_argument(&self) -> Argument {
                Argument::Signed((*self).into())
            }
            fn from_argument(argument: &Argument) -> Option<Self> {
                match argument {
                    Argument::Signed(number) => Self::try_from(*number).ok(),
                    Argument::Number(number) => Self::try_from(*number).ok(),
                    _ => None,
                }
            }
        }
    )+};
}

macro_rules! wrapped {
    ($($type:ident($inner:ty)),+) => {$(
        impl AsArgument for $type {
            fn solidity() -> String {
                <$inner>::solidity()
            }
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
    ($($type:ty: $solidity:literal => $kind:ident),+) => {$(
        impl AsArgument for $type {
            fn solidity() -> String {
                $solidity.to_string()
            }
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

/// Structs, member by member in the order of the ABI.
macro_rules! tuples {
    ($($type:ident { $($field:ident: $inner:ty),+ $(,)? })+) => {$(
        impl $crate::AsArgument for $type {
            fn solidity() -> std::string::String {
                std::format!("({})", [$(<$inner as $crate::AsArgument>::solidity()),+].join(","))
            }
            fn members() -> std::vec::Vec<$crate::Parameter> {
                std::vec![$(<$inner as $crate::AsArgument>::described(stringify!($field))),+]
            }
            fn to_argument(&self) -> $crate::Argument {
                $crate::Argument::Tuple(std::vec![$($crate::AsArgument::to_argument(&self.$field)),+])
            }
            fn from_argument(argument: &$crate::Argument) -> Option<Self> {
                let mut fields = argument.items()?.iter();
                let read = Self { $($field: <$inner as $crate::AsArgument>::from_argument(fields.next()?)?),+ };
                fields.next().is_none().then_some(read)
            }
        }
    )+};
}
pub(crate) use tuples;

/// Enums that the ABI numbers. A variant that is missing here does not compile.
macro_rules! numbered {
    ($($type:ident { $($variant:ident = $number:literal),+ })+) => {
        $(
            impl AsArgument for $type {
                fn solidity() -> String {
                    u8::solidity()
                }
                fn to_argument(&self) -> Argument {
                    Argument::Number(match self {
                        $(Self::$variant => $number,)+
                    })
                }
                fn from_argument(argument: &Argument) -> Option<Self> {
                    match argument {
                        $(Argument::Number($number) => Some(Self::$variant),)+
                        _ => None,
                    }
                }
            }
        )+
    };
}

/// Arrays of any length.
macro_rules! lists {
    ($($type:ty),+) => {$(
        impl AsArgument for Vec<$type> {
            fn solidity() -> String {
                format!("{}[]", <$type>::solidity())
            }
            fn members() -> Vec<Parameter> {
                <$type as AsArgument>::members()
            }
            fn to_argument(&self) -> Argument {
                Argument::List(self.iter().map(AsArgument::to_argument).collect())
            }
            fn from_argument(argument: &Argument) -> Option<Self> {
                argument.items()?.iter().map(AsArgument::from_argument).collect()
            }
        }
    )+};
}

numbers!(u8: "uint8", u16: "uint16", u32: "uint32", u64: "uint64", u128: "uint128");
signed!(i32: "int32", i64: "int64", i128: "int128");
wrapped!(
    Seat(u32),
    Instrument(u16),
    Product(u8),
    Lots(u32),
    Ticks(u32),
    TickValue(u32),
    Seconds(u32),
    Day(u32),
    Points(i64),
    QuoteAtoms(i128)
);
plain!(bool: "bool" => Flag, Address: "address" => Address, Vec<u8>: "bytes" => Bytes);
lists!(Entry, Address, [u8; 4]);
numbered! {
    Policy { Rest = 0, ImmediateOrCancel = 1, FillOrKill = 2, PostOnly = 3, PostOnlySlide = 4, Market = 5 }
    SelfTrade { CancelTaker = 0, CancelMaker = 1, DecrementBoth = 2 }
    Purpose { Fund = 0, Incentives = 1 }
    RemovalReason {
        Cancelled = 0, Expired = 1, SelfTrade = 2, Margin = 3, ReduceOnly = 4, Evicted = 5, OutsideLimits = 6
    }
    Class { Routine = 0, Tighten = 1, Loosen = 2, Critical = 3 }
    State { Proposed = 0, Queued = 1, Executed = 2, Cancelled = 3 }
    Role { Governor = 0, Guardian = 1 }
    Validity { Invalid = 0, NeedsConfirmation = 1, Valid = 2 }
    SettlementStatus { Proposed = 0, Disputed = 1, Resolved = 2, Final = 3 }
    MakerStatus { Applied = 1, Designated = 2, Suspended = 3, Leaving = 4, Ended = 5 }
    Phase { Reading = 1, Weighing = 2, Allotting = 3, Closed = 4 }
}
tuples! {
    Roll { seat: Seat, near: Instrument, far: Instrument, lots: Lots, near_limit: Ticks, far_limit: Ticks, spread: i32 }
    Place {
        seat: Seat, instrument: Instrument, side: Side, price: Ticks, lots: Lots, policy: Policy, self_trade: SelfTrade,
        reduce_only: bool, expiry: Seconds, number: u32,
    }
    Listing { product: Product, expiry: Seconds, tick_value: TickValue, tick_size: u16, mark: Ticks, terms: Terms }
    AddOns {
        size_lower: Lots, size_upper: Lots, open_interest_lower_bps: u16, open_interest_upper_bps: u16, floor_bps: u16,
        buffer_target_bps: u16, refill_bps: u16,
    }
    Reporting {
        commit_until: u32, bond: u64, deviation_slash: u64, miss_slash: u64, reward: u64, dispute_bond: u64, unbonding: u32,
    }
    Terms {
        taker_fee_ppm: u16, maker_fee_ppm: u16, price_limit_bps: u16, position_limit: Lots, open_interest_cap: Lots,
        maker_spread_front_bps: u16, maker_spread_back_bps: u16, maker_lots: Lots,
    }
    Certificate {
        dataset_root: [u8; 32], simulator: [u8; 32], seed: u64, model_hash: [u8; 32], confidence_ppm: u32,
        horizon_seconds: u32, parameter_hash: [u8; 32],
    }
    Books {
        custody: QuoteAtoms, trading: QuoteAtoms, instruments: QuoteAtoms, reserves: QuoteAtoms, balanced: bool,
    }
    Limits { hour: u64, day: u64 }
    Averaging { sum: u64, samples: u8, window: u8 }
    Delays { tighten: u32, routine: u32, loosen: u32, critical: u32 }
    MarginRules { max_rise_bps: u16, max_fall_bps: u16, floor_bps: u16, interval: u32 }
}

/// An amount of a token, which counts in 256 bits. More than 128 of them are an allowance without end, and read as the
/// largest number here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct TokenAmount(pub u128);

impl AsArgument for TokenAmount {
    fn solidity() -> String {
        "uint256".to_string()
    }
    fn to_argument(&self) -> Argument {
        Argument::Number(self.0)
    }
    fn from_argument(argument: &Argument) -> Option<Self> {
        u128::from_argument(argument).map(Self)
    }
}

/// Zero stands for none.
macro_rules! optional {
    ($($type:ident),+) => {$(
        impl AsArgument for Option<$type> {
            fn solidity() -> String {
                <$type>::solidity()
            }
            fn to_argument(&self) -> Argument {
                self.as_ref().map_or(Argument::Number(0), AsArgument::to_argument)
            }
            fn from_argument(argument: &Argument) -> Option<Self> {
                if *argument == Argument::Number(0) { Some(None) } else { <$type>::from_argument(argument).map(Some) }
            }
        }
    )+};
}
optional!(MakerStatus, Phase);

/// Its switches are one number, see [`Trigger::flags`].
impl AsArgument for Trigger {
    fn solidity() -> String {
        "(uint16,uint8,uint32,uint32,uint32,uint32,uint32)".to_string()
    }
    fn members() -> Vec<Parameter> {
        vec![
            Instrument::described("instrument"),
            u8::described("flags"),
            Ticks::described("price"),
            Ticks::described("limit"),
            Lots::described("lots"),
            Seconds::described("expiry"),
            u32::described("fee"),
        ]
    }
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
    fn solidity() -> String {
        "bytes32".to_string()
    }
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

/// The selector of a message.
impl AsArgument for [u8; 4] {
    fn solidity() -> String {
        "bytes4".to_string()
    }
    fn to_argument(&self) -> Argument {
        Argument::Bytes(self.to_vec())
    }
    fn from_argument(argument: &Argument) -> Option<Self> {
        match argument {
            Argument::Bytes(bytes) => bytes.as_slice().try_into().ok(),
            _ => None,
        }
    }
}

/// The ABI asks whether an order buys.
impl AsArgument for Side {
    fn solidity() -> String {
        bool::solidity()
    }
    fn to_argument(&self) -> Argument {
        Argument::Flag(*self == Self::Buy)
    }
    fn from_argument(argument: &Argument) -> Option<Self> {
        Some(if bool::from_argument(argument)? { Self::Buy } else { Self::Sell })
    }
    fn parameter(_: &'static str) -> &'static str {
        "buy"
    }
}

/// A line of a batch: provider, input price, output price, volume.
impl AsArgument for Entry {
    fn solidity() -> String {
        "(uint8,uint32,uint32,uint64)".to_string()
    }
    fn members() -> Vec<Parameter> {
        vec![u8::described("provider"), u32::described("input"), u32::described("output"), u64::described("volume")]
    }
    fn to_argument(&self) -> Argument {
        let Quote { input, output, volume } = self.quote;
        Argument::Tuple(vec![
            self.provider.to_argument(),
            input.to_argument(),
            output.to_argument(),
            volume.to_argument(),
        ])
    }
    fn from_argument(argument: &Argument) -> Option<Self> {
        let [provider, input, output, volume] = argument.items()? else { return None };
        Some(Self {
            provider: AsArgument::from_argument(provider)?,
            quote: Quote {
                input: AsArgument::from_argument(input)?,
                output: AsArgument::from_argument(output)?,
                volume: AsArgument::from_argument(volume)?,
            },
        })
    }
}

/// The part that says how the budget follows the depth is a struct of its own.
impl AsArgument for Parameters {
    fn solidity() -> String {
        "(uint64,uint16,uint8,uint8,uint16,uint16,uint16,uint32,uint8,(uint32,uint16,uint64,uint64))".to_string()
    }
    fn members() -> Vec<Parameter> {
        let budget = vec![
            u32::described("target_depth"),
            u16::described("budget_step_bps"),
            u64::described("least_budget"),
            u64::described("most_budget"),
        ];
        vec![
            u64::described("capital"),
            u16::described("uptime_floor_bps"),
            u8::described("uptime_power"),
            u8::described("volume_quarters"),
            u16::described("volume_hours"),
            u16::described("volume_floor_bps"),
            u16::described("maker_cap_bps"),
            u32::described("notice_seconds"),
            u8::described("strikes"),
            Parameter { name: "budget", solidity: "(uint32,uint16,uint64,uint64)".to_string(), members: budget },
        ]
    }
    fn to_argument(&self) -> Argument {
        Argument::Tuple(vec![
            self.capital.to_argument(),
            self.uptime_floor_bps.to_argument(),
            self.uptime_power.to_argument(),
            self.volume_quarters.to_argument(),
            self.volume_hours.to_argument(),
            self.volume_floor_bps.to_argument(),
            self.maker_cap_bps.to_argument(),
            self.notice_seconds.to_argument(),
            self.strikes.to_argument(),
            Argument::Tuple(vec![
                self.target_depth.to_argument(),
                self.budget_step_bps.to_argument(),
                self.least_budget.to_argument(),
                self.most_budget.to_argument(),
            ]),
        ])
    }
    fn from_argument(argument: &Argument) -> Option<Self> {
        let [capital, floor, power, quarters, hours, volume_floor, cap, notice, strikes, budget] = argument.items()?
        else {
            return None;
        };
        let [target, step, least, most] = budget.items()? else { return None };
        Some(Self {
            capital: AsArgument::from_argument(capital)?,
            uptime_floor_bps: AsArgument::from_argument(floor)?,
            uptime_power: AsArgument::from_argument(power)?,
            volume_quarters: AsArgument::from_argument(quarters)?,
            volume_hours: AsArgument::from_argument(hours)?,
            volume_floor_bps: AsArgument::from_argument(volume_floor)?,
            maker_cap_bps: AsArgument::from_argument(cap)?,
            notice_seconds: AsArgument::from_argument(notice)?,
            strikes: AsArgument::from_argument(strikes)?,
            target_depth: AsArgument::from_argument(target)?,
            budget_step_bps: AsArgument::from_argument(step)?,
            least_budget: AsArgument::from_argument(least)?,
            most_budget: AsArgument::from_argument(most)?,
        })
    }
}

macro_rules! rules {
    ($($group:ident { $($field:ident: $inner:ty),+ $(,)? })+) => {
        /// Three structs in a row: rules of the price, of reports, of settlement.
        impl Fills for Rules {
            fn parameters(_: &'static str) -> Vec<Parameter> {
                vec![$(Parameter {
                    name: stringify!($group),
                    solidity: format!("({})", [$(<$inner>::solidity()),+].join(",")),
                    members: vec![$(<$inner>::described(stringify!($field))),+],
                }),+]
            }
            fn arguments(&self) -> Vec<Argument> {
                vec![$(Argument::Tuple(vec![$(self.$field.to_argument()),+])),+]
            }
            fn read(arguments: &mut slice::Iter<'_, Argument>) -> Option<Self> {
                $(let mut $group = arguments.next()?.items()?.iter();)+
                let read = Self { $($($field: <$inner>::from_argument($group.next()?)?),+),+ };
                let ended = true $(&& $group.next().is_none())+;
                ended.then_some(read)
            }
        }
    };
}

rules! {
    price {
        blend_input: u8, blend_output: u8, reference_score: u16, cap_bps: u16, min_providers: u8, screen_mads: u32,
        screen_ratio: u32, max_dispersion: u32,
    }
    report {
        min_reporters: u8, opens: u32, closes: u32, max_staleness: u32, confirm_above: u32, reject_above: u32,
        confirm_delay: u32,
    }
    settle { window_days: u8, max_gaps: u8, lock_delay: u32, dispute_delay: u32, fallback_delay: u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the vocabulary reads from a number, for all numbers that a byte can be.
    fn read<T: AsArgument>() -> impl Iterator<Item = (u8, Option<T>)> {
        (0..=u8::MAX).map(|number| (number, T::from_argument(&number.to_argument())))
    }

    /// What Solidity calls a struct with these members.
    fn written(members: &[Parameter]) -> String {
        let types: Vec<&str> = members.iter().map(|member| member.solidity.as_str()).collect();
        format!("({})", types.join(","))
    }

    #[test]
    fn every_struct_of_the_vocabulary_names_its_members_in_their_order() {
        let mut all: Vec<Parameter> = Vec::new();
        for entry in crate::Message::entries().into_iter().chain(crate::view::entries()) {
            all.extend(entry.parameters);
            all.extend(entry.returns.map(|solidity| Parameter { name: "", solidity, members: entry.returned }));
        }
        for event in crate::event::schemas() {
            let described = |field: crate::event::EventField| Parameter {
                name: field.name,
                solidity: field.solidity,
                members: field.members,
            };
            all.extend(event.fields.into_iter().map(described));
        }
        let mut structs = 0;
        while let Some(parameter) = all.pop() {
            let one = parameter.solidity.trim_end_matches("[]");
            if !one.starts_with('(') {
                assert_eq!(parameter.members, [], "{parameter:?}");
                continue;
            }
            structs += 1;
            assert_eq!(written(&parameter.members), one, "{parameter:?}");
            assert!(parameter.members.iter().all(|member| !member.name.is_empty()), "{parameter:?}");
            all.extend(parameter.members);
        }
        assert!(structs > 20, "{structs} structs");
    }

    #[test]
    fn numbers_of_enums_are_those_of_the_engine() {
        assert!(read().all(|(number, policy)| policy == Policy::from_number(number)));
        assert!(read().all(|(number, mode)| mode == SelfTrade::from_number(number)));
        assert!(read().all(|(number, class)| class == Class::from_number(number)));
        let same = |(number, read): (u8, Option<u8>)| read.is_none_or(|read| read == number);
        assert!(read::<State>().map(|(number, state)| (number, state.map(State::number))).all(same));
        assert!(read::<Validity>().map(|(number, class)| (number, class.map(Validity::number))).all(same));
        assert!(read::<MakerStatus>().map(|(number, status)| (number, status.map(MakerStatus::number))).all(same));
        assert!(read::<Phase>().map(|(number, phase)| (number, phase.map(Phase::number))).all(same));
        let numbers = read::<SettlementStatus>();
        assert!(numbers.map(|(number, status)| (number, status.map(SettlementStatus::number))).all(same));
    }

    #[test]
    fn an_enum_comes_back_from_the_number_it_was_written_as() {
        fn comes_back<T: AsArgument + PartialEq>() -> usize {
            let known: Vec<T> = read().filter_map(|(_, value)| value).collect();
            assert!(known.iter().all(|value| T::from_argument(&value.to_argument()).as_ref() == Some(value)));
            known.len()
        }
        assert_eq!((comes_back::<RemovalReason>(), comes_back::<Purpose>(), comes_back::<Role>()), (7, 2, 2));
        assert_eq!((comes_back::<Policy>(), comes_back::<SelfTrade>(), comes_back::<Class>()), (6, 3, 4));
        assert_eq!((comes_back::<Option<MakerStatus>>(), comes_back::<Option<Phase>>()), (6, 5));
    }
}
