//! What a story leaves behind: everything that the summary and the report show, and nothing that they would have to
//! guess.
//!
//! Money is in quote atoms (10^-6 USD), prices in US dollars per million tokens unless a field says ticks, days are
//! unix days, times unix seconds.

use serde::Serialize;
use sit_devnet::WeightTable;

/// The whole story.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Record {
    /// Where the price history came from.
    pub source: Source,
    /// What the calibration found.
    pub calibration: CalibrationFacts,
    /// Jumps that the calibration found in the history: date, ISO 8601, and size, natural logarithm.
    pub history_jumps: Vec<(String, f64)>,
    /// The margin set and its certificate.
    pub margin: MarginFacts,
    /// The rise that the story put into a path which had none of that size; absent when the path is as it was drawn.
    pub scene: Option<SceneFacts>,
    /// What the price usually does, for which the hedgers have collateral.
    pub usual: UsualFacts,
    /// The deployed contracts.
    pub contracts: Vec<ContractFacts>,
    /// The listed months, nearest first.
    pub instruments: Vec<InstrumentFacts>,
    /// Who took part, in the order of the equity columns.
    pub participants: Vec<Participant>,
    /// The days, in order.
    pub days: Vec<DayFacts>,
    /// Every trade.
    pub fills: Vec<Fill>,
    /// Every payment of variation, and the final claims.
    pub settlements: Vec<Settlement>,
    /// Margin calls, liquidations, and who paid.
    pub waterfall: Waterfall,
    /// The effect of the hedge for the AI company.
    pub hedge: Hedge,
    /// Both sides of the vault's books at the end.
    pub books: Books,
    /// What each message cost on the chain, worst seen.
    pub weights: Vec<WeightRow>,
    /// Milestones, for the timeline: time and one sentence.
    pub milestones: Vec<Milestone>,
    /// How many messages the contracts executed, and after how many the books were audited.
    pub messages: u64,
    /// How many audits balanced; equal to `messages` in every record that is shown.
    pub audits: u64,
}

/// Where the price history came from.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Source {
    /// File name, or what generated it.
    pub name: String,
    /// Whether the project generated it itself.
    pub generated: bool,
    /// Number of observations.
    pub observations: usize,
    /// First date, ISO 8601.
    pub first: String,
    /// Last date, ISO 8601.
    pub last: String,
    /// Dates and prices, thinned to at most a few hundred points.
    pub prices: Vec<(String, f64)>,
}

/// What the calibration found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CalibrationFacts {
    /// Parameter, value, and remark, in the order to show.
    pub parameters: Vec<(String, f64, String)>,
    /// Sentences about what the history cannot tell.
    pub warnings: Vec<String>,
}

/// A rise that the story put into the path.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SceneFacts {
    /// Unix day.
    pub day: u32,
    /// ISO 8601.
    pub date: String,
    /// Size, as a fraction of the price.
    pub rise: f64,
}

/// What the mark of the traded month usually does until its last trading day: nineteen of twenty paths of the
/// calibrated process stay inside.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UsualFacts {
    /// Largest rise, as a fraction of the mark.
    pub rise: f64,
    /// Largest fall, as a fraction of the mark.
    pub fall: f64,
    /// Whether the path as it was drawn stays inside, from any day on.
    pub calm: bool,
}

/// The margin set and its certificate.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MarginFacts {
    /// One row for each month.
    pub months: Vec<MarginRow>,
    /// Hash of the certificate, hexadecimal.
    pub certificate: String,
    /// Dataset root, hexadecimal.
    pub dataset_root: String,
    /// Seed of the simulation.
    pub seed: u64,
    /// Paths of the simulation.
    pub paths: u64,
    /// Confidence in percent.
    pub confidence: f64,
    /// Close-out horizon in days.
    pub horizon_days: f64,
}

/// Margin of one month, in basis points of the mark.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MarginRow {
    /// Label of the month, such as "Dec 2026".
    pub label: String,
    /// Days to the last trading day.
    pub tenor_days: u32,
    /// For a short position.
    pub short_bps: u32,
    /// For a long position.
    pub long_bps: u32,
}

/// A deployed contract.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ContractFacts {
    /// Its name.
    pub name: String,
    /// Its address, hexadecimal.
    pub address: String,
    /// Bytes of its code, which every call pays for in proof size.
    pub blob_bytes: usize,
}

/// A listed month.
#[derive(Clone, Debug, Default, Serialize)]
pub struct InstrumentFacts {
    /// Its number.
    pub number: u16,
    /// Its label, such as "Dec 2026".
    pub label: String,
    /// Last trading time.
    pub expiry: u64,
    /// First settlement mark.
    pub first_mark: f64,
}

/// Someone who took part.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Participant {
    /// Name.
    pub name: String,
    /// What they are: "AI company (long)" and the like.
    pub role: String,
    /// Paid into the vault.
    pub deposited: i128,
    /// Paid out of the vault.
    pub withdrawn: i128,
    /// Fees paid.
    pub fees: i128,
    /// Variation received, less paid.
    pub variation: i128,
    /// Rewards received.
    pub rewards: i128,
}

/// A day of the story, after its settlement.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DayFacts {
    /// Unix day.
    pub day: u32,
    /// ISO 8601.
    pub date: String,
    /// The index print.
    pub index: f64,
    /// Settlement mark of each instrument that still trades; NaN is written as absent.
    pub marks: Vec<Option<f64>>,
    /// Equity of each participant.
    pub equity: Vec<i128>,
    /// Initial margin of each participant.
    pub initial_margin: Vec<i128>,
    /// Loss of each participant since the settlement before; negative for a profit.
    pub loss: Vec<i128>,
    /// Open interest of all instruments, lots.
    pub open_interest: u64,
}

