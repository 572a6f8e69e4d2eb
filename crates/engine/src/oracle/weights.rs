//! Weights by volume with a cap, and the average under them, exactly in integers.
//!
//! ```text
//! w_i = V_i / sum V                                     paper definition 5.2; V is what is usually sold
//! capped set K: the least set such that for every i outside of it
//!     (1 - |K| c) V_i / U <= c,     U = sum of V outside K
//! w_i = c inside K,  (1 - |K| c) V_i / U outside
//! average = [ c U sum_K P + (1 - |K| c) sum_(not K) V_i P_i ] / U
//! ```
//!
//! The paper names a cap of 30 % and no way to redistribute the excess: here it goes to the uncapped by volume, again
//! and again until no provider is above it. Once a provider is above the cap, capping others only raises its share, so
//! the order does not matter and the fixed point is unique. It exists when `N c >= 1`: were all the rest above the cap,
//! their shares would sum to more than one. The caller sees to it (`min_providers`).
//!
//! No weight is ever rounded; the average is one fraction, rounded once, to the nearest atom, halves up.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "volumes < 2^44, prices < 2^36, 16 of them: every product is below 2^104"
)]

use super::MAX_PROVIDERS;
use crate::units::BPS;

/// One provider in the average. Volume zero: not in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Constituent {
    /// Quality-adjusted price, atoms per million units, below 2^36.
    pub price: u64,
    /// What is usually sold, in sixteenths of a million units, below 2^44.
    pub volume: u64,
}

/// What the average is taken over, by provider number.
pub(super) type Constituents = [Constituent; MAX_PROVIDERS];

/// All of the weight, in basis points.
const WHOLE: u64 = BPS as u64;

/// The fixed point of the cap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Weights {
    /// A bit for each provider that has exactly the cap.
    pub capped: u16,
    /// Weight that the others share, in basis points.
    pub rest: u64,
    /// Their volume; zero only if nobody has any.
    pub volume: u64,
}

impl Weights {
    /// Finds the fixed point. `cap` is in basis points.
    pub(super) fn new(constituents: &Constituents, cap: u16) -> Self {
        let cap = u64::from(cap);
        let total = constituents.iter().map(|one| one.volume).sum();
        let mut weights = Self { capped: 0, rest: WHOLE, volume: total };
        // Each round caps somebody or ends, so there are at most as many rounds as providers.
        for _ in 0..MAX_PROVIDERS {
            let before = weights;
            for (bit, one) in constituents.iter().enumerate() {
                if before.capped >> bit & 1 == 0 && before.rest * one.volume > cap * before.volume {
                    weights.capped |= 1 << bit;
                    weights.rest = weights.rest.saturating_sub(cap);
                    weights.volume -= one.volume;
                }
            }
            if weights == before {
                break;
            }
        }
        weights
    }

    /// The weight of a provider, in a unit that is the same for all of them; below 2^62 all together. Where everybody
    /// has exactly the cap, all weights are equal.
    pub(super) fn of(&self, bit: usize, one: &Constituent, cap: u16) -> u64 {
        match () {
            () if one.volume == 0 => 0,
            () if self.volume == 0 => 1,
            () if self.capped >> bit & 1 == 1 => u64::from(cap) * self.volume,
            () => self.rest * one.volume,
        }
    }

