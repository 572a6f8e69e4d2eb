//! `sit cancel NUMBER`: a resting order goes.

use sit_native::Message;

use super::order::words;
use super::orders;
use crate::act::{Act, act};
use crate::amount;
use crate::chain::Markets;
use crate::context::Context;
use crate::failure::Result;
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Number of the order, as `sit orders` shows it
    number: u32,
    /// Month, where the number alone does not say it
    #[arg(long)]
    month: Option<String>,
}

/// Cancels the order.
///
/// # Errors
/// An order that does not rest; what the transaction met.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    let seat = session.seat()?;
    let markets = Markets::read(&mut session.client)?;
    let (listed, order) = orders::find(&mut session, &markets, seat, args.number, args.month.as_deref())?;
    let at = format!("at {}", amount::show_price(order.price, listed.sizes()));
    let title = format!("cancel order {}: {}", order.number, words(order.side, order.lots, &listed, &at));
    let message =
        Message::Cancel { seat, instrument: listed.month.instrument, price: order.price, number: order.number };
    act(context, &mut session, Act::new(seat, title, message))?;
    Ok(())
}
