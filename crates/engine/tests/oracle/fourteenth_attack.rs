//! A fourteenth attack: on the mends of the thirteenth, and on what the two baskets of a link do not have in common.

use super::eighth_attack::{above, basket, live, printed};
use super::entering::reports_until;
use super::rises::{FIRST, USUAL};
use super::twelfth_attack::eve;
use super::*;

/// 3.9 times the price.
const DEAR: u32 = USUAL / 10 * 39;

/// So many prints of the same; the last one.
pub fn last(story: &mut Story, day: &mut u32, count: u32, of: &[Quote]) -> u32 {
    let prints = (0..count).map(|_| {
        *day += 1;
        printed(story, *day - 1, of).0
    });
    prints.last().unwrap()
}

pub fn usual_of(story: &Story, provider: usize) -> u64 {
    story.chain.state(TPI).volumes.of(provider)
}

fn changed(story: &Story) -> bool {
    story.chain.setup(TPI).unwrap().basket.version > 0
}

/// How far a rise counts depends on the market, the median by weight of how far prices have moved, and that is taken
/// for each of the two baskets of a link. Two providers of a quarter each, a hair below half of the weight together,
/// ask for more on every other day while another one leaves: a twentieth counts in the basket in force, which moves by
/// 2.5 %; in the next one, without the 256th of who leaves, they have half of the weight, are the market, and all of it
/// counts. Who leaves is honest, and no print needs confirmation.
#[test]
fn two_with_less_than_half_of_the_weight_move_no_level_while_another_one_leaves() {
    let moved = [15, 20, 39].map(|tenths| {
        let usual = [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_502), (USUAL, 1_503)];
        let mut story = live(&usual);
        eve(&mut story, FIRST, &[(3, 0)]);
        let (mut day, mut largest) = (FIRST, 0);
        while !changed(&story) && day < FIRST + 100 {
            let mut of = basket(&usual);
            // Who leaves is small enough when it has a 256th of all, which everybody can see.
            let small = usual_of(&story, 3) <= 376;
            if small && story.chain.state(TPI).shadow.links().len().is_multiple_of(2) {
                (of[4], of[5]) = (at(USUAL / 10 * tenths, 1_502), at(USUAL / 10 * tenths, 1_503));
            }
            largest = largest.max(above(printed(&mut story, day, &of).0, USUAL));
            day += 1;
        }
        (tenths, largest, above(last(&mut story, &mut day, 20, &basket(&usual)), USUAL))
    });
    assert!(moved.iter().all(|(_, _, level)| level.abs() <= 115), "{moved:?}");
}

/// The same upwards, by one that enters, beside a leader that has the cap: of what the others share it takes a little
/// from the two, so that they are the market in the basket in force and not in the next one. They have half of the
/// weight together, and have these four prints in any case; not the level.
#[test]
fn two_with_half_of_the_weight_move_no_level_while_another_one_enters() {
    let usual = [(USUAL, 1_000_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 2_504), (USUAL, 2_503), (USUAL, 1_000)];
    let mut story = live(&usual[..5]);
    eve(&mut story, FIRST, &[(5, 1_000)]);
    let mut day = FIRST;
    while !changed(&story) && day < FIRST + 60 {
        let mut of = basket(&usual);
        if (day - FIRST).is_multiple_of(2) {
            (of[3], of[4]) = (at(DEAR, 2_504), at(DEAR, 2_503));
        }
        printed(&mut story, day, &of);
        day += 1;
    }
    let level = above(last(&mut story, &mut day, 20, &basket(&usual)), USUAL);
    assert!(level.abs() <= 115, "{level}");
}

