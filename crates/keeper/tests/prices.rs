//! Prices as their sources write them, and a reporter on an oracle in memory: what is signed, what waits for a person,
//! and what is revealed whatever the source says by then.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use alloy_core::primitives::keccak256;
use sit_client::transport::{Head, Log as ChainLog, Mined, Outcome};
use sit_client::{Artifact, Client, Deployment, Signer, Transport, codec};
use sit_engine::calendar::Day;
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::Curve;
use sit_engine::codec::Cell;
use sit_engine::oracle::{
    self, Entry, IndexState, LINK_ONE, Print, Quote, Reporters, Reporting, Rules, Setup, Store, Submission,
};
use sit_engine::units::Seconds;
use sit_keeper::log::Log;
use sit_keeper::maker::{Fair, LIVE};
use sit_keeper::metrics::Metrics;
use sit_keeper::reporter::{
    Accepted, Batch, Fetch, Known, Mapping, Options, Reporter, ReporterError, Stage, Unit, Unusable, Web, print_of,
    read_prices,
};
use sit_keeper::{Journal, Post};
use sit_native::{Contract, Message, NativeOracle, view};

/// Monday, 30 November 2026.
const MONDAY: Day = Day(20_787);

const ME: Address = [1; 20];

/// Two providers in one source; the time stands in Unix seconds.
const MAPPING: &str = r#"
    unit = "usd-per-million"
    [source.list]
    url = "https://prices.example/list"
    time = "/time"
    max_age = "6h"
    [[provider]]
    number = 0
    name = "first"
    input = "/first/input"
    output = "/first/output"
    [[provider]]
    number = 1
    name = "second"
    input = "/second/input"
    output = "/second/output"
    volume = "/second/volume"
"#;

/// An address that answers with what a test has put there.
#[derive(Clone, Default)]
struct Source(Rc<RefCell<String>>);

impl Fetch for Source {
    fn fetch(&mut self, _: &str, _: &[(String, String)], _: Option<&str>) -> Result<Vec<u8>, String> {
        Ok(self.0.borrow().clone().into_bytes())
    }
}

impl Source {
    fn says(&self, answer: &str) {
        *self.0.borrow_mut() = answer.to_owned();
    }
}

/// What the source says of a time, with the prices of the first provider as they are written.
fn list(time: u64, input: &str, output: &str) -> String {
    format!(
        r#"{{"time": {time}, "first": {{"input": {input}, "output": {output}}},
            "second": {{"input": 3, "output": "12.00", "volume": 900.7}}}}"#
    )
}

fn mapping(text: &str) -> Mapping {
    Mapping::parse(text).expect("a mapping")
}

fn setup(reporting: Reporting) -> Setup {
    let mut setup = Setup { rules: Rules::TPI, reporting, ..Setup::default() };
    setup.basket.current[0] = 1_000;
    setup.basket.current[1] = 1_000;
    setup
}

fn noon(day: Day) -> Seconds {
    day.start().later(12 * 3_600)
}

/// Reads an answer on the Monday, against nothing or against what is known.
fn read<'k>(mapping: &Mapping, answer: &str, known: impl FnOnce(&mut Known<'k>)) -> Result<Batch, Unusable> {
    static SETUP: LazyLock<Setup> = LazyLock::new(|| setup(Reporting::default()));
    let mut source = Source::default();
    source.says(answer);
    let mut held_against: Known<'k> = Known::nothing(&SETUP, MONDAY, noon(MONDAY));
    known(&mut held_against);
    read_prices(mapping, &mut source, &held_against)
}

/// What is said when the first provider's input price is written like this.
fn refused(mapping: &Mapping, input: &str) -> String {
    let answer = list(noon(MONDAY).0.into(), input, "10");
    read(mapping, &answer, |_| {}).expect_err(input).to_string()
}

fn batch(first: (u32, u32)) -> Submission {
    let mut last = Submission { reporter: ME, day: Day(MONDAY.0 - 1), ..Submission::default() };
    last.quotes[0] = Quote { input: first.0, output: first.1, volume: 0 };
    last.quotes[1] = Quote { input: 3_000_000, output: 12_000_000, volume: 900 };
    last
}

