//! What is read in a record becomes words that know where they were read.

use jiff::Timestamp;
use portage_catalog::{Catalog, CredentialType, Text};
use serde_json::Value;

use crate::{Listener, Sentence, word::Word};

/// Names of a list that are told one by one.
const MOST_NAMED: usize = 6;

/// A record that is being told.
pub(crate) struct Reading<'r> {
    pub(crate) record: &'r Value,
    pub(crate) catalog: &'r Catalog,
    pub(crate) listener: Listener,
    pub(crate) sentences: Vec<Sentence>,
}

/// A word, and every member of the record that it was read from.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) word: Word,
    pub(crate) from: Vec<String>,
}

impl Found {
    pub(crate) fn new(word: Word, from: impl Into<String>) -> Self {
        Found { word, from: vec![from.into()] }
    }
}

impl<'r> Reading<'r> {
    pub(crate) fn of(record: &'r Value, catalog: &'r Catalog, listener: Listener) -> Self {
        Reading { record, catalog, listener, sentences: Vec::new() }
    }

    /// Says a message of these words, on the evidence that they were read from and on `also`.
    pub(crate) fn say(&mut self, key: impl Into<String>, values: Vec<(&'static str, Found)>, also: &[&str]) {
        self.say_counted(key, None, values, also);
    }

    pub(crate) fn say_counted(
        &mut self,
        key: impl Into<String>,
        count: Option<u64>,
        values: Vec<(&'static str, Found)>,
        also: &[&str],
    ) {
        let mut evidence: Vec<String> = also.iter().map(|at| (*at).to_owned()).collect();
        let mut words = Vec::with_capacity(values.len());
        for (name, found) in values {
            evidence.extend(found.from);
            words.push((name, found.word));
        }
        evidence.sort();
        evidence.dedup();
        self.sentences.push(Sentence { key: key.into(), count, values: words, evidence });
    }

    /// By which of two messages: the person's, or the service's.
    pub(crate) fn heard(&self, person: &'static str, service: &'static str) -> &'static str {
        match self.listener {
            Listener::Person => person,
            Listener::Service => service,
        }
    }

    pub(crate) fn at(&self, pointer: &str) -> Option<&'r Value> {
        self.record.pointer(pointer)
    }

    pub(crate) fn str_at(&self, pointer: &str) -> Option<&'r str> {
        self.at(pointer).and_then(Value::as_str)
    }

    pub(crate) fn length_at(&self, pointer: &str) -> usize {
        self.at(pointer).and_then(Value::as_array).map_or(0, Vec::len)
    }

    /// The pointers of what stands in an object, or in the arrays that it holds.
    pub(crate) fn members_at(&self, pointer: &str) -> Vec<String> {
        let Some(members) = self.at(pointer).and_then(Value::as_object) else { return Vec::new() };
        let each = |(name, member): (&String, &Value)| {
            let place = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            match member {
                Value::Array(items) => (0..items.len()).map(|at| format!("{place}/{at}")).collect(),
                _ => vec![place],
            }
        };
        members.iter().flat_map(each).collect()
    }

    pub(crate) fn text_at(&self, pointer: &str) -> Option<Text> {
        self.at(pointer).and_then(|text| serde_json::from_value(text.clone()).ok())
    }

    pub(crate) fn name(&self, pointer: &str) -> Option<Found> {
        Some(Found::new(Word::Name(self.text_at(pointer)?), pointer))
    }

    pub(crate) fn told(&self, pointer: &str) -> Option<Found> {
        Some(Found::new(Word::Told(self.text_at(pointer)?), pointer))
    }

    pub(crate) fn code(&self, pointer: &str) -> Option<Found> {
        Some(Found::new(Word::Code(self.str_at(pointer)?.to_owned()), pointer))
    }

    pub(crate) fn time(&self, pointer: &str, word: impl Fn(Timestamp) -> Word) -> Option<Found> {
        let at = self.str_at(pointer)?.parse().ok()?;
        Some(Found::new(word(at), pointer))
    }

    pub(crate) fn seconds(&self, pointer: &str) -> Option<Found> {
        Some(Found::new(Word::Duration(self.at(pointer)?.as_i64()?), pointer))
    }

    /// Somebody: the name, else the identifier.
    pub(crate) fn somebody(&self, pointer: &str) -> Option<Found> {
        self.name(&format!("{pointer}/name")).or_else(|| self.code(&format!("{pointer}/id")))
    }

    /// Those of a chain, each with the pointer of its identifier: by their hosts as well, in every sentence, where two have the same name.
    pub(crate) fn told_apart(&self, all: Vec<Option<(Found, String)>>) -> Vec<Option<Found>> {
        let names: Vec<Option<Text>> = all
            .iter()
            .map(|one| match one {
                Some((Found { word: Word::Name(name), .. }, _)) => Some(name.clone()),
                _ => None,
            })
            .collect();
        let is_shared = |position: usize| {
            let name = names.get(position).cloned().flatten();
            let others = names.iter().enumerate().filter(|(other, _)| *other != position);
            name.is_some_and(|name| {
                others.filter_map(|(_, other)| other.as_ref()).any(|other| alike(&name, other))
            })
        };
        let tell = |(position, one): (usize, Option<(Found, String)>)| {
            let (found, id) = one?;
            Some(if is_shared(position) { self.with_host(found, id) } else { found })
        };
        all.into_iter().enumerate().map(tell).collect()
    }

    fn with_host(&self, found: Found, id: String) -> Found {
        match (found, self.str_at(&id)) {
            (Found { word: Word::Name(name), mut from }, Some(value)) => {
                from.push(id);
                Found { word: Word::NameAt(name, value.to_owned()), from }
            }
            (found, _) => found,
        }
    }

    /// The catalogue's type of these names.
    pub(crate) fn known_type(&self, names: &[&str]) -> Option<&'r CredentialType> {
        let catalog = self.catalog;
        let by_name = |name: &&str| catalog.credential_type(name).or_else(|| catalog.by_vct(name));
        names.iter().find_map(by_name).or_else(|| catalog.by_vc_types(names.iter().copied()))
    }

    pub(crate) fn strings_at(&self, pointer: &str) -> Vec<&'r str> {
        let items = self.at(pointer).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// What kind of credential it is that the object at `pointer` speaks of: the catalogue's name for its `types`, else its `name`, else the
    /// type as it stands.
    pub(crate) fn kind(&self, pointer: &str) -> Option<Found> {
        let place = format!("{pointer}/types");
        let names = self.strings_at(&place);
        if let Some(known) = self.known_type(&names) {
            return Some(Found::new(Word::Quoted(known.name.clone()), place));
        }
        let named = format!("{pointer}/name");
        if let Some(name) = self.text_at(&named) {
            return Some(Found::new(Word::Quoted(name), named));
        }
        let own = names.iter().find(|name| !name.ends_with("VerifiableCredential")).or(names.first())?;
        Some(Found::new(Word::Code((*own).to_owned()), place))
    }
}

/// Words joined, the first few of them; `None` without any.
pub(crate) fn some_of(mut words: Vec<Word>) -> Option<Word> {
    if words.is_empty() {
        return None;
    }
    let more = if words.len() > MOST_NAMED { words.split_off(MOST_NAMED - 1).len() } else { 0 };
    Some(Word::List(words, more))
}

/// Whether two names cannot be told apart, in one language or the other.
fn alike(one: &Text, other: &Text) -> bool {
    one.en == other.en || (!one.fr.is_empty() && one.fr == other.fr)
}
