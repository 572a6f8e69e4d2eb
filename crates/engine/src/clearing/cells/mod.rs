//! What the clearing house stores, and the values that cells are made of. A cell knows neither the store that it lies
//! in nor the rules that change it.

mod account;
mod allocation;
mod auction;
mod backtest;
mod curve;
mod cuts;
mod delegate;
mod guard;
mod halts;
mod holidays;
mod instrument;
mod ledger;
mod market;
mod page;
mod risk;
mod round;
mod score;
mod triggers;
mod volume;

pub use account::{Account, AccountAt, MAX_NUMBER_STEP, MAX_POSITIONS, Position, Resting, Standing};
pub use allocation::Allocation;
pub use auction::Auction;
pub use backtest::{Backtest, Grade, RED_FROM, SURCHARGE_BPS, Series, WINDOW, YELLOW_FROM};
pub use curve::{Curve, Ended, MAX_MONTHS, Month, Status};
pub use cuts::{Cut, Cuts, MAX_CUTS};
pub use delegate::{Delegate, MAX_SCOPE};
pub use guard::Guard;
pub use halts::Halts;
pub use holidays::{HOLIDAY_BYTES, Holidays, MAX_HOLIDAYS};
pub use instrument::{Instrument, Product};
pub use ledger::{Ledger, Stage, WithdrawalLimits};
pub use market::{MAX_FEE_PPM, MAX_MAKER_FEE_PPM, Market, PAGES, Terms};
pub use page::{Order, PAGE_ORDERS, PAGE_TICKS, Page, first_tick, late_mark, page_of};
pub use risk::{AddOns, RiskArray, SCENARIOS, SHOCK_BYTES};
pub use round::{mark_of_round, round_of};
pub use score::{BACK_CAP, FRONT_CAP, FRONT_SECONDS, FULL_WEIGHT, Moment, SHEET_SCORES, Score, Sheet, Week};
pub use triggers::{MAX_TRIGGERS, Trigger, Triggers};
pub use volume::{VOLUME_UNIT, Volume};

pub(super) use backtest::CLASSES;
pub(super) use market::MAX_DRAWN;
pub(super) use risk::worst_losses;
