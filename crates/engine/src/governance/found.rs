//! `new`: founds governance.

use super::{Address, Charter, Council, Delays, Env, GovernanceError, MarginRules, Store};

/// Founds governance with a council of one, the governor, until [`super::set_council()`] seats a larger one. The caller
/// becomes the deployer. Genesis begins. Writes 2 cells.
///
/// # Errors
/// [`GovernanceError::ZeroAddress`], [`GovernanceError::RolesMustDiffer`], [`GovernanceError::BadDelays`].
pub fn found<S: Store>(
    store: &mut S,
    env: Env,
    governor: Address,
    guardian: Address,
    delays: Delays,
) -> Result<(), GovernanceError> {
    if governor == [0; 20] || guardian == [0; 20] {
        return Err(GovernanceError::ZeroAddress);
    }
    if governor == guardian {
        return Err(GovernanceError::RolesMustDiffer);
    }
    delays.validate()?;
    let council = Council::new(1, &[governor], 1)?;
    store.set_council(&council);
    store.set_charter(&Charter {
        deployer: env.caller,
        sealed: false,
        founded_at: env.now,
        next_id: 0,
        governor,
        guardian,
        governor_nominee: [0; 20],
        guardian_nominee: [0; 20],
        delays,
        margin_rules: MarginRules::INITIAL,
    });
    Ok(())
}
