//! An error as a person is told it: where a contract refused, by the engine's own explanation of the rule and of what to do.

use anyhow::Error;
use sit_devnet::CallError;
use sit_engine::errors::explain;

/// The error in a line: what was tried, and the explanation of the rule where a contract of the exchange refused.
#[must_use]
pub fn sentence(error: &Error) -> String {
    let mut tried = Vec::new();
    for cause in error.chain() {
        let told = cause.downcast_ref().and_then(refused);
        let last = told.is_some();
        tried.push(told.unwrap_or_else(|| cause.to_string()));
        if last {
            break;
        }
    }
    tried.join(": ")
}

/// What a contract of the exchange has to say about its refusal.
fn refused(error: &CallError) -> Option<String> {
    let CallError::Reverted { message, revert } = error else { return None };
    let (contract, name) = message.split_once('.')?;
    let explanation = explain(contract, &revert.name)?;
    Some(format!("{contract} refused the message {name}: {explanation}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;
    use sit_devnet::Revert;

    fn reverted(message: &str, name: &str) -> Error {
        let revert = Revert { name: name.into(), fields: Vec::new() };
        CallError::Reverted { message: message.into(), revert }.into()
    }

    #[test]
    fn a_refusal_of_a_contract_is_its_rule_and_what_to_do_about_it() {
        let told =
            Err::<(), _>(reverted("clearing.place", "BelowInitialMargin")).context("the first trade").unwrap_err();
        assert_eq!(
            sentence(&told),
            "the first trade: clearing refused the message place: The account's collateral would be below its initial margin. \
             Deposit, or reduce the order."
        );
    }

    #[test]
    fn what_is_no_contract_of_the_exchange_keeps_its_own_words() {
        assert_eq!(sentence(&reverted("token.approve", "Unheard")), "token.approve reverted with Unheard()");
        let plain = Err::<(), _>(anyhow::anyhow!("no room")).context("writing").unwrap_err();
        assert_eq!(sentence(&plain), "writing: no room");
    }
}
