//! How much of what a provider asks counts: all of it, unless it has risen more than the market and not stood yet.
//!
//! ```text
//! market  = weighted median over the providers of asked / stands          in 2^-20, rounded down, at least one of these;
//!                                                                         one if nothing stands
//! lifted  = a price * max(1, market), the market rounded up               a rise of the market, rounded down
//! counts  = min(asked, 1.05 lifted stands)                                on the first print on which it asks for more
//!                                                                         than lifted stands
//!           min(asked, 1.05 min(1.05^n lifted stands, lifted least))      after n such prints in a row; the least that it
//!                                                                         has asked for on them
//!           min(asked, the larger of that and lifted least)               after three
//!                                                                         prints on which it has not been known what
//!                                                                         it asks for, or not half of its usual volume
//!                                                                         has been sold at it, are forgotten with the
//!                                                                         first on which that is so; after three of
//!                                                                         them the least asked for stands; the next
//!                                                                         rise begins with the next print
//! stands' = lifted stands                                                 as long as a rise has not stood
//!           min(asked, lifted least)                                      after three
//!           asked                                                         in step with the market, or where it was
//!           stands * min(1, market)                                       cut against the market; rounded down
//!           min(the most that it has asked for since, that)               on the fourth print of a cut, of which each on
//!                                                                         which it was back takes one off
//! ```
//!
//! To ask for less than one means costs what is sold at it, so a cut counts at once. To ask for more costs nothing for
//! a day, and a provider of a fifth of the volume that did so moved the index, and with it every mark, by as much as
//! it pleased. Now it moves a print by a twentieth of its weight, until the price has stood for three prints
//! (`docs/book/src/adr/0124-a-rise-counts-when-it-has-stood.md`). A provider may go back at once to where it came from:
//! what stands follows a cut when that has stood for three prints, too.
//!
//! What counts of a rise that has not stood lifts nothing that stands: whoever asked for more every other day would
//! else have any price in the end, all of it in one print. And a price stands only as long as it is asked for at least
//! every other day, or whoever has once stood at two prices would go from one to the other as they please
//! (`docs/book/src/adr/0125-what-has-not-stood-lifts-nothing.md`). What has been asked for during a cut is of the
//! market of its day: nobody stands higher for it than where the market has carried them since.
//!
//! A price here is that of the blend before quality and before any division, `a I + b O`, so that it means the same in
//! every basket.

use super::{MAX_PROVIDERS, Scores, rules::RATIO_ONE};
use crate::codec::{Reader, Writer};
use crate::fault::{self, Fault};
use crate::math::mul_div_floor;

/// How far a provider's price may rise beyond the market's in a print, as a ratio: by a twentieth. With the largest
/// weight of 30 % that moves a print by 1.5 %, and three prints by 4.8 %: less than what no book may hold a mark away
/// from its anchor by ([`crate::clearing::mark`]), and half of the least initial margin.
const RISE: u32 = 10_500;

/// Prints on which a provider has asked for more before more counts, or for less before it stands there.
const STOOD: i8 = 3;

/// What is added to the prints of a rise of which none was sure, in a cell.
const UNSURE: i8 = 8;

/// A market that has not moved.
pub(super) const UNMOVED: u64 = 1 << 20;

/// The blend of each provider's prices, before quality and undivided: below 2^40, zero for none.
pub(super) type Blends = [u64; MAX_PROVIDERS];

/// What a provider has asked for on the last prints.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Ask {
    /// Where it may go at once; zero before its first print.
    stands: u64,
    /// The nearest to that of what it has asked for since it has asked for more than that, or for less.
    aside: u64,
    /// On so many prints, below zero for less.
    prints: i8,
    /// Whether on none of the prints of a rise it has been known what it asks for, and half of what is usual was sold.
    unsure: bool,
}

impl Ask {
    /// The most that counts.
    fn limit(&self, market: u64) -> u64 {
        if self.stands == 0 {
            return u64::MAX;
        }
        let mut most = lifted(self.stands, market);
        if self.prints <= 0 {
            return risen(most);
        }
        let least = lifted(self.aside, market);
        for _ in 0..self.prints {
            most = risen(most);
        }
        let at_once = risen(most.min(least));
        if self.prints < STOOD { at_once } else { at_once.max(least) }
    }

    /// Whether to have asked for `asked` brings a rise on, and takes nothing from it; true of what stands nowhere.
    fn rises_to(&self, asked: u64, market: u64) -> bool {
        // On a day on which the market rises what is noted lies below that where liars have taken a little off it, and
        // stands higher than before all the same.
        let noted = if self.prints > 0 { lifted(self.aside, market) } else { self.stands };
        self.stands == 0 || self.prints >= 0 && asked >= noted
    }

