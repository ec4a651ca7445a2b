//! The verifier service: the program `verifier`.
//!
//! A relying party asks over HTTP (`POST /api/requests`, `GET /api/requests/{transaction}`, bearer token) or by the
//! commands `request` and `result`, which work on the same store whether or not `serve` runs. Wallets meet three routes:
//! the Request Object, `response_uri`, and the page a person comes back to on the same device. [`routes()`] builds them over any
//! store, any sources and any clock, so that tests serve them in process.

mod args;
mod commands;
mod config;
mod output;
mod qr;
pub mod routes;
mod wiring;

use std::ffi::OsString;

use clap::Parser;
use portage_clock::Clock;
use portage_web::log_to_stderr;

pub use output::ExitCode;
pub use routes::{ApiToken, Service, routes};

/// Runs the program with its arguments, the program's own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match args::Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => return output::usage(&error),
    };
    log_to_stderr();
    let clock = match Clock::from_environment() {
        Ok((clock, false)) => clock,
        Ok((clock, true)) => {
            tracing::warn!("PORTAGE_CLOCK is set: this program does not use the machine's time");
            clock
        }
        Err(error) => return output::failed(&commands::CommandError::Usage(error.to_string())),
    };
    match commands::dispatch(args, clock) {
        Ok(code) => code,
        Err(error) => output::failed(&error),
    }
}
