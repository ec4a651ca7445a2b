use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use maud::{DOCTYPE, Markup, html};
use portage_catalog::Language;

use super::{FieldError, Words, html_response, style::MARK_PATH, stylesheet_path, words::address};

/// What the pages of one program share.
#[derive(Debug)]
pub struct Site {
    /// The message that names the program, in the header.
    pub name: &'static str,
    /// What stands before the language in every address: empty, or such as `/counter`.
    pub base: &'static str,
    /// The menu of somebody who is signed in.
    pub menu: &'static [MenuEntry],
    /// A second stylesheet, such as one of [`super::card_style`]: its address.
    pub extra_style: Option<&'static str>,
}

/// One line of the menu.
#[derive(Debug)]
pub struct MenuEntry {
    /// The message.
    pub label: &'static str,
    /// Where to, without base and language.
    pub path: &'static str,
}

/// How a page's title is told.
#[derive(Debug, Clone)]
pub enum Heading {
    /// A message's key.
    Key(&'static str),
    /// Words made already.
    Text(String),
    /// A name of somebody else's, or of a thing: not the page's own word.
    Name(String),
    /// A message's key, and the names that stand in it.
    Naming(&'static str, Vec<(&'static str, String)>),
}

impl Heading {
    /// For the title of the window, and for the page.
    fn told(self, words: &Words) -> (String, Markup) {
        let plain = |text: String| (text.clone(), html! { (text) });
        match self {
            Heading::Key(key) => plain(words.say(key)),
            Heading::Text(text) => plain(text),
            Heading::Name(name) => (name.clone(), html! { span translate="no" { (name) } }),
            Heading::Naming(key, values) => {
                let values: Vec<(&str, &str)> =
                    values.iter().map(|(name, value)| (*name, value.as_str())).collect();
                (words.say_with(key, &values), words.say_naming(key, &values))
            }
        }
    }
}

impl From<&'static str> for Heading {
    fn from(key: &'static str) -> Self {
        Heading::Key(key)
    }
}

impl From<String> for Heading {
    fn from(text: String) -> Self {
        Heading::Text(text)
    }
}

/// One page: made by a handler, turned into an answer by [`Page::respond`].
pub struct Page<'p> {
    site: &'p Site,
    words: &'p Words,
    path: String,
    title: String,
    heading: Markup,
    body: Markup,
    errors: Vec<FieldError>,
    has_menu: bool,
    has_switch: bool,
    has_home: bool,
    query: String,
    end_of_header: Markup,
    is_printed: bool,
    put_away: Option<(Duration, String)>,
}

impl<'p> Page<'p> {
    /// A page at `path` (without base and language: where the language switch leads to), with its title, which is its first heading too.
    pub fn new(site: &'p Site, words: &'p Words, path: &str, title: impl Into<Heading>) -> Self {
        let (title, heading) = title.into().told(words);
        Page {
            site,
            words,
            path: path.to_owned(),
            title,
            heading,
            body: html! {},
            errors: Vec::new(),
            has_menu: false,
            has_switch: true,
            has_home: true,
            query: String::new(),
            end_of_header: html! {},
            is_printed: false,
            put_away: None,
        }
    }

    /// What stands below the heading.
    #[must_use]
    pub fn with_body(mut self, body: Markup) -> Self {
        self.body = body;
        self
    }

    /// Errors of a form: told at the top, where the focus is, each with a link to its field. Give the same to the fields.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// With the site's menu: for somebody who is signed in. `end` stands at its end, such as a form that signs out.
    #[must_use]
    pub fn with_menu(mut self, end: Markup) -> Self {
        self.has_menu = true;
        self.end_of_header = end;
        self
    }

    /// Without the language switch: for an answer that has no address of its own.
    #[must_use]
    pub fn without_switch(mut self) -> Self {
        self.has_switch = false;
        self
    }

    /// With a query that the page has in the other language, too. What stands in it is in the page as it is in its address.
    #[must_use]
    pub fn with_query(mut self, query: &str) -> Self {
        self.query = format!("?{query}");
        self
    }

    /// Without a way to the first page: for a page that stands by itself.
    #[must_use]
    pub fn without_home(mut self) -> Self {
        self.has_home = false;
        self
    }

    /// A page that is made to be printed.
    #[must_use]
    pub fn printed(mut self) -> Self {
        self.is_printed = true;
        self
    }

