//! What the coalition plans: genes, each a time of the day, a condition and a move.
//!
//! A move names roles instead of accounts, shares of capacity instead of lots, and prices by what the house accepts, so
//! that one gene applies to any path and to its mirror image. [`crate::act`] turns it into plain messages.

use crate::cast::{MONTHS, OWN_MAKER};
use crate::dice::Dice;
use crate::path::{Class, DAYS};
use crate::world::{Keeper, Phase, Scene};
use serde::{Deserialize, Serialize};

/// Most genes of a plan.
pub const MOST_GENES: usize = 10;

/// An account of the coalition, by what it is at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// This one.
    Seat(u8),
    /// The one with the least equity for its maintenance margin.
    Weak,
    /// The one of another owner that stands on the other side of the weak one, or else has the most cash.
    Strong,
    /// The one with the largest claim that has not been paid.
    Claimant,
    /// The one with the most cash.
    Rich,
}

/// Any account that a message can be about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whom {
    /// One of the coalition.
    Own(Role),
    /// The honest account with the least equity for its maintenance margin.
    Victim,
    /// An account whose liquidation runs: the first one.
    InAuction,
    /// An account that has nothing left and owes: the first one.
    Bankrupt,
}

/// A month.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Month {
    /// This one: near, far, compute.
    Number(u8),
    /// Where the account has most at stake.
    Largest,
    /// Where the account is owed most.
    Claimed,
    /// A month in which the account has least at stake, but the one where it is owed most.
    Smallest,
}

/// A side.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Buys; on a mirror image sells.
    Long,
    /// Sells; on a mirror image buys.
    Short,
    /// Reduces the position.
    Close,
    /// Makes the position larger.
    More,
    /// With the last known move of the index: once the batches are in, with the coming print.
    Trend,
    /// Against it.
    Against,
}

/// A price, by how bad it is for the account that the move is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Price {
    /// So many quarters of the way from the mark to the limit that is bad.
    Bad(u8),
    /// So many quarters to the limit that is good.
    Good(u8),
    /// The worst that the house accepts.
    Worst,
    /// So many basis points from the mark, above zero when it is bad.
    Off(i16),
}

/// A size.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// One lot.
    One,
    /// What makers owe.
    Block,
    /// The whole position.
    Position,
    /// So many eighths of what free margin carries.
    Share(u8),
    /// As many as the house accepts.
    Most,
}

/// When an order of the delegate is numbered how.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Number {
    /// The next in line.
    Next,
    /// A thousand.
    Thousand,
    /// Half of what there is.
    Half,
    /// The last but one that there is.
    Last,
}

