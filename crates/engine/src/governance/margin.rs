//! Margin sets: what a set must prove, and how fast margins may move.
//!
//! Margin that jumps in a crisis makes the crisis (anti-procyclicality: EMIR RTS 153/2013, article 28). So each set is
//! compared with the one in force, measure by measure:
//!
//! ```text
//! long(slot)  = -min over s of shock(slot, s)        loss of a long position, basis points of the mark
//! short(slot) =  max over s of shock(slot, s)        loss of a short position
//!
//! new <= old + max(1, floor(old * max_rise / 10_000))
//! new >= old - floor(old * max_fall / 10_000)
//! ```
//!
//! and likewise for the maintenance and liquidation-end ratios. A measure that was zero (a month not yet margined, the
//! first set of a product) is free. Sets of one product keep an interval, so that many small steps are no way around.

use super::{GovernanceError, Hash, SET_RISK};
use crate::calendar::DAY;
use crate::certificate::{Certificate, SCENARIOS, SLOTS};
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::units::{BPS, Seconds};

/// Least confidence of a certificate: 99 %, the principle for financial market infrastructures on margin (PFMI 6).
const MIN_CONFIDENCE_PPM: u32 = 990_000;

/// Certainty, which no model has, in parts per million.
const CERTAINTY_PPM: u32 = 1_000_000;

/// Least horizon of a certificate: one day, the time between two daily settlements.
const MIN_HORIZON_SECONDS: u32 = DAY;

/// A risk array as bytes: each shock in two, big endian, slot by slot.
pub const SHOCK_BYTES: usize = SLOTS * SCENARIOS * 2;

/// Length of the calldata of `set_risk`: selector, five words, length word, risk array.
pub const SET_RISK_BYTES: usize = 4 + 5 * 32 + 32 + SHOCK_BYTES;

/// Measures of a set that the speed limit watches: each slot long and short, and two ratios.
const MEASURES: usize = 2 * SLOTS + 2;

/// Rules that a margin set must satisfy. Changed by a critical action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MarginRules {
    /// Most that a measure may rise in one set, in basis points of its value: 1,000 to 10,000.
    pub max_rise_bps: u16,
    /// Most that a measure may fall in one set, in basis points of its value: 100 to 2,500.
    pub max_fall_bps: u16,
    /// Least margin of a month on each side, in basis points of the mark: 100 to 5,000.
    pub floor_bps: u16,
    /// Least time between two sets of one product, in seconds: one hour to thirty days.
    pub interval: u32,
}

impl MarginRules {
    pub(super) const BYTES: usize = 2 + 2 + 2 + 4;

    /// The rules from the start: up by half at most, down by a tenth (a quarter is the buffer that EMIR lets a clearing
    /// house exhaust, so one set gives back less than half of it), never below 2 % of the mark, once a day.
    pub const INITIAL: Self = Self { max_rise_bps: 5_000, max_fall_bps: 1_000, floor_bps: 200, interval: DAY };

    /// Refuses rules outside the bounds given with the fields.
    pub fn validate(&self) -> Result<(), GovernanceError> {
        let within = (1_000..=BPS).contains(&self.max_rise_bps)
            && (100..=2_500).contains(&self.max_fall_bps)
            && (100..=5_000).contains(&self.floor_bps)
            && (3_600..=30 * DAY).contains(&self.interval);
        if within { Ok(()) } else { Err(GovernanceError::BadMarginRules) }
    }

    /// Refuses a profile that moves too fast from the one in force. Pure: see the head of this module.
    pub fn check_speed(&self, old: &Profile, new: &Profile) -> Result<(), GovernanceError> {
        for (old, new) in old.0.iter().zip(&new.0).filter(|(old, _)| **old > 0) {
            let old = u32::from(*old);
            let ceiling = old.saturating_add(share(old, self.max_rise_bps).max(1));
            let floor = old.saturating_sub(share(old, self.max_fall_bps));
            if u32::from(*new) > ceiling {
                return Err(GovernanceError::MarginRisesTooFast);
            }
            if u32::from(*new) < floor {
                return Err(GovernanceError::MarginFallsTooFast);
            }
        }
        Ok(())
    }
}

