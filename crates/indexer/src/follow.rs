//! Following the chain, by hash and never by number alone: one way for history and for the newest block.
//!
//! ```text
//! head below ours, same hash at its height    the node is behind: wait
//! another hash at a height that we have       a reorganisation: take back to the common block, at most UNDO_DEPTH deep
//! first new block not ours' child             the same
//! otherwise                                   take the next blocks, twice as many as last time while that goes well
//! ```

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use sit_engine::chain::Hash;
use sit_engine::clearing::{Curve, Instrument, Ledger, Product};
use sit_engine::codec::Cell;
use sit_engine::units::Seat;
use sit_native::{Contract, stored, view::ClearingCell};

use crate::again::Again;
use crate::check::Checker;
use crate::deposits::Deposits;
use crate::derive::{Arrival, Arrived, Facts, Known, Terms, Touched, listed};
use crate::source::{self, Source, SourceError};
use crate::store::{StoreError, Tip, UNDO_DEPTH, Writer};

/// Blocks of one step at most.
const MOST_BLOCKS: u64 = 512;
/// Cells of one question at most.
const CELLS_AT_ONCE: usize = 1_000;
/// How often a node is asked what is final while no block comes.
const FINAL_PAUSE: Duration = Duration::from_secs(2);
/// Logs after which a step is not made larger.
const MANY_LOGS: usize = 5_000;

/// Why following has stopped.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The tables cannot be written, or may not be.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The node does not answer usefully. The next step may succeed.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl FollowError {
    /// Whether trying again can help.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::Source(_) | Self::Store(StoreError::Gap { .. }))
    }
}

/// What a step has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Blocks were taken; whether the tables have reached the node's newest block.
    Taken {
        /// Number of blocks.
        blocks: u64,
        /// Whether nothing is left for now.
        at_head: bool,
    },
    /// Nothing new.
    Same,
    /// The node has fewer blocks than the tables, and no other ones.
    NodeBehind {
        /// The node's newest block.
        node: u64,
    },
    /// Blocks were taken back.
    Back {
        /// Number of blocks.
        depth: u64,
        /// The newest block that is left.
        to: u64,
    },
}

/// Follows one chain into one set of tables.
pub struct Follower<S> {
    source: S,
    writer: Writer,
    /// The state of the chain against the tables, and the books.
    pub checker: Checker,
    range: u64,
    node_head: Option<u64>,
    final_block: Option<u64>,
    final_asked: Option<Instant>,
    pending: Touched,
    known: Known,
    again: Again,
    worked: Deposits,
    /// Whether cells are read at each block at the head, and the tables held against them, and receipts asked for
    /// again.
    pub checks: bool,
    /// Whether deposits are told apart from fees, a few transactions with each step at the head.
    pub deposits: bool,
}

impl<S: Source> Follower<S> {
    /// Follows from where the tables are.
    ///
    /// # Errors
    /// [`FollowError`]: of tables of another chain above all.
    pub fn new(source: S, writer: Writer) -> Result<Self, FollowError> {
        let checker = Checker::new(writer.identity());
        let worked = Deposits::of(&writer)?;
        Ok(Self {
            source,
            writer,
            checker,
            range: 1,
            node_head: None,
            final_block: None,
            final_asked: None,
            pending: Touched::default(),
            known: Known::default(),
            again: Again::default(),
            worked,
            checks: true,
            deposits: true,
        })
    }

    /// The tables.
    pub fn writer(&mut self) -> &mut Writer {
        &mut self.writer
    }

    /// The chain.
    pub fn source(&mut self) -> &mut S {
        &mut self.source
    }

    /// The node's newest block, as of the last step.
    #[must_use]
    pub fn node_head(&self) -> Option<u64> {
        self.node_head
    }

    /// The newest block that is final, as the node has said last; `None` where it has not said so yet, or does not
    /// know.
    #[must_use]
    pub fn final_block(&self) -> Option<u64> {
        self.final_block
    }

