//! The door: the passphrase, or a new wallet where there is none.

use std::{io, sync::Arc, time::Duration};

use axum::{extract::Request, http::StatusCode, response::Response};
use maud::{Markup, html};
use portage_catalog::Catalog;
use portage_reason::Reason;
use portage_storage::wallet::SealedWallet;
use portage_wallet::{Settings, ports::WalletStore};
use portage_web::page::{
    FieldError, InputKind, Notice, Page, TextField, button, form, link_button, notice, see_other,
};
use zeroize::Zeroizing;

use super::{Desk, HOME, SITE, UNLOCK, desk::IDLE, flow::Flow, link, trouble::Trouble, visit::AtDoor};
use crate::{
    context::SHORTEST_PASSPHRASE,
    open_wallet::{OpenError, Session},
};

/// `GET /unlock`.
pub(super) async fn page(door: AtDoor) -> Response {
    if door.desk.inside().is_some() {
        return see_other(&HOME.address(door.words.language()));
    }
    let wait = door.desk.guesses.lock().await.wait(door.desk.since_start());
    show(&door, wait, Vec::new(), None)
}

/// Where a page goes that nobody has touched for a while.
pub(super) const PUT_AWAY: &str = "/put-away";

/// `GET /put-away`: nothing of the person's. Coming here by itself does not keep the wallet unlocked; where another window does, the way back is a
/// link.
pub(super) async fn put_away(door: AtDoor) -> Response {
    let words = &door.words;
    if !door.desk.is_unlocked() {
        return see_other(&UNLOCK.address(words.language()));
    }
    let body = html! {
        p class="lead" { (words.say("page_wallet.put_away_why")) }
        div class="actions" { (link_button(&HOME.address(words.language()), &words.say("page_wallet.back_home"))) }
    };
    let page = Page::new(&SITE, words, PUT_AWAY, "page_wallet.put_away_title").with_body(body);
    page.put_away_after(IDLE, PUT_AWAY).answer()
}

/// `POST /unlock`: one guess, counted before it is tried.
pub(super) async fn unlock(door: AtDoor, request: Request) -> Result<Response, Response> {
    let form = door.form(request).await?;
    let desk = &door.desk;
    let home = || see_other(&HOME.address(door.words.language()));
    let mut guesses = desk.guesses.lock().await;
    if desk.inside().is_some() {
        return Ok(home());
    }
    if let Some(wait) = guesses.wait(desk.since_start()) {
        return Ok(show(&door, Some(wait), Vec::new(), None));
    }
    let passphrase = Zeroizing::new(form.text("passphrase").to_owned());
    if passphrase.is_empty() {
        return Err(show(
            &door,
            None,
            vec![FieldError::of("passphrase", "page_wallet.unlock_missing", &door.words)],
            None,
        ));
    }
    if is_absent(desk) {
        let errors = new_passphrase_errors(&passphrase, form.text("again"), &door);
        if !errors.is_empty() {
            return Err(show(&door, None, errors, None));
        }
        return match open(desk, passphrase, true).await {
            Ok(session) => Ok(enter(&door, session)),
            Err(trouble) => Err(show(&door, None, Vec::new(), Some(trouble))),
        };
    }
    if let Err(error) = guesses.count(desk.since_start()) {
        return Err(show(&door, None, Vec::new(), Some(Trouble::Machine(error.to_string()))));
    }
    match open(desk, passphrase, false).await {
        Ok(session) => {
            guesses.forgive(true);
            Ok(enter(&door, session))
        }
        Err(Trouble::Refused(Reason::PassphraseWrong)) => {
            let wait = guesses.wait(desk.since_start());
            let error = FieldError::of("passphrase", "page_wallet.unlock_wrong", &door.words);
            Err(show(&door, wait, vec![error], None))
        }
        Err(trouble) => {
            guesses.forgive(false);
            Err(show(&door, None, Vec::new(), Some(trouble)))
        }
    }
}

/// `POST /lock`.
pub(super) async fn lock(door: AtDoor, request: Request) -> Result<Response, Response> {
    door.form(request).await?;
    door.desk.lock();
    Ok(see_other(&UNLOCK.address(door.words.language())))
}

/// What follows the right passphrase: home, or what the command brought along.
fn enter(door: &AtDoor, session: Session) -> Response {
    let desk = &door.desk;
    let inside = desk.let_in(session);
    let arriving = desk.arriving.lock().map(|mut link| link.take()).unwrap_or_default();
    let language = door.words.language();
    match arriving.as_deref().map(link::parse) {
        Some(Ok(found)) => {
            let flow = Flow::Found(found);
            let page = flow.page();
            let id = inside.flows.begin(flow, desk.entropy());
            see_other(&page.address_of(&id, language))
        }
        Some(Err(_)) => see_other(&super::LINK.address(language)),
        None => see_other(&HOME.address(language)),
    }
}

