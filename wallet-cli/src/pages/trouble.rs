//! How something that did not work reads.

use maud::{Markup, html};
use portage_catalog::{plain, reason_hint, reason_sentence};
use portage_reason::Reason;
use portage_storage::{vault_file::VaultFileError, wallet::SealedWalletError};
use portage_wallet::ports::StoreFailure;
use portage_web::page::{Notice, Words, notice};

/// Why it did not work.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// A verdict.
    Refused(Reason),
    /// Something that a message tells, with what to do; the protocol's code for a help desk, if there is one.
    Told { key: &'static str, code: Option<&'static str> },
    /// The machine, in its own words.
    Machine(String),
}

impl From<StoreFailure> for Trouble {
    fn from(failure: StoreFailure) -> Self {
        match failure.reason() {
            Some(reason) => Trouble::Refused(reason),
            None => Trouble::Machine(failure.to_string()),
        }
    }
}

impl From<&SealedWalletError> for Trouble {
    fn from(error: &SealedWalletError) -> Self {
        match (error, error.reason()) {
            (_, Some(reason)) => Trouble::Refused(reason),
            (SealedWalletError::File(VaultFileError::InUse(_)), None) => {
                Trouble::Told { key: "page_wallet.in_use", code: None }
            }
            (_, None) => Trouble::Machine(crate::context::with_causes(error)),
        }
    }
}

impl Trouble {
    /// A verdict; without one, what the message `key` tells.
    pub(crate) fn of(reason: Option<Reason>, key: &'static str) -> Self {
        reason.map_or(Trouble::Told { key, code: None }, Trouble::Refused)
    }

    /// The notice. `lead` says what it means for the person before anything else.
    pub(crate) fn notice(&self, lead: Option<&str>, words: &Words) -> Markup {
        let language = words.language();
        let (heading, todo, name) = match self {
            Trouble::Refused(reason) => {
                (reason_sentence(*reason, language).to_owned(), hint(*reason, words), Some(reason.name()))
            }
            Trouble::Told { key, code } => (words.say(key), words.say(&format!("{key}_todo")), *code),
            Trouble::Machine(what) => (words.say("page_wallet.machine"), plain(what), None),
        };
        let body = html! {
            @if let Some(lead) = lead { p { strong { (lead) } } }
            p { (todo) }
            @if let Some(name) = name { p class="small quiet" { (words.say_with("page_wallet.for_help", &[("name", name)])) } }
        };
        notice(Notice::Refused, &heading, body, words)
    }
}

/// What to do; where everybody's hint speaks of a command, the page's own.
fn hint(reason: Reason, words: &Words) -> String {
    match reason {
        Reason::IssuerNotTrusted => words.say("page_wallet.offer_unknown_todo"),
        Reason::ConsentRequired => words.say("page_wallet.consent_todo"),
        other => reason_hint(other, words.language()).to_owned(),
    }
}