/// `value * bps / 10_000`, rounded down: both limits are taken on the narrow side.
fn share(value: u32, bps: u16) -> u32 {
    value.saturating_mul(u32::from(bps)).div_euclid(BPS.into())
}

impl Cell for MarginRules {
    const MAX_BYTES: usize = Self::BYTES;

    fn write(&self, out: &mut Writer) {
        out.uint(u64::from(self.max_rise_bps), 2);
        out.uint(u64::from(self.max_fall_bps), 2);
        out.uint(u64::from(self.floor_bps), 2);
        out.uint(u64::from(self.interval), 4);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self { max_rise_bps: from.u16(), max_fall_bps: from.u16(), floor_bps: from.u16(), interval: from.u32(4) }
    }
}

/// A margin set as proposed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MarginSet {
    /// The product it is for.
    pub product: u8,
    /// Maintenance margin, in basis points of the initial margin.
    pub maintenance_bps: u16,
    /// Where a liquidation ends, in basis points of the initial margin.
    pub liq_end_bps: u16,
    /// Price moves in basis points of the mark, for each month slot in each scenario. A slot not in use holds zeros.
    pub shocks: [[i16; SCENARIOS]; SLOTS],
}

impl MarginSet {
    /// Reads the risk array from its bytes; `None` if there are more or fewer than [`SHOCK_BYTES`].
    pub fn shocks_from_bytes(bytes: &[u8]) -> Option<[[i16; SCENARIOS]; SLOTS]> {
        if bytes.len() != SHOCK_BYTES {
            return None;
        }
        let mut shocks = [[0; SCENARIOS]; SLOTS];
        for (shock, pair) in shocks.iter_mut().flatten().zip(bytes.chunks_exact(2)) {
            *shock = i16::from_be_bytes(pair.try_into().ok()?);
        }
        Some(shocks)
    }

    /// What the speed limit compares.
    pub fn profile(&self) -> Profile {
        let mut measures = [0; MEASURES];
        for (slot, pair) in self.shocks.iter().zip(measures.chunks_exact_mut(2)) {
            let (lowest, highest) = extremes(slot);
            for (measure, loss) in pair.iter_mut().zip([lowest.min(0).unsigned_abs(), highest.max(0).unsigned_abs()]) {
                *measure = loss;
            }
        }
        for (measure, ratio) in measures.iter_mut().skip(2 * SLOTS).zip([self.maintenance_bps, self.liq_end_bps]) {
            *measure = ratio;
        }
        Profile(measures)
    }

    /// Refuses a set that no history could excuse: crossed margins, a price below zero, a margin below the floor.
    pub fn validate(&self, rules: &MarginRules) -> Result<(), GovernanceError> {
        let ordered = 0 < self.maintenance_bps && self.maintenance_bps < self.liq_end_bps && self.liq_end_bps < BPS;
        if !ordered {
            return Err(GovernanceError::CrossedMargins);
        }
        let mut margined = false;
        for slot in &self.shocks {
            let (lowest, highest) = extremes(slot);
            if lowest < 0 && lowest.unsigned_abs() >= BPS {
                return Err(GovernanceError::ShockTooDeep);
            }
            let in_use = slot.iter().any(|shock| *shock != 0);
            let low = lowest.min(0).unsigned_abs() < rules.floor_bps || highest.max(0).unsigned_abs() < rules.floor_bps;
            if in_use && low {
                return Err(GovernanceError::MarginBelowFloor);
            }
            margined |= in_use;
        }
        if margined { Ok(()) } else { Err(GovernanceError::MarginBelowFloor) }
    }

    /// The call of clearing that puts the set in force, in the Solidity encoding of
    /// [`super::SET_RISK_SIGNATURE`]: `set_risk(product, maintenance_bps, liq_end_bps, shocks, certificate_hash)`.
    pub fn set_risk_calldata(&self, certificate_hash: Hash) -> [u8; SET_RISK_BYTES] {
        /// The argument `bytes` begins after the five words of the head.
        const OFFSET: u16 = 5 * 32;
        /// Length of the argument `bytes`.
        #[expect(clippy::cast_possible_truncation, reason = "384 fits")]
        const LENGTH: u16 = SHOCK_BYTES as u16;
        let head = [u16::from(self.product), self.maintenance_bps, self.liq_end_bps, OFFSET].map(word);
        let shocks = self.shocks.iter().flatten().flat_map(|shock| shock.to_be_bytes());
        let bytes = SET_RISK
            .into_iter()
            .chain(head.into_iter().flatten())
            .chain(certificate_hash)
            .chain(word(LENGTH))
            .chain(shocks);
        let mut calldata = [0; SET_RISK_BYTES];
        for (out, byte) in calldata.iter_mut().zip(bytes) {
            *out = byte;
        }
        calldata
    }
}