/// A move.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are roles, months, sides, prices and sizes, which are described with their types"
)]
pub enum Move {
    /// An account of the coalition trades with another one: the other rests, this one takes.
    Cross { who: Role, with: Role, month: Month, way: Way, price: Price, size: Size },
    /// An account of the coalition hands money to another one: two trades there and back, both at a bad price.
    Hand { who: Role, with: Role, month: Month, price: Price, size: Size },
    /// An account of the coalition closes all positions, against another one.
    Leave { who: Role, with: Role, price: Price },
    /// Takes from the book what it can have.
    Take { who: Role, month: Month, way: Way, price: Price, size: Size },
    /// An order rests: as it comes for good, post-only for two blocks, or sliding for some minutes.
    Rest { who: Role, month: Month, way: Way, price: Price, size: Size, life: u8 },
    /// So many orders of one lot, a tick apart, away from the mark.
    Layer { who: Role, month: Month, way: Way, price: Price, count: u8, life: u8 },
    /// Quotes both sides so many basis points from the mark, a tick apart.
    Pull { who: Role, month: Month, way: Way, bps: u16, size: Size },
    /// Cancels all orders of all of the coalition in a month.
    Cancel { month: Month },
    /// Withdraws so many quarters of what is free.
    Withdraw { who: Role, quarters: u8 },
    /// All of the coalition withdraw all that is free.
    WithdrawAll,
    /// Pays in so many quarters of what the wallet holds.
    TopUp { who: Role, quarters: u8 },
    /// Moves so many quarters of the cash of A's first account to the second, or back.
    Transfer { back: bool, quarters: u8 },
    /// Starts a liquidation.
    Liquidate { whom: Whom },
    /// Takes a liquidated position over.
    Bid { who: Role, whom: Whom, month: Month, size: Size },
    /// Settles all accounts of a month, or one alone.
    Settle { whom: Option<Whom>, month: Month },
    /// Publishes and settles the day before the keeper does.
    SettleDay { publish: bool },
    /// Has the fund pay a bankrupt's debt.
    Cover { whom: Whom, month: Month },
    /// Writes a debt off.
    WriteOff { whom: Whom, month: Month },
    /// Starts counting for an allocation, with everybody or with nobody.
    Allocate { month: Month, everybody: bool },
    /// Has the fund buy a claim.
    Bridge { whom: Whom, debt: Month, claim: Month },
    /// Offsets debts of two accounts.
    Offset { one: Whom, other: Whom, claim: Month, debt: Month },
    /// Distributes fees.
    Sweep { month: Month },
    /// Reports a deficit.
    Report { whom: Whom },
    /// Executes the first trigger of an honest account that can be executed.
    Fire,
    /// The delegate sends an order of one lot for the buyer: at most one a day.
    Delegate { way: Way, price: Price, number: Number },
    /// Brings the oracle's word.
    Note { product: u8 },
    /// The coalition's reporters move the prices of their next batch by so many basis points.
    Misreport { bps: i16 },
    /// The coalition's smallest provider, or the one that enters, asks for so many percent of its price at the next
    /// print: a hundred at least, since whoever asks for less has to sell at it.
    Ask { enters: bool, percent: u16 },
    /// Asks the makers' programme for the warning of a maker, or for a suspension when there was one.
    Warn { maker: u8 },
    /// Closes the week of the programme, if it is over, by so many makers.
    CloseWeek { makers: u8 },
    /// B gives notice.
    Notice,
}

/// When a gene does something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Always.
    Always,
    /// When the index has moved by so many percent or more, either way, since the path began.
    Moved(u8),
    /// When the coming print, once known, or else the last one moves by half a percent or more.
    Moves,
    /// When the weak account of the coalition is below its initial margin.
    Short,
    /// When a liquidation runs.
    Auction,
    /// When an account of the coalition owes more than it has.
    Broke,
    /// When an honest account has little more than its maintenance margin.
    Edge,
}

/// A gene.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Gene {
    /// The first day on which it acts.
    pub from: u8,
    /// On how many days.
    pub days: u8,
    /// At what time of these days.
    pub phase: Phase,
    /// Whether it is tried again in the phases that follow, until it has done something on that day: books are closed
    /// for a while, and who waits for their opening need not know when it is.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub again: bool,
    /// On what condition.
    pub when: When,
    /// What it does.
    pub act: Move,
}

impl Gene {
    /// The first day on which it does nothing any more.
    fn end(&self) -> usize {
        usize::from(self.from) + usize::from(self.days)
    }
}

/// A plan, and the scene and paths that it is for.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Genome {
    /// Where the world begins.
    pub scene: Scene,
    /// On what paths.
    pub class: Class,
    /// Against what keeper.
    #[serde(default, skip_serializing_if = "Keeper::is_prompt")]
    pub keeper: Keeper,
    /// What is done, in the order in which it is done at one and the same time.
    pub genes: Vec<Gene>,
}

impl Genome {
    /// Days that are played: until a day after the last move, or as long as the scene takes.
    pub fn horizon(&self) -> usize {
        (self.last_day() + 1).clamp(self.scene.least_days(), DAYS)
    }

    /// The day before which the last move is made.
    pub(crate) fn last_day(&self) -> usize {
        self.genes.iter().map(Gene::end).max().unwrap_or(0)
    }

    /// The first day on which something is done.
    pub fn first_day(&self) -> usize {
        self.genes.iter().map(|gene| usize::from(gene.from)).min().unwrap_or(0).min(DAYS - 1)
    }

