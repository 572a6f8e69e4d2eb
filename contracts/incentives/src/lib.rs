//! Incentives: designation of market makers, their weekly rewards, claims.
//!
//! The shell decodes, calls the engine ([`sit_engine::incentives`], which documents every rule), tells clearing what
//! follows from it, and emits. Scores are measured and rewards are held in clearing. All state lies in cells of its
//! own; the root is empty.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![cfg_attr(feature = "std", expect(missing_docs, reason = "ink! generates an alias without documentation"))]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

#[cfg(target_arch = "riscv64")]
ink::polkavm_derive::min_stack_size!(65536);

mod chain;
mod events;
mod selectors;

macro_rules! define_incentives_error {
    ($($list:tt)*) => { sit_shell::define_error! { sit_engine::incentives::IncentivesError; $($list)* } };
}
sit_engine::incentives_errors!(define_incentives_error);

use sit_engine::incentives::Parameters;

/// The parameters of the programme, see [`sit_engine::incentives::Parameters`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, Debug)]
pub struct ParametersFields {
    /// Capital of a maker in quote atoms.
    pub capital: u64,
    /// Least share of the trading time, basis points.
    pub uptime_floor_bps: u16,
    /// Power to which the share of the trading time is raised.
    pub uptime_power: u8,
    /// Exponent of the volume in quarters.
    pub volume_quarters: u8,
    /// Hours of quoting that a traded lot counts as.
    pub volume_hours: u16,
    /// Least share of all makers' volume, basis points.
    pub volume_floor_bps: u16,
    /// Largest share of a budget, basis points.
    pub maker_cap_bps: u16,
    /// Notice in seconds.
    pub notice_seconds: u32,
    /// Full weeks without reward after which the designation is lost.
    pub strikes: u8,
    /// How the budget follows the depth.
    pub budget: BudgetFields,
}

/// How the budget follows the depth, see [`sit_engine::incentives::Parameters`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, Debug)]
pub struct BudgetFields {
    /// Depth that it follows, lots; zero for none.
    pub target_depth: u32,
    /// Largest change from week to week, basis points.
    pub step_bps: u16,
    /// It does not shrink below this, quote atoms.
    pub least: u64,
    /// It does not grow above this, quote atoms.
    pub most: u64,
}

impl From<Parameters> for ParametersFields {
    fn from(rules: Parameters) -> Self {
        Self {
            capital: rules.capital,
            uptime_floor_bps: rules.uptime_floor_bps,
            uptime_power: rules.uptime_power,
            volume_quarters: rules.volume_quarters,
            volume_hours: rules.volume_hours,
            volume_floor_bps: rules.volume_floor_bps,
            maker_cap_bps: rules.maker_cap_bps,
            notice_seconds: rules.notice_seconds,
            strikes: rules.strikes,
            budget: BudgetFields {
                target_depth: rules.target_depth,
                step_bps: rules.budget_step_bps,
                least: rules.least_budget,
                most: rules.most_budget,
            },
        }
    }
}

impl From<ParametersFields> for Parameters {
    fn from(fields: ParametersFields) -> Self {
        Self {
            capital: fields.capital,
            uptime_floor_bps: fields.uptime_floor_bps,
            uptime_power: fields.uptime_power,
            volume_quarters: fields.volume_quarters,
            volume_hours: fields.volume_hours,
            volume_floor_bps: fields.volume_floor_bps,
            maker_cap_bps: fields.maker_cap_bps,
            notice_seconds: fields.notice_seconds,
            strikes: fields.strikes,
            target_depth: fields.budget.target_depth,
            budget_step_bps: fields.budget.step_bps,
            least_budget: fields.budget.least,
            most_budget: fields.budget.most,
        }
    }
}

#[ink::contract]
mod incentives {
    use super::chain::Chain;
    use super::{Error, ParametersFields};
    use sit_engine::chain::Env;
    use sit_engine::clearing::Measure;
    use sit_engine::incentives::{self as engine, Programme, Store};

