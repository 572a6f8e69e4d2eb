//! What this program knows of the exchange on its chain: for tests and for people who look. Clients need none of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sit_client::Failure;
use sit_engine::{clearing::Status, launch::TPI};
use sit_native::{Contract, stored, view};
use sp_core::H160;
use sp_core::hashing::keccak_256;

use super::{
    Answer, Devnet, Error, Method, json as shown,
    params::{self, Params},
    quantity,
};
use crate::{node::CHAIN_ID, opening::with_client};

/// Cells of one answer at most.
const MOST_CELLS: usize = 10_000;

/// What the record of a deployment is called, and the version of its fields.
const RECORD: (&str, u32) = ("sit-devnet", 1);

pub(super) const METHODS: &[(&str, Method)] = &[
    ("sit_deployments", |chain, _| {
        let at = chain.deployment.iter().map(|(contract, address)| (contract.name(), shown::bytes(&address)));
        Ok(json!(at.collect::<BTreeMap<_, _>>()))
    }),
    ("sit_record", |chain, _| record(chain)),
    ("sit_market", |chain, _| market(chain).map_err(|error| Error::server(error.to_string()))),
    ("sit_cells", cells),
];

impl Devnet {
    /// A contract by its name or by its address.
    fn contract(&self, params: &Params, position: usize) -> Result<H160, Error> {
        let name = params.get(position).and_then(Value::as_str);
        match name.and_then(Contract::from_name) {
            Some(contract) => {
                let at = self.deployment.get(contract);
                at.map(H160).ok_or_else(|| Error::server(format!("{} is not deployed here", contract.name())))
            }
            None => params.address(position),
        }
    }
}

/// The record of a deployment, as a client reads it before it signs anything: which chain, which code, where, since
/// when, governed by whom.
fn record(chain: &mut Devnet) -> Answer {
    let (name, schema) = RECORD;
    let head = chain.node.head().clone();
    let mut contracts = Map::new();
    let (mut first, mut deployer) = (None, None);
    for (contract, address) in chain.deployment.clone().iter().filter(|(contract, _)| *contract != Contract::Token) {
        let code = chain.node.code(&head, H160(address));
        let mut known = json!({
            "address": shown::bytes(&address),
            "codeHash": shown::bytes(&keccak_256(&code)),
            "blobBytes": code.len(),
            "abi": format!("abi/{}.json", contract.name()),
        });
        if let Some((number, position)) = chain.node.made(H160(address)) {
            let block = chain.node.block(number.into());
            if let Some((block, included)) =
                block.as_ref().and_then(|block| Some((block, block.transactions.get(position)?)))
            {
                let (input, paid) = (&included.transaction.input, included.gas_used.saturating_mul(included.gas_price));
                known["constructor"] = shown::bytes(input.get(code.len()..).unwrap_or_default());
                known["transaction"] = shown::bytes(&included.transaction.hash.0);
                known["block"] = number.into();
                known["nonce"] = included.transaction.nonce.into();
                known["paidWei"] = quantity(paid);
                first = first.or_else(|| {
                    Some(json!({ "number": number, "hash": shown::bytes(&block.hash().0), "time": block.time() }))
                });
                deployer = deployer.or(Some(shown::bytes(&included.transaction.from.0)));
            }
        }
        contracts.insert(contract.name().to_owned(), known);
    }
    let mut record = json!({
        "schema": schema,
        "name": name,
        "chain": {
            "id": CHAIN_ID,
            "name": name,
            "genesisHash": chain.node.block(0).map(|block| shown::bytes(&block.hash().0)),
        },
        "deployer": deployer,
        "firstBlock": first,
        "contracts": contracts,
    });
    if contracts_are_there(chain) {
        let told = with_client(chain, |client| {
            let token = client.view(&view::Decimals {})?;
            let roles = client.view(&view::Roles {})?;
            let council = client.view(&view::Council {})?;
            let delays = client.view(&view::Delays {})?;
            let margin = client.view(&view::MarginSet { product: TPI })?;
            let hex = |address: [u8; 20]| shown::bytes(&address);
            Ok(json!({
                "decimals": token,
                "governance": {
                    "governor": hex(roles.governor),
                    "guardian": hex(roles.guardian),
                    "council": council.members.iter().map(|member| hex(*member)).collect::<Vec<_>>(),
                    "threshold": council.threshold,
                    "sealed": roles.is_sealed,
                    "delays": {
                        "tighten": delays.tighten,
                        "routine": delays.routine,
                        "loosen": delays.loosen,
                        "critical": delays.critical,
                    },
                },
                "products": [{ "product": TPI.0, "index": TPI.index() }],
                "marginSet": {
                    "sequence": margin.sequence,
                    "acceptedAt": margin.accepted_at.0,
                    "certificateHash": shown::bytes(&margin.certificate_hash),
                },
            }))
        });
        let mut told = told.map_err(|error| Error::server(error.to_string()))?;
        let address = chain.deployment.get(Contract::Token).map(|address| shown::bytes(&address));
        record["token"] = json!({
            "address": address,
            "name": "USD Coin",
            "symbol": "USDC",
            "decimals": told["decimals"].take(),
            "permitVersion": "1",
        });
        for part in ["governance", "products", "marginSet"] {
            record[part] = told[part].take();
        }
    }
    Ok(record)
}