    /// The plan without the moves that did nothing; what did something is said by its place. The last of the others
    /// stays where without it the path would end sooner.
    pub(crate) fn without_idle(&self, acted: u32) -> Self {
        let did = |place: usize| acted & (1 << place) != 0;
        let kept = |place: &usize| did(*place);
        let genes = (0..self.genes.len()).filter(kept).map(|place| self.genes[place]).collect();
        let mut shorter = Self { scene: self.scene, class: self.class, keeper: self.keeper, genes };
        if shorter.horizon() < self.horizon() {
            let idle = (0..self.genes.len()).filter(|place| !did(*place)).map(|place| self.genes[place]);
            shorter.genes.extend(idle.max_by_key(Gene::end));
        }
        shorter
    }

    /// This plan with a way to stop, on any day, as soon after the news as books are open: whoever is near ruin leaves
    /// to the one that stands against it or to the richest, or everybody takes out what can be had.
    pub(crate) fn with_exits(&self) -> Vec<Self> {
        let leave = |with| Move::Leave { who: Role::Weak, with, price: Price::Off(0) };
        let acts = [leave(Role::Strong), leave(Role::Rich), Move::WithdrawAll];
        let exits = [When::Short, When::Broke, When::Moves].into_iter().flat_map(|when| acts.map(|act| (when, act)));
        let gene = |(when, act)| Gene { from: 0, days: DAYS as u8 - 2, phase: Phase::Settled, again: true, when, act };
        let genes = exits.map(gene).filter(|gene| self.genes.len() < MOST_GENES && !self.genes.contains(gene));
        genes.map(|gene| Self { genes: self.genes.iter().copied().chain([gene]).collect(), ..self.clone() }).collect()
    }

    /// A plan drawn freely.
    pub(crate) fn draw(dice: &mut Dice, keeper: Keeper) -> Self {
        let scene = draw_scene(dice);
        let class = draw_class(dice, scene);
        let mut genome = Self { scene, class, keeper, genes: Vec::new() };
        for _ in 0..=dice.below(3) {
            genome.insert(dice);
        }
        genome
    }

    /// A plan like this one, with a change or several; now and then it is only made shorter.
    pub(crate) fn mutated(&self, other: &Self, dice: &mut Dice) -> Self {
        let mut genome = self.clone();
        if self.genes.len() > 1 && dice.below(10) == 0 {
            genome.genes.remove(dice.index(self.genes.len()));
            return genome;
        }
        for _ in 0..1 + dice.below(3) {
            genome.mutate(other, dice);
        }
        genome
    }

    /// Something more, that is done whenever it is called for, after the news of any day.
    pub(crate) fn react(&mut self, dice: &mut Dice) {
        let act = match dice.below(6) {
            0..=2 => draw_leave(dice),
            3 => Move::WithdrawAll,
            _ => draw_move(dice),
        };
        let any = draw_when(dice);
        let when = dice.one_of(&[When::Short, When::Broke, When::Moves, When::Auction, When::Edge, any]);
        let phase = dice.one_of(&[Phase::Settled, Phase::Next, Phase::Opened, Phase::Late]);
        let (days, again) = (dice.one_of(&[4, 6, 8]), dice.below(2) == 0);
        self.put(self.genes.len(), Gene { from: 0, days, phase, again, when, act }, dice);
    }

