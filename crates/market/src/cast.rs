//! Who takes part in a market.

use serde::{Deserialize, Serialize};
use sit_engine::units::Side;

use super::Agent;
use super::parameters::ParameterSet;
use super::strategies::{
    Fault, GrowOnProfit, Hedger, Keeper, LiquidateSelf, Liquidator, Maker, PumpAndBorrow, Reporters, Speculator,
    SweepTheBook, WithdrawToTheEdge,
};

/// A million US dollars in quote atoms.
const MILLION: u64 = 1_000_000_000_000;

/// An incident of another venue, as an attacker would try it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attack {
    /// Mango Markets, October 2022.
    PumpAndBorrow,
    /// dYdX v3 YFI, November 2023.
    GrowOnProfit,
    /// Hyperliquid JELLY, March 2025.
    LiquidateSelf,
    /// Hyperliquid ETH, March 2025.
    WithdrawToTheEdge,
    /// Hyperliquid XPL, August 2025.
    SweepTheBook,
    /// Synthetix sKRW, June 2019: one source of the index is wrong by a factor of a thousand for three days.
    ReporterFault,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::PumpAndBorrow,
        Self::GrowOnProfit,
        Self::LiquidateSelf,
        Self::WithdrawToTheEdge,
        Self::SweepTheBook,
        Self::ReporterFault,
    ];

    /// The attacker with so many quote atoms in the month of a slot; nobody for the fault of a reporter.
    fn agent(self, slot: usize, capital: u64) -> Option<Box<dyn Agent>> {
        Some(match self {
            Self::PumpAndBorrow => Box::new(PumpAndBorrow::new(slot, capital)),
            Self::GrowOnProfit => Box::new(GrowOnProfit::new(slot, capital)),
            Self::LiquidateSelf => Box::new(LiquidateSelf::new(slot, capital)),
            Self::WithdrawToTheEdge => Box::new(WithdrawToTheEdge::new(slot, capital)),
            Self::SweepTheBook => Box::new(SweepTheBook::new(slot, capital)),
            Self::ReporterFault => return None,
        })
    }
}

/// How many of each kind take part. Hedgers and providers come in pairs of equal volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cast {
    /// Makers, a million US dollars each.
    pub makers: u32,
    /// Buyers of tokens, and as many sellers.
    pub hedgers: u32,
    /// Lots of each of them.
    pub hedge_lots: u32,
    /// Speculators.
    pub speculators: u32,
    /// Collateral of each, quote atoms.
    pub speculator_capital: u64,
    /// Chance of each to turn on a morning, in basis points.
    pub eagerness_bps: u32,
    /// Liquidators.
    pub liquidators: u32,
    /// Collateral of each, quote atoms.
    pub liquidator_capital: u64,
    /// Collateral of an attacker, quote atoms.
    pub attacker_capital: u64,
    /// Months that are traded, from the nearest on.
    pub months: usize,
}

impl Default for Cast {
    fn default() -> Self {
        Self {
            makers: 2,
            hedgers: 2,
            hedge_lots: 800,
            speculators: 8,
            speculator_capital: MILLION / 40,
            eagerness_bps: 5_000,
            liquidators: 2,
            liquidator_capital: MILLION / 2,
            attacker_capital: MILLION,
            months: 2,
        }
    }
}

impl Cast {
    /// A small cast for short scenarios: one of each, four speculators of little collateral who trade every morning,
    /// two of them against the other two, one month.
    #[must_use]
    pub fn small() -> Self {
        let few = Self { makers: 1, hedgers: 1, hedge_lots: 200, speculators: 4, liquidators: 1, ..Self::default() };
        Self { eagerness_bps: 10_000, speculator_capital: MILLION / 250, months: 1, ..few }
    }

    /// The participants, those who serve the market first, an attacker last so that nobody else's draws change.
    #[must_use]
    pub fn assemble(&self, set: &ParameterSet, reporters: Reporters, attack: Option<Attack>) -> Vec<Box<dyn Agent>> {
        let wrong = Fault { reporter: 0, days: 2..5, factor: 1_000.0 };
        let fault = (attack == Some(Attack::ReporterFault)).then_some(wrong);
        let reporters = Reporters { fault: fault.or(reporters.fault), ..reporters };
        let mut cast: Vec<Box<dyn Agent>> = vec![Box::new(reporters), Box::new(Keeper::new(set.latency))];
        let months = self.months.max(1);
        let slot = |number: u32| number as usize % months;
        for number in 1..=self.makers {
            // The second maker is a little wider than the first, and so on.
            let half_bps = 30.0 + 15.0 * f64::from(number);
            let slots = (0..months).collect();
            cast.push(Box::new(Maker::new(&format!("maker {number}"), slots, half_bps, 4, 120, MILLION)));
        }
        for number in 1..=self.hedgers {
            for (side, name) in [(Side::Buy, "hedger"), (Side::Sell, "provider")] {
                let name = format!("{name} {number}");
                cast.push(Box::new(Hedger::new(&name, side, slot(number), self.hedge_lots, 4, 1.5)));
            }
        }
        let eagerness = f64::from(self.eagerness_bps) / 10_000.0;
        for number in 1..=self.speculators {
            // From half to all of what margin allows.
            let leverage = 0.5 + 0.45 * f64::from(number) / f64::from(self.speculators);
            let name = format!("speculator {number}");
            cast.push(Box::new(Speculator::new(
                &name,
                slot(number),
                self.speculator_capital,
                leverage,
                eagerness,
                number % 2 == 0,
            )));
        }
        for number in 1..=self.liquidators {
            let name = format!("liquidator {number}");
            let latency = set.latency * number;
            cast.push(Box::new(Liquidator::new(
                &name,
                self.liquidator_capital,
                50.0 + 50.0 * f64::from(number),
                latency,
            )));
        }
        cast.extend(attack.and_then(|attack| attack.agent(slot(1), self.attacker_capital)));
        cast
    }
}