/// Whether there is an exchange to ask.
fn contracts_are_there(chain: &Devnet) -> bool {
    Contract::ALL.into_iter().all(|contract| chain.deployment.get(contract).is_some())
}

/// The market at a glance: the index, each month with its marks and what is open in it, and whether the books balance.
fn market(chain: &mut Devnet) -> Result<Value, Failure> {
    let (block, time) = (chain.node.head().number(), chain.node.head().time());
    if !contracts_are_there(chain) {
        return Ok(json!({ "block": block, "time": time, "months": [] }));
    }
    with_client(chain, |client| {
        let Some(curve) = client.cell(&stored::curve(TPI))? else {
            return Ok(json!({ "block": block, "time": time, "months": [] }));
        };
        let mut months = Vec::new();
        for month in curve.months() {
            let market = client.cell(&stored::market(month.instrument))?;
            let mut told = json!({
                "instrument": month.instrument.0,
                "status": match month.status {
                    Status::Trading => "trading",
                    Status::ReduceOnly => "reduce only",
                    Status::Settled => "settled",
                },
                "expiry": month.expiry.0,
                "mark": month.mark.0,
                "settle": month.settle.0,
                "tickValue": month.tick_value.0,
                "tickSize": month.tick_size,
            });
            if let Some(market) = market {
                told["openInterest"] = market.open_interest.0.into();
                told["last"] = market.last_price.0.into();
                told["holders"] = market.holders.into();
                told["haltedUntil"] = market.halted_until.0.into();
                told["finalPrice"] = market.final_price.map(|price| price.0).into();
            }
            months.push(told);
        }
        let audit = client.view(&view::Audit {})?;
        let ledger = client.cell(&stored::ledger())?;
        Ok(json!({
            "block": block,
            "time": time,
            "index": { "day": curve.index_day, "price": curve.index_price },
            "round": curve.round,
            "accounts": ledger.map_or(0, |ledger| ledger.seats),
            "balanced": audit.balanced,
            "months": months,
        }))
    })
}

/// The cells of a contract as they are stored: key and bytes in hexadecimal. Parameters: the contract by name or
/// address; what keys begin with, in hexadecimal, or nothing; a block.
fn cells(chain: &mut Devnet, params: &Params) -> Answer {
    let address = chain.contract(params, 0)?;
    let begin =
        params.get(1).map(|value| params::bytes(value, "what keys begin with")).transpose()?.unwrap_or_default();
    let block = chain.state(params, 2)?;
    let found = chain.node.cells(&block, address, &begin, MOST_CELLS);
    let found = found.ok_or_else(|| Error::server(format!("there is no contract at {address:?}")))?;
    if found.len() > MOST_CELLS {
        return Err(Error::new(-32005, format!("more than {MOST_CELLS} cells: name what their keys begin with")));
    }
    let told = found.iter().map(|(key, bytes)| json!({ "key": shown::bytes(key), "bytes": shown::bytes(bytes) }));
    Ok(told.collect())
}
