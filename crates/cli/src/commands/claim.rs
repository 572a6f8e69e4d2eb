//! `sit claim`: what is due to an account: variation, final settlements, rewards of makers.

use sit_native::message::seats;
use sit_native::{Message, view};

use super::orders;
use crate::act::{Act, all};
use crate::chain::Markets;
use crate::context::Context;
use crate::failure::Result;
use crate::output::{Field, Report};
use crate::preview;
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Month, such as DEC26; without one, every month in which something waits
    month: Option<String>,
    /// Rewards of the market-maker programme instead
    #[arg(long, conflicts_with = "month")]
    rewards: bool,
}

/// Claims. Anybody may settle anybody, so this is never in the way of a keeper who does the same.
///
/// # Errors
/// What the transactions met.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    let (seat, now) = (session.seat()?, session.now());
    let nothing = |why: &str| {
        let mut report = Report::new();
        report.fact("sent", "sent", Field::flag(false)).note(why);
        report
    };
    if args.rewards {
        let maker = session.client.view(&view::Maker { seat })?;
        if maker.due == 0 {
            return context.output.print(&nothing("No reward is due."));
        }
        let title = format!("claim {} USD of rewards", crate::amount::show_atoms(maker.due.into()));
        // The programme has the clearing house pay them: that is what the account sees of it.
        let shown_as = Some(Message::PayReward { seat, amount: maker.due });
        let claim = Act { shown_as, ..Act::new(seat, title, Message::Claim { seat }) };
        all(context, &mut session, vec![claim], |_, _| Ok(Report::new()))?;
        return Ok(());
    }
    let markets = Markets::read(&mut session.client)?;
    let account = orders::account(&mut session, seat)?;
    let wanted = args.month.as_deref().map(|month| markets.find(month, now)).transpose()?;
    let mut acts = Vec::new();
    for position in account.positions() {
        let instrument = position.instrument;
        if wanted.is_some_and(|wanted| wanted.month.instrument != instrument) {
            continue;
        }
        let message = Message::Settle { instrument, seats: seats([seat]) };
        // What would change nothing costs a fee for nothing.
        let said = preview::run(&mut session.client, account.owner, now, seat, &message)?;
        if said.outcome.is_err() || said.before != said.after || !said.events.is_empty() {
            let title = format!("settle seat {} in {}", seat.0, markets.name(instrument));
            acts.push(Act::new(seat, title, message));
        }
    }
    if acts.is_empty() {
        return context.output.print(&nothing("Nothing waits to be claimed."));
    }
    all(context, &mut session, acts, |_, _| Ok(Report::new()))?;
    Ok(())
}
