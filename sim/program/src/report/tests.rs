//! The page of a history, from the facts to the words.

use super::*;

fn request() -> ReportRequest {
    ReportRequest { name: "a <history>".into(), draws: 20, margin_paths: 16_384, market_paths: 0, seed: 1 }
}

#[test]
fn a_page_has_every_section_and_needs_nothing_else() {
    let facts = Facts::gather(&History::sample(1), &request(), &|_| ()).unwrap();
    let page = html(&facts).unwrap();
    for section in [
        "history",
        "prices",
        "margin",
        "coverage",
        "procyclicality",
        "frontier",
        "fund",
        "tornado",
        "hedge",
        "claims",
        "limits",
    ] {
        assert!(page.contains(&format!("<section id=\"{section}\">")), "{section}");
    }
    assert!(!page.contains("Hedgers, makers"), "no market was asked for");
    assert!(page.contains("Distribution of the fund"), "the fund's losses are drawn without a market");
    for title in [
        "Price limits by how often they bind",
        "Position limit and add-ons",
        "Short ES, simulation",
        "The same in the paper",
    ] {
        assert!(page.contains(title), "{title}");
    }
    assert!(page.contains("a &#60;history&#62;"), "text is escaped");
    for outside in ["<script", "http://", "https://", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.matches("<svg").count() >= 9);
    assert!(!page.contains("NaN") && !page.contains("inf ") && !page.contains("There is nothing to draw"));
    // The same history and seed give the same page, on any number of threads.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let again = pool.install(|| Facts::gather(&History::sample(1), &request(), &|_| ()).unwrap());
    assert!(html(&again).unwrap() == page);
}

#[test]
fn the_facts_agree_with_each_other() {
    let facts = Facts::gather(&History::sample(2), &request(), &|_| ()).unwrap();
    let spot = facts.calibration.model.spot(&facts.calibration.model.start(), 0.0);
    // Both fans start at the last price and only widen in the middle.
    for spreads in [&facts.fan, &facts.curve] {
        assert!(spreads[0].quantiles.iter().all(|price| (price / spot - 1.0).abs() < 1e-9));
        assert!(spreads.iter().all(|spread| spread.quantiles.windows(2).all(|pair| pair[0] <= pair[1])));
    }
    // Insolvency grows with leverage, and the middle of the fan lies near the expected price.
    let grows =
        |of: fn(&frontier::Place) -> f64| facts.frontier.windows(2).all(|pair| of(&pair[0]) <= of(&pair[1]) + 1e-9);
    assert!(grows(|place| place.short) && grows(|place| place.long) && grows(|place| place.short_mixed));
    let half_year = facts.calibration.model.futures_price(&facts.calibration.model.start(), 0.0, 0.5);
    assert!((facts.fan[6].quantiles[2] / half_year - 1.0).abs() < 0.15);
    // The walk starts after a year, its close-outs do not overlap, and its margins are those of shares of a price.
    let walk = facts.walk.unwrap();
    assert!((300..=366).contains(&walk.steps.len()), "{}", walk.steps.len());
    assert!(walk.steps.iter().all(|step| (0.0..1.0).contains(&step.long_margin) && step.short_margin > 0.0));
    assert_eq!(walk.short.observations, walk.steps.len() as u64);
    // Longest bar first; a volatility moves the margin.
    assert!(facts.tornado.windows(2).all(|pair| pair[0].reach() >= pair[1].reach()));
    assert!(facts.tornado.iter().any(|bar| bar.parameter == "reverting.jumps.sd" && bar.reach() > 0.0));
}

#[test]
fn a_history_of_less_than_a_year_has_no_walk() {
    let short = History::sample(1).first(300);
    assert!(walk::Walk::through(&short, &|_| ()).is_none());
}
