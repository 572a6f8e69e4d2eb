//! Questions, and who answers them.

use serde_json::{Value, json};
use sit_engine::clearing::{Delegate, Instrument, Product};
use sit_engine::units::{Lots, Seat, Seconds};
use sit_engine::{chain::Env, errors};
use sit_native::preview::{admit, preview_message};
use sit_native::{Contract, Message, Overlay};

#[cfg(feature = "band")]
use crate::band;
use crate::store::Fetched;
use crate::value::{hex, read, unhex};
use crate::{answers, hedge};

/// Cells of one block, and what is asked about them.
#[derive(Default)]
pub struct Session {
    store: Fetched,
}

/// Why a question cannot be answered: the page has a fault.
type Malformed = String;

impl Session {
    /// Answers a question: `{"ok": …}`, `{"missing": [[kind, a, b], …]}` when cells have to be read first, or
    /// `{"malformed": "…"}` for what is no question. What the engine refuses is an answer, too, and stands in `ok`.
    pub fn answer(&mut self, question: &str) -> String {
        let answered = serde_json::from_str(question).map_err(|error| error.to_string());
        let answered = answered.and_then(|question: Value| self.ask(&question));
        let missing = self.store.take_missing();
        let answer = match answered {
            Err(reason) => json!({ "malformed": reason }),
            Ok(_) if !missing.is_empty() => json!({ "missing": missing }),
            Ok(answer) => json!({ "ok": answer }),
        };
        answer.to_string()
    }

    fn ask(&mut self, question: &Value) -> Result<Value, Malformed> {
        let asked = Question(question);
        let store = &mut self.store;
        match asked.text("do")? {
            "cells" => self.take(&asked),
            "curve" => Ok(answers::curve(store, Product(asked.number("product")?), asked.now()?)),
            "risk" => Ok(answers::risk(store, Product(asked.number("product")?))),
            "ledger" => Ok(answers::ledger(store, Product(asked.number("product")?))),
            "book" => {
                let seat = asked.optional("seat")?.map(Seat);
                Ok(answers::book(store, Instrument(asked.number("instrument")?), seat, asked.now()?))
            }
            "account" => Ok(answers::account(store, Seat(asked.number("seat")?), asked.now()?)),
            "orders" => Ok(answers::orders(store, Seat(asked.number("seat")?))),
            "whatif" => {
                let shifts = asked.list("shifts_bps")?.iter().map(Value::as_i64).collect::<Option<Vec<_>>>();
                let shifts = shifts.ok_or("the shifts are whole numbers of basis points")?;
                let only = asked.optional("instrument")?.map(Instrument);
                Ok(answers::what_if(store, Seat(asked.number("seat")?), only, &shifts))
            }
            "stress" => {
                let shift = asked.field("shift_bps")?.as_i64().ok_or("the shift is a whole number of basis points")?;
                Ok(answers::stress(store, Product(asked.number("product")?), asked.number("seats")?, shift))
            }
            "preview" => {
                let message = message(&asked)?;
                let env = Env { caller: asked.address("caller")?, now: asked.now()? };
                let seat = Seat(asked.number("seat")?);
                let mut left = Overlay::new(store);
                if asked.0.get("delegate").and_then(Value::as_bool) == Some(true) {
                    admit(&mut left, seat, env.caller);
                }
                Ok(answers::preview(&preview_message(&mut left, env, seat, &message)))
            }
            "index" => answers::index(&asked),
            "hedge" => hedge::plan(&asked),
            #[cfg(feature = "band")]
            "band" => band::band(&asked),
            "explain" => {
                let sentence = errors::explain(asked.text("contract")?, asked.text("error")?);
                Ok(json!({ "sentence": sentence }))
            }
            other => Err(format!("`{other}` is no question")),
        }
    }