    fn mutate(&mut self, other: &Self, dice: &mut Dice) {
        match dice.below(18) {
            0..=3 => self.insert(dice),
            16 | 17 => self.bring_together(dice),
            4..=8 => {
                if let Some(place) = self.any(dice) {
                    change(&mut self.genes[place], dice);
                }
            }
            9 => {
                if let Some(place) = self.any(dice) {
                    self.genes.remove(place);
                }
            }
            10 => {
                // Once more, at another time or at once.
                if let Some(place) = self.any(dice) {
                    let gene = self.genes[place];
                    if dice.below(2) == 0 {
                        self.put(place + 1, gene, dice);
                    } else {
                        let again = Gene { from: draw_day(dice), phase: draw_phase(dice), ..gene };
                        self.add(dice, again);
                    }
                }
            }
            11 | 12 => {
                if !other.genes.is_empty() {
                    let from = dice.index(other.genes.len());
                    let count = 1 + dice.index(other.genes.len() - from);
                    for gene in &other.genes[from..from + count] {
                        self.add(dice, *gene);
                    }
                }
            }
            13 => {
                if self.genes.len() > 1 {
                    let (one, two) = (dice.index(self.genes.len()), dice.index(self.genes.len()));
                    self.genes.swap(one, two);
                }
            }
            14 => {
                // All of it a day or a phase later or sooner.
                let later = dice.below(2) == 0;
                for gene in &mut self.genes {
                    gene.from = if later { (gene.from + 1).min(DAYS as u8 - 1) } else { gene.from.saturating_sub(1) };
                }
            }
            _ => {
                if dice.below(2) == 0 {
                    self.scene = draw_scene(dice);
                }
                self.class = draw_class(dice, self.scene);
            }
        }
    }

    /// Has one move happen when another one does: what belongs together is often done in one block.
    fn bring_together(&mut self, dice: &mut Dice) {
        if let (Some(one), Some(other)) = (self.any(dice), self.any(dice)) {
            let Gene { from, phase, again, .. } = self.genes[other];
            (self.genes[one].from, self.genes[one].phase, self.genes[one].again) = (from, phase, again);
            if dice.below(2) == 0 {
                self.genes[one].days = self.genes[other].days;
            }
        }
    }

    fn any(&self, dice: &mut Dice) -> Option<usize> {
        (!self.genes.is_empty()).then(|| dice.index(self.genes.len()))
    }

    fn add(&mut self, dice: &mut Dice, gene: Gene) {
        let index = dice.index(self.genes.len() + 1);
        self.put(index, gene, dice);
    }

    fn put(&mut self, index: usize, gene: Gene, dice: &mut Dice) {
        if self.genes.len() < MOST_GENES {
            self.genes.insert(index.min(self.genes.len()), gene);
        } else if let Some(index) = self.any(dice) {
            self.genes[index] = gene;
        }
    }

    /// A new gene takes over time, month and role of an old one often enough: moves that belong together meet.
    fn insert(&mut self, dice: &mut Dice) {
        let mut gene = draw_gene(dice);
        if self.scene == Scene::Reports && dice.below(3) == 0 {
            gene.act = draw_report(dice);
        }
        if self.scene.runs_programme() && dice.below(3) == 0 {
            gene.act = draw_of_programme(dice);
        }
        if self.scene.begins_in_a_settlement() && dice.below(2) == 0 {
            // What follows at once on what made the scene.
            gene.from = 0;
            gene.phase = dice.one_of(&[Phase::Settled, Phase::Next, Phase::Opened, Phase::Opened, Phase::Late]);
        }
        if let Some(index) = self.any(dice) {
            let old = self.genes[index];
            // Right after the old one, or right before it: what one move makes possible is there at once.
            let at_once = dice.below(2) == 0;
            if at_once {
                (gene.from, gene.phase, gene.again) = (old.from, old.phase, old.again);
                if gene.when == When::Always {
                    gene.days = old.days;
                }
            } else {
                if dice.below(2) == 0 {
                    (gene.from, gene.days) = (old.from, old.days);
                } else if dice.below(2) == 0 {
                    gene.from = (old.from + 1).min(DAYS as u8 - 1);
                }
                if dice.below(2) == 0 {
                    gene.phase = old.phase;
                }
            }
            if let (Some(month), 0..=1) = (old.act.month(), dice.below(3)) {
                gene.act.set_month(month);
            }
            if let (Some(who), 0) = (old.act.who(), dice.below(2)) {
                gene.act.set_who(who);
            }
            if at_once {
                let index = if dice.below(3) == 0 { index } else { index + 1 };
                self.put(index, gene, dice);
                return;
            }
        }
        self.add(dice, gene);
    }
}