#[test]
fn prices_are_read_to_their_last_digit() {
    let answer = list(noon(MONDAY).0.into(), "2.5", "\"1e1\"");
    let batch = read(&mapping(MAPPING), &answer, |_| {}).expect("they are fit");
    let wanted = [
        Entry { provider: 0, quote: Quote { input: 2_500_000, output: 10_000_000, volume: 0 } },
        Entry { provider: 1, quote: Quote { input: 3_000_000, output: 12_000_000, volume: 900 } },
    ];
    assert_eq!(batch.entries, wanted);
    assert_eq!(batch.times, BTreeMap::from([("list".to_owned(), noon(MONDAY).0.into())]));
    // Halves go up; a double cannot tell the first three of these apart.
    let price = |unit: &str, text: &str| {
        let mapping = mapping(&MAPPING.replace("usd-per-million", unit));
        let mut answer: serde_json::Value =
            serde_json::from_str(&list(noon(MONDAY).0.into(), "\"\"", "\"\"")).expect("JSON");
        for provider in ["first", "second"] {
            for field in ["input", "output"] {
                answer[provider][field] = text.into();
            }
        }
        // Once as a text, once as a number.
        let quoted = answer.to_string();
        let plain = quoted.replace(&format!("\"{text}\""), text);
        let [one, other] =
            [quoted, plain].map(|answer| read(&mapping, &answer, |_| {}).expect(unit).entries[0].quote.input);
        assert_eq!(one, other, "{text}");
        one
    };
    assert_eq!(price("usd-per-million", "2.500000499999999999999999999"), 2_500_000);
    assert_eq!(price("usd-per-million", "2.5000005"), 2_500_001);
    assert_eq!(price("usd-per-million", "2.500000500000000000000000001"), 2_500_001);
    for (unit, text) in [
        ("usd-per-thousand", "0.0025"),
        ("usd-per-token", "2.5e-06"),
        ("usd-per-token", "0.0000025"),
        ("cents-per-million", "250"),
        ("cents-per-thousand", "0.25"),
        ("cents-per-token", "25E-5"),
        ("atoms-per-million", "2500000"),
    ] {
        assert_eq!(price(unit, text), 2_500_000, "{unit}");
    }
}

#[test]
fn what_is_no_number_is_refused_by_what_stands_there() {
    let mapping = mapping(MAPPING);
    let huge = format!("\"{}\"", "9".repeat(5_000));
    for (written, said) in [
        ("null", "null"),
        ("\"\"", "an empty text"),
        ("\"  \"", "an empty text"),
        ("\"NaN\"", "NaN"),
        ("\"inf\"", "inf"),
        ("\"$2.50\"", "$2.50"),
        ("\"2,50\"", "2,50"),
        ("\"2_5\"", "2_5"),
        ("[2.5]", "[\"2.5\"]"),
        ("-2.5", "not negative"),
        ("0", "above zero"),
        ("-0.0", "above zero"),
        ("1e400", "at most 28 digits"),
        ("1e-400", "at most 28 digits"),
        ("2.5000000000000000000000000000001", "at most 28 digits"),
        ("\"1e\"", "at most 28 digits"),
        (&huge, "9999..."),
    ] {
        let sentence = refused(&mapping, written);
        assert!(sentence.contains(said) && sentence.contains("first at /first/input"), "{written}: {sentence}");
        assert!(sentence.len() < 300, "{sentence}");
    }
    let silent = read(&mapping, "{\"first\": {\"input\": NaN}}", |_| {}).expect_err("no JSON").to_string();
    assert!(silent.contains("no JSON"), "{silent}");
    let twice = r#"{"first": {"input": 2.5, "output": 10}, "second": {}, "first": {"input": 9, "output": 9}}"#;
    let twice = read(&mapping, twice, |_| {}).expect_err("whom to believe").to_string();
    assert!(twice.contains("\"first\" stands twice"), "{twice}");
}

#[test]
fn a_figure_of_another_unit_is_refused_with_what_to_write() {
    let per_million = mapping(MAPPING);
    for (written, would) in [
        ("0.0000025", "2.5 US dollars as usd-per-token"),
        ("0.00015", "0.15 US dollars as usd-per-thousand"),
        ("2500", "25 US dollars as cents-per-million"),
        ("2500000", "2.5 US dollars as atoms-per-million"),
    ] {
        let sentence = refused(&per_million, written);
        assert!(sentence.contains(would) && sentence.contains("unit = \""), "{sentence}");
        assert!(sentence.contains("from 0.001 to 1,000 US dollars"), "{sentence}");
    }
    let sentence = refused(&mapping(&MAPPING.replace("usd-per-million", "usd-per-token")), "2.5");
    assert!(sentence.contains("2.5 US dollars as usd-per-million"), "{sentence}");
    assert!(refused(&per_million, "1e-13").contains("in no unit is it a price"));
    // The ends are prices.
    for edge in ["0.001", "1000"] {
        assert!(read(&per_million, &list(noon(MONDAY).0.into(), edge, "10"), |_| {}).is_ok(), "{edge}");
    }
    for beyond in ["0.000999999", "1000.000001"] {
        refused(&per_million, beyond);
    }
    // Whoever knows what it was knows which unit it is.
    let last = batch((2_500_000, 10_000_000));
    let answer = list(noon(MONDAY).0.into(), "0.00025", "10");
    let sentence = read(&per_million, &answer, |known| known.last = Some(&last)).expect_err("cents").to_string();
    assert!(sentence.contains("it would be 2.5 US dollars as cents-per-token: if"), "{sentence}");
}

