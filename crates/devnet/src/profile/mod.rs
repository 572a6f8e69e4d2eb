//! What a message spends its weight on: instructions by function of the engine, and functions of the host.
//!
//! ```text
//! the chain    runs the message once and writes down what it asked and was answered   Recording
//! PolkaVM      runs the same code again, an instruction at a time, with the answers    replay
//! lines        say to which functions an instruction belongs                          Code
//! ```
//!
//! `metered = instructions × price + functions of the host + loading of code and frames`, all in picoseconds of
//! `ref_time`. The code that ran is run again, and the instructions of each stretch between two functions of the host are
//! compared with what the pallet metered for it: a profile of another execution than the one on the chain is an error,
//! not an estimate. Then the code with line information runs with the same answers. It is nearly the same code and not
//! quite, since the compiler finds less that functions have in common when it has to say where each instruction comes
//! from; [`Profile::attributed`] says how near.
//!
//! An instruction is the own one of the innermost function of ours (a crate whose name begins with `sit_`) that the
//! compiler has put there; of the innermost function of all where none is ours, as in the division of long numbers. It
//! is also *within* each function that was called on the way to it.
//!
//! PolkaVM pays for instructions up to the next jump at once, so a message pays for some that it does not run: those
//! behind its last call of the host.

mod lines;
mod recording;
mod replay;

use std::collections::{BTreeMap, HashMap};

use polkavm::Reg;

pub use recording::Recording;
pub(crate) use recording::{Asked, Frame};

use crate::cost::Weight;
use lines::{Code, Name, Names};
use replay::Step;

