//! When there is a block.

use std::{str::FromStr, time::Duration};

/// When there is a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// For each transaction.
    Instant,
    /// When somebody asks for one.
    Manual,
    /// So long after the one before, with transactions or without.
    Every(Duration),
}

impl FromStr for Seal {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "instant" => Ok(Self::Instant),
            "manual" => Ok(Self::Manual),
            number => match number.parse() {
                Ok(milliseconds @ 1..) => Ok(Self::Every(Duration::from_millis(milliseconds))),
                _ => Err("it takes instant, manual, or a whole number of milliseconds from 1 on".into()),
            },
        }
    }
}
