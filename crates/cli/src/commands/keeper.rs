//! `sit keeper`: sends what anybody may send and what is due.

use sit_client::Signer;
use sit_engine::units::{Lots, Seat};
use sit_keeper::due::{Cares, Duty, Excluded, Limits};
use sit_keeper::keeper::{Keeper, Options};
use sit_keeper::log::Log;

use crate::amount::{self, Rounding};
use crate::commands::delegate::address;
use crate::commands::input::Running;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::operate::failed;
use crate::output::{Field, Report, Table, column};
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    running: Running,
    /// Blocks to wait at most before something due is sent, by key and subject: so that several keepers take turns
    #[arg(long, value_name = "BLOCKS", default_value_t = 1)]
    jitter: u64,
    /// Leave a duty to others; may be given often (see --duties)
    #[arg(long, value_name = "DUTY", value_parser = duty)]
    without: Vec<Duty>,
    /// Leave an account to others, by its seat, or all of an owner by their address; may be given often
    #[arg(long, value_name = "ACCOUNT", value_parser = excluded)]
    exclude: Vec<Excluded>,
    /// Settle months at their last mark too, when price and governance have been silent for weeks
    #[arg(long)]
    sunset: bool,
    /// List the duties and end
    #[arg(long)]
    duties: bool,
    /// Fees of a month from which on they are distributed
    #[arg(long, value_name = "USD", default_value = "10")]
    sweep_from: String,
    /// Take over positions in liquidation with the account of --seat, at this discount on the mark at least
    #[arg(long, value_name = "SHARE")]
    bid: Option<String>,
    /// Lots of a month that takeovers may bring the account to
    #[arg(long, value_name = "LOTS", default_value_t = 500, requires = "bid")]
    bid_lots: u32,
    /// Value of all positions that takeovers may bring the account to
    #[arg(long, value_name = "USD", default_value = "100000", requires = "bid")]
    bid_notional: String,
    /// Collateral beyond initial margin that takeovers leave
    #[arg(long, value_name = "USD", default_value = "1000", requires = "bid")]
    bid_reserve: String,
}

fn duty(name: &str) -> std::result::Result<Duty, String> {
    Duty::named(name).ok_or_else(|| "it is none of those that `sit keeper --duties` lists".to_owned())
}

/// An account by its seat, or all of an owner by their address.
fn excluded(text: &str) -> std::result::Result<Excluded, String> {
    match text.parse() {
        Ok(seat) => Ok(Excluded::Seat(Seat(seat))),
        Err(_) => address(text).map(Excluded::Owner).map_err(|_| "it is neither a seat nor an address".to_owned()),
    }
}

/// Keeps the exchange running until it is ended.
///
/// # Errors
/// A key, journal or port that cannot be used; with `--once`, a look that failed.
pub fn run(context: &Context, args: &Args) -> Result {
    if args.duties {
        let columns = [column("duty", "duty")];
        let mut table = Table::new("duties", "none", &columns);
        for duty in Duty::ALL {
            table.row(vec![Field::text(duty.name())]);
        }
        let mut report = Report::new();
        report.table(table);
        return context.output.print(&report);
    }
    let mut session = Session::open(context)?;
    let key = session.key()?;
    let usd = |text: &str| amount::money(text, Rounding::Exact);
    let seat = if args.bid.is_some() { Some(session.seat()?) } else { session.seat_if_known()? };
    let mut without = args.without.clone();
    if !args.sunset {
        without.push(Duty::Sunset);
    }
    let limits = match (&args.bid, seat) {
        (Some(discount), Some(seat)) => Some(Limits {
            seat,
            owner: key.address(),
            least_discount_bps: u32::from(amount::share(discount)?),
            most_lots: Lots(args.bid_lots),
            most_notional: usd(&args.bid_notional)?,
            reserve: usd(&args.bid_reserve)?,
        }),
        _ => None,
    };
    let cares = Cares { without, excluded: args.exclude.clone(), seat, limits, least_sweep: usd(&args.sweep_from)? };
    let (cap, least, dry_run) = (args.running.cap()?, args.running.least()?, context.global.dry_run);
    let options = Options { cares, jitter: args.jitter, cap, least, dry_run };
    let journal = args.running.open(context, "keeper", session.chain_id(), &key)?;
    let metrics = args.running.metrics("keeper")?;
    let keeper = Keeper::new(session.runs_on(), key, options, Some(journal), metrics, Log::standard("keeper"));
    let mut keeper = keeper.map_err(|error| Failure::local(error.to_string()))?;
    loop {
        // What failed is in the log and in the metrics; the next look may succeed.
        let pass = keeper.pass();
        if args.running.once {
            let pass = pass.map_err(failed)?;
            let columns = [column("due", "due"), column("became", "became")];
            let mut table = Table::new("due", "nothing is due", &columns);
            for key in &pass.due {
                let refused = pass.refused.iter().find(|(refused, _)| refused == key);
                let became = match refused {
                    Some((_, why)) => why.as_str(),
                    None if pass.done.contains(key) => "done",
                    None if pass.unknown.contains(key) => "sent, and not known what became of it",
                    None if context.global.dry_run => "would be sent",
                    None => "waits for its moment",
                };
                table.row(vec![Field::text(key.clone()), Field::text(became)]);
            }
            let mut report = Report::new();
            report.fact("block", "block", Field::number(pass.block));
            report.table(table);
            return context.output.print(&report);
        }
        args.running.rest();
    }
}