impl Move {
    /// The month that it is about.
    fn month_mut(&mut self) -> Option<&mut Month> {
        match self {
            Self::Cross { month, .. }
            | Self::Hand { month, .. }
            | Self::Take { month, .. }
            | Self::Rest { month, .. }
            | Self::Layer { month, .. }
            | Self::Pull { month, .. }
            | Self::Cancel { month }
            | Self::Bid { month, .. }
            | Self::Settle { month, .. }
            | Self::Cover { month, .. }
            | Self::WriteOff { month, .. }
            | Self::Allocate { month, .. }
            | Self::Sweep { month } => Some(month),
            _ => None,
        }
    }

    fn month(mut self) -> Option<Month> {
        self.month_mut().copied()
    }

    fn set_month(&mut self, new: Month) {
        if let Some(month) = self.month_mut() {
            *month = new;
        }
    }
}

impl Move {
    /// The account of the coalition that acts.
    fn who_mut(&mut self) -> Option<&mut Role> {
        match self {
            Self::Cross { who, .. }
            | Self::Hand { who, .. }
            | Self::Leave { who, .. }
            | Self::Take { who, .. }
            | Self::Rest { who, .. }
            | Self::Layer { who, .. }
            | Self::Pull { who, .. }
            | Self::Withdraw { who, .. }
            | Self::TopUp { who, .. }
            | Self::Bid { who, .. } => Some(who),
            _ => None,
        }
    }

    fn who(mut self) -> Option<Role> {
        self.who_mut().copied()
    }

    fn set_who(&mut self, new: Role) {
        if let Some(who) = self.who_mut() {
            *who = new;
        }
    }
}

fn draw_scene(dice: &mut Dice) -> Scene {
    dice.one_of(&[
        Scene::Ordinary,
        Scene::Ordinary,
        Scene::Ordinary,
        Scene::Default,
        Scene::Claim,
        Scene::Auction,
        Scene::Expiry,
        Scene::Reports,
        Scene::Makers,
    ])
}

fn draw_class(dice: &mut Dice, scene: Scene) -> Class {
    dice.one_of(scene.classes())
}

fn draw_day(dice: &mut Dice) -> u8 {
    // Early days more often than late ones.
    let day = |dice: &mut Dice| dice.below(DAYS as u32 - 2);
    day(dice).min(day(dice)).min(day(dice)) as u8
}

fn draw_phase(dice: &mut Dice) -> Phase {
    dice.one_of(&Phase::ALL)
}

fn draw_role(dice: &mut Dice) -> Role {
    match dice.below(9) {
        0..=3 => Role::Seat(dice.below(4) as u8),
        4 | 5 => Role::Weak,
        6 => Role::Strong,
        7 => Role::Claimant,
        _ => Role::Rich,
    }
}

fn draw_whom(dice: &mut Dice) -> Whom {
    match dice.below(6) {
        0..=2 => Whom::Own(draw_role(dice)),
        3 => Whom::Victim,
        4 => Whom::InAuction,
        _ => Whom::Bankrupt,
    }
}

fn draw_month(dice: &mut Dice) -> Month {
    match dice.below(8) {
        0..=3 => Month::Number(dice.below(MONTHS as u32) as u8),
        4 | 5 => Month::Largest,
        6 => Month::Claimed,
        _ => Month::Smallest,
    }
}

fn draw_way(dice: &mut Dice) -> Way {
    dice.one_of(&[
        Way::Long,
        Way::Short,
        Way::Long,
        Way::Short,
        Way::Close,
        Way::Close,
        Way::More,
        Way::Trend,
        Way::Against,
    ])
}

fn draw_price(dice: &mut Dice) -> Price {
    match dice.below(10) {
        0 | 1 => Price::Bad(1 + dice.below(4) as u8),
        2 | 3 => Price::Good(1 + dice.below(4) as u8),
        4..=6 => Price::Worst,
        7 => Price::Off(0),
        _ => Price::Off(dice.one_of(&[-300, -190, -100, -50, -10, 10, 50, 100, 190, 300])),
    }
}

fn draw_size(dice: &mut Dice) -> Size {
    match dice.below(9) {
        0..=1 => Size::One,
        2 => Size::Block,
        3 | 4 => Size::Position,
        5 => Size::Most,
        _ => Size::Share(1 + dice.below(8) as u8),
    }
}

