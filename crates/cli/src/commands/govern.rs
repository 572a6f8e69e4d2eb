//! `sit govern`: proposals with all that they would do, approvals, the timelock, the guardian.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use sit_client::govern::{class_name, proposing, tightening};
use sit_client::rpc::to_hex;
use sit_client::{MarginProposal, codec};
use sit_engine::certificate::{Certificate, SCENARIOS, SLOTS, risk_array_bytes};
use sit_engine::chain::{Address, Env, Hash};
use sit_engine::clearing::{Product, Store as _};
use sit_engine::governance::{Class, Delays, State};
use sit_engine::launch;
use sit_engine::units::{QuoteAtoms, Seat};
use sit_native::answers::ActionRecord;
use sit_native::event::governance::{MarginSetProposed, Proposed};
use sit_native::preview::{Foreseen, foresee};
use sit_native::{Contract, Message, stored, view};
use sit_sim::keccak256;
use sit_sim::margin::certificate_hash;

use crate::act::{self, Act};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::history;
use crate::keys::digits;
use crate::output::{Field, Report, Table, column, optional};
use crate::preview::free;
use crate::session::Session;
use crate::words::{differences, message, message_words};

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// A message of governance, as it is typed.
#[derive(clap::Args, Debug)]
struct Typed {
    /// The message, as contract.message: clearing.set_fund_cap
    message: String,
    /// Its arguments, as name=value; contracts by their names, tuples as (1,2), lists as [1,2]
    arguments: Vec<String>,
}

/// A margin set with its certificate.
#[derive(clap::Args, Debug)]
struct Margin {
    /// The file that `sit-sim margin` wrote
    file: PathBuf,
    /// Number of the product
    #[arg(long, default_value_t = launch::TPI.0)]
    product: u8,
    /// Maintenance margin, in basis points of initial margin
    #[arg(long, value_name = "BPS", default_value_t = launch::MAINTENANCE_BPS)]
    maintenance_bps: u16,
    /// Where a liquidation ends, in basis points of initial margin
    #[arg(long, value_name = "BPS", default_value_t = launch::LIQUIDATION_END_BPS)]
    liquidation_end_bps: u16,
}

/// A role that is handed over.
#[derive(Clone, Copy, ValueEnum, Debug)]
enum Handed {
    /// Who proposes
    Governor,
    /// Who vetoes
    Guardian,
}

/// What is done.
#[derive(Subcommand, Debug)]
enum What {
    /// Roles, council, delays, and whether genesis is over
    Status,
    /// Every action with where it stands and from when it may be executed
    Queue,
    /// One action: its call, what it would change, what it would do to every account, whether it could be executed
    Inspect {
        /// Number of the action
        id: u32,
        /// Compare its margin set with this file of `sit-sim margin`
        #[arg(long, value_name = "FILE")]
        margin: Option<PathBuf>,
    },
    /// What a message would change and do to every account, without proposing it
    Simulate(Typed),
    /// What a margin set would change and do to every account, without proposing it
    SimulateMargin(Margin),
    /// Propose a message: the governor
    Propose(Typed),
    /// Propose a margin set with its certificate: the governor
    ProposeMargin(Margin),
    /// Approve an action as it stands: a member of the council
    Approve {
        /// Number of the action
        id: u32,
    },
    /// Execute an action whose time has come: anyone
    Execute {
        /// Number of the action
        id: u32,
    },
    /// Propose, approve and execute at once: in genesis, for a governor who is the council
    Enact(Typed),
    /// Withdraw an action: the governor
    Cancel {
        /// Number of the action
        id: u32,
    },
    /// Stop an action for good: the guardian
    Veto {
        /// Number of the action
        id: u32,
    },
    /// Send at once what only tightens: the guardian
    Tighten(Typed),
    /// Take over a role that was offered to this key
    Accept {
        /// The role
        #[arg(value_enum)]
        role: Handed,
    },
    /// End genesis: the deployer
    Seal,
}

