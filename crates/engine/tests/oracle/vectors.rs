//! Every number of the index against an independent calculation with exact fractions.
//!
//! `tests/vectors/index_reference.py` follows the written rules and shares nothing with this crate;
//! `tests/vectors/make_index_vectors.py` writes what it gets. The inputs of a case are drawn here and there alike.

use super::*;

/// Days of a case, and of every third one, in which a provider has the time to leave.
const DAYS: [u32; 2] = [14, 50];
const MOVES: [[(u64, u64); 10]; 2] = [
    [(1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (11, 10), (9, 8), (2, 5), (3, 1), (1, 30)],
    [(1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (11, 10), (9, 8), (10, 11), (8, 9), (1, 2)],
];
const OWN_MOVES: [(u64, u64); 5] = [(21, 20), (3, 2), (5, 1), (1, 2), (3, 4)];
const ERRORS: [OracleError; 11] = [
    OracleError::QuorumMissing,
    OracleError::TooFewProviders,
    OracleError::PriceOutOfRange,
    OracleError::AwaitingConfirmation,
    OracleError::ImplausibleMove,
    OracleError::AlreadyPublished,
    OracleError::TooManyGaps,
    OracleError::TooFewSamples,
    OracleError::NotASample,
    OracleError::BadScoreChange,
    OracleError::BadRules,
];

/// splitmix64.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    fn small(&mut self, bound: u64) -> u8 {
        self.below(bound) as u8
    }
}

fn code(error: OracleError) -> u64 {
    3 + ERRORS.iter().position(|known| *known == error).unwrap_or_else(|| panic!("{error:?}")) as u64
}

fn final_numbers(settlement: &Settlement) -> [u64; 6] {
    let Settlement { sum, samples, gaps, fallback, price, .. } = *settlement;
    [2, sum, samples.into(), gaps.into(), fallback.into(), price.into()]
}

/// Publishes, and writes what became of it.
fn publication(story: &mut Story, day: Day, line: &mut Vec<u64>) -> Option<Validity> {
    let told = story.chain.events.len();
    match story.publish(day) {
        Ok(outcome) => {
            let event = story.chain.events[told..].iter().find(|event| event.starts_with("Computed")).unwrap();
            let field = |name: &str| {
                let rest = event.split(&format!(" {name}: ")).nth(1).unwrap();
                rest.split(|character: char| !character.is_ascii_digit()).next().unwrap().parse::<u64>().unwrap()
            };
            line.extend([outcome.number().into(), field("price"), field("link")]);
            Some(outcome)
        }
        Err(error) => {
            line.push(code(error));
            None
        }
    }
}

