//! `sit roll NEAR FAR SIZE`: a position moves to another month, both legs or none.

use sit_engine::clearing::Roll;
use sit_engine::units::{NetLots, Ticks};
use sit_native::Message;

use super::orders;
use crate::act::{Act, act};
use crate::amount::{self, Rounding};
use crate::chain::{Listed, Markets};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Month that the position leaves
    near: String,
    /// Month that it enters
    far: String,
    /// How much: 5lots, 500MSIT, or `all`
    size: String,
    /// Far price less near price: at most this for a long position, at least this for a short one
    #[arg(long, allow_hyphen_values = true)]
    spread: String,
    /// Worst price in the month that is left; otherwise the day's limit
    #[arg(long, value_name = "PRICE")]
    near_limit: Option<String>,
    /// Worst price in the month that is entered; otherwise the day's limit
    #[arg(long, value_name = "PRICE")]
    far_limit: Option<String>,
    /// What becomes of an amount between two valid ones
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    round: Rounding,
}

/// Rolls.
///
/// # Errors
/// What was typed; what the exchange would refuse; what the transaction met.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    let (seat, now) = (session.seat()?, session.now());
    let markets = Markets::read(&mut session.client)?;
    let (near, far) = (markets.find(&args.near, now)?, markets.find(&args.far, now)?);
    if near.sizes() != far.sizes() {
        return Err(Failure::usage(format!(
            "{} and {} have other ticks or lots: close the one and open the other with two orders",
            near.name(),
            far.name()
        )));
    }
    let net = orders::account(&mut session, seat)?.net(near.month.instrument);
    if net == NetLots::ZERO {
        return Err(Failure::usage(format!("seat {} holds nothing in {}: see `sit positions`", seat.0, near.name())));
    }
    let lots = match args.size.to_lowercase().as_str() {
        "all" => net.size(),
        text => amount::size(text, near.sizes(), args.round)?,
    };
    // The day's limit protects where nobody says anything: the outermost prices that are prices.
    let open = |buys: bool| if buys { Ticks(Ticks::MAX.0 - 1) } else { Ticks(1) };
    let long = net > NetLots::ZERO;
    let limit = |text: &Option<String>, buys| {
        text.as_deref().map_or(Ok(open(buys)), |text| amount::price(text, near.sizes(), args.round))
    };
    let roll = Roll {
        seat,
        near: near.month.instrument,
        far: far.month.instrument,
        lots,
        near_limit: limit(&args.near_limit, !long)?,
        far_limit: limit(&args.far_limit, long)?,
        spread: amount::spread(&args.spread, near.sizes(), args.round)?,
    };
    let way = if long { "long" } else { "short" };
    let worst = |text: &Option<String>, price, of: &Listed| {
        text.as_ref().map_or_else(String::new, |_| {
            format!(", {} no worse than at {}", of.name(), amount::show_price(price, of.sizes()))
        })
    };
    // What is signed, and not what was typed: that may have been rounded.
    let title = format!(
        "roll {} lots {way} from {} to {}, for {} {} at a lot's price{}{}",
        lots.0,
        near.name(),
        far.name(),
        if long { "no more than" } else { "no less than" },
        amount::show_spread(roll.spread, near.sizes()),
        worst(&args.near_limit, roll.near_limit, &near),
        worst(&args.far_limit, roll.far_limit, &far)
    );
    act(context, &mut session, Act::new(seat, title, Message::Roll { roll }))?;
    Ok(())
}