/// And where three others sell by up to a twentieth more or less, as it comes, on each day: the two know all usual
/// volumes of a day from the print before it, aim at half of the weight by what they buy from themselves, and ask for
/// more where they are in between.
#[test]
fn two_that_aim_at_half_of_the_weight_move_no_level_while_another_one_leaves() {
    let levels: Vec<i64> = (0..20_u64)
        .map(|seed| {
            let mut dice = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
            let mut sells = || {
                dice ^= dice << 13;
                dice ^= dice >> 7;
                dice ^= dice << 17;
                9_500 + (dice >> 11) % 1_001
            };
            let mut usual = std::vec![(USUAL, 10_000); 3];
            usual.extend([(USUAL, 600), (USUAL, 15_000), (USUAL, 15_000)]);
            let mut story = live(&usual);
            eve(&mut story, FIRST, &[(3, 0)]);
            let (mut day, mut risen) = (FIRST, 0);
            while !changed(&story) && day < FIRST + 60 {
                let of_usual = |provider| usual_of(&story, provider);
                let honest: u64 = (0..3).map(of_usual).sum();
                let (gone, two) = (of_usual(3), of_usual(4) + of_usual(5));
                let mut of = basket(&usual);
                for one in &mut of[..3] {
                    one.volume = sells();
                }
                let between = gone <= (honest + gone + two) / 256 && (honest + 1..=honest + gone).contains(&two);
                risen = if between && risen < 3 { risen + 1 } else { 0 };
                // What is usual of the three tomorrow, if they sell what they do on average, and half of who leaves.
                let aim = (honest * 7 / 8 + 3 * 10_000 * 16 / 8 + gone * 7 / 16) / 2;
                for (place, one) in (4..).zip(&mut of[4..]) {
                    let buys = (8 * aim).saturating_sub(7 * of_usual(place)) / 16;
                    *one = at(if risen > 0 { DEAR } else { USUAL }, buys);
                }
                printed(&mut story, day, &of);
                day += 1;
            }
            above(last(&mut story, &mut day, 20, &basket(&usual)), USUAL)
        })
        .collect();
    assert!(levels.iter().all(|level| level.abs() <= 300), "{levels:?}");
}

/// Who stays fades to a 512th of what *all* usually sell, and not at all below that; but the cap leaves what is beyond
/// it to the small ones by volume, so that beside a market leader a 512th of all is a large part of the weight. One
/// that has stopped selling keeps the whole of its weight for good.
#[test]
fn who_stops_selling_beside_a_market_leader_fades() {
    let mut moved = Vec::new();
    for (large, of_them, small) in [(1_000_000, 1, 1_000), (100_000, 2, 100)] {
        let mut usual = std::vec![(USUAL, large); of_them];
        usual.resize(5, (USUAL, small));
        usual[4].0 = DEAR;
        let mut story = live(&usual);
        let mut of = basket(&usual);
        let mut day = FIRST;
        let before = last(&mut story, &mut day, 1, &of);
        of[4].volume = 0;
        moved.push((of_them, above(before, USUAL), above(last(&mut story, &mut day, 60, &of), USUAL)));
    }
    // It has not an eighth of its weight after sixteen prints.
    assert!(moved.iter().all(|(_, before, after)| after * 3 <= *before), "{moved:?}");
}

/// One that sells a tenth of what the other small ones do, at 3.9 times their price, buys twice its usual volume from
/// itself for forty days, 3.5 % of what the leader sells on one, and sells nothing ever after, or nothing that
/// reporters take for sales: it has the cap, for good, and the level 75 % more.
#[test]
fn who_has_bought_from_itself_beside_a_market_leader_keeps_no_weight_by_that() {
    let usual = [(USUAL, 5_000_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (DEAR, 100)];
    let mut story = live(&usual);
    let mut of = basket(&usual);
    let mut day = FIRST;
    let before = last(&mut story, &mut day, 1, &of);
    let mut bought = 0;
    for _ in 0..40 {
        of[4].volume = usual_of(&story, 4) / 8 + 1;
        bought += of[4].volume;
        last(&mut story, &mut day, 1, &of);
    }
    let pumped = story.price_on(Day(day - 1)).unwrap();
    of[4].volume = 0;
    let after = last(&mut story, &mut day, 120, &of);
    assert!(
        after <= before,
        "{} before, {} after forty days, {} after 120 more, {bought} bought",
        above(before, USUAL),
        above(pumped, USUAL),
        above(after, USUAL)
    );
}

/// Rules may want as many providers as there are, but a print takes as many that have ever sold something.
#[test]
fn rules_that_want_one_that_has_never_sold_stop_no_index() {
    let usual = [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 0)];
    let mut story = live(&usual);
    story.to(Day(FIRST), 3_600);
    let rules = Rules { min_providers: 5, ..Rules::TPI };
    let set = story.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, rules));
    let prints = (1..30)
        .filter(|day| {
            let _ = story.day(Day(FIRST + day), &basket(&usual));
            story.now = story.now.later(4 * 3_600);
            let _ = story.publish(Day(FIRST + day));
            story.price_on(Day(FIRST + day)).is_some()
        })
        .count();
    assert!(prints == 29, "{set:?}: {prints} prints");
}

