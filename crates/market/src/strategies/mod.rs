//! What participants do. Each strategy is one file that implements [`super::Agent`]; the honest ones first, then the
//! incidents of other venues as attackers.
//!
//! | strategy | what it stands for |
//! |---|---|
//! | [`Reporters`] | the index: honest, silent for some days, or with a fault in one of them |
//! | [`Keeper`] | settles the day and everyone, calls margin, starts liquidations, has the fund pay |
//! | [`Maker`] | quotes both sides around the model's price, skewed by its inventory |
//! | [`Hedger`] | a company that buys its token volume ahead, or a provider that sells it; answers margin calls |
//! | [`Speculator`] | follows the price with as much leverage as it is given; answers no margin call |
//! | [`Liquidator`] | takes over liquidated positions at a discount and unwinds them in the book |
//! | [`PumpAndBorrow`] | Mango 2022: buys from itself, pumps the price, withdraws the unrealised profit |
//! | [`GrowOnProfit`] | YFI 2023: pyramids profit into a position over many accounts |
//! | [`LiquidateSelf`] | JELLY 2025: lets one account fail and takes it over with another |
//! | [`WithdrawToTheEdge`] | ETH 2025: the winner withdraws all they can and leaves the position to the liquidator |
//! | [`SweepTheBook`] | XPL 2025: sweeps a thin book before the settlement to move the mark |

mod edge;
mod growth;
mod hedger;
mod keeper;
mod liquidator;
mod maker;
mod pump;
mod reporters;
mod self_liquidation;
mod speculator;
mod sweep;

use sit_engine::clearing::KEEP_DIVISOR;
use sit_engine::units::{NetLots, QuoteAtoms, Seat, Side};
use sit_native::Message;

use super::Desk;
use super::venue::Address;

/// Takes all free collateral out of an account. Returns the quote atoms that left.
pub(crate) fn withdraw_free(desk: &mut Desk<'_>, owner: Address, seat: Seat) -> u64 {
    let Some(health) = desk.venue.health(seat) else { return 0 };
    let tenth = QuoteAtoms((health.notional.0 + KEEP_DIVISOR - 1) / KEEP_DIVISOR);
    let free = (health.initial_equity - health.initial.max(tenth)).max(QuoteAtoms::ZERO).0;
    let amount = u64::try_from(free).unwrap_or(0).min(desk.account(seat).cash);
    match desk.send(owner, Message::Withdraw { seat, amount }) {
        Ok(_) => amount,
        Err(_) => 0,
    }
}

/// Lots that the free part of an account's collateral can carry on one side of the month in a slot, beside what it
/// holds.
pub(crate) fn affordable_lots(desk: &mut Desk<'_>, seat: Seat, slot: usize, side: Side) -> u32 {
    let Some(health) = desk.venue.health(seat) else { return 0 };
    let Some(month) = desk.trading(slot) else { return 0 };
    let free = u64::try_from((health.initial_equity - health.initial).max(QuoteAtoms::ZERO).0).unwrap_or(0);
    // Two in a hundred are left for fees and for a price beyond the mark.
    let free = free / 100 * 98;
    let NetLots(net) = desk.net(seat, month.instrument);
    let held = if (net > 0) == (side == Side::Buy) { net.unsigned_abs() } else { 0 };
    let before = desk.margin_for(slot, side, held);
    // Margin rises with the lots, at least linearly: the largest number is found by halving.
    let (mut enough, mut too_many) = (0, (free / desk.margin_for(slot, side, 1).max(1)).min(1 << 23) as u32 + 1);
    while too_many - enough > 1 {
        let lots = enough + (too_many - enough) / 2;
        if desk.margin_for(slot, side, held + lots) - before <= free {
            enough = lots;
        } else {
            too_many = lots;
        }
    }
    enough
}

/// Opens an account for a name and pays `amount` quote atoms in.
pub(crate) fn open(desk: &mut Desk<'_>, name: &str, amount: u64) -> Option<(Address, Seat)> {
    let owner = desk.venue.name(name);
    let seat = desk.venue.open_account(owner).ok()?;
    desk.pay_in(owner, seat, amount).ok()?;
    Some((owner, seat))
}

pub use edge::WithdrawToTheEdge;
pub use growth::GrowOnProfit;
pub use hedger::Hedger;
pub use keeper::Keeper;
pub use liquidator::Liquidator;
pub use maker::Maker;
pub use pump::PumpAndBorrow;
pub use reporters::{Fault, Reporters};
pub use self_liquidation::LiquidateSelf;
pub use speculator::Speculator;
pub use sweep::SweepTheBook;
