//! What a clerk at a terminal is asked before something stands in the public log for ever, and what happens where nobody can be asked.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::{
    fs::{self, File},
    io::{Read, Write},
    os::fd::OwnedFd,
    process::{Command, Output, Stdio},
};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use serde_json::json;

const MARKET: &str = "https://market.example";
const FERRY: &str = "https://ferry.example";
const QUEBEC: &str = "https://qc.example";
/// Of the second of the keys below (RFC 7638).
const THUMBPRINT: &str = "FtIu-VbGrfe_KB6CH7GNwODB72MNxj_ml11dEvO-7kk";
const PURPOSE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/purposes/boat-rental.json");

/// An authority for British Columbia, in which the market is registered.
struct Office {
    folder: tempfile::TempDir,
    /// The keys of those who want something of it.
    jwks: String,
}

impl Office {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let jwks = folder.path().join("jwks.json");
        let keys = [
            ("a", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
            ("b", "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"),
        ];
        let keys = keys.map(|(kid, x)| json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x }));
        fs::write(&jwks, json!({ "keys": keys }).to_string()).unwrap();
        let office = Office { jwks: jwks.display().to_string(), folder };
        let made =
            office.piped(&["init", "--demo", "--listen", "127.0.0.1:18497", "--jurisdiction", "CA-BC"]);
        assert_eq!(made.end, Some(0), "{}", made.seen);
        let known = office.piped(&[&office.register(MARKET)[..], &["--yes"]].concat());
        assert_eq!(known.end, Some(0), "{}", known.seen);
        office
    }

    fn register<'a>(&'a self, entity: &'a str) -> Vec<&'a str> {
        vec!["register", entity, "--as", "verifier", "--jwks", &self.jwks, "--name-en", "The Market"]
    }

    /// Every command that asks, as somebody gives it who says nothing more.
    fn commands(&self) -> [Vec<&str>; 5] {
        let peer =
            ["recognise", QUEBEC, "--types", "person", "--jurisdiction", "CA-QC", "--jwks", &self.jwks];
        [
            self.register(FERRY),
            peer.to_vec(),
            vec!["purpose", MARKET, PURPOSE],
            vec!["suspend", MARKET, "--reason", "It asked too much"],
            vec!["key", MARKET, THUMBPRINT, "--compromised"],
        ]
    }

    fn command(&self, language: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_authority"));
        command.args(arguments).arg("--dir").arg(self.folder.path()).stdout(Stdio::piped());
        command.env("LC_ALL", language).env("PORTAGE_CLOCK", "2026-06-01T00:00:00Z");
        command
    }

    /// At a terminal, where this is typed.
    fn typed(&self, language: &str, arguments: &[&str], answer: &str) -> Ran {
        let (mut person, program) = terminal();
        person.write_all(answer.as_bytes()).unwrap();
        let mut command = self.command(language, arguments);
        command.stdin(program.try_clone().unwrap()).stderr(program);
        let child = command.spawn().unwrap();
        // With it go the copies of the program's side that this process has.
        drop(command);
        let output = child.wait_with_output().unwrap();
        let mut seen = Vec::new();
        // It ends with an error: nobody has the other side any more.
        let _ = person.read_to_end(&mut seen);
        Ran::of(&output, seen)
    }

    /// In a script: nobody is there, whatever stands on standard input.
    fn piped(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command("en_CA", arguments);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It need not read it.
        let _ = child.stdin.take().unwrap().write_all(b"yes\n");
        let output = child.wait_with_output().unwrap();
        Ran::of(&output, output.stderr.clone())
    }

    /// The checkpoint of the public log: its size, and the hash of all that stands in it.
    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log/checkpoint")).unwrap()
    }
}

struct Ran {
    end: Option<i32>,
    /// What the person saw.
    seen: String,
}

impl Ran {
    fn of(output: &Output, seen: Vec<u8>) -> Self {
        Ran { end: output.status.code(), seen: String::from_utf8(seen).unwrap() }
    }

    fn reason(&self) -> &str {
        self.seen.split_whitespace().last().unwrap_or_default()
    }
}