/// Does it.
///
/// # Errors
/// What was typed; what governance or the contract would refuse, by name; what a transaction met.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    let send = |session: &mut Session, title: String, message: Message| sent(context, session, title, message);
    match &args.what {
        What::Status => status(context, &mut session),
        What::Queue => queue(context, &mut session),
        What::Inspect { id, margin } => inspect(context, &mut session, *id, margin.as_ref()),
        What::Simulate(typed) => {
            let message = typed.read(&session)?;
            let report = foreseen(&mut session, &message)?;
            context.output.print(&report)
        }
        What::SimulateMargin(margin) => {
            let message = margin.read()?.message();
            let report = foreseen(&mut session, &message)?;
            context.output.print(&report)
        }
        What::Propose(typed) => {
            let message = typed.read(&session)?;
            show_first(context, &mut session, &message)?;
            let (propose, _) = proposing(&session.client.deployment, session.now(), &message)?;
            send(&mut session, format!("propose {}", message_words(&message)), propose)
        }
        What::ProposeMargin(margin) => {
            let margin = margin.read()?;
            show_first(context, &mut session, &margin.message())?;
            let (propose, _) = margin.proposing(&session.client.deployment, session.now())?;
            send(&mut session, format!("propose a margin set for product {}", margin.product.0), propose)
        }
        What::Approve { id } => {
            let action = Action::read(&mut session, *id)?;
            let approval = session.client.approval(*id)?;
            // What is signed is a hash, and what people read is what the node says it is of.
            let shown = action.payload_of_call(&session)?;
            if !matches!(&approval, Message::Approve { payload_hash, .. } if *payload_hash == shown) {
                return Err(Failure::new(
                    Kind::WrongChain,
                    format!(
                        "the node says that action {id} is {}, and the hash that would be approved is of something else: ask \
                         another node. Nothing was signed",
                        action.words()
                    ),
                ));
            }
            action.told(context);
            send(&mut session, format!("approve action {id}"), approval)
        }
        What::Execute { id } => {
            let action = Action::read(&mut session, *id)?;
            if let Some(message) = action.message.clone() {
                show_first(context, &mut session, &message)?;
            }
            send(&mut session, format!("execute action {id}"), Message::Execute { id: *id, call: action.call })
        }
        What::Enact(typed) => {
            let message = typed.read(&session)?;
            enact(context, &mut session, &message)
        }
        What::Cancel { id } => send(&mut session, format!("cancel action {id}"), Message::CancelAction { id: *id }),
        What::Veto { id } => send(&mut session, format!("veto action {id}"), Message::Veto { id: *id }),
        What::Tighten(typed) => {
            let message = typed.read(&session)?;
            let tighten = tightening(&session.client.deployment, &message)?;
            send(&mut session, format!("tighten by {}", message_words(&message)), tighten)
        }
        What::Accept { role: Handed::Governor } => {
            send(&mut session, "become governor".to_owned(), Message::AcceptGovernor {})
        }
        What::Accept { role: Handed::Guardian } => {
            send(&mut session, "become guardian".to_owned(), Message::AcceptGuardian {})
        }
        What::Seal => send(&mut session, "end genesis".to_owned(), Message::Seal {}),
    }
}

impl Typed {
    fn read(&self, session: &Session) -> Result<Message> {
        message(&self.message, &self.arguments, &session.client.deployment)
    }
}

impl Margin {
    fn read(&self) -> Result<MarginProposal> {
        let (shocks, certificate) = margin_file(&self.file)?;
        let Self { product, maintenance_bps, liquidation_end_bps, .. } = *self;
        Ok(MarginProposal { product: Product(product), maintenance_bps, liquidation_end_bps, shocks, certificate })
    }
}