#[test]
fn a_jump_waits_for_a_word_that_is_of_one_day_and_of_these_prices() {
    let mapping = mapping(MAPPING);
    let last = batch((2_500_000, 10_000_000));
    let at = |input: &str, output: &str, accepted: &[Accepted]| {
        let answer = list(noon(MONDAY).0.into(), input, output);
        read(&mapping, &answer, |known| (known.last, known.accepted) = (Some(&last), accepted))
    };
    assert!(at("3.125", "8", &[]).is_ok(), "a quarter more and a fifth less are as prices move");
    let held = at("3.13", "7.99", &[]).expect_err("both wait");
    let sentence = held.to_string();
    assert!(sentence.contains("the input price of first goes from 2500000 to 3130000 atoms;"), "{sentence}");
    assert!(sentence.ends_with("with --accept 2026-11-30/0/3130000/7990000, which lets this one batch through"));
    let Unusable::Held(holds) = held else { panic!("{held}") };
    let said = holds[0].accept;
    assert_eq!((holds.len(), said.to_string().parse::<Accepted>()), (2, Ok(said)));
    assert_eq!(at("3.13", "7.99", &[said]).expect("a person has said so").accepted, [said]);
    // Other prices, another day, another provider.
    assert!(at("3.14", "7.99", &[said]).is_err());
    assert!(at("3.13", "7.99", &[Accepted { day: Day(MONDAY.0 + 1), ..said }]).is_err());
    assert!(at("3.13", "7.99", &[Accepted { provider: 1, ..said }]).is_err());
    assert_eq!(at("2.5", "10", &[said]).expect("nothing waits").accepted, [], "and nothing was needed");
    for text in ["", "3", "2026-11-30/0/3130000", "2026-11-31/0/1/1", "2026-11-30/0/-1/1", "2026-11-30/0/1/1/1"] {
        assert!(text.parse::<Accepted>().is_err(), "{text}");
    }
}

#[test]
fn a_factor_of_twenty_is_another_unit_and_says_which() {
    let mapping = mapping(&MAPPING.replace("usd-per-million\"", "usd-per-million\"\nmax_jump_bps = 300000"));
    let last = batch((2_500_000, 10_000_000));
    let at = |input: &str| {
        let answer = list(noon(MONDAY).0.into(), input, "10");
        read(&mapping, &answer, |known| known.last = Some(&last)).map_err(|held| held.to_string())
    };
    assert!(at("49.999999").is_ok() && at("0.125001").is_ok(), "within what the mapping allows");
    for (written, said) in [
        ("50", "which no unit explains"),
        ("0.125", "it would be 1.25 US dollars as cents-per-thousand"),
        ("250", "it would be 2.5 US dollars as cents-per-million"),
        ("0.0025", "it would be 2.5 US dollars as usd-per-thousand"),
    ] {
        let sentence = at(written).expect_err(written);
        assert!(sentence.contains(said) && sentence.contains("--accept 2026-11-30/0/"), "{written}: {sentence}");
    }
}

#[test]
fn a_provider_without_a_price_of_before_is_held_against_the_print() {
    let mapping = mapping(MAPPING);
    let state = IndexState {
        last: Some(Print { day: Day(MONDAY.0 - 1), price: 4_000_000, published_at: noon(Day(MONDAY.0 - 1)) }),
        link: LINK_ONE * 2,
        probation: false,
        ..IndexState::default()
    };
    assert_eq!(print_of(&state), Some(2_000_000));
    assert_eq!(print_of(&IndexState { probation: true, ..state }), None);
    let at = |input: &str, output: &str, last: Option<&Submission>| {
        let answer = list(noon(MONDAY).0.into(), input, output);
        read(&mapping, &answer, |known| (known.last, known.print) = (last, print_of(&state)))
            .map_err(|held| held.to_string())
    };
    // (3 * 10 + 129.999996) / 4 is below 40 dollars, twenty times the print.
    assert!(at("10", "129.999996", None).is_ok());
    let sentence = at("10", "130", None).expect_err("twenty times the index");
    assert!(sentence.contains("40000000 atoms where the index is 2000000"), "{sentence}");
    let sentence = at("250", "1000", None).expect_err("cents");
    assert!(sentence.contains("cents-per-million"), "{sentence}");
    // Whoever has sent such prices before is held against those.
    let dear = batch((10_000_000, 130_000_000));
    assert!(at("10", "130", Some(&dear)).is_ok());
}

