//! End to end, adversarial, browser, command line and vector tests: see the folders beside this file. Here is what several of them do with the
//! shipped programs.

#![expect(clippy::expect_used, reason = "a test that cannot set its scene has failed")]

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// The folder that holds `issuer`, `verifier`, `authority` and `wallet`: `cargo xtask test` builds them before the tests.
///
/// # Panics
/// One of them is not there.
pub fn programs() -> PathBuf {
    let own = std::env::current_exe().expect("the test's own path");
    let folder = own.ancestors().nth(2).expect("target/<profile>/deps/<test>").to_owned();
    for program in ["issuer", "verifier", "authority", "wallet"] {
        assert!(folder.join(program).exists(), "build the programs first: cargo build --workspace --bins");
    }
    folder
}

/// A service that runs, and is stopped when the test is over, however it ends.
pub struct Served(Child);

impl Served {
    /// Starts `serve` of a program and waits until it says that it is ready, in its first line.
    ///
    /// # Panics
    /// It does not start, or says something else.
    pub fn start(serve: &mut Command) -> Self {
        let child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        let mut served = Served(child);
        let mut line = String::new();
        let output = served.0.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        assert!(line.contains("ready"), "{serve:?}: {line}");
        served
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
