//! The command: of the program `sit-index`, and for any other that has a node and a record.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use sit_client::Deployment;
use sit_client::rpc::{Limits, Record, RecordError, Rpc};
use sit_native::Contract;

use crate::export::export;
use crate::follow::Follower;
use crate::node::Node;
use crate::serve;
use crate::service::{PAUSE, Shared};
use crate::source::{Source, SourceError};
use crate::store::{Identity, Writer, digests, reader};

/// What the command can be told, besides the node and the record of the deployment, which whoever runs it has.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// First block to index; that of the record, unless something else is said
    #[arg(long)]
    pub first_block: Option<u64>,
    /// Folder of the tables
    #[arg(long, default_value = "index")]
    pub folder: PathBuf,
    /// Serve the API, and with --web the page
    #[arg(long)]
    pub serve: bool,
    /// Folder of the built page
    #[arg(long, requires = "serve")]
    pub web: Option<PathBuf>,
    /// Port of the API; 0 takes a free one
    #[arg(long, default_value_t = 8546)]
    pub port: u16,
    /// Address to listen to
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// The JSON-RPC address that the page is told; the node's, unless something else is said
    #[arg(long)]
    pub public_rpc: Option<String>,
    /// Milliseconds between two looks at the node
    #[arg(long, default_value_t = 500)]
    pub pause: u64,
    /// End when the node's newest block is reached
    #[arg(long, conflicts_with = "serve")]
    pub once: bool,
    /// Make all tables anew from the raw ones first, without asking the node
    #[arg(long)]
    pub rebuild: bool,
    /// Print the hash of every table, and end; two indices of one chain have the same
    #[arg(long, conflicts_with = "serve")]
    pub digests: bool,
    /// Write a table to the file of --out, and end
    #[arg(long, requires = "out", conflicts_with = "serve")]
    pub export: Option<String>,
    /// File of --export: .csv, or .parquet where that is built in
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// How long a node may take to come up, and a development chain to open its exchange.
const OPENING: Duration = Duration::from_secs(120);

/// Runs the command on the node at an address. Without a record of the deployment the node is asked for it, which a
/// development chain answers. `say` hears lines for people.
///
/// # Errors
/// A sentence that says what to do.
pub fn run(rpc: &str, record: Option<&Path>, arguments: &Options, say: &mut dyn FnMut(&str)) -> Result<(), String> {
    if arguments.digests || arguments.export.is_some() {
        return read_only(arguments, say);
    }
    if !arguments.host.is_loopback() {
        say("Other machines can reach this address. Everything here is public anyway; put a proxy with TLS before it.");
    }
    let mut node = Node::new(rpc)?;
    let identity = identify(rpc, record, arguments, &mut node)?;
    let mut writer = Writer::open(&arguments.folder, identity.clone()).map_err(|error| error.to_string())?;
    if arguments.rebuild {
        let begun = Instant::now();
        writer.rebuild().map_err(|error| error.to_string())?;
        say(&format!("All tables were made anew in {:.1} s.", begun.elapsed().as_secs_f64()));
    }
    let mut follower = Follower::new(node, writer).map_err(|error| error.to_string())?;
    if arguments.once {
        let tip = follower.catch_up().map_err(|error| error.to_string())?;
        say(&format!("The tables are at block {}.", tip.number));
        return Ok(());
    }
    let public = arguments.public_rpc.clone().or_else(|| Some(rpc.to_owned()));
    let shared = Shared::new(arguments.folder.clone(), identity, public).map_err(|error| error.to_string())?;
    let shared = Arc::new(shared);
    let pause = Duration::from_millis(arguments.pause.max(10)).min(PAUSE * 120);
    let never = AtomicBool::new(false);
    if !arguments.serve {
        say("Following; the tables are written, and nothing is served (see --serve).");
        return shared.follow(&mut follower, pause, &never).map_err(|error| error.to_string());
    }
    let following = Arc::clone(&shared);
    // It ends with the program, or with a sentence; what is indexed by then is served on.
    std::thread::Builder::new()
        .name("follow".to_owned())
        .spawn(move || {
            if let Err(error) = following.follow(&mut follower, pause, &never) {
                eprintln!("The index does not follow the chain any more: {error}");
            }
        })
        .map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let address = SocketAddr::new(arguments.host, arguments.port);
    let web = arguments.web.clone();
    runtime.block_on(serve::serve(address, shared, web, |bound| {
        say(&format!("The index answers at http://{bound}/v1/status and ws://{bound}/v1/stream."));
    }))
}

fn read_only(arguments: &Options, say: &mut dyn FnMut(&str)) -> Result<(), String> {
    let db = reader(&arguments.folder).map_err(|error| error.to_string())?;
    if let (Some(table), Some(out)) = (&arguments.export, &arguments.out) {
        return export(&db, table, out).map_err(|error| error.to_string());
    }
    let transaction = db.unchecked_transaction().map_err(|error| error.to_string())?;
    for (table, digest) in digests(&transaction).map_err(|error| error.to_string())? {
        say(&format!("{digest}  {table}"));
    }
    Ok(())
}

/// Which chain and which exchange the node has. One that is not up yet, or opens its exchange, is waited for.
fn identify(rpc: &str, record: Option<&Path>, arguments: &Options, node: &mut Node) -> Result<Identity, String> {
    let until = Instant::now() + OPENING;
    if let Some(path) = record {
        let text = std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))?;
        let record = Record::from_json(&text).map_err(|error| error.to_string())?;
        let mut asked = Rpc::new(rpc, Limits::default()).map_err(|error| error.to_string())?;
        loop {
            match record.check(&mut asked) {
                Ok(()) => break,
                Err(RecordError::Rpc(_)) if Instant::now() < until => std::thread::sleep(Duration::from_millis(200)),
                Err(error) => return Err(error.to_string()),
            }
        }
        return Ok(Identity {
            chain_id: record.chain,
            genesis: record.genesis,
            first_block: arguments.first_block.unwrap_or(record.first_block),
            deployment: record.deployment(),
        });
    }
    loop {
        match asked(arguments, node) {
            Ok(Some(identity)) => return Ok(identity),
            Ok(None) if Instant::now() > until => {
                return Err("the node does not say where the exchange is: give its record with --deployment".to_owned());
            }
            Err(error) if Instant::now() > until => return Err(format!("{rpc}: {error}")),
            _ => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

fn asked(arguments: &Options, node: &mut Node) -> Result<Option<Identity>, SourceError> {
    let chain_id = node.chain_id()?;
    let genesis = node.hash_of(0)?.ok_or_else(|| SourceError::Inconsistent("there is no block 0".to_owned()))?;
    let deployment = Deployment::from_json(&node.deployment()?.to_string())
        .map_err(|why| SourceError::Unreachable(why.to_string()))?;
    let whole = Contract::ALL.iter().all(|contract| deployment.get(*contract).is_some());
    let identity = Identity { chain_id, genesis, first_block: arguments.first_block.unwrap_or(0), deployment };
    Ok(whole.then_some(identity))
}
