//! What a message spends its weight on: instructions by function of the engine, and functions of the host.
//!
//! ```text
//! the chain    runs the message once and writes down what it asked and was answered   Recording
//! PolkaVM      runs the same code again, an instruction at a time, with the answers    replay
//! symbols      say to which function an instruction belongs                           Code
//! ```
//!
//! `metered = instructions × price + functions of the host + loading of code and frames`, all in picoseconds of
//! `ref_time`. The instructions of each stretch between two functions of the host are compared with what the pallet
//! metered for it: a profile of another execution than the one on the chain is an error, not an estimate.
//!
//! The functions are those that the compiler has left as functions; what it has put into others belongs to those, and
//! what it has taken out of several (`OUTLINED_FUNCTION`) to whoever ran before. An instruction is *within* each
//! function that was called on the way to it.
//!
//! PolkaVM pays for instructions up to the next jump at once, so a message pays for some that it does not run: those
//! behind its last call of the host.

mod code;
mod recording;
mod replay;

use std::collections::{BTreeMap, HashMap, btree_map::Entry};

use polkavm::Reg;

pub use recording::Recording;
pub(crate) use recording::{Asked, Frame};

use crate::cost::Weight;
use code::{Code, Name, Names};
use replay::Step;

/// Calls within calls that are followed: deeper ones belong to the one at this depth.
const DEPTH: usize = 256;

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Nobody knows the names of the functions.
    #[error("the names of the functions of `{contract}` are not known: link them (sit-contracts symbols {contract})")]
    NoSymbols {
        /// Name of the contract.
        contract: String,
    },
    /// The names are of other code than the one that ran.
    #[error(
        "the functions of `{contract}` are named for other code than the one that ran: link them again (sit-contracts symbols {contract})"
    )]
    OtherCode {
        /// Name of the contract.
        contract: String,
    },
    /// The second run took another way than the one on the chain.
    #[error(
        "the second run is not the one on the chain: it used {used} instructions where the chain metered {metered}"
    )]
    Another {
        /// Instructions of the second run.
        used: u64,
        /// Instructions that the chain metered.
        metered: u64,
    },
    /// PolkaVM refused the code, or it stopped.
    #[error("PolkaVM could not run the message again: {0}")]
    Machine(String),
    /// A function of the host that no contract of the exchange has called so far.
    #[error("the message calls the host's `{0}`, which crates/devnet/src/profile/replay.rs does not answer yet")]
    Host(String),
}

/// What a message spends its weight on.
#[derive(Debug, Clone)]
pub struct Profile {
    /// What the pallet metered.
    pub metered: Weight,
    /// Picoseconds of `ref_time` for one instruction.
    pub price: u64,
    /// Instructions that were paid for, as metered.
    pub instructions: u64,
    /// Those of them that did not run: see the module.
    pub not_run: u64,
    /// By function, the dearest by its own instructions first.
    pub functions: Vec<Function>,
    /// By function of the host, the dearest first.
    pub host: Vec<Host>,
}

impl Profile {
    /// Picoseconds of all instructions.
    #[must_use]
    pub const fn of_instructions(&self) -> u64 {
        self.instructions.saturating_mul(self.price)
    }

    /// Picoseconds of all functions of the host.
    #[must_use]
    pub fn of_host(&self) -> u64 {
        self.host.iter().map(|host| host.charged).sum()
    }

    /// Picoseconds of what is neither: code that is loaded, frames that are opened, precompiles.
    #[must_use]
    pub fn of_the_rest(&self) -> u64 {
        self.metered.ref_time.saturating_sub(self.of_instructions()).saturating_sub(self.of_host())
    }
}

/// A function of the contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its path.
    pub name: String,
    /// Instructions of its own, with those of functions that the compiler put into it.
    pub own: u64,
    /// Instructions of its own and of everything that it called.
    pub within: u64,
    /// How often it was entered: it began, or went on after a part of it that the linker has put elsewhere.
    pub calls: u64,
    /// Of a library's function: its own instructions by the function of ours that wanted them, the dearest first.
    pub wanted_by: Vec<(String, u64)>,
}

/// A function of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// How often it was called.
    pub calls: u64,
    /// Picoseconds, without frames that it opened.
    pub charged: u64,
}