/// Opens the wallet, or makes it, beside the other requests: the key derivation takes its time.
pub(crate) async fn open(
    desk: &Arc<Desk>,
    passphrase: Zeroizing<String>,
    make: bool,
) -> Result<Session, Trouble> {
    let desk = desk.clone();
    let opened = tokio::task::spawn_blocking(move || {
        if make {
            make_wallet(&desk, &passphrase)?;
        }
        Session::open(&desk.file, &passphrase, &Catalog::bundled(), &desk.surroundings).map_err(|error| {
            match error {
                OpenError::File(error) => Trouble::from(&error),
                OpenError::Store(failure) => Trouble::from(failure),
                OpenError::Machine(what) => Trouble::Machine(what),
            }
        })
    });
    match opened.await {
        Ok(opened) => opened.map(|(session, _)| session),
        Err(_panicked) => Err(Trouble::Machine(String::new())),
    }
}

fn make_wallet(desk: &Desk, passphrase: &str) -> Result<(), Trouble> {
    let settings = Settings::new(Vec::new(), false).map_err(|error| Trouble::Machine(error.to_string()))?;
    let surroundings = &desk.surroundings;
    let store = SealedWallet::create(&desk.file, passphrase, surroundings.kdf, surroundings.entropy.clone())
        .map_err(|error| Trouble::from(&error))?;
    store.commit(settings.to_batch()).map_err(Trouble::from)
}

fn is_absent(desk: &Desk) -> bool {
    std::fs::symlink_metadata(&desk.file).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// What is wrong with a passphrase that is chosen.
fn new_passphrase_errors(passphrase: &str, again: &str, door: &AtDoor) -> Vec<FieldError> {
    if passphrase.chars().count() < SHORTEST_PASSPHRASE {
        return vec![FieldError::of("passphrase", "page_wallet.passphrase_short", &door.words)];
    }
    if passphrase != again {
        return vec![FieldError::of("again", "page_wallet.passphrase_differs", &door.words)];
    }
    Vec::new()
}

fn show(
    door: &AtDoor,
    wait: Option<Duration>,
    errors: Vec<FieldError>,
    trouble: Option<Trouble>,
) -> Response {
    let words = &door.words;
    let is_new = is_absent(&door.desk);
    let title = if is_new { "page_wallet.new_title" } else { "page_wallet.unlock_title" };
    let status = match (wait, errors.is_empty() && trouble.is_none()) {
        (Some(_), _) => StatusCode::TOO_MANY_REQUESTS,
        (None, true) => StatusCode::OK,
        (None, false) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let body = html! {
        @if let Some(trouble) = &trouble { (trouble.notice(None, words)) }
        @if door.desk.timed_out() && errors.is_empty() {
            (notice(Notice::Information, &words.say("page_wallet.timed_out"), html! { p { (words.say("page_wallet.timed_out_why")) } }, words))
        }
        @match wait {
            Some(wait) => (waiting(wait, door)),
            None if is_new => (new_form(door, &errors)),
            None => (unlock_form(door, &errors)),
        }
        p { a href=(super::HELP.address(words.language())) { (words.say("page_wallet.menu_help")) } }
    };
    Page::new(&SITE, words, UNLOCK.path, title).with_errors(errors).with_body(body).respond(status)
}

fn waiting(wait: Duration, door: &AtDoor) -> Markup {
    let words = &door.words;
    let minutes = wait.as_secs().div_ceil(60);
    let heading = words.count("page_wallet.wait", minutes, &[]);
    let body = html! {
        p { (words.say("page_wallet.wait_why")) }
        p { a href=(UNLOCK.address(words.language())) { (words.say("page_wallet.wait_again")) } }
    };
    notice(Notice::Warning, &heading, body, words)
}

fn unlock_form(door: &AtDoor, errors: &[FieldError]) -> Markup {
    let words = &door.words;
    let field = TextField {
        name: "passphrase",
        label: "page_wallet.passphrase",
        hint: Some("page_wallet.passphrase_hint"),
        errors,
        kind: InputKind::Secret,
        autocomplete: "current-password",
        ..TextField::default()
    };
    form(
        &UNLOCK.address(words.language()),
        door.session.token(),
        html! {
            (field.render(words))
            (button(&words.say("page_wallet.unlock")))
        },
    )
}

fn new_form(door: &AtDoor, errors: &[FieldError]) -> Markup {
    let words = &door.words;
    let first = TextField {
        name: "passphrase",
        label: "page_wallet.new_passphrase",
        hint: Some("page_wallet.new_passphrase_hint"),
        errors,
        kind: InputKind::Secret,
        autocomplete: "new-password",
        ..TextField::default()
    };
    let again = TextField { name: "again", label: "page_wallet.passphrase_again", hint: None, ..first };
    html! {
        p class="lead" { (words.say("page_wallet.new_lead")) }
        (form(&UNLOCK.address(words.language()), door.session.token(), html! {
            (first.render(words))
            (again.render(words))
            (button(&words.say("page_wallet.new_make")))
        }))
    }
}
