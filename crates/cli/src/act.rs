//! How every message is sent: previewed by the engine, priced by the chain, shown, asked for, signed, awaited, told.

use std::io::{BufRead, IsTerminal, Write};

use sit_client::rpc::State as JournalState;
use sit_client::{Stores, stores};
use sit_engine::clearing::ClearingError;
use sit_engine::units::{Lots, QuoteAtoms, Seat, Side};
use sit_native::preview::Preview;
use sit_native::{Answer, Contract, EmittedEvent, Message};

use crate::amount::{self, Sizes};
use crate::chain::Markets;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::history;
use crate::output::{Field, Format, Report, Table, column, plain};
use crate::preview;
use crate::session::{Session, told_of};

/// A message with what people are told of it.
#[derive(Clone, Debug)]
pub struct Act {
    /// The message that is signed.
    pub message: Message,
    /// The clearing house's message whose effect on the account is shown, where it is another one: a deposit is
    /// credited.
    pub shown_as: Option<Message>,
    /// The account.
    pub seat: Seat,
    /// What it does, in a few words.
    pub title: String,
    /// The order in it, if there is one.
    pub order: Option<(Lots, Side, Sizes)>,
    /// Whether it is a deposit for which the owner signs a permit: after the question, so that the message, and with it
    /// what it costs, is known only then.
    pub permit: bool,
}

impl Act {
    /// A message of an account.
    #[must_use]
    pub fn new(seat: Seat, title: impl Into<String>, message: Message) -> Self {
        Self { message, shown_as: None, seat, title: title.into(), order: None, permit: false }
    }

    /// The clearing house's message whose effect on the account is shown, where there is one.
    fn shown(&self) -> Option<&Message> {
        let message = self.shown_as.as_ref().unwrap_or(&self.message);
        (message.contract() == Contract::Clearing).then_some(message)
    }
}

/// What was sent and what came of it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The transaction, in hexadecimal.
    pub hash: String,
    /// The block.
    pub block: u64,
    /// What it cost, in planck.
    pub cost: Cost,
    /// What the exchange emitted.
    pub events: Vec<EmittedEvent>,
}

/// DOT, in planck.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cost {
    /// All that the network takes.
    pub total: u128,
    /// The deposit in it for what is stored, which comes back when that goes; below zero when one comes back now.
    /// `None` where it cannot be told apart from the fee.
    pub deposit: Option<i128>,
}

impl Cost {
    /// The fee in it, which is gone.
    #[must_use]
    pub fn fee(self) -> Option<i128> {
        self.deposit.map(|deposit| self.total.cast_signed() - deposit)
    }

    /// All of it, the fee in it and the deposit in it, for a report.
    #[must_use]
    pub fn fields(self) -> [Field; 3] {
        let part = |planck: Option<i128>| planck.map_or_else(|| Field::none().shown("not told apart"), Field::planck);
        [Field::planck(self.total.cast_signed()), part(self.fee()), part(self.deposit)]
    }
}

/// Does one message: preview, question, transaction. Prints all of it.
///
/// # Errors
/// [`Kind::Refused`] with the sentence of the error that the chain would return; [`Kind::Declined`]; what the
/// transaction met.
pub fn act(context: &Context, session: &mut Session, act: Act) -> Result<Option<Sent>> {
    let mut sent = all(context, session, vec![act], |_, _| Ok(Report::new()))?;
    Ok(sent.pop())
}

/// Does one message, and adds what `told` says of what came of it.
///
/// # Errors
/// As [`act`].
pub fn act_and_tell(
    context: &Context,
    session: &mut Session,
    one: Act,
    told: impl Fn(&mut Session, &Sent) -> Result<Report>,
) -> Result<Option<Sent>> {
    let mut sent = all(context, session, vec![one], told)?;
    Ok(sent.pop())
}

