//! The command `sit index`: follow a node into tables, and serve them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use sit_client::Deployment;
use sit_client::rpc::{DEVELOPMENT_CHAIN, Limits, Record, RecordError, Rpc};
use sit_native::Contract;

use crate::export::export;
use crate::follow::{FollowError, Follower};
use crate::node::Node;
use crate::serve;
use crate::service::{PAUSE, Shared};
use crate::source::{Source, SourceError};
use crate::store::{Identity, StoreError, Writer, digests, reader};

/// What the command can be told, besides the node and the record of the deployment, which whoever runs it has.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// First block to index; that of the record, unless something else is said
    #[arg(long, value_name = "BLOCK")]
    pub first_block: Option<u64>,
    /// Folder of the tables
    #[arg(long, value_name = "DIR", default_value = "index")]
    pub folder: PathBuf,
    /// Serve the API, and with --web the page
    #[arg(long)]
    pub serve: bool,
    /// Folder of the built page
    #[arg(long, value_name = "DIR", requires = "serve")]
    pub web: Option<PathBuf>,
    /// Port of the API; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8546)]
    pub port: u16,
    /// Address to listen to
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// The JSON-RPC address that the page is told; the node's, unless something else is said, or it may hold a key
    #[arg(long, value_name = "URL")]
    pub public_rpc: Option<String>,
    /// Milliseconds between two looks at the node
    #[arg(long, value_name = "MS", default_value_t = 500)]
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
    #[arg(long, value_name = "TABLE", requires = "out", conflicts_with = "serve")]
    pub export: Option<String>,
    /// File of --export: .csv or .parquet
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Where the exchange is that the command follows.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The node's JSON-RPC address.
    pub rpc: &'a str,
    /// The chain that it must be of.
    pub chain_id: u64,
    /// The record of the deployment; without it the node is asked, which a development chain answers.
    pub record: Option<&'a Path>,
}

/// Why the command ended.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// Tables, a file or a port of this machine cannot be used.
    #[error("{0}")]
    Here(String),
    /// The node does not answer, or not with sense.
    #[error("{0}")]
    Node(String),
    /// The node is of another chain than was meant.
    #[error(
        "the node at {rpc} is of chain {found}, and chain {meant} is meant: name another node with --rpc, or another \
         profile with --profile. Nothing was indexed"
    )]
    OtherChain {
        /// The node.
        rpc: String,
        /// Its chain.
        found: u64,
        /// The chain that was meant.
        meant: u64,
    },
    /// The record of the deployment cannot be read, or is not what the node has.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Here(error.to_string())
    }
}

/// How long a node may take to come up, and a development chain to open its exchange.
const OPENING: Duration = Duration::from_secs(120);

