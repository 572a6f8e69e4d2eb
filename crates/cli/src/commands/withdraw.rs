//! `sit withdraw`: free collateral back to the owner's wallet.

use sit_native::Message;

use super::orders;
use crate::act::{Act, act};
use crate::amount::{self, Rounding};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::preview;
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// How much, in US dollars, or `all` that may be withdrawn now
    amount: String,
    /// What becomes of an amount between two valid ones
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    round: Rounding,
}

/// Withdraws.
///
/// # Errors
/// What was typed; what the exchange would refuse; what the transaction met.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    let (seat, now) = (session.seat()?, session.now());
    let amount = if args.amount.eq_ignore_ascii_case("all") {
        let account = orders::account(&mut session, seat)?;
        let most = preview::withdrawable(&mut session.client, account.owner, now, seat, account.cash)?;
        if most == 0 {
            let message = "nothing may be withdrawn now: `sit positions` shows margin, and `sit withdraw 1` the reason";
            return Err(Failure::new(Kind::Refused, message));
        }
        most
    } else {
        amount::money(&args.amount, args.round)?
    };
    let title = format!("withdraw {} USD from seat {}", amount::show_atoms(amount.into()), seat.0);
    act(context, &mut session, Act::new(seat, title, Message::Withdraw { seat, amount }))?;
    Ok(())
}
