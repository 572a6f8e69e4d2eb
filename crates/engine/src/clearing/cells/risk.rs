//! The risk array of a product: what every month's price does in each joint stress scenario
//! (`docs/book/src/protocol.md#margin`).
//!
//! ```text
//! loss of a portfolio in scenario s = - sum over months of lots * tick_value * mark * shock[month][s] / 10,000
//! ```
//!
//! Beside the scenarios stand the add-ons ([`AddOns`]): what makes margin rise with the size of a position and with the
//! open interest of a month, the floor, and the anti-procyclical buffer.

use super::curve::MAX_MONTHS;
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::math::mul_div_ceil;
use crate::units::{BPS, Lots};

/// Joint stress scenarios.
pub const SCENARIOS: usize = 16;

/// Encoded shocks: twelve months times sixteen scenarios, two bytes each, month by month.
pub const SHOCK_BYTES: usize = MAX_MONTHS * SCENARIOS * 2;

/// What initial margin holds beyond the scenarios.
///
/// ```text
/// scale(x) = (x - lower) / (upper - lower), between 0 and 1
/// margin of a month = scenarios + scale * (whole value - scenarios)         the form of dYdX v4's open-interest margin
/// charged           = max(floor * value, scenarios * (1 + buffer)) + scaled part
/// buffer            = min(target, buffer when the set came + refill * settlements since)
/// ```
///
/// A new margin set draws the buffer by as much as every month's margin rises, so that what is charged stays where it
/// was until the buffer is exhausted, and a milder set fills it first (EMIR, RTS 153/2013 article 28: a buffer of at
/// least 25 % that may be exhausted). How far one set may move is governance's speed limit; how fast the buffer comes
/// back is `refill`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AddOns {
    /// A larger position of one account pays for its concentration, from here.
    pub size_lower: Lots,
    /// A position of this size is charged its whole value.
    pub size_upper: Lots,
    /// Open interest from which margin rises for everyone, in basis points of the month's cap.
    pub open_interest_lower_bps: u16,
    /// Open interest at which initial margin is the whole value.
    pub open_interest_upper_bps: u16,
    /// Least initial margin, in basis points of the value of all positions and open orders, hedged or not.
    pub floor_bps: u16,
    /// The buffer when it is full, in basis points of the scenarios' margin.
    pub buffer_target_bps: u16,
    /// What comes back of it with each daily settlement.
    pub refill_bps: u16,
}

impl AddOns {
    /// None of it: what a product has until governance sets some.
    pub const NONE: Self = Self {
        size_lower: Lots(0xFF_FFFE),
        size_upper: Lots(0xFF_FFFF),
        open_interest_lower_bps: u16::MAX - 1,
        open_interest_upper_bps: u16::MAX,
        floor_bps: 0,
        buffer_target_bps: 0,
        refill_bps: 0,
    };

    /// Whether the bounds are ordered, the floor is at most half the value, the buffer at most half the margin and its
    /// refill at most a tenth of the margin a day.
    pub fn is_sound(&self) -> bool {
        self.size_lower < self.size_upper
            && self.size_upper <= Self::NONE.size_upper
            && self.open_interest_lower_bps < self.open_interest_upper_bps
            && self.floor_bps <= 5_000
            && self.buffer_target_bps <= 5_000
            && self.refill_bps <= 1_000
    }

    /// How far a month's open interest scales its margin, in 255ths, rounded up.
    #[expect(clippy::arithmetic_side_effects, reason = "lots below 2^24, basis points below 2^16: products below 2^48")]
    pub fn open_interest_scale(&self, open: Lots, cap: Lots) -> u8 {
        let (open, cap) = (i64::from(open.0), i64::from(cap.0));
        let (lower, upper) = (i64::from(self.open_interest_lower_bps), i64::from(self.open_interest_upper_bps));
        let beyond = (open * i64::from(BPS) - cap * lower).max(0) * 255;
        let range = (cap * (upper - lower)).max(1);
        let steps = beyond / range + i64::from(beyond % range > 0);
        u8::try_from(steps).unwrap_or(u8::MAX)
    }

    /// How far the size of one account's position scales its margin: a fraction between 0 and 1.
    pub fn size_scale(&self, size: Lots) -> (u32, u32) {
        let range = self.size_upper.0.saturating_sub(self.size_lower.0);
        (size.0.saturating_sub(self.size_lower.0).min(range), range)
    }
}

