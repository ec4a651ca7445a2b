//! The programs, started as processes for a page to be looked at.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use portage_tests::{Served, programs};

/// When every program of a scene starts its clock.
pub(crate) const START: &str = "2026-06-01T00:00:00Z";

/// The folder of one program, and where it is reached.
pub(crate) struct Party {
    program: &'static str,
    dir: PathBuf,
    port: u16,
}

impl Party {
    /// A program with a folder below `folder` and a free port, made by its own `init`.
    pub(crate) fn init(program: &'static str, folder: &Path, name: &str, arguments: &[&str]) -> Self {
        let port = xtask::free_address().expect("a free port").port();
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
        Served::start(&mut self.command(&["serve"]))
    }
}
