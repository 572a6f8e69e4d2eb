//! What the subcommands read: models and histories.

use std::path::PathBuf;

use clap::Args;
use sit_sim::calibrate::{Calibration, Posterior, Settings, calibrate_with};
use sit_sim::history::{Flag, History, HistoryError, PanelRequest, ReadOptions};
use sit_sim::model::{Model, ModelSpec};

use super::Failure;

/// Where prices come from.
#[derive(Debug, Args)]
pub struct HistorySource {
    /// Table of prices as its vendor writes it: CSV with a column of days and one of prices
    #[arg(long, value_name = "FILE", requires = "column", conflicts_with = "sample")]
    pub prices: Option<PathBuf>,
    /// Column of the prices, by its name or its number from 1
    #[arg(long, value_name = "NAME", requires = "prices")]
    pub column: Option<String>,
    #[command(flatten)]
    pub options: ReadOptions,
    /// Use the history that the project generates itself, of this seed
    #[arg(long, value_name = "SEED", conflicts_with = "record")]
    pub sample: Option<u64>,
    /// Make the history from a record of prices: CSV with date, vendor, model, `input_usd_per_mtok`,
    /// `output_usd_per_mtok`, source
    #[arg(long, value_name = "FILE", requires_all = ["class", "as_of"], conflicts_with = "prices")]
    pub record: Option<PathBuf>,
    /// Models of the class that the record's index is made of, one name a line
    #[arg(long, value_name = "FILE", requires = "record")]
    pub class: Option<PathBuf>,
    /// Day as of which the record is read (YYYY-MM-DD); later prices are announced and not in force
    #[arg(long, value_name = "DATE", requires = "record")]
    pub as_of: Option<jiff::civil::Date>,
}

impl HistorySource {
    /// What the history is called.
    pub fn name(&self) -> String {
        let file = |path: &PathBuf| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        match (&self.prices, &self.column, &self.record, self.sample) {
            (Some(path), Some(column), ..) => format!("{column} of {}", file(path)),
            (_, _, Some(record), _) => format!("index of {}", file(record)),
            (.., Some(seed)) => format!("a history made by the project itself (seed {seed})"),
            _ => String::new(),
        }
    }

    /// The history, if one is named.
    pub fn load(&self) -> Result<Option<History>, Failure> {
        self.load_or(None)
    }

    /// The history, if one is named; to the refusal of a short one what can be done without one is added.
    fn load_or(&self, instead: Option<&str>) -> Result<Option<History>, Failure> {
        let refusal = |error: HistoryError| match (&error, instead) {
            (HistoryError::TooShort { .. } | HistoryError::ClassTooShort { .. }, Some(instead)) => {
                Failure::input(format!("{error}; {instead}"))
            }
            _ => Failure::input(error),
        };
        let history = match (&self.prices, &self.column, &self.record, &self.class, self.as_of, self.sample) {
            (Some(path), Some(column), ..) => History::read(path, column, &self.options).map_err(refusal)?,
            (_, _, Some(record), Some(class), Some(as_of), _) => {
                let request = PanelRequest { record: record.clone(), class: class.clone(), as_of };
                History::from_record(&request).map_err(refusal)?
            }
            (.., Some(seed)) => History::sample(seed),
            _ => return Ok(None),
        };
        history.understood().iter().for_each(|sentence| eprintln!("note: {sentence}"));
        tell(history.flags());
        Ok(Some(history))
    }
}

/// Flags of one kind that are told one by one; of the rest only the number.
const TOLD: usize = 5;

/// Tells a person what was wrong with a file.
fn tell(flags: &[Flag]) {
    let mut counts = std::collections::BTreeMap::new();
    for flag in flags {
        let count = counts.entry(flag.defect).or_insert(0_usize);
        *count += 1;
        if *count <= TOLD {
            eprintln!("note: {flag}");
        }
    }
    for (defect, count) in counts.into_iter().filter(|(_, count)| *count > TOLD) {
        eprintln!("note: and {} more of the kind {}", count - TOLD, defect.name());
    }
}