fn draw_when(dice: &mut Dice) -> When {
    match dice.below(12) {
        0..=6 => When::Always,
        7 => When::Moved(1 + dice.below(10) as u8),
        8 => When::Moves,
        9 => When::Short,
        10 => dice.one_of(&[When::Auction, When::Edge]),
        _ => When::Broke,
    }
}

fn draw_number(dice: &mut Dice) -> Number {
    dice.one_of(&[Number::Next, Number::Thousand, Number::Half, Number::Last])
}

fn draw_gene(dice: &mut Dice) -> Gene {
    let act = draw_move(dice);
    // Who leaves has a reason more often than not.
    let reason = matches!(act, Move::Leave { .. }) && dice.below(3) > 0;
    let when = if reason { dice.one_of(&[When::Short, When::Broke, When::Moves]) } else { draw_when(dice) };
    // A gene with a condition waits for some days.
    let days = if when != When::Always && dice.below(3) > 0 {
        dice.one_of(&[4, 5, 6])
    } else if dice.below(5) == 0 {
        dice.one_of(&[2, 2, 3, 3, 4, 5, 8])
    } else {
        1
    };
    Gene { from: draw_day(dice), days, phase: draw_phase(dice), again: dice.below(3) == 0, when, act }
}

/// A trade inside the coalition: one that opens, one that closes, or any.
fn draw_cross(dice: &mut Dice) -> Move {
    let with = dice.one_of(&[Role::Strong, Role::Rich, Role::Seat(0), Role::Seat(2), Role::Seat(3)]);
    match dice.below(3) {
        0 => Move::Cross {
            who: draw_role(dice),
            with,
            month: dice.one_of(&[Month::Largest, Month::Largest, Month::Claimed, Month::Smallest]),
            way: Way::Close,
            price: draw_price(dice),
            size: dice.one_of(&[Size::Position, Size::Position, Size::Share(4)]),
        },
        1 => Move::Cross {
            who: draw_role(dice),
            with,
            month: Month::Number(dice.below(MONTHS as u32) as u8),
            way: dice.one_of(&[Way::Long, Way::Short, Way::Trend, Way::Against]),
            price: draw_price(dice),
            size: dice.one_of(&[Size::Block, Size::Share(2), Size::Share(4), Size::Share(8), Size::Most]),
        },
        _ => Move::Cross {
            who: draw_role(dice),
            with,
            month: draw_month(dice),
            way: draw_way(dice),
            price: draw_price(dice),
            size: draw_size(dice),
        },
    }
}

/// An account that leaves: most often the one that is near ruin, to the one that stands against it, at the mark.
fn draw_leave(dice: &mut Dice) -> Move {
    if dice.below(2) == 0 {
        return Move::Leave { who: Role::Weak, with: Role::Strong, price: Price::Off(0) };
    }
    Move::Leave { who: draw_role(dice), with: draw_role(dice), price: draw_price(dice) }
}

