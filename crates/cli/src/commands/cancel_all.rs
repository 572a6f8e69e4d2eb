//! `sit cancel-all`: every order of a month, or of all months, goes.

use sit_native::Message;

use super::orders;
use crate::act::{Act, all};
use crate::chain::Markets;
use crate::context::Context;
use crate::failure::Result;
use crate::output::Report;
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Month, such as DEC26; without one, of every month with orders
    month: Option<String>,
}

/// Cancels them, a transaction for each month.
///
/// # Errors
/// What the transactions met.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    let (seat, now) = (session.seat()?, session.now());
    let markets = Markets::read(&mut session.client)?;
    let account = orders::account(&mut session, seat)?;
    let instruments: Vec<_> = match &args.month {
        Some(month) => vec![markets.find(month, now)?.month.instrument],
        None => account
            .positions()
            .iter()
            .filter(|position| position.has_orders())
            .map(|position| position.instrument)
            .collect(),
    };
    if instruments.is_empty() {
        let mut report = Report::new();
        report.note("No order rests: there is nothing to cancel.");
        return context.output.print(&report);
    }
    let acts = instruments.into_iter().map(|instrument| {
        let title = format!("cancel every order of {}", markets.name(instrument));
        Act::new(seat, title, Message::CancelAll { seat, instrument })
    });
    all(context, &mut session, acts.collect(), |_, _| Ok(Report::new()))?;
    Ok(())
}
