//! What belongs to no account: the insurance fund, the incentive budget, the treasury, and the totals that the audit
//! compares.
//!
//! ```text
//! deposits - withdrawals = trading + fund + incentives + treasury
//! trading                = sum of cash over accounts + sum of received over instruments
//! ```

use crate::calendar::DAY;
use crate::clearing::error::{ClearingError, Result};
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::math::mul_div_floor;
use crate::rate::{Bucket, HOUR};
use crate::units::{BPS, QuoteAtoms, Seconds};

/// How much may leave the clearing house in an hour and in a day: the larger of a share of all collateral, in basis
/// points, and an amount in quote atoms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WithdrawalLimits {
    /// Share of an hour.
    pub hour_bps: u16,
    /// Amount of an hour.
    pub hour_amount: u64,
    /// Share of a day.
    pub day_bps: u16,
    /// Amount of a day.
    pub day_amount: u64,
}

impl WithdrawalLimits {
    /// No limits: what holds until governance sets some.
    pub const NONE: Self = Self { hour_bps: 0, hour_amount: u64::MAX, day_bps: 0, day_amount: u64::MAX };
}

/// Uncovered losses that exceed the insurance fund by more than this part of all collateral hold every withdrawal back.
const TOLERATED_DIVISOR: i128 = 100;

/// How far the books have moved to the next version of the clearing house. It only ever goes on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Stage {
    /// Nobody has left.
    #[default]
    InForce,
    /// Accounts leave. Nothing begins here that the next house would have to end: no account, no write-off, no final
    /// price.
    Leaving,
    /// Everything has left, and nothing comes in any more.
    Left,
}

impl Stage {
    /// Its number in the cell: 0 in force, 1 leaving, 2 left.
    pub fn number(self) -> u8 {
        match self {
            Self::InForce => 0,
            Self::Leaving => 1,
            Self::Left => 2,
        }
    }

    fn from_number(number: u8) -> Self {
        match number {
            0 => Self::InForce,
            1 => Self::Leaving,
            _ => Self::Left,
        }
    }
}

/// Quote atoms outside the accounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ledger {
    /// Number of accounts opened so far, which is the next seat.
    pub seats: u32,
    /// Everything ever deposited.
    pub deposits: u64,
    /// Everything ever withdrawn.
    pub withdrawals: u64,
    /// Money in accounts and instruments together. Trading and settlement only move it between the two.
    pub trading: i128,
    /// Insurance fund.
    pub fund: u64,
    /// Budget of the market-maker programme.
    pub incentives: u64,
    /// The protocol's own money.
    pub treasury: u64,
    /// Share of swept fees that goes to the insurance fund, in basis points.
    pub fund_share_bps: u16,
    /// Share of swept fees that goes to the market-maker programme, in basis points; the treasury gets the rest.
    pub incentive_share_bps: u16,
    /// What one instrument may take out of the insurance fund, as a share of the fund as it was, in basis points.
    pub fund_cap_bps: u16,
    /// Losses beyond all collateral of accounts under liquidation, as last reported: nobody has paid them yet.
    pub uncovered: u64,
    /// How much may leave.
    pub limits: WithdrawalLimits,
    /// What has left in the last hour, less what has come in.
    pub hour: Bucket,
    /// What has left in the last day, less what has come in.
    pub day: Bucket,
    /// How far the move to the next version is.
    pub stage: Stage,
}

impl Default for Ledger {
    /// Nothing anywhere, no limits.
    fn default() -> Self {
        Self {
            seats: 0,
            deposits: 0,
            withdrawals: 0,
            trading: 0,
            fund: 0,
            incentives: 0,
            treasury: 0,
            fund_share_bps: 0,
            incentive_share_bps: 0,
            fund_cap_bps: BPS,
            uncovered: 0,
            limits: WithdrawalLimits::NONE,
            hour: Bucket::default(),
            day: Bucket::default(),
            stage: Stage::InForce,
        }
    }
}

impl Ledger {
    /// What must be in the vault by deposits and withdrawals.
    pub fn custody(&self) -> QuoteAtoms {
        QuoteAtoms(i128::from(self.deposits).saturating_sub(self.withdrawals.into()))
    }

    /// Whether deposits and withdrawals equal what the books hold.
    pub fn balances(&self) -> bool {
        self.custody() == QuoteAtoms(self.trading) + self.reserves()
    }

    /// Whether what nobody has paid yet is no reason to hold money back: it exceeds the insurance fund by a hundredth
    /// of all collateral at most. Cash in accounts is backed to the last atom whatever is lacking (invariant S3); what
    /// is held back here is a run, and a loss of some dollars must not stop everybody.
    pub fn losses_are_bearable(&self) -> bool {
        let beyond = i128::from(self.uncovered).saturating_sub(self.fund.into());
        beyond <= mul_div_floor(self.custody().0, 1, TOLERATED_DIVISOR)
    }

    /// Quote atoms that the insurance fund may still pay for an instrument that has drawn `drawn`:
    /// `min(fund, cap * (fund + drawn) - drawn)`, rounded down.
    pub fn fund_allowance(&self, drawn: u64) -> u64 {
        let whole = i128::from(self.fund).saturating_add(drawn.into());
        let cap = mul_div_floor(whole, self.fund_cap_bps.into(), BPS.into()).saturating_sub(drawn.into());
        u64::try_from(cap.max(0)).unwrap_or(u64::MAX).min(self.fund)
    }