#[test]
fn prices_of_another_time_are_not_of_this_day() {
    let mapping = mapping(MAPPING);
    let now = u64::from(noon(MONDAY).0);
    let at = |time: u64| read(&mapping, &list(time, "2.5", "10"), |_| {}).map_err(|error| error.to_string());
    assert!(at(now - 6 * 3_600).is_ok() && at(now + 300).is_ok());
    assert!(at(now - 6 * 3_600 - 1).is_err_and(|said| said.contains("21601 seconds old")));
    assert!(at(now + 301).is_err_and(|said| said.contains("301 seconds ahead")));
    // What was sent for an earlier day is not sent again, however much age is allowed of a day.
    let times = BTreeMap::from([("list".to_owned(), now as i64 - 3_600)]);
    let again = |text: &str, time: u64| {
        read(&self::mapping(text), &list(time, "2.5", "10"), |known| {
            known.times = Some(&times);
        })
    };
    let frozen = again(MAPPING, now - 3_600).expect_err("the same").to_string();
    assert!(frozen.contains("list still says") && frozen.contains("max_age"), "{frozen}");
    assert!(again(MAPPING, now - 3_599).is_ok_and(|batch| batch.standing.is_empty()));
    // Unless the time is that of the last change.
    let slow = again(&MAPPING.replace("6h", "30d"), now - 3_600).expect("allowed");
    assert_eq!(slow.standing, ["list"]);
}

#[test]
fn a_mapping_has_each_provider_of_the_basket_once() {
    let refused = |text: &str, said: &str| {
        let sentence = Mapping::parse(text).expect_err(said).to_string();
        assert!(sentence.contains(said), "{sentence}");
    };
    refused(&MAPPING.replace("number = 1", "number = 0"), "provider 0 stands twice");
    refused(&MAPPING.replace("number = 1", "number = 16"), "there is no provider 16");
    refused(&MAPPING.replace("usd-per-million", "eur"), "unknown variant");
    for unit in Unit::ALL {
        assert_eq!(mapping(&MAPPING.replace("usd-per-million", unit.name())).unit, unit);
    }
    let third = MAPPING.replace("number = 1", "number = 2");
    let lacking = read(&mapping(&third), &list(noon(MONDAY).0.into(), "2.5", "10"), |_| {}).expect_err("lacking");
    assert_eq!(lacking, Unusable::Incomplete(1));
}

/// Who signs.
struct Me;

