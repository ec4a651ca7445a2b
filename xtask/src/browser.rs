//! What the browser tests need and a fresh machine lacks: Chromium, its driver, and npm's `axe-core`.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// Programs, and the Debian package that has each.
const PROGRAMS: [(&str, &str); 3] =
    [("chromium", "chromium"), ("chromedriver", "chromium-driver"), ("npm", "npm")];

/// Where `package.json` with the pinned versions stands.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/browser");

/// Installs what is missing; does nothing, and asks nobody, where all is there.
pub(crate) fn install() -> Result<()> {
    let missing: Vec<_> =
        PROGRAMS.iter().filter(|(program, _)| !answers(program)).map(|(_, package)| *package).collect();
    if !missing.is_empty() {
        install_packages(&missing)
            .with_context(|| format!("the browser tests need these packages: {}", missing.join(" ")))?;
    }
    if !Path::new(FOLDER).join("node_modules/axe-core/axe.min.js").exists() {
        run("npm", &["ci", "--ignore-scripts", "--prefix", FOLDER])?;
    }
    Ok(())
}

fn install_packages(packages: &[&str]) -> Result<()> {
    if !answers("apt-get") {
        bail!("install them with this system's package manager");
    }
    run("apt-get", &["update"])?;
    run("apt-get", &[&["install", "--yes", "--no-install-recommends"], packages].concat())
}

fn answers(program: &str) -> bool {
    let asked = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

fn run(program: &str, arguments: &[&str]) -> Result<()> {
    eprintln!("$ {program} {}", arguments.join(" "));
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let status = command.status().with_context(|| format!("{program} could not be started"))?;
    if !status.success() {
        bail!("{program} failed");
    }
    Ok(())
}
