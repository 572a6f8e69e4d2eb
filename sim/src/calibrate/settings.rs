//! What a calibration is told instead of asked to find out.

/// What the price reverts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrendKind {
    /// A constant level.
    Level,
    /// A level that falls or rises along a line.
    #[default]
    Line,
}

/// The law of the jump sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LawKind {
    /// Gaussian or double exponential, whichever has the lower Akaike criterion.
    #[default]
    Best,
    /// Gaussian.
    Gaussian,
    /// Double exponential.
    DoubleExponential,
}

/// Whether a mean reversion is used that the history does not show beyond doubt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReversionKind {
    /// Only when the Dickey-Fuller test finds it.
    #[default]
    Tested,
    /// Always.
    Assumed,
}

/// Whether a permanent factor is looked for beside the reverting one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FactorKind {
    /// It is used when the likelihood ratio finds it.
    #[default]
    Tested,
    /// There is none to be found.
    One,
}

/// What a calibration is told. The default finds everything out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// What the price reverts to.
    pub trend: TrendKind,
    /// Law of the jump sizes.
    pub law: LawKind,
    /// Whether the reversion is tested.
    pub reversion: ReversionKind,
    /// Whether a permanent factor is looked for.
    pub factors: FactorKind,
}
