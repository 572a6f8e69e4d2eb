//! Numerical tools that the closed forms and the estimators share.

pub mod elementary;
pub mod ode;
mod quadrature;
mod ranks;
mod root;
mod statistics;
mod sum;

pub use quadrature::gauss_legendre;
pub use ranks::OrderStatistics;
pub use root::find_root;
pub use statistics::{mean, median, median_in_place, standard_deviation};
pub use sum::Sum;
