//! One page for the terminal.

use super::books::Equation;
use super::format::{self, grouped, percent_of_bps, price, real, usd, usd_or_dash, whole};
use crate::record::{Record, WeightRow};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use console::{Style, measure_text_width, style, truncate_str};

/// Columns of a page.
const WIDTH: usize = 100;

/// Months side by side in the margin table; the launch lists ten.
const MONTHS_IN_A_ROW: usize = 10;

/// Rows of the participants' table at most.
const MOST_PARTICIPANTS: usize = 8;

/// Steps of the waterfall at most.
const MOST_STEPS: usize = 5;

/// Lines of the calibration at most.
const CALIBRATION_LINES: usize = 3;

/// The numbers that matter: at most 100 columns wide and 45 lines long, coloured only on a terminal.
#[must_use]
pub fn summary(record: &Record) -> String {
    let mut page = Page::default();
    page.line(style("From a price history to a settled futures contract").bold().to_string());
    let (name, span) = format::source(&record.source);
    page.field("Prices", &name);
    page.field("", &span);
    page.calibration(record);
    page.margin(record);
    page.participants(record);
    page.waterfall(record);
    page.hedge(record);
    page.books(record);
    page.chain(record);
    page.lines.join("\n")
}

#[derive(Default)]
struct Page {
    lines: Vec<String>,
}

impl Page {
    fn line(&mut self, line: impl AsRef<str>) {
        self.lines.push(truncate_str(line.as_ref().trim_end(), WIDTH, "\u{2026}").into_owned());
    }

    fn heading(&mut self, heading: &str) {
        self.line("");
        self.line(style(heading).bold().to_string());
    }

    fn field(&mut self, name: &str, text: &str) {
        self.line(format!("{name:<12}{text}"));
    }

    fn table(&mut self, heading: Vec<String>, rows: Vec<Vec<String>>) {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(heading).add_rows(rows);
        for (place, column) in table.column_iter_mut().enumerate() {
            // The first column holds names; two blanks between columns are enough without lines.
            column.set_padding((if place == 0 { 0 } else { 2 }, 0));
            column.set_cell_alignment(if place == 0 { CellAlignment::Left } else { CellAlignment::Right });
        }
        for line in table.lines() {
            self.line(line);
        }
    }

    fn calibration(&mut self, record: &Record) {
        let found = record.calibration.parameters.iter();
        let facts: Vec<String> = found.map(|(name, value, _)| format!("{name} {}", real(*value))).collect();
        let lines = wrapped(&facts, WIDTH - 12);
        for (place, line) in lines.iter().take(CALIBRATION_LINES).enumerate() {
            self.field(if place == 0 { "Calibration" } else { "" }, line);
        }
        if facts.is_empty() {
            self.field("Calibration", "none");
        }
    }

    fn margin(&mut self, record: &Record) {
        let margin = &record.margin;
        let days = margin.horizon_days;
        self.heading(&format!(
            "Initial margin: expected shortfall at {} % over {days} days, in % of the mark",
            margin.confidence
        ));
        for months in margin.months.chunks(MONTHS_IN_A_ROW) {
            let row = |name: &str, value: &dyn Fn(usize) -> String| {
                std::iter::once(name.to_owned()).chain((0..months.len()).map(value)).collect::<Vec<_>>()
            };
            let number = |bps| percent_of_bps(bps).trim_end_matches(" %").to_owned();
            let rows = vec![
                row("Long", &|place| number(months[place].long_bps)),
                row("Short", &|place| number(months[place].short_bps)),
            ];
            // "Dec 2026" as "Dec 26": ten months fit side by side.
            self.table(row("", &|place| months[place].label.replacen(" 20", " ", 1)), rows);
        }
        let none = if margin.certificate.is_empty() { "none" } else { &margin.certificate };
        self.field("Certificate", none);
    }

    fn participants(&mut self, record: &Record) {
        self.heading("Participants, USD");
        let heading = ["", "Deposited", "Fees", "Variation", "Rewards", "Withdrawn"].map(str::to_owned).to_vec();
        let rows = record.participants.iter().take(MOST_PARTICIPANTS).map(|person| {
            let flows = [person.deposited, person.fees, person.variation, person.rewards, person.withdrawn];
            let mut row = vec![truncate_str(&person.name, 22, "\u{2026}").into_owned()];
            row.extend(flows.map(|flow| usd_or_dash(flow).replace('$', "")));
            row
        });
        self.table(heading, rows.collect());
        self.more(record.participants.len(), MOST_PARTICIPANTS);
    }

