//! The pages of the door: signing in and out, choosing a password.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use maud::{Markup, html};
use portage_keys::{OsEntropy, PasswordHash};
use portage_storage::{
    DatabaseError,
    staff::{Account, Guess, StaffEventKind},
};
use portage_web::page::{
    FieldError, InputKind, Notice, Page, Session, TextField, Words, button, details, form, notice, see_other,
};

use super::{
    PASSWORD, SIGN_IN, Signed, StaffDoor, Visit, command::SHORTEST_PASSWORD, door::unavailable,
    visit::submitted,
};

type Door = State<Arc<StaffDoor>>;

/// What the page at the door says beside its forms.
#[derive(Default)]
struct AtDoor {
    name: String,
    errors: Vec<FieldError>,
    wait: Option<Duration>,
}

/// `GET /sign-in`.
pub(super) async fn sign_in_page(
    State(door): Door,
    Extension(words): Extension<Words>,
    headers: HeaderMap,
) -> Response {
    match door.signed(&headers).await {
        Err(error) => unavailable(&error, words.language()),
        Ok(Some(_)) => see_other(&door.href(door.home, words.language())),
        Ok(None) => match door.outside.of(&headers, door.now()) {
            Some(session) => show(&door, &words, &session, AtDoor::default()),
            None => {
                let (session, cookie) = door.outside.begin((), door.now(), door.entropy());
                let mut response = show(&door, &words, &session, AtDoor::default());
                response.headers_mut().append(header::SET_COOKIE, cookie);
                response
            }
        },
    }
}

