//! `sit maker`: a reference market maker.

use std::path::PathBuf;

use sit_engine::calendar::REWARD_EPOCH_SECONDS;
use sit_engine::clearing::Product;
use sit_engine::incentives::CURE_SECONDS;
use sit_engine::units::{QuoteAtoms, Seconds};
use sit_keeper::log::Log;
use sit_keeper::maker::{Fair, Maker, Options};
use sit_keeper::reporter::{Mapping, Web};
use sit_native::{Message, view};
use sit_sim::calibrate::calibrate;
use sit_sim::history::History;

use crate::act::{Act, act};
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
    /// Quote all months until the program is ended
    Run(Box<Quoting>),
    /// Score, uptime by month, rank and what the week would earn
    Status,
    /// Ask for designation
    Apply,
}

/// How it quotes.
#[derive(clap::Args, Debug)]
struct Quoting {
    #[command(flatten)]
    running: Running,
    /// Product
    #[arg(long, default_value_t = 0)]
    product: u8,
    /// Half of the spread
    #[arg(long, value_name = "SHARE", default_value = "0.4%")]
    half_spread: String,
    /// Levels on each side
    #[arg(long, default_value_t = 3)]
    levels: u32,
    /// From one level to the next
    #[arg(long, value_name = "SHARE", default_value = "0.2%")]
    step: String,
    /// Lots of each level
    #[arg(long, default_value_t = 60)]
    lots: u32,
    /// By how much the quotes lean at the most lots held
    #[arg(long, value_name = "SHARE", default_value = "0.6%")]
    skew: String,
    /// Lots of a month from which on only the side that reduces is quoted
    #[arg(long, default_value_t = 2_000)]
    most_lots: u32,
    /// How far off the quotes may be before they are renewed
    #[arg(long, value_name = "SHARE", default_value = "0.15%")]
    reprice: String,
    /// Have quotes end by themselves after this long; such quotes do not count for the programme
    #[arg(long, value_name = "TIME")]
    good_for: Option<String>,
    /// Loss of a day at which everything is cancelled and nothing more is quoted
    #[arg(long, value_name = "USD", default_value = "50000")]
    most_loss: String,
    /// Days that the newest print may be old
    #[arg(long, value_name = "DAYS", default_value_t = 4)]
    most_index_days: u32,
    /// Claim rewards from this amount on
    #[arg(long, value_name = "USD", default_value = "1")]
    claim_from: String,
    /// Fair curve of a process calibrated on this price history, instead of the settlement marks
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Column of the history
    #[arg(long, default_value = "price")]
    column: String,
    /// Prices of now, by a mapping file as reporters have it, instead of the newest print
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Go on after the kill switch was thrown
    #[arg(long)]
    resume: bool,
}

/// Makes a market.
///
/// # Errors
/// A file, key, journal or port that cannot be used; with `--once`, a look that failed.
pub fn run(context: &Context, args: &Args) -> Result {
    match &args.what {
        What::Run(quoting) => quote(context, quoting),
        What::Status => status(context),
        What::Apply => {
            let mut session = Session::open(context)?;
            let seat = session.seat()?;
            act(
                context,
                &mut session,
                Act::new(seat, "ask for designation as a market maker".to_owned(), Message::Apply { seat }),
            )?;
            Ok(())
        }
    }
}

fn bps(text: &str) -> Result<f64> {
    Ok(f64::from(amount::share(text)?))
}

