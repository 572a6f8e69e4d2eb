//! Stop and take-profit orders that wait outside the book: one cold cell for each account that has any.
//!
//! A trigger is an order with a condition: the mark, or the last trade, at or beyond a price. When it holds anyone may
//! execute it ([`crate::clearing::execute_trigger()`]) and is paid the fee that the owner has promised, out of the
//! account.

use super::instrument::Instrument;
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::units::{Lots, Seconds, Side, Ticks};

/// Triggers that an account can have at once; each has a slot, which the client chooses.
pub const MAX_TRIGGERS: usize = 16;

/// The bit of the stored flags that says that a delegate has set it.
const DELEGATED_BIT: u32 = 5;

/// A waiting order. With no lots it stands for an empty slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Trigger {
    /// The instrument.
    pub instrument: Instrument,
    /// Whether it sells; otherwise it buys.
    pub sells: bool,
    /// Whether it waits for a price at or above [`Trigger::price`]; otherwise at or below.
    pub above: bool,
    /// Whether it looks at the last trade; otherwise at the mark.
    pub last: bool,
    /// Whether it may only reduce the position.
    pub reduce_only: bool,
    /// Whether what does not trade rests at the limit; otherwise it is a market order protected by the limit.
    pub rests: bool,
    /// Price of the condition.
    pub price: Ticks,
    /// Limit of the order.
    pub limit: Ticks,
    /// Size.
    pub lots: Lots,
    /// When it stops being good; zero for never.
    pub expiry: Seconds,
    /// Quote atoms for the keeper who executes all of it; at most [`Trigger::MAX_FEE`].
    pub fee: u32,
}

impl Trigger {
    /// Largest fee for executing a trigger, in quote atoms: ten dollars, so that a mistyped fee is a small loss.
    pub const MAX_FEE: u32 = 10_000_000;

    /// The flags of [`Trigger::flags`]: sells 1, above 2, last 4, reduce-only 8, rests 16.
    pub const ALL_FLAGS: u8 = 0x1F;

    /// Its switches as bits, see [`Trigger::ALL_FLAGS`].
    pub fn flags(&self) -> u8 {
        let bit = |on: bool, number: u8| u8::from(on) << number;
        bit(self.sells, 0) | bit(self.above, 1) | bit(self.last, 2) | bit(self.reduce_only, 3) | bit(self.rests, 4)
    }

    /// Itself with these switches; bits outside [`Trigger::ALL_FLAGS`] mean nothing.
    #[must_use]
    pub fn with_flags(self, flags: u8) -> Self {
        let bit = |number: u8| (flags >> number) & 1 != 0;
        Self { sells: bit(0), above: bit(1), last: bit(2), reduce_only: bit(3), rests: bit(4), ..self }
    }

    /// On which side it trades.
    pub fn side(&self) -> Side {
        if self.sells { Side::Sell } else { Side::Buy }
    }

    /// Whether a price fulfils its condition. No price (zero) fulfils none.
    pub fn fires_at(&self, price: Ticks) -> bool {
        price > Ticks::ZERO && if self.above { price >= self.price } else { price <= self.price }
    }
}

/// The triggers of an account, by slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Triggers {
    slots: [Trigger; MAX_TRIGGERS],
    /// A bit for each slot that a delegate has filled.
    delegated: u16,
}

impl Triggers {
    /// The trigger in a slot; `None` when there is none.
    pub fn get(&self, slot: u8) -> Option<&Trigger> {
        self.slots.get(usize::from(slot)).filter(|trigger| trigger.lots > Lots::ZERO)
    }

    /// Puts a trigger into a slot, set by the owner, or with `set` of the old trigger by whoever had set that; false
    /// when there is no such slot.
    #[must_use]
    pub fn set(&mut self, slot: u8, trigger: Trigger) -> bool {
        self.set_by(slot, trigger, self.is_delegated(slot))
    }

    /// Puts a trigger into a slot for a delegate or for the owner; false when there is no such slot.
    #[must_use]
    pub fn set_by(&mut self, slot: u8, trigger: Trigger, delegated: bool) -> bool {
        let Some(held) = self.slots.get_mut(usize::from(slot)) else { return false };
        *held = trigger;
        let bit = Self::bit(slot);
        if delegated && trigger.lots > Lots::ZERO {
            self.delegated |= bit
        } else {
            self.delegated &= !bit
        }
        true
    }

    /// Whether a delegate has set what stands in a slot.
    pub fn is_delegated(&self, slot: u8) -> bool {
        self.delegated & Self::bit(slot) != 0
    }

    /// Empties the slots that delegates have filled. Whether there were any.
    pub fn drop_delegated(&mut self) -> bool {
        for (held, slot) in self.slots.iter_mut().zip(0..) {
            if self.delegated & Self::bit(slot) != 0 {
                *held = Trigger::default();
            }
        }
        core::mem::take(&mut self.delegated) != 0
    }

