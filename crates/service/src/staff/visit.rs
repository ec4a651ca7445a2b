use std::sync::Arc;

use axum::{
    extract::{FromRef, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
    response::Response,
};
use jiff::Timestamp;
use maud::{Markup, html};
use portage_catalog::Language;
use portage_web::page::{
    Heading, Page, PageEntry, Session, Submitted, SubmittedError, Words, form, problem, read_form, see_other,
};

use super::{
    Role, SIGN_IN, Signed, StaffDoor,
    door::{PASSWORD, unavailable},
};

/// Somebody who is signed in, at one page. Anybody else is sent to the door.
pub struct Visit {
    /// The door they came through.
    pub door: Arc<StaffDoor>,
    /// The words of the page's language.
    pub words: Words,
    pub(super) session: Session<Signed>,
}

impl<S> FromRequestParts<S> for Visit
where
    S: Send + Sync,
    Arc<StaffDoor>: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let door = Arc::<StaffDoor>::from_ref(state);
        let words = words_of(parts, &door);
        match door.signed(&parts.headers).await {
            Ok(Some(session)) => Ok(Visit { door, words, session }),
            Ok(None) => Err(see_other(&door.href(SIGN_IN, words.language()))),
            Err(error) => Err(unavailable(&error, words.language())),
        }
    }
}

pub(super) fn words_of(parts: &Parts, door: &StaffDoor) -> Words {
    let words = parts.extensions.get::<Words>().cloned();
    words.unwrap_or_else(|| door.words(Language::En))
}

impl Visit {
    /// Who is signed in.
    pub fn signed(&self) -> &Signed {
        self.session.value()
    }

    /// The anti-forgery token that a form carries.
    pub fn token(&self) -> &str {
        self.session.token()
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.door.now()
    }

    /// The form that was sent.
    ///
    /// # Errors
    /// The answer: 403 without this session's token.
    pub async fn form(&self, request: Request) -> Result<Submitted, Response> {
        submitted(request, &self.session, &self.words).await
    }

    /// The answer for everybody but these roles: 403.
    pub fn refusal_unless(&self, roles: &[Role]) -> Option<Response> {
        if roles.contains(&self.signed().role) {
            return None;
        }
        let body = html! { p { (self.words.say("page_staff.not_yours_todo")) } };
        let page = self.page("/", "page_staff.not_yours").without_switch().with_body(body);
        Some(page.respond(StatusCode::FORBIDDEN))
    }

    /// A page with the menu, and who is signed in.
    pub fn page(&self, path: &str, title: impl Into<Heading>) -> Page<'_> {
        Page::new(self.door.site, &self.words, path, title).with_menu(self.end_of_menu())
    }

    /// A page's address in the visitor's language.
    pub fn href(&self, page: PageEntry) -> String {
        self.door.href(page, self.words.language())
    }

    /// The address of the page about `id`.
    pub fn href_of(&self, page: PageEntry, id: &str) -> String {
        format!("{}{}", self.door.site.base, page.address_of(id, self.words.language()))
    }

    /// 404, with the menu.
    pub fn not_here(&self) -> Response {
        let body = html! { p { (self.words.say("page.not_found_todo")) } };
        self.page("/", "page.not_found").without_switch().with_body(body).respond(StatusCode::NOT_FOUND)
    }

    fn end_of_menu(&self) -> Markup {
        let words = &self.words;
        let sign_out = format!("{}{}", self.door.site.base, words.path("/sign-out"));
        html! {
            a href=(self.href(PASSWORD)) { span class="hidden" { (words.say("page_staff.signed_in_as")) " " } span translate="no" { (self.signed().name) } }
            (form(&sign_out, self.token(), html! { button type="submit" { (words.say("page_staff.sign_out")) } }))
        }
    }
}

/// Reads a form, or answers for it.
pub(super) async fn submitted<S>(
    request: Request,
    session: &Session<S>,
    words: &Words,
) -> Result<Submitted, Response> {
    read_form(request, session).await.map_err(|error| {
        let status = match error {
            SubmittedError::Forged => StatusCode::FORBIDDEN,
            SubmittedError::Malformed => StatusCode::BAD_REQUEST,
        };
        problem(status, words.language())
    })
}