fn case(number: u64) -> Vec<u64> {
    let mut draw = Draw(number);
    let mut line = Vec::new();
    let long = number.is_multiple_of(3);
    let (days, moves) = (DAYS[usize::from(long)], MOVES[usize::from(long)]);
    let cap = [2_500_u16, 3_000, 4_000, 10_000][draw.below(4) as usize];
    let mut rules = Rules {
        cap_bps: cap,
        min_providers: u8::try_from(10_000_u16.div_ceil(cap)).unwrap().max(2),
        blend_input: draw.small(5) + 1,
        blend_output: draw.small(4),
        screen_mads: [0, 20_000, 44_478][draw.below(3) as usize],
        screen_ratio: [15_000, 20_000, 40_000][draw.below(3) as usize],
        max_dispersion: [30_000, 200_000, 1_000_000][draw.below(3) as usize],
        window_days: draw.small(3) + 3,
        max_gaps: draw.small(3),
        fallback_delay: 7 * DAY,
        ..Rules::TPI
    };
    let (providers, reporters) = (draw.small(5) + if long { 7 } else { 4 }, draw.small(5) + 3);
    rules.min_reporters = (reporters / 2 + 1).max(3);
    let mut story = Story::begin(rules, reporters, 0);
    let score = |story: &mut Story, provider: u8, score: u64| {
        let score = u16::try_from(score).unwrap();
        story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, provider, score))
    };
    // A long case changes its basket early, at several providers, and hardly again, so that the change comes into
    // force. In a third of them the first of these is a large one, is to have another score, and has a tenth of its
    // price on some days, so that links lie apart. In a fourth the last one is small and leaves, the others sell the
    // same, and on some days every other one rises, so that the last one alone has the market move, or not.
    let early = Day(START.0 + 1 + draw.below(4) as u32);
    let (several, dips) = (draw.below(4) + 1, draw.small(3 * u64::from(providers)));
    let even = long && draw.below(4) == 0;
    for provider in 0..providers {
        let left_out = draw.below(if long { 3 } else { 12 }) == 0;
        let left_out = if even { provider == 0 && providers % 2 == 0 } else { left_out };
        score(&mut story, provider, if left_out { 0 } else { 200 + draw.below(3_000) }).unwrap();
    }
    let level = 10_u64.pow(draw.below(4) as u32 + 3);
    let mut base = Vec::new();
    for _ in 0..providers {
        let price = if draw.below(2) == 0 { level } else { level / 2 + draw.below(2 * level) };
        let output = price + draw.below(4 * level);
        let size = draw.below(9) as usize;
        let volumes = if size < 3 { [0, draw.below(10), draw.below(100_000)][size] } else { draw.below(1_000) };
        base.push((price, output, volumes));
    }
    if long && dips < providers {
        base[usize::from(dips)].2 = 1_000;
    }
    for (provider, (_, _, volume)) in (0..).zip(&mut base).filter(|_| even) {
        *volume = if provider == providers - 1 { 50 } else { 1_000 };
    }
    let mut quiet = [0; MAX_PROVIDERS];
    for day in (START.0..START.0 + days).map(Day) {
        let (up, down) = moves[draw.below(moves.len() as u64) as usize];
        for (input, output, _) in &mut base {
            (*input, *output) = ((*input * up / down).max(1), (*output * up / down).max(1));
        }
        if draw.below(6) == 0 {
            let provider = draw.below(providers.into()) as usize;
            let (input, output, _) = &mut base[provider];
            let (up, down) = OWN_MOVES[draw.below(OWN_MOVES.len() as u64) as usize];
            (*input, *output) = ((*input * up / down).max(1), (*output * up / down).max(1));
            quiet[provider] = day.0 + draw.below(7) as u32; // until then it sells little at that price
        }
        let first = long && day == early;
        let changes = if first { several } else { u64::from(draw.below(if long { 80 } else { 8 }) == 0) };
        story.to(day, 3_600);
        let mut steps = draw.below(4) == 0;
        for place in 0..changes {
            let (mut provider, stays, drawn) = (draw.small(providers.into()), draw.below(4) == 0, draw.below(3_000));
            if first && place == 0 && dips < providers {
                (provider, steps) = (dips, true);
            }
            if even && place == 0 {
                (provider, steps) = (providers - 1, false);
            }
            // Scores go a little up or down, or some leave and others enter: not both at once.
            let before = u64::from(story.chain.setup(TPI).unwrap().basket.current[usize::from(provider)]);
            let changed = match () {
                () if even && place == 0 => 0,
                () if even => before,
                () if steps => before * (90 + drawn % 22) / 100,
                () if stays || before == 0 => 200 + drawn,
                () => 0,
            };
            if let Err(error) = score(&mut story, provider, changed) {
                assert!(matches!(error, OracleError::TooFewProviders | OracleError::BadScoreChange), "{error:?}");
                line.push(code(error));
            }
        }
        // The rules want more providers from then on, or as few as at first: early more often, while one of which
        // nobody knows what it sells may be missing.
        let seldom = if long { 40 } else { 15 };
        if draw.below(if day.0 < START.0 + 4 { 5 } else { seldom }) == 0 {
            let wanted = Rules { min_providers: rules.min_providers + draw.small(8).max(3) - 3, ..rules };
            if let Err(error) = story.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, wanted)) {
                assert_eq!(error, OracleError::BadRules);
                line.push(code(error));
            }
        }
        // On some days providers sell nothing, little or much, or every other reporter reads another price of one of
        // them, or another volume.
        let odd_day = draw.below(3) == 0;
        let mut tenths = || if odd_day { [0, 1, 4, 10, 50][draw.below(5) as usize] } else { 10 };
        let mut tenths: Vec<u64> = (0..providers).map(|_| tenths()).collect();
        for (tenths, _) in tenths.iter_mut().zip(quiet).filter(|(_, until)| day.0 < *until) {
            *tenths = 1.min(*tenths);
        }
        if even {
            tenths.fill(10);
        }
        let torn = draw.below(4 * u64::from(providers));
        let vague = draw.below(if long && day <= early { 2 } else { 8 } * u64::from(providers));
        let cut = (long && draw.below(5) < 2).then_some(dips);
        let rise = draw.small(4); // of those of even numbers, of the others, or of none
        let quarters = |provider: u8| if even && provider % 2 == rise { 5 } else { 4 };
        story.to(day, 15 * 3_600);
        let basket = story.chain.setup(TPI).unwrap().basket;
        for number in 0..reporters {
            let (silent, odd, up_to_three) = (draw.below(9) == 0, draw.below(9), 1 + draw.below(3));
            let factor = if odd == 0 { 1_000 } else { up_to_three * u64::from(odd == 1) + u64::from(odd != 1) };
            if silent {
                continue;
            }
            let price = |provider: u8, price: u64| {
                let halves = if u64::from(provider) == torn && number % 2 == 1 { 3 } else { 2 };
                let parts = if Some(provider) == cut { 80 } else { 8 };
                let asked = price * factor * halves * quarters(provider) / parts;
                u32::try_from(asked).unwrap_or(u32::MAX).max(1)
            };
            let seen = |provider: u8| if u64::from(provider) == vague && number % 2 == 1 { 2 } else { 1 };
            let entries: Vec<Entry> = (0..)
                .zip(base.iter().zip(&tenths))
                .filter(|(provider, _)| basket.covers(day, usize::from(*provider)))
                .map(|(provider, ((input, output, volume), tenths))| Entry {
                    provider,
                    quote: Quote {
                        input: price(provider, *input),
                        output: price(provider, *output),
                        volume: volume * tenths * seen(provider) / 10,
                    },
                })
                .collect();
            story.send(reporter(number), |chain, env| submit(chain, env, TPI, day, entries)).unwrap();
        }
        story.to(day, DAY);
        let outcome = publication(&mut story, day, &mut line);
        if outcome == Some(Validity::NeedsConfirmation) && draw.below(2) == 0 {
            story.to(day, DAY + 4 * 3_600);
            publication(&mut story, day, &mut line);
        }
    }
    let expiry = Day(START.0 + days - 1);
    story.to(expiry, DAY + 3_600 + (4 + 4 * draw.below(2) as u32) * DAY);
    match story.send([0xEE; 20], |chain, env| propose_final(chain, env, TPI, expiry)) {
        Err(error) => line.push(code(error)),
        Ok(proposed) => {
            line.extend(final_numbers(&proposed));
            if draw.below(2) == 0 {
                let voided = draw.below(32);
                story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, expiry)).unwrap();
                match story.send(GOVERNANCE, |chain, env| resolve(chain, env, TPI, expiry, voided)) {
                    Err(error) => line.push(code(error)),
                    Ok(resolved) => line.extend(final_numbers(&resolved)),
                }
            }
        }
    }
    line
}

#[test]
fn prints_and_final_prices_are_those_of_exact_fractions() {
    let text = include_str!("../../../../tests/vectors/index.json");
    let (errors, cases) = text.split_once("\"cases\":[").unwrap();
    let names: Vec<&str> = errors.split('"').filter(|word| word.chars().any(char::is_uppercase)).collect();
    assert_eq!(names, ERRORS.map(OracleError::name));
    let cases: Vec<&str> = cases.split('[').skip(1).collect();
    assert!(cases.len() >= 1_000, "{} cases", cases.len());
    for (number, expected) in (0..).zip(cases) {
        let numbers = expected.split(|character: char| !character.is_ascii_digit()).filter(|number| !number.is_empty());
        let expected: Vec<u64> = numbers.map(|number| number.parse().unwrap()).collect();
        assert_eq!(case(number), expected, "case {number}");
    }
}
