//! Accounts that owe each other in a circle, for whoever sends [`Offset`](crate::Message::Offset).

use sit_engine::clearing::{Account, Instrument, MAX_CIRCLE};
use sit_engine::units::{NetLots, Seat};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::vec::Vec;

/// The account that links two months, by how many points it could give up: what it owes in the first and is owed in the
/// second.
type Links = BTreeMap<(Instrument, Instrument), (i64, Seat)>;

/// Circles of accounts that each owe in their month what they are owed in that of the next account, as the message
/// takes them: the shortest ones, and none that shares an account with another. Only positions without lots count. Of
/// several accounts between the same months the one that can give up most is taken; the others are found when it has.
pub fn circles<'a>(accounts: impl IntoIterator<Item = (Seat, &'a Account)>) -> Vec<Vec<(Seat, Instrument)>> {
    let tangled = |account: &Account| {
        let mut bases = account.positions().iter().filter(|held| held.net == NetLots::ZERO).map(|held| held.basis.0);
        bases.clone().any(|basis| basis > 0) && bases.any(|basis| basis < 0)
    };
    let tangled = accounts.into_iter().filter(|(_, account)| tangled(account));
    let mut left: BTreeMap<Seat, Account> = tangled.map(|(seat, account)| (seat, *account)).collect();
    let mut found = Vec::new();
    while let Some(circle) = shortest(&links(&left)) {
        for (seat, _) in &circle {
            left.remove(seat);
        }
        found.push(circle);
    }
    found
}

fn links(accounts: &BTreeMap<Seat, Account>) -> Links {
    let mut links = Links::new();
    for (seat, account) in accounts {
        let held = || account.positions().iter().filter(|held| held.net == NetLots::ZERO);
        for debt in held().filter(|held| held.basis.0 > 0) {
            for claim in held().filter(|held| held.basis.0 < 0) {
                let points = debt.basis.0.min(claim.basis.0.saturating_neg());
                let most = links.entry((debt.instrument, claim.instrument)).or_insert((points, *seat));
                if points > most.0 {
                    *most = (points, *seat);
                }
            }
        }
    }
    links
}

/// A shortest way from a month back to itself. It has no account twice: that one would link the months between, too.
fn shortest(links: &Links) -> Option<Vec<(Seat, Instrument)>> {
    let months: BTreeSet<Instrument> = links.keys().map(|(from, _)| *from).collect();
    let ways = months.into_iter().filter_map(|start| way_back(links, start));
    ways.min_by_key(Vec::len).filter(|way| way.len() <= MAX_CIRCLE)
}

fn way_back(links: &Links, start: Instrument) -> Option<Vec<(Seat, Instrument)>> {
    let mut came_from: BTreeMap<Instrument, (Seat, Instrument)> = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(month) = next.pop_front() {
        let onward = links.range((month, Instrument(0))..=(month, Instrument(u16::MAX)));
        for (&(_, to), &(_, seat)) in onward {
            if came_from.contains_key(&to) {
                continue;
            }
            came_from.insert(to, (seat, month));
            if to == start {
                let mut way = Vec::new();
                let mut at = start;
                while way.is_empty() || at != start {
                    let (seat, from) = *came_from.get(&at)?;
                    way.push((seat, from));
                    at = from;
                }
                way.reverse();
                return Some(way);
            }
            next.push_back(to);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use sit_engine::units::Points;

    fn account(bases: &[(u16, i64)]) -> Account {
        let mut account = Account::new([1; 20]);
        for (instrument, basis) in bases {
            account.enter(Instrument(*instrument), 1, 1).unwrap().basis = Points(*basis);
        }
        account
    }

    fn of(accounts: &[&[(u16, i64)]]) -> Vec<Vec<(u32, u16)>> {
        let accounts: Vec<Account> = accounts.iter().map(|bases| account(bases)).collect();
        circles((0..).map(Seat).zip(&accounts))
            .into_iter()
            .map(|way| way.into_iter().map(|(seat, month)| (seat.0, month.0)).collect())
            .collect()
    }

    #[test]
    fn two_accounts_and_three_are_circles() {
        assert_eq!(of(&[&[(1, 5), (2, -4)], &[(1, -3), (2, 7)]]), [[(0, 1), (1, 2)]]);
        // 0 owes in 1 and is owed in 2, where 1 owes, who is owed in 3, where 2 owes, who is owed in 1.
        let circle = of(&[&[(1, 5), (2, -4)], &[(2, 5), (3, -4)], &[(3, 5), (1, -4)]]);
        assert_eq!(circle, [[(0, 1), (1, 2), (2, 3)]]);
    }

    #[test]
    fn a_chain_is_none_nor_is_an_account_that_holds_lots() {
        assert!(of(&[&[(1, 5), (2, -4)], &[(2, 5), (3, -4)], &[(3, 5)]]).is_empty());
        let mut holder = account(&[(1, -3), (2, 7)]);
        holder.position_mut(Instrument(2)).unwrap().net = NetLots(1);
        assert!(circles([(Seat(0), &account(&[(1, 5), (2, -4)])), (Seat(1), &holder)]).is_empty());
    }

    #[test]
    fn of_two_accounts_between_two_months_the_larger_goes_first_and_no_account_is_in_two() {
        let found =
            of(&[&[(1, 5), (2, -4)], &[(1, 9), (2, -9)], &[(2, 7), (1, -7)], &[(3, 1), (4, -1)], &[(4, 1), (3, -1)]]);
        assert_eq!(found, [vec![(1, 1), (2, 2)], vec![(3, 3), (4, 4)]]);
    }

    /// The same account links two pairs of months: the short circle is found, not the long one that passes it twice.
    #[test]
    fn a_circle_that_passes_an_account_twice_is_two_shorter_ones() {
        let found = of(&[&[(1, 5), (2, -5), (3, 5), (4, -5)], &[(2, 5), (3, -5)], &[(4, 5), (1, -5)]]);
        assert!(found.iter().all(|circle| circle.len() == 2), "{found:?}");
        assert!(!found.is_empty());
    }
}
