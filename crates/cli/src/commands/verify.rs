//! `sit verify ADDRESS`: whether the code on the chain is what this source builds.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use sit_client::Artifact;
use sit_client::rpc::to_hex;
use sit_engine::chain::Address;
use sit_native::Contract;

use crate::blobs::manifest;
use crate::commands::delegate::address;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::output::{Field, Report, Table, column, optional};
use crate::session::{Session, reach};

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Addresses of contracts; without one, those of the record of the deployment
    addresses: Vec<String>,
    /// Compare with this file too, byte for byte: a blob of a release
    #[arg(long, value_name = "FILE")]
    blob: Option<PathBuf>,
    /// Take what was built on this machine for this source's too, where contracts/blobs.toml names another compiler's
    #[arg(long)]
    unnamed_blobs: bool,
}

/// A contract that is looked at: where, and which one the record says it is.
struct Looked {
    address: Address,
    said: Option<Contract>,
}

/// Compares code.
///
/// # Errors
/// [`Kind::Unhealthy`] when something else stands there; what was typed; those of the node.
pub fn run(context: &Context, args: &Args) -> Result {
    let blob = args.blob.as_ref().map(|path| {
        fs::read(path).map_err(|error| Failure::local(format!("the blob {} cannot be read: {error}", path.display())))
    });
    let blob = blob.transpose()?;
    let mut looked: Vec<Looked> = Vec::new();
    for text in &args.addresses {
        looked.push(Looked { address: address(text)?, said: None });
    }
    let mut rpc = if looked.is_empty() {
        let session = Session::open_unchecked(context)?;
        let contracts = session.client.deployment.iter().filter(|(contract, _)| *contract != Contract::Token);
        looked.extend(contracts.map(|(contract, address)| Looked { address, said: Some(contract) }));
        if looked.is_empty() {
            return Err(Failure::local("the record of the deployment names no contract: name an address"));
        }
        session.client.transport.rpc
    } else {
        reach(&context.settings()?)?.rpc
    };
    let questions: Vec<_> = looked.iter().map(|one| ("eth_getCode", json!([to_hex(&one.address), "latest"]))).collect();
    let codes = rpc.read_all(&questions)?;
    let mut table = Table::new(
        "contracts",
        "",
        &[
            column("address", "address"),
            column("contract", "is"),
            column("verified", "of this source"),
            column("found", "found"),
            optional("bytes", "bytes"),
            optional("code_hash", "code hash"),
        ],
    );
    let (mut wrong, mut unnamed) = (0, 0);
    for (one, code) in looked.iter().zip(codes) {
        let code = sit_client::rpc::hex_bytes(Some(&code?)).ok_or_else(|| crate::history::senseless("eth_getCode"))?;
        let hash = to_hex(&sit_sim::keccak256(&code));
        let named = manifest().named(&hash).map(|(name, _)| name);
        // By another compiler than the manifest's the contracts are others, and the build on this machine says which,
        // to whoever trusts it: a source that somebody has changed builds, too.
        let built = |contract: &Contract| {
            args.unnamed_blobs && Artifact::of(*contract).is_ok_and(|artifact| artifact.code == code)
        };
        let known = named.or_else(|| Contract::ALL.iter().find(|contract| built(contract)).map(|found| found.name()));
        let other_than_said = known.zip(one.said).is_some_and(|(known, said)| known != said.name());
        // A hash is enough; the bytes are compared where they are at hand, so that nobody has to trust the manifest.
        let (same, how) = match (&blob, known) {
            _ if code.is_empty() => (false, "nothing stands there".to_owned()),
            (Some(blob), _) if *blob != code => (false, "other bytes than those of --blob".to_owned()),
            (_, None) => (false, "code that this source does not build".to_owned()),
            (_, Some(name)) if other_than_said => {
                (false, format!("the {name}, where the record has the {}", one.said.map_or("", Contract::name)))
            }
            (Some(_), Some(_)) if named.is_some() => {
                (true, "byte for byte the file, with the manifest's hash".to_owned())
            }
            (_, Some(_)) if named.is_none() => {
                unnamed += 1;
                (true, "byte for byte the build on this machine; the manifest has no such hash".to_owned())
            }
            (_, Some(name)) => match Artifact::load(name) {
                Ok(artifact) if artifact.code == code => {
                    (true, "byte for byte the build on this machine, with the manifest's hash".to_owned())
                }
                Ok(_) => (true, "the manifest's hash; the build on this machine is another one".to_owned()),
                Err(_) => (true, "the manifest's hash; nothing is built on this machine".to_owned()),
            },
        };
        wrong += usize::from(!same);
        table.row(vec![
            Field::text(to_hex(&one.address)),
            known.map_or_else(Field::none, Field::text),
            Field::flag(same).shown(if same { "yes" } else { "NO" }),
            Field::text(how),
            Field::count(code.len()),
            if code.is_empty() { Field::none() } else { Field::text(hash) },
        ]);
    }
    let mut report = Report::new();
    report
        .fact("compiler", "manifest's compiler", Field::text(&*manifest().compiler))
        .fact("all_verified", "all of this source", Field::flag(wrong == 0))
        .table(table);
    if context.output.for_people() && wrong == 0 && unnamed == 0 {
        report.note(
            "The manifest is contracts/blobs.toml of this program's source; `scripts/verify-blobs` builds the contracts from \
             nothing and holds it to them.",
        );
    }
    if unnamed > 0 {
        report.note(format!(
            "{unnamed} of {} are the build on this machine and not in contracts/blobs.toml, which names what {} makes: only \
             whoever has built them of the source that they mean can trust that.",
            looked.len(),
            manifest().compiler
        ));
    }
    context.output.print(&report)?;
    match wrong {
        0 => Ok(()),
        _ => Err(Failure::new(
            Kind::Unhealthy,
            format!("{wrong} of {} are not what this source builds: do not send them anything", looked.len()),
        )),
    }
}