    /// The average price under these weights, in atoms to the nearest, halves up; `None` if nobody has volume.
    pub(super) fn average(&self, constituents: &Constituents, cap: u16) -> Option<u64> {
        let (mut fixed, mut shared) = (0_u128, 0_u128);
        for (bit, one) in constituents.iter().enumerate() {
            if self.capped >> bit & 1 == 1 {
                fixed += u128::from(one.price);
            } else {
                shared += u128::from(one.price) * u128::from(one.volume);
            }
        }
        let volume = u128::from(self.volume);
        let numerator = u128::from(cap) * volume * fixed + u128::from(self.rest) * shared;
        let denominator = u128::from(WHOLE) * volume;
        let rounded = (numerator + denominator / 2).checked_div(denominator)?;
        u64::try_from(rounded).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn constituents(of: &[(u64, u64)]) -> Constituents {
        let mut list = Constituents::default();
        for (place, (price, volume)) in list.iter_mut().zip(of) {
            *place = Constituent { price: *price, volume: *volume };
        }
        list
    }

    /// The weight of a provider as a fraction.
    fn weight(weights: &Weights, list: &Constituents, cap: u16, provider: usize) -> (u128, u128) {
        let volume = u128::from(weights.volume);
        match weights.capped >> provider & 1 {
            1 => (u128::from(cap) * volume, 10_000 * volume),
            _ => (u128::from(weights.rest) * u128::from(list[provider].volume), 10_000 * volume),
        }
    }

    #[test]
    fn the_excess_of_a_giant_goes_to_the_others_by_volume() {
        let list = constituents(&[(100, 970), (200, 10), (300, 10), (400, 10)]);
        let weights = Weights::new(&list, 3_000);
        assert_eq!(weights, Weights { capped: 1, rest: 7_000, volume: 30 });
        // 0.3 * 100 + 0.7 / 3 * (200 + 300 + 400)
        assert_eq!(weights.average(&list, 3_000), Some(240));
    }

    #[test]
    fn redistribution_can_push_another_over_the_cap() {
        // Shares 0.50, 0.25, 0.15, 0.10: only the first is above; 0.7 * 25 / 50 = 0.35 is above then.
        let list = constituents(&[(1, 50), (1, 25), (1, 15), (1, 10)]);
        let weights = Weights::new(&list, 3_000);
        assert_eq!(weights, Weights { capped: 0b11, rest: 4_000, volume: 25 });
    }

    #[test]
    fn exactly_at_the_cap_is_not_above_it() {
        let list = constituents(&[(1, 30), (1, 30), (1, 30), (1, 10)]);
        assert_eq!(Weights::new(&list, 3_000).capped, 0);
        let equal = constituents(&[(1, 5), (2, 5), (3, 5), (4, 5)]);
        assert_eq!(Weights::new(&equal, 2_500).average(&equal, 2_500), Some(3)); // 2.5, halves up
    }

    #[test]
    fn without_volume_there_is_no_average() {
        let list = Constituents::default();
        assert_eq!(Weights::new(&list, 3_000).average(&list, 3_000), None);
    }

    prop_compose! {
        fn cases()(
            cap in 1_000_u16..=10_000,
            volumes in prop::collection::vec(prop_oneof![1_u64..20, 1..(1_u64 << 40)], 10..=16),
            prices in prop::collection::vec(1_u64..(1 << 36), 16),
        ) -> (u16, Constituents) {
            let mut list = Constituents::default();
            for ((place, volume), price) in list.iter_mut().zip(&volumes).zip(prices) {
                *place = Constituent { price, volume: *volume };
            }
            (cap, list)
        }
    }

    proptest! {
        #[test]
        fn weights_sum_to_one_exactly_and_none_is_above_the_cap((cap, list) in cases()) {
            let weights = Weights::new(&list, cap);
            prop_assert!(weights.volume > 0);
            let all: u128 = (0..16).map(|provider| weight(&weights, &list, cap, provider).0).sum();
            prop_assert_eq!(all, 10_000 * u128::from(weights.volume));
            for provider in 0..16 {
                let (part, whole) = weight(&weights, &list, cap, provider);
                prop_assert!(part * 10_000 <= u128::from(cap) * whole);
            }
        }

        #[test]
        fn the_average_lies_between_the_prices_and_does_not_care_for_order((cap, list) in cases(), turn in 0_usize..16) {
            let average = Weights::new(&list, cap).average(&list, cap).unwrap();
            let prices = || list.iter().filter(|one| one.volume > 0).map(|one| one.price);
            prop_assert!(prices().min().unwrap() <= average && average <= prices().max().unwrap());
            let mut turned = list;
            turned.rotate_left(turn);
            prop_assert_eq!(Weights::new(&turned, cap).average(&turned, cap), Some(average));
        }

        #[test]
        fn a_higher_price_never_lowers_the_average((cap, list) in cases(), provider in 0_usize..10, more in 1_u64..1_000_000) {
            let mut raised = list;
            raised[provider].price += more;
            prop_assert!(Weights::new(&raised, cap).average(&raised, cap) >= Weights::new(&list, cap).average(&list, cap));
        }
    }
}
