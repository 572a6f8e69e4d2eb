//! Messages and events of the vocabulary as text, and messages back from it.
//!
//! ```text
//! clearing.set_fund_cap bps=4000
//! governance.register name=0x... target=clearing           a contract of the exchange by its name
//! governance.set_classes target=vault selectors=[vault.lower_limits] class=1
//! oracle.set_index index=0                                 what is not named is the launch preset's
//! ```

use sit_client::rpc::{hex_bytes, to_hex};
use sit_client::{Deployment, codec};
use sit_engine::clearing::{Product, WithdrawalLimits};
use sit_engine::launch;
use sit_engine::vault::Limits;
use sit_native::{AbiEntry, Argument, Contract, EmittedEvent, Message};

use crate::failure::{Failure, Result};

/// A value as people read it.
#[must_use]
pub fn shown(argument: &Argument) -> String {
    let list = |items: &[Argument]| items.iter().map(shown).collect::<Vec<_>>().join(", ");
    match argument {
        Argument::Number(number) => number.to_string(),
        Argument::Signed(number) => number.to_string(),
        Argument::Flag(flag) => flag.to_string(),
        Argument::Address(address) => to_hex(address),
        Argument::Word(word) => to_hex(word),
        Argument::Bytes(bytes) => to_hex(bytes),
        Argument::Tuple(items) => format!("({})", list(items)),
        Argument::List(items) => format!("[{}]", list(items)),
    }
}

/// A message with its arguments by name.
#[must_use]
pub fn message_words(message: &Message) -> String {
    let entry = message.entry();
    let named = entry.parameters.iter().zip(message.arguments());
    let arguments: Vec<String> =
        named.map(|(parameter, value)| format!("{}: {}", parameter.name, shown(&value))).collect();
    format!("{}.{}({})", message.contract().name(), message.name(), arguments.join(", "))
}

/// An event with its fields by name.
#[must_use]
pub fn event_words(event: &EmittedEvent) -> String {
    let fields: Vec<String> = event.fields.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
    format!("{}.{}({})", event.contract.name(), event.name, fields.join(", "))
}

/// A message from `contract.message` and arguments as `name=value`. What is not named is taken from the launch preset,
/// where it has a value.
///
/// # Errors
/// A message that there is not, an argument that it does not have or that is missing, a value that is none of its type.
pub fn message(text: &str, arguments: &[String], deployment: &Deployment) -> Result<Message> {
    let entry = entry(text)?;
    let mut named: Vec<(&str, &str)> = Vec::new();
    for argument in arguments {
        let (name, value) = argument
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("`{argument}` is no argument: write it as name=value")))?;
        let known: Vec<&str> = entry.parameters.iter().map(|parameter| parameter.name).collect();
        if !known.contains(&name) {
            let takes = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
            return Err(Failure::usage(format!("{text} has no argument `{name}`: it takes {takes}")));
        }
        if named.iter().any(|(before, _)| *before == name) {
            return Err(Failure::usage(format!("`{name}` is given twice")));
        }
        named.push((name, value));
    }
    let preset = preset(&entry).map(|message| message.arguments());
    let mut values = Vec::new();
    for (place, parameter) in entry.parameters.iter().enumerate() {
        let given = named.iter().find(|(name, _)| *name == parameter.name);
        let value = match given {
            Some((name, text)) => value(&parameter.solidity, text.trim(), deployment)
                .map_err(|why| Failure::usage(format!("`{name}`: {why}")))?,
            None => preset.as_ref().and_then(|values| values.get(place)).cloned().ok_or_else(|| {
                let needs = format!("{}={}", parameter.name, parameter.solidity);
                Failure::usage(format!("{text} needs {needs}, and the launch preset has no value for it"))
            })?,
        };
        values.push(value);
    }
    Message::parse(entry.contract, entry.name, &values)
        .ok_or_else(|| Failure::usage(format!("a value of {text} does not fit its type: it is {}", entry.signature())))
}

/// A message by its name.
fn entry(text: &str) -> Result<AbiEntry> {
    let entries = Message::entries();
    let known = || {
        let named = text.split_once('.');
        let found = named.and_then(|(contract, name)| {
            entries.iter().find(|entry| entry.contract.name() == contract && entry.name == name)
        });
        found.cloned()
    };
    known().ok_or_else(|| {
        let near: Vec<String> = entries
            .iter()
            .filter(|entry| text.rsplit('.').next().is_some_and(|name| entry.name.contains(name)))
            .map(|entry| format!("{}.{}", entry.contract.name(), entry.name))
            .collect();
        let hint = if near.is_empty() { String::new() } else { format!("; there is {}", near.join(", ")) };
        Failure::usage(format!("there is no message `{text}`: write it as contract.message{hint}"))
    })
}