fn draw_move(dice: &mut Dice) -> Move {
    let (who, month, way) = (draw_role(dice), draw_month(dice), draw_way(dice));
    let (price, size) = (draw_price(dice), draw_size(dice));
    let life = dice.below(3) as u8;
    match dice.below(42) {
        0..=6 => draw_cross(dice),
        7 | 40 => draw_leave(dice),
        8 | 41 => {
            Move::Hand { who, with: draw_role(dice), month, price: dice.one_of(&[Price::Bad(4), Price::Worst]), size }
        }
        9 | 10 => Move::Take { who, month, way, price, size },
        11 | 12 => Move::Rest { who, month, way, price, size, life },
        13 => Move::Layer { who, month, way, price, count: 2 + dice.below(29) as u8, life },
        14 | 15 => Move::Pull { who, month, way, bps: 20 + dice.below(300) as u16, size },
        16 => Move::Cancel { month },
        17 | 18 => Move::Withdraw { who, quarters: 1 + dice.below(4) as u8 },
        19 | 20 => Move::WithdrawAll,
        21 => Move::TopUp { who, quarters: 1 + dice.below(4) as u8 },
        22 => Move::Transfer { back: dice.below(2) == 0, quarters: 1 + dice.below(4) as u8 },
        23 => Move::Liquidate { whom: draw_whom(dice) },
        24 | 25 => Move::Bid {
            who,
            whom: dice.one_of(&[Whom::InAuction, Whom::Victim]),
            month: Month::Largest,
            size: Size::Position,
        },
        26 => Move::Settle { whom: (dice.below(2) == 0).then(|| draw_whom(dice)), month },
        27 => Move::SettleDay { publish: dice.below(2) == 0 },
        28 => Move::Cover { whom: draw_whom(dice), month },
        29 => Move::WriteOff { whom: draw_whom(dice), month },
        30 => Move::Allocate { month, everybody: dice.below(2) == 0 },
        31 | 32 => Move::Bridge { whom: Whom::Own(draw_role(dice)), debt: draw_month(dice), claim: month },
        33 => Move::Offset { one: draw_whom(dice), other: draw_whom(dice), claim: month, debt: draw_month(dice) },
        34 => Move::Sweep { month },
        35 => Move::Report { whom: draw_whom(dice) },
        36 => Move::Fire,
        37 | 38 => Move::Delegate { way, price, number: draw_number(dice) },
        _ => Move::Note { product: dice.below(2) as u8 },
    }
}

/// What reporters and providers of the coalition do.
fn draw_report(dice: &mut Dice) -> Move {
    if dice.below(2) == 0 {
        Move::Misreport { bps: dice.one_of(&[-2_400, -1_500, -1_000, -400, 400, 1_000, 1_500, 2_400]) }
    } else {
        let percent = dice.one_of(&[104, 110, 125, 150, 200, 300, 390, 420, 800, 2_000]);
        Move::Ask { enters: dice.below(2) == 0, percent }
    }
}

/// What is sent to the programme of the makers, and what its maker in the coalition quotes.
fn draw_of_programme(dice: &mut Dice) -> Move {
    let (who, month) = (Role::Seat(OWN_MAKER.0 as u8), draw_month(dice));
    match dice.below(8) {
        0 | 1 => Move::Warn { maker: dice.below(3) as u8 },
        2 => Move::CloseWeek { makers: 1 + dice.below(8) as u8 },
        3 => Move::Notice,
        4 => Move::Cancel { month },
        _ => Move::Pull { who, month, way: draw_way(dice), bps: 20 + dice.below(300) as u16, size: draw_size(dice) },
    }
}

/// Changes one thing of a gene.
fn change(gene: &mut Gene, dice: &mut Dice) {
    match dice.below(10) {
        0 | 1 => gene.from = draw_day(dice),
        2 => gene.days = if dice.below(2) == 0 { 1 } else { dice.one_of(&[2, 2, 3, 3, 4, 5, 8]) },
        3 => gene.phase = draw_phase(dice),
        4 if dice.below(2) == 0 => gene.phase = draw_phase(dice),
        4 => gene.again = !gene.again,
        5 => gene.when = draw_when(dice),
        6 => gene.act.set_month(draw_month(dice)),
        _ => change_move(&mut gene.act, dice),
    }
}

