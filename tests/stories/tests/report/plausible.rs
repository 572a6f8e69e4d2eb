//! A record as a story might have left it.

use jiff::Span;
use jiff::civil::date;
use sit_demo::record::{
    Books, CalibrationFacts, ContractFacts, DayFacts, Fill, Hedge, InstrumentFacts, MarginFacts, MarginRow, Milestone,
    Participant, Record, SceneFacts, Settlement, Source, Waterfall, WeightRow,
};

/// One US dollar in quote atoms.
const DOLLAR: i128 = 1_000_000;

/// Seconds of a day.
const DAY: u64 = sit_engine::calendar::DAY as u64;

/// 2026-09-07, a Monday.
const FIRST_DAY: u32 = 20_703;

/// Settlement days; the jump comes on day 6.
const DAYS: u32 = 25;

/// A story as it might have been: an index that jumps up by 55 %, a short position that goes bankrupt by it.
pub fn record(fills: usize) -> Record {
    let index: Vec<f64> = (0..DAYS).map(price_on).collect();
    let labels = [
        "Sep 2026", "Oct 2026", "Nov 2026", "Dec 2026", "Jan 2027", "Feb 2027", "Mar 2027", "Jun 2027", "Sep 2027",
        "Dec 2027",
    ];
    let tenors = [18, 46, 80, 109, 144, 172, 200, 291, 382, 473];
    let mut record = Record {
        source: history(),
        calibration: CalibrationFacts {
            parameters: [
                ("Trend of the log price, per year", -1.0213, "Theil-Sen slope"),
                ("Mean reversion, per year", 3.4127, "not identified; not used"),
                ("Diffusive volatility, per square root of a year", 0.4123, "after the jump filter"),
                ("Jumps a year", 3.1, "recursive three-sigma filter"),
                ("Mean jump, log", 0.0812, ""),
                ("Standard deviation of jumps, log", 0.2436, ""),
            ]
            .map(|(name, value, remark)| (name.to_owned(), value, remark.to_owned()))
            .to_vec(),
            warnings: vec!["Three years cannot tell whether prices revert to their trend.".into()],
        },
        history_jumps: vec![("2024-05-13".into(), -0.41), ("2025-01-20".into(), 0.35)],
        margin: MarginFacts {
            certificate: "5f8c12ab".repeat(8),
            dataset_root: "90fe77d0".repeat(8),
            seed: 1,
            paths: 1 << 20,
            confidence: 99.0,
            horizon_days: 2.0,
            ..MarginFacts::default()
        },
        scene: Some(SceneFacts { day: FIRST_DAY + 6, date: "2026-09-13".into(), rise: 0.55 }),
        hedge: Hedge {
            tokens_m: 410_000.0,
            locked: 0.2541,
            spot: 0.3702,
            unhedged: 151_782 * DOLLAR,
            hedged: 104_391 * DOLLAR + 129_412,
            expected: 104_181 * DOLLAR,
        },
        books: Books {
            token_balance: 307_654_321_987,
            accounts: 0,
            instruments: 0,
            fund: 252_000_000_000,
            incentives: 49_654_321_900,
            treasury: 6_000_000_087,
            deposits: 6_407_654_321_987,
            withdrawals: 6_100_000_000_000,
        },
        messages: 412,
        audits: 412,
        ..Record::default()
    };
    for (place, (label, tenor)) in labels.into_iter().zip(tenors).enumerate() {
        let expiry = u64::from(FIRST_DAY + tenor) * DAY + 72_000;
        let first_mark = forward(index[0], tenor);
        record.instruments.push(InstrumentFacts { number: place as u16, label: label.into(), expiry, first_mark });
        let (short_bps, long_bps) = (4_631 - 90 * place as u32, 2_987 - 60 * place as u32);
        record.margin.months.push(MarginRow { label: label.into(), tenor_days: tenor, short_bps, long_bps });
    }
    for (name, bytes) in
        [("vault", 21_034), ("clearing", 118_920), ("oracle", 30_411), ("incentives", 25_220), ("governance", 33_871)]
    {
        let address = format!("0x{}", "8eaf04151687736326c9fea17e25fc5287613693"); // any twenty bytes
        record.contracts.push(ContractFacts { name: name.into(), address, blob_bytes: bytes });
    }
    cast(&mut record);
    days(&mut record, &index, &tenors);
    trade(&mut record, fills);
    record
}

fn price_on(day: u32) -> f64 {
    let wiggle = (f64::from(day) * 2.3).sin() * 0.012 + (f64::from(day) * 0.9).cos() * 0.008;
    (0.262 + wiggle * 0.3) * if day >= 6 { 1.55 - 0.006 * f64::from(day - 6) } else { 1.0 }
}

fn forward(index: f64, tenor: u32) -> f64 {
    index * (-0.35 * f64::from(tenor) / 365.0).exp()
}

fn history() -> Source {
    let mut log_price = 30.0_f64.ln();
    let prices = (0..400_u32).map(|step| {
        log_price -= 0.0119 + 0.03 * f64::from(step).sin() * f64::from(step * 7).cos();
        log_price += match step {
            166 => -0.41,
            250 => 0.35,
            _ => 0.0,
        };
        let day = date(2023, 1, 1) + Span::new().days(step * 3);
        (day.to_string(), log_price.exp())
    });
    let prices: Vec<_> = prices.collect();
    Source {
        name: "sit_class_daily.csv, column blend31_median".into(),
        generated: false,
        observations: 1_199,
        first: prices[0].0.clone(),
        last: prices[prices.len() - 1].0.clone(),
        prices,
    }
}