    /// Takes cells; those of another block replace all that were there.
    fn take(&mut self, asked: &Question<'_>) -> Result<Value, Malformed> {
        if asked.0.get("keep").and_then(Value::as_bool) != Some(true) {
            self.store.clear();
        }
        for cell in asked.list("cells")? {
            let id = |place: usize| cell.get(place).and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
            let kind = id(0).and_then(|kind| u8::try_from(kind).ok());
            let bytes = cell.get(3).and_then(Value::as_str).and_then(unhex);
            let (Some(kind), Some(a), Some(b), Some(bytes)) = (kind, id(1), id(2), bytes) else {
                return Err(format!("{cell} is no cell: kind, two numbers and bytes are"));
            };
            self.store.put((kind, a, b), bytes);
        }
        for named in asked.0.get("delegates").and_then(Value::as_array).into_iter().flatten() {
            let asked = Question(named);
            let scope = asked.list("instruments")?.iter().filter_map(Value::as_u64);
            let scope = scope.filter_map(|id| u16::try_from(id).ok()).map(Instrument);
            let delegate = Delegate::new(Lots(asked.number("max_lots")?), Seconds(asked.number("expiry")?), scope);
            let delegate = delegate.map_err(|error| error.explanation().to_owned())?;
            let delegate = delegate.within_a_day(Lots(asked.number("day_lots")?));
            self.store.put_delegate(Seat(asked.number("seat")?), asked.address("address")?, delegate);
        }
        for opened in asked.0.get("seats").and_then(Value::as_array).into_iter().flatten() {
            let asked = Question(opened);
            self.store.put_seat(asked.address("owner")?, asked.number("sub")?, Seat(asked.number("seat")?));
        }
        Ok(json!({ "held": self.store.len() }))
    }
}

/// A message of the vocabulary: its contract, its name, and its arguments as JSON in the order of the ABI.
fn message(asked: &Question<'_>) -> Result<Message, Malformed> {
    let (contract, name) = (asked.text("contract")?, asked.text("message")?);
    let contract = Contract::from_name(contract).ok_or_else(|| format!("there is no contract `{contract}`"))?;
    let known = Message::entries().into_iter().find(|entry| entry.contract == contract && entry.name == name);
    let entry = known.ok_or_else(|| format!("{} has no message `{name}`", contract.name()))?;
    let given = asked.list("arguments")?;
    if given.len() != entry.parameters.len() {
        return Err(format!(
            "{} takes {} arguments and got {}",
            entry.signature(),
            entry.parameters.len(),
            given.len()
        ));
    }
    let arguments = given.iter().zip(&entry.parameters).map(|(value, parameter)| {
        let read = read(value, &parameter.solidity);
        read.ok_or_else(|| format!("`{}` of {} cannot be {value}", parameter.name, entry.signature()))
    });
    let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
    Message::parse(contract, name, &arguments).ok_or_else(|| format!("{} does not take these", entry.signature()))
}

/// A question's fields.
pub(crate) struct Question<'q>(pub &'q Value);

impl<'q> Question<'q> {
    fn field(&self, name: &str) -> Result<&'q Value, Malformed> {
        self.0.get(name).ok_or_else(|| format!("`{name}` is missing"))
    }

    pub(crate) fn text(&self, name: &str) -> Result<&'q str, Malformed> {
        self.field(name)?.as_str().ok_or_else(|| format!("`{name}` is no text"))
    }

    pub(crate) fn number<T: TryFrom<u64>>(&self, name: &str) -> Result<T, Malformed> {
        let number = self.field(name)?.as_u64().and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| format!("`{name}` is no number, or too large"))
    }

    fn optional<T: TryFrom<u64>>(&self, name: &str) -> Result<Option<T>, Malformed> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.number(name).map(Some),
        }
    }

    pub(crate) fn now(&self) -> Result<Seconds, Malformed> {
        self.number("now").map(Seconds)
    }

    pub(crate) fn list(&self, name: &str) -> Result<&'q [Value], Malformed> {
        self.field(name)?.as_array().map(Vec::as_slice).ok_or_else(|| format!("`{name}` is no list"))
    }

    fn address(&self, name: &str) -> Result<[u8; 20], Malformed> {
        let bytes = unhex(self.text(name)?).and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| format!("`{name}` is no address, such as {}", hex(&[0; 20])))
    }

    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>, Malformed> {
        unhex(self.text(name)?).ok_or_else(|| format!("`{name}` is not hexadecimal"))
    }
}
