//! `cargo xtask test`: everything that must hold before a change lands.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::browser;

/// Arguments of `cargo xtask test`.
#[derive(clap::Args)]
pub(crate) struct TestArgs {
    /// Only run the tests: no format, lint or dependency check.
    #[arg(long)]
    only_tests: bool,
}

/// Runs the checks, cheapest first, and stops at the first that fails.
pub(crate) fn run(args: &TestArgs) -> Result<()> {
    find_c_compiler()?;
    browser::install()?;
    if !args.only_tests {
        optional_component("fmt", &["fmt", "--all", "--check"])?;
        optional_component(
            "clippy",
            &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"],
        )?;
        if is_there("deny") {
            // It asks about every platform, and offline: what this one does not build has not been fetched yet.
            cargo(&["fetch", "--locked", "--quiet"])?;
        }
        optional_component("deny", &["deny", "--offline", "check", "bans", "licenses", "sources"])?;
    }
    // The programs first: end-to-end tests start them as processes.
    cargo(&["build", "--workspace", "--bins", "--quiet"])?;
    cargo(&["test", "--workspace", "--no-fail-fast"])
}

/// SQLite and the primitives of `ring` are C: without a compiler the build ends in a page of noise.
fn find_c_compiler() -> Result<()> {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    Command::new(&compiler)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()
        .filter(std::process::ExitStatus::success)
        .with_context(|| {
            format!("a C compiler is needed ({compiler} does not answer): install gcc or clang")
        })?;
    Ok(())
}

/// Runs a cargo command that is not part of every toolchain; where it is missing, says what was left out.
fn optional_component(name: &str, arguments: &[&str]) -> Result<()> {
    if is_there(name) {
        cargo(arguments)
    } else {
        eprintln!("left out: cargo {name} is not installed here");
        Ok(())
    }
}

/// Whether this toolchain has the cargo command.
fn is_there(name: &str) -> bool {
    Command::new("cargo")
        .args([name, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn cargo(arguments: &[&str]) -> Result<()> {
    eprintln!("$ cargo {}", arguments.join(" "));
    let status = Command::new("cargo").args(arguments).status().context("cargo could not be started")?;
    if !status.success() {
        bail!("cargo {} failed", arguments.first().copied().unwrap_or_default());
    }
    Ok(())
}