/// Crates whose functions are ours.
const OURS: &str = "sit_";
/// Calls within calls that are followed: deeper ones belong to the one at this depth.
const DEPTH: usize = 256;

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// There is no blob with line information.
    #[error("there is no line information of `{contract}`: build it (sit-contracts lines {contract})")]
    NoLines {
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
    /// What the code with line information used for the same: what is attributed to functions.
    pub attributed: u64,
    /// Those of the attributed that did not run: see the module.
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
    /// Its path, without types.
    pub name: String,
    /// Instructions of its own, with those of functions of others that the compiler put into it.
    pub own: u64,
    /// Instructions of its own and of everything that it called.
    pub within: u64,
    /// How often it was entered. What the compiler has put into another function and mixed with its instructions
    /// counts as entered as often as it goes on.
    pub calls: u64,
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
    /// Runs the message again and counts. `lines` gives the blob of a contract with line information.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn profile(&self, mut lines: impl FnMut(&str) -> Option<Vec<u8>>) -> Result<Profile, ProfileError> {
        let mut names = Names::default();
        let mut codes: BTreeMap<[u8; 20], (Code, Vec<u8>)> = BTreeMap::new();
        let mut count = Count::default();
        let (mut paid, mut attributed, mut host) = (0, 0, HashMap::<&'static str, Host>::new());
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
            paid += replay::run(frame, blob, self.now, Some(self.price), |_| {})?;
            if !codes.contains_key(&frame.code) {
                let with_lines = lines(contract).ok_or_else(|| ProfileError::NoLines { contract: contract.clone() })?;
                codes.insert(frame.code, (Code::read(&with_lines, &mut names)?, with_lines));
            }
            let Some((code, with_lines)) = codes.get(&frame.code) else { continue };
            count.of.resize(names.all.len(), Counted::default());
            let mut follower = Follower::new(code, &mut count, &names);
            attributed += replay::run(frame, with_lines, self.now, None, |step| follower.see(step))?;
            follower.finish();
        }
        let mut functions: Vec<Function> = names
            .all
            .iter()
            .zip(&count.of)
            .filter(|(_, counted)| counted.within > 0)
            .map(|(name, &Counted { own, within, calls, .. })| Function { name: name.clone(), own, within, calls })
            .collect();
        functions.sort_by(|one, other| (other.own, other.within, &one.name).cmp(&(one.own, one.within, &other.name)));
        let mut host: Vec<Host> = host.into_values().collect();
        host.sort_by(|one, other| (other.charged, &one.name).cmp(&(one.charged, &other.name)));
        Ok(Profile {
            metered: self.metered,
            price: self.price,
            instructions: paid,
            attributed,
            not_run: attributed.saturating_sub(count.ran),
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
    /// The functions of its newest instruction.
    functions: Option<usize>,
}

/// Follows a frame through its functions.
struct Follower<'a> {
    code: &'a Code,
    count: &'a mut Count,
    /// Whose an instruction is, by the functions that it is in.
    owners: Vec<Option<Name>>,
    activations: Vec<Activation>,
    /// Where the call that was just made returns to.
    calling: Option<u32>,
}

impl<'a> Follower<'a> {
    fn new(code: &'a Code, count: &'a mut Count, names: &Names) -> Self {
        let owner = |stack: &[Name]| {
            let ours = stack.iter().rev().find(|&&name| names.all.get(name).is_some_and(|name| is_ours(name)));
            ours.or(stack.last()).copied()
        };
        let owners = code.stacks().iter().map(|stack| owner(stack)).collect();
        Self { code, count, owners, activations: vec![Activation { back: None, functions: None }], calling: None }
    }

    fn see(&mut self, step: &Step<'_>) {
        let stack = step.instance.reg(Reg::SP);
        if let Some(back) = self.calling.take()
            && self.activations.len() < DEPTH
        {
            self.activations.push(Activation { back: Some((back, stack)), functions: None });
        }
        while self.activations.last().is_some_and(|activation| activation.back == Some((step.at, stack))) {
            self.leave();
        }
        self.calling = self.code.returns_to(step.at);
        self.count.ran += 1;
        let Some(activation) = self.activations.last_mut() else { return };
        let (before, now) = (activation.functions, self.code.functions(step.at));
        if now.is_some() && now != before {
            activation.functions = now;
            let code = self.code;
            let of = |functions: Option<usize>| functions.map_or(&[] as &[Name], |number| code.stack(number));
            for &name in of(now) {
                let entered = !of(before).contains(&name);
                self.enter(name, entered);
            }
            for &name in of(before) {
                self.exit(name);
            }
        }
        // What belongs to nobody belongs to who ran before it, callers included.
        let known = self.activations.iter().rev().find_map(|activation| activation.functions);
        if let Some(Some(owner)) = known.and_then(|number| self.owners.get(number))
            && let Some(counted) = self.count.of.get_mut(*owner)
        {
            counted.own += 1;
        }
    }

    fn enter(&mut self, name: Name, entered: bool) {
        let Some(counted) = self.count.of.get_mut(name) else { return };
        if counted.open == 0 {
            // The instruction that enters it is counted already.
            counted.since = self.count.ran - 1;
        }
        counted.open += 1;
        counted.calls += u64::from(entered);
    }

    fn exit(&mut self, name: Name) {
        let Some(counted) = self.count.of.get_mut(name) else { return };
        counted.open = counted.open.saturating_sub(1);
        if counted.open == 0 {
            counted.within += (self.count.ran - 1).saturating_sub(counted.since);
        }
    }

    fn leave(&mut self) {
        let Some(Activation { functions: Some(number), .. }) = self.activations.pop() else { return };
        // The instruction after the call is not counted yet.
        self.count.ran += 1;
        let code = self.code;
        for &name in code.stack(number) {
            self.exit(name);
        }
        self.count.ran -= 1;
    }

    /// Ends what has not returned: a frame ends in the middle of its functions.
    fn finish(mut self) {
        while !self.activations.is_empty() {
            self.leave();
        }
    }
}

fn is_ours(name: &str) -> bool {
    name.trim_start_matches(['<', '&']).starts_with(OURS)
}