/// One of four stops selling, or two small ones beside three that have the cap. After six weeks a newcomer's part of
/// what is usual of them cannot be told in sixteenths of a unit, and there are no links any more: nobody enters, who
/// could take their place, and nobody leaves.
#[test]
fn who_has_stopped_selling_leaves_a_basket_that_can_change() {
    let stuck: Vec<_> = [(&[200_u64; 4][..], 3), (&[100, 100, 100, 5, 5], 3), (&[1_000; 4], 3)]
        .into_iter()
        .filter(|(sells, stops)| {
            let usual: Vec<_> = sells.iter().map(|volume| (USUAL, *volume)).collect();
            let mut story = live(&usual);
            let mut of = basket(&usual);
            for one in &mut of[*stops..] {
                one.volume = 0;
            }
            let mut day = FIRST;
            last(&mut story, &mut day, 45, &of);
            eve(&mut story, day, &[(sells.len() as u8, 1_000)]);
            of.push(at(USUAL, 100));
            reports_until(&mut story, day, 200, |_| of.clone()).is_none()
        })
        .collect();
    assert!(stuck.is_empty(), "nobody has entered after 200 days: {stuck:?}");
}

/// A known limit: a newcomer's 256th is in the middle third of the weight, too, by which the bounds are taken. Where
/// two fifths of the weight lie beyond a gap, at six to twenty times the price of the rest, and count at the bound, it
/// is worth more than 1.1 %. Who enters asks for the upper price in the shadow, and for the lower one later.
#[test]
fn who_enters_a_basket_with_a_gap_has_four_percent_of_the_level_at_most() {
    let moved = [6, 8, 12, 20].map(|times| {
        let (low, high) = (USUAL / 10, USUAL / 10 * times);
        let usual = [(low, 1_000), (low, 1_000), (low, 1_000), (high, 1_000), (high, 1_000), (low, 100)];
        let levels = [low, high].map(|shadow| {
            let mut story = live(&usual[..5]);
            eve(&mut story, FIRST, &[(5, 1_000)]);
            let mut of = basket(&usual);
            of[5].input = shadow;
            of[5].output = shadow;
            let mut day = reports_until(&mut story, FIRST, 60, |_| of.clone()).unwrap();
            last(&mut story, &mut day, 60, &basket(&usual))
        });
        (times, above(levels[1], levels[0]))
    });
    assert_eq!(moved, [(6, -239), (8, -273), (12, -324), (20, -390)], "times the price, and basis points of the level");
}

/// A known limit: one of 30 % that is rescored by a tenth has 3.1 % of the level if it asks for what the others do, and
/// more at 3.6 or 4 times that, just within the bound: it asks for a fifth more for eight days and counts at the bound
/// with either score.
#[test]
fn who_is_rescored_near_the_bound_has_six_percent_of_the_level() {
    let moved = [(36, 44, 1_100), (36, 44, 910), (40, 48, 1_100)].map(|(usually, meanwhile, to)| {
        let levels = [(to, usually), (to, meanwhile), (1_000, usually), (1_000, meanwhile)].map(|(to, tenths)| {
            let price = USUAL / 10 * usually;
            let usual = [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (price, 1_714)];
            let mut story = live(&usual);
            let mut of = basket(&usual);
            of[4] = at(USUAL / 10 * tenths, 1_714);
            let mut day = FIRST;
            last(&mut story, &mut day, 4, &of);
            eve(&mut story, day, &[(4, to)]);
            last(&mut story, &mut day, 4, &of);
            last(&mut story, &mut day, 3, &basket(&usual));
            last(&mut story, &mut day, 40, &basket(&usual))
        });
        (usually, meanwhile, to, above(levels[1], levels[0]), above(levels[3], levels[2]))
    });
    let expected = [(36, 44, 1_100, -551, 0), (36, 44, 910, 600, 0), (40, 48, 1_100, -574, 0)];
    assert_eq!(moved, expected, "tenths of the price usually and meanwhile, score, basis points; without a new score");
}

/// A change that can never come into force is accepted: by `set_provider`, where one of those that stay has never sold
/// anything, and by `set_index`, where as many are in force as the new rules want, but fewer stay. Who leaves fades for
/// it all the same.
#[test]
fn no_change_is_accepted_that_never_comes_into_force() {
    let stuck = [false, true].map(|rules| {
        let usual = [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, u64::from(rules) * 1_000)];
        let mut story = live(&usual);
        story.to(Day(FIRST), 3_600);
        let left = story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, 0, 0));
        let wants = Rules { min_providers: if rules { 5 } else { 4 }, ..Rules::TPI };
        let set = story.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, wants));
        let refused = left.is_err() || set.is_err();
        !refused && reports_until(&mut story, FIRST + 1, 150, |_| basket(&usual)).is_none()
    });
    assert_eq!(stuck, [false; 2]);
}
