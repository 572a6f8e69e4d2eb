//! A course: a path with what happens on it when nobody attacks, so that an attack is played from its first day on and
//! measured against that path without it.

use crate::cast::{COALITION, Cast, KEEPER, SEATS, SPECULATOR};
use crate::gene::Genome;
use crate::path::{Class, DAYS, Path};
use crate::world::{DOLLAR, Keeper, Phase, Scene, Sent, Setting, World, bits};
use serde::{Deserialize, Serialize};
use sit_native::Broken;
use std::sync::Arc;

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// US dollars that the coalition has at the end beyond what its net lots earned at marks that no book has touched.
    Profit,
    /// US dollars that honest accounts and the fund lose beyond the same path without the attack, less three times its
    /// cost.
    Harm,
    /// Minutes for which months are closed, divided by one US dollar plus the cost of the attack.
    Closure,
    /// Messages of honest people that are refused, divided by one US dollar plus the cost of the attack.
    Refusal,
    /// Basis points by which a mark leaves the one that no book has touched, beyond what it does without the attack.
    Marks,
    /// A goal on the way: US dollars that the fund has paid through `bridge`.
    Bridged,
    /// A goal on the way: US dollars that somebody of the coalition is owed by those who cannot pay.
    Claim,
    /// A goal on the way: US dollars that somebody of the coalition owes beyond what they have.
    Debt,
    /// A goal on the way: US dollars withdrawn while there is such a claim.
    Fled,
    /// A goal on the way: value of an account that is safe while a liquidation that was begun is open.
    Unended,
    /// A goal on the way: discounts taken in auctions older than half a day.
    Stale,
    /// A goal on the way: US dollars that the fund is short of.
    Fund,
    /// A goal on the way: the most that a jump would take from an account of the coalition which meets its initial
    /// margin, in percent of its equity.
    Exposed,
    /// A goal on the way: US dollars of loss in one month beside profit of another whose winners wait for a default;
    /// five times what of it no cash stands for.
    Leaning,
    /// A goal on the way: the profit on the best of several paths, or on the third best once lotteries are looked for.
    /// What waits for its day loses on the others until it knows when to leave.
    Ticket,
}

impl Objective {
    /// All of them.
    pub const ALL: [Self; COUNT] = [
        Self::Profit,
        Self::Harm,
        Self::Closure,
        Self::Refusal,
        Self::Marks,
        Self::Bridged,
        Self::Claim,
        Self::Debt,
        Self::Fled,
        Self::Unended,
        Self::Stale,
        Self::Fund,
        Self::Exposed,
        Self::Leaning,
        Self::Ticket,
    ];

    /// From what value on, as a mean over paths that the search has not seen, this is a find; `None` for a goal on the
    /// way.
    pub fn threshold(self) -> Option<f64> {
        match self {
            Self::Profit => Some(400.0),
            Self::Harm => Some(1_000.0),
            Self::Closure => Some(30.0),
            Self::Refusal => Some(2.0),
            // The book may hold a mark within five percent of what no book has touched.
            Self::Marks => Some(550.0),
            _ => None,
        }
    }

    /// The unit of its value.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Exposed => "percent of equity",
            Self::Closure => "minutes closed a dollar",
            Self::Refusal => "messages refused a dollar",
            Self::Marks => "basis points",
            _ => "USD",
        }
    }
}

/// How many objectives there are.
pub const COUNT: usize = 15;

/// What a run came to.
#[derive(Clone, Debug)]
pub(crate) struct Lived {
    /// By objective.
    pub values: [f64; COUNT],
    /// Things that happened only with the attack.
    pub bits: u32,
    /// Least equity for maintenance margin in the coalition, in percent.
    pub ruin: u32,
    /// Messages that were sent.
    pub messages: u64,
    /// The genes that did something, by their place in the plan. When none did, nothing else has been looked at.
    pub acted: u32,
    /// The invariant that was broken, if any.
    pub broken: Option<Broken>,
}

impl Lived {
    pub(crate) fn value(&self, objective: Objective) -> f64 {
        self.values[objective as usize]
    }
}

/// The state at the end of a number of days without an attack.
#[derive(Clone, Debug)]
struct Base {
    mine: [i128; SEATS],
    adjusted: [u64; SEATS],
    rewarded: u64,
    house: i128,
    refused: u32,
    closed: u64,
    displaced: u32,
    bits: u32,
    goals: [u64; 8],
}