/// A small number as a Solidity word.
fn word(value: u16) -> [u8; 32] {
    let mut word = [0; 32];
    for (out, byte) in word.iter_mut().rev().zip(value.to_le_bytes()) {
        *out = byte;
    }
    word
}

fn extremes(slot: &[i16; SCENARIOS]) -> (i16, i16) {
    slot.iter().fold((i16::MAX, i16::MIN), |(lowest, highest), shock| (lowest.min(*shock), highest.max(*shock)))
}

/// Refuses a certificate that does not name its sources or claims too little.
pub fn validate_certificate(certificate: &Certificate) -> Result<(), GovernanceError> {
    let sources = [certificate.dataset_root, certificate.simulator, certificate.model_hash, certificate.parameter_hash];
    if sources.contains(&[0; 32]) {
        return Err(GovernanceError::CertificateIncomplete);
    }
    if !(MIN_CONFIDENCE_PPM..CERTAINTY_PPM).contains(&certificate.confidence_ppm) {
        return Err(GovernanceError::ConfidenceTooLow);
    }
    if certificate.horizon_seconds < MIN_HORIZON_SECONDS {
        return Err(GovernanceError::HorizonTooShort);
    }
    Ok(())
}

/// What the speed limit compares: worst loss long and short of each slot, then the maintenance and liquidation-end
/// ratios, all in basis points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Profile([u16; MEASURES]);

impl Profile {
    const BYTES: usize = MEASURES * 2;

    /// Whether any measure is lower than before.
    pub fn loosens(&self, before: &Self) -> bool {
        self.0.iter().zip(&before.0).any(|(new, old)| new < old)
    }

    fn write(&self, out: &mut Writer) {
        for measure in self.0 {
            out.uint(u64::from(measure), 2);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self(core::array::from_fn(|_| from.u16()))
    }
}

/// The margin set in force for a product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AcceptedMargin {
    /// Counts the sets of this product, from one.
    pub sequence: u32,
    /// When it came into force.
    pub accepted_at: Seconds,
    /// Hash of its certificate.
    pub certificate_hash: Hash,
    /// What the next set is compared with.
    pub profile: Profile,
}

impl Cell for AcceptedMargin {
    const MAX_BYTES: usize = 4 + 4 + 32 + Profile::BYTES;

    fn write(&self, out: &mut Writer) {
        out.uint(u64::from(self.sequence), 4);
        out.uint(u64::from(self.accepted_at.0), 4);
        out.put(&self.certificate_hash);
        self.profile.write(out);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            sequence: from.u32(4),
            accepted_at: Seconds(from.u32(4)),
            certificate_hash: from.array(),
            profile: Profile::read(from),
        }
    }
}

const _: () = assert!(AcceptedMargin::MAX_BYTES <= CELL_BYTES);

/// The margin set that a proposed action carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PendingMargin {
    /// The product it is for.
    pub product: u8,
    /// Sequence of the set it was compared with, zero for none. Executing refuses when another has come between.
    pub base: u32,
    /// Hash of its certificate.
    pub certificate_hash: Hash,
    /// What comes into force.
    pub profile: Profile,
}

impl Cell for PendingMargin {
    const MAX_BYTES: usize = 1 + 4 + 32 + Profile::BYTES;

    fn write(&self, out: &mut Writer) {
        out.uint(u64::from(self.product), 1);
        out.uint(u64::from(self.base), 4);
        out.put(&self.certificate_hash);
        self.profile.write(out);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self { product: from.u8(), base: from.u32(4), certificate_hash: from.array(), profile: Profile::read(from) }
    }
}

const _: () = assert!(PendingMargin::MAX_BYTES <= CELL_BYTES);
