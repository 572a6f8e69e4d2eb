//! `sit deploy PLAN`: the seven contracts, at addresses that are known before the first transaction.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};
use sit_client::deploy;
use sit_client::rpc::{
    BlockId, Finding, Key, Node, Rollout, RolloutError, Step, WEI_PER_PLANCK, hex_bytes, to_hex, verify,
};
use sit_client::{Client, Deployment, Plan, Signer as _};
use sit_engine::clearing::Product;
use sit_native::{Contract, view};

use crate::act;
use crate::blobs::manifest;
use crate::chain::{self, Markets, product_name};
use crate::config::{Setting, Settings, Source};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::keys;
use crate::output::{Field, Report, Table, column, optional};
use crate::plan::{Facts, Kept, Planned, code_deposit, constructor_input, wiring};
use crate::session::{Reached, Session, reach};
use crate::source::Checkout;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    of: Of,
    /// Whose key wires the contracts: the governor's, unless it is the deployer's. Without it the contracts stand
    /// and `sit deploy wire` does the rest
    #[arg(long, value_name = "NAME")]
    governor: Option<String>,
    /// File with the password of the governor's key; otherwise that of --password-file
    #[arg(long, value_name = "FILE", requires = "governor")]
    governor_password_file: Option<PathBuf>,
    /// Deploy contracts that contracts/blobs.toml does not name, too: of a source that was changed, or by another
    /// compiler
    #[arg(long)]
    unnamed_blobs: bool,
    /// Checkout of the source that the contracts were built from, for the record; otherwise the one in which you stand,
    /// if it is one
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
}

/// Which deployment.
#[derive(clap::Args, Debug)]
struct Of {
    /// The plan, a TOML file: name, token, governor, guardian, delays
    #[arg(required = true)]
    plan: Option<PathBuf>,
    /// Folder for planned addresses and records
    #[arg(long, value_name = "DIR", default_value = "deployments")]
    folder: PathBuf,
}

/// What is done other than deploying.
#[derive(Subcommand, Debug)]
enum What {
    /// Wire contracts that stand: the governor's half
    Wire(Of),
    /// Look at everything that a deployment should be: code byte by byte, wiring, roles, delays, and its record
    Verify(Of),
    /// Write into the record what has come since: products, their months and margin sets
    Note(Of),
}

/// Decimals of the collateral: quote atoms are millionths of a US dollar.
const TOKEN_DECIMALS: u8 = 6;

