//! The issuer service: the program `issuer`.
//!
//! A department makes its folder (`init`), offers credentials from claims or from a register (`offer`), changes their
//! status (`status`), changes the keys it signs with (`key`), and lets wallets collect them (`serve`). The commands work on the same store whether or not
//! `serve` runs. Wallets meet OpenID4VCI 1.0, everybody else a DID document and status lists: [`routes()`] builds all of it over any
//! store and any clock, so that tests serve it in process.

mod args;
mod clerk;
mod commands;
mod config;
mod did_log;
mod paper;
pub mod routes;
mod rows;
mod wiring;

use std::ffi::OsString;

pub use clerk::{BASE as CLERK_BASE, Clerk, PAGES as CLERK_PAGES};
pub use portage_service::ExitCode;
pub use routes::{Service, routes};

/// Runs the program with its arguments, the program's own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    portage_service::run("issuer", arguments, commands::dispatch)
}