    /// Books money that comes into accounts and instruments (negative: leaves them).
    ///
    /// # Errors
    /// `OutOfRange`.
    pub fn move_trading(&mut self, amount: QuoteAtoms) -> Result<()> {
        self.trading = self.trading.checked_add(amount.0).ok_or(ClearingError::OutOfRange)?;
        Ok(())
    }

    /// Counts money that leaves against the limits; `None` when it is too much.
    pub fn leave(&mut self, now: Seconds, amount: u64) -> Option<()> {
        let (hour, day) = self.limits_now()?;
        self.hour = self.hour.after_outflow(now, HOUR, hour, amount)?;
        self.day = self.day.after_outflow(now, DAY, day, amount)?;
        self.withdrawals = self.withdrawals.checked_add(amount)?;
        Some(())
    }

    /// Counts a deposit, which gives the limits back what it brings; `None` when totals would leave their range.
    pub fn come(&mut self, now: Seconds, amount: u64) -> Option<()> {
        let (hour, day) = self.limits_now()?;
        self.hour = self.hour.after_inflow(now, HOUR, hour, amount);
        self.day = self.day.after_inflow(now, DAY, day, amount);
        self.deposit(amount)
    }

    /// Counts what comes in without being a deposit; `None` when totals would leave their range, which is half that of
    /// the cell so that sums with what instruments hold stay inside 64 signed bits.
    pub fn deposit(&mut self, amount: u64) -> Option<()> {
        self.deposits = self.deposits.checked_add(amount).filter(|sum| i64::try_from(*sum).is_ok())?;
        Some(())
    }

    /// Quote atoms that may leave in an hour and in a day with what is there now.
    fn limits_now(&self) -> Option<(u64, u64)> {
        let custody = self.custody().0;
        let limit = |bps: u16, least: u64| {
            let share = mul_div_floor(custody, bps.into(), BPS.into());
            u64::try_from(share).ok().map(|share| share.max(least))
        };
        let WithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount } = self.limits;
        limit(hour_bps, hour_amount).zip(limit(day_bps, day_amount))
    }

    /// What belongs to neither accounts nor instruments.
    pub fn reserves(&self) -> QuoteAtoms {
        QuoteAtoms(self.fund.into()) + QuoteAtoms(self.incentives.into()) + QuoteAtoms(self.treasury.into())
    }
}

const _: () = assert!(Ledger::MAX_BYTES <= CELL_BYTES);

impl Cell for Ledger {
    const MAX_BYTES: usize = 4 + 5 * 8 + 16 + 4 + 2 + 8 + 20 + 2 * Bucket::BYTES + 1;

    fn write(&self, out: &mut Writer) {
        out.uint(self.seats.into(), 4);
        for amount in [self.deposits, self.withdrawals, self.fund, self.incentives, self.treasury] {
            out.uint(amount, 8);
        }
        out.wide(self.trading);
        out.uint(self.fund_share_bps.into(), 2);
        out.uint(self.incentive_share_bps.into(), 2);
        out.uint(self.fund_cap_bps.into(), 2);
        out.uint(self.uncovered, 8);
        out.uint(self.limits.hour_bps.into(), 2);
        out.uint(self.limits.hour_amount, 8);
        out.uint(self.limits.day_bps.into(), 2);
        out.uint(self.limits.day_amount, 8);
        self.hour.write(out);
        self.day.write(out);
        out.uint(self.stage.number().into(), 1);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            seats: from.u32(4),
            deposits: from.uint(8),
            withdrawals: from.uint(8),
            fund: from.uint(8),
            incentives: from.uint(8),
            treasury: from.uint(8),
            trading: from.wide(),
            fund_share_bps: from.u16(),
            incentive_share_bps: from.u16(),
            fund_cap_bps: from.u16(),
            uncovered: from.uint(8),
            limits: WithdrawalLimits {
                hour_bps: from.u16(),
                hour_amount: from.uint(8),
                day_bps: from.u16(),
                day_amount: from.uint(8),
            },
            hour: Bucket::read(from),
            day: Bucket::read(from),
            stage: Stage::from_number(from.u8()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::launch;

    #[test]
    fn the_ledger_comes_back() {
        let ledger = Ledger {
            seats: 1,
            deposits: 2,
            withdrawals: 3,
            trading: -4,
            fund: 5,
            incentives: 6,
            treasury: u64::MAX,
            fund_share_bps: 7,
            incentive_share_bps: BPS,
            fund_cap_bps: 8,
            uncovered: 9,
            limits: launch::WITHDRAWAL_LIMITS,
            hour: Bucket::default().after_outflow(Seconds(1), HOUR, 3, 2).expect("below the limit"),
            day: Bucket::default(),
            stage: Stage::Left,
        };
        assert_eq!(ledger.to_cell().as_bytes().len(), Ledger::MAX_BYTES);
        assert_eq!(Ledger::from_cell(ledger.to_cell().as_bytes()), ledger);
    }

    #[test]
    fn one_instrument_takes_no_more_than_its_share_of_the_fund() {
        let mut ledger = Ledger { fund: 1_000, fund_cap_bps: 2_500, ..Ledger::default() };
        assert_eq!(ledger.fund_allowance(0), 250);
        ledger.fund = 750;
        assert_eq!(ledger.fund_allowance(250), 0);
        assert_eq!(ledger.fund_allowance(0), 187, "another one may still take a quarter of what is left");
    }
}