/// Margin parameters of a product, certified by the simulation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RiskArray {
    /// Maintenance margin as a share of initial margin, in basis points (paper section 5.3: 7,500).
    pub maintenance_bps: u16,
    /// Where a liquidation stops, as a share of initial margin in basis points; between maintenance and 10,000.
    pub liquidation_end_bps: u16,
    /// What is held beyond the scenarios.
    pub add_ons: AddOns,
    /// By how much the backtest raises every shock, in basis points of it: see [`crate::clearing::Backtest`].
    pub surcharge_bps: u16,
    /// The buffer at the settlement round below, in basis points.
    buffer_bps: u16,
    buffer_round: u16,
    shocks: [[i16; SCENARIOS]; MAX_MONTHS],
}

impl RiskArray {
    /// The parameters from the encoded shocks (big endian, month by month). `None` unless
    /// `0 < maintenance < liquidation end < 10,000` basis points and every listed row has a fall and a rise.
    pub fn new(maintenance_bps: u16, liquidation_end_bps: u16, shocks: &[u8]) -> Option<Self> {
        let ordered = 0 < maintenance_bps && maintenance_bps < liquidation_end_bps && liquidation_end_bps < BPS;
        if !ordered || shocks.len() != SHOCK_BYTES {
            return None;
        }
        let mut from = Reader::new(shocks);
        let array = Self {
            maintenance_bps,
            liquidation_end_bps,
            add_ons: AddOns::NONE,
            surcharge_bps: 0,
            buffer_bps: 0,
            buffer_round: 0,
            shocks: Self::read_shocks(&mut from),
        };
        let sound = |row: &[i16; SCENARIOS]| {
            let unused = row.iter().all(|shock| *shock == 0);
            // A price cannot fall by more than itself.
            let possible = row.iter().all(|shock| *shock > -10_000);
            possible && (unused || (row.iter().any(|shock| *shock > 0) && row.iter().any(|shock| *shock < 0)))
        };
        let any = array.shocks.iter().flatten().any(|shock| *shock != 0);
        (any && array.shocks.iter().all(sound)).then_some(array)
    }

    /// The shocks of the month in a slot of the curve, in basis points of its mark price, raised by the surcharge.
    /// Rounded away from zero; a price cannot fall by more than itself.
    pub fn shocks(&self, slot: usize) -> [i16; SCENARIOS] {
        let certified = self.certified(slot);
        if self.surcharge_bps == 0 {
            return certified;
        }
        let factor = u32::from(BPS).saturating_add(self.surcharge_bps.into());
        certified.map(|shock| {
            let raised = mul_div_ceil(shock.unsigned_abs().into(), factor.into(), BPS.into());
            let raised = i16::try_from(raised).unwrap_or(i16::MAX);
            if shock < 0 { raised.min(9_999).saturating_neg() } else { raised }
        })
    }

    /// The shocks of a slot as they were certified.
    pub fn certified(&self, slot: usize) -> [i16; SCENARIOS] {
        self.shocks.get(slot).copied().unwrap_or_default()
    }

    /// Whether the month in this slot has margin: without it nothing may be listed there.
    pub fn covers(&self, slot: usize) -> bool {
        self.certified(slot).iter().any(|shock| *shock != 0)
    }

    /// The buffer at a settlement round, in basis points of the scenarios' margin.
    pub fn buffer_bps(&self, round: u16) -> u16 {
        let refilled = round.wrapping_sub(self.buffer_round).saturating_mul(self.add_ons.refill_bps);
        self.buffer_bps.saturating_add(refilled).min(self.add_ons.buffer_target_bps)
    }

    /// This array with other add-ons. A buffer that may now be larger fills at its speed, unless it may start full
    /// because nothing is listed yet.
    #[must_use]
    pub fn with_add_ons(self, add_ons: AddOns, round: u16, full: bool) -> Self {
        let start = if full { add_ons.buffer_target_bps } else { self.buffer_bps(round) };
        Self { add_ons, buffer_bps: start.min(add_ons.buffer_target_bps), buffer_round: round, ..self }
    }

    /// This array in force after `before`, with its add-ons and what is left of its buffer:
    ///
    /// ```text
    /// 1 + buffer = (1 + buffer before) * largest of (worst loss before / worst loss now) over months and sides
    /// ```
    ///
    /// between zero and the target, rounded up: no month is charged less than before while there is a buffer.
    #[must_use]
    pub fn succeeding(self, before: &Self, round: u16) -> Self {
        let whole = u32::from(before.buffer_bps(round)).saturating_add(BPS.into());
        let mut charged = 0_u32;
        for (old, new) in before.shocks.iter().zip(&self.shocks) {
            for (old, new) in worst_losses(old).into_iter().zip(worst_losses(new)).filter(|(_, new)| *new > 0) {
                charged = charged.max(whole.saturating_mul(old).div_ceil(new));
            }
        }
        let buffer = charged.saturating_sub(BPS.into()).min(before.add_ons.buffer_target_bps.into());
        let buffer_bps = u16::try_from(buffer).unwrap_or(before.add_ons.buffer_target_bps);
        Self { add_ons: before.add_ons, buffer_bps, buffer_round: round, ..self }
    }