impl Recording {
    /// Runs the message again and counts. `symbols` gives the blob of a contract with the names of its functions.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn profile(&self, mut symbols: impl FnMut(&str) -> Option<Vec<u8>>) -> Result<Profile, ProfileError> {
        let mut names = Names::default();
        let mut codes: BTreeMap<[u8; 20], Code> = BTreeMap::new();
        let mut count = Count::default();
        let (mut paid, mut host) = (0, HashMap::<&'static str, Host>::new());
        for frame in &self.frames {
            for asked in &frame.asked {
                let name = asked.function;
                let host = host.entry(name).or_insert_with(|| Host { name: name.to_owned(), calls: 0, charged: 0 });
                host.calls += 1;
                host.charged += asked.charged;
            }
            // Precompiles have frames and no code.
            let (Some((contract, blob)), false) = (self.codes.get(&frame.code), frame.stretches.is_empty()) else {
                continue;
            };
            let code = match codes.entry(frame.code) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let symbols =
                        symbols(contract).ok_or_else(|| ProfileError::NoSymbols { contract: contract.clone() })?;
                    place.insert(Code::read(contract, blob, &symbols, &mut names)?)
                }
            };
            count.of.resize(names.all.len(), Counted::default());
            let ours = names.all.iter().map(|name| is_ours(name)).collect();
            let mut follower = Follower::new(code, &mut count, ours);
            paid += replay::run(frame, blob, self.now, self.price, |step| follower.see(step))?;
            follower.finish();
        }
        let mut wanted: HashMap<Name, Vec<(String, u64)>> = HashMap::new();
        for ((function, by), own) in count.wanted {
            wanted.entry(function).or_default().push((names.all[by].clone(), own));
        }
        let mut functions: Vec<Function> = names
            .all
            .iter()
            .zip(&count.of)
            .enumerate()
            .filter(|(_, (_, counted))| counted.within > 0)
            .map(|(function, (name, &Counted { own, within, calls, .. }))| {
                let mut wanted_by = wanted.remove(&function).unwrap_or_default();
                wanted_by.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
                Function { name: name.clone(), own, within, calls, wanted_by }
            })
            .collect();
        functions.sort_by(|one, other| (other.own, other.within, &one.name).cmp(&(one.own, one.within, &other.name)));
        let mut host: Vec<Host> = host.into_values().collect();
        host.sort_by(|one, other| (other.charged, &one.name).cmp(&(one.charged, &other.name)));
        Ok(Profile {
            metered: self.metered,
            price: self.price,
            instructions: paid,
            not_run: paid.saturating_sub(count.ran),
            functions,
            host,
        })
    }
}

/// What has been counted over all frames.
#[derive(Default)]
struct Count {
    ran: u64,
    of: Vec<Counted>,
    /// Instructions of functions of libraries, by the function of ours that wanted them.
    wanted: HashMap<(Name, Name), u64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    own: u64,
    within: u64,
    calls: u64,
    /// How many of the open calls are in it, and when the first of them began.
    open: u32,
    since: u64,
}

/// A call that has not returned.
struct Activation {
    /// Where it returns to and with which stack; nothing for the frame itself.
    back: Option<(u32, u64)>,
    /// The function of its newest instruction: of a function that goes on as another one it is that.
    function: Option<Name>,
}

/// Follows a frame through its functions.
struct Follower<'a> {
    code: &'a Code,
    count: &'a mut Count,
    /// Which functions are ours.
    ours: Vec<bool>,
    activations: Vec<Activation>,
    /// Where the call that was just made returns to.
    calling: Option<u32>,
}

impl<'a> Follower<'a> {
    fn new(code: &'a Code, count: &'a mut Count, ours: Vec<bool>) -> Self {
        Self { code, count, ours, activations: vec![Activation { back: None, function: None }], calling: None }
    }

    fn see(&mut self, step: &Step<'_>) {
        let stack = step.instance.reg(Reg::SP);
        if let Some(back) = self.calling.take()
            && self.activations.len() < DEPTH
        {
            self.activations.push(Activation { back: Some((back, stack)), function: None });
        }
        while self.activations.last().is_some_and(|activation| activation.back == Some((step.at, stack))) {
            self.leave();
        }
        self.calling = self.code.returns_to(step.at);
        if let (Some(now), Some(activation)) = (self.code.function(step.at), self.activations.last_mut())
            && activation.function != Some(now)
        {
            let before = activation.function.replace(now);
            self.enter(now);
            if let Some(before) = before {
                self.exit(before);
            }
        }
        self.count.ran += 1;
        // What belongs to nobody belongs to who ran before it, callers included.
        let mut open = self.activations.iter().rev().filter_map(|activation| activation.function);
        let Some(owner) = open.next() else { return };
        if let Some(counted) = self.count.of.get_mut(owner) {
            counted.own += 1;
        }
        let is_ours = |function: &Name| self.ours.get(*function).copied().unwrap_or_default();
        if !is_ours(&owner)
            && let Some(by) = open.find(is_ours)
        {
            *self.count.wanted.entry((owner, by)).or_default() += 1;
        }
    }

    fn enter(&mut self, function: Name) {
        let Some(counted) = self.count.of.get_mut(function) else { return };
        if counted.open == 0 {
            counted.since = self.count.ran;
        }
        counted.open += 1;
        counted.calls += 1;
    }

    fn exit(&mut self, function: Name) {
        let Some(counted) = self.count.of.get_mut(function) else { return };
        counted.open = counted.open.saturating_sub(1);
        if counted.open == 0 {
            counted.within += self.count.ran.saturating_sub(counted.since);
        }
    }

    fn leave(&mut self) {
        if let Some(function) = self.activations.pop().and_then(|activation| activation.function) {
            self.exit(function);
        }
    }

    /// Ends what has not returned: a frame ends in the middle of its functions.
    fn finish(mut self) {
        while !self.activations.is_empty() {
            self.leave();
        }
    }
}

/// Whether a function is the project's own, by the crate that it or its type is of.
fn is_ours(name: &str) -> bool {
    name.trim_start_matches(['<', '&', '(']).starts_with("sit_")
}
