//! Known attacks, written by hand: the objective pays for each while its fault is there, and for none of them once it
//! is fixed. What the world does not pay for, the search cannot find.

use sit_adversary::{
    Cast, Class, Gene, Genome, Keeper, Month, Move, Number, Objective, Phase, Price, Role, Scene, Size, Way, When,
    Whom, mean_of, measure, record, story_of,
};
use sit_engine::fault::Fault;
use sit_native::Addresses;

fn gene(from: u8, days: u8, phase: Phase, when: When, act: Move) -> Gene {
    Gene { from, days, phase, again: false, when, act }
}

fn genome(scene: Scene, class: Class, genes: impl IntoIterator<Item = Gene>) -> Genome {
    Genome { scene, class, keeper: Keeper::Prompt, genes: genes.into_iter().collect() }
}

/// Against a keeper who calls nobody from the afternoon to the next settlement.
fn late(plan: Genome) -> Genome {
    Genome { keeper: Keeper::Late, ..plan }
}

const A: Role = Role::Seat(0);
const B: Role = Role::Seat(2);
const C: Role = Role::Seat(3);
const NEAR: Month = Month::Number(0);
const FAR: Month = Month::Number(1);
const COMPUTE: Month = Month::Number(2);

/// What the plan is worth with this fault alone, and with all of them fixed.
fn open_and_mended(genome: &Genome, objective: Objective, fault: Fault) -> (f64, f64) {
    let value = |faults: &[Fault]| mean_of(&measure(genome, faults), objective);
    (value(&[fault]), value(&[]))
}

/// The objective pays for the attack while the fault is there, and less than it takes to be a find when it is fixed.
fn pays_while_it_is_there(name: &str, genome: &Genome, objective: Objective, fault: Fault) {
    let (open, mended) = open_and_mended(genome, objective, fault);
    println!("{name}: {open:.1} {} while it is there, {mended:.1} once it is mended", objective.unit());
    let threshold = objective.threshold().expect("no goal on the way");
    assert!(open >= threshold, "{name} is worth {open:.1}: {}", story_of(genome, &[fault], objective));
    assert!(
        mended < threshold && mended < 0.3 * open,
        "{name} is still worth {mended:.1} of {open:.1} {}",
        objective.unit()
    );
}

#[test]
fn c1_a_pair_closes_past_the_bankruptcy_price_and_the_fund_pays() {
    // The limit of a day is wider than the compute month's margin.
    let open =
        Move::Cross { who: A, with: B, month: COMPUTE, way: Way::Long, price: Price::Off(0), size: Size::Share(8) };
    let close =
        Move::Cross { who: A, with: B, month: COMPUTE, way: Way::Close, price: Price::Worst, size: Size::Position };
    let plan = genome(
        Scene::Ordinary,
        Class::Busy,
        [
            gene(0, 1, Phase::Morning, When::Always, open),
            gene(0, 1, Phase::Morning, When::Always, Move::Withdraw { who: A, quarters: 4 }),
            gene(0, 8, Phase::Opened, When::Short, close),
        ],
    );
    pays_while_it_is_there("C1", &plan, Objective::Profit, Fault::TradeLosesHealth);
}

#[test]
fn h1_a_spread_of_two_products_needs_no_margin_and_defaults() {
    // Long in compute and short in tokens; each trade frees the margin of the next, and B stands on the other side with
    // as much. What is free leaves every day. Whoever is short of margin after a print leaves at the mark before the
    // keeper takes anything over, and the fund pays the other one what they do not have.
    let leg = |month, way, size| {
        let act = Move::Cross { who: A, with: B, month, way, price: Price::Off(0), size: Size::Share(size) };
        gene(0, 1, Phase::Morning, When::Always, act)
    };
    let leave = Move::Leave { who: Role::Weak, with: Role::Strong, price: Price::Off(0) };
    let plan = genome(
        Scene::Ordinary,
        Class::Jumps,
        [
            leg(COMPUTE, Way::Long, 4),
            leg(NEAR, Way::Short, 8),
            gene(0, 7, Phase::Morning, When::Always, Move::WithdrawAll),
            gene(0, 8, Phase::Opened, When::Short, leave),
        ],
    );
    pays_while_it_is_there("H1", &plan, Objective::Profit, Fault::ScenariosPairedAcrossProducts);
}

#[test]
fn h2_an_auction_that_nobody_ended_takes_a_safe_account_at_fifteen_percent() {
    let take = Move::Bid { who: Role::Rich, whom: Whom::InAuction, month: Month::Largest, size: Size::Position };
    let plan = genome(Scene::Auction, Class::Busy, [gene(1, 8, Phase::Settled, When::Edge, take)]);
    pays_while_it_is_there("H2", &plan, Objective::Profit, Fault::AuctionOutlivesItsMark);
}