impl Signer for Me {
    fn address(&self) -> Address {
        ME
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the node does not answer")]
struct Down;

/// An oracle in memory behind the messages of its ABI; every message costs one planck.
struct Chain {
    oracle: NativeOracle,
    now: Seconds,
    sent: Vec<&'static str>,
    /// What the reporter's wallet has, in planck; `None` where the node does not say.
    has: Option<u128>,
    /// What the reporter has earned and not collected.
    earned: u64,
    /// Cells of the clearing house that were asked for: settlements are watched there.
    watched: usize,
}

const ORACLE: Address = [0xA; 20];
const CLEARING: Address = [0xC; 20];

/// Terms with commitments until half an hour after the opening.
const COMMITTING: Reporting = Reporting {
    commit_until: Rules::TPI.opens + 1_800,
    bond: 0,
    deviation_slash: 0,
    miss_slash: 0,
    reward: 0,
    dispute_bond: 1,
    unbonding: oracle::LEAST_UNBONDING,
};

impl Chain {
    fn new() -> Self {
        let keccak = |bytes: &[u8]| keccak256(bytes).0;
        let mut oracle = NativeOracle::new([9; 20], keccak);
        oracle.set_setup(0, &setup(COMMITTING));
        let mut reporters = Reporters::default();
        reporters.add(ME);
        oracle.set_reporters(0, &reporters);
        Self { oracle, now: MONDAY.start(), sent: Vec::new(), has: None, earned: 0, watched: 0 }
    }

    fn run(&mut self, calldata: &[u8]) -> (Outcome, &'static str) {
        let env = Env { caller: ME, now: self.now };
        let message = codec::message(Contract::Oracle, calldata).expect("a message of the oracle");
        let done = match &message {
            Message::Commit { index, day, commitment } => {
                oracle::commit(&mut self.oracle, env, *index, *day, *commitment)
            }
            Message::Reveal { index, day, salt, batch } => {
                oracle::reveal(&mut self.oracle, env, *index, *day, *salt, batch.iter().copied())
            }
            Message::Collect { .. } => {
                self.earned = 0;
                Ok(())
            }
            other => panic!("a reporter sends no {}", other.name()),
        };
        let outcome = match done {
            Ok(()) => Outcome::Returned(Some(Vec::new())),
            Err(error) => Outcome::Reverted(codec::selector_of(&format!("{error:?}()")).to_vec()),
        };
        (outcome, message.name())
    }

    /// The cell that a question is about, by the oracle's identifiers: a word each.
    fn cell(&self, calldata: &[u8]) -> Vec<u8> {
        let word = |place: usize| {
            let at = 4 + 32 * place;
            u32::from_be_bytes(calldata[at + 28..at + 32].try_into().expect("four bytes"))
        };
        let (kind, number, place) = (word(0) as u8, word(2), word(3) as u8);
        let packed = |bytes: Option<Vec<u8>>| bytes.unwrap_or_default();
        match kind {
            b'R' => packed(self.oracle.setup(0).map(|cell| cell.to_cell().as_bytes().to_vec())),
            b'W' => packed(Some(self.oracle.reporters(0).to_cell().as_bytes().to_vec())),
            b'S' => packed(Some(self.oracle.state(0).to_cell().as_bytes().to_vec())),
            b'Q' => {
                let held = self.oracle.submission(0, number as u8, place);
                packed(held.map(|cell| cell.to_cell().as_bytes().to_vec()))
            }
            other => panic!("a reporter asks for no {}", char::from(other)),
        }
    }
}

/// Bytes as the ABI returns them.
fn returned(bytes: &[u8]) -> Outcome {
    let mut data = vec![0; 64];
    data[31] = 32;
    data[60..64].copy_from_slice(&(bytes.len() as u32).to_be_bytes());
    data.extend_from_slice(bytes);
    data.resize(data.len().next_multiple_of(32), 0);
    Outcome::Returned(Some(data))
}

impl Transport for Chain {
    type Signer = Me;
    type Cost = u128;
    type Error = Down;

    fn send(&mut self, _: &Me, to: Address, calldata: &[u8]) -> Result<Mined<u128>, Down> {
        assert_eq!(to, ORACLE);
        let (outcome, name) = self.run(calldata);
        self.sent.push(name);
        Ok(Mined { outcome, logs: Vec::new(), block: 1, cost: 1 })
    }

    fn deploy(&mut self, _: &Me, _: &Artifact, _: &[u8]) -> Result<(Address, Mined<u128>), Down> {
        Err(Down)
    }

    fn call(&mut self, signer: Option<&Me>, to: Address, calldata: &[u8]) -> Result<Outcome, Down> {
        if to == CLEARING {
            self.watched += 1;
            return Ok(returned(&[]));
        }
        if calldata.starts_with(&codec::question(&view::Reporter { index: 0, reporter: ME })[..4]) {
            // Six words, of which the last one is what was earned.
            let mut data = vec![0; 6 * 32];
            data[5 * 32 + 24..].copy_from_slice(&self.earned.to_be_bytes());
            return Ok(Outcome::Returned(Some(data)));
        }
        if signer.is_none() {
            return Ok(returned(&self.cell(calldata)));
        }
        // Asked, and forgotten.
        let before = (self.oracle.clone(), self.earned);
        let (outcome, _) = self.run(calldata);
        (self.oracle, self.earned) = before;
        Ok(outcome)
    }

    fn logs(&mut self, _: RangeInclusive<u64>, _: &[Address]) -> Result<Vec<ChainLog>, Down> {
        Ok(Vec::new())
    }

    fn head(&mut self) -> Result<Head, Down> {
        Ok(Head { number: 1, time: self.now.0.into() })
    }
}

impl Post for Chain {
    fn planck_of(&mut self, _: &Me) -> Result<Option<u128>, Down> {
        Ok(self.has)
    }

    fn planck(cost: &u128) -> u128 {
        *cost
    }
}

/// What was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("one thread").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn of(&self, event: &str) -> usize {
        let bytes = self.0.lock().expect("one thread").clone();
        let text = String::from_utf8(bytes).expect("lines");
        text.lines().filter(|line| line.contains(&format!("\"event\":\"{event}\""))).count()
    }
}

struct Desk {
    reporter: Reporter<Chain, Source>,
    source: Source,
    log: Lines,
}

