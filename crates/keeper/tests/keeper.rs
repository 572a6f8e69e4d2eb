//! placeholder
use sit_keeper as _;
