//! Connects the token of bonds and rewards.

use super::{Address, Env, OracleError, Store, only_governance};

/// Sets the token in which bonds, rewards and disputes are paid. Only governance, once.
/// Cells: reads 1 (authority), writes 1.
///
/// # Errors
/// [`OracleError::NotAuthorised`], [`OracleError::AlreadyConnected`], [`OracleError::NotConnected`] for the zero
/// address.
pub fn connect<S: Store>(store: &mut S, env: Env, token: Address) -> Result<(), OracleError> {
    only_governance(store, &env)?;
    if store.token().is_some() {
        return Err(OracleError::AlreadyConnected);
    }
    if token == Address::default() {
        return Err(OracleError::NotConnected);
    }
    store.set_token(token);
    Ok(())
}
