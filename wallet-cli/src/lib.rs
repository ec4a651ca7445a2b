//! The citizen's wallet: the program `wallet` as a library.
//!
//! Each command is a file of `commands`; what a person reads is made in `ui`, what a script reads in `json`. The rules are not here: they are
//! `portage_wallet`'s. This program opens the one sealed file, asks the person, and prints.
//!
//! `wallet open` serves the same as pages on loopback (`pages`, one file a page).
//!
//! Words for people go to standard output, questions and refusals to standard error; with `--json`, standard output has JSON objects and
//! nothing else. Questions are asked on a terminal only: without one, and without `--yes`, a command that needs a yes ends with
//! `consent_required` before anything is sent or stored.

mod args;
mod commands;
mod context;
mod json;
mod open_wallet;
mod pages;
mod refusal;
mod surroundings;
mod ui;

use std::ffi::OsString;

use clap::Parser;

pub use pages::PAGES;
pub use surroundings::{Console, Io, Person, Surroundings};

use crate::{context::Context, refusal::DONE};

/// Runs the program with its arguments, the program's own name first. The exit code: 0 done, 1 refused by a check, 2 wrong usage, 3 a fault of
/// the machine or of the wallet file.
pub async fn run(
    arguments: impl IntoIterator<Item = OsString>,
    surroundings: &Surroundings,
    io: &mut Io<'_>,
) -> u8 {
    let args = match args::Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => return tell_usage(&error, io),
    };
    let mut context = Context::new(args.common, surroundings, io);
    match commands::dispatch(args.command, &mut context).await {
        Ok(()) => DONE,
        Err(refusal) => context.tell(&refusal),
    }
}

/// Help and version are answers; everything else is wrong usage.
fn tell_usage(error: &clap::Error, io: &mut Io<'_>) -> u8 {
    let text = error.render();
    if error.use_stderr() {
        let _ = write!(io.err, "{text}");
        refusal::USAGE
    } else {
        let _ = write!(io.out, "{text}");
        DONE
    }
}