impl Base {
    /// What each account has lost of its rewards with an attack, in quote atoms. A score is worth what it was without
    /// the attack, and those of the coalition at most as much: who quotes more has earned more, and who does not is not
    /// robbed by that.
    fn rewards_lost(&self, end: &Self) -> [i128; SEATS] {
        let all = self.adjusted.iter().map(|score| u128::from(*score)).sum::<u128>().max(1);
        // A score is at most 2^63 and what is shared out below 2^47.
        let worth = |score: u64| (u128::from(score) * u128::from(self.rewarded) / all) as i128;
        std::array::from_fn(|seat| {
            let (before, now) = (self.adjusted[seat], end.adjusted[seat]);
            worth(before) - worth(if seat < COALITION { now.min(before) } else { now })
        })
    }

    /// What each account has more with an attack, in quote atoms.
    fn gained(&self, end: &Self) -> [i128; SEATS] {
        let lost = self.rewards_lost(end);
        std::array::from_fn(|seat| end.mine[seat] - self.mine[seat] - lost[seat])
    }
}

/// A course.
pub(crate) struct Course {
    pub(crate) setting: Arc<Setting>,
    /// The world at the beginning of each day; of a scene that begins in a settlement, in it.
    snapshots: Vec<World>,
    bases: Vec<Base>,
}

impl Course {
    /// Plays the path of this number without an attack.
    pub(crate) fn new(scene: Scene, class: Class, keeper: Keeper, number: u64, mirrored: bool) -> Self {
        Self::with(Cast::named(), scene, class, keeper, number, mirrored)
    }

    /// The same among people of other addresses.
    pub(crate) fn with(cast: Cast, scene: Scene, class: Class, keeper: Keeper, number: u64, mirrored: bool) -> Self {
        let mut prices = Path::draw(class, number, mirrored).prices;
        if let Some(first) = scene.first_move() {
            // The days of the path follow on the day that makes the scene.
            let factor = 1.0 + f64::from(first) / 10_000.0;
            prices.insert(0, Some(crate::path::START));
            prices.truncate(DAYS);
            for price in prices.iter_mut().flatten() {
                price[0] = (f64::from(price[0]) * factor).round() as u32;
            }
        }
        let mut setting = Setting::new(cast, scene, class, keeper, mirrored, prices);
        let mut silent = World::begin(Arc::new(setting.clone()), true, false);
        for day in 0..DAYS {
            silent.day = day;
            silent.live(Phase::Morning, &mut |_| ());
            let last = *setting.fair.last().expect("a first mark");
            setting.fair.push(silent.settled_marks(last));
        }
        let setting = Arc::new(setting);
        let (mut world, from) = Self::begin(&setting, false);
        let (mut snapshots, mut bases) = (Vec::new(), Vec::new());
        for day in 0..DAYS {
            world.day = day;
            snapshots.push(world.clone());
            world.live(if day == 0 { from } else { Phase::Morning }, &mut |_| ());
            bases.push(Self::measure(&world));
        }
        Self { setting, snapshots, bases }
    }

    /// The world at the beginning, and the phase with which its first day goes on.
    fn begin(setting: &Arc<Setting>, recording: bool) -> (World, Phase) {
        let mut world = World::begin(setting.clone(), false, recording);
        if setting.scene.first_move().is_none() {
            return (world, Phase::Morning);
        }
        for phase in Phase::ALL.into_iter().take_while(|phase| *phase <= Phase::Settled) {
            world.open_phase(phase);
        }
        world.set_the_scene();
        world.look();
        (world, Phase::Next)
    }

    fn measure(world: &World) -> Base {
        let (have, house) = world.wind_up();
        let tally = &world.tally;
        let mine = std::array::from_fn(|seat| have[seat] - tally.exposure[seat] + i128::from(tally.wages[seat]));
        let goals = [
            tally.bridged,
            tally.claim,
            tally.debt,
            tally.fled,
            tally.unended,
            tally.stale,
            tally.exposed.saturating_mul(DOLLAR),
            tally.leaning,
        ];
        Base {
            mine,
            adjusted: tally.adjusted,
            rewarded: tally.rewarded,
            house,
            refused: tally.refused,
            closed: tally.closed,
            displaced: tally.displaced,
            bits: tally.bits,
            goals,
        }
    }

    fn play(&self, genome: &Genome, mut world: World, from_day: usize) -> World {
        let mut attack = |world: &mut World| world.carry_out(&genome.genes);
        for day in from_day..genome.horizon() {
            world.day = day;
            if day == 0 && self.setting.scene.first_move().is_some() {
                world.attacking = true;
                attack(&mut world);
                world.attacking = false;
                world.live(Phase::Next, &mut attack);
            } else {
                world.live(Phase::Morning, &mut attack);
            }
            if day + 1 >= genome.last_day() && world.tally.acted == 0 {
                break; // no move is left
            }
        }
        world
    }