/// `POST /sign-in`: one guess, counted before it is tried.
pub(super) async fn sign_in(
    State(door): Door,
    Extension(words): Extension<Words>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Response> {
    let (session, form) = at_door(&door, &words, &headers, request).await?;
    let name = form.text("name").trim().to_owned();
    let password = form.text("password").to_owned();
    let missing = [("name", name.is_empty()), ("password", password.is_empty())];
    let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
    let errors: Vec<_> = missing
        .map(|(field, _)| FieldError::of(field, &format!("page_staff.{field}_missing"), &words))
        .collect();
    if !errors.is_empty() {
        return Err(show(&door, &words, &session, AtDoor { name, errors, wait: None }));
    }
    let failed = |error: DatabaseError| unavailable(&error, words.language());
    match guess(&door, &name, password).await.map_err(failed)? {
        Guessed::Right(account) => {
            door.outside.end(&session);
            door.store.note_signed_in(&account.name, door.now()).await.map_err(failed)?;
            Ok(door.let_in(&account, false, words.language()))
        }
        Guessed::Wait(wait) => {
            Err(show(&door, &words, &session, AtDoor { name, wait: Some(wait), errors: Vec::new() }))
        }
        Guessed::Wrong(account) => {
            let known = account.as_ref().map(|account| &account.name);
            door.store.note(known, StaffEventKind::Refused, door.now()).await.map_err(failed)?;
            // One text for both: nobody learns who has an account.
            let errors = vec![FieldError::of("password", "page_staff.wrong", &words)];
            Err(show(&door, &words, &session, AtDoor { name, errors, wait: None }))
        }
    }
}

enum Guessed {
    Right(Account),
    Wrong(Option<Account>),
    Wait(Duration),
}

async fn guess(door: &Arc<StaffDoor>, name: &str, password: String) -> Result<Guessed, DatabaseError> {
    let _one_at_a_time = door.guessing.lock().await;
    let account = match door.store.count_guess(name, door.now()).await? {
        (Guess::Wait(wait), _) => return Ok(Guessed::Wait(wait)),
        (Guess::Counted, account) => account,
    };
    let kept = account.as_ref().and_then(|account| account.password.clone());
    let trying = door.clone();
    let tried = tokio::task::spawn_blocking(move || match kept {
        Some(kept) => kept.is(&password),
        None => {
            // Nobody's password takes as long, and is never right.
            let made = || PasswordHash::of("", trying.kdf, &OsEntropy).ok();
            if let Some(nobody) = trying.nobody.get().cloned().or_else(made) {
                nobody.is(&password);
                let _ = trying.nobody.set(nobody);
            }
            false
        }
    });
    let is_right = tried.await.unwrap_or(false);
    Ok(match account {
        Some(account) if is_right => Guessed::Right(account),
        other => Guessed::Wrong(other),
    })
}

/// `POST /sign-in/code`.
pub(super) async fn sign_in_by_code(
    State(door): Door,
    Extension(words): Extension<Words>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Response> {
    let (session, form) = at_door(&door, &words, &headers, request).await?;
    let code = form.text("code").trim().to_owned();
    let failed = |error: DatabaseError| unavailable(&error, words.language());
    match door.store.redeem_code(&code, door.now()).await.map_err(failed)? {
        Some(account) => {
            door.outside.end(&session);
            Ok(door.let_in(&account, true, words.language()))
        }
        None => {
            let errors = vec![FieldError::of("code", "page_staff.code_wrong", &words)];
            Err(show(&door, &words, &session, AtDoor { errors, ..AtDoor::default() }))
        }
    }
}

/// The session of somebody at the door and the form that they sent.
async fn at_door(
    door: &StaffDoor,
    words: &Words,
    headers: &HeaderMap,
    request: Request,
) -> Result<(Session<()>, portage_web::page::Submitted), Response> {
    // Without a session there is no token that could be right: the form was open too long.
    let Some(session) = door.outside.of(headers, door.now()) else {
        return Err(see_other(&door.href(SIGN_IN, words.language())));
    };
    let form = submitted(request, &session, words).await?;
    Ok((session, form))
}

/// `POST /sign-out`.
pub(super) async fn sign_out(visit: Visit, request: Request) -> Result<Response, Response> {
    visit.form(request).await?;
    let door = &visit.door;
    door.inside.end(&visit.session);
    let noted = door.store.note(Some(&visit.signed().name), StaffEventKind::SignedOut, visit.now()).await;
    noted.map_err(|error| unavailable(&error, visit.words.language()))?;
    Ok(see_other(&visit.href(SIGN_IN)))
}

fn show(door: &StaffDoor, words: &Words, session: &Session<()>, at_door: AtDoor) -> Response {
    let AtDoor { name, errors, wait } = at_door;
    let language = words.language();
    let status = match (wait, errors.is_empty()) {
        (Some(_), _) => StatusCode::TOO_MANY_REQUESTS,
        (None, true) => StatusCode::OK,
        (None, false) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let body = html! {
        @match wait {
            Some(wait) => (waiting(wait, &door.href(SIGN_IN, language), words)),
            None => (form(&door.href(SIGN_IN, language), session.token(), sign_in_fields(&name, &errors, words))),
        }
        @if errors.iter().any(|error| error.field == "code") {
            (code_form(door, words, session, &errors))
        } @else {
            (details(&words.say("page_staff.code_have"), code_form(door, words, session, &errors)))
        }
    };
    Page::new(door.site, words, SIGN_IN.path, "page_staff.sign_in")
        .with_errors(errors)
        .with_body(body)
        .respond(status)
}

fn sign_in_fields(name: &str, errors: &[FieldError], words: &Words) -> Markup {
    let name = TextField {
        name: "name",
        label: "page_staff.name",
        value: name,
        errors,
        autocomplete: "username",
        ..TextField::default()
    };
    html! {
        (name.render(words))
        (password_field("password", "page_staff.password", None, "current-password", errors).render(words))
        (button(&words.say("page_staff.sign_in")))
    }
}

fn code_form(door: &StaffDoor, words: &Words, session: &Session<()>, errors: &[FieldError]) -> Markup {
    let field = TextField {
        name: "code",
        label: "page_staff.code",
        hint: Some("page_staff.code_hint"),
        errors,
        autocomplete: "one-time-code",
        ..TextField::default()
    };
    let action = format!("{}/code", door.href(SIGN_IN, words.language()));
    form(
        &action,
        session.token(),
        html! { (field.render(words)) (button(&words.say("page_staff.code_use"))) },
    )
}

fn waiting(wait: Duration, again: &str, words: &Words) -> Markup {
    let heading = words.count("page_staff.wait", wait.as_secs().div_ceil(60), &[]);
    let body = html! {
        p { (words.say("page_staff.wait_why")) }
        p { a href=(again) { (words.say("page_staff.wait_again")) } }
    };
    notice(Notice::Warning, &heading, body, words)
}

fn password_field<'f>(
    name: &'static str,
    label: &'static str,
    hint: Option<&'static str>,
    autocomplete: &'static str,
    errors: &'f [FieldError],
) -> TextField<'f> {
    TextField { name, label, hint, errors, kind: InputKind::Secret, autocomplete, ..TextField::default() }
}

/// `GET /password`.
pub(super) async fn password_page(visit: Visit) -> Response {
    show_password(&visit, Vec::new(), None)
}

/// `POST /password`: the old one counts as a guess.
pub(super) async fn choose_password(visit: Visit, request: Request) -> Result<Response, Response> {
    let form = visit.form(request).await?;
    let (door, words, signed) = (&visit.door, &visit.words, visit.signed());
    let chosen = form.text("new").to_owned();
    let errors = match (chosen.chars().count() < SHORTEST_PASSWORD, chosen == form.text("again")) {
        (true, _) => vec![FieldError::of("new", "page_staff.password_short", words)],
        (false, false) => vec![FieldError::of("again", "page_staff.password_differs", words)],
        (false, true) => Vec::new(),
    };
    if !errors.is_empty() {
        return Err(show_password(&visit, errors, None));
    }
    let failed = |error: DatabaseError| unavailable(&error, words.language());
    if !signed.by_code {
        match guess(door, signed.name.as_str(), form.text("old").to_owned()).await.map_err(failed)? {
            Guessed::Right(account) => {
                door.store.note_signed_in(&account.name, door.now()).await.map_err(failed)?;
            }
            Guessed::Wait(wait) => return Err(show_password(&visit, Vec::new(), Some(wait))),
            Guessed::Wrong(_) => {
                door.store
                    .note(Some(&signed.name), StaffEventKind::Refused, door.now())
                    .await
                    .map_err(failed)?;
                let errors = vec![FieldError::of("old", "page_staff.wrong", words)];
                return Err(show_password(&visit, errors, None));
            }
        }
    }
    let kdf = door.kdf;
    let hash = tokio::task::spawn_blocking(move || PasswordHash::of(&chosen, kdf, &OsEntropy).ok()).await;
    let Ok(Some(hash)) = hash else {
        return Err(portage_web::page::problem(StatusCode::INTERNAL_SERVER_ERROR, words.language()));
    };
    let account = door.store.choose_password(&signed.name, &hash, door.now()).await.map_err(failed)?;
    let Some(account) = account else { return Err(see_other(&visit.href(SIGN_IN))) };
    door.inside.end(&visit.session);
    let signed = Signed::of(&account, false);
    let (session, cookie) = door.inside.begin(signed, door.now(), door.entropy());
    let visit = Visit { door: visit.door.clone(), words: visit.words.clone(), session };
    let body = html! {
        (notice(Notice::Done, &visit.words.say("page_staff.password_done"), html! { p { (visit.words.say("page_staff.password_done_why")) } }, &visit.words))
        p { a href=(visit.href(visit.door.home)) { (visit.words.say("page_staff.go_home")) } }
    };
    let mut response = visit.page(PASSWORD.path, "page_staff.password_title").with_body(body).answer();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

fn show_password(visit: &Visit, errors: Vec<FieldError>, wait: Option<Duration>) -> Response {
    let words = &visit.words;
    let hint = Some("page_staff.password_hint");
    let status = match (wait, errors.is_empty()) {
        (Some(_), _) => StatusCode::TOO_MANY_REQUESTS,
        (None, true) => StatusCode::OK,
        (None, false) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let fields = html! {
        @if !visit.signed().by_code {
            (password_field("old", "page_staff.password_old", None, "current-password", &errors).render(words))
        }
        (password_field("new", "page_staff.password_new", hint, "new-password", &errors).render(words))
        (password_field("again", "page_staff.password_again", None, "new-password", &errors).render(words))
        (button(&words.say("page_staff.password_choose")))
    };
    let body = html! {
        @match wait {
            Some(wait) => (waiting(wait, &visit.href(PASSWORD), words)),
            None => {
                p class="lead" { (words.say_with("page_staff.password_lead", &[("name", visit.signed().name.as_str())])) }
                (form(&visit.href(PASSWORD), visit.token(), fields))
            }
        }
    };
    visit.page(PASSWORD.path, "page_staff.password_title").with_errors(errors).with_body(body).respond(status)
}
