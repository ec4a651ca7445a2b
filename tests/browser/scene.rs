//! The programs, started as processes for a page to be looked at.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// When every program of a scene starts its clock.
pub(crate) const START: &str = "2026-06-01T00:00:00Z";

/// A process that is stopped when the test is over, however it ends.
pub(crate) struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The folder of one program, and where it is reached.
pub(crate) struct Party {
    program: &'static str,
    dir: PathBuf,
    port: u16,
}

impl Party {
    /// A program with a folder below `folder` and a free port, made by its own `init`.
    pub(crate) fn init(program: &'static str, folder: &Path, name: &str, arguments: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        drop(listener);
        let party = Party { program, dir: folder.join(name), port };
        let listen = format!("127.0.0.1:{port}");
        party.does(&[&["init", "--demo", "--listen", &listen], arguments].concat());
        party
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(programs().join(self.program));
        command.args(arguments).arg("--json").arg("--dir").arg(&self.dir).env("PORTAGE_CLOCK", START);
        command
    }

    /// Runs a command that must end well, and gives what it printed.
    pub(crate) fn does(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the program runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {arguments:?}: {errors}", self.program);
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    pub(crate) fn serve(&self) -> Served {
        let mut child = self
            .command(&["serve"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        assert!(line.contains("ready"), "{line}");
        Served(child)
    }
}

/// The folder that holds the programs: `cargo xtask test` builds them before the tests.
fn programs() -> PathBuf {
    let own = std::env::current_exe().expect("the test's own path");
    let folder = own.ancestors().nth(2).expect("target/<profile>/deps/<test>").to_owned();
    assert!(folder.join("wallet").exists(), "build the programs first: cargo build --workspace --bins");
    folder
}