    /// Lives the path with an attack.
    pub(crate) fn live(&self, genome: &Genome) -> Lived {
        let first = genome.first_day();
        let mut world = self.snapshots[first].clone();
        world.tally.messages = 0;
        let world = self.play(genome, world, first);
        self.judge(genome, world)
    }

    fn judge(&self, genome: &Genome, mut world: World) -> Lived {
        let (messages, acted) = (world.tally.messages, world.tally.acted);
        if acted == 0 {
            let (bits, ruin) = (0, world.tally.ruin);
            return Lived { values: [0.0; COUNT], bits, ruin, messages, acted, broken: None };
        }
        let base = &self.bases[genome.horizon() - 1];
        let broken = world.exchange.audit_all().err();
        let end = Self::measure(&world);
        let dollars = |atoms: i128| atoms as f64 / DOLLAR as f64;
        let each = base.gained(&end);
        let gained = dollars(each[..COALITION].iter().sum());
        let cost = (-gained).max(0.0);
        // The keeper's wages are others' losses, and a bankrupt has nothing more to lose.
        let apart = [KEEPER, SPECULATOR].map(|seat| seat.0 as usize);
        let honest = (COALITION..SEATS).filter(|seat| !apart.contains(seat));
        let losses = honest.map(|seat| -each[seat]);
        let lost: i128 = losses.clone().map(|loss| loss.max(0)).sum();
        let fund = (base.house - end.house).max(0);
        // What the keeper alone earns less is a rival's wage, and what they pay too much for at a mark that was held is
        // theirs. What one honest account loses to another one has not come to the coalition.
        let paid = dollars(losses.sum::<i128>().max(0) + fund);
        let profit = if gained > 0.0 { gained.min(paid) } else { gained };
        let beyond = |now: u64, before: u64| now.saturating_sub(before) as f64;
        let minutes = beyond(end.closed, base.closed) / 60.0;
        let refused = f64::from(end.refused.saturating_sub(base.refused));
        let marks = f64::from(end.displaced.saturating_sub(base.displaced));
        let goal = |place: usize| beyond(end.goals[place], base.goals[place]) / DOLLAR as f64;
        let values = [
            profit,
            dollars(lost + fund) - 3.0 * cost,
            minutes / (1.0 + cost),
            refused / (1.0 + cost),
            marks / (1.0 + cost / 1_000.0),
            goal(0),
            goal(1),
            goal(2),
            goal(3),
            goal(4),
            goal(5),
            dollars(fund),
            goal(6),
            goal(7),
            profit.max(0.0),
        ];
        Lived { values, bits: end.bits & !base.bits, ruin: world.tally.ruin, messages, acted, broken }
    }

    /// What each account and the exchange itself has more than without the attack, beyond what net lots earned, in US
    /// dollars.
    pub(crate) fn who_pays(&self, genome: &Genome) -> ([f64; SEATS], f64) {
        let first = genome.first_day();
        let world = self.play(genome, self.snapshots[first].clone(), first);
        if world.tally.acted == 0 {
            return ([0.0; SEATS], 0.0);
        }
        let end = Self::measure(&world);
        let base = &self.bases[genome.horizon() - 1];
        let dollars = |atoms: i128| atoms as f64 / DOLLAR as f64;
        (base.gained(&end).map(dollars), dollars(end.house - base.house))
    }

    /// Everything that was sent on this course with an attack, from the first message of the genesis on.
    pub(crate) fn record(&self, genome: &Genome) -> Vec<Sent> {
        self.relive(genome).record.unwrap_or_default()
    }

    /// The world after an attack that is lived from the first message of the genesis on, with all that was sent.
    pub(crate) fn relive(&self, genome: &Genome) -> World {
        let (world, from) = Self::begin(&self.setting, true);
        let mut world = world;
        if genome.first_day() > 0 {
            for day in 0..genome.first_day() {
                world.day = day;
                world.live(if day == 0 { from } else { Phase::Morning }, &mut |_| ());
            }
        }
        self.play(genome, world, genome.first_day())
    }
}

impl World {
    /// The marks of all months, final prices where there are any; what is not there stays as it was.
    fn settled_marks(&mut self, last: [u32; crate::cast::MONTHS]) -> [u32; crate::cast::MONTHS] {
        std::array::from_fn(|place| {
            let instrument = crate::cast::INSTRUMENTS[place];
            let settled = self.market(instrument).and_then(|market| market.final_price);
            settled.or(self.month(instrument).map(|month| month.settle)).map_or(last[place], |price| price.0)
        })
    }
}

