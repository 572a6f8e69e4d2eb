//! `sit claim`: what is due to an account: variation, final settlements, rewards of makers.

use sit_native::message::seats;
use sit_native::preview::Preview;
use sit_native::{Answer, Message, view};

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
    let held = account.positions().iter().map(|position| position.instrument);
    let held = held.filter(|instrument| wanted.is_none_or(|wanted| wanted.month.instrument == *instrument));
    let settlings: Vec<_> = held
        .map(|instrument| {
            let title = format!("settle seat {} in {}", seat.0, markets.name(instrument));
            Act::new(seat, title, Message::Settle { instrument, seats: seats([seat]) })
        })
        .collect();
    // What would change nothing, after what comes before it, costs a fee for nothing.
    let sender = account.owner;
    let sendings: Vec<_> =
        settlings.iter().map(|one| preview::Sending { sender, seat, message: &one.message }).collect();
    let said = preview::run_all(&mut session.client, now, &sendings)?;
    let changes =
        |said: &Preview<Answer>| said.outcome.is_err() || said.before != said.after || !said.events.is_empty();
    let acts: Vec<_> =
        said.iter().zip(&settlings).filter(|(said, _)| changes(said)).map(|(_, one)| one.clone()).collect();
    if acts.is_empty() {
        return context.output.print(&nothing("Nothing waits to be claimed."));
    }
    all(context, &mut session, acts, |_, _| Ok(Report::new()))?;
    Ok(())
}
