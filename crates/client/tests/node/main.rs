//! The client over JSON-RPC, against the development chain as a program of its own.

mod connecting;
mod numbers;
mod previews;
mod rollouts;
mod support;
mod trading;
