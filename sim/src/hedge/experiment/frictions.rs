//! What keeps a hedge from being perfect, friction by friction.

use serde::Serialize;

use crate::hedge::HedgeError;

/// Frictions of an experiment; the default has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct FrictionSet {
    /// Standard deviation of the volume, as a share of its mean.
    pub volume_cv: f64,
    /// Standard deviation of the basis, as a share of the index.
    pub basis_cv: f64,
    /// Cost of trading a future, as a share of its price; `None` when every month is listed from the start and free to
    /// trade.
    pub roll_cost: Option<f64>,
    /// Margin and its funding; `None` when futures need no money.
    pub funding: Option<Funding>,
}

/// What it takes to hold futures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Funding {
    /// Interest, per year.
    pub rate: f64,
    /// Initial margin, as a share of the value of the futures.
    pub initial_margin: f64,
    /// Most that may be borrowed, as a share of the budget at its futures prices.
    pub credit_line: f64,
}

impl FrictionSet {
    /// The frictions one by one and all together, by name: volume 10 %, basis 5 %, half a percent a trade, 10 %
    /// interest on a margin of 25 % with a credit line of half the budget.
    #[must_use]
    pub fn table() -> [(&'static str, Self); 6] {
        let (volume_cv, basis_cv, roll_cost) = (0.10, 0.05, Some(0.005));
        let funding = Some(Funding { rate: 0.10, initial_margin: 0.25, credit_line: 0.50 });
        let none = Self::default();
        [
            ("none", none),
            ("volume", Self { volume_cv, ..none }),
            ("basis", Self { basis_cv, ..none }),
            ("roll", Self { roll_cost, ..none }),
            ("margin", Self { funding, ..none }),
            ("all", Self { volume_cv, basis_cv, roll_cost, funding }),
        ]
    }

    pub(super) fn check(&self) -> Result<(), HedgeError> {
        let mut named = vec![("volume_cv", self.volume_cv), ("basis_cv", self.basis_cv)];
        named.extend(self.roll_cost.map(|cost| ("roll_cost", cost)));
        if let Some(Funding { rate, initial_margin, credit_line }) = self.funding {
            named.extend([("rate", rate), ("initial_margin", initial_margin), ("credit_line", credit_line)]);
        }
        match named.into_iter().find(|(_, value)| !(value.is_finite() && *value >= 0.0)) {
            Some((name, value)) => Err(HedgeError::Friction { name, value }),
            None => Ok(()),
        }
    }
}