impl Desk {
    /// Opens with the journal of a folder, on the chain as it was left.
    fn open(folder: &std::path::Path, chain: Chain, options: Options) -> Self {
        let mut deployment = Deployment::default();
        deployment.set(Contract::Oracle, ORACLE);
        deployment.set(Contract::Clearing, CLEARING);
        let journal = Journal::open(&folder.join("journal")).expect("the journal opens");
        let metrics = Metrics::new("reporter", Duration::from_secs(60)).expect("the name is good");
        let (source, log) = (Source::default(), Lines::default());
        let client = Client::new(chain, deployment);
        let told = Log::to("reporter", Box::new(log.clone()));
        let reporter = Reporter::new(client, Me, mapping(MAPPING), source.clone(), options, journal, metrics, told);
        Self { reporter: reporter.expect("the journal is good"), source, log }
    }

    fn at(&mut self, day: Day, seconds: u32) -> Result<Stage, ReporterError> {
        self.reporter.client().transport.now = day.start().later(seconds);
        self.reporter.pass()
    }

    fn sent(&mut self) -> Vec<&'static str> {
        self.reporter.client().transport.sent.clone()
    }

    fn close(mut self) -> Chain {
        std::mem::replace(&mut self.reporter.client().transport, Chain::new())
    }
}

const OPENS: u32 = Rules::TPI.opens;
const REVEALS: u32 = COMMITTING.commit_until;

#[test]
fn a_price_that_waits_is_told_and_keeps_nothing_else_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut desk = Desk::open(folder.path(), Chain::new(), Options::default());
    let stamp = |day: Day| u64::from(day.start().later(OPENS).0);
    desk.source.says(&list(stamp(MONDAY), "2.5", "10"));
    assert_eq!(desk.at(MONDAY, OPENS).expect("commits"), Stage::Committed(MONDAY.start().later(REVEALS)));
    assert_eq!(desk.at(MONDAY, REVEALS).expect("reveals"), Stage::Sent);

    // On Tuesday the source writes cents.
    let tuesday = Day(MONDAY.0 + 1);
    desk.source.says(&list(stamp(tuesday), "250", "1000"));
    let watched = desk.reporter.client().transport.watched;
    for look in 0..3 {
        let error = desk.at(tuesday, OPENS + look).expect_err("both wait").to_string();
        assert!(error.contains("cents-per-million") && error.contains("--accept 2026-12-01/0/250000000/1000000000"));
    }
    assert_eq!(desk.sent(), ["commit", "reveal"], "nothing of it is signed");
    assert_eq!(desk.log.of("held"), 2, "each once, not at each look");
    assert_eq!(desk.reporter.client().transport.watched, watched + 3, "settlements are watched all the same");
    let text = desk.reporter.metrics.text();
    assert!(text.contains("sit_reporter{of=\"held\",what=\"prices\"} 2"), "{text}");
    assert!(text.contains("sit_reporter{of=\"provider 0\",what=\"held\"} 1"), "{text}");
    assert!(text.contains("sit_reporter{of=\"provider 1\",what=\"held\"} 0"), "{text}");
    assert!(text.contains("sit_reporter_total{of=\"input price\",what=\"held\"} 1"), "{text}");

    // The source is mended, and the day is sent without anybody's word.
    desk.source.says(&list(stamp(tuesday) + 60, "2.5", "10"));
    assert!(matches!(desk.at(tuesday, OPENS + 120).expect("commits"), Stage::Committed(_)));
    let text = desk.reporter.metrics.text();
    assert!(text.contains("sit_reporter{of=\"held\",what=\"prices\"} 0"), "{text}");

    // Of a day whose prices wait to its end it is said once that it is missed.
    let wednesday = Day(MONDAY.0 + 2);
    desk.source.says(&list(stamp(wednesday), "250", "1000"));
    assert!(desk.at(wednesday, OPENS).is_err());
    for look in 0..2 {
        assert_eq!(desk.at(wednesday, REVEALS + look).expect("too late"), Stage::Missed);
    }
    assert_eq!(desk.log.of("missed"), 1);
}

