//! `cargo xtask demo`: builds the programs, plays the story, prints it.

use std::{path::PathBuf, process::Command, time::Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use xtask::story::{self, Plot, Story};

/// Arguments of `cargo xtask demo`.
#[derive(clap::Args)]
pub(crate) struct DemoArgs {
    /// Leave the services running and print addresses and wallet commands to try; Ctrl-C ends them.
    #[arg(long)]
    keep: bool,
    /// Print one JSON object on standard output and nothing else there.
    #[arg(long)]
    json: bool,
}

/// Builds, plays, prints, cleans up.
pub(crate) fn run(args: &DemoArgs) -> Result<()> {
    let started = Instant::now();
    let programs = build_programs()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let say = |line: &str| {
            if !args.json {
                show(line);
            }
        };
        let (story, mut world) = story::play(&programs, &Plot::default(), &say).await?;
        let seconds = started.elapsed().as_secs_f64();
        check(&story)?;
        let opened = if args.keep { world.open_pages().await? } else { json!(null) };
        if args.json {
            let mut told = story.to_json();
            told["seconds"] = json!((seconds * 10.0).round() / 10.0);
            if args.keep {
                told["services"] = world.services();
                // Every page that can be opened now; `pages` of other programs are added here.
                told["pages"] = opened["pages"].clone();
            }
            show(&told.to_string());
        } else {
            print_decisions(&story, seconds);
        }
        if args.keep {
            for line in world.commands_to_try() {
                eprintln!("{line}");
            }
            let link = opened["open"].as_str().unwrap_or_default();
            eprintln!("The wallet's pages (passphrase: correct horse battery staple): {link}");
            let counter = opened["counter"].as_str().unwrap_or_default();
            eprintln!("The market's counter, for its staff: {counter}");
            let clerk = opened["clerk"].as_str().unwrap_or_default();
            eprintln!("The City's pages, for a clerk: {clerk}");
            tokio::signal::ctrl_c().await?;
        }
        world.stop().await
    })
}

/// The story must end as the README says; a demo that merely runs proves nothing.
fn check(story: &Story) -> Result<()> {
    let names: Vec<_> = story.decisions.iter().map(|decision| decision.decision.as_str()).collect();
    ensure!(names == ["accepted", "rejected"], "the story ended with {names:?}");
    ensure!(
        story.decisions.last().is_some_and(|decision| decision.reasons == ["revoked"]),
        "the second decision must say: revoked"
    );
    ensure!(
        story.refusals == ["issuer_not_authorized_for_type", "beyond_purpose"],
        "the wallet refused {:?}",
        story.refusals
    );
    Ok(())
}

fn print_decisions(story: &Story, seconds: f64) {
    show("");
    for (number, decision) in story.decisions.iter().enumerate() {
        let reasons = if decision.reasons.is_empty() {
            String::new()
        } else {
            format!(" ({})", decision.reasons.join(", "))
        };
        show(&format!("Decision {}: {}{reasons}", number + 1, decision.decision));
        show(&format!("  claims: {}", decision.claims));
    }
    show(&format!("\nDone in {seconds:.1} s, building included."));
}

/// Builds the four programs in the development profile and says where they are.
fn build_programs() -> Result<PathBuf> {
    let status = Command::new("cargo")
        .args([
            "build",
            "--quiet",
            "-p",
            "wallet-cli",
            "-p",
            "issuer-service",
            "-p",
            "verifier-service",
            "-p",
            "authority-service",
            "--bins",
        ])
        .status()
        .context("cargo could not be started")?;
    if !status.success() {
        bail!("the programs do not build");
    }
    let own = std::env::current_exe().context("where xtask itself stands")?;
    Ok(own.parent().context("xtask stands in a folder")?.to_owned())
}

#[expect(clippy::print_stdout, reason = "what the demo is for")]
fn show(line: &str) {
    println!("{line}");
}