    /// Does the next thing that there is to do.
    ///
    /// # Errors
    /// [`FollowError`]. After one that passes, call it again a little later.
    pub fn step(&mut self) -> Result<Step, FollowError> {
        let head = self.source.head()?;
        self.node_head = Some(head.number);
        let first = self.writer.identity().first_block;
        let Some(tip) = self.writer.tip()? else {
            if head.number < first {
                return Ok(Step::NodeBehind { node: head.number });
            }
            return self.take(first, head.number, None);
        };
        if head.number == tip.number && head.hash == tip.hash {
            self.ask_final(&tip, FINAL_PAUSE);
            self.look(&tip)?;
            self.work(&tip)?;
            return Ok(Step::Same);
        }
        if head.number <= tip.number {
            return match self.writer.hash_of(head.number)? {
                Some(ours) if ours == head.hash => Ok(Step::NodeBehind { node: head.number }),
                Some(_) => self.back(head.number, &tip),
                None => Ok(Step::NodeBehind { node: head.number }),
            };
        }
        // Where the head is our child nothing can have been replaced; else the node is asked for our newest block.
        if head.number > tip.number + 1 || head.parent != tip.hash {
            match self.source.hash_of(tip.number)? {
                Some(theirs) if theirs == tip.hash => {}
                Some(_) => return self.back(tip.number, &tip),
                None => {
                    return Err(SourceError::Inconsistent(format!(
                        "the newest block is {}, and there is no block {}",
                        head.number, tip.number
                    ))
                    .into());
                }
            }
        }
        self.take(tip.number + 1, head.number, Some(tip))
    }

    fn take(&mut self, from: u64, head: u64, tip: Option<Tip>) -> Result<Step, FollowError> {
        let to = head.min(from.saturating_add(self.range - 1));
        let addresses = self.writer.identity().addresses();
        let blocks = match source::blocks(&mut self.source, from..=to, &addresses) {
            Ok(blocks) => blocks,
            Err(error) => {
                self.range = (self.range / 2).max(1);
                return Err(error.into());
            }
        };
        let Some(first) = blocks.first() else {
            return Err(SourceError::Inconsistent(format!("block {from} is below the newest and is missing")).into());
        };
        if let Some(tip) = tip
            && first.header.parent != tip.hash
        {
            return self.back(tip.number, &tip);
        }
        let logs: usize = blocks.iter().map(|block| block.logs.len()).sum();
        let mut facts = Vec::with_capacity(blocks.len());
        for block in blocks {
            let terms = self.terms(&block)?;
            let arrivals = self.arrivals(&block).inspect_err(|_| self.known.forget())?;
            facts.push(Facts { block, terms, arrivals });
        }
        let taken = facts.len() as u64;
        let touched = self.writer.apply(&facts, head).inspect_err(|_| self.known.forget())?;
        self.pending.extend(touched);
        if taken >= self.range && logs < MANY_LOGS {
            self.range = (self.range * 2).min(MOST_BLOCKS);
        } else if logs > 2 * MANY_LOGS {
            self.range = (self.range / 2).max(1);
        }
        let newest = self.writer.tip()?;
        let at_head = newest.is_some_and(|newest| newest.number == head);
        if let Some(newest) = newest.filter(|_| at_head) {
            self.ask_final(&newest, Duration::ZERO);
            self.look(&newest)?;
            self.ask_again(&newest)?;
            self.work(&newest)?;
        }
        Ok(Step::Taken { blocks: taken, at_head })
    }

    /// The terms of the months that a block lists: of its own state, or, where the node has forgotten that, of the
    /// newest one, for they never change.
    fn terms(&mut self, block: &source::Block) -> Result<Vec<Terms>, FollowError> {
        let months = listed(&self.writer.identity().deployment, block);
        if months.is_empty() {
            return Ok(Vec::new());
        }
        match self.terms_at(block.header.hash, &months) {
            Ok(terms) if terms.len() == months.len() => return Ok(terms),
            _ => {}
        }
        let head = self.source.head()?;
        let terms = self.terms_at(head.hash, &months)?;
        if terms.len() == months.len() {
            return Ok(terms);
        }
        let number = block.header.number;
        Err(SourceError::Unreachable(format!(
            "it has no state of block {number}, where months were listed that have left the curve since: \
             choose a node that keeps old states (an archive node)"
        ))
        .into())
    }