/// A owes in the far month what the speculator owes them in the near one. They leave both and have the fund pay.
fn bought_claim() -> Genome {
    let leave =
        |month| Move::Cross { who: A, with: B, month, way: Way::Close, price: Price::Off(0), size: Size::Position };
    genome(
        Scene::Default,
        Class::Calm,
        [
            gene(0, 1, Phase::Opened, When::Always, leave(FAR)),
            gene(0, 1, Phase::Opened, When::Always, leave(NEAR)),
            gene(0, 1, Phase::Opened, When::Always, Move::Bridge { whom: Whom::Own(A), debt: FAR, claim: NEAR }),
        ],
    )
}

#[test]
fn h3_the_fund_buys_a_claim_against_a_bankrupt_beyond_its_cap() {
    pays_while_it_is_there("H3", &bought_claim(), Objective::Profit, Fault::BridgeBeyondTheCap);
}

#[test]
fn w1_everybody_is_paid_in_the_block_of_the_settlement_that_has_ruined_a_loser() {
    // Found after 133,797 candidates: far's winners are paid before anybody can have reported A, who owes there what
    // the speculator owes them. Lots that are handed to B afterwards leave less with A for the keeper to take over.
    let settle = Move::Settle { whom: None, month: FAR };
    let hand = Move::Cross {
        who: Role::Strong,
        with: B,
        month: FAR,
        way: Way::Trend,
        price: Price::Off(0),
        size: Size::Share(4),
    };
    let plan = genome(
        Scene::Default,
        Class::Calm,
        [gene(0, 1, Phase::Settled, When::Always, settle), gene(0, 1, Phase::Opened, When::Always, hand)],
    );
    pays_while_it_is_there("W1", &plan, Objective::Profit, Fault::PaidBeforeTheReport);
}

#[test]
fn w2_the_fund_buys_a_claim_before_the_other_winners_have_their_part() {
    pays_while_it_is_there("W2", &bought_claim(), Objective::Profit, Fault::BridgeBeforeTheOthers);
}

#[test]
fn h4_two_trades_of_one_lot_close_a_month() {
    // Overnight nobody quotes the compute month: one lot at the first limit, and in the morning one at the second.
    let lot = |way| Move::Cross { who: A, with: B, month: COMPUTE, way, price: Price::Bad(4), size: Size::One };
    let plan = genome(
        Scene::Ordinary,
        Class::Calm,
        [
            gene(0, 4, Phase::Evening, When::Always, lot(Way::Long)),
            gene(0, 5, Phase::Morning, When::Always, lot(Way::Short)),
        ],
    );
    pays_while_it_is_there("H4", &plan, Objective::Closure, Fault::HaltByOneLot);
}

#[test]
fn h5_orders_of_one_lot_walk_a_mark_away_from_its_index() {
    let pull = Move::Pull { who: B, month: COMPUTE, way: Way::Long, bps: 190, size: Size::One };
    let plan = genome(Scene::Ordinary, Class::Calm, [gene(0, 6, Phase::Morning, When::Always, pull)]);
    pays_while_it_is_there("H5", &plan, Objective::Marks, Fault::PullByDeadOrders);
}

#[test]
fn index_h4_old_quotes_are_taken_between_the_print_and_its_settlement() {
    let take = Move::Take { who: A, month: NEAR, way: Way::Trend, price: Price::Bad(4), size: Size::Share(4) };
    let plan = genome(Scene::Ordinary, Class::Jumps, [gene(0, 8, Phase::Published, When::Moves, take)]);
    pays_while_it_is_there("I4", &plan, Objective::Profit, Fault::TradeOnAPrintThatIsDue);
}

#[test]
fn m2_a_delegate_uses_up_all_order_numbers_of_an_account() {
    let last = Move::Delegate { way: Way::Long, price: Price::Good(2), number: Number::Last };
    let plan = genome(
        Scene::Ordinary,
        Class::Calm,
        [gene(0, 1, Phase::Morning, When::Always, last), gene(5, 1, Phase::Evening, When::Broke, Move::WithdrawAll)],
    );
    pays_while_it_is_there("M2", &plan, Objective::Refusal, Fault::LastOrderNumber);
}