/// Shocks and certificate of a file of `sit-sim margin`; the hashes in it are computed again.
fn margin_file(path: &PathBuf) -> Result<([[i16; SCENARIOS]; SLOTS], Certificate)> {
    let wrong = |what: &str| Failure::local(format!("the margin set {}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&format!("it cannot be read: {error}")))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| wrong(&format!("it is no JSON: {error}")))?;
    let shocks: [[i16; SCENARIOS]; SLOTS] = serde_json::from_value(value["margin"]["shocks"].clone())
        .map_err(|_| wrong("it has no `margin.shocks` of twelve months in sixteen scenarios"))?;
    let of = &value["certificate"];
    let hash = |key: &str| -> Result<Hash> {
        let found = digits(of[key].as_str().unwrap_or_default());
        found.ok_or_else(|| wrong(&format!("`certificate.{key}` is no hash")))
    };
    let number = |key: &str| of[key].as_u64().ok_or_else(|| wrong(&format!("`certificate.{key}` is no number")));
    let narrow = |key: &str| {
        number(key)
            .and_then(|number| u32::try_from(number).map_err(|_| wrong(&format!("`certificate.{key}`: too large"))))
    };
    let certificate = Certificate {
        dataset_root: hash("dataset_root")?,
        simulator: hash("simulator")?,
        seed: number("seed")?,
        model_hash: hash("model_hash")?,
        confidence_ppm: narrow("confidence_ppm")?,
        horizon_seconds: narrow("horizon_seconds")?,
        parameter_hash: hash("parameter_hash")?,
    };
    if keccak256(&risk_array_bytes(&shocks)) != certificate.parameter_hash {
        return Err(wrong("its certificate is of other shocks: it was changed after it was certified"));
    }
    let said = value["certificate_hash"].as_str().and_then(digits);
    if said != Some(certificate_hash(&certificate)) {
        return Err(wrong(
            "its `certificate_hash` is not that of its certificate: it was changed after it was certified",
        ));
    }
    Ok((shocks, certificate))
}

/// An action as the chain has it, with the call that its proposal told.
struct Action {
    id: u32,
    record: ActionRecord,
    /// The call, to the byte.
    call: Vec<u8>,
    /// The call as a message; `None` where the target is no contract of the exchange.
    message: Option<Message>,
}

impl Action {
    fn read(session: &mut Session, id: u32) -> Result<Self> {
        let record = session.client.view(&view::Action { id })?;
        let missing = || {
            Failure::new(
                Kind::Unreachable,
                format!("the node has no event of the proposal of action {id}: ask one that keeps all logs"),
            )
        };
        let call = proposals(session, Some(id))?.pop().map(|proposed| proposed.call).ok_or_else(missing)?;
        let contract = session.client.deployment.contract_at(record.target);
        let message = contract.and_then(|contract| codec::message(contract, &call));
        Ok(Self { id, record, call, message })
    }

    /// The payload hash that the action has if its call is the one of the event.
    fn payload_of_call(&self, session: &Session) -> Result<Hash> {
        let ActionRecord { target, not_before, not_after, .. } = self.record;
        let window = sit_engine::governance::Window { not_before, not_after };
        let this = session.client.address(Contract::Governance)?;
        let call = keccak256(&self.call);
        Ok(keccak256(&sit_engine::governance::payload_preimage(this, self.id, target, window, call)))
    }

    fn words(&self) -> String {
        match &self.message {
            Some(message) => message_words(message),
            None => format!("{} {}", to_hex(&self.record.target), to_hex(&self.call)),
        }
    }

    /// For people who are about to sign.
    fn told(&self, context: &Context) {
        if context.output.for_people() {
            context.output.tell(&format!("Action {}: {}", self.id, self.words()));
        }
    }
}

/// The proposals of all actions, or of one.
fn proposals(session: &mut Session, id: Option<u32>) -> Result<Vec<Proposed>> {
    let sample = Proposed {
        id: id.unwrap_or(0),
        target: Address::default(),
        call: Vec::new(),
        payload_hash: Hash::default(),
        class: Class::Critical,
        not_before: sit_engine::units::Seconds::ZERO,
        not_after: sit_engine::units::Seconds::ZERO,
    };
    let entries = of_action(session, &sample.into(), id.is_some())?;
    Ok(entries.iter().filter_map(|entry| entry.event.read()).collect())
}

/// The events of governance of a kind, of all actions or of the sample's.
fn of_action(session: &mut Session, sample: &sit_native::EmittedEvent, of_one: bool) -> Result<Vec<history::Entry>> {
    let topics = history::topics(sample, if of_one { 2 } else { 1 });
    let from = session.first_block();
    history::logs_of(session, Contract::Governance, &topics, from)
}

/// Where an action stands, in a word that programs can rely on.
fn state_name(record: &ActionRecord, session: &Session) -> &'static str {
    match record.state {
        State::Executed => "executed",
        State::Cancelled => "cancelled",
        _ if session.now() > record.not_after => "expired",
        State::Proposed => "proposed",
        State::Queued if session.now() >= record.ready_at => "ready",
        State::Queued => "queued",
    }
}

fn status(context: &Context, session: &mut Session) -> Result {
    let roles = session.client.view(&view::Roles {})?;
    let council = session.client.view(&view::Council {})?;
    let Delays { tighten, routine, loosen, critical } = session.client.view(&view::Delays {})?;
    let rules = session.client.view(&view::MarginRules {})?;
    let nominee =
        |address: Address| if address == Address::default() { Field::none() } else { Field::text(to_hex(&address)) };
    let mut members = Table::new("members", "No council.", &[column("member", "council")]);
    for member in &council.members {
        members.row(vec![Field::text(to_hex(member))]);
    }
    let mut report = Report::new();
    report
        .fact("governor", "governor", Field::text(to_hex(&roles.governor)))
        .fact("governor_nominee", "next governor", nominee(roles.governor_nominee))
        .fact("guardian", "guardian", Field::text(to_hex(&roles.guardian)))
        .fact("guardian_nominee", "next guardian", nominee(roles.guardian_nominee))
        .fact("sealed", "genesis is over", Field::flag(roles.is_sealed))
        .fact("threshold", "approvals needed", Field::number(council.threshold))
        .fact("epoch", "number of the council", Field::number(council.epoch));
    for (key, title, seconds) in [
        ("tighten_seconds", "delay, tighten", tighten),
        ("routine_seconds", "delay, routine", routine),
        ("loosen_seconds", "delay, loosen", loosen),
        ("critical_seconds", "delay, critical", critical),
    ] {
        let hours = seconds / 3_600;
        report.fact(key, title, Field::number(seconds).shown(format!("{hours} h")));
    }
    report
        .fact("margin_rise_bps", "a margin may rise by", Field::number(rules.max_rise_bps))
        .fact("margin_fall_bps", "and fall by", Field::number(rules.max_fall_bps))
        .table(members);
    context.output.print(&report)
}

fn queue(context: &Context, session: &mut Session) -> Result {
    let threshold = session.client.view(&view::Council {})?.threshold;
    let mut table = Table::new(
        "actions",
        "Nothing was ever proposed.",
        &[
            column("id", "action"),
            column("state", "state"),
            column("class", "class"),
            column("call", "call"),
            column("approvals", "approvals"),
            column("ready_at", "ready at"),
            optional("not_after", "until"),
        ],
    );
    for proposed in proposals(session, None)? {
        let record = session.client.view(&view::Action { id: proposed.id })?;
        let contract = session.client.deployment.contract_at(proposed.target);
        let message = contract.and_then(|contract| codec::message(contract, &proposed.call));
        let call = message.map_or_else(
            || to_hex(&proposed.target),
            |message| format!("{}.{}", message.contract().name(), message.name()),
        );
        table.row(vec![
            Field::number(proposed.id),
            Field::text(state_name(&record, session)),
            Field::text(class_name(record.class)),
            Field::text(call),
            Field::number(record.approvals).shown(format!("{} of {threshold}", record.approvals)),
            Field::time(record.ready_at),
            Field::time(record.not_after),
        ]);
    }
    let mut report = Report::new();
    report.table(table);
    context.output.print(&report)
}

fn inspect(context: &Context, session: &mut Session, id: u32, margin: Option<&PathBuf>) -> Result {
    let action = Action::read(session, id)?;
    let council = session.client.view(&view::Council {})?;
    let record = &action.record;
    let mut report = Report::new();
    report
        .fact("action", "action", Field::number(id))
        .fact("state", "state", Field::text(state_name(record, session)))
        .fact("class", "class", Field::text(class_name(record.class)))
        .fact("call", "call", Field::text(action.words()))
        .fact("payload_hash", "payload", Field::text(to_hex(&record.payload_hash)))
        .fact("approvals", "approvals", Field::number(record.approvals))
        .fact("threshold", "of", Field::number(council.threshold))
        .fact("ready_at", "ready at", Field::time(record.ready_at))
        .fact("not_before", "not before", Field::time(record.not_before))
        .fact("not_after", "not after", Field::time(record.not_after));
    // What the payload hash is of is not taken from the event's word.
    let bound = action.payload_of_call(session)? == record.payload_hash;
    let words = if bound { "yes" } else { "NO: what the node says was proposed is not what was" };
    report.fact("call_is_the_payload", "call hashes to it", Field::flag(bound).shown(words));
    let sample =
        MarginSetProposed { id, product: Product(0), certificate_hash: Hash::default(), certificate: Vec::new() };
    if let Some(set) =
        of_action(session, &sample.into(), true)?.iter().find_map(|entry| entry.event.read::<MarginSetProposed>())
    {
        let fits = keccak256(&set.certificate) == set.certificate_hash;
        report.fact("certificate_hash", "certificate", Field::text(to_hex(&set.certificate_hash))).fact(
            "certificate_fits",
            "its bytes hash to it",
            Field::flag(fits),
        );
    }
    if let Some(path) = margin {
        let (shocks, certificate) = margin_file(path)?;
        let Some(Message::SetRisk { shocks: proposed, certificate_hash: said, .. }) = &action.message else {
            return Err(Failure::usage(format!("action {id} proposes no margin set: --margin has nothing to compare")));
        };
        let same = *proposed == sit_native::message::shocks(&shocks) && *said == certificate_hash(&certificate);
        let words = if same { "yes, to the byte" } else { "NO" };
        report.fact("is_the_file", "is the file's margin set", Field::flag(same).shown(words));
    }
    if matches!(record.state, State::Proposed | State::Queued) {
        let executes = Message::Execute { id, call: action.call.clone() };
        let (ok, verdict) = verdict(session, None, &executes)?;
        report.fact("executable", "could be executed now", Field::flag(ok).shown(verdict));
        if let Some(message) = &action.message {
            report.append(foreseen(session, message)?);
        }
    }
    context.output.print(&report)
}

/// Whether the chain would do a message now, sent by an address, and what it says if not.
fn verdict(session: &mut Session, from: Option<Address>, message: &Message) -> Result<(bool, String)> {
    let to = session.client.address(message.contract())?;
    let mut call = json!({ "to": to_hex(&to), "data": to_hex(&codec::calldata(message)) });
    if let Some(from) = from {
        call["from"] = to_hex(&from).into();
    }
    match session.client.transport.rpc.read("eth_call", json!([call, "latest"])) {
        Ok(_) => Ok((true, "yes".to_owned())),
        Err(error) => {
            let Some(data) = error.revert() else { return Err(error.into()) };
            let why = codec::refusal(message.contract(), data);
            Ok((false, format!("no ({}): {why}", why.name())))
        }
    }
}

/// Says what a message of governance would do: whether its contract would take it, what it would change, and the margin
/// of every account before and after.
fn foreseen(session: &mut Session, message: &Message) -> Result<Report> {
    let governance = session.client.address(Contract::Governance)?;
    let mut report = Report::new();
    report.fact("message", "message", Field::text(message_words(message)));
    let (accepted, words) = verdict(session, Some(governance), message)?;
    report.fact("accepted", "its contract would do it", Field::flag(accepted).shown(words));
    let kind = message.kind().filter(|_| message.contract() != Contract::Governance);
    if kind.is_some_and(|kind| !kind.sender().is_governed()) {
        report.note("Governance never sends this message: whoever it belongs to does.");
    }
    let mut changes = Table::new(
        "changes",
        "It changes nothing of the clearing house.",
        &[column("cell", "cell"), column("field", "field"), column("before", "is"), column("after", "would be")],
    );
    if message.contract() != Contract::Clearing {
        beside(session, message, &mut changes)?;
        report.table(changes);
        return Ok(report);
    }
    let env = Env { caller: governance, now: session.now() };
    let mut state = session.client.state();
    let seats: Vec<Seat> = (0..state.ledger().seats).map(Seat).collect();
    state.read_ahead(&seats.iter().map(|seat| stored::account(*seat).question).collect::<Vec<_>>())?;
    let Foreseen { outcome, effects, written } = foresee(&mut state, env, &seats, message);
    if let Some(failure) = state.failure() {
        return Err(failure.into());
    }
    if let (Err(error), true) = (&outcome, accepted) {
        report.note(format!(
            "What it would do to accounts cannot be foreseen off the chain: it asks the index or another contract. {}",
            error.explanation()
        ));
    }
    for cell in &written {
        let before = cell.before.as_deref().unwrap_or_default();
        for (field, old, new) in differences(before, &cell.after) {
            changes.row(vec![Field::text(&*cell.cell), Field::text(field), Field::text(old), Field::text(new)]);
        }
    }
    let mut table = Table::new(
        "accounts",
        "No account has lots, orders or money.",
        &[
            column("seat", "seat"),
            column("initial_before", "initial margin is"),
            column("initial_after", "would be"),
            column("free_before", "free is"),
            column("free_after", "would be"),
            column("liquidated", "to be liquidated"),
        ],
    );
    let (mut looked, mut changed, mut short, mut liquidated) = (0_i128, 0_i128, 0_i128, 0_i128);
    for effect in &effects {
        let (Ok(before), Ok(after)) = (&effect.before, &effect.after) else { continue };
        looked += 1;
        let becomes_liquidated = before.meets_maintenance() && !after.meets_maintenance();
        let becomes_short = free(before) >= QuoteAtoms::ZERO && free(after) < QuoteAtoms::ZERO;
        liquidated += i128::from(becomes_liquidated);
        short += i128::from(becomes_short);
        if before == after {
            continue;
        }
        changed += 1;
        table.row(vec![
            Field::number(effect.seat.0),
            Field::usd(before.initial),
            Field::usd(after.initial),
            Field::usd(free(before)),
            Field::usd(free(after)),
            Field::flag(becomes_liquidated).shown(if becomes_liquidated { "YES" } else { "no" }),
        ]);
    }
    report
        .fact("accounts_looked_at", "accounts looked at", Field::number(looked))
        .fact("accounts_changed", "whose margin changes", Field::number(changed))
        .fact("accounts_short", "that would lack initial margin", Field::number(short))
        .fact("accounts_liquidated", "that would be liquidated", Field::number(liquidated));
    report.table(changes);
    if changed > 0 {
        report.table(table);
    }
    Ok(report)
}

/// What a message of another contract than the clearing house would change, where a view tells what is in force.
fn beside(session: &mut Session, message: &Message, changes: &mut Table) -> Result {
    let client = &mut session.client;
    let long = |value: &dyn core::fmt::Debug| format!("{value:#?}");
    let (cell, before, after) = match message {
        Message::SetLimits { hour, day } | Message::LowerLimits { hour, day } => {
            let after = sit_engine::vault::Limits { hour: *hour, day: *day };
            ("vault limits", long(&client.view(&view::Limits {})?), long(&after))
        }
        Message::SetDelays { tighten, routine, loosen, critical } => {
            let (tighten, routine, loosen, critical) = (*tighten, *routine, *loosen, *critical);
            let after = Delays { tighten, routine, loosen, critical };
            ("delays", long(&client.view(&view::Delays {})?), long(&after))
        }
        Message::SetMarginRules { max_rise_bps, max_fall_bps, floor_bps, interval } => {
            let before = client.view(&view::MarginRules {})?;
            let mut after = before;
            (after.max_rise_bps, after.max_fall_bps) = (*max_rise_bps, *max_fall_bps);
            (after.floor_bps, after.interval) = (*floor_bps, *interval);
            ("margin rules", long(&before), long(&after))
        }
        Message::SetParameters { parameters } => {
            ("programme", long(&client.view(&view::Parameters {})?), long(parameters))
        }
        Message::SetClasses { target, selectors, class } => {
            for selector in selectors {
                let before = client.view(&view::ClassOf { target: *target, selector: *selector })?;
                if before != *class {
                    changes.row(vec![
                        Field::text("class"),
                        Field::text(to_hex(selector)),
                        Field::text(class_name(before)),
                        Field::text(class_name(*class)),
                    ]);
                }
            }
            return Ok(());
        }
        _ => return Ok(()),
    };
    for (field, old, new) in differences(&before, &after) {
        changes.row(vec![Field::text(cell), Field::text(field), Field::text(old), Field::text(new)]);
    }
    Ok(())
}

/// Shows people what a message would do, before they are asked. Programs ask by `simulate`.
fn show_first(context: &Context, session: &mut Session, message: &Message) -> Result {
    if !context.output.for_people() {
        return Ok(());
    }
    let report = foreseen(session, message)?;
    context.output.print(&report)
}

/// Sends a message of governance, and says what came of it.
fn sent(context: &Context, session: &mut Session, title: String, message: Message) -> Result {
    // No account is meant: the margin of none is shown.
    let one = Act::new(Seat(u32::MAX), title, message);
    act::act_and_tell(context, session, one, |session, sent| {
        let mut report = Report::new();
        if let Some(proposed) = sent.events.iter().find_map(sit_native::EmittedEvent::read::<Proposed>) {
            let class = class_name(proposed.class);
            report.fact("id", "action", Field::number(proposed.id)).fact("class", "class", Field::text(class));
        }
        let queued =
            sent.events.iter().find_map(sit_native::EmittedEvent::read::<sit_native::event::governance::Queued>);
        if let Some(queued) = queued {
            report.fact("ready_at", "may be executed from", Field::time(queued.ready_at));
            let waits = queued.ready_at.since(session.now());
            report.fact("waits_seconds", "that is in seconds", Field::number(waits));
        }
        Ok(report)
    })
    .map(|_| ())
}

/// Proposes, approves and executes a message in genesis, with one question.
fn enact(context: &Context, session: &mut Session, message: &Message) -> Result {
    if session.client.view(&view::Roles {})?.is_sealed {
        let text =
            "genesis is over, so that every action waits: `sit govern propose`, `approve`, `execute`. Nothing was sent";
        return Err(Failure::new(Kind::Refused, text).named("Sealed"));
    }
    show_first(context, session, message)?;
    let dry = context.global.dry_run;
    if !dry {
        act::confirm(context, &format!("Propose, approve and execute {}?", message_words(message)))?;
        let key = session.key()?;
        session.client.enact(&key, &key, message)?;
    }
    let mut report = Report::new();
    report
        .fact("message", "message", Field::text(message_words(message)))
        .fact("enacted", "in force", Field::flag(!dry))
        .fact("sent", "sent", Field::flag(!dry));
    if dry {
        report.note("Nothing was sent: --dry-run.");
        // People have read it already.
        if !context.output.for_people() {
            report.append(foreseen(session, message)?);
        }
    }
    context.output.print(&report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_set_that_was_changed_after_it_was_certified_is_refused() {
        let shocks = [[7_i16; SCENARIOS]; SLOTS];
        let parameter_hash = keccak256(&risk_array_bytes(&shocks));
        let certificate = Certificate {
            dataset_root: [1; 32],
            simulator: [2; 32],
            seed: 3,
            model_hash: [4; 32],
            confidence_ppm: 990_000,
            horizon_seconds: 172_800,
            parameter_hash,
        };
        let good = json!({
            "margin": { "shocks": shocks },
            "certificate": {
                "dataset_root": to_hex(&[1; 32]), "simulator": to_hex(&[2; 32]), "seed": 3, "model_hash": to_hex(&[4; 32]),
                "confidence_ppm": 990_000, "horizon_seconds": 172_800, "parameter_hash": to_hex(&parameter_hash),
            },
            "certificate_hash": to_hex(&certificate_hash(&certificate)),
        });
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("margin.json");
        let read = |value: &Value| {
            std::fs::write(&path, value.to_string()).expect("written");
            margin_file(&path)
        };
        assert_eq!(read(&good).expect("it is whole"), (shocks, certificate));
        let mut other = good.clone();
        other["margin"]["shocks"][3][5] = json!(8);
        assert!(read(&other).expect_err("changed").message.contains("is of other shocks"));
        let mut other = good.clone();
        other["certificate"]["seed"] = json!(4);
        assert!(read(&other).expect_err("changed").message.contains("`certificate_hash` is not that"));
        assert!(read(&json!({})).expect_err("nothing").message.contains("no `margin.shocks`"));
    }
}
