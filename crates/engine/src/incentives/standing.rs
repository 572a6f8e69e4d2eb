//! `standing`: how a maker's running epoch looks, and what it would earn them if it ended now. A view: it asks for the
//! weeks of all makers, so clients call it, not contracts.

use super::close_epoch::{served, share};
use super::{
    Clearing, Env, IncentivesError, MAX_MAKERS, MAX_VISITS, Maker, Page, Programme, Store, Volumes, adjusted, end_of,
    epoch_of,
};
use crate::clearing::{Measure, Served, Weeks};

/// How a maker's epoch looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// What clearing measured.
    pub measure: Measure,
    /// What counts of it, beside the others.
    pub adjusted: u64,
    /// Rank of the maker: one more than the number of makers with a greater weight.
    pub rank: u16,
    /// Makers in the roster.
    pub makers: u16,
    /// What the maker would get, in quote atoms.
    pub reward: u64,
}

/// The standing of a seat in an epoch that has begun and is not closed. Reads a cell for each maker, and asks clearing
/// once for every eight.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::EpochOutOfOrder`], [`IncentivesError::NotAMaker`],
/// [`IncentivesError::ClearingFailed`].
pub fn standing<S: Store + Clearing>(store: &S, env: Env, number: u32, seat: u32) -> Result<Standing, IncentivesError> {
    let programme = store.connected()?;
    if number < programme.next_epoch || number > epoch_of(env.now) {
        return Err(IncentivesError::EpochOutOfOrder);
    }
    let mut field = [(0_u32, Measure::default()); MAX_MAKERS as usize];
    let (makers, pool) = measure_all(store, &programme, number, &mut field)?;
    let field = field.get(..makers).unwrap_or_default();
    let mut volumes = Volumes::default();
    field.iter().for_each(|(_, measure)| volumes.add(measure.volume));
    let others = volumes.others();
    let budget = programme.budget.of(number).min(pool.saturating_sub(programme.owed));
    let weigh = |measure: &Measure| adjusted(measure.counted, measure.volume, others, &programme.parameters);

    let (_, measure) = *field.iter().find(|(other, _)| *other == seat).ok_or(IncentivesError::NotAMaker)?;
    let mine = weigh(&measure);
    let total = field.iter().fold(0_u128, |sum, (_, measure)| sum.saturating_add(weigh(measure).into()));
    let ahead = field.iter().filter(|(_, measure)| weigh(measure) > mine).count();
    Ok(Standing {
        measure,
        adjusted: mine,
        rank: u16::try_from(ahead).unwrap_or(u16::MAX).saturating_add(1),
        makers: u16::try_from(makers).unwrap_or(u16::MAX),
        reward: share(&programme, budget, mine, total),
    })
}

/// Measures all makers of the roster; returns how many they are, and the pool.
fn measure_all<S: Store + Clearing>(
    store: &S,
    programme: &Programme,
    number: u32,
    field: &mut [(u32, Measure)],
) -> Result<(usize, u64), IncentivesError> {
    let (mut makers, mut pool) = (0_usize, 0);
    let mut asked: [(Served, Option<Maker>); MAX_VISITS] = [(Served::default(), None); MAX_VISITS];
    let mut waiting = 0_usize;
    for slot in 0..=programme.slots {
        if waiting == MAX_VISITS || slot == programme.slots {
            let mut batch = [Served::default(); MAX_VISITS];
            for (entry, (served, _)) in batch.iter_mut().zip(&asked) {
                *entry = *served;
            }
            let batch = batch.get(..waiting).unwrap_or_default();
            let rules = programme.parameters.rules();
            let Weeks { pool: held, measures } = store.weeks(number, rules, batch)?;
            pool = held;
            for ((served, maker), mut measure) in asked.iter().take(waiting).zip(measures) {
                if maker.is_some_and(|maker| maker.is_unpaid(number)) {
                    measure.counted = 0;
                }
                if let Some(entry) = field.get_mut(makers) {
                    *entry = (served.seat.0, measure);
                    makers = makers.saturating_add(1);
                }
            }
            waiting = 0;
        }
        let (page, index) = Page::locate(slot);
        let seat = store.page(page).seat(index).filter(|_| slot < programme.slots);
        let Some((seat, maker)) = seat.and_then(|seat| Some((seat, store.maker(seat)?))) else { continue };
        if maker.status.is_measured()
            && maker.since < end_of(number)
            && let Some(entry) = asked.get_mut(waiting)
        {
            *entry = (served(number, seat, &maker), Some(maker));
            waiting = waiting.saturating_add(1);
        }
    }
    Ok((makers, pool))
}
