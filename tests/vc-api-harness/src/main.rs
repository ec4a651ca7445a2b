//! The program `vc-api-harness`: what the W3C's test suites talk to. Development only; no service carries it.
//!
//! It speaks the part of the VC API that the suites use and, as a command, what the VC-JOSE-COSE suite starts. Behind both stand the
//! product's own calls: `vc`, `data-integrity`, `sd-jwt`, `status-list`, `did`, and the one pipeline, `verification`. What it leaves out of
//! them, because a suite forces it, is written down in `docs/conformance.md`, with the results.
//!
//! - [`issuer`]: credentials in, secured credentials out, each with a place in a status list;
//! - [`verifier`]: the pipeline over what was sent, with any issuer trusted and nothing fetched;
//! - [`lists`]: the status lists;
//! - [`jose_cose`]: the command that the VC-JOSE-COSE suite starts;
//! - [`server`]: routes and TLS.

mod contexts;
mod issuer;
mod jose_cose;
mod lists;
mod server;
mod tls;
mod verifier;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use portage_clock::Clock;

/// The VC API over Portage's libraries, for the W3C's test suites on this machine. Example: vc-api-harness --port 34557 --tls
#[derive(Parser)]
#[command(name = "vc-api-harness", args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Where to listen on the loopback interface; 0 lets the system choose.
    #[arg(long, default_value_t = 34557)]
    port: u16,
    /// Speak TLS, with a certificate that is made at the start and signed by nobody.
    #[arg(long)]
    tls: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Secure or verify one file, as the VC-JOSE-COSE suite asks.
    JoseCose {
        #[command(subcommand)]
        what: jose_cose::Command,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    let clock = Clock::system();
    let done = match &args.command {
        Some(Command::JoseCose { what }) => jose_cose::run(what, clock.now()),
        None => server::run(args.port, args.tls, clock),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}
