//! `sit quote MONTH FILE`: all orders of a month replaced by those of a file, in one message with one margin check.

use std::path::PathBuf;

use sit_engine::clearing::Level;
use sit_engine::units::Side;
use sit_native::Message;
use sit_native::message::levels;

use super::input::Good;
use crate::act::{Act, act};
use crate::amount::{self, Rounding};
use crate::chain::Markets;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Month, such as DEC26
    month: String,
    /// File of levels: a line `side,price,size` for each, `bid,2.610,5lots`; - reads standard input
    file: PathBuf,
    #[command(flatten)]
    good: Good,
    /// What becomes of an amount between two valid ones
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    round: Rounding,
}

/// Levels of a side that a quote may have.
const MOST: usize = 16;

/// Sends the quote. A file without levels takes the quote back.
///
/// # Errors
/// A line that is no level, by its number; what the exchange would refuse; what the transaction met.
pub fn run(context: &Context, args: &Args) -> Result {
    let text = if args.file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())?
    } else {
        std::fs::read_to_string(&args.file)
            .map_err(|error| Failure::usage(format!("{}: {error}", args.file.display())))?
    };
    let mut session = Session::open(context)?;
    let now = session.now();
    let markets = Markets::read(&mut session.client)?;
    let listed = markets.find(&args.month, now)?;
    let sizes = listed.sizes();
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if line.is_empty() || (number == 0 && fields == ["side", "price", "size"]) {
            continue;
        }
        let wrong = |why: String| Failure::usage(format!("{}, line {}: {why}", args.file.display(), number + 1));
        let [side, price, size] = fields.as_slice() else {
            return Err(wrong(format!("`{line}` is no level: write side,price,size such as bid,2.610,5lots")));
        };
        let side = match side.to_lowercase().as_str() {
            "bid" | "buy" => Side::Buy,
            "ask" | "sell" => Side::Sell,
            other => return Err(wrong(format!("`{other}` is no side: write bid or ask"))),
        };
        let level = Level {
            price: amount::price(price, sizes, args.round).map_err(|error| wrong(error.to_string()))?,
            lots: amount::size(size, sizes, args.round).map_err(|error| wrong(error.to_string()))?,
        };
        match side {
            Side::Buy => bids.push(level),
            Side::Sell => asks.push(level),
        }
    }
    for (side, levels) in [("bid", &bids), ("ask", &asks)] {
        if levels.len() > MOST {
            return Err(Failure::usage(format!(
                "a quote has at most {MOST} levels on a side, and {} of the {side} were given",
                levels.len()
            )));
        }
    }
    let seat = session.seat()?;
    let message = Message::Quote {
        seat,
        instrument: listed.month.instrument,
        levels: levels(&bids, &asks),
        expiry: args.good.expiry(now)?,
    };
    let title = if bids.is_empty() && asks.is_empty() {
        format!("take back every order of {}", listed.name())
    } else {
        format!("replace every order of {} by {} bids and {} asks", listed.name(), bids.len(), asks.len())
    };
    act(context, &mut session, Act::new(seat, title, message))?;
    Ok(())
}