#[test]
fn a_persons_word_is_for_one_batch() {
    let folder = tempfile::tempdir().expect("a folder");
    let stamp = |day: Day| u64::from(day.start().later(OPENS).0);
    let tuesday = Day(MONDAY.0 + 1);
    let mut chain = Chain::new();
    chain.oracle.set_submission(
        0,
        oracle::slot_of(MONDAY),
        0,
        &Submission { day: MONDAY, ..batch((2_500_000, 10_000_000)) },
    );
    let mut desk = Desk::open(folder.path(), chain, Options::default());
    desk.source.says(&list(stamp(tuesday), "1", "4"));
    let Err(ReporterError::Prices(Unusable::Held(holds))) = desk.at(tuesday, OPENS) else { panic!("it waits") };
    let chain = desk.close();

    let accepted = vec![holds[0].accept];
    let mut desk = Desk::open(folder.path(), chain, Options { accepted, ..Options::default() });
    desk.source.says(&list(stamp(tuesday), "0.9", "4"));
    assert!(desk.at(tuesday, OPENS + 60).is_err(), "these are other prices");
    desk.source.says(&list(stamp(tuesday), "1", "4"));
    assert!(matches!(desk.at(tuesday, OPENS + 120).expect("as a person said"), Stage::Committed(_)));
    assert_eq!(desk.log.of("accepted"), 1);
    assert_eq!(desk.at(tuesday, REVEALS).expect("reveals"), Stage::Sent);
    // The next day goes back: as far as it went, and the word of the day before says nothing about it.
    let wednesday = Day(tuesday.0 + 1);
    desk.source.says(&list(stamp(wednesday), "2.5", "10"));
    assert!(desk.at(wednesday, OPENS).is_err());
    // Nor does it for the same prices, were they to jump there again.
    let held = batch((2_500_000, 10_000_000));
    let oracle = &mut desk.reporter.client().transport.oracle;
    oracle.set_submission(0, oracle::slot_of(tuesday), 0, &Submission { day: tuesday, ..held });
    desk.source.says(&list(stamp(wednesday), "1", "4"));
    assert!(desk.at(wednesday, OPENS + 60).is_err());
}

#[test]
fn what_was_committed_to_is_revealed_whatever_the_source_and_the_budget_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let capped = Options { cap: Some(1), ..Options::default() };
    let mut desk = Desk::open(folder.path(), Chain::new(), capped.clone());
    desk.source.says(&list(u64::from(noon(MONDAY).0), "2.5", "10"));
    assert!(matches!(desk.at(MONDAY, OPENS).expect("commits"), Stage::Committed(_)));
    // Killed; the source goes wrong, and the cap of the day is spent.
    let mut desk = Desk::open(folder.path(), desk.close(), capped);
    for (seconds, answer) in [(OPENS + 60, "[]"), (REVEALS, "{}")] {
        desk.source.says(answer);
        let stage = desk.at(MONDAY, seconds).expect("it needs no prices");
        assert_eq!(stage == Stage::Sent, seconds == REVEALS, "{stage:?}");
    }
    assert_eq!(desk.sent(), ["commit", "reveal"]);
    let place = desk.reporter.client().transport.oracle.submission(0, oracle::slot_of(MONDAY), 0);
    assert!(place.is_some_and(|held| held.is_open() && held.quotes[0].input == 2_500_000));
}

#[test]
fn a_reporter_whose_wallet_runs_low_says_so_and_keeps_what_it_has_for_the_days_batch() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { least: 50, collect_from: Some(1), ..Options::default() };
    let mut desk = Desk::open(folder.path(), Chain { has: Some(80), earned: 7, ..Chain::new() }, options);
    desk.source.says(&list(u64::from(noon(MONDAY).0), "2.5", "10"));
    // Less than twice the least: a warning, and everything goes on.
    assert!(matches!(desk.at(MONDAY, OPENS).expect("commits"), Stage::Committed(_)));
    assert_eq!(desk.sent(), ["commit", "collect"]);
    let (well, why) = desk.reporter.metrics.health();
    assert!(well && why.contains("ok, but the wallet has less than twice the least DOT"), "{why}");
    assert_eq!(desk.log.of("dot-low"), 1);

    // Less than the least: what is earned can wait, the batch cannot.
    let chain = &mut desk.reporter.client().transport;
    (chain.has, chain.earned) = (Some(40), 7);
    assert_eq!(desk.at(MONDAY, REVEALS).expect("reveals"), Stage::Sent);
    assert_eq!(desk.sent(), ["commit", "collect", "reveal"]);
    assert_eq!(desk.reporter.metrics.counted("held", "least-dot"), 1);
    let (well, why) = desk.reporter.metrics.health();
    assert!(well && why.contains("less than the least DOT"), "{why}");

    // More than the least, and not enough: what comes and goes about it holds nothing up and lets nothing go.
    desk.reporter.client().transport.has = Some(99);
    assert_eq!(desk.at(MONDAY, REVEALS + 30).expect("looks"), Stage::Sent);
    assert_eq!(desk.sent(), ["commit", "collect", "reveal"]);

    // Enough again.
    desk.reporter.client().transport.has = Some(1_000);
    assert_eq!(desk.at(MONDAY, REVEALS + 60).expect("looks"), Stage::Sent);
    assert_eq!(desk.sent(), ["commit", "collect", "reveal", "collect"]);
    assert_eq!(desk.reporter.metrics.health(), (true, "ok".to_owned()));
    assert_eq!((desk.log.of("dot-low"), desk.log.of("dot-enough")), (2, 1));
}

