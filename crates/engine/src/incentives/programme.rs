//! The programme: who governs it, its parameters, its budget and its accounts.

use super::{Address, Env, IncentivesError, epoch_of};
use crate::calendar::{DAY, REWARD_EPOCH_SECONDS};
use crate::clearing::UptimeRules;
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::math::mul_div_floor;
use crate::units::{BPS, Seconds};

/// Largest budget of an epoch: 100 million USD, in quote atoms. It keeps `budget * score` below 2^127.
pub const MAX_BUDGET: u64 = 100_000_000_000_000;

/// Largest capital requirement: one thousand million USD, in quote atoms.
const MAX_CAPITAL: u64 = 1_000_000_000_000_000;

/// Largest depth that can be aimed at, in lots.
const MAX_TARGET: u32 = 1_000_000_000;

/// What a maker owes, how their week is weighed, and how the budget follows the depth. Changed by governance, with
/// effect on the current epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameters {
    /// Collateral that a designated seat must hold, in quote atoms: above zero, at most 10^15.
    pub capital: u64,
    /// Share of the trading time of a month below which its quotes earn nothing, in basis points: 5,000 to 10,000. The
    /// paper asks 8,000.
    pub uptime_floor_bps: u16,
    /// Power to which the share of the trading time is raised: 0 to 5.
    pub uptime_power: u8,
    /// Exponent of the volume in quarters, 0 to 4 ([`super::adjusted`]).
    pub volume_quarters: u8,
    /// Hours of quoting a lot at the reference price that a traded lot counts as: 0 to 168.
    pub volume_hours: u16,
    /// Share of the others' volume below which a maker earns nothing, in basis points: 0 to 1,000.
    pub volume_floor_bps: u16,
    /// Largest share of a budget that one maker can get, in basis points: 100 to 10,000.
    pub maker_cap_bps: u16,
    /// Time between notice and leaving, in seconds: one day to eight weeks.
    pub notice_seconds: u32,
    /// Full weeks in a row without reward after which the designation is lost: 1 to 12.
    pub strikes: u8,
    /// Depth that the programme pays for, in lots at the reference price on the smaller side, over all months and
    /// makers: at most 10^9. Zero leaves the budget as governance set it.
    pub target_depth: u32,
    /// Largest change of the budget from one epoch to the next, in basis points: 0 to 2,500.
    pub budget_step_bps: u16,
    /// The budget does not shrink below this, in quote atoms.
    pub least_budget: u64,
    /// The budget does not grow above this, in quote atoms: at least `least_budget`, at most [`MAX_BUDGET`].
    pub most_budget: u64,
}

impl Parameters {
    /// The parameters from the start: 100,000 USD of capital, about seven times the notional of the 50 lots that are
    /// owed a side in the launch preset (the paper's 50 million is a firm's net capital, not a seat's); 80 % of the
    /// trading time, and the share of it weighs squared; volume to the quarter, a lot as much as a day of quoting it; a
    /// quarter of a percent of the others' volume; at most half of a budget to one maker; a week's notice; three
    /// strikes; the budget follows a depth of 400 lots by a twentieth a week, between 1,000 and 50,000 USD.
    pub const INITIAL: Self = Self {
        capital: 100_000_000_000,
        uptime_floor_bps: 8_000,
        uptime_power: 2,
        volume_quarters: 0,
        volume_hours: 24,
        volume_floor_bps: 25,
        maker_cap_bps: 5_000,
        notice_seconds: REWARD_EPOCH_SECONDS,
        strikes: 3,
        target_depth: 400,
        budget_step_bps: 500,
        least_budget: 1_000_000_000,
        most_budget: 50_000_000_000,
    };

    /// The paper's requirement (section 5.4): 50 million USD of capital.
    pub const PAPER: Self = Self { capital: 50_000_000_000_000, ..Self::INITIAL };

    /// What clearing needs of them to count a week.
    pub fn rules(&self) -> UptimeRules {
        UptimeRules { floor_bps: self.uptime_floor_bps, power: self.uptime_power }
    }

