//! The clearing house: accounts, order book, margin, settlement, liquidation.
//!
//! It stands on three floors, and nothing climbs: `cells` is what is stored and knows neither store nor rule; `rules` is what
//! accounts, orders and prices are held to, and knows cells and [`Store`]; `messages` is what can be sent, a file for each
//! message, which checks, has the rules work, stores the cells and tells what happened through [`Store::emit`]. A message that
//! returns an error may have stored part of its changes: the store must then forget them, as a reverted contract call does and
//! as a native store does by its journal.
//!
//! | cell | read by | holds |
//! |---|---|---|
//! | [`Account`] | every message of its owner | cash, positions, totals of open orders |
//! | [`Market`] | order, settlement and liquidation messages | terms, open interest, variation pool, fees, page bitmap |
//! | [`Page`] | order messages | the orders on eight ticks |
//! | [`Curve`] | all but deposits | marks and status of all months of a product |
//! | [`RiskArray`] | margin checks | stress scenarios of all months of a product |
//! | [`Score`] | orders of designated makers | exact time integral of quoted depth |
//! | [`Backtest`] | daily settlements | exceedances of the margin set |
//! | [`Ledger`], [`Auction`] | cold | fund and totals; a running liquidation |
//! | [`Volume`] | cold: `refresh_tier` | what an account traded on each of thirty days |
//! | [`Triggers`] | trigger messages | the stop and take-profit orders of an account |
//! | [`Delegate`] | orders that the owner does not send himself | what an address may trade for an account |
//!
//! Messages about money, margin and default, with who may send them:
//!
//! | message | by | takes | gives |
//! |---|---|---|---|
//! | [`transfer()`] | owner of both | seat, seat, amount | cash left |
//! | [`refresh_tier()`] | anyone | seat | tier |
//! | [`bid()`] | owner of the liquidator | seats, instrument, most lots | price, lots |
//! | [`report_deficit()`] | anyone | seat | quote atoms |
//! | [`cover()`] | anyone | seat, instrument | quote atoms |
//! | [`write_off()`] | anyone | seat, instrument | points |
//! | [`allocate()`] | anyone | instrument, seats (as `settle`) | holders left to count |
//! | [`bridge()`] | anyone | seat, instrument owed in, instrument owed by | quote atoms |
//! | [`offset()`] | anyone | two seats, two instruments | quote atoms |
//! | [`set_add_ons()`] | governance | product, [`AddOns`] | |
//! | [`set_settlement_fee()`] | governance | instrument, ppm | |
//! | [`set_fund_cap()`] | governance | basis points | |
//! | [`set_withdrawal_limits()`] | governance | [`WithdrawalLimits`] | |
//! | [`note_index()`] | anyone; the shell asks the oracle | product, validity | |
//! | [`roll_listing()`] | anyone | product | months that joined |
//! | [`sunset()`] | anyone; the shell has asked the oracle for a final price | instrument | last mark |
//! | [`pause()`], [`unpause()`] | governance; the guardian pauses | product, scopes | |
//! | [`fund_programme()`] | governance | amount | pool of the programme |
//! | [`pay_treasury()`] | governance; then the vault pays | amount | treasury left |
//!
//! Messages about orders, with who may send them:
//!
//! | message | by | takes | gives |
//! |---|---|---|---|
//! | [`place()`] | owner, delegate | an order | number, lots filled, lots resting |
//! | [`replace()`] | owner, delegate | old price and number, an order | as `place` |
//! | [`quote()`] | owner, delegate | seat, instrument, encoded levels, expiry | number of the first level |
//! | [`roll()`] | owner, delegate | seat, near, far, lots, two limits, spread | value of the near leg, of the far leg |
//! | [`cancel()`] | owner, delegate | seat, instrument, price, number | lots |
//! | [`cancel_by_number()`] | owner, delegate | seat, instrument, number, side, from, pages | lots |
//! | [`cancel_all()`] | owner, delegate | seat, instrument | |
//! | [`set_trigger()`] | owner, delegate without fee | seat, slot, a trigger | |
//! | [`clear_trigger()`] | owner, delegate | seat, slot | |
//! | [`execute_trigger()`] | anyone | keeper's seat, seat, slot | lots filled, lots resting, fee |
//! | [`set_delegate()`] | owner | seat, address, largest order, expiry, encoded instruments | |
//! | [`set_holidays()`] | governance | product, encoded days | |

mod cells;
mod error;
mod event;
mod messages;
mod rules;
mod store;

pub use cells::*;
pub use error::{ClearingError, Result};
pub use event::{Event, Gone};
pub use messages::*;
pub use rules::*;
pub use store::Store;