    fn more(&mut self, count: usize, shown: usize) {
        if count > shown {
            self.line(format!("and {} more", count - shown));
        }
    }

    fn waterfall(&mut self, record: &Record) {
        let waterfall = &record.waterfall;
        let counted = [
            (waterfall.calls, "margin call", "margin calls"),
            (waterfall.liquidations, "liquidation", "liquidations"),
            (waterfall.draws, "draw on the fund", "draws on the fund"),
        ];
        let counted = counted.map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }));
        self.heading(&format!("Who paid: {}", counted.join(", ")));
        for (time, text, amount) in waterfall.steps.iter().take(MOST_STEPS) {
            let amount = amount.map_or_else(String::new, |amount| format!(" {}", usd(amount)));
            // The amount stays in sight however long the sentence is.
            let room = WIDTH - 12 - measure_text_width(&amount);
            let text = truncate_str(text, room, "\u{2026}");
            self.line(format!("{:<12}{text}{amount}", format::date(*time)));
        }
        self.more(waterfall.steps.len(), MOST_STEPS);
        if waterfall.steps.is_empty() {
            self.line("none");
        }
        if waterfall.loss != 0 {
            self.line(format!(
                "Loss {} = own collateral {} + insurance fund {} + borne by winners {}",
                usd(waterfall.loss),
                usd(waterfall.own_collateral),
                usd(waterfall.fund),
                usd(waterfall.unpaid)
            ));
        }
    }

    fn hedge(&mut self, record: &Record) {
        let hedge = &record.hedge;
        self.heading("The AI company's hedge");
        let tokens = grouped(hedge.tokens_m.max(0.0).round() as u128);
        let (spot, locked) = (price(hedge.spot), price(hedge.locked));
        self.line(format!("{tokens} M tokens bought at {spot} per M; the futures had locked {locked}"));
        let (hedged, unhedged, expected) = (usd(hedge.hedged), usd(hedge.unhedged), usd(hedge.expected));
        self.line(format!("Paid {hedged} with futures; {unhedged} without; expected {expected}"));
    }

    fn books(&mut self, record: &Record) {
        let equation = Equation::of(&record.books);
        self.heading("The vault's books, quote atoms (10^-6 USD)");
        let parts: Vec<String> = equation.parts.iter().map(|(_, atoms)| whole(*atoms)).collect();
        self.line(format!("accounts {} + instruments {} + fund {}", parts[0], parts[1], parts[2]));
        self.line(format!("+ programme {} + treasury {}", parts[3], parts[4]));
        let sides = format!("= {} owed; the token holds {}: ", whole(equation.owed), whole(equation.held));
        self.line(sides + &word(equation.balanced()));
        let (deposits, withdrawals) = (whole(record.books.deposits), whole(record.books.withdrawals));
        let flows = format!("deposits {deposits} - withdrawals {withdrawals} = {}: ", whole(equation.net_flow));
        self.line(flows + &word(equation.flows_balanced()));
    }

    fn chain(&mut self, record: &Record) {
        let counts = format!("{} messages, {} audits", grouped(record.messages.into()), grouped(record.audits.into()));
        let heaviest = record.weights.iter().min_by_key(|row| row.per_block);
        let heaviest =
            heaviest.map(|WeightRow { message, per_block, .. }| format!("; heaviest {message}, {per_block} per block"));
        self.line(counts + &heaviest.unwrap_or_default());
    }
}

fn word(holds: bool) -> String {
    let colour = if holds { Style::new().green() } else { Style::new().red() };
    colour.bold().apply_to(Equation::word(holds)).to_string()
}

/// Facts joined by semicolons, broken between them.
fn wrapped(facts: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for fact in facts {
        match lines.last_mut() {
            Some(line) if measure_text_width(line) + 2 + measure_text_width(fact) <= width => {
                line.push_str("; ");
                line.push_str(fact);
            }
            _ => lines.push(fact.clone()),
        }
    }
    lines
}
