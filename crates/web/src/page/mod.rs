//! Pages for people: server-rendered, escaped, one stylesheet, no script.
//!
//! # How to add a page
//!
//! 1. **Words** first: `page_<program>.<page>_<what>` in `specs/messages/en.json` and `fr.json`, grade 8 or below.
//! 2. **An entry**: `pub(crate) const HOME: PageEntry = PageEntry::signed_in("home", "/");` and its place in the program's list of pages. Tests walk
//!    that list in both languages.
//! 3. **A handler** in a file of its own. It gets [`Words`] (the language of the path) and gives a [`Page`]:
//!
//! ```
//! use maud::html;
//! use portage_catalog::Language;
//! use portage_web::page::{Heading, Page, Site, TextField, Words, button, form};
//!
//! static SITE: Site = Site { name: "page.service", base: "", menu: &[], extra_style: None };
//! let words = Words::new(Language::Fr);
//! let body = html! {
//!     (form("/fr/unlock", "the session's token", html! {
//!         (TextField { name: "word", label: "page.field", ..TextField::default() }.render(&words))
//!         (button(&words.say("page.go_on")))
//!     }))
//! };
//! let html = Page::new(&SITE, &words, "/unlock", "page.service").with_body(body).to_html();
//! assert!(html.starts_with("<!DOCTYPE html><html lang=\"fr-CA\""));
//! ```
//!
//! 4. **Its route**, once: `Router::new().route(HOME.path, get(home))`. [`in_both_languages`] serves it under `/en` and `/fr` and gives handlers the
//!    extension [`Words`]; [`guard`] checks `Host`, `Origin` and the like; [`static_routes`] serves the stylesheet.
//!
//! What changes something is a `POST` with a [`Submitted`] form: reading it fails without the anti-forgery token of the session. Answer it with
//! [`see_other`] to a page that can be loaded again, or with the same page and its errors ([`Page::with_errors`]).
//!
//! # What holds on every page
//!
//! - `html!` escapes whatever stands in it; nothing here takes HTML as text. Names, labels and values of others go through
//!   `portage_catalog::plain` or [`Words::text`], which also marks a text that is in the other language.
//! - No inline style, no script: the policy that [`Page`] sends does not let either run. Colours of a credential type come from [`card_style`].
//! - `no-store`, `no-referrer`, no framing. Nothing secret stands in an address.
//!
//! Not here: any page of a program, its session's contents, its routes.

mod card;
mod entry;
mod field;
mod guard;
mod layout;
mod parts;
mod qr;
mod response;
mod routes;
mod session;
mod style;
mod submitted;
mod words;

pub use card::{Card, card_style};
pub use entry::{Access, PageEntry, page_addresses};
pub use field::{Checkbox, Choice, Choices, FieldError, FileField, InputKind, TextField};
pub use guard::{GuardRule, guard};
pub use layout::{Heading, MenuEntry, Page, Site};
pub use maud::{Markup, PreEscaped, html};
pub use parts::{
    Notice, button, danger_button, details, form, link_button, notice, plain_button, plain_link_button,
    summary_list, upload_form,
};
pub use qr::qr_code;
pub use response::{html_response, problem, see_other};
pub use routes::{in_both_languages, looks_ahead, preferred_language, static_routes};
pub use session::{Session, SessionCookie, Sessions};
pub use style::stylesheet_path;
pub use submitted::{Submitted, SubmittedError, Upload, read_form};
pub use words::Words;