    /// Refuses parameters outside the bounds given with the fields.
    ///
    /// # Errors
    /// [`IncentivesError::BadParameters`].
    pub fn validate(&self) -> Result<(), IncentivesError> {
        let within = (1..=MAX_CAPITAL).contains(&self.capital)
            && (5_000..=BPS).contains(&self.uptime_floor_bps)
            && self.uptime_power <= 5
            && self.volume_quarters <= 4
            && self.volume_hours <= 168
            && self.volume_floor_bps <= 1_000
            && (100..=BPS).contains(&self.maker_cap_bps)
            && (DAY..=8 * REWARD_EPOCH_SECONDS).contains(&self.notice_seconds)
            && (1..=12).contains(&self.strikes)
            && self.target_depth <= MAX_TARGET
            && self.budget_step_bps <= 2_500
            && self.least_budget <= self.most_budget
            && self.most_budget <= MAX_BUDGET;
        if within { Ok(()) } else { Err(IncentivesError::BadParameters) }
    }
}

/// What an epoch shares out. A cut takes effect with the epoch after the one in which it is made: nobody's week gets
/// cheaper after they have worked it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Budget {
    /// Budget of the epochs before `from_epoch`, in quote atoms.
    pub before: u64,
    /// Budget of `from_epoch` and later.
    pub amount: u64,
    /// First epoch of `amount`.
    pub from_epoch: u32,
    /// Depth of the epoch by which the budget last grew, in lots; zero before it did.
    pub raised_at: u64,
    /// Budget that showed that depth, in quote atoms.
    pub raised_from: u64,
}

impl Budget {
    /// The budget of an epoch.
    pub fn of(&self, epoch: u32) -> u64 {
        if epoch < self.from_epoch { self.before } else { self.amount }
    }

    /// The budget after a change made in `epoch`: a raise counts at once, a cut from the next epoch on.
    pub fn changed(&self, amount: u64, epoch: u32) -> Self {
        let before = self.of(epoch);
        let from_epoch = if amount < before { epoch.saturating_add(1) } else { epoch };
        Self { before, amount, from_epoch, ..*self }
    }

    /// The budget after the closing of an epoch in which makers showed `depth` lots, made in `epoch`:
    ///
    /// ```text
    /// step   = clamp((target - depth) / target, -1, 1) * budget_step_bps / 10,000
    /// amount = clamp(amount + amount * step, min(least_budget, amount), max(most_budget, amount))
    /// ```
    ///
    /// It grows only if a dollar shows no less depth than when it last grew: depth that is withheld to be paid more
    /// gets one step and no further one. Otherwise it stays.
    ///
    /// Rounded down, from the next epoch on: weeks that have begun keep their budget. An amount that governance set
    /// outside the bounds is not pulled inside them, and moves only towards them.
    pub fn adapted(&self, depth: u64, rules: &Parameters, epoch: u32) -> Self {
        let target = i128::from(rules.target_depth);
        if target == 0 || self.amount == 0 {
            return *self;
        }
        let by_dollar = u128::from(depth).saturating_mul(self.raised_from.into());
        let held = depth == 0 || by_dollar < u128::from(self.raised_at).saturating_mul(self.amount.into());
        if held && i128::from(depth) < target {
            return *self;
        }
        let gap = target.saturating_sub(depth.into()).clamp(target.saturating_neg(), target);
        let largest = i128::from(self.amount).saturating_mul(rules.budget_step_bps.into());
        let step = mul_div_floor(largest, gap, target.saturating_mul(BPS.into()));
        let amount = u64::try_from(i128::from(self.amount).saturating_add(step)).unwrap_or(0);
        let amount = amount.clamp(rules.least_budget.min(self.amount), rules.most_budget.max(self.amount));
        let (raised_at, raised_from) =
            if amount > self.amount { (depth, self.amount) } else { (self.raised_at, self.raised_from) };
        Self { before: self.of(epoch), amount, from_epoch: epoch.saturating_add(1), raised_at, raised_from }
    }
}