/// Does several messages, one after the other, with one question. Each is previewed on the state that those before it
/// leave; one that is refused stops those after it.
///
/// # Errors
/// As [`act`].
pub fn all(
    context: &Context,
    session: &mut Session,
    acts: Vec<Act>,
    told: impl Fn(&mut Session, &Sent) -> Result<Report>,
) -> Result<Vec<Sent>> {
    if !context.global.dry_run {
        session.is_fresh()?;
        not_again(context, session, &acts)?;
    }
    let markets = Markets::read(&mut session.client)?;
    let mut report = Report::new();
    let mut deposits = Vec::new();
    for (one, said) in acts.iter().zip(foreseen(session, &acts)?) {
        let (told, deposit) = previewed(session, &markets, one, said)?;
        report.append(told);
        deposits.push(deposit);
    }
    // One object has each key once, so that of several messages programs read the last one's figures below its title.
    if acts.len() > 1 && !context.output.for_people() {
        let mut table = Table::new("messages", "", &[column("action", "action")]);
        acts.iter().for_each(|one| {
            table.row(vec![Field::text(&*one.title)]);
        });
        report.table(table);
    }
    // The chain's own word comes after the engine's: what other contracts refuse, and what it costs. A later message
    // may need what an earlier one does, such as an allowance, so only the first can be asked for.
    let only_first = if acts.len() > 1 { " (the first of them)" } else { "" };
    if let Some(one) = acts.first() {
        let deposit = deposits.first().copied().flatten();
        let [all, fee, deposit] = if one.permit {
            // The chain judges no deposit whose permit nobody has signed yet.
            let later = || Field::none().shown("known when the permit is signed");
            [later(), later(), deposit.map_or_else(later, Field::planck)]
        } else {
            let cost = Cost { total: session.estimate(&one.message)?, deposit };
            let [all, fee, deposit] = cost.fields();
            [all.shown(amount::show_planck(cost.total.cast_signed()) + only_first), fee, deposit]
        };
        report.fact("dot_cost", "the network takes", all);
        report.fact("dot_fee", "of it fee", fee).fact("dot_deposit", "of it refundable deposit", deposit);
    }
    let people = context.output.for_people();
    let dry = context.global.dry_run;
    if people {
        context.output.print(&report)?;
    }
    if dry {
        report.fact("sent", "sent", Field::flag(false));
        if !people {
            context.output.print(&report)?;
        } else {
            context.output.tell("Nothing was sent: --dry-run.");
        }
        return Ok(Vec::new());
    }
    confirm(context, &question(&acts))?;
    let mut done = Vec::new();
    for one in &acts {
        let message = if one.permit { session.permitted(&one.message) } else { Ok(one.message.clone()) };
        let sent = message.and_then(|message| session.send(context, &message));
        let mut sent = sent.map_err(|failure| after_others(&done, acts.len(), failure))?;
        // What the preview said is not taken for what has happened: others may have come first.
        sent.cost.deposit = history::deposits(session, sent.block).get(&sent.hash).copied();
        done.push(sent);
    }
    let mut after = Report::new();
    after.fact("sent", "sent", Field::flag(true));
    // All of it is done. A node that is gone by now makes no failure of that: whoever is told one would send it again.
    let mut trouble = None;
    for sent in &done {
        match told(session, sent) {
            Ok(told) => {
                after.append(told);
            }
            Err(failure) => trouble = trouble.or(Some(failure)),
        }
    }
    let mut table = Table::new(
        "transactions",
        "",
        &[
            column("block", "block"),
            column("transaction", "transaction"),
            column("cost", "network"),
            column("fee", "of it fee"),
            column("deposit", "of it deposit"),
        ],
    );
    for sent in &done {
        let mut row = vec![Field::number(sent.block), Field::text(&*sent.hash)];
        row.extend(sent.cost.fields());
        table.row(row);
    }
    after.table(table);
    match told_margin(session, &acts) {
        Ok(told) => {
            after.append(told);
        }
        Err(failure) => trouble = trouble.or(Some(failure)),
    }
    if let Some(earlier) = session.given_up() {
        after.fact("given_up", "earlier ones that are not done", Field::text(earlier));
    }
    if let Some(failure) = trouble {
        after.fact("not_read", "what it has come to could not be read", Field::text(failure.message));
    }
    if context.output.format == Format::Text {
        context.output.print(&after)?;
    } else {
        report.append(after);
        context.output.print(&report)?;
    }
    session.all_told();
    Ok(done)
}

/// A failure of a message that comes after others, which are done.
fn after_others(done: &[Sent], all: usize, failure: Failure) -> Failure {
    if done.is_empty() {
        return failure;
    }
    let hashes: Vec<&str> = done.iter().map(|sent| &*sent.hash).collect();
    let message = format!(
        "of {all} transactions {} is done ({}), and the next one: {}",
        done.len(),
        hashes.join(", "),
        failure.message
    );
    Failure { message, ..failure }
}

/// Tells what a command that was stopped had sent, and does not sign a second time what that may have done already:
/// whoever types a command again after Ctrl-C mostly wants it once.
fn not_again(context: &Context, session: &mut Session, acts: &[Act]) -> Result {
    for entry in session.interrupted()? {
        let told = told_of(&entry);
        let done = !matches!(entry.state, JournalState::Dropped | JournalState::Done { succeeded: false, .. });
        if done && acts.iter().any(|one| costs_twice(&one.message) && sends(&one.message, &entry.intent)) {
            let hash = entry.hashes.last().map_or("", String::as_str);
            return Err(Failure::new(
                Kind::Declined,
                format!(
                    "{told}. If that was this one, nothing is left to do (`sit replay {hash}` shows it); else type the \
                     command again once it is done. Nothing was signed"
                ),
            )
            .named("Stopped"));
        }
        context.output.tell(&format!("Note: {told}."));
    }
    Ok(())
}

/// Whether doing a message twice is another thing than doing it once, or signs what needs no second signature. The
/// chain refuses a second order of the same number, and what names an order or a slot leaves the same behind.
fn costs_twice(message: &Message) -> bool {
    match message {
        Message::Place { order } => order.number == 0,
        Message::Roll { .. }
        | Message::ApproveSpender { .. }
        | Message::Deposit { .. }
        | Message::Withdraw { .. }
        | Message::Transfer { .. } => true,
        _ => false,
    }
}

