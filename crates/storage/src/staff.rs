//! Who works at a service: accounts, guesses at their passwords, one-time codes, and what happened at the door.
//!
//! One SQLite file, `staff.sqlite` in the service's folder, shared by its processes and its command line. Of a password there is an Argon2id hash, of a
//! code a digest. A guess is counted, durably, before it is tried. What is typed as a name that nobody has is not kept: people type their
//! password there.

mod store;

use std::time::Duration;

use jiff::Timestamp;
use portage_keys::PasswordHash;

pub use store::{StaffStore, TRAIL_KEPT};

/// Name of the file in a service's folder.
pub const FILE: &str = "staff.sqlite";

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Asks people at a verifier's counter.
    Counter,
    /// Works on an issuer's registers, offers and records.
    Clerk,
    /// Agrees, as the second person, to what a clerk proposed.
    Approver,
    /// Reads what happened.
    Auditor,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 4] = [Role::Counter, Role::Clerk, Role::Approver, Role::Auditor];

    /// `counter`, `clerk`, `approver`, `auditor`.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Counter => "counter",
            Role::Clerk => "clerk",
            Role::Approver => "approver",
            Role::Auditor => "auditor",
        }
    }

    /// Reads what [`Role::name`] wrote.
    pub fn from_name(name: &str) -> Option<Self> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// The name somebody signs in with: letters, digits, `.`, `-` and `_`; small letters, so that nobody has to remember which were large.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StaffName(String);

impl StaffName {
    /// Reads a name as somebody types it; `None` where it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.trim().to_lowercase();
        let fits = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_');
        let length = name.chars().count();
        (name.starts_with(char::is_alphanumeric) && length <= 64 && name.chars().all(fits))
            .then_some(StaffName(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for StaffName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Somebody's account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Their name.
    pub name: StaffName,
    /// What they may do.
    pub role: Role,
    /// Their password, once they have one.
    pub password: Option<PasswordHash>,
    /// Counts the changes of this account: whoever signed in under another number signs in again.
    pub version: i64,
    /// When it was added.
    pub added_at: Timestamp,
}

/// What happened at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffEventKind {
    /// The account was added.
    Added,
    /// The account was removed.
    Removed,
    /// A one-time code was made for it.
    CodeMade,
    /// Signed in with the password.
    SignedIn,
    /// Signed in with a one-time code.
    SignedInByCode,
    /// A wrong password or code.
    Refused,
    /// Signed out.
    SignedOut,
    /// Chose a new password.
    PasswordChosen,
}

impl StaffEventKind {
    const ALL: [StaffEventKind; 8] = [
        StaffEventKind::Added,
        StaffEventKind::Removed,
        StaffEventKind::CodeMade,
        StaffEventKind::SignedIn,
        StaffEventKind::SignedInByCode,
        StaffEventKind::Refused,
        StaffEventKind::SignedOut,
        StaffEventKind::PasswordChosen,
    ];

    /// `added`, `removed`, `code_made`, `signed_in`, `signed_in_by_code`, `refused`, `signed_out`, `password_chosen`.
    pub const fn name(self) -> &'static str {
        match self {
            StaffEventKind::Added => "added",
            StaffEventKind::Removed => "removed",
            StaffEventKind::CodeMade => "code_made",
            StaffEventKind::SignedIn => "signed_in",
            StaffEventKind::SignedInByCode => "signed_in_by_code",
            StaffEventKind::Refused => "refused",
            StaffEventKind::SignedOut => "signed_out",
            StaffEventKind::PasswordChosen => "password_chosen",
        }
    }
}

/// One line of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffEvent {
    /// When.
    pub at: Timestamp,
    /// Whose account; `None` for a name that nobody has.
    pub name: Option<StaffName>,
    /// What.
    pub kind: StaffEventKind,
}

/// Whether a guess may be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guess {
    /// It is counted: try it.
    Counted,
    /// There were too many. Nothing was counted.
    Wait(Duration),
}

#[cfg(test)]
mod tests;