    /// What was there before a block that names an account or a month which no event has told: all of the house, as it
    /// was at the end of the block before. So a house to which accounts and months have come from another one is known
    /// from the first event on, and so is one whose index begins late.
    fn arrivals(&mut self, block: &source::Block) -> Result<Vec<Arrival>, FollowError> {
        let deployment = self.writer.identity().deployment.clone();
        if !self.known.hear(self.writer.connection(), &deployment, block)? || block.header.number == 0 {
            return Ok(Vec::new());
        }
        let at = block.header.parent;
        let forgotten = |error: FollowError| match error {
            FollowError::Source(why) => FollowError::Source(SourceError::Unreachable(format!(
                "block {} names accounts or months that came from another house or are older than the first block, and the \
                 node does not tell the state before it ({why}): choose a node that keeps old states (an archive node)",
                block.header.number
            ))),
            other => other,
        };
        let cell = |question: ClearingCell| (question.kind, question.a, question.b);
        let products: Vec<Product> = (0..=Product::MAX.0).map(Product).collect();
        let mut wanted = vec![cell(stored::ledger().question)];
        wanted.extend(products.iter().map(|product| cell(stored::curve(*product).question)));
        let first = read_cells(&mut self.source, &deployment, at, &wanted).map_err(forgotten)?;
        let Some((ledger, curves)) = first.split_first() else { return Ok(Vec::new()) };
        let seats = if ledger.is_empty() { 0 } else { Ledger::from_cell(ledger).seats };
        let mut found: Vec<Arrival> = Vec::new();
        let mut months: Vec<Instrument> = Vec::new();
        for (product, bytes) in products.iter().zip(curves).filter(|(_, bytes)| !bytes.is_empty()) {
            months.extend(Curve::from_cell(bytes).months().iter().map(|month| month.instrument));
            found.push(Arrival { kind: Arrived::Curve, id: product.0.into(), cell: bytes.clone() });
        }
        let markets =
            months.iter().map(|month| (Arrived::Market, month.0.into(), cell(stored::market(*month).question)));
        let accounts = (0..seats).map(|seat| (Arrived::Account, seat, cell(stored::account(Seat(seat)).question)));
        let all: Vec<(Arrived, u32, (u8, u32, u32))> = markets.chain(accounts).collect();
        for some in all.chunks(CELLS_AT_ONCE) {
            let wanted: Vec<_> = some.iter().map(|(.., question)| *question).collect();
            let cells = read_cells(&mut self.source, &deployment, at, &wanted).map_err(forgotten)?;
            let read = some.iter().zip(cells).filter(|(_, bytes)| !bytes.is_empty());
            found.extend(read.map(|((kind, id, _), cell)| Arrival { kind: *kind, id: *id, cell }));
        }
        Ok(found)
    }

    fn terms_at(&mut self, at: Hash, months: &[Instrument]) -> Result<Vec<Terms>, FollowError> {
        let products: BTreeSet<u8> = months.iter().map(|month| month.product().0).collect();
        let question = |product: &u8| {
            let cell = stored::curve(Product(*product)).question;
            (cell.kind, cell.a, cell.b)
        };
        let wanted: Vec<_> = products.iter().map(question).collect();
        let cells = read_cells(&mut self.source, &self.writer.identity().deployment, at, &wanted)?;
        let curves: Vec<Curve> =
            cells.iter().filter(|bytes| !bytes.is_empty()).map(|bytes| Curve::from_cell(bytes)).collect();
        let found = months.iter().filter_map(|month| curves.iter().find_map(|curve| curve.month(*month)));
        let terms = found.map(|month| Terms {
            instrument: month.instrument,
            tick_value: month.tick_value,
            tick_size: month.tick_size,
        });
        Ok(terms.collect())
    }

    /// Asks the node what is final, where not all of the tables is and the last question is so long ago. A node that
    /// does not answer is asked with the next block.
    fn ask_final(&mut self, tip: &Tip, pause: Duration) {
        let open = self.final_block.is_none_or(|known| known < tip.number);
        let due = self.final_asked.is_none_or(|asked| asked.elapsed() >= pause);
        if open && due {
            self.final_asked = Some(Instant::now());
            let named = self.source.final_block().ok().flatten();
            if let Some(number) = named.and_then(|(number, hash)| self.final_here(tip, number, hash)) {
                self.final_block = Some(number);
            }
        }
    }

    /// How far the word of a node of what is final reaches in these tables; `None` where it is about other blocks than
    /// theirs, which the node has replaced since it was asked for the newest one.
    fn final_here(&mut self, tip: &Tip, number: u64, hash: Hash) -> Option<u64> {
        if number < self.writer.identity().first_block {
            return Some(number);
        }
        if number <= tip.number {
            return (self.writer.hash_of(number).ok()? == Some(hash)).then_some(number);
        }
        // It has gone on meanwhile: then all of the tables is final, if the node still has their newest block.
        (self.source.hash_of(tip.number).ok()? == Some(tip.hash)).then_some(tip.number)
    }

