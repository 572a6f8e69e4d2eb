//! Solidity events, word by word.

use ink::prelude::vec::Vec;
use ink::primitives::Address;
use ink::sol::{DynBytes, FixedBytes};

/// A word of the Solidity ABI.
pub type Word = [u8; 32];

/// An event being written: its topics, the words of its data and, behind them, what has no fixed length.
pub struct Log {
    topics: [Word; 4],
    topics_used: usize,
    topics_due: usize,
    words: Vec<u8>,
    words_due: usize,
    tail: Vec<u8>,
}

impl Log {
    /// An event of this signature, whose first `topics` values are indexed and whose others take `words` words.
    pub fn new(signature: Word, topics: usize, words: usize) -> Self {
        let mut log = Self {
            topics: [[0; 32]; 4],
            topics_used: 0,
            topics_due: topics.saturating_add(1),
            words: Vec::new(),
            words_due: words,
            tail: Vec::new(),
        };
        log.put(signature);
        log
    }

    /// The next value.
    pub fn put(&mut self, word: Word) {
        match self.topics.get_mut(self.topics_used) {
            Some(topic) if self.topics_used < self.topics_due => {
                *topic = word;
                self.topics_used = self.topics_used.saturating_add(1);
            }
            _ => self.words.extend_from_slice(&word),
        }
    }

    /// The next value, a number that is not negative.
    pub fn unsigned(&mut self, value: u64) {
        self.wide(value.into(), 0);
    }

    /// The next value, a number.
    pub fn signed(&mut self, value: i64) {
        self.wide(i128::from(value).cast_unsigned(), if value < 0 { u8::MAX } else { 0 });
    }

    #[inline(never)]
    fn wide(&mut self, value: u128, fill: u8) {
        let mut word = [fill; 32];
        if let Some(low) = word.last_chunk_mut() {
            *low = value.to_be_bytes();
        }
        self.put(word);
    }

    /// The next value, bytes that stand at the low end of their word.
    #[inline(never)]
    pub fn low(&mut self, bytes: &[u8; 20]) {
        let mut word = [0; 32];
        if let Some(low) = word.last_chunk_mut() {
            *low = *bytes;
        }
        self.put(word);
    }

    /// The next value, at most 32 bytes that stand at the high end of their word.
    #[inline(never)]
    pub fn high(&mut self, bytes: &[u8]) {
        let mut word = [0; 32];
        for (out, byte) in word.iter_mut().zip(bytes) {
            *out = *byte;
        }
        self.put(word);
    }

    /// The next value, bytes of any length; never a topic.
    #[inline(never)]
    pub fn bytes(&mut self, bytes: &[u8]) {
        let from = self.words_due.saturating_mul(32).saturating_add(self.tail.len());
        self.unsigned(u64::try_from(from).unwrap_or(u64::MAX));
        let mut length = [0; 32];
        if let Some(low) = length.last_chunk_mut() {
            *low = u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes();
        }
        self.tail.extend_from_slice(&length);
        self.tail.extend_from_slice(bytes);
        self.tail.resize(self.tail.len().next_multiple_of(32), 0);
    }

    /// Emits the event. Off the chain this does nothing.
    #[inline(never)]
    pub fn emit(mut self) {
        self.words.append(&mut self.tail);
        #[cfg(target_arch = "riscv64")]
        {
            use pallet_revive_uapi::{HostFn, HostFnImpl};
            HostFnImpl::deposit_event(self.topics.get(..self.topics_used).unwrap_or_default(), &self.words);
        }
    }
}

/// A value of an event.
pub trait Field {
    /// Words that it takes.
    const WORDS: usize = 1;

    /// Writes it.
    fn put(&self, log: &mut Log);
}

macro_rules! numbers {
    ($write:ident: $($number:ty),+) => {
        $(impl Field for $number {
            fn put(&self, log: &mut Log) {
                log.$write((*self).into());
            }
        })+
    };
}
numbers!(unsigned: bool, u8, u16, u32, u64);
numbers!(signed: i32, i64);

