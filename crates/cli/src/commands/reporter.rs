//! `sit reporter`: the prices of a day, committed to and revealed in time.

use std::path::PathBuf;

use sit_engine::calendar::Day;
use sit_engine::oracle::{IndexState, Reporters, Setup, Submission};
use sit_engine::units::Seat;
use sit_keeper::log::Log;
use sit_keeper::reporter::{
    Accepted, Known, Mapping, Options, Reporter, Stage, Web, last_batch, print_of, read_prices,
};
use sit_native::{Contract, Message, TokenAmount, stored, view};

use crate::act::{Act, all};
use crate::amount::{self, Rounding};
use crate::commands::input::Running;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::operate::failed;
use crate::output::{Field, Report, Table, column};
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What is done.
#[derive(clap::Subcommand, Debug)]
enum What {
    /// Send the prices of each day until the program is ended
    Run {
        #[command(flatten)]
        running: Running,
        /// The mapping file
        #[arg(long, value_name = "FILE")]
        mapping: PathBuf,
        /// Prices that were held back and are right, as the refusal writes them (day/provider/input/output); lets that
        /// one batch through; may be given often
        #[arg(long, value_name = "PRICES")]
        accept: Vec<Accepted>,
        /// Collect earnings from this amount on
        #[arg(long, value_name = "USD")]
        collect_from: Option<String>,
    },
    /// Read the prices now, hold them against the rules, and send nothing
    Check {
        /// The mapping file
        #[arg(long, value_name = "FILE")]
        mapping: PathBuf,
    },
    /// Add to the bond
    Bond {
        /// The amount to add to the bond
        amount: String,
        /// The index
        #[arg(long, default_value_t = 0)]
        index: u16,
    },
    /// The reporter's record, bond and earnings
    Status {
        /// The index
        #[arg(long, default_value_t = 0)]
        index: u16,
    },
}

/// Reports.
///
/// # Errors
/// A mapping, key, journal or port that cannot be used; with `--once`, a look that failed.
pub fn run(context: &Context, args: &Args) -> Result {
    match &args.what {
        What::Run { running, mapping, accept, collect_from } => {
            let mapping = Mapping::read(mapping).map_err(|error| Failure::local(error.to_string()))?;
            let mut session = Session::open(context)?;
            let key = session.key()?;
            let collect_from = collect_from.as_deref().map(|text| amount::money(text, Rounding::Exact)).transpose()?;
            let options = Options {
                accepted: accept.clone(),
                cap: running.cap()?,
                least: running.least()?,
                collect_from,
                dry_run: context.global.dry_run,
            };
            let journal = running.open(context, "reporter", session.chain_id(), &key)?;
            let metrics = running.metrics("reporter")?;
            let log = Log::standard("reporter");
            let reporter =
                Reporter::new(session.runs_on(), key, mapping, Web::default(), options, journal, metrics, log);
            let mut reporter = reporter.map_err(|error| Failure::local(error.to_string()))?;
            loop {
                let stage = reporter.pass();
                if running.once {
                    let mut report = Report::new();
                    report.fact("stage", "stage", Field::text(told(&stage.map_err(failed)?)));
                    return context.output.print(&report);
                }
                running.rest();
            }
        }
        What::Check { mapping } => check(context, mapping),
        What::Bond { amount, index } => bond(context, amount, *index),
        What::Status { index } => status(context, *index),
    }
}

fn told(stage: &Stage) -> String {
    match stage {
        Stage::Early(opens) => format!("the window opens at {}", amount::show_time(*opens)),
        Stage::Committed(from) => format!("committed; revealed from {} on", amount::show_time(*from)),
        Stage::Sent => "sent: the day's batch lies open".to_owned(),
        Stage::Missed => "the window is over, and nothing was sent".to_owned(),
        Stage::Trying(why) => format!("not done yet: {why}"),
        Stage::Would(message) => format!("would send {message}"),
    }
}