    /// After a print on which it asked for `asked`, for all that is known and sold.
    fn after(&self, asked: u64, market: u64, unsure: bool) -> Self {
        let at = |stands| Self { stands, ..Self::default() };
        let (up, carried) = (lifted(self.stands, market), carried(self.stands, market.min(UNMOVED)));
        if self.stands == 0 {
            at(asked)
        } else if self.prints < -1 && asked >= carried {
            Self { stands: asked.min(up), prints: self.prints.saturating_add(1), ..*self } // back from a cut for a day
        } else if asked > up {
            // The first print of which all is known begins anew, or who was not known would be held to a lie, and who
            // has sold a little for three prints would stand wherever it likes after one. After three prints the least
            // that has been asked for, which counts by then, stands, and the next rise begins with the next print.
            let goes_on = self.prints > 0 && self.unsure <= unsure;
            let noted = lifted(self.aside, market).min(asked);
            let (least, before) = if goes_on { (noted, self.prints) } else { (asked, 0) };
            let prints = before.saturating_add(1);
            let unsure = unsure && (!goes_on || self.unsure);
            let up = if self.prints >= STOOD { up.max(noted) } else { up };
            match () {
                () if self.prints >= STOOD && !goes_on => at(up),
                () if prints > STOOD => at(least),
                () => Self { stands: up, aside: least, prints, unsure },
            }
        } else if asked >= carried {
            at(asked)
        } else {
            let most = if self.prints < 0 { self.aside.max(asked) } else { asked };
            let prints = self.prints.min(0).saturating_sub(1);
            let cut = Self { stands: carried, aside: most, prints, unsure: false };
            if prints < -STOOD { at(most.min(carried)) } else { cut }
        }
    }
}

/// What the providers of an index have asked for on the last prints.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Asks([Ask; MAX_PROVIDERS]);

impl Asks {
    /// Encoded length at most.
    pub(super) const MAX_BYTES: usize = 2 + MAX_PROVIDERS * 11;

    /// How far each provider has moved, in 2^-20, rounded down to one at least; zero for one that has not been seen.
    pub(super) fn moves(&self, asked: &Blends) -> impl Iterator<Item = u64> {
        let each = self.0.iter().zip(asked);
        each.map(|(ask, asked)| asked.saturating_mul(UNMOVED).checked_div(ask.stands).map_or(0, |moved| moved.max(1)))
    }

    /// Those of the providers that are in a basket, and nothing of the others.
    pub(super) fn within(&self, scores: &Scores) -> Self {
        let mut asks = *self;
        for (ask, _) in asks.0.iter_mut().zip(scores).filter(|(_, score)| **score == 0) {
            *ask = Ask::default();
        }
        asks
    }

    /// Where each provider stands, zero of one that has not been seen.
    pub(super) fn stands(&self) -> Blends {
        self.0.map(|ask| ask.stands)
    }

    /// What counts of what is asked for.
    pub(super) fn counts(&self, asked: &Blends, market: u64) -> Blends {
        // The mends of these two stand behind this one.
        let faults = [Fault::OneProviderMovesThePrint, Fault::LinkOfOneDay, Fault::GateRefusesTheDay];
        if faults.into_iter().any(fault::present) {
            return *asked;
        }
        let mut counts = *asked;
        for (counts, ask) in counts.iter_mut().zip(&self.0) {
            *counts = ask.limit(market).min(*counts);
        }
        counts
    }

    /// Notes what was asked for on a print, of the providers that are `heard`. Where half of the batches contradict the
    /// other half about a price, or about whether it is sold at (`torn`), it is what both say at least: that may bring
    /// a rise on, and where nothing stands it is better than nothing; but it ends no rise, begins no cut, and lowers
    /// nothing that a rise has been noted at. Of those of whom not all is known or sold (`unsure`) a rise begins anew
    /// when it is.
    pub(super) fn note(&mut self, asked: &Blends, market: u64, torn: u16, unsure: u16, heard: impl Fn(usize) -> bool) {
        for (place, (ask, asked)) in self.0.iter_mut().zip(asked).enumerate() {
            let is = |mask: u16| mask >> place & 1 == 1;
            if *asked > 0 && heard(place) && (!is(torn) || ask.rises_to(*asked, market)) {
                *ask = ask.after(*asked, market, is(unsure));
            }
        }
    }