/// The launch preset's values of a message, where it has them.
fn preset(entry: &AbiEntry) -> Option<Message> {
    let WithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount } = launch::WITHDRAWAL_LIMITS;
    let Limits { hour, day } = launch::VAULT_LIMITS;
    let all = [
        Message::SetIndex { index: launch::TPI_INDEX, rules: launch::INDEX_RULES },
        Message::SetAddOns { product: Product(0), add_ons: launch::ADD_ONS },
        Message::SetFeeShares { fund_bps: launch::FUND_SHARE_BPS, incentive_bps: launch::INCENTIVE_SHARE_BPS },
        Message::SetFundCap { bps: launch::FUND_CAP_BPS },
        Message::SetWithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount },
        Message::SetLimits { hour, day },
        Message::SetBudget { amount: launch::WEEKLY_BUDGET },
        Message::SetParameters { parameters: launch::MAKERS },
        Message::StartProduct { product: launch::TPI },
    ];
    all.into_iter().find(|message| (message.contract(), message.name()) == (entry.contract, entry.name))
}

/// A value of a Solidity type.
fn value(solidity: &str, text: &str, deployment: &Deployment) -> std::result::Result<Argument, String> {
    let wrong = |what: &str| Err(format!("`{text}` is not {what}"));
    if let Some(inner) = solidity.strip_suffix("[]") {
        let Some(body) = enclosed(text, '[', ']') else { return wrong("a list: write it as [one,two]") };
        let items = parts(body).into_iter().map(|part| value(inner, part, deployment));
        return Ok(Argument::List(items.collect::<std::result::Result<_, _>>()?));
    }
    if let Some(types) = enclosed(solidity, '(', ')') {
        let Some(body) = enclosed(text, '(', ')') else { return wrong(&format!("a tuple {solidity}")) };
        let (types, values) = (parts(types), parts(body));
        if types.len() != values.len() {
            return wrong(&format!("a tuple of {} values, {solidity}", types.len()));
        }
        let items = types.into_iter().zip(values).map(|(of, part)| value(of, part, deployment));
        return Ok(Argument::Tuple(items.collect::<std::result::Result<_, _>>()?));
    }
    let digits = || text.replace('_', "");
    let bytes = || hex_bytes(Some(&text.into()));
    match solidity {
        "bool" => match text {
            "true" => Ok(Argument::Flag(true)),
            "false" => Ok(Argument::Flag(false)),
            _ => wrong("true or false"),
        },
        "address" => {
            let contract = Contract::from_name(text).and_then(|contract| deployment.get(contract));
            let address = contract.or_else(|| bytes().and_then(|bytes| bytes.try_into().ok()));
            address.map_or_else(
                || wrong("an address, nor the name of a contract of this exchange"),
                |a| Ok(Argument::Address(a)),
            )
        }
        "bytes4" if !text.starts_with("0x") => match entry(text) {
            Ok(entry) => Ok(Argument::Bytes(codec::selector(&entry).to_vec())),
            Err(failure) => Err(failure.message),
        },
        "bytes32" => match bytes().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) {
            Some(word) => Ok(Argument::Word(word)),
            None => wrong("32 bytes: 0x and 64 digits"),
        },
        kind if kind.starts_with("bytes") => {
            bytes().map_or_else(|| wrong("bytes: 0x and pairs of digits"), |bytes| Ok(Argument::Bytes(bytes)))
        }
        kind if kind.starts_with("uint") => {
            digits().parse().map_or_else(|_| wrong("a whole number"), |number| Ok(Argument::Number(number)))
        }
        _ => digits().parse().map_or_else(|_| wrong("a whole number"), |number| Ok(Argument::Signed(number))),
    }
}

/// What stands between two brackets that enclose all of a text.
fn enclosed(text: &str, open: char, close: char) -> Option<&str> {
    text.strip_prefix(open)?.strip_suffix(close)
}

/// The parts of a list, at the commas that stand in no bracket.
fn parts(text: &str) -> Vec<&str> {
    let (mut found, mut depth, mut from) = (Vec::new(), 0_i32, 0);
    for (place, letter) in text.char_indices() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                found.extend(text.get(from..place).map(str::trim));
                from = place + 1;
            }
            _ => {}
        }
    }
    found.extend(text.get(from..).map(str::trim).filter(|last| !last.is_empty() || from > 0));
    found
}

/// The fields in which two values differ that Rust has written down with [`core::fmt::Debug`]'s long form: the path of
/// each, what it was, what it is. A field that one of them lacks is empty there.
#[must_use]
pub fn differences(before: &str, after: &str) -> Vec<(String, String, String)> {
    let (before, after) = (leaves(before), leaves(after));
    let mut found = Vec::new();
    for (path, new) in &after {
        let old = before.iter().find(|(other, _)| other == path).map_or("", |(_, old)| old.as_str());
        if old != new {
            found.push((path.clone(), old.to_owned(), new.clone()));
        }
    }
    let gone = before.iter().filter(|(path, _)| !after.iter().any(|(other, _)| other == path));
    found.extend(gone.map(|(path, old)| (path.clone(), old.clone(), String::new())));
    found
}

