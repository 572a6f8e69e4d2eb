//! `sit doctor`: whether everything is as it has to be, a line for each thing that can be wrong.

use sit_engine::units::QuoteAtoms;

use crate::amount;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::output::{Field, Report, Table, column};
use crate::session::{Checked, Session, told_of};
use sit_client::rpc::{Entry as JournalEntry, to_hex};

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// How far the clock of this machine may be from the chain's, in seconds.
const SKEW: u64 = 30;

/// DOT below which a wallet is said to have too little: a few dozen orders.
const LITTLE_PLANCK: i128 = 10_000_000_000;

/// One thing that was looked at.
struct Look {
    what: &'static str,
    ok: bool,
    found: String,
    advice: String,
}

impl Look {
    fn new(what: &'static str, ok: bool, found: impl Into<String>, advice: &str) -> Self {
        Self { what, ok, found: found.into(), advice: if ok { String::new() } else { advice.to_owned() } }
    }
}

/// Looks at node, chain, contracts, clock, key, account and wallet.
///
/// # Errors
/// [`Kind::Unhealthy`] when something is not as it has to be; [`Kind::Local`] for settings that cannot be read.
pub fn run(context: &Context, _: &Args) -> Result {
    let settings = context.settings()?;
    let mut looks = vec![Look::new(
        "settings",
        true,
        format!(
            "profile {} (from {}), node {} (from {})",
            settings.profile.value, settings.profile.source, settings.rpc.value, settings.rpc.source
        ),
        "",
    )];
    match Session::open_unchecked(context) {
        Err(failure) => {
            looks.push(Look::new("node", false, failure.message, "start it, or name another one with --rpc"))
        }
        Ok(mut session) => look(&mut session, &mut looks),
    }
    let mut table = Table::new(
        "checks",
        "",
        &[column("check", "check"), column("ok", "ok"), column("found", "found"), column("advice", "what to do")],
    );
    let bad = looks.iter().filter(|look| !look.ok).count();
    for look in &looks {
        table.row(vec![
            Field::text(look.what),
            Field::flag(look.ok).shown(if look.ok { "ok" } else { "NO" }),
            Field::text(&*look.found),
            Field::text(&*look.advice),
        ]);
    }
    let mut report = Report::new();
    report.fact("healthy", "all well", Field::flag(bad == 0)).table(table);
    context.output.print(&report)?;
    match bad {
        0 => Ok(()),
        1 => Err(Failure::new(Kind::Unhealthy, "one thing is not as it has to be: see above")),
        several => {
            Err(Failure::new(Kind::Unhealthy, format!("{several} things are not as they have to be: see above")))
        }
    }
}

fn look(session: &mut Session, looks: &mut Vec<Look>) {
    looks.push(Look::new("node", true, format!("{}, block {}", session.node_name(), session.head.number), ""));
    for Checked { what, ok, found, advice } in session.checks() {
        looks.push(Look { what, ok, found, advice: if ok { String::new() } else { advice } });
    }
    let age = session.block_age();
    let way = if age >= 0 { "ahead of" } else { "behind" };
    let ok = age.unsigned_abs() <= SKEW || session.has_a_time_of_its_own();
    looks.push(Look::new(
        "clock",
        ok,
        format!("this machine is {} s {way} the newest block", age.unsigned_abs()),
        "expiries count from the time of the chain, so orders are right; if blocks are old, the node is behind or nothing \
         happens on it, else set this machine's clock",
    ));
    match session.address() {
        Err(failure) => {
            looks.push(Look::new("key", false, failure.message, "name one with --key, or make one: `sit key new NAME`"))
        }
        Ok(address) => {
            looks.push(Look::new("key", true, to_hex(&address), ""));
            wallet(session, address, looks);
            let ended = |entry: &JournalEntry| (!entry.is_open()).then(|| format!("; {}", told_of(entry)));
            let looked = session.interrupted().and_then(|entries| Ok((entries, session.on_their_way()?)));
            match looked {
                Err(failure) => looks.push(Look::new("journal", false, failure.message, "see what it says")),
                Ok((entries, count)) => looks.push(Look::new(
                    "journal",
                    count == 0,
                    format!(
                        "{count} transactions on their way{}",
                        entries.iter().filter_map(ended).collect::<String>()
                    ),
                    "the next one that you send finds out first what became of them",
                )),
            }
        }
    }
}

fn wallet(session: &mut Session, address: [u8; 20], looks: &mut Vec<Look>) {
    match session.accounts() {
        Err(failure) => looks.push(Look::new("account", false, failure.message, "see `sit account show`")),
        Ok(accounts) => {
            let seats: Vec<String> = accounts.iter().map(|(seat, _)| seat.0.to_string()).collect();
            let found = if seats.is_empty() { "none".to_owned() } else { format!("seat {}", seats.join(", ")) };
            looks.push(Look::new("account", !seats.is_empty(), found, "open one: `sit account open`"));
        }
    }
    match session.wallet(address) {
        Err(failure) => looks.push(Look::new("wallet", false, failure.message, "ask another node")),
        Ok(wallet) => {
            looks.push(Look::new(
                "DOT for fees",
                wallet.planck >= LITTLE_PLANCK,
                amount::show_planck(wallet.planck),
                "bring in DOT: without it no transaction is taken, not even a cancellation",
            ));
            looks.push(Look::new(
                "token",
                true,
                format!("{} USD in the wallet", amount::show_atoms(wallet.token.0)),
                "",
            ));
            let allowed = if wallet.allowance == QuoteAtoms::ZERO {
                "nothing: a deposit asks for exactly its amount first".to_owned()
            } else {
                format!("the vault may take {} USD", amount::show_atoms(wallet.allowance.0))
            };
            looks.push(Look::new("allowance", true, allowed, ""));
        }
    }
}