    pub(super) fn write(&self, out: &mut Writer) {
        let seen = self.0.iter().rev().fold(0_u64, |mask, ask| mask << 1 | u64::from(ask.stands > 0));
        out.uint(seen, 2);
        for ask in self.0.iter().filter(|ask| ask.stands > 0) {
            out.uint(ask.stands, 5);
            let prints = if ask.unsure { ask.prints.saturating_add(UNSURE) } else { ask.prints };
            out.int(prints.into(), 1);
            if ask.prints != 0 {
                out.uint(ask.aside, 5);
            }
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Self {
        let mut asks = Self::default();
        let seen = from.u16();
        for (_, ask) in asks.0.iter_mut().enumerate().filter(|(place, _)| seen >> place & 1 == 1) {
            ask.stands = from.uint(5);
            let prints = i8::from_be_bytes([from.u8()]);
            ask.unsure = prints > UNSURE;
            ask.prints = if ask.unsure { prints.saturating_sub(UNSURE) } else { prints };
            if ask.prints != 0 {
                ask.aside = from.uint(5);
            }
        }
        asks
    }
}

/// A price carried by the market, in 2^-20, rounded down; what does not fit is above all that anybody can ask for.
fn carried(price: u64, market: u64) -> u64 {
    u64::try_from(mul_div_floor(price.into(), market.into(), UNMOVED.into())).unwrap_or(u64::MAX)
}

/// A price carried upwards by the market, whose move has been rounded down: whoever goes with it asks for no more.
fn lifted(price: u64, market: u64) -> u64 {
    if market > UNMOVED { carried(price, market.saturating_add(1)) } else { price }
}

/// A twentieth more.
fn risen(price: u64) -> u64 {
    u64::try_from(mul_div_floor(price.into(), RISE.into(), RATIO_ONE.into())).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What counts of what is asked for, print by print, while nobody else moves.
    fn counted(asked: &[u64]) -> std::vec::Vec<u64> {
        let mut ask = Ask { stands: 1_000, ..Ask::default() };
        let print = |asked: &u64| {
            let counts = (*asked).min(ask.limit(UNMOVED));
            ask = ask.after(*asked, UNMOVED, false);
            counts
        };
        asked.iter().map(print).collect()
    }

    #[test]
    fn a_rise_counts_by_a_twentieth_in_a_print_until_it_has_stood_for_three() {
        assert_eq!(
            counted(&[1_012, 1_024, 1_036, 1_048, 1_060]),
            [1_012, 1_024, 1_036, 1_048, 1_060],
            "in small steps"
        );
        assert_eq!(counted(&[1_050, 1_102, 1_157]), [1_050, 1_102, 1_102], "a twentieth above the least of them");
        assert_eq!(counted(&[2_200; 5]), [1_050, 1_102, 1_157, 2_200, 2_200]);
        assert_eq!(counted(&[2_200, 2_200, 2_200, 1_000, 1_000]), [1_050, 1_102, 1_157, 1_000, 1_000]);
        assert_eq!(counted(&[2_200, 2_200, 1_000, 2_200]), [1_050, 1_102, 1_000, 1_050], "and begins anew");
        assert_eq!(counted(&[1_400, 9_000, 9_000, 9_000, 9_000]), [1_050, 1_102, 1_157, 1_400, 1_470], "the least");
    }

    #[test]
    fn a_cut_counts_at_once_and_so_does_its_end() {
        assert_eq!(counted(&[400, 1_000]), [400, 1_000]);
        assert_eq!(counted(&[400, 300, 400, 1_000]), [400, 300, 400, 1_000]);
        assert_eq!(
            counted(&[400, 300, 450, 300, 1_000]),
            [400, 300, 450, 300, 472],
            "what has stood is where it stands"
        );
        assert_eq!(counted(&[400, 1_000, 400, 1_000, 400, 1_000]), [400, 1_000, 400, 1_000, 400, 1_000], "by halves");
        assert_eq!(
            counted(&[400, 400, 1_000, 400, 400, 400, 1_000]),
            [400, 400, 1_000, 400, 400, 400, 420],
            "not rarely"
        );
        assert_eq!(counted(&[400, 300, 450, 300, 440, 450]), [400, 300, 450, 300, 440, 450]);
    }

    #[test]
    fn whoever_goes_with_the_market_is_never_held_back() {
        let ask = Ask { stands: 1_000, ..Ask::default() };
        for market in [1, UNMOVED / 2, UNMOVED, 3 * UNMOVED, 20 * UNMOVED] {
            for asked in [1_000, 1_000 * market / UNMOVED] {
                assert!(asked <= ask.limit(market), "{asked} at {market}");
            }
        }
        assert_eq!(ask.after(500, UNMOVED / 2, false), Ask { stands: 500, ..ask }, "down with it");
        assert_eq!(ask.after(1_000, UNMOVED / 2, false), ask, "nor who stays where they are");
        // Nor who comes back from a cut with it.
        let back = Ask { stands: 1_000, aside: 500, prints: -3, unsure: false }.after(1_200, UNMOVED * 6 / 5, false);
        assert_eq!((back.prints, back.limit(UNMOVED)), (-2, 1_260));
    }

    #[test]
    fn nobody_is_held_back_before_their_first_print() {
        assert_eq!(Ask::default().limit(UNMOVED), u64::MAX);
        assert_eq!(Ask::default().after(7, UNMOVED, false), Ask { stands: 7, ..Ask::default() });
    }
}
