//! The final settlement of the contracts that expire on a day.
//!
//! ```text
//! (none) --propose--> Proposed --finalise, dispute time over--> Final
//!                        |  ^
//!                dispute v  | resolve (once; restarts the dispute time)
//!                     Disputed --finalise, fallback delay over--> Final
//! ```
//!
//! Nobody sets a price: it is always an average of prints. A dispute can take samples out, not put any in: the average
//! is then of those that are left, and where they are too few of the newest before them as well. A dispute that nobody
//! resolves leaves all of them out: a price that somebody has put money against is not the one that wins by silence.
//! Governance disputes without a bond, anyone with one: an upheld dispute gets its bond back and, as far as the pot
//! reaches, as much again; a dismissed one loses it to the pot; one that nobody resolves gets it back.

use super::{Address, Hash, IndexId, OracleError, Rules, Store, prints};
use crate::{
    calendar::Day,
    codec::{self, Cell, Reader, Writer},
    math::div_nearest,
    units::Seconds,
};

/// Where a settlement stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Can be disputed.
    Proposed,
    /// Frozen until it is resolved.
    Disputed,
    /// Proposed again after a dispute; cannot be disputed again.
    Resolved,
    /// Set for ever.
    Final,
}

impl Status {
    /// Its number in cells, messages and events: 0 proposed, 1 disputed, 2 resolved, 3 final.
    pub fn number(self) -> u8 {
        match self {
            Self::Proposed => 0,
            Self::Disputed => 1,
            Self::Resolved => 2,
            Self::Final => 3,
        }
    }
}

/// The final settlement of an expiry: the receipt from which anyone can recompute the price.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settlement {
    /// Where it stands.
    pub status: Status,
    /// When it came to stand there.
    pub since: Seconds,
    /// Whether the window lacked too many days and the fallback average was taken.
    pub fallback: bool,
    /// Prints that a dispute took out: bit `k` is the day `k` days before the expiry.
    pub voided: u64,
    /// Sum of the samples, in atoms per million units.
    pub sum: u64,
    /// How many prints were averaged.
    pub samples: u8,
    /// Days of the averaging window that gave none.
    pub gaps: u8,
    /// `sum / samples` to the nearest atom, halves up.
    pub price: u32,
    /// keccak-256 of `index (2 bytes) ++ expiry (4) ++ [day (4) ++ print (4)]` over the samples, newest first, big
    /// endian.
    pub receipt: Hash,
    /// Who has an open dispute and put its bond at stake; zero for governance or none.
    pub disputer: Address,
    /// That bond, in quote atoms.
    pub dispute_bond: u64,
}

/// The average of the window that ends with the expiry, or, as fallback, of as many prints as the window must have, the
/// newest within 64 days. Prints that are voided count as missing.
///
/// # Errors
/// [`OracleError::TooManyGaps`] without the fallback, [`OracleError::TooFewSamples`] with it.
pub(super) fn average<S: Store>(
    store: &S,
    rules: &Rules,
    index: IndexId,
    expiry: Day,
    voided: u64,
    fallback: bool,
) -> Result<Settlement, OracleError> {
    let window = usize::from(rules.window_days);
    let prints = prints::back_from(store, index, expiry);
    let valid = prints.iter().zip(0_u32..).map(|(print, back)| {
        let print = print.filter(|_| voided >> back & 1 == 0)?;
        Some((Day(expiry.0.checked_sub(back)?), print))
    });
    let found = valid.clone().take(window).flatten().count();
    let needed = usize::from(rules.min_samples());
    let (reach, limit) = match fallback {
        false if found < needed => return Err(OracleError::TooManyGaps),
        false => (window, window),
        true => (prints.len(), needed),
    };
    let mut bytes = Writer::new();
    bytes.uint(index.into(), 2);
    bytes.uint(expiry.0.into(), 4);
    let (mut sum, mut samples) = (0_u64, 0_u8);
    for (day, print) in valid.take(reach).flatten().take(limit) {
        bytes.uint(day.0.into(), 4);
        bytes.uint(print.into(), 4);
        sum = sum.saturating_add(print.into());
        samples = samples.saturating_add(1);
    }
    if usize::from(samples) < needed {
        return Err(OracleError::TooFewSamples);
    }
    // An average of 32-bit numbers fits 32 bits, and `found` is at most the window of 32 days.
    let price = u32::try_from(div_nearest(sum, samples.into())).map_err(|_| OracleError::PriceOutOfRange)?;
    let gaps = rules.window_days.saturating_sub(u8::try_from(found).unwrap_or(u8::MAX));
    let receipt = store.keccak(bytes.as_bytes());
    Ok(Settlement {
        status: Status::Proposed,
        since: Seconds::default(),
        fallback,
        voided,
        sum,
        samples,
        gaps,
        price,
        receipt,
        disputer: Address::default(),
        dispute_bond: 0,
    })
}

/// The samples of a settlement, as its `voided` has them.
pub(super) fn samples<S: Store>(store: &S, rules: &Rules, index: IndexId, expiry: Day, held: &Settlement) -> u64 {
    let prints = prints::back_from(store, index, expiry);
    let reach = if held.fallback { prints.len() } else { rules.window_days.into() };
    let valid = prints.iter().zip(0_u32..).take(reach);
    let valid = valid.filter(|(print, back)| print.is_some() && held.voided >> back & 1 == 0);
    valid.take(held.samples.into()).fold(0, |mask, (_, back)| mask | 1_u64.wrapping_shl(back))
}

impl Cell for Settlement {
    const MAX_BYTES: usize = 1 + 4 + 8 + 8 + 1 + 1 + 4 + 32 + 20 + 8;

    fn write(&self, out: &mut Writer) {
        out.uint(u64::from(self.status.number()) | u64::from(self.fallback) << 7, 1);
        out.uint(self.since.0.into(), 4);
        out.uint(self.voided, 8);
        out.uint(self.sum, 8);
        out.uint(self.samples.into(), 1);
        out.uint(self.gaps.into(), 1);
        out.uint(self.price.into(), 4);
        out.put(&self.receipt);
        if self.dispute_bond > 0 {
            out.put(&self.disputer);
            out.uint(self.dispute_bond, 8);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let head = from.u8();
        Self {
            status: match head & 0x7F {
                0 => Status::Proposed,
                1 => Status::Disputed,
                2 => Status::Resolved,
                _ => Status::Final,
            },
            fallback: head >> 7 == 1,
            since: Seconds(from.u32(4)),
            voided: from.uint(8),
            sum: from.uint(8),
            samples: from.u8(),
            gaps: from.u8(),
            price: from.u32(4),
            receipt: from.array(),
            disputer: from.array(),
            dispute_bond: from.uint(8),
        }
    }
}

const _: () = assert!(Settlement::MAX_BYTES <= codec::CELL_BYTES);
// The receipt of the longest window fits the buffer in which it is laid out.
const _: () = assert!(2 + 4 + 32 * 8 <= codec::CELL_BYTES);
