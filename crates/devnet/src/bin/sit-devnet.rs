//! The exchange on a chain of one's own: `sit-devnet --help`.

use std::{
    fs,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    thread::JoinHandle,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use clap::Parser;
use sit_client::{Deployment, write_whole};
use sit_devnet::{
    elsewhere::{Elsewhere, weigh_as_a_node},
    keyring::{self, MNEMONIC, Role},
    market::{Market, Scene},
    node::{Beginning, CHAIN_ID, Clock, LAST_SECOND, Node, Notice},
    opening::{Opening, Prospect},
    rpc::{Devnet, Mining, Rounds, faults::Faults, faults::Plan},
    sequence::{self, Playing},
    server::{self, Background},
};
use sit_engine::{
    calendar::{self, DAY, Day},
    units::Seconds,
};
use sp_runtime::FixedU128;

/// Blocks whose state is kept.
const HISTORY: usize = 256;
/// Seconds between blocks: the Hub builds one about every two.
const BLOCK_SECONDS: u64 = 2;
/// When a chain without a clock of the machine begins to trade: Monday, 7 December 2026, 08:00 UTC.
const FIXED_START: u64 = 1_796_630_400;
/// The hour at which a chain begins to trade when now is no session.
const MORNING: u64 = 8 * 3_600;
/// The file beside the chain's that says where the exchange is.
const DEPLOYMENT: &str = "deployment.json";

/// A chain of your own with the exchange on it: Ethereum JSON-RPC over HTTP and WebSocket on one port
#[derive(Parser)]
#[command(name = "sit-devnet", version)]
struct Arguments {
    /// Port; 0 takes a free one
    #[arg(long, default_value_t = 8545)]
    port: u16,
    /// Address to listen to
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Listen to other machines too, although everybody knows the keys
    #[arg(long)]
    i_know_keys_are_public: bool,
    /// Folder in which the chain is kept; without it a chain ends with the program
    #[arg(long)]
    state: Option<PathBuf>,
    /// Delete what is in the folder of the chain, and begin anew
    #[arg(long, requires = "state")]
    reset: bool,
    /// No exchange: nothing but accounts with DOT and USDC
    #[arg(long)]
    bare: bool,
    /// An exchange on which nobody trades
    #[arg(long, conflicts_with = "bare")]
    quiet_market: bool,
    /// What happens in the market: calm, price-cut, margin-call, expiry-day
    #[arg(long, value_parser = scene, default_value = "calm", conflicts_with_all = ["bare", "quiet_market"])]
    scene: Scene,
    /// Leave a part of the market to somebody outside: maker, taker, follower, hedger, keeper, reporter; may be given
    /// often
    #[arg(long, value_parser = played, conflicts_with_all = ["bare", "quiet_market"])]
    without: Vec<Role>,
    /// Reporters commit to their batches under a bond before they open them; nobody here does, so leave them outside
    #[arg(long, conflicts_with = "bare")]
    commitments: bool,
    /// Milliseconds from one round of the market to the next
    #[arg(long, default_value_t = 1_000)]
    round: u64,
    /// The market plays a round when it is asked to (sit_play) and never else, so that nothing but the chain's clock
    /// says how much happens in an hour
    #[arg(long, conflicts_with_all = ["bare", "quiet_market", "onto"])]
    turns: bool,
    /// Seal a block with every transaction
    #[arg(long, conflicts_with_all = ["block_time", "no_mining"])]
    automine: bool,
    /// Seconds between blocks that have transactions (2 unless something else is said)
    #[arg(long, conflicts_with = "no_mining", value_parser = clap::value_parser!(u64).range(..=LAST_SECOND))]
    block_time: Option<u64>,
    /// Seal a block when asked to (evm_mine) and never else
    #[arg(long)]
    no_mining: bool,
    /// The same blocks each time: no clock of the machine, each block two seconds after the one before, one for each
    /// transaction
    #[arg(long, conflicts_with_all = ["time_scale", "block_time"])]
    deterministic: bool,
    /// Seconds of the chain to one of the machine
    #[arg(long, default_value_t = 1)]
    time_scale: u32,
    /// When trading begins, in Unix seconds; now, or the next Monday morning if it is the weekend
    #[arg(long, value_parser = clap::value_parser!(u64).range(..=LAST_SECOND))]
    start: Option<u64>,
    /// Seed of the margin simulation, of prices and of the market
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Blocks whose state is kept
    #[arg(long, default_value_t = HISTORY)]
    history: usize,
    /// Have `pending` be the newest block, as on the Hub: transactions that wait are not counted
    #[arg(long)]
    pending_is_latest: bool,
    /// What fees are multiplied with: the Hub's multiplier moves from 0.1 upwards
    #[arg(long, value_parser = multiplier, conflicts_with = "load_state")]
    fee_multiplier: Option<FixedU128>,
    /// Begin with the chain of a file: what anvil_dumpState has answered
    #[arg(long, conflicts_with_all = ["state", "bare", "start"])]
    load_state: Option<PathBuf>,
    /// What goes wrong between the chain and its clients, as sit_faults takes it: '{"seed": 1, "drop": 0.05}'
    #[arg(long, value_parser = faults)]
    faults: Option<Plan>,
    /// Measure how fast this chain is, and its memory over so many blocks of a market; print it, and end
    #[arg(long, exclusive = true, value_name = "BLOCKS", num_args = 0..=1, default_missing_value = "10000")]
    measure: Option<u32>,
    /// Open the exchange on a new node instead, which answers Ethereum's JSON-RPC there, hold what each message costs
    /// there to what it costs here, and end
    #[arg(long, value_name = "URL", requires = "clock", conflicts_with_all = ["state", "bare", "load_state"])]
    onto: Option<String>,
    /// The node's own JSON-RPC, which moves its clock
    #[arg(long, value_name = "URL", requires = "onto")]
    clock: Option<String>,
    /// Rounds of the market to play on the node
    #[arg(long, default_value_t = 0, requires = "onto")]
    rounds: u32,
    /// Seconds of the chain from one round to the next; without it two for each block
    #[arg(long, default_value_t = 0, value_name = "SECONDS", requires = "onto")]
    every: u64,
    /// Instead of a market, so many random messages of every kind on the node, refused ones among them; governance is
    /// an account
    #[arg(long, value_name = "MESSAGES", requires = "onto", conflicts_with_all = ["rounds", "every", "start"])]
    sequence: Option<u32>,
    /// Where to write the record of the deployment on the node, as `sit --deployment` takes it
    #[arg(long, value_name = "FILE", requires = "onto")]
    record: Option<PathBuf>,
    /// Print nothing for each block
    #[arg(long)]
    quiet: bool,
}

fn multiplier(text: &str) -> Result<FixedU128, String> {
    let parsed = text.parse::<f64>().ok().filter(|multiplier| (0.001..=1_000.0).contains(multiplier));
    parsed.map(FixedU128::from_float).ok_or_else(|| "it is a number from 0.001 to 1000, such as 0.1".to_owned())
}

fn faults(text: &str) -> Result<Plan, String> {
    Plan::read(&serde_json::from_str(text).map_err(|error| format!("the faults are no JSON: {error}"))?)
}

fn scene(name: &str) -> Result<Scene, String> {
    Scene::named(name).ok_or_else(|| "it is one of calm, price-cut, margin-call and expiry-day".to_owned())
}

fn played(name: &str) -> Result<Role, String> {
    let played = [Role::Maker, Role::Taker, Role::Follower, Role::Hedger, Role::Keeper, Role::Reporter];
    let role = played.into_iter().find(|role| role.name() == name);
    role.ok_or_else(|| "it is one of maker, taker, follower, hedger, keeper and reporter".to_owned())
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Writes to standard output; a reader that has gone is no error.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Now, or the next Monday morning if nothing trades now.
fn session_start() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let mut day = Day::of(Seconds(u32::try_from(now).unwrap_or(u32::MAX)));
    if calendar::is_session(day.start()) {
        return now;
    }
    while !calendar::is_session(day.start()) {
        day = Day(day.0 + 1);
    }
    u64::from(day.0) * u64::from(DAY) + MORNING
}

fn run(arguments: Arguments) -> Result<(), String> {
    if let Some(blocks) = arguments.measure {
        // Figures are what it prints; how far it is goes beside them.
        let begun = Instant::now();
        let note = |what: &str| eprintln!("{:>4} s: {what}", begun.elapsed().as_secs());
        return sit_devnet::measure::measure(blocks, |figure| say(&format!("{figure}\n")), note);
    }
    if !arguments.host.is_loopback() && !arguments.i_know_keys_are_public {
        return Err(format!(
            "{} can be reached by other machines, and everybody knows the keys of this chain: \
             say --i-know-keys-are-public if that is what you want",
            arguments.host
        ));
    }
    if let (Some(ethereum), Some(node)) = (arguments.onto.clone(), arguments.clock.clone()) {
        return copy_onto(&ethereum, &node, arguments);
    }
    let address = SocketAddr::new(arguments.host, arguments.port);
    // Their keys are of use to somebody when nobody here reports, or follows.
    let mut unplayed = vec![Role::Reporter, Role::Follower];
    unplayed.retain(|role| arguments.quiet_market || arguments.without.contains(role));
    let begin = move || begin(arguments).map(|(chain, life)| (chain, Box::new(life) as Box<dyn Background>));
    server::serve(address, server::PATIENCE, begin, move |bound| say(&welcome(bound, &unplayed)))
}

/// Opens the exchange on a node, and plays the market there for a while.
fn copy_onto(ethereum: &str, node: &str, arguments: Arguments) -> Result<(), String> {
    let (rounds, every, record) = (arguments.rounds, arguments.every, arguments.record.clone());
    let start = arguments.start.unwrap_or_else(|| arguments.scene.start(session_start()));
    let mut there = Elsewhere::new(ethereum, node)?;
    if let Some(messages) = arguments.sequence {
        weigh_as_a_node(|| play_onto(&mut there, messages, &arguments))?;
        say(&there.told());
        return there.check();
    }
    // Without a clock of the machine, so that every transaction has a block of its own here as there.
    let quiet_market = arguments.quiet_market || rounds == 0;
    let arguments = Arguments { deterministic: true, start: Some(start), quiet_market, quiet: true, ..arguments };
    let (mut chain, mut life) = begin(arguments)?;
    weigh_as_a_node(|| {
        let mut played = 0;
        while !life.opened || played < rounds {
            if played > 0 && every > 0 {
                chain.node.clock_to(chain.node.head().time().saturating_add(every));
            }
            let pause = life.work(&mut chain)?;
            there.follow(&chain)?;
            if life.opened {
                played += 1;
            } else {
                std::thread::sleep(pause.unwrap_or_default());
            }
        }
        Ok::<_, String>(())
    })?;
    if let Some(file) = record {
        fs::write(&file, format!("{:#}\n", there.record(&chain)?))
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    say(&there.told());
    there.check()
}

/// Sends random messages of every kind to a node.
fn play_onto(there: &mut Elsewhere, messages: u32, arguments: &Arguments) -> Result<(), String> {
    let mut chain = sequence::empty(arguments.history)?;
    let mut playing = Playing::begin(&mut chain, arguments.seed, 0).map_err(|failure| failure.to_string())?;
    there.follow(&chain)?;
    for _ in 0..messages {
        playing.step(&mut chain).map_err(|failure| failure.to_string())?;
        there.follow(&chain)?;
    }
    Ok(())
}

/// Deletes what is kept in a folder: no sooner than the port is this program's, and not under another that goes on with
/// it.
fn reset(folder: &Path) -> Result<(), String> {
    Node::remove_kept(folder)?;
    let file = folder.join(DEPLOYMENT);
    match fs::remove_file(&file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(format!("{}: {error}", file.display())),
        _ => Ok(()),
    }
}

/// The chain, and what is to be done on it.
fn begin(arguments: Arguments) -> Result<(Devnet, Life), String> {
    if let (true, Some(folder)) = (arguments.reset, &arguments.state) {
        reset(folder)?;
    }
    let start = arguments
        .start
        .unwrap_or_else(|| arguments.scene.start(if arguments.deterministic { FIXED_START } else { session_start() }));
    let opens_before = arguments.scene.opens_before();
    let genesis_time = if arguments.bare { start } else { Prospect::genesis_time_before(start, opens_before) };
    let beginning = Beginning::with_keys(genesis_time, arguments.history);
    let trading = if arguments.deterministic {
        Clock::fixed(start, BLOCK_SECONDS)
    } else {
        Clock::machine(Some(start), arguments.time_scale)
    };
    // Until the exchange is open, time stands still.
    let opening_clock = Clock::fixed(genesis_time, 0);
    let file = arguments.state.as_ref().map(|folder| folder.join(DEPLOYMENT));
    let node = match &arguments.state {
        Some(folder) => Node::kept(&beginning, opening_clock, folder)?,
        None => Node::new(&beginning, opening_clock)?,
    };
    // Beside a chain that has just begun it is of one that somebody has deleted.
    let begun = node.head().number() > 0;
    let known = file.as_ref().filter(|_| begun).and_then(|file| fs::read_to_string(file).ok());
    let deployment = match (&known, &file) {
        (Some(text), Some(file)) => Deployment::from_json(text)
            .map_err(|error| format!("{}: {error}; begin anew with --reset", file.display()))?,
        _ => Deployment::default(),
    };
    if begun && known.is_none() {
        return Err(
            "the chain in this folder was stopped before its exchange was open: begin anew with --reset".to_owned()
        );
    }
    if begun && !arguments.bare && deployment.iter().next().is_none() {
        return Err("the chain in this folder has no exchange: say --bare, or begin anew with --reset".to_owned());
    }
    let mining = match (arguments.automine || arguments.deterministic, arguments.no_mining) {
        (true, _) => Mining::Automatic,
        (_, true) => Mining::Manual,
        _ => Mining::Every(Duration::from_secs(arguments.block_time.unwrap_or(BLOCK_SECONDS).max(1))),
    };
    let mut chain = Devnet::new(node, deployment, Mining::Manual);
    if let Some(multiplier) = arguments.fee_multiplier {
        chain.node.set_fee_multiplier(multiplier)?;
    }
    if let Some(file) = &arguments.load_state {
        let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        chain.load(text.trim().trim_matches('"')).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    chain.faults = arguments.faults.map(Faults::new);
    chain.pending_is_latest = arguments.pending_is_latest;
    chain.rounds = arguments.turns.then(Rounds::default);
    let seed = arguments.seed;
    // The simulator takes a second, in which the chain answers already.
    let commitments = arguments.commitments;
    let foresee = move || {
        let prospect = Prospect::of(start, seed)?.opened_before(opens_before);
        Ok(if commitments { prospect.with_commitments() } else { prospect })
    };
    let prospect = (!arguments.bare).then(|| std::thread::spawn(foresee));
    let mut life = Life {
        prospect,
        opens: known.is_none() && arguments.load_state.is_none(),
        scene: Some(arguments.scene).filter(|_| !arguments.quiet_market),
        without: arguments.without,
        round: Duration::from_millis(arguments.round.max(1)),
        seed,
        start,
        opening: None,
        trading: Some((trading, mining)),
        file: file.filter(|_| known.is_none()),
        quiet: arguments.quiet,
        opened: false,
        market: None,
    };
    if arguments.bare {
        // Nobody is answered before the chain does what it was asked to do.
        life.work(&mut chain)?;
    }
    Ok((chain, life))
}

/// How often it is looked whether the simulator is done.
const AWAITED: Duration = Duration::from_millis(10);

/// How often it is looked whether somebody has asked for a round.
const ASKED: Duration = Duration::from_millis(1);

/// What the program does besides answering: opens the exchange, then lets time pass, and prints what happens.
struct Life {
    /// What the simulator is computing.
    prospect: Option<JoinHandle<Result<Prospect, String>>>,
    /// Whether there is an exchange to open, and not one that was kept.
    opens: bool,
    /// What happens in the market, where there is one.
    scene: Option<Scene>,
    without: Vec<Role>,
    /// How long the market waits between two of its rounds.
    round: Duration,
    seed: u64,
    /// When trading begins.
    start: u64,
    opening: Option<Opening>,
    /// The clock and the mining that begin when the exchange is open.
    trading: Option<(Clock, Mining)>,
    /// Where it is written down where the exchange is, of a chain that is kept and was not before.
    file: Option<PathBuf>,
    quiet: bool,
    opened: bool,
    market: Option<Market>,
}

impl Background for Life {
    fn work(&mut self, chain: &mut Devnet) -> Result<Option<Duration>, String> {
        if let Some(prospect) = self.prospect.take() {
            if !prospect.is_finished() {
                self.prospect = Some(prospect);
                return Ok(Some(AWAITED));
            }
            let prospect = prospect.join().map_err(|_| "the simulator has failed".to_owned())??;
            self.opening = self.opens.then(|| Opening::of(prospect.clone()));
            self.market =
                self.scene.map(|scene| Market::new(prospect, scene, self.seed, self.start).without(&self.without));
        }
        if let Some(opening) = &mut self.opening {
            if opening.advance(chain).map_err(|error| error.to_string())? {
                return Ok(Some(Duration::ZERO));
            }
            self.opening = None;
        }
        if let Some((clock, mining)) = self.trading.take() {
            let newest = chain.node.head().time();
            let behind = clock.next(0) < newest;
            let first = clock.next(newest);
            chain.node.clock = clock;
            // A chain that was kept goes on where it was.
            chain.node.clock_to(if behind { newest } else { first });
            chain.mining = mining;
            chain.node.seal()?;
            if let Some(file) = &self.file {
                write_whole(file, &chain.deployment.to_json())
                    .map_err(|error| format!("{}: {error}", file.display()))?;
            }
            self.opened = true;
            say(&ready(chain));
        }
        let Some(market) = &mut self.market else { return Ok(None) };
        if chain.rounds.is_some_and(|rounds| rounds.played >= rounds.asked) {
            return Ok(Some(ASKED));
        }
        if let Err(error) = market.play(chain) {
            // Whoever takes blocks back may take the market's ground away: the chain goes on without it.
            say(&format!("the market has stopped: {error}\n"));
            self.market = None;
        }
        if let Some(rounds) = &mut chain.rounds {
            rounds.played += 1;
            return Ok(Some(Duration::ZERO));
        }
        Ok(Some(self.round))
    }

    fn hear(&mut self, chain: &Devnet, notices: &[Notice]) {
        if self.quiet || !self.opened {
            return;
        }
        for notice in notices {
            match notice {
                Notice::Sealed(sealed) if !sealed.transactions.is_empty() => say(&chain.told(sealed)),
                Notice::Waiting(transaction) => chain.told_waiting(transaction).iter().for_each(|line| say(line)),
                Notice::TakenBack(sealed) => {
                    say(&format!("block {} {:?} is taken back\n", sealed.number(), sealed.hash()))
                }
                Notice::Sealed(_) => {}
            }
        }
    }
}

/// What is printed first: the keys of whoever is outside, and Anvil's ten in any case.
fn welcome(bound: SocketAddr, unplayed: &[Role]) -> String {
    let mut text = format!(
        "sit-devnet: http://{bound} and ws://{bound}, chain id {CHAIN_ID}, currency DOT (18 decimals)\n\n\
         Keys that everybody knows (\"{MNEMONIC}\"), with 1,000,000 DOT and 10,000,000 USDC each:\n"
    );
    let apart = [Role::Reporter, Role::Follower];
    for key in keyring::all().iter().filter(|key| !apart.contains(&key.role) || unplayed.contains(&key.role)) {
        let secret: String = key.secret.iter().map(|byte| format!("{byte:02x}")).collect();
        text.push_str(&format!("  {:<9} {:?}  0x{secret}\n", key.name, key.address));
    }
    text.push('\n');
    text
}

fn ready(chain: &Devnet) -> String {
    let mut text = String::new();
    for (contract, address) in chain.deployment.iter() {
        let shown = sit_devnet::Address::from(address);
        text.push_str(&format!("  {:<15} {shown}\n", contract.name()));
    }
    let head = chain.node.head();
    format!("{text}\nThe chain is ready at block {}, its time {}.\n", head.number(), head.time())
}