#[test]
fn a_maker_that_is_told_to_quote_by_live_prices_quotes_by_no_others() {
    let mut text =
        "unit = \"usd-per-million\"\n[source.list]\nurl = \"https://prices.example/list\"\ntime = \"/time\"\n\
                    max_age = \"6h\"\n"
            .to_owned();
    for number in 0..5 {
        text.push_str(&format!(
            "[[provider]]\nnumber = {number}\nname = \"provider {number}\"\ninput = \"/first/input\"\n\
             output = \"/first/output\"\nvolume = \"/second/volume\"\n"
        ));
    }
    let mut chain = Chain::new();
    let mut opened = setup(Reporting::default());
    opened.basket.current[..5].fill(1_000);
    chain.oracle.set_setup(0, &opened);
    let mut deployment = Deployment::default();
    deployment.set(Contract::Oracle, ORACLE);
    let mut client = Client::new(chain, deployment);
    let source = Source::default();
    let mut fair = Fair::marks().live(mapping(&text), Box::new(source.clone()));
    // The newest print is not asked: it may be a day old, and everybody knows the prices of now.
    let curve = Curve::new(MONDAY.0, 2_000_000);
    let mut at = |seconds: u32, answer: &str| {
        source.says(answer);
        let index = fair.index(&mut client, &curve, noon(MONDAY).later(seconds)).expect("the chain answers");
        (index, fair.trouble.clone())
    };
    let good = list(noon(MONDAY).0.into(), "2.5", "10");
    let (index, trouble) = at(0, "[]");
    assert!(index.is_none() && trouble.is_some_and(|why| why.contains("there is nothing at /time")));
    let (index, trouble) = at(60, &good);
    let live = index.expect("there are prices");
    assert!(live > 0.0 && live != 2_000_000.0 && trouble.is_none(), "{live}");
    // A source that fails has told no other prices: they hold for a while, and then nothing does.
    let (index, trouble) = at(120, "[]");
    assert!(index == Some(live) && trouble.is_some());
    assert_eq!(at(60 + LIVE - 1, "[]").0, Some(live));
    assert_eq!(at(60 + LIVE, "[]").0, None);
    assert_eq!(at(120 + LIVE, &good), (Some(live), None));
    // Without a mapping it is the print.
    assert_eq!(Fair::marks().index(&mut client, &curve, noon(MONDAY)).expect("nothing is asked"), Some(2_000_000.0));
}

/// Providers want their keys in headers of any name. Whoever an answer points to gets none of them, and the sentence
/// about it has neither header nor what stands in the address.
#[test]
fn an_answer_that_points_elsewhere_takes_no_key_there() {
    let listen = || TcpListener::bind("127.0.0.1:0").expect("a port");
    let (source, other) = (listen(), listen());
    let address = |of: &TcpListener| of.local_addr().expect("an address");
    let (at, elsewhere) = (address(&source), address(&other));
    let answers = std::thread::spawn(move || {
        for status in ["302 Found", "307 Temporary Redirect", "200 OK"] {
            let (mut stream, _) = source.accept().expect("it is asked");
            let mut asked = String::new();
            let mut lines = BufReader::new(&stream);
            while !asked.ends_with("\r\n\r\n") && lines.read_line(&mut asked).expect("it is read") > 0 {}
            assert!(asked.to_lowercase().contains("x-api-key: 0123456789abcdef\r\n"), "{asked}");
            let head = format!("HTTP/1.1 {status}\r\nlocation: http://{elsewhere}/\r\nconnection: close\r\n");
            stream.write_all(format!("{head}content-length: 2\r\n\r\n{{}}").as_bytes()).expect("it answers");
        }
    });
    let (mut web, url) = (Web::default(), format!("http://{at}/list?key=fedcba9876543210"));
    let headers = [("x-api-key".to_owned(), "0123456789abcdef".to_owned())];
    for _ in 0..2 {
        let said = web.fetch(&url, &headers, None).expect_err("it is no list");
        assert!(said.contains("points to another address") && !said.contains("fedcba"), "{said}");
    }
    assert_eq!(web.fetch(&url, &headers, None).expect("an answer"), b"{}");
    answers.join().expect("all were asked");
    other.set_nonblocking(true).expect("it does not wait");
    assert!(other.accept().is_err(), "nobody else was asked");
}
