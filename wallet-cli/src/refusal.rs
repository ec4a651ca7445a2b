use std::io::Write;

use portage_catalog::{Language, message, reason_hint, reason_sentence};
use portage_reason::{Fault, Reason};

/// Exit codes: the same for every program.
pub(crate) const DONE: u8 = 0;
pub(crate) const REFUSED: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const FAULT: u8 = 3;

/// Why a command did not do what it was asked: what a person reads, and the name that a script reads.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: u8,
    /// Sentences, the first thing that happened first.
    said: Vec<String>,
    /// The last word on standard error.
    name: Option<String>,
}

/// A verdict on the wallet's own file is a fault; any other is a refusal.
fn exit_code(reason: Reason) -> u8 {
    if reason.fault() == Fault::Store { FAULT } else { REFUSED }
}

impl Refusal {
    /// A verdict. Whether it is a refusal or a fault of the wallet's own file follows from the reason.
    pub(crate) fn of(reason: Reason, language: Language) -> Self {
        let said =
            vec![reason_sentence(reason, language).to_owned(), reason_hint(reason, language).to_owned()];
        Refusal::in_words(reason, said)
    }

    /// A verdict in other words than those everybody says for it.
    pub(crate) fn in_words(reason: Reason, said: Vec<String>) -> Self {
        Refusal { code: exit_code(reason), said, name: Some(reason.name().to_owned()) }
    }

    /// The person said no.
    pub(crate) fn no(sentence: String) -> Self {
        Refusal::in_words(Reason::ConsentRequired, vec![sentence])
    }

    /// Refused by the other side, with the protocol's code.
    pub(crate) fn by_peer(sentence: String, code: &str) -> Self {
        Refusal { code: REFUSED, said: vec![sentence], name: Some(code.to_owned()) }
    }

    /// Wrong usage.
    pub(crate) fn usage(sentence: String) -> Self {
        Refusal { code: USAGE, said: vec![sentence], name: None }
    }

    /// The machine, the network, a file.
    pub(crate) fn fault(sentence: String) -> Self {
        Refusal { code: FAULT, said: vec![sentence], name: None }
    }

    /// Says this before everything else.
    #[must_use]
    pub(crate) fn saying(mut self, sentence: String) -> Self {
        self.said.insert(0, sentence);
        self
    }

    /// Writes it; the exit code.
    pub(crate) fn tell(&self, err: &mut dyn Write, language: Language) -> u8 {
        for sentence in self.said.iter().filter(|sentence| !sentence.is_empty()) {
            let _ = writeln!(err, "{sentence}");
        }
        if let Some(name) = &self.name {
            let _ = writeln!(err, "{}", message("wallet.reason", language, &[("name", name)]));
        }
        self.code
    }
}