/// A trade.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Fill {
    /// Time in unix seconds.
    pub time: u64,
    /// Label of the month.
    pub instrument: String,
    /// Name of the buyer.
    pub buyer: String,
    /// Name of the seller.
    pub seller: String,
    /// Whether the buyer took.
    pub buyer_took: bool,
    /// Price.
    pub price: f64,
    /// Lots.
    pub lots: u32,
    /// Fees of both sides.
    pub fees: i128,
}

/// A payment of variation.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Settlement {
    /// Time in unix seconds.
    pub time: u64,
    /// Label of the month.
    pub instrument: String,
    /// Name of the participant.
    pub participant: String,
    /// Received; paid when negative.
    pub paid: i128,
    /// Still owed to them; by them when negative.
    pub unpaid: i128,
    /// Whether it was a final claim.
    pub last: bool,
}

/// Margin calls, liquidations, and who paid.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Waterfall {
    /// Steps in order: time, sentence, amount in quote atoms where there is one.
    pub steps: Vec<(u64, String, Option<i128>)>,
    /// Margin calls.
    pub calls: u64,
    /// Those of them that came before the day of the rise that the story is about.
    pub early_calls: u64,
    /// Liquidations that were started.
    pub liquidations: u64,
    /// Payments of the insurance fund.
    pub draws: u64,
    /// Loss of the accounts that lost all they had, all of it.
    pub loss: i128,
    /// Paid by their own collateral.
    pub own_collateral: i128,
    /// Paid by the insurance fund.
    pub fund: i128,
    /// Allocated to winners.
    pub unpaid: i128,
}

/// The effect of the hedge for the AI company.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Hedge {
    /// Millions of tokens bought at the end.
    pub tokens_m: f64,
    /// Price that the futures had locked, per million tokens.
    pub locked: f64,
    /// Price at the end.
    pub spot: f64,
    /// Cost without futures, quote atoms.
    pub unhedged: i128,
    /// Cost with futures: the same less variation, plus fees.
    pub hedged: i128,
    /// Cost that was expected when the hedge was made.
    pub expected: i128,
}

/// Both sides of the vault's books.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Books {
    /// What the token says that the vault holds.
    pub token_balance: i128,
    /// Cash in accounts.
    pub accounts: i128,
    /// Pools and fees in instruments.
    pub instruments: i128,
    /// Insurance fund.
    pub fund: i128,
    /// Market-maker programme.
    pub incentives: i128,
    /// Treasury.
    pub treasury: i128,
    /// Everything ever deposited.
    pub deposits: i128,
    /// Everything ever withdrawn.
    pub withdrawals: i128,
}

/// What a message cost.
#[derive(Clone, Debug, Default, Serialize)]
pub struct WeightRow {
    /// Contract and message.
    pub message: String,
    /// Picoseconds.
    pub ref_time: u64,
    /// Bytes.
    pub proof_size: u64,
    /// Storage deposit in planck; negative when more was given back.
    pub deposit: i128,
    /// Storage cells touched.
    pub cells: u64,
    /// Calls that fit into a block.
    pub per_block: u64,
    /// What they weigh as Ethereum transactions.
    pub ethereum: EthereumWeight,
}

/// What a message weighs when it comes as an Ethereum transaction, and the proof that it really adds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EthereumWeight {
    /// Picoseconds.
    pub ref_time: u64,
    /// Bytes.
    pub proof_size: u64,
    /// Calls that fit into a block.
    pub per_block: u64,
    /// Calls that fit by time alone: what binds where unused proof is given back.
    pub per_block_by_time: u64,
    /// Bytes of trie nodes that one alone adds to a block; `None` where nobody recorded them.
    pub recorded_nodes: Option<u64>,
    /// Bytes of code that one alone adds to a block.
    pub recorded_code: Option<u64>,
    /// Picoseconds by the Hub's own weights; `None` where nobody asked them.
    pub hub_ref_time: Option<u64>,
    /// Bytes by the Hub's own weights.
    pub hub_proof_size: Option<u64>,
    /// Calls that fit into a block by the Hub's own weights.
    pub hub_per_block: Option<u64>,
}

impl WeightRow {
    /// The rows of a table of the chain's.
    pub fn all(table: &WeightTable) -> impl Iterator<Item = Self> {
        table.rows().map(|(message, cost)| Self {
            message: message.into(),
            ref_time: cost.weight.ref_time,
            proof_size: cost.weight.proof_size,
            deposit: cost.deposit,
            cells: cost.cells.touched.into(),
            per_block: cost.per_block,
            ethereum: EthereumWeight {
                ref_time: cost.ethereum.ref_time,
                proof_size: cost.ethereum.proof_size,
                per_block: cost.ethereum_per_block,
                per_block_by_time: cost.ethereum_per_block_by_time,
                recorded_nodes: cost.recorded.map(|recorded| recorded.nodes),
                recorded_code: cost.recorded.map(|recorded| recorded.code),
                hub_ref_time: cost.by_the_hub.map(|weight| weight.ref_time),
                hub_proof_size: cost.by_the_hub.map(|weight| weight.proof_size),
                hub_per_block: cost.by_the_hub.map(|weight| weight.times_in(sit_devnet::BLOCK_LIMIT)),
            },
        })
    }
}

/// A point of the timeline.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Milestone {
    /// Time in unix seconds.
    pub time: u64,
    /// What, in a sentence.
    pub text: String,
}