/// Whether a journal's words are those of a message. A deposit is sent with a permit, or without one.
fn sends(message: &Message, intent: &str) -> bool {
    let words = format!("{}.{}", message.contract().name(), message.name());
    words == intent || (matches!(message, Message::Deposit { .. }) && intent == format!("{words}_with_permit"))
}

/// Equity and margin as they stand when all is done, for programs and people alike.
fn told_margin(session: &mut Session, acts: &[Act]) -> Result<Report> {
    let mut report = Report::new();
    let Some(one) = acts.last() else { return Ok(report) };
    let mut state = session.client.state();
    let standing = sit_native::preview::standing(&mut state, one.seat);
    if let Some(failure) = state.failure() {
        return Err(failure.into());
    }
    if let Ok(standing) = standing {
        let mut table = Table::new("account", "", &[column("figure", "USD"), column("now", "now")]);
        for (name, value) in [
            ("equity", standing.health.equity),
            ("initial margin", standing.health.initial),
            ("free collateral", preview::free(&standing.health)),
            ("maintenance margin", standing.health.maintenance),
        ] {
            table.row(vec![Field::text(name), Field::usd(value)]);
        }
        report.table(table);
    }
    Ok(report)
}

fn question(acts: &[Act]) -> String {
    match acts {
        [one] => format!("Sign and send: {}?", one.title),
        several => format!("Sign and send {} transactions?", several.len()),
    }
}

/// What each of several messages would do, sent by whoever signs, on the state that those before it leave; `None` for
/// one whose effect on the account is not shown.
fn foreseen(session: &mut Session, acts: &[Act]) -> Result<Vec<Option<Preview<Answer>>>> {
    let (sender, now) = (session.address()?, session.now());
    let sendings: Vec<_> = acts
        .iter()
        .filter_map(|one| Some(preview::Sending { sender, seat: one.seat, message: one.shown()? }))
        .collect();
    let mut said = preview::run_all(&mut session.client, now, &sendings)?.into_iter();
    Ok(acts.iter().map(|one| one.shown().and_then(|_| said.next())).collect())
}

/// What one message would do, as the engine has said it, with the deposit that it takes where that can be told apart
/// from the fee. An error that the chain would return is a failure, with its name.
fn previewed(
    session: &mut Session,
    markets: &Markets,
    one: &Act,
    said: Option<Preview<Answer>>,
) -> Result<(Report, Option<i128>)> {
    let mut report = Report::new();
    report.fact("action", "action", Field::text(&*one.title));
    let Some(said) = said else { return Ok((report, None)) };
    if let Err(error) = said.outcome {
        return Err(refused(error));
    }
    let mut traded = preview::traded(&said.events, one.seat);
    match (one.order, &said.outcome) {
        (Some((lots, side, sizes)), Ok(answer)) => {
            // An order that only shrinks rests on without an event.
            traded.rests = Lots(u32::try_from(answer.get(2)).unwrap_or(u32::MAX));
            report.append(preview::order_report(&traded, lots, side, sizes));
        }
        _ => {
            if let Some(table) = preview::trades_table(&said.events, one.seat, markets) {
                report.fact("fee", "trading fee, USD", Field::usd(atoms(traded.fee))).table(table);
            }
            if traded.rests > Lots::ZERO {
                report.fact("rests_lots", "rests, lots", Field::lots(traded.rests));
            }
        }
    }
    if let (Ok(before), Ok(after)) = (&said.before, &said.after) {
        report.append(preview::margin_report(&mut session.client, markets, before, after)?);
    }
    Ok((report, matches!(stores(&one.message), Stores::House(_)).then(|| said.growth.deposit())))
}

/// The failure of a message that the exchange would refuse.
#[must_use]
pub fn refused(error: ClearingError) -> Failure {
    Failure::new(Kind::Refused, preview::sentence(error) + " Nothing was sent.").named(error.name())
}

/// Asks for a yes, unless `--yes` was said.
///
/// # Errors
/// [`Kind::Declined`] for anything but a yes, and where nobody can be asked.
pub fn confirm(context: &Context, question: &str) -> Result {
    if context.global.yes {
        return Ok(());
    }
    let declined = |why: &str| Failure::new(Kind::Declined, format!("{why}: nothing was sent"));
    if !std::io::stdin().is_terminal() || context.output.format != Format::Text {
        return Err(declined(
            "nobody can be asked here; say --yes to sign without a question, or --dry-run to look only",
        ));
    }
    eprint!("{} [y/N] ", plain(question));
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(declined("you did not say yes")),
    }
}

/// Quote atoms of an amount of the vault.
#[must_use]
pub fn atoms(amount: u64) -> QuoteAtoms {
    QuoteAtoms(amount.into())
}
