//! The two commands of the workspace: `cargo xtask demo` and `cargo xtask test`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod browser;
mod checks;
mod demo;

/// Commands of the Portage workspace.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the programs and play the story: three governments, one citizen, one service. Example: cargo xtask demo
    Demo(demo::DemoArgs),
    /// Check format, lints and dependencies and run every test. Example: cargo xtask test
    Test(checks::TestArgs),
}

fn main() -> ExitCode {
    let outcome = match Args::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Test(args) => checks::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
