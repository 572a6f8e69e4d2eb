//! What a message returns, whatever contract answers it.

use sit_engine::clearing::{self, Instrument};
use sit_engine::oracle::Validity;
use sit_engine::units::{Lots, Points, Seat, Ticks};
use std::vec;
use std::vec::Vec;

/// The numbers that a message returns, in the order of the ABI; empty when it returns nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answer(pub Vec<i128>);

impl Answer {
    /// The number at an index; zero when there is none or it does not fit.
    pub fn get(&self, index: usize) -> u64 {
        self.0.get(index).and_then(|number| u64::try_from(*number).ok()).unwrap_or(0)
    }

    /// The first number; zero when there is none.
    pub fn first(&self) -> u64 {
        self.get(0)
    }
}

macro_rules! answers {
    ($($from:ty: $number:expr;)+) => {$(
        impl From<$from> for Answer {
            fn from(value: $from) -> Self {
                Self(Vec::from($number(value)))
            }
        }
    )+};
}

answers! {
    (): |()| [];
    bool: |truth: bool| [truth.into()];
    u8: |number: u8| [number.into()];
    u16: |number: u16| [number.into()];
    u32: |number: u32| [number.into()];
    u64: |number: u64| [number.into()];
    Points: |points: Points| [points.0.into()];
    (Ticks, Lots): |(price, lots): (Ticks, Lots)| [price.0.into(), lots.0.into()];
    Seat: |seat: Seat| [seat.0.into()];
    Lots: |lots: Lots| [lots.0.into()];
    Ticks: |price: Ticks| [price.0.into()];
    Instrument: |instrument: Instrument| [instrument.0.into()];
    Validity: |validity: Validity| [validity.number().into()];
    clearing::Placed: |placed: clearing::Placed| [placed.number.into(), placed.filled.0.into(), placed.resting.0.into()];
}

impl From<(clearing::Placed, clearing::Placed)> for Answer {
    /// Of a roll: what the legs were worth, lots times price.
    fn from((near, far): (clearing::Placed, clearing::Placed)) -> Self {
        Self(vec![near.value.0.into(), far.value.0.into()])
    }
}

impl From<(clearing::Placed, u64)> for Answer {
    /// Of an executed trigger: lots filled, lots resting, the fee.
    fn from((placed, fee): (clearing::Placed, u64)) -> Self {
        Self(vec![placed.filled.0.into(), placed.resting.0.into(), fee.into()])
    }
}
