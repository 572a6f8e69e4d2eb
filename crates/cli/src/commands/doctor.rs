//! `sit doctor`: whether everything is as it has to be, a line for each thing that can be wrong.

use std::collections::BTreeMap;

use serde_json::json;
use sit_engine::calendar::Day;
use sit_engine::clearing::Guard;
use sit_engine::oracle::Validity;
use sit_engine::units::QuoteAtoms;
use sit_native::{Contract, view};

use crate::amount;
use crate::blobs::manifest;
use crate::chain::{self, Listed, Markets, product_name};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::history::senseless;
use crate::output::{Field, Report, Table, column};
use crate::session::{Checked, Session, told_of};
use sit_client::blobs::Manifest;
use sit_client::rpc::{Entry as JournalEntry, as_told, hex_bytes, to_hex};

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

/// Looks at node, chain, contracts, clock, market, index, governance, key, account and wallet.
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
            settings.profile.value,
            settings.profile.source,
            as_told(&settings.rpc.value),
            settings.rpc.source
        ),
        "",
    )];
    match Session::open_unchecked(context) {
        Err(failure) => {
            // A node that answers may be of another chain, or want a record beside it.
            let advice = match failure.kind {
                Kind::Unreachable => "start it, or name another one with --rpc",
                _ => "see what it says",
            };
            looks.push(Look::new("node", false, failure.message, advice));
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
    let mut fits = session.client.deployment.get(Contract::Clearing).is_some();
    for Checked { what, ok, found, advice } in session.checks() {
        fits &= ok;
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
    // What stands elsewhere, or is something else, is asked nothing.
    if fits {
        exchange(session, looks);
    }
    match session.address() {
        Err(failure) => {
            looks.push(Look::new("key", false, failure.message, "name one with --key, or make one: `sit key new NAME`"))
        }
        Ok(address) => {
            let open = session.open_to_others();
            let files: Vec<String> = open.iter().map(|path| path.display().to_string()).collect();
            let others =
                if files.is_empty() { String::new() } else { format!(", read by others: {}", files.join(", ")) };
            looks.push(Look::new(
                "key",
                open.is_empty(),
                to_hex(&address) + &others,
                "close what others on this machine can read: chmod 600",
            ));
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

/// The exchange itself: whose code it is, whether it trades, by what index, and who governs it.
fn exchange(session: &mut Session, looks: &mut Vec<Look>) {
    let or_not = |what, look: Result<Look>| {
        look.unwrap_or_else(|failure| Look::new(what, false, failure.message, "ask another node"))
    };
    looks.push(or_not("blobs", blobs(session)));
    match Markets::read(&mut session.client) {
        Err(failure) => looks.push(Look::new("market", false, failure.message, "ask another node")),
        Ok(markets) => {
            looks.push(or_not("market", market(session, &markets)));
            looks.push(or_not("index", index(session, &markets)));
        }
    }
    looks.push(or_not("governance", governance(session)));
}

/// How the code at a contract's address is related to this program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kin {
    /// This program's source builds it.
    Own,
    /// Another build, which the record names, and with the interface of this program's source: the program is newer
    /// than the exchange, or older.
    SameInterface,
    /// Neither: messages may mean something else there.
    Stranger,
}

/// How code is related to this program, by its hash, the hash that the record has of it and what that says of its
/// interface.
fn kin(manifest: &Manifest, contract: Contract, code: &str, recorded: Option<&str>, abi: Option<&str>) -> Kin {
    let own = manifest.blobs.get(contract.name());
    match own {
        Some(blob) if blob.code_hash == code => Kin::Own,
        Some(blob) if recorded == Some(code) && abi == Some(&*blob.abi_hash) => Kin::SameInterface,
        _ => Kin::Stranger,
    }
}

/// Whether the contracts are what this program's source builds, or at least something that it can speak to. An exchange
/// stands for longer than a version of the program: code of another build is a remark where the record names it and its
/// interface is this source's, and a finding where not. Whoever has a chain of their own builds as they like.
fn blobs(session: &mut Session) -> Result<Look> {
    let contracts: Vec<_> =
        session.client.deployment.iter().filter(|(contract, _)| *contract != Contract::Token).collect();
    let code = |address: &[u8; 20]| ("eth_getCode", json!([to_hex(address), "latest"]));
    let questions: Vec<_> = contracts.iter().map(|(_, address)| code(address)).collect();
    let answers = session.client.transport.rpc.read_all(&questions)?;
    let (mut others, mut strangers) = (Vec::new(), Vec::new());
    for ((contract, _), answer) in contracts.iter().zip(answers) {
        let code = hex_bytes(Some(&answer?)).ok_or_else(|| senseless("eth_getCode"))?;
        let hash = to_hex(&sit_sim::keccak256(&code));
        let recorded =
            session.record().contracts.get(contract).and_then(|(_, code)| code.as_ref().map(|of| to_hex(of)));
        let said = &session.document()["contracts"][contract.name()]["abi_hash"];
        match kin(manifest(), *contract, &hash, recorded.as_deref(), said.as_str()) {
            Kin::Own => {}
            Kin::SameInterface => others.push(contract.name()),
            Kin::Stranger => strangers.push(contract.name()),
        }
    }
    let all = contracts.len();
    let mut found = match others.len() + strangers.len() {
        0 => format!("all {all} are those of this program's source"),
        count => format!("{count} of {all} are not those of this program's source"),
    };
    for (names, what) in
        [(&others, "of another build with the same interface"), (&strangers, "of an interface that nobody names")]
    {
        if !names.is_empty() {
            found.push_str(&format!("; {what}: {}", names.join(", ")));
        }
    }
    let advice = if !strangers.is_empty() {
        "ask who deployed it, of which source and by which compiler: `sit verify` compares"
    } else if !others.is_empty() {
        "nothing, as long as the rules are the same: a preview goes by those of this program's source. CHANGELOG.md says \
         what has changed; `sit record show` names the source of the contracts"
    } else {
        ""
    };
    let ok = strangers.is_empty() || session.has_a_time_of_its_own();
    // A remark has its advice, too.
    let advice = if ok && others.is_empty() { "" } else { advice };
    Ok(Look { what: "blobs", ok, found, advice: advice.to_owned() })
}

/// What may be done in the months, and what keeps new risk out.
fn market(session: &mut Session, markets: &Markets) -> Result<Look> {
    let now = session.now();
    let months: Vec<Listed> = markets.months().collect();
    let instruments: Vec<_> = months.iter().map(|listed| listed.month.instrument).collect();
    let cells = chain::markets_of(&mut session.client, &instruments)?;
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for (listed, cell) in months.iter().zip(cells) {
        let (Some(cell), Some(curve)) = (cell, markets.curve(listed.month.instrument)) else { continue };
        *states.entry(super::markets::state(curve, listed, &cell, now).0).or_default() += 1;
    }
    let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let mut found = if states.is_empty() { "no month is listed".to_owned() } else { states.join(", ") };
    let mut ok = true;
    for (product, curve) in &markets.curves {
        let (name, guard) = (product_name(*product), curve.guard);
        let scopes =
            [(Guard::TRADING, "trading"), (Guard::LIQUIDATION, "liquidation"), (Guard::SETTLEMENT, "settlement")];
        let paused: Vec<&str> =
            scopes.into_iter().filter(|(scope, _)| guard.paused & scope != 0).map(|(_, scope)| scope).collect();
        if !paused.is_empty() {
            let since = amount::show_time(guard.since);
            found.push_str(&format!("; {name}: {} paused since {since}", paused.join(" and ")));
        }
        if guard.doubt > 0 {
            found.push_str(&format!("; {name}: its index is in doubt"));
        }
        if guard.red {
            found.push_str(&format!("; {name}: its margin set has failed the backtest"));
        }
        ok &= guard.paused == 0 && guard.doubt == 0 && !guard.red;
    }
    let advice = "orders that reduce a position are taken; the rest waits for an index in order, or for governance: `sit govern queue`";
    Ok(Look::new("market", ok, found, advice))
}

/// How old and how good the newest print of each product's index is. On a chain of one's own the clock is what somebody
/// made it, and nobody has to print.
fn index(session: &mut Session, markets: &Markets) -> Result<Look> {
    let now = session.now();
    let (mut found, mut ok) = (Vec::new(), true);
    for (product, _) in &markets.curves {
        let name = product_name(*product);
        let latest = match session.client.view(&view::Latest { index: product.index() }) {
            Ok(latest) => latest,
            Err(failure) if failure.refused().is_some() => {
                ok = false;
                found.push(format!("{name}: no print yet"));
                continue;
            }
            Err(failure) => return Err(failure.into()),
        };
        let validity = session.client.view(&view::Validity { index: product.index() })?;
        let late = if latest.day.0.saturating_add(1) < Day::of(now).0 { ", late" } else { "" };
        let word = match validity {
            Validity::Valid => "valid",
            Validity::NeedsConfirmation => "in doubt: it waits for its confirmation",
            Validity::Invalid => "not valid: it is stale, or its reporters disagree",
        };
        ok &= validity == Validity::Valid;
        let (day, hours) = (super::markets::day(latest.day.0), now.since(latest.published_at) / 3_600);
        found.push(format!("{name}: print of {day}, {hours} h old{late}, {word}"));
    }
    let found = if found.is_empty() { "no product has started".to_owned() } else { found.join("; ") };
    let advice = "until it is valid nobody may add to a position; deposits and what reduces go on";
    Ok(Look::new("index", ok || session.has_a_time_of_its_own(), found, advice))
}

/// Whether actions of governance wait, and who may veto them.
fn governance(session: &mut Session) -> Result<Look> {
    let roles = session.client.view(&view::Roles {})?;
    let guardian = match roles.guardian {
        none if none == [0; 20] => "nobody guards".to_owned(),
        guardian => format!("{} guards", to_hex(&guardian)),
    };
    let sealed = if roles.is_sealed { "sealed" } else { "not sealed: its actions do not wait yet" };
    let advice =
        "until the deployer seals it, seven days from the deployment at most, governance may change anything at once";
    Ok(Look::new(
        "governance",
        roles.is_sealed || session.has_a_time_of_its_own(),
        format!("{sealed}; {guardian}"),
        advice,
    ))
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
            let allowed = match wallet.allowance {
                QuoteAtoms::ZERO => "nothing: a deposit asks for exactly its amount first".to_owned(),
                // Whoever approves without an end writes the largest number of the token.
                QuoteAtoms(i128::MAX) => "the vault may take all that the wallet ever has".to_owned(),
                allowance => format!("the vault may take {} USD", amount::show_atoms(allowance.0)),
            };
            looks.push(Look::new("allowance", true, allowed, ""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sit_client::blobs::Blob;

    #[test]
    fn code_is_this_sources_or_the_records_with_its_interface_or_a_stranger() {
        let blob = Blob { bytes: 3, code_hash: "0x01".to_owned(), abi_hash: "0x0a".to_owned() };
        let manifest = Manifest { blobs: [("vault".to_owned(), blob)].into(), ..Manifest::default() };
        let of = |code, recorded, abi| kin(&manifest, Contract::Vault, code, recorded, abi);
        assert_eq!(of("0x01", None, None), Kin::Own);
        assert_eq!(of("0x02", Some("0x02"), Some("0x0a")), Kin::SameInterface);
        for (recorded, abi) in [
            // Other code than the record's, another interface, one that the record does not name, and no record.
            (Some("0x03"), Some("0x0a")),
            (Some("0x02"), Some("0x0b")),
            (Some("0x02"), None),
            (None, Some("0x0a")),
        ] {
            assert_eq!(of("0x02", recorded, abi), Kin::Stranger, "{recorded:?}, {abi:?}");
        }
        assert_eq!(
            kin(&manifest, Contract::Oracle, "0x01", Some("0x01"), Some("0x0a")),
            Kin::Stranger,
            "another place"
        );
    }
}
