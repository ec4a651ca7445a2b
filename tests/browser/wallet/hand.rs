//! Somebody at the wallet's pages: what they press is named by the messages, so that a story is told once for every language.

use portage_catalog::{Language, message};

use crate::{browser::Browser, citizen::PASSPHRASE, driver::Tab};

/// A person in front of a tab.
pub(crate) struct Hand<'t> {
    pub(crate) tab: &'t Tab,
    pub(crate) language: Language,
    origin: String,
}

impl<'t> Hand<'t> {
    /// In the tab's language, at the wallet that `browser` stands for.
    pub(crate) fn at(tab: &'t Tab, browser: &Browser) -> Self {
        let language = if tab.view.language == "fr" { Language::Fr } else { Language::En };
        Hand { tab, language, origin: browser.origin.clone() }
    }

    /// A message of the wallet's pages.
    pub(crate) fn say(&self, key: &str) -> String {
        message(&format!("page_wallet.{key}"), self.language, &[])
    }

    /// Loads a page of the wallet, in the person's language.
    pub(crate) async fn goto(&self, path: &str) {
        let language = self.language.tag();
        self.tab.goto(&format!("{}/{language}{path}", self.origin)).await;
    }

    /// Presses the button or follows the link of this message.
    pub(crate) async fn follow(&self, key: &str) {
        self.tab.follow(&self.say(key)).await;
    }

    /// Types into the field with this message as its label.
    pub(crate) async fn fill(&self, key: &str, text: &str) {
        self.tab.fill(&self.say(key), text).await;
    }

    pub(crate) async fn must_say(&self, key: &str) {
        self.tab.must_say(&self.say(key)).await;
    }

    /// Where the links of the page that is open, or else of home, lead: paths without the language that have `part` in them, each once.
    pub(crate) async fn links_with(&self, part: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll('main a')].map(a => a.getAttribute('href'))";
        let mut links = self.matching(script, part).await;
        if links.is_empty() {
            self.goto("").await;
            links = self.matching(script, part).await;
        }
        links
    }

    async fn matching(&self, script: &str, part: &str) -> Vec<String> {
        let found = self.tab.eval(script, &[]).await;
        let mut links = Vec::new();
        for link in found.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str) {
            let path = link.strip_prefix(&format!("/{}", self.language.tag()));
            let path = path.filter(|path| path.contains(part)).map(str::to_owned);
            links.extend(path.filter(|path| !links.contains(path)));
        }
        links
    }

    /// Opens the one-time link.
    pub(crate) async fn arrive(&self, browser: &Browser) {
        self.tab.goto(&format!("{}{}", self.origin, browser.opening)).await;
    }

    /// Types the passphrase at the door.
    pub(crate) async fn unlock(&self) {
        self.fill("passphrase", PASSPHRASE).await;
        self.follow("unlock").await;
    }

    /// Pastes a link and reads it.
    pub(crate) async fn paste(&self, link: &str) {
        self.follow("menu_link").await;
        self.fill("link_field", link).await;
        self.follow("link_read").await;
    }

    /// Pastes the link of an offer and goes on to who offers what.
    pub(crate) async fn open_offer(&self, link: &str) {
        self.paste(link).await;
        self.follow("found_offer_go").await;
    }

    /// Pastes the link of a request and goes on to who asks.
    pub(crate) async fn open_request(&self, link: &str) {
        self.paste(link).await;
        self.follow("found_request_go").await;
    }
}