    /// What [`Incentives::standing`] answers.
    type Outlook = (u64, u64, u32, u32, u32, u64, u16, u16, u64);

    type Result<T> = core::result::Result<T, Error>;

    /// Empty: all state lies in cells under raw keys.
    #[ink(storage)]
    pub struct Incentives {}

    impl Incentives {
        /// Founds the programme under governance. See [`sit_engine::incentives::found()`].
        #[ink(constructor)]
        pub fn new(governance: Address) -> Result<Self> {
            engine::found(&mut Chain::default(), governance.0)?;
            Ok(Self {})
        }

        /// Connects the clearing house, once. By governance. See [`sit_engine::incentives::connect()`].
        #[ink(message)]
        pub fn connect(&self, clearing: Address) -> Result<()> {
            Ok(engine::connect(&mut Chain::default(), self.surroundings(), clearing.0)?)
        }

        /// Changes what makers owe and how their weeks are weighed. By governance. See
        /// [`sit_engine::incentives::set_parameters()`].
        #[ink(message)]
        pub fn set_parameters(&self, parameters: ParametersFields) -> Result<()> {
            Ok(engine::set_parameters(&mut Chain::default(), self.surroundings(), parameters.into())?)
        }

        /// Changes the budget of a week, in quote atoms. By governance. See [`sit_engine::incentives::set_budget()`].
        #[ink(message)]
        pub fn set_budget(&self, amount: u64) -> Result<()> {
            Ok(engine::set_budget(&mut Chain::default(), self.surroundings(), amount)?)
        }

        /// Asks for the designation of a seat as market maker. By the owner of the seat. See
        /// [`sit_engine::incentives::apply()`].
        #[ink(message)]
        pub fn apply(&self, seat: u32) -> Result<()> {
            Ok(engine::apply(&mut Chain::default(), self.surroundings(), seat)?)
        }

        /// Designates a market maker who has applied. By governance. See [`sit_engine::incentives::accept()`].
        #[ink(message)]
        pub fn accept(&self, seat: u32) -> Result<()> {
            let mut chain = Chain::default();
            engine::accept(&mut chain, self.surroundings(), seat)?;
            Ok(chain.tell_designation(seat, true)?)
        }

        /// Rejects an application or ends a designation. By governance. See [`sit_engine::incentives::dismiss()`].
        #[ink(message)]
        pub fn dismiss(&self, seat: u32) -> Result<()> {
            let mut chain = Chain::default();
            if engine::dismiss(&mut chain, self.surroundings(), seat)? {
                chain.tell_designation(seat, false)?;
            }
            Ok(())
        }

        /// Warns a market maker who lacks capital, and suspends one who has lacked it for an hour. By anyone. See
        /// [`sit_engine::incentives::suspend()`].
        #[ink(message)]
        pub fn suspend(&self, seat: u32) -> Result<()> {
            Ok(engine::suspend(&mut Chain::default(), self.surroundings(), seat)?)
        }

        /// Ends the suspension of a seat that has its capital back. By the owner of the seat. See
        /// [`sit_engine::incentives::resume()`].
        #[ink(message)]
        pub fn resume(&self, seat: u32) -> Result<()> {
            Ok(engine::resume(&mut Chain::default(), self.surroundings(), seat)?)
        }

        /// Gives notice of a maker's leaving, or withdraws an application. By the owner of the seat. See
        /// [`sit_engine::incentives::exit()`].
        #[ink(message)]
        pub fn exit(&self, seat: u32) -> Result<()> {
            Ok(engine::exit(&mut Chain::default(), self.surroundings(), seat)?)
        }

        /// Goes on with closing a reward epoch by up to so many makers, 1 to 8; returns whether it is closed. By
        /// anyone. See [`sit_engine::incentives::close_epoch()`].
        #[ink(message)]
        pub fn close_epoch(&self, epoch: u32, makers: u8) -> Result<bool> {
            let mut chain = Chain::default();
            let step = engine::close_epoch(&mut chain, self.surroundings(), epoch, makers.into())?;
            for seat in step.ended.into_iter().flatten() {
                chain.tell_designation(seat, false)?;
            }
            Ok(step.closed)
        }

