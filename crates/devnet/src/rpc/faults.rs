//! What goes wrong between a chain and its clients, on purpose and by a seed: answers that are lost, late or refused, a
//! node that lags behind, a node of another chain. For tests of clients: a client that survives these survives a
//! provider.
//!
//! Faults come from a stream of random numbers that begins with the seed and moves on with each request, so that the
//! same requests in the same order meet the same faults. Requests whose method begins with `sit_` meet none.

use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Devnet, Error, Method, params::Params};

/// How often what goes wrong. Shares are of requests, from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Plan {
    /// Seed of what meets which request.
    pub seed: u64,
    /// Connections that end without an answer. Of half of them the request was done all the same.
    pub drop: f64,
    /// Requests that are refused as too many: HTTP 429, code -32005.
    pub too_many: f64,
    /// Answers that are late.
    pub late: f64,
    /// Between how many milliseconds they are late.
    pub delay: [u64; 2],
    /// Answers of a node that lags behind.
    pub stale: f64,
    /// How many blocks it lags.
    pub behind: u32,
    /// Answers of a node of another chain: `eth_chainId` and `net_version` are one more.
    pub wrong_chain: f64,
    /// The server takes no `null` among the topics of `eth_getLogs`, which stands for any, as that of pallet-revive
    /// does not: each time, and with a code that others have for ranges which are too long.
    pub closed_topics: bool,
    /// Methods that meet faults; all where none is named.
    pub methods: Vec<String>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            seed: 1,
            drop: 0.0,
            too_many: 0.0,
            late: 0.0,
            delay: [0, 1_000],
            stale: 0.0,
            behind: 3,
            wrong_chain: 0.0,
            closed_topics: false,
            methods: Vec::new(),
        }
    }
}

impl Plan {
    /// Reads a plan of JSON.
    ///
    /// # Errors
    /// A sentence that names the field that is not one, or is beyond its bounds.
    pub fn read(value: &Value) -> Result<Self, String> {
        let plan: Self =
            serde_json::from_value(value.clone()).map_err(|error| format!("the faults cannot be read: {error}"))?;
        let shares = [
            ("drop", plan.drop),
            ("tooMany", plan.too_many),
            ("late", plan.late),
            ("stale", plan.stale),
            ("wrongChain", plan.wrong_chain),
        ];
        if let Some((name, share)) = shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            return Err(format!("{name} is a share of the requests from 0 to 1, and is {share}"));
        }
        let [least, most] = plan.delay;
        if least > most || most > MOST_DELAY {
            return Err(format!("delay is two numbers of milliseconds that rise, at most {MOST_DELAY}"));
        }
        Ok(plan)
    }
}

/// Milliseconds that an answer may be late.
const MOST_DELAY: u64 = 60_000;

/// What a request meets.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fate {
    /// The connection ends without an answer.
    pub lost: bool,
    /// The request is not done.
    pub undone: bool,
    /// It is refused as one too many.
    pub too_many: bool,
    /// Its answer is so late.
    pub late: Duration,
    /// It is answered by a node that lags so many blocks.
    pub behind: u32,
    /// It is answered by a node of another chain.
    pub wrong_chain: bool,
}

/// Faults under way.
#[derive(Debug)]
pub struct Faults {
    plan: Plan,
    random: StdRng,
    met: Met,
}

/// How many requests met what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Met {
    /// Requests that could have met something.
    pub requests: u64,
    /// Lost answers.
    pub lost: u64,
    /// Refusals.
    pub too_many: u64,
    /// Late answers.
    pub late: u64,
    /// Answers of a node that lags.
    pub stale: u64,
    /// Answers of another chain.
    pub wrong_chain: u64,
}

impl Faults {
    /// Faults by a plan.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let random = StdRng::seed_from_u64(plan.seed);
        Self { plan, random, met: Met::default() }
    }

    /// What a request for these methods meets.
    pub fn meet(&mut self, methods: &[&str]) -> Fate {
        let named = |method: &&str| self.plan.methods.is_empty() || self.plan.methods.iter().any(|name| name == method);
        if methods.iter().any(|method| method.starts_with("sit_")) || !methods.iter().any(named) {
            return Fate::default();
        }
        let Plan { drop, too_many, late, delay: [least, most], stale, behind, wrong_chain, .. } = self.plan;
        // As many numbers for each request, whatever it meets: a plan that is changed in one share leaves the others.
        let mut draw = || (self.random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let drawn: [f64; 7] = std::array::from_fn(|_| draw());
        let [lost, half, refused, slow, by, lags, elsewhere] = drawn;
        let fate = Fate {
            lost: lost < drop,
            undone: lost < drop && half < 0.5,
            too_many: refused < too_many,
            late: if slow < late {
                Duration::from_millis(least + (by * (most - least) as f64) as u64)
            } else {
                Duration::ZERO
            },
            behind: if lags < stale { behind } else { 0 },
            wrong_chain: elsewhere < wrong_chain,
        };
        let met = &mut self.met;
        met.requests += 1;
        for (count, happens) in [
            (&mut met.lost, fate.lost),
            (&mut met.too_many, fate.too_many),
            (&mut met.late, !fate.late.is_zero()),
            (&mut met.stale, fate.behind > 0),
            (&mut met.wrong_chain, fate.wrong_chain),
        ] {
            *count += u64::from(happens);
        }
        fate
    }
}

