//! The authority service: the program `authority`.
//!
//! A tier of government makes its folder (`init`), says whom it vouches for and as what (`register`, `purpose`, `recognise`, `suspend`,
//! `key`), and answers whoever asks (`serve`). The commands work on the same store whether or not `serve` runs. Others meet OpenID Federation
//! 1.0 and the static files of the public log, which anyone reads and watches (`log diff`, `log watch`); people meet a page. [`routes()`]
//! builds all of it.

mod args;
mod commands;
mod config;
mod public_log;
pub mod routes;
mod wiring;
mod words;

use std::ffi::OsString;

pub use portage_service::ExitCode;
pub use public_log::{LogIdentity, PublicLog};
pub use routes::{Service, routes};

/// Runs the program with its arguments, the program's own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    portage_service::run("authority", arguments, commands::dispatch)
}