        /// Goes on with the clearing house that is in force, once it is connected to this contract. By anyone. See
        /// [`sit_engine::incentives::follow()`].
        #[ink(message)]
        pub fn follow(&self) -> Result<()> {
            Ok(engine::follow(&mut Chain::default())?)
        }

        /// Claims the rewards that are due to a seat; returns the quote atoms paid into it. By the owner of the seat.
        /// See [`sit_engine::incentives::claim()`].
        #[ink(message)]
        pub fn claim(&self, seat: u32) -> Result<u64> {
            let mut chain = Chain::default();
            let amount = engine::claim(&mut chain, self.surroundings(), seat)?;
            chain.pay(seat, amount)?;
            Ok(amount)
        }

        /// Governance, clearing (zero until connected), budget of the current epoch and what is owed in quote atoms,
        /// the epoch to be closed next.
        #[ink(message)]
        pub fn programme(&self) -> Result<(Address, Address, u64, u64, u32)> {
            let programme = founded()?;
            let budget = programme.budget.of(engine::epoch_of(self.surroundings().now));
            Ok((programme.governance.into(), programme.clearing.into(), budget, programme.owed, programme.next_epoch))
        }

        /// What makers owe and how their weeks are weighed.
        #[ink(message)]
        pub fn parameters(&self) -> Result<ParametersFields> {
            Ok(founded()?.parameters.into())
        }

        /// A maker: status (0 none, 1 applied, 2 designated, 3 suspended, 4 leaving, 5 ended), since when, when they
        /// leave, strikes, quote atoms due now and later, when they were warned that capital is missing (zero if that
        /// does not count any more).
        #[ink(message)]
        pub fn maker(&self, seat: u32) -> (u8, u32, u32, u8, u64, u64, u32) {
            let now = self.surroundings().now;
            Chain::default().maker(seat).map_or((0, 0, 0, 0, 0, 0, 0), |maker| {
                (
                    maker.status.number(),
                    maker.since.0,
                    maker.leaves_at.0,
                    maker.strikes,
                    maker.due(now),
                    maker.vesting(now),
                    maker.warning(now).map_or(0, |warned| warned.0),
                )
            })
        }

        /// The account of an epoch: phase (0 not begun, 1 reading, 2 weighing, 3 allotting, 4 closed), budget, lots
        /// traded, sum of adjusted scores, sum of rewards, when it was closed.
        #[ink(message)]
        pub fn epoch(&self, epoch: u32) -> (u8, u64, u64, u128, u64, u32) {
            Chain::default().epoch(epoch).map_or((0, 0, 0, 0, 0, 0), |epoch| {
                (epoch.phase.number(), epoch.budget, epoch.volume, epoch.total, epoch.rewarded, epoch.closed_at.0)
            })
        }

        /// How a maker's epoch looks that is not closed: score, what uptime leaves of it, seconds in which the
        /// obligations were met and due, lots traded, adjusted score, rank, makers, and the reward if it ended now in
        /// quote atoms. A view for clients. See [`sit_engine::incentives::standing()`].
        #[ink(message)]
        pub fn standing(&self, seat: u32, epoch: u32) -> Result<Outlook> {
            let standing = engine::standing(&Chain::default(), self.surroundings(), epoch, seat)?;
            let Measure { score, counted, uptime, due, volume } = standing.measure;
            let engine::Standing { adjusted, rank, makers, reward, .. } = standing;
            Ok((score, counted, uptime, due, volume, adjusted, rank, makers, reward))
        }

        fn surroundings(&self) -> Env {
            Env { now: sit_shell::seconds(self.env().block_timestamp()), caller: self.env().caller().0 }
        }
    }

    fn founded() -> Result<Programme> {
        Chain::default().programme().ok_or(Error::NotConnected)
    }
}