/// What becomes of a request that came over a wire.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// It is answered after a while; `None` when nothing is to be answered.
    Answer(Option<String>, Duration),
    /// It is one too many.
    TooMany(String),
    /// The connection ends.
    Lost,
}

pub(super) const METHODS: &[(&str, Method)] = &[("sit_faults", |chain: &mut Devnet, params: &Params| -> Answer {
    let met = chain.faults.as_ref().map(|faults| faults.met);
    match params.get(0) {
        Some(plan) => chain.faults = Some(Faults::new(Plan::read(plan).map_err(Error::params)?)),
        None if params.is_empty() => {}
        None => chain.faults = None,
    }
    Ok(json!({ "plan": chain.faults.as_ref().map(|faults| &faults.plan), "met": met }))
})];

impl Devnet {
    /// Answers the text of a request as a wire carries it: with the faults that it meets.
    pub fn reply(&mut self, text: &[u8]) -> Reply {
        let Some(faults) = &mut self.faults else { return Reply::Answer(self.answer_text(text), Duration::ZERO) };
        let request: Value = serde_json::from_slice(text).unwrap_or_default();
        let all = match &request {
            Value::Array(batch) => batch.as_slice(),
            one => std::slice::from_ref(one),
        };
        let methods: Vec<&str> =
            all.iter().filter_map(|request| request.get("method").and_then(Value::as_str)).collect();
        let fate = faults.meet(&methods);
        if fate.too_many {
            let error = Error::new(-32005, "too many requests: this one is refused, send it again later");
            return Reply::TooMany(super::failure(request.get("id").unwrap_or(&Value::Null), &error).to_string());
        }
        if fate.undone {
            return Reply::Lost;
        }
        self.closed_topics = faults.plan.closed_topics;
        (self.behind, self.elsewhere) = (fate.behind, fate.wrong_chain);
        let answer = self.answer_text(text);
        (self.behind, self.elsewhere, self.closed_topics) = (0, false, false);
        if fate.lost { Reply::Lost } else { Reply::Answer(answer, fate.late) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_meets_the_same_faults_and_shares_are_kept() {
        let plan = json!({ "seed": 7, "drop": 0.1, "tooMany": 0.05, "late": 0.5, "delay": [10, 20], "stale": 0.2 });
        let meet = || {
            let mut faults = Faults::new(Plan::read(&plan).unwrap());
            let fates: Vec<Fate> = (0..10_000).map(|_| faults.meet(&["eth_call"])).collect();
            (fates, faults.met)
        };
        let (fates, met) = meet();
        assert_eq!(meet(), (fates.clone(), met));
        assert!((900..1_100).contains(&met.lost) && (400..600).contains(&met.too_many), "{met:?}");
        assert!((4_800..5_200).contains(&met.late) && (1_850..2_150).contains(&met.stale), "{met:?}");
        let late = fates.iter().map(|fate| fate.late.as_millis()).filter(|late| *late > 0);
        assert!(late.clone().all(|late| (10..20).contains(&late)) && late.count() > 4_000);
        let undone = fates.iter().filter(|fate| fate.undone).count() as u64;
        assert!(undone > met.lost / 3 && undone < met.lost * 2 / 3);
        assert_eq!(met.wrong_chain, 0);
    }

    #[test]
    fn methods_of_this_program_meet_none_and_others_only_when_named() {
        let plan = json!({ "drop": 1, "methods": ["eth_call"] });
        let mut faults = Faults::new(Plan::read(&plan).unwrap());
        assert!(faults.meet(&["eth_call"]).lost && !faults.meet(&["eth_blockNumber"]).lost);
        assert!(!faults.meet(&["sit_faults"]).lost && !faults.meet(&["eth_call", "sit_info"]).lost);
    }

    #[test]
    fn a_plan_that_cannot_be_is_refused() {
        for (plan, says) in [
            (json!({ "drop": 2 }), "drop is a share"),
            (json!({ "dorp": 1 }), "unknown field `dorp`"),
            (json!({ "delay": [5, 1] }), "delay is two numbers"),
        ] {
            let why = Plan::read(&plan).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
    }
}