#[test]
fn n1_one_lot_at_the_lower_limit_refuses_every_two_sided_quote() {
    // Before makers come back nobody quotes the compute month. Once makers have tried, the lot is cancelled before
    // anybody takes it.
    let ask = Move::Rest { who: A, month: COMPUTE, way: Way::Short, price: Price::Bad(4), size: Size::One, life: 0 };
    let plan = genome(
        Scene::Ordinary,
        Class::Calm,
        [
            gene(0, 6, Phase::Settled, When::Always, ask),
            gene(0, 6, Phase::Next, When::Always, Move::Cancel { month: COMPUTE }),
        ],
    );
    pays_while_it_is_there("N1", &plan, Objective::Refusal, Fault::QuoteRefusedWhole);
}

#[test]
fn m1_unsettled_profit_of_one_month_pays_for_a_loss_in_another() {
    // C is owed by the bankrupt. What C is owed carries a loss to B in the compute month, and C's cash leaves.
    let lose = |way, size| Move::Cross { who: C, with: B, month: COMPUTE, way, price: Price::Bad(4), size };
    let leave =
        Move::Cross { who: C, with: B, month: NEAR, way: Way::Close, price: Price::Off(0), size: Size::Position };
    let plan = genome(
        Scene::Claim,
        Class::Calm,
        [
            gene(0, 1, Phase::Opened, When::Always, leave),
            gene(0, 1, Phase::Opened, When::Always, lose(Way::Long, Size::Share(3))),
            gene(0, 1, Phase::Opened, When::Always, lose(Way::Close, Size::Position)),
            gene(0, 1, Phase::Opened, When::Always, lose(Way::Long, Size::Share(3))),
            gene(0, 1, Phase::Opened, When::Always, lose(Way::Close, Size::Position)),
            gene(0, 1, Phase::Opened, When::Always, Move::Withdraw { who: C, quarters: 4 }),
        ],
    );
    pays_while_it_is_there("M1", &plan, Objective::Profit, Fault::UnsettledProfitPays);
}

#[test]
fn index_h2_a_provider_that_enters_sets_the_level_by_what_it_asks_on_one_day() {
    let ask = Move::Ask { enters: true, percent: 210 };
    let plan = genome(Scene::Reports, Class::Calm, [gene(2, 1, Phase::Morning, When::Always, ask), last_word(6)]);
    pays_while_it_is_there("I2", &plan, Objective::Marks, Fault::LinkOfOneDay);
}

#[test]
fn index_h3_the_smallest_provider_stops_the_index() {
    let ask = Move::Ask { enters: false, percent: 420 };
    let plan = genome(Scene::Reports, Class::Calm, [gene(0, 3, Phase::Morning, When::Always, ask), last_word(4)]);
    pays_while_it_is_there("I3", &plan, Objective::Refusal, Fault::GateRefusesTheDay);
}

#[test]
fn index_h6_two_of_five_reporters_lower_the_index_when_one_is_absent() {
    let lie = Move::Misreport { bps: -1_500 };
    let plan = genome(Scene::Reports, Class::Calm, [gene(1, 1, Phase::Morning, When::Always, lie), last_word(2)]);
    pays_while_it_is_there("I6", &plan, Objective::Marks, Fault::PrintByAMinority);
}

#[test]
fn clearing_l5_a_trade_with_a_winner_who_waits_does_not_make_their_claim_bear_what_others_do_not() {
    // As the search found it (seed 1, 23,692 candidates): near's winners wait for the speculator's default when the
    // book opens. A maker whose quote is taken then waited a day longer with all of it, and of A's default on that day
    // nearly all was borne by whoever had not been paid. B, who takes A over in the far month before the keeper does,
    // has the discount for it. A can pay in the far month only with a claim on the speculator, so that far's winners
    // wait for A from the report on, and all of them bear alike: of the 2,055 US dollars that it came to nothing is
    // left, and the trade delays the claim no more. It needs a keeper who leaves A alone in the evening.
    let take = Move::Cross {
        who: Role::Seat(1),
        with: Role::Strong,
        month: Month::Largest,
        way: Way::Close,
        price: Price::Off(-50),
        size: Size::Share(4),
    };
    let bid = Move::Bid { who: Role::Claimant, whom: Whom::InAuction, month: Month::Largest, size: Size::Position };
    let plan = late(genome(
        Scene::Default,
        Class::Calm,
        [gene(0, 1, Phase::Opened, When::Always, take), gene(1, 1, Phase::Next, When::Always, bid)],
    ));
    let harm = mean_of(&measure(&plan, &[]), Objective::Harm);
    println!("L5: {harm:.1} USD of harm");
    assert!(harm.abs() < 1.0, "{harm}: {}", story_of(&plan, &[], Objective::Harm));
}