impl Field for u128 {
    fn put(&self, log: &mut Log) {
        log.wide(*self, 0);
    }
}

impl Field for Address {
    fn put(&self, log: &mut Log) {
        log.low(&self.0);
    }
}

impl<const N: usize> Field for FixedBytes<N> {
    fn put(&self, log: &mut Log) {
        log.high(&self.0);
    }
}

impl Field for DynBytes {
    fn put(&self, log: &mut Log) {
        log.bytes(&self.0);
    }
}

/// Makes a structure a value of events: its own values one after another.
#[macro_export]
macro_rules! event_fields {
    ($name:ty { $($field:ident: $field_type:ty),+ $(,)? }) => {
        impl $crate::Field for $name {
            const WORDS: usize = 0 $(+ <$field_type as $crate::Field>::WORDS)+;

            fn put(&self, log: &mut $crate::Log) {
                $($crate::Field::put(&self.$field, log);)+
            }
        }
    };
}

/// Defines Solidity events, indexed fields before the semicolon, and a method `emit` of each.
#[macro_export]
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident { $($topic:ident: $topic_type:ty),* ; $($field:ident: $field_type:ty),* $(,)? })+) => {
        $(
            $(#[$doc])*
            #[ink::event]
            pub struct $name {
                $(#[ink(topic)] pub $topic: $topic_type,)*
                $(pub $field: $field_type,)*
            }

            impl $name {
                #[doc = "Emits it."]
                pub fn emit(&self) {
                    self.log().emit();
                }

                #[doc = "Its topics and data."]
                pub fn log(&self) -> $crate::Log {
                    const SIGNATURE: $crate::Word = $crate::signature!($name);
                    const TOPICS: usize = <[&str]>::len(&[$(stringify!($topic)),*]);
                    const WORDS: usize = 0 $(+ <$field_type as $crate::Field>::WORDS)*;
                    #[allow(clippy::allow_attributes, unused_mut, reason = "an event may have no fields")]
                    let mut log = $crate::Log::new(SIGNATURE, TOPICS, WORDS);
                    $($crate::Field::put(&self.$topic, &mut log);)*
                    $($crate::Field::put(&self.$field, &mut log);)*
                    log
                }
            }
        )+
    };
}

/// The signature topic of an event.
#[doc(hidden)]
#[macro_export]
macro_rules! signature {
    ($name:ty) => {
        match <$name as ink::env::Event<ink::abi::Sol>>::SIGNATURE_TOPIC {
            Some(signature) => signature,
            None => [0; 32],
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use ink::env::Event;

    crate::events! {
        Flat { seat: u32, who: Address; buy: bool, paid: i64, price: u64, tag: FixedBytes<4> }
        Long { index: u16; place: u8, terms: DynBytes, amount: u64, more: DynBytes }
    }

    /// ink! itself, on the same values.
    #[test]
    fn data_are_laid_out_as_by_ink() {
        let flat =
            Flat { seat: 7, who: [9; 20].into(), buy: true, paid: -5, price: u64::MAX, tag: FixedBytes([1, 2, 3, 4]) };
        let log = flat.log();
        assert_eq!([log.words, log.tail].concat(), Event::<ink::abi::Sol>::encode_data(&flat));
        assert_eq!(Some(log.topics[0]), <Flat as Event<ink::abi::Sol>>::SIGNATURE_TOPIC);
        assert_eq!(log.topics[1][28..], [0, 0, 0, 7]);
        assert_eq!((log.topics[2][11], &log.topics[2][12..], log.topics_used), (0, &[9; 20][..], 3));
        flat.emit(); // nobody hears it here
        for length in [0, 1, 31, 32, 33, 100] {
            let bytes = |from: u8| DynBytes((from..).take(length).collect());
            let long = Long { index: 3, place: 4, terms: bytes(10), amount: 5, more: bytes(60) };
            long.emit();
            let log = long.log();
            assert_eq!([log.words, log.tail].concat(), Event::<ink::abi::Sol>::encode_data(&long), "{length}");
        }
    }
}