/// The side of a person and the side of a program.
fn terminal() -> (File, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let person = openpt(flags).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let program = ioctl_tiocgptpeer(&person, flags).unwrap();
    (person.into(), program)
}

#[test]
fn no_changes_nothing_and_yes_does_what_was_asked() {
    let office = Office::new();
    for command in office.commands() {
        let before = office.log();
        for answer in ["no\n", "\n", "perhaps\n", "\u{4}"] {
            let refused = office.typed("en_CA", &command, answer);
            assert_eq!(
                (refused.end, refused.reason()),
                (Some(1), "consent_required"),
                "{command:?} {answer:?}"
            );
            assert!(
                refused.seen.contains("[y/N]") && refused.seen.contains("Nothing was changed."),
                "{}",
                refused.seen
            );
        }
        assert_eq!(office.log(), before, "{command:?}");
        let done = office.typed("en_CA", &command, "yes\n");
        assert_eq!(done.end, Some(0), "{command:?} {}", done.seen);
        assert_ne!(office.log(), before, "{command:?}");
    }
}

#[test]
fn oui_is_yes_and_the_question_is_in_the_persons_language() {
    let office = Office::new();
    for command in office.commands() {
        let before = office.log();
        let refused = office.typed("fr_CA.UTF-8", &command, "non\n");
        assert_eq!((refused.end, refused.reason()), (Some(1), "consent_required"), "{command:?}");
        for said in ["[o/N]", "Rien n’a été changé."] {
            assert!(refused.seen.contains(said), "{command:?} {}", refused.seen);
        }
        assert_eq!(office.log(), before, "{command:?}");
        let done = office.typed("fr_CA.UTF-8", &command, "Oui\n");
        assert_eq!(done.end, Some(0), "{command:?} {}", done.seen);
        assert_ne!(office.log(), before, "{command:?}");
    }
}

/// Whoever is asked sees what the log will say, and the keys that they have to compare.
#[test]
fn the_question_says_what_will_stand_in_the_log() {
    let office = Office::new();
    let [register, _, purpose, suspend, key] = office.commands();
    for (command, said) in [
        (register, ["The Market", THUMBPRINT, "Have you compared the keys"]),
        (purpose, ["The Market", "Boat rental", "stands in the public log for ever"]),
        (suspend, ["The Market", "It asked too much", "stands in the public log for ever"]),
        (key, ["The Market", THUMBPRINT, "stands in the public log for ever"]),
    ] {
        let asked = office.typed("en_CA", &command, "no\n");
        for said in said {
            assert!(asked.seen.contains(said), "{command:?}: {said}: {}", asked.seen);
        }
    }
}

/// A key that nobody compared is anybody's: a script has to say that somebody did. What is said of somebody known, a script says by the command.
#[test]
fn where_nobody_can_be_asked_a_new_key_needs_yes_with_the_command() {
    let office = Office::new();
    let [register, recognise, others @ ..] = office.commands();
    for command in [register, recognise] {
        let before = office.log();
        let refused = office.piped(&command);
        assert_eq!((refused.end, refused.reason()), (Some(1), "consent_required"), "{command:?}");
        for said in ["Have you compared the keys", "Nobody can answer here", "--yes"] {
            assert!(refused.seen.contains(said), "{command:?} {}", refused.seen);
        }
        assert_eq!(office.log(), before, "{command:?}");
        let done = office.piped(&[&command[..], &["--yes"]].concat());
        assert_eq!(done.end, Some(0), "{command:?} {}", done.seen);
        assert_ne!(office.log(), before, "{command:?}");
    }
    for command in others {
        let before = office.log();
        let done = office.piped(&command);
        assert_eq!(done.end, Some(0), "{command:?} {}", done.seen);
        assert_ne!(office.log(), before, "{command:?}");
    }
}

#[test]
fn yes_with_the_command_asks_nobody() {
    let office = Office::new();
    for command in office.commands() {
        let done = office.typed("en_CA", &[&command[..], &["--yes"]].concat(), "no\n");
        assert_eq!(done.end, Some(0), "{command:?} {}", done.seen);
        assert!(!done.seen.contains("[y/N]"), "{command:?} {}", done.seen);
    }
}
