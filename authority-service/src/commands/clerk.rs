//! What the person at the terminal sees before saying yes.

use std::io::IsTerminal;

use portage_reason::Reason;

use super::{CommandError, say};

/// Whether a person can answer here.
fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
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

fn ask(question: &str) -> Result<(), CommandError> {
    match dialoguer::Confirm::new().with_prompt(question).default(false).interact() {
        Ok(true) => Ok(()),
        Ok(false) => Err(CommandError::Refused(Reason::ConsentRequired, say("authority.not_confirmed", &[]))),
        Err(error) => Err(CommandError::fault(error)),
    }
}