impl Objective {
    /// The bits that make cells of its archive: for money all steps that may lead there, else what the end looks like.
    pub(crate) fn cell_bits(self) -> u32 {
        match self {
            Self::Closure | Self::Refusal | Self::Marks => {
                bits::HALTED | bits::TWO_HALTS | bits::DISPLACED | bits::OWN_FILL | bits::DELEGATE
            }
            // A goal on the way needs a few cells, so that the best of each is drawn often.
            Self::Exposed | Self::Leaning | Self::Debt | Self::Claim | Self::Fled | Self::Bridged | Self::Ticket => {
                bits::SPREAD
                    | bits::CLAIM
                    | bits::BARE_CLAIM
                    | bits::OWES_AND_IS_OWED
                    | bits::WITHDRAWN
                    | bits::BELOW_ZERO
            }
            _ => {
                bits::OWN_CROSS
                    | bits::COVERED_OWN
                    | bits::BRIDGED
                    | bits::WITHDRAWN
                    | bits::DISPLACED
                    | bits::FAR_DISPLACED
                    | bits::BELOW_INITIAL
                    | bits::BELOW_ZERO
                    | bits::CLAIM
                    | bits::BARE_CLAIM
                    | bits::OWES_AND_IS_OWED
                    | bits::IN_THE_WINDOW
                    | bits::EMPTY_IN_DEBT
                    | bits::SPREAD
                    | bits::TOOK_OVER
                    | bits::DEEP_DISCOUNT
                    | bits::ALLOCATED
                    | bits::HALTED
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cast::{MAKERS, MONTHS};
    use crate::gene::{Gene, Month, Move, Price, Role, Size, Way, When};
    use crate::programme::ENDOWMENT;
    use crate::world::WALLET;
    use sit_engine::launch;

    fn gene(phase: Phase, act: Move) -> Gene {
        Gene { from: 0, days: 3, phase, again: false, when: When::Always, act }
    }

    #[test]
    fn once_all_is_wound_up_everybody_has_what_was_paid_in() {
        // Somebody is bankrupt when the world begins; A leaves and loses to B, so that more is owed when it ends.
        let leave = Move::Leave { who: Role::Seat(0), with: Role::Seat(2), price: Price::Off(0) };
        let hand = Move::Hand {
            who: Role::Rich,
            with: Role::Strong,
            month: Month::Number(0),
            price: Price::Worst,
            size: Size::Most,
        };
        let open = Move::Cross {
            who: Role::Seat(3),
            with: Role::Seat(2),
            month: Month::Number(MONTHS as u8 - 1),
            way: Way::Long,
            price: Price::Worst,
            size: Size::Most,
        };
        let genes =
            [(Phase::Opened, leave), (Phase::Late, hand), (Phase::Morning, open)].map(|(at, act)| gene(at, act));
        for scene in Scene::ALL {
            let genome = Genome { scene, class: scene.classes()[0], keeper: Keeper::Prompt, genes: genes.to_vec() };
            let course = Course::new(scene, genome.class, Keeper::Prompt, 0, false);
            let world = course.play(&genome, course.snapshots[0].clone(), 0);
            let (have, house) = world.wind_up();
            let given = launch::FUND + if scene.runs_programme() { ENDOWMENT } else { 0 };
            let paid_in = (SEATS as i128 - 1) * WALLET as i128 + i128::from(given);
            let missing = paid_in - have.iter().sum::<i128>() - house;
            // A rest of less than a tick on a lot stays with each claim.
            assert!((0..=i128::from(DOLLAR)).contains(&missing), "{scene:?}: {missing} quote atoms are with nobody");
        }
    }

    #[test]
    fn honest_makers_share_a_week_s_reward_where_the_programme_runs_and_nobody_attacks() {
        for class in Scene::Makers.classes() {
            let course = Course::new(Scene::Makers, *class, Keeper::Prompt, 0, false);
            let base = &course.bases[Scene::Makers.least_days() - 1];
            let shares = MAKERS.map(|seat| base.adjusted[seat.0 as usize]);
            let most = shares.iter().max().copied().unwrap_or(0);
            assert!(shares.iter().all(|share| *share > most / 2), "{class:?}: {shares:?} of {}", base.rewarded);
            assert_eq!(base.rewarded / DOLLAR, 20_000 - 1, "{class:?}");
            assert_eq!(course.bases[0].rewarded, 0, "the week before it is not paid");
        }
    }
}
