//! `sit replace NUMBER`: a resting order becomes another one.

use sit_engine::clearing::Place;
use sit_engine::units::Seconds;
use sit_native::Message;
use sit_native::message::limit_order;

use super::input::Good;
use super::order::{terms, told, words};
use super::orders;
use crate::act::{Act, act_and_tell};
use crate::amount::{self, Rounding};
use crate::chain::Markets;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::{Field, Report};
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Number of the order, as `sit orders` shows it
    number: u32,
    /// New price; otherwise the old one
    #[arg(long)]
    price: Option<String>,
    /// New size: 5lots, 500MSIT; otherwise the old one
    #[arg(long)]
    size: Option<String>,
    /// Month, where the number alone does not say it
    #[arg(long)]
    month: Option<String>,
    #[command(flatten)]
    good: Good,
    /// What becomes of an amount between two valid ones
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    round: Rounding,
}

/// Replaces the order. One that only shrinks keeps its place in the queue.
///
/// # Errors
/// An order that does not rest; what the exchange would refuse; what the transaction met.
pub fn run(context: &Context, args: &Args) -> Result {
    if args.price.is_none() && args.size.is_none() && args.good.good_for.is_none() && args.good.until.is_none() {
        return Err(Failure::usage("say what shall change: --price, --size, --good-for or --until"));
    }
    let mut session = Session::open(context)?;
    let (seat, now) = (session.seat()?, session.now());
    let markets = Markets::read(&mut session.client)?;
    let (listed, old) = orders::find(&mut session, &markets, seat, args.number, args.month.as_deref())?;
    let sizes = listed.sizes();
    let price = args.price.as_deref().map_or(Ok(old.price), |text| amount::price(text, sizes, args.round))?;
    let lots = args.size.as_deref().map_or(Ok(old.lots), |text| amount::size(text, sizes, args.round))?;
    let said = args.good.expiry(now)?;
    let expiry = if said == Seconds::ZERO { old.expiry } else { said };
    let order = Place {
        reduce_only: old.reduce_only,
        expiry,
        ..limit_order(seat, listed.month.instrument, old.side, price, lots)
    };
    let title = format!(
        "replace order {} by: {}",
        old.number,
        words(old.side, lots, &listed, &format!("at {}", amount::show_price(price, sizes))) + &terms(&order)
    );
    let message = Message::Replace { price: old.price, number: old.number, order };
    let act = Act { order: Some((lots, old.side, sizes)), ..Act::new(seat, title, message) };
    act_and_tell(context, &mut session, act, |session, sent| {
        let mut report = told(sent, seat, old.side, sizes);
        // One that only shrinks keeps its number, its place in the queue and its silence.
        if let Ok((_, order)) = orders::find(session, &markets, seat, old.number, None) {
            report = Report::new();
            report
                .fact("resting_lots", "rests, lots", Field::lots(order.lots))
                .fact("resting_price", "resting at", Field::price(order.price, sizes))
                .fact("order", "order number", Field::number(order.number));
        }
        Ok(report)
    })?;
    Ok(())
}
