use portage_catalog::{Catalog, Language, message, message_for_count};
use serde_json::{Map, Value, json};

use crate::{credential, reading::Reading, request, transaction, word::Word};

/// Who reads the explanation: whose trust list is spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// The owner of a wallet.
    Person,
    /// Whoever runs a service.
    Service,
}

/// A record in sentences.
#[derive(Debug, Clone)]
pub struct Explanation {
    record: Value,
    sentences: Vec<Sentence>,
}

/// One sentence: a message, what fills it, and where in the record that stands.
#[derive(Debug, Clone)]
pub struct Sentence {
    pub(crate) key: String,
    pub(crate) count: Option<u64>,
    pub(crate) values: Vec<(&'static str, Word)>,
    pub(crate) evidence: Vec<String>,
}

impl Explanation {
    /// A credential in a wallet. The record: `evidence`, as the pipeline found it now or, with `arrived`, when it arrived; `decision` and `reasons` of
    /// now.
    pub fn of_credential(record: Value, catalog: &Catalog, listener: Listener) -> Self {
        Self::of(record, catalog, listener, credential::stored)
    }

    /// An offer. The record: `offer.issuer`, `offer.host`, `offer.credentials`.
    pub fn of_offer(record: Value, catalog: &Catalog) -> Self {
        Self::of(record, catalog, Listener::Person, request::offer)
    }

    /// A request that a wallet looked at. The record: `asker`, `purpose`, `answers`, `missing`, `beyond`, `answered`.
    pub fn of_request(record: Value, catalog: &Catalog) -> Self {
        Self::of(record, catalog, Listener::Person, request::request)
    }

    /// What became of a verifier's request. The record: `state`, `decision`, `reasons`, `purpose`, `asked`, `shown`, `evidence`, and the times.
    pub fn of_transaction(record: Value, catalog: &Catalog) -> Self {
        Self::of(record, catalog, Listener::Service, transaction::transaction)
    }

    fn of(record: Value, catalog: &Catalog, listener: Listener, tell: impl Fn(&mut Reading<'_>)) -> Self {
        let mut reading = Reading::of(&record, catalog, listener);
        tell(&mut reading);
        let sentences = reading.sentences;
        Explanation { record, sentences }
    }

    /// The sentences.
    pub fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }

    /// What they rest on.
    pub fn record(&self) -> &Value {
        &self.record
    }

    /// What a person reads, one sentence a line.
    pub fn lines(&self, language: Language) -> Vec<String> {
        self.sentences.iter().map(|sentence| sentence.text(language)).collect()
    }

    /// `[{"key","text","lang","evidence"}]`: `evidence` has each member of the record that the sentence rests on, by its JSON Pointer.
    pub fn to_json(&self, language: Language) -> Value {
        let one = |sentence: &Sentence| {
            let member = |at: &String| Some((at.clone(), self.record.pointer(at)?.clone()));
            let evidence: Map<String, Value> = sentence.evidence.iter().filter_map(member).collect();
            let lang = match language {
                Language::En => "en",
                Language::Fr => "fr",
            };
            json!({ "key": sentence.key, "text": sentence.text(language), "lang": lang, "evidence": evidence })
        };
        self.sentences.iter().map(one).collect()
    }
}

impl Sentence {
    /// The key of its message in `specs/messages/`.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where in the record it stands: JSON Pointers, one or more.
    pub fn evidence(&self) -> &[String] {
        &self.evidence
    }

    /// In words: on one line, fit for a terminal.
    pub fn text(&self, language: Language) -> String {
        let values: Vec<(&str, String)> =
            self.values.iter().map(|(name, word)| (*name, word.text(language))).collect();
        let values: Vec<(&str, &str)> = values.iter().map(|(name, text)| (*name, text.as_str())).collect();
        sentence_case(match self.count {
            Some(count) => message_for_count(&self.key, count, language, &values),
            None => message(&self.key, language, &values),
        })
    }
}

/// A capital first, unless the sentence begins with an address.
fn sentence_case(text: String) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    let is_address = first.trim_end_matches([':', ',', '.']).contains([':', '.', '/']);
    let mut letters = text.chars();
    match letters.next() {
        Some(letter) if !is_address => letter.to_uppercase().chain(letters).collect(),
        _ => text,
    }
}