    /// Leaves the screen by itself after this long, for `path` (without base and language): a page with what nobody else should read when the
    /// person has gone. The browser does it, without a script.
    #[must_use]
    pub fn put_away_after(mut self, time: Duration, path: &str) -> Self {
        self.put_away = Some((time, self.href(path)));
        self
    }

    /// The answer with a status of its own.
    pub fn respond(self, status: StatusCode) -> Response {
        let mut response = html_response(status, self.to_html());
        let refresh = self.put_away.map(|(time, href)| format!("{}; url={href}", time.as_secs()));
        if let Some(value) = refresh.and_then(|refresh| HeaderValue::from_str(&refresh).ok()) {
            response.headers_mut().insert(header::REFRESH, value);
        }
        response
    }

    /// 200; 422 where a form came with errors ([`Page::with_errors`]).
    pub fn answer(self) -> Response {
        let status = if self.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        self.respond(status)
    }

    /// The whole document.
    pub fn to_html(&self) -> String {
        let words = self.words;
        let service = words.say(self.site.name);
        let title = match self.errors.is_empty() {
            true => words.say_with("page.title", &[("title", &self.title), ("service", &service)]),
            false => words.say_with("page.title_error", &[("title", &self.title), ("service", &service)]),
        };
        html! {
            (DOCTYPE)
            html lang=(region_tag(words.language())) {
                head {
                    meta charset="utf-8";
                    title { (title) }
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    // The header says no-referrer; this tells a browser that our own forms may say where they come from. Nobody else learns it.
                    meta name="referrer" content="same-origin";
                    link rel="icon" type="image/svg+xml" href={ (self.site.base) (MARK_PATH) };
                    link rel="stylesheet" href={ (self.site.base) (stylesheet_path()) };
                    @if let Some(extra) = self.site.extra_style { link rel="stylesheet" href=(extra); }
                }
                body class=[self.is_printed.then_some("printed")] {
                    a class="skip" href="#main" { (words.say("page.skip")) }
                    (self.header(&service))
                    main id="main" tabindex="-1" {
                        (self.error_summary())
                        h1 { (self.heading) }
                        (self.body)
                    }
                    footer { p { (words.say("page.footer")) } }
                }
            }
        }
        .into_string()
    }

    fn header(&self, service: &str) -> Markup {
        let words = self.words;
        let other = words.other_language();
        html! {
            header class="top" {
                div class="bar" {
                    @if self.has_home {
                        a class="service" href=(self.href("/")) { (mark()) span { (service) } }
                    } @else {
                        p class="service" { (mark()) span { (service) } }
                    }
                    @if self.has_switch {
                        a class="switch" lang=(other.tag()) hreflang=(other.tag()) href={ (self.site.base) (address(&self.path, other)) (self.query) } {
                            (name_of(other))
                        }
                    }
                }
                @if self.has_menu {
                    nav aria-label=(words.say("page.menu")) {
                        ul {
                            @for entry in self.site.menu {
                                li { a href=(self.href(entry.path)) aria-current=[(entry.path == self.path).then_some("page")] { (words.say(entry.label)) } }
                            }
                        }
                        (self.end_of_header)
                    }
                }
            }
        }
    }

    fn href(&self, path: &str) -> String {
        format!("{}{}", self.site.base, self.words.path(path))
    }

    fn error_summary(&self) -> Markup {
        if self.errors.is_empty() {
            return html! {};
        }
        html! {
            div class="notice error" role="alert" tabindex="-1" autofocus aria-labelledby="errors" {
                h2 id="errors" { (self.words.say("page.errors")) }
                ul {
                    @for error in &self.errors {
                        li { a href={ "#" (error.field) } { (error.text) } }
                    }
                }
            }
        }
    }
}

/// The tag of a page's language.
pub(super) const fn region_tag(language: Language) -> &'static str {
    match language {
        Language::En => "en-CA",
        Language::Fr => "fr-CA",
    }
}

const fn name_of(language: Language) -> &'static str {
    match language {
        Language::En => "English",
        Language::Fr => "Français",
    }
}

/// A canoe on the water: decoration.
fn mark() -> Markup {
    html! {
        svg viewBox="0 0 48 32" width="42" height="28" aria-hidden="true" focusable="false" {
            path d="M2 8c6 5 13 7 22 7s16-2 22-7c-1 9-7 14-13 14H15C9 22 3 17 2 8z" fill="currentColor" {}
            path d="M3 28c4-3 7-3 11 0s7 3 11 0 7-3 11 0 6 2 9 0" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" {}
        }
    }
}