fn change_move(act: &mut Move, dice: &mut Dice) {
    match act {
        Move::Cross { who, with, way, price, size, .. } => match dice.below(5) {
            0 => *who = draw_role(dice),
            1 => *with = draw_role(dice),
            2 => *way = draw_way(dice),
            3 => *price = draw_price(dice),
            _ => *size = draw_size(dice),
        },
        Move::Take { who, way, price, size, .. } => match dice.below(4) {
            0 => *who = draw_role(dice),
            1 => *way = draw_way(dice),
            2 => *price = draw_price(dice),
            _ => *size = draw_size(dice),
        },
        Move::Rest { who, way, price, size, life, .. } => match dice.below(5) {
            0 => *who = draw_role(dice),
            1 => *way = draw_way(dice),
            2 => *price = draw_price(dice),
            3 => *life = dice.below(3) as u8,
            _ => *size = draw_size(dice),
        },
        Move::Layer { who, way, price, count, life, .. } => match dice.below(5) {
            0 => *who = draw_role(dice),
            1 => *way = draw_way(dice),
            2 => *price = draw_price(dice),
            3 => *life = dice.below(3) as u8,
            _ => *count = 2 + dice.below(29) as u8,
        },
        Move::Pull { who, way, bps, size, .. } => match dice.below(4) {
            0 => *who = draw_role(dice),
            1 => *way = draw_way(dice),
            2 => *bps = 20 + dice.below(300) as u16,
            _ => *size = draw_size(dice),
        },
        Move::Hand { who, with, size, .. } => match dice.below(3) {
            0 => *who = draw_role(dice),
            1 => *with = draw_role(dice),
            _ => *size = draw_size(dice),
        },
        Move::Leave { who, with, price } => match dice.below(3) {
            0 => *who = draw_role(dice),
            1 => *with = draw_role(dice),
            _ => *price = draw_price(dice),
        },
        Move::Withdraw { who, quarters } | Move::TopUp { who, quarters } => match dice.below(2) {
            0 => *who = draw_role(dice),
            _ => *quarters = 1 + dice.below(4) as u8,
        },
        Move::Bid { who, whom, size, .. } => match dice.below(3) {
            0 => *who = draw_role(dice),
            1 => *whom = draw_whom(dice),
            _ => *size = draw_size(dice),
        },
        Move::Bridge { whom, debt, claim } => match dice.below(3) {
            0 => *whom = draw_whom(dice),
            1 => *debt = draw_month(dice),
            _ => *claim = draw_month(dice),
        },
        Move::Delegate { way, price, number } => match dice.below(3) {
            0 => *way = draw_way(dice),
            1 => *price = draw_price(dice),
            _ => *number = draw_number(dice),
        },
        Move::Ask { percent, .. } if dice.below(2) == 0 => {
            let parts = dice.one_of(&[50, 75, 90, 110, 130, 200]);
            *percent = u16::try_from(u32::from(*percent) * parts / 100).unwrap_or(u16::MAX).clamp(100, 4_000);
        }
        Move::Misreport { .. } | Move::Ask { .. } => *act = draw_report(dice),
        Move::Warn { .. } | Move::CloseWeek { .. } | Move::Notice => *act = draw_of_programme(dice),
        other => *other = draw_move(dice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gene(from: u8, days: u8, act: Move) -> Gene {
        Gene { from, days, phase: Phase::Late, again: false, when: When::Always, act }
    }

    #[test]
    fn a_plan_without_its_idle_moves_is_played_for_as_long() {
        let genes = vec![
            gene(0, 1, Move::Fire),
            gene(1, 2, Move::WithdrawAll),
            gene(0, 7, Move::Note { product: 1 }),
            gene(2, 1, Move::Fire),
        ];
        let plan = Genome { scene: Scene::Ordinary, class: Class::Calm, keeper: Keeper::Prompt, genes };
        let acts = |plan: &Genome| plan.genes.iter().map(|gene| gene.act).collect::<Vec<_>>();
        let shorter = plan.without_idle(0b0010);
        assert_eq!(acts(&shorter), [Move::WithdrawAll, Move::Note { product: 1 }], "what ends it stays");
        assert_eq!(shorter.horizon(), plan.horizon());
        assert_eq!(acts(&plan.without_idle(0b0110)), acts(&shorter));
        assert_eq!(acts(&plan.without_idle(0b0101)), [Move::Fire, Move::Note { product: 1 }]);
        assert_eq!(plan.without_idle(0b1111), plan);
    }

    #[test]
    fn a_plan_has_no_more_moves_than_it_may() {
        let mut dice = Dice::new(1, 1);
        let mut plan = Genome::draw(&mut dice, Keeper::Prompt);
        for _ in 0..2_000 {
            plan = plan.mutated(&plan.clone(), &mut dice);
            assert!(plan.genes.len() <= MOST_GENES && plan.last_day() <= 2 * DAYS, "{plan:?}");
        }
    }
}
