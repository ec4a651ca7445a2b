//! What the person at the terminal sees before saying yes.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use portage_reason::Reason;

use super::{CommandError, say};

/// Whether a person can answer here.
fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks; where nobody can answer, that is refused with what would have been asked.
pub(super) fn must_agree(question: &str) -> Result<(), CommandError> {
    if can_ask() {
        return ask(question);
    }
    Err(CommandError::Refused(
        Reason::ConsentRequired,
        format!("{question} {}", say("authority.yes_needed", &[])),
    ))
}

/// Asks before a change where a person can answer and has not said yes already; a script that gives the command has.
pub(super) fn agrees(yes: bool, what: &str) -> Result<(), CommandError> {
    if yes || !can_ask() { Ok(()) } else { ask(&format!("{what}\n{}", say("authority.sure", &[]))) }
}

/// Yes in either language; everything else is no, and so is nothing.
fn ask(question: &str) -> Result<(), CommandError> {
    match answer(question).map_err(CommandError::fault)?.trim().to_lowercase().as_str() {
        "y" | "yes" | "o" | "oui" => Ok(()),
        _ => Err(CommandError::Refused(Reason::ConsentRequired, say("authority.not_confirmed", &[]))),
    }
}

/// A line: what a screen reader reads well, and what a terminal of any kind can do.
fn answer(question: &str) -> io::Result<String> {
    let mut err = io::stderr().lock();
    write!(err, "{question} {} ", say("authority.yes_or_no", &[]))?;
    err.flush()?;
    let mut line = String::new();
    io::stdin().lock().take(1 << 10).read_line(&mut line)?;
    Ok(line)
}