    fn read_shocks(from: &mut Reader<'_>) -> [[i16; SCENARIOS]; MAX_MONTHS] {
        let mut shocks = [[0; SCENARIOS]; MAX_MONTHS];
        for shock in shocks.iter_mut().flatten() {
            *shock = i16::from_be_bytes(from.array());
        }
        shocks
    }
}

/// Worst loss of a long and of a short lot, in basis points of the mark.
pub(crate) fn worst_losses(shocks: &[i16; SCENARIOS]) -> [u32; 2] {
    let mut worst = [0_u32; 2];
    for shock in shocks {
        let [long, short] = &mut worst;
        let side = if *shock < 0 { long } else { short };
        *side = (*side).max(shock.unsigned_abs().into());
    }
    worst
}

const _: () = assert!(RiskArray::MAX_BYTES <= CELL_BYTES);

impl Cell for RiskArray {
    // ratios 4, sizes 6, open interest 4, floor 2, buffer 8, shocks, surcharge 2
    const MAX_BYTES: usize = 26 + SHOCK_BYTES;

    fn write(&self, out: &mut Writer) {
        out.uint(self.maintenance_bps.into(), 2);
        out.uint(self.liquidation_end_bps.into(), 2);
        out.uint(self.add_ons.size_lower.0.into(), 3);
        out.uint(self.add_ons.size_upper.0.into(), 3);
        for number in [
            self.add_ons.open_interest_lower_bps,
            self.add_ons.open_interest_upper_bps,
            self.add_ons.floor_bps,
            self.add_ons.buffer_target_bps,
            self.add_ons.refill_bps,
            self.buffer_bps,
            self.buffer_round,
        ] {
            out.uint(number.into(), 2);
        }
        for shock in self.shocks.iter().flatten() {
            out.put(&shock.to_be_bytes());
        }
        out.uint(self.surcharge_bps.into(), 2);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            maintenance_bps: from.u16(),
            liquidation_end_bps: from.u16(),
            add_ons: AddOns {
                size_lower: Lots(from.u32(3)),
                size_upper: Lots(from.u32(3)),
                open_interest_lower_bps: from.u16(),
                open_interest_upper_bps: from.u16(),
                floor_bps: from.u16(),
                buffer_target_bps: from.u16(),
                refill_bps: from.u16(),
            },
            buffer_bps: from.u16(),
            buffer_round: from.u16(),
            shocks: Self::read_shocks(from),
            surcharge_bps: from.u16(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::launch;

    fn encoded(up: i16, down: i16) -> [u8; SHOCK_BYTES] {
        let mut bytes = [0; SHOCK_BYTES];
        for row in bytes.chunks_exact_mut(SCENARIOS * 2) {
            row[..2].copy_from_slice(&up.to_be_bytes());
            row[2..4].copy_from_slice(&down.to_be_bytes());
        }
        bytes
    }

    fn array(up: i16, down: i16) -> RiskArray {
        RiskArray::new(launch::MAINTENANCE_BPS, launch::LIQUIDATION_END_BPS, &encoded(up, down)).expect("sound")
    }

    /// What a long lot is charged, in basis points of its value.
    fn charged(array: &RiskArray, round: u16) -> u32 {
        worst_losses(&array.shocks(0))[0] * (10_000 + u32::from(array.buffer_bps(round))) / 10_000
    }

    #[test]
    fn a_surcharge_raises_every_shock_away_from_zero_and_comes_back() {
        let raised = RiskArray { surcharge_bps: 3_334, ..array(3_000, -2_000) };
        assert_eq!(RiskArray::from_cell(raised.to_cell().as_bytes()), raised);
        assert_eq!(raised.shocks(11)[..3], [4_001, -2_667, 0]); // 4,000.2 and 2,666.8
        assert_eq!(raised.certified(11)[..2], [3_000, -2_000]);
        assert_eq!(RiskArray { surcharge_bps: 3_334, ..array(32_767, -9_000) }.shocks(0)[..2], [32_767, -9_999]);
    }

    #[test]
    fn rising_margins_exhaust_the_buffer_before_anyone_pays_more() {
        let calm = array(3_000, -2_000).with_add_ons(launch::ADD_ONS_WITHOUT_SIZE, 0, true);
        assert_eq!(charged(&calm, 0), 2_500);
        let strained = array(3_300, -2_200).succeeding(&calm, 0);
        assert_eq!((strained.buffer_bps(0), charged(&strained, 0)), (1_364, 2_500)); // 1.25 / 1.1 - 1, rounded up
        let exhausted = array(3_900, -2_600).succeeding(&strained, 0);
        assert_eq!((exhausted.buffer_bps(0), charged(&exhausted, 0)), (0, 2_600));
        // It comes back at its speed, and no further than its target.
        assert_eq!([1, 2, 5, 9, u16::MAX].map(|round| exhausted.buffer_bps(round)), [500, 1_000, 2_500, 2_500, 2_500]);
        // A milder set fills it first.
        let calmer = array(3_300, -2_200).succeeding(&exhausted, 0);
        assert_eq!((calmer.buffer_bps(0), charged(&calmer, 0)), (1_819, 2_600));
    }

    #[test]
    fn the_buffer_is_drawn_only_by_what_every_month_rises() {
        let calm = array(3_000, -2_000).with_add_ons(launch::ADD_ONS_WITHOUT_SIZE, 0, true);
        let one_sided = array(6_000, -2_000).succeeding(&calm, 0);
        assert_eq!(one_sided.buffer_bps(0), 2_500, "longs would pay less if it were drawn for the shorts");
    }

    #[test]
    fn a_buffer_for_a_running_product_fills_at_its_speed() {
        let none = array(3_000, -2_000);
        assert_eq!(none.with_add_ons(launch::ADD_ONS_WITHOUT_SIZE, 9, false).buffer_bps(10), 500);
        let full = none.with_add_ons(launch::ADD_ONS_WITHOUT_SIZE, 9, true);
        let less = full.with_add_ons(AddOns { buffer_target_bps: 1_000, ..launch::ADD_ONS_WITHOUT_SIZE }, 9, false);
        assert_eq!(less.buffer_bps(9), 1_000);
    }

    #[test]
    fn add_ons_out_of_order_are_not_sound() {
        assert!(AddOns::NONE.is_sound() && launch::ADD_ONS_WITHOUT_SIZE.is_sound());
        for wrong in [
            AddOns { size_lower: Lots(5), size_upper: Lots(5), ..AddOns::NONE },
            AddOns { size_upper: Lots(u32::MAX), ..AddOns::NONE },
            AddOns { open_interest_upper_bps: 4_000, ..launch::ADD_ONS_WITHOUT_SIZE },
            AddOns { floor_bps: 5_001, ..AddOns::NONE },
            AddOns { buffer_target_bps: 5_001, ..AddOns::NONE },
            AddOns { refill_bps: 1_001, ..AddOns::NONE },
        ] {
            assert!(!wrong.is_sound(), "{wrong:?}");
        }
    }

    #[test]
    fn open_interest_scales_from_nothing_to_everything() {
        let scale = |open| launch::ADD_ONS_WITHOUT_SIZE.open_interest_scale(Lots(open), Lots(5_000_000));
        assert_eq!([0, 2_000_000, 2_000_001, 3_000_000, 5_000_000, 8_388_607].map(scale), [0, 0, 1, 85, 255, 255]);
        assert_eq!(AddOns::NONE.open_interest_scale(Lots::MAX, Lots::MAX), 0);
        assert_eq!(launch::ADD_ONS_WITHOUT_SIZE.open_interest_scale(Lots(1), Lots::ZERO), 255);
    }

    #[test]
    fn a_risk_array_comes_back() {
        let array = array(3_000, -2_000).with_add_ons(launch::ADD_ONS_WITHOUT_SIZE, 7, true);
        assert_eq!(array.to_cell().as_bytes().len(), RiskArray::MAX_BYTES);
        assert_eq!(RiskArray::from_cell(array.to_cell().as_bytes()), array);
        assert_eq!(array.shocks(11)[..2], [3_000, -2_000]);
        assert!(array.covers(0) && !array.covers(12));
    }

    #[test]
    fn crossed_one_sided_and_impossible_parameters_are_refused() {
        assert!(RiskArray::new(8_000, 7_500, &encoded(1, -1)).is_none());
        assert!(RiskArray::new(0, 7_500, &encoded(1, -1)).is_none());
        assert!(RiskArray::new(7_500, 10_000, &encoded(1, -1)).is_none());
        assert!(RiskArray::new(7_500, 8_750, &encoded(1, 1)).is_none());
        assert!(RiskArray::new(7_500, 8_750, &encoded(1, -10_000)).is_none());
        assert!(RiskArray::new(7_500, 8_750, &[0; SHOCK_BYTES]).is_none());
        assert!(RiskArray::new(7_500, 8_750, &encoded(1, -1)[1..]).is_none());
    }
}