/// Where a model comes from.
#[derive(Debug, Args)]
pub struct ModelSource {
    /// Model in TOML, or the name of a preset: paper, paper-optimistic, paper-pessimistic, history
    #[arg(long, value_name = "FILE")]
    pub model: String,
}

impl ModelSource {
    /// Reads and checks the model.
    pub fn load(&self) -> Result<Model, Failure> {
        read_model(&self.model)
    }
}

/// Reads a model from a file, or takes the preset of that name.
pub fn read_model(name: &str) -> Result<Model, Failure> {
    if let Some(model) = Model::preset(name) {
        return Ok(model);
    }
    let text =
        std::fs::read_to_string(name).map_err(|error| Failure::input(format!("{name}: cannot be read: {error}")))?;
    Model::from_toml(&text).map_err(|error| Failure::input(format!("{name}: {error}")))
}

/// Reads the draws of a calibration's uncertainty from a file that ends in `.json`, else one model.
fn read_models(name: &str) -> Result<Vec<Model>, Failure> {
    if !name.ends_with(".json") {
        return Ok(vec![read_model(name)?]);
    }
    let cannot = |error: &dyn std::fmt::Display| Failure::input(format!("{name}: cannot be read as draws: {error}"));
    let text = std::fs::read_to_string(name).map_err(|error| cannot(&error))?;
    let posterior = Posterior::from_json(&text).map_err(|error| cannot(&error))?;
    posterior.models().map_err(|error| cannot(&error))
}

/// Models with the root of the data they came from.
pub struct Sourced {
    pub models: Vec<Model>,
    pub history: Option<History>,
}

impl Sourced {
    /// The root of the data; without a history that of no data at all, the hash of the empty text.
    pub fn dataset_root(&self) -> [u8; 32] {
        self.history.as_ref().map_or_else(|| sit_sim::keccak256(b""), History::dataset_root)
    }
}

/// The models that are named, else the one that the history calibrates to.
pub fn models_or_history(names: &[String], source: &HistorySource) -> Result<Sourced, Failure> {
    let history = source.load_or(Some("or take a model instead of a history, as --model history is"))?;
    let models = match (names, &history) {
        ([], Some(history)) => vec![calibrated(history, &Settings::default())?.model],
        ([], None) => {
            return Err(Failure::input(
                "give a --model, or prices to calibrate one on (--prices and --column, or --sample)",
            ));
        }
        (names, _) => {
            let each = names.iter().map(|name| read_models(name)).collect::<Result<Vec<_>, _>>()?;
            each.into_iter().flatten().collect()
        }
    };
    Ok(Sourced { models, history })
}

/// Calibrates and tells a person what the history could not say.
pub fn calibrated(history: &History, settings: &Settings) -> Result<Calibration, Failure> {
    let calibration = calibrate_with(history, settings).map_err(Failure::input)?;
    for warning in &calibration.diagnostics.warnings {
        eprintln!("note: {warning}");
    }
    Ok(calibration)
}

/// A model as TOML.
pub fn model_text(model: &Model) -> Result<String, Failure> {
    ModelSpec::from(model).to_toml().map_err(|error| Failure::Machine(error.to_string()))
}

/// Longest time ahead that is looked at, in years: beyond it a declining price has no digits left.
const LONGEST: f64 = 100.0;

/// Checks times ahead given on the command line.
pub fn tenors(values: &[f64]) -> Result<(), Failure> {
    match values.iter().find(|value| !(**value > 0.0 && **value <= LONGEST)) {
        Some(value) => {
            Err(Failure::input(format!("tenor {value}: it must be above zero, and at most {LONGEST} years")))
        }
        None => Ok(()),
    }
}

/// Refuses a result that is no number, rather than to print what no reader of JSON takes for one.
pub fn finite(name: &str, values: &[f64]) -> Result<(), Failure> {
    if values.iter().all(|value| value.is_finite()) {
        Ok(())
    } else {
        Err(Failure::input(format!(
            "{name} has no finite value under this model: check its intensities and volatilities"
        )))
    }
}
