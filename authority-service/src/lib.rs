//! The authority service: the program `authority`.
//!
//! A tier of government makes its folder (`init`), says whom it vouches for and as what (`register`, `purpose`, `recognise`, `suspend`,
//! `key`), and answers whoever asks (`serve`). The commands work on the same store whether or not `serve` runs. Others meet OpenID Federation
//! 1.0: [`routes()`] builds all of it over any store and any clock, so that tests serve it in process.

mod args;
mod commands;
mod config;
pub mod routes;
mod wiring;

use std::ffi::OsString;

pub use portage_service::ExitCode;
pub use routes::{Service, routes};

/// Runs the program with its arguments, the program's own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    portage_service::run("authority", arguments, commands::dispatch)
}
