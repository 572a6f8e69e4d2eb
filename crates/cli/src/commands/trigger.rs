//! `sit trigger`: stop and take-profit orders that wait outside the book for a keeper.

use clap::{Subcommand, ValueEnum};
use sit_engine::clearing::Trigger;
use sit_engine::units::{Seconds, Side};
use sit_native::{Message, stored};

use super::input::Good;
use super::order::{Way, words};
use super::orders;
use crate::act::{Act, act};
use crate::amount::{self, Rounding};
use crate::chain::{self, Markets};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::Report;
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// On which side of its price a trigger waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum When {
    /// At its price or above
    Above,
    /// At its price or below
    Below,
}

/// What is done.
#[derive(Subcommand, Debug)]
enum What {
    /// Keep an order until the mark, or the last trade, has reached a price
    Set(Box<Set>),
    /// Remove a trigger
    Clear {
        /// Its slot, as `sit trigger list` shows it
        slot: u8,
    },
    /// Show the triggers
    List,
}

/// A trigger to set.
#[derive(clap::Args, Debug)]
struct Set {
    /// Buy or sell
    #[arg(value_enum)]
    way: Way,
    /// How much: 5lots, 500MSIT
    size: String,
    /// Month, such as DEC26
    month: String,
    /// Above or below
    #[arg(value_enum)]
    when: When,
    /// Price of the condition, in US dollars per million SIT
    price: String,
    /// Worst price at which the order trades
    #[arg(long, value_name = "PRICE")]
    limit: String,
    /// Look at the last trade instead of the mark
    #[arg(long)]
    last: bool,
    /// What does not trade rests at the limit
    #[arg(long)]
    rests: bool,
    /// It may open a position, and not only reduce one
    #[arg(long)]
    may_open: bool,
    /// For the keeper who executes it, in US dollars
    #[arg(long, default_value = "0.50")]
    fee: String,
    /// Slot 0 to 15; otherwise the first empty one
    #[arg(long)]
    slot: Option<u8>,
    #[command(flatten)]
    good: Good,
    /// What becomes of an amount between two valid ones
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    round: Rounding,
}

/// Sets, clears or lists.
///
/// # Errors
/// What was typed; what the exchange would refuse; what the transaction met.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    let seat = session.seat()?;
    let markets = Markets::read(&mut session.client)?;
    match &args.what {
        What::List => {
            let mut report = Report::new();
            report.table(orders::triggers(&mut session, &markets, seat)?);
            context.output.print(&report)
        }
        What::Clear { slot } => {
            let message = Message::ClearTrigger { seat, slot: *slot };
            act(context, &mut session, Act::new(seat, format!("remove the trigger in slot {slot}"), message))?;
            Ok(())
        }
        What::Set(set) => {
            let now = session.now();
            let listed = markets.find(&set.month, now)?;
            let (sizes, side) = (listed.sizes(), set.way.side());
            let held =
                chain::cells(&mut session.client, &[stored::triggers(seat)])?.pop().flatten().unwrap_or_default();
            let empty = (0..16).find(|slot| held.get(*slot).is_none());
            let slot = set.slot.or(empty).ok_or_else(|| {
                Failure::usage(
                    "all sixteen slots are taken: clear one with `sit trigger clear SLOT`, or name one with --slot",
                )
            })?;
            let fee = amount::money_or_none(&set.fee, set.round)?;
            let most = u64::from(Trigger::MAX_FEE);
            let fee = u32::try_from(fee).ok().filter(|fee| *fee <= Trigger::MAX_FEE).ok_or_else(|| {
                Failure::usage(format!("a keeper's fee is at most {} USD", amount::show_atoms(most.into())))
            })?;
            let trigger = Trigger {
                instrument: listed.month.instrument,
                sells: side == Side::Sell,
                above: set.when == When::Above,
                last: set.last,
                reduce_only: !set.may_open,
                rests: set.rests,
                price: amount::price(&set.price, sizes, set.round)?,
                limit: amount::price(&set.limit, sizes, set.round)?,
                lots: amount::size(&set.size, sizes, set.round)?,
                expiry: set.good.expiry(now)?,
                fee,
            };
            let when = format!(
                "when the {} is at or {} {}",
                if set.last { "last trade" } else { "mark" },
                if trigger.above { "above" } else { "below" },
                amount::show_price(trigger.price, sizes)
            );
            let mut title = format!(
                "slot {slot}: {}, no worse than at {}, for a keeper's fee of {} USD",
                words(side, trigger.lots, &listed, &when),
                amount::show_price(trigger.limit, sizes),
                amount::show_atoms(trigger.fee.into())
            );
            title.push_str(if trigger.reduce_only { ", only to reduce" } else { ", it may open a position" });
            title.push_str(if trigger.rests { ", what does not trade rests" } else { "" });
            if trigger.expiry > Seconds::ZERO {
                title.push_str(&format!(", good until {}", amount::show_time(trigger.expiry)));
            }
            if let Some(old) = held.get(slot) {
                title.push_str(&format!("; in place of what stands there, {} lots", old.lots.0));
            }
            act(context, &mut session, Act::new(seat, title, Message::SetTrigger { seat, slot, trigger }))?;
            Ok(())
        }
    }
}
