//! How far a register is read: on standard error alone, a bar on a terminal, lines when asked for, or nothing.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::program::{end, init, run};

const HEADER: &str = "LicenceRSN,LicenceNumber,LicenceRevisionNumber,BusinessName,BusinessTradeName,Status,\
    IssuedDate,ExpiredDate,BusinessType,BusinessSubType,Unit,UnitType,House,Street,City,Province,PostalCode,Country,LocalArea";

fn register(folder: &Path, rows: u32) -> String {
    let row = |key| {
        format!(
            "{key},24-1,10,Canary,,Issued,2024-01-02T03:04:05-08:00,2027-12-31,Restaurant,,,,1,A ST,X,BC,V5T 1C8,CA,\n"
        )
    };
    let file = folder.join("register.csv");
    std::fs::write(&file, format!("{HEADER}\n{}", (0..rows).map(row).collect::<String>())).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Of a terminal of its own, which `script` (util-linux) makes, what it showed; and what went to standard output, which was a file.
#[cfg(target_os = "linux")]
fn at_a_terminal(folder: &Path, file: &str, more: &str, environment: &[(&str, &str)]) -> (String, String) {
    let printed = folder.join("printed");
    let command = format!(
        "{} offer --type business-licence --as-of 2025-10-01 --from {file} --dir {} {more} > {}",
        env!("CARGO_BIN_EXE_issuer"),
        folder.display(),
        printed.display()
    );
    let output = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .env_remove("PORTAGE_CLOCK")
        .env_remove("NO_COLOR")
        .env("TERM", "xterm")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{shown}");
    (shown, std::fs::read_to_string(printed).unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_bar_is_drawn_on_a_terminal_in_its_language_and_never_on_standard_output() {
    let found = Command::new("script").arg("--version").stdout(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        println!("left out: a terminal, because there is no program `script`");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let file = register(folder.path(), 300);
    let show = |more: &str, environment: &[(&str, &str)]| {
        let (shown, printed) = at_a_terminal(folder.path(), &file, more, environment);
        assert_eq!(printed.lines().count(), 300);
        assert!(printed.lines().all(|line| line.split('\t').count() == 3), "only offers");
        assert!(!printed.contains(['\u{1b}', '█', '░']), "nothing of the bar");
        shown.replace('\u{a0}', " ")
    };
    let english = show("", &[("LC_ALL", "C.UTF-8")]);
    assert!(english.contains("KiB of ") && english.contains(" rows, "), "{english}");
    let french = show("", &[("LC_ALL", "fr_CA.UTF-8")]);
    assert!(french.contains("Kio sur ") && french.contains(" enregistrements, "), "{french}");
    assert!(!french.contains("KiB") && !french.contains("MiB"), "{french}");
    for (more, environment) in [
        ("--progress none", &[("LC_ALL", "C.UTF-8")][..]),
        ("--progress plain", &[("LC_ALL", "C.UTF-8")]),
        ("", &[("LC_ALL", "C.UTF-8"), ("TERM", "dumb")]),
    ] {
        let shown = show(more, environment);
        assert!(!shown.contains("KiB") && !shown.contains('\u{1b}'), "{more}: {shown}");
    }
}

#[test]
fn lines_tell_it_when_asked_for_and_nothing_else_does_without_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let file = register(folder.path(), 10_001);
    // No row has the key: all are read, none is offered.
    let read = |progress: &str| {
        let offer = ["offer", "--type", "business-licence", "--from", &file, "--record", "x"];
        let output = run(folder.path(), &[&offer[..], &["--progress", progress]].concat());
        assert_eq!((end(&output), output.stdout.len()), ((1, "value_missing".into()), 0));
        String::from_utf8(output.stderr).unwrap()
    };
    let plain = read("plain");
    assert!(plain.contains("10000") && plain.contains('%') && !plain.contains('\u{1b}'), "{plain}");
    let quiet = read("none");
    assert!(!quiet.contains("10000") && plain.ends_with(&quiet), "{quiet}");
    assert_eq!(read("auto"), quiet);
}