#[test]
fn clearing_l5_a_trade_delays_no_claim_until_the_next_default() {
    // For the profit of whoever leaves last (found after 8,590 candidates): on the way out of near A takes the makers'
    // offers, which waited a day with all that they were owed. A, who cannot pay, leaves far for C when that day is
    // settled and before the keeper takes A over; the loss that is left in near fell on whoever had not been paid. A
    // keeper who looks again when near's loss has been allocated leaves nothing to earn by it: A is called in the
    // evening.
    let leave = Move::Cross {
        who: Role::Weak,
        with: C,
        month: Month::Largest,
        way: Way::Close,
        price: Price::Worst,
        size: Size::Position,
    };
    let take =
        Move::Take { who: Role::Claimant, month: NEAR, way: Way::Close, price: Price::Off(50), size: Size::Share(1) };
    let plan = genome(
        Scene::Default,
        Class::Calm,
        [gene(1, 1, Phase::Settled, When::Always, leave), gene(0, 1, Phase::Opened, When::Always, take)],
    );
    let (prompt, _) = open_and_mended(&plan, Objective::Profit, Fault::TradeDelaysAClaim);
    assert!(prompt <= 0.0, "{prompt} USD");
    let plan = late(plan);
    pays_while_it_is_there("L5", &plan, Objective::Profit, Fault::TradeDelaysAClaim);
    pays_while_it_is_there("L5", &plan, Objective::Harm, Fault::TradeDelaysAClaim);
}

#[test]
fn clearing_l5_the_delegates_order_delays_no_claim_of_the_buyer() {
    // Against a prompt keeper (found after 515 candidates): A hands far to B, which takes A's cash along, and C trades
    // a lot with the maker for the buyer, who has named C a delegate. What both were owed in near waited a day longer.
    let hand =
        Move::Hand { who: Role::Claimant, with: Role::Weak, month: FAR, price: Price::Worst, size: Size::Share(1) };
    let order = Move::Delegate { way: Way::Short, price: Price::Bad(1), number: Number::Thousand };
    let plan = genome(
        Scene::Default,
        Class::Calm,
        [gene(0, 1, Phase::Opened, When::Always, hand), gene(0, 1, Phase::Opened, When::Always, order)],
    );
    pays_while_it_is_there("L5", &plan, Objective::Profit, Fault::TradeDelaysAClaim);
}

#[test]
fn whoever_is_ruined_over_night_is_reported_before_anybody_is_paid() {
    // Found after 1,245 candidates, against a keeper who is late: A hands a part of its claim in near to C, by a trade
    // at a bad price, and is insolvent in far once near's loss has been allocated. Far's winners wait for A until the
    // day is settled; in that block B, the largest of them, traded a lot with A, was paid what A had brought, and left
    // A's default to the others.
    let close = |with, size| Move::Cross {
        who: Role::Weak,
        with,
        month: Month::Largest,
        way: Way::Close,
        price: Price::Worst,
        size,
    };
    let hand = Gene { again: true, ..gene(0, 1, Phase::Settled, When::Always, close(C, Size::Position)) };
    let trade = gene(0, 5, Phase::Settled, When::Always, close(Role::Rich, Size::One));
    let plan = genome(Scene::Default, Class::Calm, [hand, trade, trade]);
    let (prompt, _) = open_and_mended(&plan, Objective::Profit, Fault::SettlementEndsTheWait);
    assert!(prompt < 1.0, "a keeper who looks again leaves nothing of it: {prompt} USD");
    let plan = late(plan);
    pays_while_it_is_there("W3", &plan, Objective::Profit, Fault::SettlementEndsTheWait);
    pays_while_it_is_there("W3", &plan, Objective::Harm, Fault::SettlementEndsTheWait);
}

#[test]
fn one_provider_moves_no_print_by_what_it_asks_for_a_day_or_two() {
    // Found after 18,820 candidates: once the provider that enters is in the basket, a week after it came, it sells a
    // fifth of all. Asking for double on the last days moved the marks by a fifth, and the thin seller was liquidated.
    // Reporters say what is asked for, and the volumes that they report do not fall with it.
    for days in 1..=2_u8 {
        let ask = Move::Ask { enters: true, percent: 200 + 10 * u16::from(days) };
        let plan = genome(
            Scene::Reports,
            Class::Calm,
            [gene(9 - days, days, Phase::Settled, When::Always, ask), last_word(9)],
        );
        pays_while_it_is_there("P1, marks", &plan, Objective::Marks, Fault::OneProviderMovesThePrint);
        pays_while_it_is_there("P1, harm", &plan, Objective::Harm, Fault::OneProviderMovesThePrint);
    }
}