    /// Holds what has changed against the chain's cells, at the newest block. A node that does not answer, or has gone
    /// on, is asked again with the next block.
    fn look(&mut self, tip: &Tip) -> Result<(), FollowError> {
        if !self.checks || (self.checker.is_of(tip) && self.checker.books().verified) {
            return Ok(());
        }
        match self.checker.look(&mut self.source, &self.writer, tip, &self.pending) {
            Ok(()) => {
                self.pending = Touched::default();
                Ok(())
            }
            Err(FollowError::Source(_)) => {
                self.checker.unverified(&self.writer, tip)?;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Holds what the node says of older blocks against what it said when they were taken.
    fn ask_again(&mut self, tip: &Tip) -> Result<(), FollowError> {
        if !self.checks {
            return Ok(());
        }
        match self.again.look(&mut self.source, &self.writer, tip) {
            Err(FollowError::Source(_)) => Ok(()),
            done => done,
        }
    }

    /// Tells deposits apart from fees, where they are not yet.
    fn work(&mut self, tip: &Tip) -> Result<(), FollowError> {
        if self.deposits {
            self.worked.work(&mut self.source, &mut self.writer, tip)?;
        }
        Ok(())
    }

    /// Takes back to the newest block that node and tables have in common, `known` being one that they have not.
    fn back(&mut self, known: u64, tip: &Tip) -> Result<Step, FollowError> {
        let undo_from = self.writer.undo_from()?;
        let mut number = known;
        while number > self.writer.identity().first_block {
            number -= 1;
            if number + 1 < undo_from || tip.number - number > UNDO_DEPTH {
                return Err(StoreError::TooDeep { number: number + 1, from: undo_from }.into());
            }
            let ours = self.writer.hash_of(number)?;
            let theirs = self.source.hash_of(number)?;
            if theirs.is_some() && ours == theirs {
                self.writer.back_to(number)?;
                // On a development chain what was final is taken back too.
                self.final_block = self.final_block.map(|known| known.min(number));
                self.checker.forget();
                self.again.back_to(number);
                self.worked.back_to(number);
                self.pending = Touched::default();
                self.known.forget();
                self.range = 1;
                return Ok(Step::Back { depth: tip.number - number, to: number });
            }
        }
        Err(StoreError::TooDeep { number, from: undo_from }.into())
    }

    /// Follows until the tables have the node's newest block. For commands that do one pass, and tests.
    ///
    /// # Errors
    /// [`FollowError`]; a node that fails ten times in a row is given up.
    pub fn catch_up(&mut self) -> Result<Tip, FollowError> {
        let mut failures = 0_u32;
        loop {
            match self.step() {
                Ok(Step::Same | Step::Taken { at_head: true, .. } | Step::NodeBehind { .. }) => {
                    if let Some(tip) = self.writer.tip()? {
                        return Ok(tip);
                    }
                    std::thread::sleep(Duration::from_millis(50));
                }
                Ok(_) => failures = 0,
                Err(error) if error.passes() && failures < 10 => {
                    failures += 1;
                    std::thread::sleep(Duration::from_millis(20 * u64::from(failures)));
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Cells of the clearing house at the end of a block, by its `cell` view.
///
/// # Errors
/// [`FollowError::Source`].
pub fn read_cells<S: Source + ?Sized>(
    source: &mut S,
    deployment: &sit_client::Deployment,
    block: Hash,
    cells: &[(u8, u32, u32)],
) -> Result<Vec<Vec<u8>>, FollowError> {
    let clearing = deployment.get(Contract::Clearing).unwrap_or_default();
    let calls: Vec<_> = cells
        .iter()
        .map(|(kind, a, b)| (clearing, sit_client::codec::question(&ClearingCell { kind: *kind, a: *a, b: *b })))
        .collect();
    let answers = source.call(block, &calls)?;
    answers
        .iter()
        .map(|answer| {
            sit_client::codec::returned::<Vec<u8>>(answer)
                .map_err(|why| SourceError::Inconsistent(why.to_string()).into())
        })
        .collect()
}
