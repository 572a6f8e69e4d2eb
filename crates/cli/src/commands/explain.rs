//! `sit explain ERROR`: every named error of the contracts, in a sentence that says what to do.

use sit_client::codec;
use sit_client::rpc::to_hex;
use sit_native::{Contract, Refusal};

use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::Field;
use crate::output::{Report, Table, column};

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the error, or the bytes of a revert (0x...); without one all are listed
    error: Option<String>,
}

/// The contracts that refuse by names of their own; the offices refuse by those of their houses.
const CONTRACTS: [Contract; 5] =
    [Contract::Clearing, Contract::Vault, Contract::Oracle, Contract::Incentives, Contract::Governance];

fn all() -> impl Iterator<Item = (Contract, Refusal)> {
    CONTRACTS.into_iter().flat_map(|contract| Refusal::of(contract).into_iter().map(move |refusal| (contract, refusal)))
}

/// The selector of an error. None of the exchange's carries a value.
#[must_use]
pub fn selector(refusal: Refusal) -> String {
    to_hex(&codec::selector_of(&format!("{}()", refusal.name())))
}

/// Says what an error means.
///
/// # Errors
/// An error that no contract has, with those whose names are like it.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut table = Table::new(
        "errors",
        "",
        &[
            column("error", "error"),
            column("contract", "contract"),
            column("selector", "selector"),
            column("sentence", "what it means and what to do"),
        ],
    );
    let wanted = args.error.as_deref().map(|text| text.trim().trim_end_matches("()").to_lowercase());
    let found = |refusal: &Refusal| match &wanted {
        None => true,
        Some(wanted) if wanted.starts_with("0x") => wanted.starts_with(&selector(*refusal)),
        Some(wanted) => refusal.name().to_lowercase() == *wanted,
    };
    let matching: Vec<(Contract, Refusal)> = all().filter(|(_, refusal)| found(refusal)).collect();
    if let (Some(wanted), true) = (&wanted, matching.is_empty()) {
        let mut near: Vec<(usize, &str)> =
            all().map(|(_, refusal)| (distance(&refusal.name().to_lowercase(), wanted), refusal.name())).collect();
        near.sort_unstable();
        near.dedup();
        let near: Vec<&str> = near.into_iter().take(3).map(|(_, name)| name).collect();
        return Err(Failure::usage(format!(
            "no contract of the exchange has an error `{}`; names like it are {}. `sit explain` lists all",
            args.error.as_deref().unwrap_or_default(),
            near.join(", ")
        )));
    }
    for (contract, refusal) in &matching {
        table.row(vec![
            Field::text(refusal.name()),
            Field::text(contract.name()),
            Field::text(selector(*refusal)),
            Field::text(refusal.sentence()),
        ]);
    }
    let mut report = Report::new();
    if wanted.is_some() && context.output.for_people() {
        for (contract, refusal) in matching {
            report.note(format!(
                "{} ({}, {}): {}",
                refusal.name(),
                contract.name(),
                selector(refusal),
                refusal.sentence()
            ));
        }
    } else {
        report.table(table);
    }
    context.output.print(&report)
}

/// The chapter of the book with every error, from A to Z.
#[must_use]
pub fn chapter() -> String {
    let mut rows: Vec<(&str, &str, String, Vec<&str>)> = Vec::new();
    for (contract, refusal) in all() {
        let (name, sentence) = (refusal.name(), refusal.sentence());
        match rows.iter_mut().find(|row| (row.0, row.1) == (name, sentence)) {
            Some(row) => row.3.push(contract.name()),
            None => rows.push((name, sentence, selector(refusal), vec![contract.name()])),
        }
    }
    rows.sort_by_key(|row| row.0);
    let mut text = "# Errors, A to Z\n\n".to_owned();
    text.push_str(
        "A contract that refuses a message changes nothing. It reverts with an error that has a name and no values, so the \
         four bytes of its selector are all that a node tells. `sit explain` says of a name or of such bytes what stands \
         here, and `sit abi --out DIR` writes it into a file for programs. The page is generated (`sit reference \
         --errors`), and a test holds it to the program.\n",
    );
    let mut letter = None;
    for (name, sentence, selector, contracts) in rows {
        if letter != name.chars().next() {
            letter = name.chars().next();
            let heading = letter.map(String::from).unwrap_or_default();
            text.push_str(&format!("\n## {heading}\n\n"));
            text.push_str("| error | of | selector | what it means and what to do |\n|---|---|---|---|\n");
        }
        let sentence = sentence.replace('|', "\\|");
        text.push_str(&format!("| `{name}` | {} | `{selector}` | {sentence} |\n", contracts.join(", ")));
    }
    text
}

/// How many letters have to be put in, taken out or changed.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (place, against) in other.iter().enumerate() {
            let above = row.get(place + 1).copied().unwrap_or(0);
            let best = (diagonal + usize::from(letter != *against)).min(above + 1).min(left + 1);
            if let Some(cell) = row.get_mut(place) {
                *cell = left;
            }
            (diagonal, left) = (above, best);
        }
        if let Some(cell) = row.last_mut() {
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_like_it_are_found() {
        assert_eq!([("kitten", "sitting"), ("", "abc"), ("abc", "abc")].map(|(a, b)| distance(a, b)), [3, 3, 0]);
    }

    #[test]
    fn every_error_has_a_sentence_that_ends() {
        for (contract, refusal) in all() {
            assert!(refusal.sentence().ends_with('.'), "{} {}", contract.name(), refusal.name());
        }
    }
}