fn quote(context: &Context, args: &Quoting) -> Result {
    let usd = |text: &str| amount::money(text, Rounding::Exact);
    let mut session = Session::open(context)?;
    let (key, seat) = (session.key()?, session.seat()?);
    let options = Options {
        product: Product(args.product),
        half_spread_bps: bps(&args.half_spread)?,
        levels: args.levels,
        step_bps: bps(&args.step)?,
        lots: args.lots,
        skew_bps: bps(&args.skew)?,
        most_lots: args.most_lots,
        reprice_bps: bps(&args.reprice)?,
        good_for: args.good_for.as_deref().map(amount::duration).transpose()?,
        most_loss: usd(&args.most_loss)?,
        most_index_days: args.most_index_days,
        claim_from: usd(&args.claim_from)?,
        cap: args.running.cap()?,
        least: args.running.least()?,
        dry_run: context.global.dry_run,
        ..Options::default()
    };
    let mut fair = match &args.history {
        None => Fair::marks(),
        Some(path) => {
            let history = History::load(path, &args.column).map_err(|error| Failure::local(error.to_string()))?;
            Fair::model(calibrate(&history).map_err(|error| Failure::local(error.to_string()))?.model)
        }
    };
    if let Some(path) = &args.mapping {
        let mapping = Mapping::read(path).map_err(|error| Failure::local(error.to_string()))?;
        fair = fair.live(mapping, Box::new(Web::default()));
    }
    let journal = args.running.open(context, "maker", session.chain_id(), &key)?;
    let metrics = args.running.metrics("maker")?;
    let maker = Maker::new(session.runs_on(), key, seat, fair, options, journal, metrics, Log::standard("maker"));
    let mut maker = maker.map_err(|error| Failure::local(error.to_string()))?;
    if args.resume {
        maker.resume().map_err(failed)?;
    }
    loop {
        let pass = maker.pass();
        if args.running.once {
            let pass = pass.map_err(failed)?;
            let mut report = Report::new();
            report
                .fact("block", "block", Field::number(pass.block))
                .fact("months", "months", Field::number(pass.months as u64))
                .fact("quoted", "quoted anew", Field::number(pass.quoted as u64))
                .fact("standing", "with enough on both sides before", Field::number(pass.standing as u64));
            if context.global.dry_run {
                report.fact("sent", "sent", Field::flag(false)).note("Nothing was sent: --dry-run.");
            }
            if let Some(why) = &pass.stopped {
                report.fact("stopped", "stopped", Field::text(why.clone()));
            }
            let columns = [column("source", "source"), column("usd", "US dollars")];
            let mut table = Table::new("profit", "nothing yet", &columns);
            for (source, amount) in maker.profit.rows() {
                table.row(vec![Field::text(source), Field::usd(QuoteAtoms(amount))]);
            }
            table.row(vec![Field::text("all"), Field::usd(QuoteAtoms(maker.profit.total()))]);
            report.table(table);
            return context.output.print(&report);
        }
        args.running.rest();
    }
}

fn status(context: &Context) -> Result {
    let mut session = Session::open(context)?;
    let seat = session.seat()?;
    let now = session.now();
    let maker = session.client.view(&view::Maker { seat })?;
    let mut report = Report::new();
    let standing =
        maker.status.map_or_else(|| "never applied".to_owned(), |status| format!("{status:?}").to_lowercase());
    let cure_until =
        if maker.warned_at == Seconds::ZERO { Field::none() } else { Field::time(maker.warned_at.later(CURE_SECONDS)) };
    report
        .fact("status", "status", Field::text(standing))
        .fact("strikes", "weeks in a row without reward", Field::number(maker.strikes))
        .fact("due", "due", Field::usd(QuoteAtoms(maker.due.into())))
        .fact("later", "due later", Field::usd(QuoteAtoms(maker.later.into())))
        .fact("cure_until", "without the capital, suspended from", cure_until);
    let epoch = now.0 / REWARD_EPOCH_SECONDS;
    if let Ok(outlook) = session.client.view(&view::Standing { seat, epoch }) {
        report
            .fact("week", "week", Field::number(epoch))
            .fact("score", "score, lot-seconds", Field::number(outlook.score))
            .fact("rank", "rank", Field::text(format!("{} of {}", outlook.rank, outlook.makers)))
            .fact("reward", "would earn now", Field::usd(QuoteAtoms(outlook.reward.into())));
        let columns = [
            column("instrument", "instrument"),
            column("uptime", "uptime s"),
            column("owed", "due s"),
            column("percent", "%"),
        ];
        let mut table = Table::new("months", "no month", &columns);
        let since: Seconds = maker.since;
        let uptimes =
            sit_keeper::maker::uptimes(&mut session.client, Product(0), seat, epoch, since).map_err(failed)?;
        for (instrument, measure) in uptimes {
            let percent = if measure.due == 0 { 100 } else { u64::from(measure.uptime) * 100 / u64::from(measure.due) };
            table.row(vec![
                Field::number(instrument.0),
                Field::number(measure.uptime),
                Field::number(measure.due),
                Field::number(percent),
            ]);
        }
        report.table(table);
    }
    context.output.print(&report)
}
