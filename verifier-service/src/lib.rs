//! The verifier service: the program `verifier`.
//!
//! A relying party asks over HTTP (`POST /api/requests`, `GET /api/requests/{transaction}`, bearer token) or by the
//! commands `request` and `result`, which work on the same store whether or not `serve` runs. Wallets meet three routes:
//! the Request Object, `response_uri`, and the page a person comes back to on the same device. [`routes()`] builds them over any
//! store, any sources and any clock, so that tests serve them in process. Staff of the service have pages of their own at [`counter`].

mod args;
mod certified;
mod chain_renewal;
mod commands;
mod config;
pub mod counter;
mod purpose_renewal;
mod qr;
mod renewal;
pub mod routes;
mod vouched;
mod wiring;

use std::ffi::OsString;

pub use counter::Counter;
pub use portage_service::ExitCode;
pub use routes::{ApiToken, Service, routes};

/// Runs the program with its arguments, the program's own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    portage_service::run("verifier", arguments, commands::dispatch)
}