#[test]
fn nobody_takes_over_whom_one_provider_has_bankrupted() {
    // Found after 122,351 candidates, with two reporters of the same coalition: the provider asks for 220 % on one day,
    // the thin seller is liquidated at the mark that follows, and B takes its lots over before the keeper does.
    let ask = Move::Ask { enters: true, percent: 220 };
    let bid = Move::Bid { who: B, whom: Whom::InAuction, month: Month::Largest, size: Size::Position };
    let plan = genome(
        Scene::Reports,
        Class::Calm,
        [gene(8, 1, Phase::Settled, When::Always, ask), gene(9, 1, Phase::Next, When::Always, bid), last_word(10)],
    );
    pays_while_it_is_there("P1", &plan, Objective::Profit, Fault::OneProviderMovesThePrint);
}

/// Something that does nothing, so that the path goes on until this day.
fn last_word(day: u8) -> Gene {
    gene(day, 1, Phase::Evening, When::Always, Move::Note { product: 1 })
}

#[test]
fn a_plan_is_the_same_among_people_of_other_addresses() {
    // So it can be sent to contracts that are deployed: tests/stories/tests/finds.rs does.
    let named = Cast::named();
    let other = |address: [u8; 20]| address.map(|byte| !byte);
    let addresses =
        Addresses::by_name(|name| std::array::from_fn(|place| name.as_bytes().get(place).map_or(7, |byte| *byte)));
    let cast = Cast { addresses, owners: named.owners.map(other), reporters: named.reporters.map(other) };
    let plan = bought_claim();
    let put_back = [Fault::BridgeBeyondTheCap];
    let [one, two] = [named, cast].map(|cast| record(&plan, cast, &put_back, Objective::Profit));
    assert_eq!((one.value, one.fund), (two.value, two.fund));
    assert_eq!(one.sent.len(), two.sent.len());
    for (one, two) in one.sent.iter().zip(&two.sent) {
        assert_eq!((one.at, &one.outcome, one.attack), (two.at, &two.outcome, two.attack));
        assert_eq!(one.message.name(), two.message.name());
    }
    assert!(one.sent.iter().any(|sent| sent.attack) && one.sent[0].at == plan.scene.starts());
}

#[test]
fn i7_a_maker_who_trades_with_a_friend_pushes_the_others_below_the_floor() {
    // B and C hand lots to each other and back, one evening of a quiet week. What honest makers have traded is less
    // than a quarter of a percent of that.
    let wash = Move::Hand { who: C, with: B, month: NEAR, price: Price::Off(0), size: Size::Share(8) };
    let plan = genome(Scene::Makers, Class::Calm, [gene(0, 1, Phase::Evening, When::Always, wash)]);
    pays_while_it_is_there("I7", &plan, Objective::Harm, Fault::FloorByAllVolume);
}

#[test]
fn nobody_who_sits_still_gains_anything() {
    for scene in Scene::ALL {
        for class in scene.classes() {
            let idle = Move::Note { product: 1 };
            let plan = genome(scene, *class, [gene(1, 5, Phase::Morning, When::Broke, idle)]);
            for values in measure(&plan, &[]) {
                for objective in Objective::ALL {
                    let value = values[objective as usize];
                    assert!(value.abs() < 1e-6, "{scene:?} {class:?} {objective:?}: {value}");
                }
            }
        }
    }
}

#[test]
fn trading_with_oneself_at_the_mark_costs_fees_and_nothing_else() {
    let trade = |way| Move::Cross { who: A, with: B, month: NEAR, way, price: Price::Off(0), size: Size::Block };
    let plan = genome(
        Scene::Ordinary,
        Class::Busy,
        [
            gene(0, 3, Phase::Late, When::Always, trade(Way::Long)),
            gene(0, 3, Phase::Evening, When::Always, trade(Way::Close)),
        ],
    );
    for values in measure(&plan, &[]) {
        let profit = values[Objective::Profit as usize];
        // Six trades of fifty lots of 260 USD at six basis points of fees, of which none comes back.
        assert!((-80.0..-20.0).contains(&profit), "{profit}");
    }
}

#[test]
fn risk_that_is_taken_before_a_print_is_known_earns_nothing_whatever_the_path_does() {
    let bet = |way| Move::Take { who: A, month: NEAR, way, price: Price::Off(100), size: Size::Share(4) };
    let plan = genome(Scene::Ordinary, Class::Jumps, [gene(1, 1, Phase::Morning, When::Always, bet(Way::Long))]);
    for values in measure(&plan, &[]) {
        let profit = values[Objective::Profit as usize];
        // Half a percent of spread and fees on at most 180 lots.
        assert!((-600.0..=0.0).contains(&profit), "{profit}");
    }
}
