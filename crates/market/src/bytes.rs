//! Any bytes as messages: what is drawn becomes a sequence on the native exchange, audited after each message.
//!
//! Bytes choose the message among all that the contracts have, each argument by its type in the ABI, who sends it and
//! how much later. Nothing is sensible but by chance; that is what random sequences ([`crate::sequence`]) are for.

use crate::sequence::World;
use sit_engine::calendar::DAY;
use sit_engine::clearing::Store;
use sit_engine::units::Seat;
use sit_native::{AbiEntry, Argument, Broken, Exchange, Message};

/// Most messages of a sequence.
const MOST_MESSAGES: usize = 64;

/// Longest list or byte string that is drawn.
const LONGEST: u8 = 48;

/// What is left of the bytes; zeros when nothing is.
struct Draw<'a> {
    rest: &'a [u8],
}

impl Draw<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    fn wide(&mut self, bytes: u8) -> u128 {
        (0..bytes).fold(0, |sum, _| sum << 8 | u128::from(self.byte()))
    }

    /// Often small, often near a mark, at times anything.
    fn number(&mut self, bits: u32) -> u128 {
        let kind = self.byte();
        let number = match kind % 8 {
            0..=3 => u128::from(self.byte() % 16),
            4 => 2_500 + u128::from(self.byte()),
            5 => self.wide(3),
            6 => self.wide(6),
            _ => self.wide(16),
        };
        if bits >= 128 { number } else { number & ((1 << bits) - 1) }
    }

    /// A value of a Solidity type.
    fn argument(&mut self, solidity: &str, people: &[[u8; 20]]) -> Argument {
        if let Some(item) = solidity.strip_suffix("[]") {
            let count = self.byte() % LONGEST;
            return Argument::List((0..count).map(|_| self.argument(item, people)).collect());
        }
        if let Some(inner) = solidity.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            return Argument::Tuple(members(inner).into_iter().map(|member| self.argument(member, people)).collect());
        }
        let width = |prefix: &str| solidity.strip_prefix(prefix).map(|bits| bits.parse().unwrap_or(256));
        if let Some(bits) = width("uint") {
            return Argument::Number(self.number(bits));
        }
        if let Some(bits) = width("int") {
            let number = self.number(bits.min(64).saturating_sub(1)).cast_signed();
            return Argument::Signed(if self.byte().is_multiple_of(2) { number } else { -number });
        }
        match solidity {
            "bool" => Argument::Flag(self.byte().is_multiple_of(2)),
            "address" => Argument::Address(people[usize::from(self.byte()) % people.len()]),
            "bytes32" => Argument::Word([self.byte(); 32]),
            _ => {
                // Seats and levels are packed numbers: four bytes each.
                let count = self.byte() % (LONGEST / 4);
                let packed = (0..count).flat_map(|_| {
                    let number = self.number(32);
                    u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes()
                });
                Argument::Bytes(packed.collect())
            }
        }
    }
}

/// The types of a struct's members.
fn members(inner: &str) -> Vec<&str> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (place, letter) in inner.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(&inner[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    found.push(&inner[start..]);
    found
}

/// What a run came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Outcomes {
    /// Messages that were done.
    pub done: u32,
    /// Messages that were refused.
    pub refused: u32,
    /// Draws that are no message: a number that does not fit, a mode that does not exist.
    pub unread: u32,
}

/// Where runs begin.
#[derive(Clone)]
pub struct Ready {
    world: World,
    begun: Exchange,
    entries: Vec<AbiEntry>,
}

impl Default for Ready {
    fn default() -> Self {
        let world = World::named();
        Self { begun: world.begun(), entries: Message::entries(), world }
    }
}

impl Ready {
    /// Sends what the bytes say from where sequences begin, and audits everything after each message. A refused message
    /// must leave every cell as it was.
    ///
    /// # Errors
    /// The invariant that broke.
    pub fn run(&self, bytes: &[u8]) -> Result<Outcomes, Broken> {
        let Self { world, begun, entries } = self;
        let mut exchange = begun.clone();
        let mut people: Vec<[u8; 20]> = world.signers().collect();
        people.push(world.addresses.clearing);
        let mut draw = Draw { rest: bytes };
        let mut told = Outcomes::default();
        for _ in 0..MOST_MESSAGES {
            if draw.rest.is_empty() {
                break;
            }
            let place = usize::from(draw.byte());
            let entry = &entries[place % entries.len()];
            let later = [0, 0, 6, 60, 600, 3_600, 43_200, DAY][usize::from(draw.byte() % 8)];
            exchange.now = exchange.now.later(later);
            let arguments: Vec<Argument> =
                entry.parameters.iter().map(|parameter| draw.argument(&parameter.solidity, &people)).collect();
            let Some(message) = Message::parse(entry.contract, entry.name, &arguments) else {
                told.unread += 1;
                continue;
            };
            // Mostly whoever owns the account that it is about.
            let sender = usize::from(draw.byte());
            let owner = message.account().and_then(|seat: Seat| exchange.clearing.account(seat)).map(|held| held.owner);
            let by = owner.filter(|_| sender % 4 > 0).unwrap_or(people[sender % (people.len() - 1)]);
            let before = exchange.clearing.clone();
            if exchange.send(by, &message).is_ok() {
                told.done += 1;
            } else {
                told.refused += 1;
                if !before.same_cells(&exchange.clearing) {
                    return Err(Broken { rule: "S4", found: format!("{message:?} was refused and left a trace") });
                }
            }
            exchange.audit_all()?;
        }
        Ok(told)
    }
}
