//! The issuer service: the program `issuer`.
//!
//! A department makes its folder (`init`), offers credentials from claims or from a register (`offer`), changes their
//! status (`status`), and lets wallets collect them (`serve`). The commands work on the same store whether or not
//! `serve` runs. Wallets meet OpenID4VCI 1.0, everybody else a DID document and status lists: [`routes()`] builds all of it over any
//! store and any clock, so that tests serve it in process.

mod args;
mod commands;
mod config;
mod output;
pub mod routes;
mod wiring;

use std::ffi::OsString;

use clap::Parser;
use portage_clock::Clock;
use portage_web::log_to_stderr;

pub use output::ExitCode;
pub use routes::{Service, routes};

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