    fn bit(slot: u8) -> u16 {
        1_u16.checked_shl(slot.into()).unwrap_or(0)
    }

    // slot 1, instrument 2, flags 1, price 3, limit 3, lots 3, expiry 4, fee 3
    const TRIGGER_BYTES: usize = 20;
}

const _: () = assert!(Triggers::MAX_BYTES <= CELL_BYTES);
const _: () = assert!(Trigger::MAX_FEE < 1 << 24);

impl Cell for Triggers {
    const MAX_BYTES: usize = MAX_TRIGGERS * Self::TRIGGER_BYTES;

    fn write(&self, out: &mut Writer) {
        for slot in 0_u8.. {
            let Some(held) = self.slots.get(usize::from(slot)) else { break };
            if held.lots == Lots::ZERO {
                continue;
            }
            out.uint(slot.into(), 1);
            out.uint(held.instrument.0.into(), 2);
            out.uint(u64::from(held.flags()) | u64::from(self.is_delegated(slot)) << DELEGATED_BIT, 1);
            out.uint(held.price.0.into(), 3);
            out.uint(held.limit.0.into(), 3);
            out.uint(held.lots.0.into(), 3);
            out.uint(held.expiry.0.into(), 4);
            out.uint(held.fee.into(), 3);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let mut triggers = Self::default();
        while !from.is_empty() {
            let slot = from.u8();
            let instrument = Instrument(from.u16());
            let flags = from.u8();
            let trigger = Trigger {
                instrument,
                price: Ticks(from.u32(3)),
                limit: Ticks(from.u32(3)),
                lots: Lots(from.u32(3)),
                expiry: Seconds(from.u32(4)),
                fee: from.u32(3),
                ..Trigger::default()
            };
            let Some(held) = triggers.slots.get_mut(usize::from(slot)) else { break };
            *held = trigger.with_flags(flags);
            if flags >> DELEGATED_BIT & 1 != 0 {
                triggers.delegated |= Self::bit(slot);
            }
        }
        triggers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_full_cell_of_triggers_comes_back() {
        let mut triggers = Triggers::default();
        for slot in 0..16 {
            let trigger = Trigger {
                instrument: Instrument(u16::MAX),
                price: Ticks(0xFF_FFFE),
                limit: Ticks(1),
                lots: Lots::MAX,
                expiry: Seconds(u32::MAX),
                fee: Trigger::MAX_FEE,
                ..Trigger::default()
            };
            assert!(triggers.set(slot, trigger.with_flags(slot + 7)));
        }
        assert!(!triggers.set(16, Trigger::default()));
        let first = *triggers.get(0).expect("it was set");
        assert!(triggers.set_by(15, first, true) && triggers.is_delegated(15));
        assert_eq!(triggers.to_cell().as_bytes().len(), Triggers::MAX_BYTES);
        assert_eq!(Triggers::from_cell(triggers.to_cell().as_bytes()), triggers);
    }

    #[test]
    fn what_delegates_have_set_goes_and_nothing_else() {
        let trigger = Trigger { lots: Lots(1), ..Trigger::default() };
        let mut triggers = Triggers::default();
        for slot in 0..6 {
            assert!(triggers.set_by(slot, trigger, slot % 2 == 0));
        }
        assert!(triggers.set_by(0, trigger, false), "the owner's now");
        assert!(triggers.set(2, Trigger { lots: Lots(9), ..trigger }), "a rest stays whose it was");
        assert!(triggers.drop_delegated() && !triggers.drop_delegated());
        assert_eq!([0, 1, 2, 3, 4, 5].map(|slot| triggers.get(slot).is_some()), [true, true, false, true, false, true]);
    }

    #[test]
    fn conditions_include_their_price_and_no_price_fulfils_none() {
        let trigger = |above| Trigger { above, price: Ticks(100), ..Trigger::default() };
        assert_eq!([99, 100, 101].map(|price| trigger(true).fires_at(Ticks(price))), [false, true, true]);
        assert_eq!([99, 100, 101].map(|price| trigger(false).fires_at(Ticks(price))), [true, true, false]);
        assert!(!trigger(false).fires_at(Ticks::ZERO));
    }

    proptest! {
        #[test]
        fn any_set_of_slots_comes_back(slots in proptest::collection::btree_map(0_u8..16, (0_u8..32, 1_u32..99), 0..16)) {
            let mut triggers = Triggers::default();
            for (slot, (flags, lots)) in &slots {
                let trigger = Trigger { lots: Lots(*lots), ..Trigger::default() }.with_flags(*flags);
                prop_assert!(triggers.set(*slot, trigger));
                prop_assert_eq!(triggers.get(*slot).unwrap().flags(), *flags);
            }
            prop_assert_eq!(Triggers::from_cell(triggers.to_cell().as_bytes()), triggers);
        }
    }
}
