//! `sit delegate`: addresses that may trade for an account, within a scope.

use std::collections::BTreeMap;

use clap::Subcommand;
use sit_engine::chain::Address;
use sit_engine::units::{Lots, Seconds};
use sit_native::Message;
use sit_native::event::clearing::DelegateSet;

use super::input::Good;
use crate::act::{Act, act};
use crate::amount::{self, Rounding};
use crate::chain::{Listed, Markets};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::history;
use crate::output::{Field, Report, Table, column, optional};
use crate::session::Session;
use sit_client::rpc::to_hex;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What is done.
#[derive(Subcommand, Debug)]
enum What {
    /// Let an address trade for the account
    Add(Add),
    /// Show who may
    List,
    /// Dismiss one
    Remove {
        /// Their address, 0x...
        address: String,
    },
}

/// A delegate to name.
#[derive(clap::Args, Debug)]
struct Add {
    /// Their address, 0x...
    address: String,
    /// Largest order: 5lots
    #[arg(long, value_name = "SIZE")]
    max: String,
    /// Lots of a UTC day together: what bounds the loss if their key is stolen
    #[arg(long, value_name = "SIZE")]
    day: Option<String>,
    /// Months that they may trade, such as DEC26,JAN27; without it all
    #[arg(long, value_delimiter = ',', value_name = "MONTHS")]
    months: Vec<String>,
    #[command(flatten)]
    good: Good,
    /// What becomes of an amount between two valid ones
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    round: Rounding,
}

/// An address in hexadecimal.
///
/// # Errors
/// What is none.
pub fn address(text: &str) -> Result<Address> {
    let parsed: std::result::Result<sit_client::Address, _> = text.parse();
    parsed
        .map(sit_client::Address::into_array)
        .map_err(|_| Failure::usage(format!("`{text}` is no address: it is 0x and forty digits of hexadecimal")))
}

/// Adds, lists or removes.
///
/// # Errors
/// What was typed; what the exchange would refuse; what the transaction met.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    let (seat, now) = (session.seat()?, session.now());
    let markets = Markets::read(&mut session.client)?;
    match &args.what {
        What::Add(add) => {
            let delegate = address(&add.address)?;
            let expiry = add.good.expiry(now)?;
            if expiry == Seconds::ZERO {
                return Err(Failure::usage("say how long they may trade: --good-for 24h, or --until"));
            }
            let months: Vec<_> = add.months.iter().map(|month| markets.find(month, now)).collect::<Result<_>>()?;
            let first = months.first().copied().or_else(|| markets.months().next());
            let sizes =
                first.ok_or_else(|| Failure::usage("no month is listed, so that there is nothing to trade"))?.sizes();
            // A limit of 500M SIT would be as many lots in one month, and others in another.
            let said_in_lots = |text: &str| text.trim_end().to_lowercase().trim_end_matches('s').ends_with("lot");
            let in_lots = said_in_lots(&add.max) && add.day.as_deref().is_none_or(said_in_lots);
            let other = |listed: &Listed| listed.sizes() != sizes;
            let any = if months.is_empty() { markets.months().any(|of| other(&of)) } else { months.iter().any(other) };
            if !in_lots && any {
                return Err(Failure::usage(
                    "a lot is not as large in all of these months: say the sizes in lots, such as 5lots",
                ));
            }
            let max_lots = amount::size(&add.max, sizes, add.round)?;
            let day_lots = add.day.as_deref().map_or(Ok(Lots::ZERO), |text| amount::size(text, sizes, add.round))?;
            let instruments = months.iter().flat_map(|listed| listed.month.instrument.0.to_be_bytes()).collect();
            let names: Vec<String> = months.iter().map(Listed::name).collect();
            let title = format!(
                "let {} trade {} for seat {}: orders of {} lots at most, {}, until {}",
                add.address,
                if names.is_empty() { "every month".to_owned() } else { names.join(", ") },
                seat.0,
                max_lots.0,
                if day_lots == Lots::ZERO {
                    "no limit for a day".to_owned()
                } else {
                    format!("{} lots a day", day_lots.0)
                },
                amount::show_time(expiry)
            );
            let message = Message::SetDelegate { seat, delegate, max_lots, day_lots, expiry, instruments };
            act(context, &mut session, Act::new(seat, title, message))?;
            Ok(())
        }
        What::Remove { address: text } => {
            let message = Message::SetDelegate {
                seat,
                delegate: address(text)?,
                max_lots: Lots::ZERO,
                day_lots: Lots::ZERO,
                expiry: Seconds::ZERO,
                instruments: Vec::new(),
            };
            act(
                context,
                &mut session,
                Act::new(seat, format!("dismiss {text}, who trades for seat {}", seat.0), message),
            )?;
            Ok(())
        }
        What::List => {
            let sample = DelegateSet { seat, delegate: [0; 20], max_lots: Lots::ZERO, expiry: Seconds::ZERO };
            let topics = history::topics(&sample.into(), 2);
            let from = session.first_block();
            let entries = history::logs(&mut session, &topics, from)?;
            let mut named: BTreeMap<Address, DelegateSet> = BTreeMap::new();
            for set in entries.iter().filter_map(|entry| entry.event.read::<DelegateSet>()) {
                named.insert(set.delegate, set);
            }
            let mut table = Table::new(
                "delegates",
                "Nobody may trade for this account but its owner.",
                &[
                    column("address", "address"),
                    column("max_lots", "largest order"),
                    optional("expiry", "until"),
                    optional("live", "may trade"),
                ],
            );
            for (address, set) in named {
                table.row(vec![
                    Field::text(to_hex(&address)),
                    Field::lots(set.max_lots),
                    Field::time(set.expiry),
                    Field::flag(set.expiry > now),
                ]);
            }
            let mut report = Report::new();
            report.table(table);
            context.output.print(&report)
        }
    }
}
