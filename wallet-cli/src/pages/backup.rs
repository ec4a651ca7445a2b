//! A copy of the wallet, taking one in, and a sheet of paper for the drawer.

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use portage_wallet::BackupError;
use portage_web::page::{
    FieldError, FileField, InputKind, Notice, TextField, button, form, notice, plain_link_button,
    summary_list, upload_form,
};
use zeroize::Zeroizing;

use super::{BACKUP, SHEET, trouble::Trouble, visit::Inside};
use crate::context::SHORTEST_PASSPHRASE;

/// `GET /backup`.
pub(super) async fn page(inside: Inside) -> Response {
    show(&inside, Vec::new(), html! {})
}

/// `POST /backup/copy`: the encrypted file, as a download.
pub(super) async fn copy(inside: Inside, request: Request) -> Result<Response, Response> {
    let form = inside.form(request).await?;
    let passphrase = Zeroizing::new(form.text("copy").to_owned());
    let error = |field, key| show(&inside, vec![FieldError::of(field, key, &inside.words)], html! {});
    if passphrase.chars().count() < SHORTEST_PASSPHRASE {
        return Err(error("copy", "page_wallet.passphrase_short"));
    }
    if passphrase.as_str() != form.text("copy_again") {
        return Err(error("copy_again", "page_wallet.passphrase_differs"));
    }
    let (desk, unlocked, now) = (inside.desk.clone(), inside.inside.clone(), inside.now());
    let made = tokio::task::spawn_blocking(move || {
        let kdf = desk.surroundings.kdf;
        portage_wallet::export(&unlocked.session.store, &passphrase, kdf, now, desk.entropy())
    });
    match made.await {
        Ok(Ok(bytes)) => Ok(download(bytes, &inside)),
        Ok(Err(error)) => Err(show(&inside, Vec::new(), trouble(&error).notice(None, &inside.words))),
        Err(_panicked) => {
            Err(show(&inside, Vec::new(), Trouble::Machine(String::new()).notice(None, &inside.words)))
        }
    }
}

fn download(bytes: Vec<u8>, inside: &Inside) -> Response {
    let day = inside.now().strftime("%Y-%m-%d").to_string();
    let name = format!("attachment; filename=\"portage-wallet-{day}.portage\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment")),
        ),
    ];
    (headers, bytes).into_response()
}

/// `POST /backup/restore`.
pub(super) async fn restore(inside: Inside, request: Request) -> Result<Response, Response> {
    let form = inside.form(request).await?;
    let words = &inside.words;
    let passphrase = Zeroizing::new(form.text("restore_passphrase").to_owned());
    let Some(file) = form.file("file") else {
        return Err(show(
            &inside,
            vec![FieldError::of("file", "page_wallet.restore_missing", words)],
            html! {},
        ));
    };
    let (desk, unlocked, now, bytes) =
        (inside.desk.clone(), inside.inside.clone(), inside.now(), file.bytes.clone());
    let taken = tokio::task::spawn_blocking(move || {
        portage_wallet::import(&unlocked.session.store, &bytes, &passphrase, now, desk.entropy())
    });
    let done = match taken.await {
        Ok(Ok(done)) => done,
        Ok(Err(error)) if error.reason() == Some(portage_reason::Reason::PassphraseWrong) => {
            let error = FieldError::of("restore_passphrase", "page_wallet.unlock_wrong", words);
            return Err(show(&inside, vec![error], html! {}));
        }
        Ok(Err(error)) => return Err(show(&inside, Vec::new(), trouble(&error).notice(None, words))),
        Err(_panicked) => {
            return Err(show(&inside, Vec::new(), Trouble::Machine(String::new()).notice(None, words)));
        }
    };
    let number = |count: usize| words.number(u64::try_from(count).unwrap_or(u64::MAX));
    let told = html! {
        p { (words.say_with("wallet.imported", &[("added", &number(done.added)), ("kept", &number(done.kept))])) }
        @if done.deleted > 0 { p { (words.say_with("wallet.import_deleted", &[("deleted", &number(done.deleted))])) } }
    };
    Ok(show(&inside, Vec::new(), notice(Notice::Done, &words.say("page_wallet.restored"), told, words)))
}

fn trouble(error: &BackupError) -> Trouble {
    match error.reason() {
        Some(reason) => Trouble::Refused(reason),
        None => Trouble::Machine(crate::context::with_causes(error)),
    }
}

fn show(inside: &Inside, errors: Vec<FieldError>, above: Markup) -> Response {
    let words = &inside.words;
    let body = html! {
        (above)
        p class="lead" { (words.say("page_wallet.backup_lead")) }
        h2 { (words.say("page_wallet.copy_title")) }
        p { (words.say("page_wallet.copy_why")) }
        (copy_form(inside, &errors))
        p { (inside.link(SHEET, "page_wallet.sheet_go")) }
        h2 { (words.say("page_wallet.restore_title")) }
        p { (words.say("page_wallet.restore_why")) }
        (restore_form(inside, &errors))
    };
    inside.page(BACKUP.path, "page_wallet.backup_title").with_errors(errors).with_body(body).answer()
}

fn copy_form(inside: &Inside, errors: &[FieldError]) -> Markup {
    let words = &inside.words;
    let first = TextField {
        name: "copy",
        label: "page_wallet.copy_passphrase",
        hint: Some("page_wallet.copy_passphrase_hint"),
        errors,
        kind: InputKind::Secret,
        autocomplete: "new-password",
        ..TextField::default()
    };
    let again = TextField { name: "copy_again", label: "page_wallet.passphrase_again", hint: None, ..first };
    form(
        &words.path("/backup/copy"),
        inside.token(),
        html! {
            (first.render(words))
            (again.render(words))
            (button(&words.say("page_wallet.copy_make")))
        },
    )
}

fn restore_form(inside: &Inside, errors: &[FieldError]) -> Markup {
    let words = &inside.words;
    let file =
        FileField { name: "file", label: "page_wallet.restore_file", hint: None, accept: ".portage", errors };
    let passphrase = TextField {
        name: "restore_passphrase",
        label: "page_wallet.restore_passphrase",
        errors,
        kind: InputKind::Secret,
        ..TextField::default()
    };
    upload_form(
        &words.path("/backup/restore"),
        inside.token(),
        html! {
            (file.render(words))
            (passphrase.render(words))
            (button(&words.say("page_wallet.restore_make")))
        },
    )
}

/// `GET /backup/sheet`: to print and to fill in by hand. No secret goes through a printer.
pub(super) async fn sheet(inside: Inside) -> Response {
    let words = &inside.words;
    let line = || html! { span class="line" {} };
    let body = html! {
        p class="lead" { (words.say("page_wallet.sheet_lead")) }
        (summary_list(&[
            (words.say("page_wallet.sheet_made"), html! { (words.day_of(inside.now())) }),
            (words.say("page_wallet.sheet_where"), line()),
            (words.say("page_wallet.sheet_passphrase"), html! { (line()) (line()) }),
        ]))
        h2 { (words.say("page_wallet.sheet_how")) }
        ol {
            li { (words.say("page_wallet.sheet_step_1")) }
            li { (words.say("page_wallet.sheet_step_2")) }
            li { (words.say("page_wallet.sheet_step_3")) }
            li { (words.say("page_wallet.sheet_step_4")) }
        }
        p { (words.say("page_wallet.sheet_keep")) }
        div class="actions" { (plain_link_button(&inside.href(BACKUP), &words.say("page_wallet.back_backup"))) }
    };
    inside.page(SHEET.path, "page_wallet.sheet_title").printed().with_body(body).answer()
}
