use portage_catalog::Language;
use serde_json::{Value, json};

/// One page of a program: its name for tests and its route below `/en` and `/fr`. Routes are made of these, so that a list of them is a list of
/// what is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageEntry {
    /// What tests and pictures call it.
    pub name: &'static str,
    /// Its route, such as `/credential/{id}`.
    pub path: &'static str,
    /// Who may see it.
    pub access: Access,
}

/// Who may see a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody who reaches the address.
    Anyone,
    /// Somebody with a session.
    Session,
    /// Somebody who is signed in, or whose wallet is unlocked.
    SignedIn,
}

impl PageEntry {
    /// A page for anybody.
    pub const fn open(name: &'static str, path: &'static str) -> Self {
        PageEntry { name, path, access: Access::Anyone }
    }

    /// A page for somebody with a session who is not signed in yet.
    pub const fn in_session(name: &'static str, path: &'static str) -> Self {
        PageEntry { name, path, access: Access::Session }
    }

    /// A page for somebody who is signed in.
    pub const fn signed_in(name: &'static str, path: &'static str) -> Self {
        PageEntry { name, path, access: Access::SignedIn }
    }

    /// Whether its address needs an id.
    pub fn has_id(&self) -> bool {
        self.path.contains('{')
    }

    /// Its address in a language, below the program's base.
    pub fn address(&self, language: Language) -> String {
        self.address_of("", language)
    }

    /// The same with what stands for its id.
    pub fn address_of(&self, id: &str, language: Language) -> String {
        super::words::address(&self.path_of(id), language)
    }

    /// Its route with what stands for its id, without the language.
    pub fn path_of(&self, id: &str) -> String {
        match (self.path.split_once('{'), self.path.split_once('}')) {
            (Some((before, _)), Some((_, after))) => format!("{before}{id}{after}"),
            _ => self.path.to_owned(),
        }
    }
}

/// `[{"name","en","fr"}]`: every page's address in both languages below `base`, with `{id}` where it is about one thing.
pub fn page_addresses(pages: &[PageEntry], base: &str) -> Value {
    let address = |page: &PageEntry, language| format!("{base}{}", page.address_of("{id}", language));
    let one = |page: &PageEntry| json!({ "name": page.name, "en": address(page, Language::En), "fr": address(page, Language::Fr) });
    pages.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_knows_its_address() {
        let page = PageEntry::signed_in("erasure", "/history/{id}/erasure");
        assert_eq!(page.address_of("e1", Language::Fr), "/fr/history/e1/erasure");
        assert!(page.has_id());
        assert_eq!(PageEntry::open("home", "/").address(Language::En), "/en");
        assert_eq!(PageEntry::open("help", "/help").address(Language::En), "/en/help");
    }
}