/// The leaves of a value in the long form of `Debug`, each with its path: `months[2].mark`. A wrapper of one value is
/// that value.
fn leaves(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    // A level: its path, how many elements without a name it has had, and whether it wraps one.
    let mut levels: Vec<(String, usize, bool)> = vec![(String::new(), 0, true)];
    for line in text.lines().map(str::trim) {
        let line = line.trim_end_matches(',');
        if matches!(line, ")" | "]" | "}") {
            levels.pop();
            continue;
        }
        let Some((path, count, wraps)) = levels.last_mut() else { return found };
        let named = line.split_once(": ").filter(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '_'));
        let (here, value) = match named {
            Some((name, value)) if path.is_empty() => (name.to_owned(), value),
            Some((name, value)) => (format!("{path}.{name}"), value),
            None => {
                let place = *count;
                *count += 1;
                (if *wraps && place == 0 { path.clone() } else { format!("{path}[{place}]") }, line)
            }
        };
        match value.strip_suffix(['(', '[', '{']) {
            Some(before) => levels.push((here, 0, value.ends_with('(') && !before.is_empty())),
            None => found.push((here, value.to_owned())),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use sit_engine::governance::Class;
    use sit_engine::units::Ticks;

    fn read(text: &str, arguments: &[&str]) -> Result<Message> {
        let mut deployment = Deployment::default();
        deployment.set(Contract::Vault, [7; 20]);
        let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        message(text, &arguments, &deployment)
    }

    #[test]
    fn a_message_is_read_from_its_name_and_its_arguments() {
        assert_eq!(read("clearing.set_fund_cap", &["bps=4_000"]).expect("read"), Message::SetFundCap { bps: 4_000 });
        let classes = ["target=vault", "selectors=[vault.lower_limits, 0x01020304]", "class=1"];
        let selector = codec::selector_of("lower_limits(uint64,uint64)");
        let selectors = vec![selector, [1, 2, 3, 4]];
        let wanted = Message::SetClasses { target: [7; 20], selectors, class: Class::Tighten };
        assert_eq!(read("governance.set_classes", &classes).expect("read"), wanted);
        let rules = read("oracle.set_index", &[]).expect("the preset has all of it");
        assert_eq!(rules, Message::SetIndex { index: launch::TPI_INDEX, rules: launch::INDEX_RULES });
        let add_ons = read("clearing.set_add_ons", &["add_ons=(300,2000,1,2,3,4,5)"]).expect("read");
        assert!(matches!(add_ons, Message::SetAddOns { product: Product(0), add_ons } if add_ons.refill_bps == 5));
    }

    #[test]
    fn what_is_no_message_says_what_would_be_one() {
        for (text, arguments, says) in [
            ("clearing.set_fun", &[][..], "there is clearing.set_fund_cap"),
            ("set_fund_cap", &[], "contract.message; there is clearing.set_fund_cap"),
            ("clearing.set_fund_cap", &["bsp=3"], "takes bps"),
            ("clearing.set_fund_cap", &["3"], "name=value"),
            ("clearing.set_fund_cap", &["bps=3", "bps=4"], "given twice"),
            ("clearing.set_fund_cap", &["bps=70000"], "does not fit its type: it is set_fund_cap(uint16)"),
            ("clearing.set_fund_cap", &["bps=half"], "`half` is not a whole number"),
            ("clearing.pause", &["product=0"], "needs scopes=uint8"),
            ("clearing.set_add_ons", &["add_ons=(1,2)"], "a tuple of 7 values"),
            ("vault.hand_over", &["next=oracle"], "nor the name of a contract of this exchange"),
            ("governance.set_classes", &["target=vault", "selectors=x"], "a list"),
        ] {
            let said = read(text, arguments).expect_err(says).message;
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn two_values_differ_where_their_leaves_do() {
        #[derive(Debug)]
        #[expect(dead_code, reason = "read by its Debug form alone")]
        struct Sample {
            mark: Ticks,
            months: Vec<(u8, bool)>,
            open: Option<u8>,
        }
        let text = |mark, months: &[(u8, bool)], open| {
            format!("{:#?}", Sample { mark: Ticks(mark), months: months.to_vec(), open })
        };
        let (one, two) = (text(5, &[(1, true), (2, false)], None), text(6, &[(1, true), (3, false)], Some(4)));
        assert!(differences(&one, &one).is_empty());
        let found = differences(&one, &two);
        let found: Vec<String> = found.iter().map(|(path, old, new)| format!("{path}: {old} -> {new}")).collect();
        assert_eq!(found, ["mark: 5 -> 6", "months[1][0]: 2 -> 3", "open: None -> 4"]);
    }
}