fn cast(record: &mut Record) {
    let people = [
        ("maker A", "market maker", 2_000_000),
        ("maker B", "market maker", 2_000_000),
        ("AI company", "hedger, long", 91_000),
        ("model provider", "hedger, short", 97_000),
        ("speculator", "short, little collateral", 10_200),
        ("keeper", "keeper and liquidator", 2_000_000),
    ];
    for (place, (name, role, deposited)) in people.into_iter().enumerate() {
        let deposited = deposited * DOLLAR;
        let variation = [-3_120, 1_870, 47_391, -35_341, -12_200, 1_400][place] * DOLLAR;
        let fees = [310, 295, 188, 154, 40, 12][place] * DOLLAR;
        let rewards = [2_600, 2_400, 0, 0, 0, 0][place] * DOLLAR;
        let withdrawn = (deposited + variation - fees + rewards).max(0);
        let (name, role) = (name.to_owned(), role.to_owned());
        record.participants.push(Participant { name, role, deposited, withdrawn, fees, variation, rewards });
    }
}

fn days(record: &mut Record, index: &[f64], tenors: &[u32]) {
    let start = u64::from(FIRST_DAY) * DAY + 50_000;
    // Lots, long positive, of each participant from day 3 on; the keeper takes the speculator's over on day 6.
    let mut lots = [-310.0, -10.0, 400.0, -300.0, -80.0, 300.0];
    let mut equity: Vec<f64> = record.participants.iter().map(|person| person.deposited as f64).collect();
    let mut before = index[0];
    for (number, &price) in index.iter().enumerate() {
        let number = number as u32;
        let mut day = DayFacts {
            day: FIRST_DAY + number,
            date: (date(2026, 9, 7) + Span::new().days(number)).to_string(),
            index: price,
            open_interest: if number < 3 { 250 * u64::from(number) } else { 720 },
            ..DayFacts::default()
        };
        // An expired month keeps its last mark.
        day.marks = tenors.iter().map(|tenor| Some(forward(price, tenor.saturating_sub(number)))).collect();
        for (place, equity) in equity.iter_mut().enumerate() {
            let part = if number < 3 { f64::from(number) / 3.0 } else { 1.0 };
            let loss = (-lots[place] * part * (price - before) * 1e9).min(*equity);
            *equity -= loss;
            day.loss.push(loss as i128);
            day.equity.push(*equity as i128);
            day.initial_margin.push((f64::abs(lots[place]) * part * price * 1e9 * 0.4631) as i128);
        }
        if number == 6 {
            (lots[4], lots[5]) = (0.0, lots[5] - 80.0);
            day.initial_margin[4] = 0;
        }
        before = price;
        record.days.push(day);
        record.milestones.push(Milestone {
            time: start + u64::from(number) * DAY,
            text: format!("Day {number}: the index is published, marks move, everybody is settled by the keeper."),
        });
    }
    let jump = start + 6 * DAY;
    record.waterfall = Waterfall {
        steps: vec![
            (jump, "Margin call: the model provider is below initial margin.".into(), Some(21_344 * DOLLAR + 120_000)),
            (jump + 60, "The speculator has equity left of".into(), Some(-1_337 * DOLLAR)),
            (jump + 60, "The keeper takes over 80 of 80 lots at 0.4107.".into(), None),
            (jump + 120, "The insurance fund pays what the speculator cannot.".into(), Some(2_000 * DOLLAR)),
        ],
        calls: 2,
        early_calls: 0,
        liquidations: 1,
        draws: 1,
        loss: 12_200 * DOLLAR,
        own_collateral: 10_200 * DOLLAR,
        fund: 2_000 * DOLLAR,
        unpaid: 0,
    };
}

fn trade(record: &mut Record, fills: usize) {
    for number in 0..fills {
        let time = u64::from(FIRST_DAY) * DAY + 40_000 + number as u64 * 3_600;
        record.fills.push(Fill {
            time,
            instrument: "Oct 2026".into(),
            buyer: "maker A".into(),
            seller: "AI company".into(),
            buyer_took: number % 2 == 0,
            price: 0.2541 + number as f64 * 1e-4,
            lots: 1 + number as u32 * 37 % 250,
            fees: 4_310_000 + number as i128,
        });
        record.settlements.push(Settlement {
            time: time + 60,
            instrument: "Oct 2026".into(),
            participant: record.participants[number % 6].name.clone(),
            paid: (number as i128 - 120) * 13_377_123,
            unpaid: if number % 9 == 0 { 1_250_000 } else { 0 },
            last: number + 6 > fills,
        });
    }
    for (message, per_block) in
        [("clearing.place", 9), ("clearing.settle", 7), ("vault.deposit", 31), ("oracle.publish", 22)]
    {
        record.weights.push(WeightRow {
            message: message.into(),
            ref_time: 98_123_456_789,
            proof_size: 412_123,
            deposit: 1_734_000_000,
            cells: 14,
            per_block,
            ..WeightRow::default()
        });
    }
}
