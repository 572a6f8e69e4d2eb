//! `sit key`: keys of the keystore.

use crate::context::Context;
use crate::failure::Result;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// To come.
///
/// # Errors
/// None.
pub fn run(_: &Context, _: &Args) -> Result {
    Ok(())
}
