//! A find as a story: what the coalition does, day by day, in sentences.

use crate::cast::{COALITION, Cast, INSTRUMENTS, SEATS, month_name, name};
use crate::course::{Course, Objective};
use crate::gene::Genome;
use crate::world::{DOLLAR, Sent};
use sit_engine::clearing::{Levels, Policy, parse_circle, parse_seats};
use sit_engine::units::Side;
use sit_native::Message;
use std::fmt::Write;

/// Most sentences of a story.
const MOST_SENTENCES: usize = 120;

/// Describes what the coalition sends on a course, and the result.
pub(crate) fn tell(course: &Course, genome: &Genome, objective: Objective, value: f64, refused: bool) -> String {
    let sent = course.record(genome);
    let setting = &course.setting;
    let mut story = String::new();
    let mirrored = if setting.mirrored { ", the mirror image of a path" } else { "" };
    let _ = writeln!(
        story,
        "{:?}, {:?} prices{mirrored}. Index by day: {}.",
        setting.scene,
        setting.class,
        setting
            .prices
            .iter()
            .map(|day| day.map_or("-".to_owned(), |price| (price[0] / 100).to_string()))
            .collect::<Vec<_>>()
            .join(" "),
    );
    let mut when = None;
    let mut told = 0;
    for one in sent.iter().filter(|one| one.attack) {
        let sentence = match &one.outcome {
            Ok(_) => sentence(&setting.cast, one),
            Err(error) if refused => Some(format!(
                "({} of {} is refused: {})",
                one.message.name(),
                setting.cast.name_of(one.by),
                error.sentence()
            )),
            Err(_) => None,
        };
        let Some(sentence) = sentence else { continue };
        told += 1;
        if told > MOST_SENTENCES {
            let _ = writeln!(story, "  (and so on)");
            break;
        }
        if when != Some(one.when) {
            when = Some(one.when);
            let _ = writeln!(story, "Day {}, {}:", one.when.0, one.when.1.name());
        }
        let _ = writeln!(story, "  {sentence}");
    }
    let _ = writeln!(story, "It comes to {value:.1} {}.", objective.unit());
    let (accounts, house) = course.who_pays(genome);
    let mut moved: Vec<(f64, &str)> =
        accounts.into_iter().zip(crate::cast::NAMES).chain([(house, "fund and fees")]).collect();
    moved.retain(|(dollars, _)| dollars.abs() >= 50.0);
    moved.sort_by(|one, other| one.0.total_cmp(&other.0));
    let moved: Vec<String> = moved.into_iter().map(|(dollars, who)| format!("{who} {dollars:+.0}")).collect();
    if !moved.is_empty() {
        let _ = writeln!(story, "Against the same path without it, in USD: {}.", moved.join(", "));
    }
    story
}

fn dollars(atoms: u64) -> String {
    format!("{:.2} USD", atoms as f64 / DOLLAR as f64)
}

fn side(side: Side) -> &'static str {
    if side == Side::Buy { "buy" } else { "sell" }
}

/// One message in a sentence; nothing for one that was refused.
fn sentence(cast: &Cast, sent: &Sent) -> Option<String> {
    let outcome = sent.outcome.as_ref().ok()?;
    let sender = cast.name_of(sent.by);
    Some(match &sent.message {
        Message::Place { order } => {
            let how = match order.policy {
                Policy::ImmediateOrCancel | Policy::Market => "at once",
                _ => "resting",
            };
            let number = if order.number > 0 { format!(", numbered {}", order.number) } else { String::new() };
            let as_whom = if cast.owner(order.seat) == sent.by { String::new() } else { format!(", sent by {sender}") };
            format!(
                "{} asks to {} {} of {} at {} ({how}{number}{as_whom}): {} traded, {} rest.",
                name(order.seat),
                side(order.side),
                order.lots.0,
                month_name(order.instrument),
                order.price.0,
                outcome.get(1),
                outcome.get(2),
            )
        }
        Message::Quote { seat, instrument, levels, .. } => {
            let levels = Levels::parse(levels).ok()?;
            let told = |levels: &[sit_engine::clearing::Level]| {
                levels
                    .iter()
                    .map(|level| format!("{} at {}", level.lots.0, level.price.0))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            format!(
                "{} quotes {}: bids {}; asks {}.",
                name(*seat),
                month_name(*instrument),
                told(levels.bids()),
                told(levels.asks())
            )
        }
        Message::CancelAll { seat, instrument } => {
            format!("{} cancels all in {}.", name(*seat), month_name(*instrument))
        }
        Message::Withdraw { seat, amount } => format!("{} withdraws {}.", name(*seat), dollars(*amount)),
        Message::Deposit { seat, amount } => format!("{} pays in {}.", name(*seat), dollars(*amount)),
        Message::Transfer { from, to, amount } => {
            format!("{} moves {} to {}.", name(*from), dollars(*amount), name(*to))
        }
        Message::StartLiquidation { seat } => format!("{sender} starts the liquidation of {}.", name(*seat)),
        Message::Bid { liquidator, seat, instrument, .. } => format!(
            "{} takes over {} of {} from {} at {}.",
            name(*liquidator),
            outcome.get(1),
            month_name(*instrument),
            name(*seat),
            outcome.get(0)
        ),
        Message::Settle { instrument, seats } => {
            let whom: Vec<&str> = parse_seats(seats).map(name).collect();
            let whom = if whom.len() == SEATS { "everybody".to_owned() } else { whom.join(", ") };
            format!("{sender} settles {whom} in {}.", month_name(*instrument))
        }
        Message::SettleDay { product } => format!("{sender} settles the day of product {}.", product.0),
        Message::Publish { index, .. } => format!("{sender} publishes index {index}."),
        Message::Cover { seat, instrument } => {
            format!(
                "{sender} has the fund cover {} of {} in {}.",
                dollars(outcome.first()),
                name(*seat),
                month_name(*instrument)
            )
        }
        Message::WriteOff { seat, instrument } => {
            format!("{sender} writes off what {} owes in {}.", name(*seat), month_name(*instrument))
        }
        Message::Allocate { instrument, .. } => {
            format!("{sender} counts for an allocation in {}.", month_name(*instrument))
        }
        Message::Bridge { seat, debt, claim } => format!(
            "{sender} has the fund pay {} of what {} owes in {} for a claim in {}.",
            dollars(outcome.first()),
            name(*seat),
            month_name(*debt),
            month_name(*claim)
        ),
        Message::Offset { circle } => {
            let whom: Vec<&str> = parse_circle(circle).map(|(seat, _)| name(seat)).collect();
            format!("{sender} offsets {} between {}.", dollars(outcome.first()), whom.join(", "))
        }
        Message::SweepFees { instrument } => format!("{sender} sweeps the fees of {}.", month_name(*instrument)),
        Message::ReportDeficit { seat } => format!("{sender} reports the deficit of {}.", name(*seat)),
        Message::ExecuteTrigger { seat, .. } => {
            format!("{sender} executes a trigger of {}: {} traded.", name(*seat), outcome.get(0))
        }
        Message::Submit { index, batch, .. } => {
            let prices: Vec<String> = batch.iter().map(|entry| (entry.quote.input / 100).to_string()).collect();
            format!("{sender} reports {} for index {index}.", prices.join(", "))
        }
        Message::NoteIndex { product } => format!("{sender} notes the index of product {}.", product.0),
        other => format!("{sender} sends {}.", other.name()),
    })
}

const _: () = assert!(COALITION < SEATS && INSTRUMENTS.len() == 3);