impl From<RolloutError> for Failure {
    fn from(error: RolloutError) -> Self {
        let kind = match error {
            RolloutError::Failure(failure) => return failure.into(),
            RolloutError::Node(ref error) => chain::of_node(error),
            RolloutError::Chain | RolloutError::Occupied { .. } => Kind::WrongChain,
            RolloutError::Number { .. } => Kind::Refused,
            _ => Kind::Local,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<sit_client::ArtifactError> for Failure {
    fn from(error: sit_client::ArtifactError) -> Self {
        Self::local(error.to_string())
    }
}

/// A plan, the node of its chain, and where it is kept.
struct Opened {
    settings: Settings,
    planned: Planned,
    kept: Kept,
    node: Node,
}

impl Of {
    /// What the plan says, and where it is kept.
    fn read(&self, settings: &Settings) -> Result<(Planned, Kept)> {
        let planned = Planned::read(self.plan.as_deref().unwrap_or(Path::new("")))?;
        let kept = Kept::of(&self.folder, settings.chain_id.value, &planned.name);
        Ok((planned, kept))
    }

    fn open(&self, context: &Context) -> Result<Opened> {
        let settings = context.settings()?;
        let (planned, kept) = self.read(&settings)?;
        let Reached { rpc, chain, genesis, .. } = reach(&settings)?;
        let node = Node::of_chain(rpc, chain, genesis).with_journals(settings.state.join("journals"));
        Ok(Opened { settings, planned, kept, node })
    }
}

/// Deploys, wires or verifies.
///
/// # Errors
/// A plan, key or folder that cannot be used; contracts that are not built; what stands in the way on the chain.
pub fn run(context: &Context, args: &Args) -> Result {
    match &args.what {
        None => deployed(context, args),
        Some(What::Wire(of)) => {
            let Opened { settings, planned, kept, mut node } = of.open(context)?;
            let rollout = begun(&kept, &planned)?;
            let governor = keys::open(&settings)?;
            if let Some(step) = rollout.missing(&mut node)?.first() {
                let message = format!("the {} does not stand yet: `sit deploy PLAN` comes first", step.contract.name());
                return Err(Failure::new(Kind::Refused, message));
            }
            governs(&governor, &planned)?;
            if !context.global.dry_run {
                let plan = planned.plan();
                let count = deploy::wiring(&rollout.deployment(&plan), &plan)?.len();
                let name = &planned.name;
                act::confirm(
                    context,
                    &format!("Propose, approve and execute up to {count} messages to wire `{name}`?"),
                )?;
            }
            wired(context, &kept, &planned, &rollout, node, Some(governor))
        }
        Some(What::Verify(of)) => verified(context, of),
        Some(What::Note(of)) => noted(context, of),
    }
}

/// The rollout of a deployment that was begun.
fn begun(kept: &Kept, planned: &Planned) -> Result<Rollout> {
    let missing = || {
        Failure::local(format!(
            "nothing is planned under the name `{}` on this chain: `sit deploy PLAN` comes first, or --folder is another",
            planned.name
        ))
    };
    kept.rollout(planned)?.ok_or_else(missing)
}

/// The governor's key, where it is at hand.
fn governor(args: &Args, settings: &Settings, planned: &Planned, deployer: &Key) -> Result<Option<Key>> {
    let Some(name) = &args.governor else {
        return Ok((deployer.address() == planned.governor).then(|| deployer.clone()));
    };
    let mut of = settings.clone();
    of.signer = None;
    of.key = Some(Setting { value: name.clone(), source: Source::Flag("--governor") });
    if let Some(file) = &args.governor_password_file {
        let source = Source::Flag("--governor-password-file");
        of.password_file = Some(Setting { value: file.clone(), source });
    }
    let key = keys::open(&of)?;
    governs(&key, planned)?;
    Ok(Some(key))
}

fn governs(key: &Key, planned: &Planned) -> Result {
    if key.address() == planned.governor {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "the plan's governor is {}, and this key is that of {}: nothing was sent",
        to_hex(&planned.governor),
        to_hex(&key.address())
    )))
}

fn deployed(context: &Context, args: &Args) -> Result {
    let Opened { settings, planned, kept, mut node } = args.of.open(context)?;
    let plan = planned.plan();
    let (checkout, previous, latest) =
        (Checkout::named_or_here(args.source.as_deref())?, kept.previous(&planned)?, kept.latest()?);
    let deployer = keys::address(&settings)?;
    let before = kept.rollout(&planned)?;
    let resumed = before.is_some();
    let rollout = match before {
        Some(rollout) => rollout,
        None => Rollout::plan(&mut node, deployer, &plan)?,
    };
    if rollout.deployer != deployer {
        return Err(RolloutError::Deployer { wanted: rollout.deployer, found: deployer }.into());
    }
    if (node.chain_id(), node.genesis()) != (rollout.chain, rollout.genesis) {
        return Err(RolloutError::Chain.into());
    }
    // Code alone says nothing: the Hub has some at the address of every asset that there might be.
    let decimals = Client::new(&mut node, Deployment::default()).view_at(planned.token, &view::Decimals {});
    if !matches!(decimals, Ok(TOKEN_DECIMALS)) {
        let found =
            decimals.map_or_else(|_| "no token answers".to_owned(), |found| format!("the token has {found} decimals"));
        let message = format!(
            "at {}, the plan's token, {found}: the exchange counts in {TOKEN_DECIMALS} decimals. Nothing was sent",
            to_hex(&planned.token)
        );
        return Err(Failure::new(Kind::WrongChain, message));
    }
    let missing: Vec<Step> = rollout.missing(&mut node)?.into_iter().cloned().collect();
    if !args.unnamed_blobs {
        manifest().hold(missing.iter().map(|step| (step.contract, step.code)))?;
    }
    let prices = rollout.prices_of(&mut node, &plan, &missing)?;
    let mut table = Table::new(
        "contracts",
        "",
        &[
            column("contract", "contract"),
            column("address", "address"),
            column("stands", "stands"),
            column("dot", "DOT"),
            column("dot_deposit", "of it deposit"),
            optional("bytes", "bytes"),
            optional("transaction_number", "transaction"),
            optional("code_hash", "code hash"),
        ],
    );
    let (mut total, mut deposits) = (0_i128, 0_i128);
    for step in &rollout.steps {
        let price = prices.iter().find(|price| price.contract == step.contract);
        let planck = price.map(|price| price.wei.div_ceil(WEI_PER_PLANCK).cast_signed());
        let deposit = price.map(|price| code_deposit(price.bytes));
        total += planck.unwrap_or(0);
        deposits += deposit.unwrap_or(0);
        table.row(vec![
            Field::text(step.contract.name()),
            Field::text(to_hex(&step.address)),
            Field::flag(price.is_none()),
            planck.map_or_else(Field::none, Field::planck),
            deposit.map_or_else(Field::none, Field::planck),
            price.map_or_else(Field::none, |price| Field::count(price.bytes)),
            Field::number(step.nonce),
            Field::text(to_hex(&step.code)),
        ]);
    }
    let wiring = deploy::wiring(&rollout.deployment(&plan), &plan)?.len();
    let has = node.rpc.balance(deployer)? / WEI_PER_PLANCK;
    let mut report = Report::new();
    report
        .fact("name", "name", Field::text(&*planned.name))
        .fact("chain_id", "chain id", Field::number(rollout.chain))
        .fact("deployer", "deployer", Field::text(to_hex(&deployer)))
        .fact("deployer_dot", "it has", Field::planck(has.cast_signed()))
        .fact("governor", "governor", Field::text(to_hex(&planned.governor)))
        .fact("guardian", "guardian", Field::text(to_hex(&planned.guardian)))
        .fact("token", "token", Field::text(to_hex(&planned.token)))
        .fact("commit", "commit of the source", commit(checkout.as_ref()))
        .fact("dirty", "changed since", checkout.as_ref().map_or_else(Field::none, |found| Field::flag(found.dirty)))
        .fact("resumed", "goes on", Field::flag(resumed))
        .fact("record", "record", Field::text(kept.record.display().to_string()))
        .fact("dot", "DOT for the contracts", Field::planck(total))
        .fact("dot_deposit", "of it deposit", Field::planck(deposits))
        .fact("wiring", "messages of the governor after them", Field::count(wiring))
        .table(table);
    if context.global.dry_run {
        report.fact("sent", "sent", Field::flag(false));
        context.output.print(&report)?;
        if context.output.for_people() {
            context.output.tell("Nothing was sent or written: --dry-run.");
        }
        return Ok(());
    }
    if context.output.for_people() {
        context.output.print(&report)?;
    }
    let question = match missing.len() {
        0 => "Wire the contracts?".to_owned(),
        count => format!("Deploy {count} contracts?"),
    };
    act::confirm(context, &question)?;
    let key = keys::open(&settings)?;
    let governor = governor(args, &settings, &planned, &key)?;
    // From here on every address is on the disk before its transaction is signed.
    kept.keep_rollout(&rollout, &planned)?;
    rollout.create(&mut node, &key, &plan, |step| {
        context.output.tell(&format!("{} stands at {}", step.contract.name(), to_hex(&step.address)));
    })?;
    let first = node.rpc.block(BlockId::Number(rollout.first_block))?;
    let facts = Facts {
        made: rollout.made(&mut node)?,
        began: first.map(|block| (block.hash, block.time)),
        checkout,
        previous,
    };
    kept.keep_record(&rollout, &planned, &facts)?;
    // Whoever only goes on with an older deployment does not make it the newest.
    if !missing.is_empty() || !latest.has(rollout.chain) {
        kept.keep_latest(latest)?;
    }
    wired(context, &kept, &planned, &rollout, node, governor)
}

/// The commit of a checkout, where there is one.
fn commit(checkout: Option<&Checkout>) -> Field {
    let unknown = || {
        Field::none()
            .shown("unknown: stand in the checkout that the contracts were built from, or name it with --source")
    };
    checkout.map_or_else(unknown, |checkout| Field::text(&*checkout.commit))
}

/// Wires contracts that stand, where the governor's key is at hand, and says what there is.
fn wired(
    context: &Context,
    kept: &Kept,
    planned: &Planned,
    rollout: &Rollout,
    node: Node,
    governor: Option<Key>,
) -> Result {
    let plan = planned.plan();
    let mut client = Client::new(node, rollout.deployment(&plan));
    if let Some(key) = &governor {
        governs(key, planned)?;
        if context.global.dry_run {
            let mut left = 0;
            for message in deploy::wiring(&client.deployment, &plan)? {
                left += i32::from(!deploy::is_done(&mut client, &message)?);
            }
            let mut report = Report::new();
            report
                .fact("record", "record", Field::text(kept.record.display().to_string()))
                .fact("wiring", "messages that would be proposed, approved and executed", Field::number(left))
                .fact("sent", "sent", Field::flag(false))
                .note("Nothing was sent: --dry-run.");
            return context.output.print(&report);
        }
        // What was on its way when it broke off arrives first.
        client.transport.settle(key.address())?;
        deploy::wire_and_tell(&mut client, key, &plan, |message| {
            context.output.tell(&format!("{}.{} is done", message.contract().name(), message.name()));
        })?;
        kept.keep_record(rollout, planned, &Facts::default())?;
    }
    let mut report = Report::new();
    report
        .fact("record_written", "record", Field::text(kept.record.display().to_string()))
        .fact("deployed", "deployed", Field::flag(true))
        .fact("wired", "wired", Field::flag(governor.is_some()));
    report.note(match governor {
        Some(_) => format!(
            "Look at it with `sit deploy verify`, and use it with --deployment {}. Until the deployer seals governance, at \
             most seven days from now, its actions do not wait.",
            kept.record.display()
        ),
        None => format!(
            "The contracts do not know each other yet: the governor, {}, does that with `sit deploy wire`.",
            to_hex(&planned.governor)
        ),
    });
    context.output.print(&report)
}

fn verified(context: &Context, of: &Of) -> Result {
    let (planned, kept) = of.read(&context.settings()?)?;
    let plan = planned.plan();
    let mut with_record = context.clone();
    if with_record.global.deployment.is_none() {
        with_record.global.deployment = Some(kept.record);
    }
    let mut session = Session::open_unchecked(&with_record)?;
    let mut findings = verify(&mut session.client, &plan)?;
    let (found, unknown) = recorded(&mut session, &plan)?;
    findings.extend(found);
    let mut table = Table::new("findings", "", &[column("finding", "what should be so"), column("fits", "is")]);
    for finding in &findings {
        let fits = Field::flag(finding.fits).shown(if finding.fits { "yes" } else { "NO" });
        table.row(vec![Field::text(&*finding.what), fits]);
    }
    let wrong = findings.iter().filter(|finding| !finding.fits).count();
    let mut report = Report::new();
    report.fact("record", "record", Field::text(session.record_source())).fact(
        "fits",
        "all as planned",
        Field::flag(wrong == 0),
    );
    // Only governance that is the code on this machine is asked about itself.
    if wrong == 0 && session.client.deployment.get(Contract::Governance).is_some() {
        let (roles, council) = (session.client.view(&view::Roles {})?, session.client.view(&view::Council {})?);
        report
            .fact("sealed", "genesis is over", Field::flag(roles.is_sealed))
            .fact("council", "council", Field::count(council.members.len()))
            .fact("threshold", "approvals needed", Field::number(council.threshold));
    }
    report.table(table);
    if !unknown.is_empty() {
        report.note(format!(
            "Not looked at, because the node does not know it (any more), so that the record may say what it likes: {}.",
            unknown.join(", ")
        ));
    }
    context.output.print(&report)?;
    if wrong == 0 {
        return Ok(());
    }
    Err(Failure::new(Kind::Unhealthy, format!("{wrong} of {} are not as planned: see above", findings.len())))
}

/// What the record says of how the contracts came to stand, held to the chain, and of what they were given and sent,
/// held to the plan; and what of it the node cannot be asked about, because it has forgotten a receipt or a block, or
/// never had it. A record of an older layout says nothing of it.
fn recorded(session: &mut Session, plan: &Plan) -> Result<(Vec<Finding>, Vec<String>)> {
    let (document, first_block) = (session.document().clone(), session.first_block());
    let hash = |value: &Value| hex_bytes(Some(value)).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let (mut findings, mut unknown) = (Vec::new(), Vec::new());
    let deployment = session.client.deployment.clone();
    for (contract, address) in deployment.iter() {
        let of = &document["contracts"][contract.name()];
        if !of["constructor_input"].is_null() {
            let what = format!("what the constructor of {} was given is that of the record", contract.name());
            findings.push(Finding {
                what,
                fits: of["constructor_input"] == constructor_input(contract, &deployment, plan)?,
            });
        }
        let Some(transaction) = hash(&of["transaction"]) else { continue };
        let Some(receipt) = session.client.transport.rpc.receipt(transaction)? else {
            unknown.push(format!("the transaction of {}", contract.name()));
            continue;
        };
        let fits = receipt.contract == Some(address) && of["block"] == receipt.block;
        let what = format!("{} was deployed by the transaction of the record", contract.name());
        findings.push(Finding { what, fits });
    }
    if !document["wiring"].is_null() {
        let fits = document["wiring"] == wiring(&deployment, plan)?;
        findings.push(Finding { what: "the messages of the wiring are those of the record".to_owned(), fits });
    }
    if let Some(wanted) = hash(&document["first_block_hash"]) {
        match session.client.transport.rpc.block(BlockId::Number(first_block))? {
            Some(block) => {
                let fits = block.hash == wanted && document["first_block_time"] == block.time;
                findings.push(Finding { what: "the first block is that of the record".to_owned(), fits });
            }
            None => unknown.push("the first block".to_owned()),
        }
    }
    Ok((findings, unknown))
}

/// Writes products, months and margin sets into the record.
fn noted(context: &Context, of: &Of) -> Result {
    let (_, kept) = of.read(&context.settings()?)?;
    let mut of_record = context.clone();
    of_record.global.deployment = Some(kept.record.clone());
    let mut session = Session::open(&of_record)?;
    let markets = Markets::read(&mut session.client)?;
    let (mut products, mut sets) = (Vec::new(), 0_usize);
    for product in (0..=Product::MAX.0).map(Product) {
        let set = session.client.view(&view::MarginSet { product })?;
        let curve = markets.curves.iter().find(|(of, _)| *of == product).map(|(_, curve)| curve);
        if curve.is_none() && set.sequence == 0 {
            continue;
        }
        sets += usize::from(set.sequence > 0);
        let months = markets.months().filter(|listed| listed.product == product).map(|listed| {
            let month = &listed.month;
            json!({ "name": listed.name(), "instrument": month.instrument.0, "expiry": month.expiry.0 })
        });
        let margin_set = (set.sequence > 0).then(|| {
            let (sequence, accepted_at) = (set.sequence, set.accepted_at.0);
            json!({ "sequence": sequence, "accepted_at": accepted_at, "certificate_hash": to_hex(&set.certificate_hash) })
        });
        products.push(json!({
            "product": product.0,
            "name": product_name(product),
            "index": product.index(),
            "started": curve.is_some(),
            "months": months.collect::<Vec<Value>>(),
            "margin_set": margin_set,
        }));
    }
    let count = products.len();
    if !context.global.dry_run {
        kept.keep_noted(json!({ "products": products, "noted_block": session.head.number }))?;
    }
    let mut report = Report::new();
    report
        .fact("record_written", "record", Field::text(kept.record.display().to_string()))
        .fact("block", "as of block", Field::number(session.head.number))
        .fact("products", "products", Field::count(count))
        .fact("margin_sets", "margin sets", Field::count(sets));
    if context.global.dry_run {
        report.note("Nothing was written: --dry-run.");
    }
    context.output.print(&report)
}