/// Runs the command. `say` hears lines for people.
///
/// # Errors
/// [`Ended`], a sentence that says what to do.
pub fn run(at: At<'_>, arguments: &Options, say: &mut dyn FnMut(&str)) -> Result<(), Ended> {
    if arguments.digests {
        for (table, digest) in tables(arguments)? {
            say(&format!("{digest}  {table}"));
        }
        return Ok(());
    }
    if let (Some(table), Some(out)) = (&arguments.export, &arguments.out) {
        return export(&reader(&arguments.folder)?, table, out).map_err(|error| Ended::Here(error.to_string()));
    }
    if !arguments.host.is_loopback() {
        say("Other machines can reach this address. Everything here is public anyway; put a proxy with TLS before it.");
    }
    let mut node = Node::new(at.rpc).map_err(Ended::Node)?;
    let identity = identify(at, arguments, &mut node)?;
    let mut writer = Writer::open(&arguments.folder, identity.clone())?;
    if arguments.rebuild {
        let begun = Instant::now();
        writer.rebuild()?;
        say(&format!("All tables were made anew in {:.1} s.", begun.elapsed().as_secs_f64()));
    }
    let followed = |error: FollowError| {
        if error.passes() { Ended::Node(error.to_string()) } else { Ended::Here(error.to_string()) }
    };
    let mut follower = Follower::new(node, writer).map_err(followed)?;
    if arguments.once {
        let tip = follower.catch_up().map_err(followed)?;
        say(&format!("The tables are at block {}.", tip.number));
        return Ok(());
    }
    let here = |error: &dyn std::fmt::Display| Ended::Here(error.to_string());
    let public = arguments.public_rpc.clone().or_else(|| keyless(at.rpc));
    if public.is_none() && arguments.serve {
        say(
            "The node's address has more in it than a host, which may be a key: nobody is told it. The page asks the node \
             that --public-rpc names.",
        );
    }
    let shared = Arc::new(Shared::new(arguments.folder.clone(), identity, public)?);
    let pause = Duration::from_millis(arguments.pause.max(10)).min(PAUSE * 120);
    let never = AtomicBool::new(false);
    if !arguments.serve {
        say("Following; the tables are written, and nothing is served (see --serve).");
        return shared.follow(&mut follower, pause, &never).map_err(followed);
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
        .map_err(|error| here(&error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .map_err(|error| here(&error))?;
    let address = SocketAddr::new(arguments.host, arguments.port);
    let web = arguments.web.clone();
    let served = runtime.block_on(serve::serve(address, shared, web, |bound| {
        say(&format!("The index answers at http://{bound}/v1/status and ws://{bound}/v1/stream."));
    }));
    served.map_err(Ended::Here)
}

/// The node's address as everybody may know it, who can ask for it at `/v1/deployment`; `None` where it has more in it
/// than a host and a port, which is where providers of nodes put keys and passwords.
fn keyless(rpc: &str) -> Option<String> {
    let address = rpc.parse::<hyper::Uri>().ok()?;
    let named = address.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    let whole = address.query().is_none() && ["", "/"].contains(&address.path());
    (named && whole).then(|| rpc.to_owned())
}

/// The hash of every table in the folder, by its name.
///
/// # Errors
/// [`Ended::Here`].
pub fn tables(arguments: &Options) -> Result<Vec<(&'static str, String)>, Ended> {
    let db = reader(&arguments.folder)?;
    let transaction = db.unchecked_transaction().map_err(StoreError::from)?;
    Ok(digests(&transaction)?)
}

/// Which chain and which exchange the node has. One that is not up yet, or opens its exchange, is waited for.
fn identify(at: At<'_>, arguments: &Options, node: &mut Node) -> Result<Identity, Ended> {
    let At { rpc, chain_id, record } = at;
    let until = Instant::now() + OPENING;
    let meant = |found: u64| {
        let other = || Ended::OtherChain { rpc: rpc.to_owned(), found, meant: chain_id };
        if found == chain_id { Ok(()) } else { Err(other()) }
    };
    if let Some(path) = record {
        let text = std::fs::read_to_string(path).map_err(|why| Ended::Here(format!("{}: {why}", path.display())))?;
        let record = Record::from_json(&text)?;
        meant(record.chain)?;
        let mut asked = Rpc::new(rpc, Limits::default()).map_err(|error| Ended::Node(error.to_string()))?;
        loop {
            match record.check(&mut asked) {
                Ok(()) => break,
                Err(RecordError::Rpc(_)) if Instant::now() < until => std::thread::sleep(Duration::from_millis(200)),
                Err(error) => return Err(error.into()),
            }
        }
        return Ok(Identity {
            chain_id: record.chain,
            genesis: record.genesis,
            first_block: arguments.first_block.unwrap_or(record.first_block),
            deployment: record.deployment(),
        });
    }
    let mut known = false;
    loop {
        let found = if known { Ok(chain_id) } else { node.chain_id() };
        if let Ok(found) = found {
            meant(found)?;
            // Whoever answers for a node of another chain would say whose contracts the page trades with.
            if found != DEVELOPMENT_CHAIN {
                return Err(RecordError::NotOffered(rpc.to_owned()).into());
            }
            known = true;
        }
        match found.and_then(|chain_id| asked(chain_id, arguments, node)) {
            Ok(Some(identity)) => return Ok(identity),
            Ok(None) if Instant::now() > until => {
                return Err(Ended::Node(format!(
                    "the node at {rpc} does not say where the exchange is: give its record with --deployment"
                )));
            }
            Err(error) if Instant::now() > until => {
                return Err(Ended::Node(format!(
                    "{rpc}: {error}. A network that is no development chain needs its record, with --deployment"
                )));
            }
            _ => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

fn asked(chain_id: u64, arguments: &Options, node: &mut Node) -> Result<Option<Identity>, SourceError> {
    let genesis = node.hash_of(0)?.ok_or_else(|| SourceError::Inconsistent("there is no block 0".to_owned()))?;
    let deployment = Deployment::from_json(&node.deployment()?.to_string())
        .map_err(|why| SourceError::Unreachable(why.to_string()))?;
    let whole = Contract::ALL.iter().all(|contract| deployment.get(*contract).is_some());
    let identity = Identity { chain_id, genesis, first_block: arguments.first_block.unwrap_or(0), deployment };
    Ok(whole.then_some(identity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_may_hold_a_key_is_told_to_nobody() {
        for plain in
            ["http://127.0.0.1:8545", "https://node.example/", "https://node.example:8443", "http://[::1]:8545"]
        {
            assert_eq!(keyless(plain).as_deref(), Some(plain));
        }
        for secret in [
            "https://node.example/v3/0123456789abcdef",
            "https://node.example/?key=0123456789abcdef",
            "https://name:word@node.example",
            "https://word@node.example/",
            "no address at all",
        ] {
            assert_eq!(keyless(secret), None, "{secret}");
        }
    }

    #[test]
    fn what_the_status_says_of_a_node_that_is_away_has_no_key_in_it() {
        // Nobody listens at a port whose listener has gone.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let mut node = Node::new(&format!("http://127.0.0.1:{port}/v3/0123456789abcdef")).unwrap();
        let said = node.head().unwrap_err().to_string();
        assert!(said.contains("the node does not answer: http://127.0.0.1:"), "{said}");
        assert!(!said.contains("0123456789abcdef"), "{said}");
    }
}