fn check(context: &Context, mapping: &std::path::Path) -> Result {
    let mapping = Mapping::read(mapping).map_err(|error| Failure::local(error.to_string()))?;
    let mut session = Session::open(context)?;
    let setup: Option<Setup> = session.client.oracle_cell(&stored::setup(mapping.index))?;
    let setup = setup.ok_or_else(|| Failure::usage(format!("index {} is not open", mapping.index)))?;
    let (index, now) = (mapping.index, session.now());
    let day = Day::of(now);
    let state: IndexState = session.client.oracle_cell(&stored::state(index))?.unwrap_or_default();
    let last = own(&mut session, index, day)?;
    let known = Known { last: last.as_ref(), print: print_of(&state), ..Known::nothing(&setup, day, now) };
    let batch = read_prices(&mapping, &mut Web::default(), &known);
    let batch = batch.map_err(|error| Failure::local(error.to_string()))?;
    let columns = [
        column("provider", "provider"),
        column("name", "name"),
        column("input", "input atoms/M"),
        column("output", "output atoms/M"),
        column("volume", "volume M"),
    ];
    let mut table = Table::new("prices", "no prices", &columns);
    for entry in &batch.entries {
        let name = mapping.provider.iter().find(|provider| provider.number == entry.provider);
        table.row(vec![
            Field::number(entry.provider),
            Field::text(name.map_or("", |provider| &provider.name)),
            Field::number(entry.quote.input),
            Field::number(entry.quote.output),
            Field::number(entry.quote.volume),
        ]);
    }
    let mut report = Report::new();
    report.table(table);
    context.output.print(&report)
}

/// The last batch of this key, if there is a key and it is a reporter's.
fn own(session: &mut Session, index: u16, day: Day) -> Result<Option<Submission>> {
    let Ok(me) = session.address() else { return Ok(None) };
    let reporters: Reporters = session.client.oracle_cell(&stored::reporters(index))?.unwrap_or_default();
    let Some(place) = reporters.place_of(me) else { return Ok(None) };
    Ok(last_batch(&mut session.client, index, day, place, me)?)
}

fn bond(context: &Context, amount: &str, index: u16) -> Result {
    let amount = amount::money(amount, Rounding::Exact)?;
    let mut session = Session::open(context)?;
    let spender = session.client.address(Contract::Oracle)?;
    let owner = session.address()?;
    let allowed = session.client.view(&view::Allowance { owner, spender })?.0;
    let shown = amount::show_atoms(amount.into());
    // No account is meant: the margin of none is shown.
    let act = |title: String, message| Act::new(Seat(u32::MAX), title, message);
    let mut acts = Vec::new();
    if allowed < u128::from(amount) {
        let approve = Message::ApproveSpender { spender, value: TokenAmount(amount.into()) };
        acts.push(act(format!("let the oracle take {shown} USD"), approve));
    }
    acts.push(act(format!("add {shown} USD to the bond for index {index}"), Message::PostBond { index, amount }));
    let last = acts.len();
    let told = std::cell::Cell::new(0);
    all(context, &mut session, acts, |session, _| {
        told.set(told.get() + 1);
        if told.get() == last { record(session, index) } else { Ok(Report::new()) }
    })?;
    Ok(())
}

fn status(context: &Context, index: u16) -> Result {
    let mut session = Session::open(context)?;
    let report = record(&mut session, index)?;
    context.output.print(&report)
}

/// What the oracle has of the reporter.
fn record(session: &mut Session, index: u16) -> Result<Report> {
    let reporter = session.address()?;
    let record = session.client.view(&view::Reporter { index, reporter })?;
    let mut report = Report::new();
    report
        .fact("place", "place", Field::number(record.place))
        .fact("bond", "bond", Field::usd(sit_engine::units::QuoteAtoms(record.bond.into())))
        .fact("earned", "earned, not collected", Field::usd(sit_engine::units::QuoteAtoms(record.earned.into())))
        .fact("submissions", "days sent", Field::number(record.submissions))
        .fact("misses", "days missed", Field::number(record.misses))
        .fact("deviations", "days deviating", Field::number(record.deviations));
    Ok(report)
}
