//! The client over JSON-RPC, against the development chain as a program of its own.

mod connecting;
mod numbers;
mod support;
mod trading;