/// One cell, read by every message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Programme {
    /// The governance contract.
    pub governance: Address,
    /// The clearing contract; zero until connected.
    pub clearing: Address,
    /// What makers owe.
    pub parameters: Parameters,
    /// What an epoch shares out.
    pub budget: Budget,
    /// Rewards allotted and neither claimed nor forfeited, in quote atoms.
    pub owed: u64,
    /// The epoch to be closed next.
    pub next_epoch: u32,
    /// Slots of the roster that were ever used; makers stand in the first so many.
    pub slots: u16,
}

impl Programme {
    /// Whether clearing is known.
    pub fn is_connected(&self) -> bool {
        self.clearing != [0; 20]
    }

    /// Lets only governance through.
    pub fn only_governance(&self, env: Env) -> Result<(), IncentivesError> {
        if env.caller == self.governance { Ok(()) } else { Err(IncentivesError::NotAuthorised) }
    }

    /// Refuses collateral below the capital requirement.
    pub fn check_capital(&self, collateral: u64) -> Result<(), IncentivesError> {
        if collateral >= self.parameters.capital { Ok(()) } else { Err(IncentivesError::CapitalTooLow) }
    }

    /// Refuses while an epoch that has ended is open: rules must not change under a week that is over.
    pub fn all_closed(&self, now: Seconds) -> Result<(), IncentivesError> {
        if self.next_epoch >= epoch_of(now) { Ok(()) } else { Err(IncentivesError::CloseFirst) }
    }
}

impl Parameters {
    const BYTES: usize = 8 + 2 + 1 + 1 + 2 + 2 + 2 + 4 + 1 + 4 + 2 + 8 + 8;

    fn write(&self, out: &mut Writer) {
        out.uint(self.capital, 8);
        out.uint(self.uptime_floor_bps.into(), 2);
        out.uint(self.uptime_power.into(), 1);
        out.uint(self.volume_quarters.into(), 1);
        out.uint(self.volume_hours.into(), 2);
        out.uint(self.volume_floor_bps.into(), 2);
        out.uint(self.maker_cap_bps.into(), 2);
        out.uint(self.notice_seconds.into(), 4);
        out.uint(self.strikes.into(), 1);
        out.uint(self.target_depth.into(), 4);
        out.uint(self.budget_step_bps.into(), 2);
        out.uint(self.least_budget, 8);
        out.uint(self.most_budget, 8);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            capital: from.uint(8),
            uptime_floor_bps: from.u16(),
            uptime_power: from.u8(),
            volume_quarters: from.u8(),
            volume_hours: from.u16(),
            volume_floor_bps: from.u16(),
            maker_cap_bps: from.u16(),
            notice_seconds: from.u32(4),
            strikes: from.u8(),
            target_depth: from.u32(4),
            budget_step_bps: from.u16(),
            least_budget: from.uint(8),
            most_budget: from.uint(8),
        }
    }
}

impl Cell for Programme {
    const MAX_BYTES: usize = 20 + 20 + Parameters::BYTES + (8 + 8 + 4 + 8 + 8) + 8 + 4 + 2;

    fn write(&self, out: &mut Writer) {
        out.put(&self.governance);
        out.put(&self.clearing);
        self.parameters.write(out);
        out.uint(self.budget.before, 8);
        out.uint(self.budget.amount, 8);
        out.uint(u64::from(self.budget.from_epoch), 4);
        out.uint(self.budget.raised_at, 8);
        out.uint(self.budget.raised_from, 8);
        out.uint(self.owed, 8);
        out.uint(u64::from(self.next_epoch), 4);
        out.uint(u64::from(self.slots), 2);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            governance: from.array(),
            clearing: from.array(),
            parameters: Parameters::read(from),
            budget: Budget {
                before: from.uint(8),
                amount: from.uint(8),
                from_epoch: from.u32(4),
                raised_at: from.uint(8),
                raised_from: from.uint(8),
            },
            owed: from.uint(8),
            next_epoch: from.u32(4),
            slots: from.u16(),
        }
    }
}

const _: () = assert!(Programme::MAX_BYTES <= CELL_BYTES);
