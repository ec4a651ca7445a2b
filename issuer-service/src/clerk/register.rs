//! A register: looked through line by line before anything is written, then offered.

use std::{io::Cursor, sync::Arc};

use axum::{
    body::Bytes,
    extract::{Path, Request, State},
    response::Response,
};
use jiff::Timestamp;
use maud::{Markup, html};
use portage_catalog::{Addressee, CredentialType, RegisterMapping, RegisterRecord, Text};
use portage_issuer::{CheckedOffer, ClerkStore, OfferData, Reading, Register, RowRefusal, StandingOffer};
use portage_service::staff::{Role, Visit};
use portage_web::page::{
    FieldError, FileField, Notice, button, form, notice, see_other, summary_list, upload_form,
};

use super::{
    Desk, How, MADE, MOST_ROWS, Made, PREVIEW, REGISTER, Wanted, What, failed, offer::how_fields, only,
};
use crate::{
    paper::{self, Posted, zone_of},
    rows,
};

/// Most faults that a page shows.
const MOST_FAULTS: usize = 100;
/// How many rows are asked about or written at once.
const BATCH: usize = 200;

/// A register that was looked through.
pub(crate) struct Looked {
    credential_type: String,
    bytes: Bytes,
    rows: u64,
    offered: u64,
    unchanged: u64,
    faults: Vec<Fault>,
    refused: u64,
}

struct Fault {
    line: u64,
    refusal: RowRefusal,
}

/// `GET /register/{type}`.
pub(super) async fn page<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    only(&visit, &[Role::Clerk])?;
    let credential_type = of(&desk, &id, &visit)?;
    Ok(show(credential_type, &visit, Vec::new()))
}

fn of<'d, S>(desk: &'d Desk<S>, id: &str, visit: &Visit) -> Result<&'d CredentialType, Response> {
    let found = desk.credential_type(id).filter(|credential_type| credential_type.register.is_some());
    found.ok_or_else(|| visit.not_here())
}

/// `POST /register/{type}`: nothing is written.
pub(super) async fn upload<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    only(&visit, &[Role::Clerk])?;
    let form = visit.form(request).await?;
    let credential_type = of(&desk, &id, &visit)?;
    let wrong = |text: String| show(credential_type, &visit, vec![FieldError { field: "file", text }]);
    let Some(file) = form.file("file") else { return Err(wrong(visit.words.say("page_clerk.file_missing"))) };
    // One at a time: each takes its memory.
    let Ok(_seat) = desk.clerk.reading.try_acquire() else {
        return Err(wrong(visit.words.say("page_clerk.file_busy")));
    };
    let looked = look(&desk, credential_type, file.bytes.clone(), &visit).await;
    let looked = looked.map_err(|refused| match refused {
        Refused::File(text) => wrong(text.in_language(visit.words.language()).to_owned()),
        Refused::TooMany => {
            let most = visit.words.number(MOST_ROWS);
            wrong(visit.words.say_with("page_clerk.file_too_many", &[("most", &most)]))
        }
        Refused::Answer(answer) => answer,
    })?;
    let id = desk.clerk.keep(&visit.signed().name, What::Preview(Arc::new(looked)), visit.now());
    Ok(see_other(&visit.href_of(PREVIEW, &id)))
}

enum Refused {
    File(Text),
    TooMany,
    Answer(Response),
}

/// A row, as far as it got.
type Waiting = (u64, Option<Addressee>, Result<OfferData, RowRefusal>);

/// The rows of a register for this type.
fn read(
    bytes: &Bytes,
    credential_type: &CredentialType,
    mapping: &RegisterMapping,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Vec<Waiting>, Refused> {
    let reading = Reading { encoding: None, separator: None };
    let register = Register::open(Cursor::new(bytes.clone()), reading, mapping)
        .map_err(|error| Refused::File(error.text()))?;
    let mut rows = Vec::new();
    for row in register {
        // Err: from memory nothing fails to be read.
        let Ok(row) = row else { break };
        if row.number > MOST_ROWS {
            return Err(Refused::TooMany);
        }
        let (addressee, data) = match row.record {
            Ok(mut record) => {
                let addressee = record.addressee.take().filter(|_| wanted.how == How::Letter);
                let data = data_of(record, credential_type, mapping, wanted, now);
                let data = match wanted.how {
                    How::Letter => data.and_then(|data| paper::check(addressee.as_ref()).map(|()| data)),
                    How::Screen | How::Link => data,
                };
                (addressee, data)
            }
            Err(refusal) => (None, Err(refusal)),
        };
        rows.push((row.line, addressee, data));
    }
    Ok(rows)
}

fn data_of(
    record: RegisterRecord,
    credential_type: &CredentialType,
    mapping: &RegisterMapping,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<OfferData, RowRefusal> {
    rows::check_validity(&record, mapping, mapping.time_zone.to_datetime(now).date())?;
    Ok(OfferData {
        valid_from: record.validity.from,
        valid_until: record.validity.until,
        ..wanted.offer(credential_type, record.record, record.claims)
    })
}

async fn look<S: ClerkStore + 'static>(
    desk: &Desk<S>,
    credential_type: &CredentialType,
    bytes: Bytes,
    visit: &Visit,
) -> Result<Looked, Refused> {
    let Some(mapping) = &credential_type.register else { return Err(Refused::Answer(visit.not_here())) };
    let wanted = Wanted { how: How::Link, tx_code: false, standing: StandingOffer::Keep };
    let mut rows = read(&bytes, credential_type, mapping, &wanted, visit.now())?.into_iter().peekable();
    let mut looked = Looked {
        credential_type: credential_type.id.clone(),
        bytes,
        rows: 0,
        offered: 0,
        unchanged: 0,
        faults: Vec::new(),
        refused: 0,
    };
    while rows.peek().is_some() {
        let (mut lines, mut data) = (Vec::new(), Vec::new());
        for (line, _, row) in rows.by_ref().take(BATCH) {
            looked.rows += 1;
            match row {
                Ok(row) => {
                    lines.push(line);
                    data.push(row);
                }
                Err(refusal) => looked.fault(line, refusal),
            }
        }
        let checked = desk.service.issuer.check_offers(data, visit.now()).await;
        let checked = checked.map_err(|error| Refused::Answer(failed(&error, visit)))?;
        for (line, checked) in lines.into_iter().zip(checked) {
            match checked {
                Ok(CheckedOffer::New) => looked.offered += 1,
                Ok(CheckedOffer::Unchanged) => looked.unchanged += 1,
                Err(error) => looked.fault(line, rows::explain(&error, Some(mapping))),
            }
        }
    }
    looked.faults.sort_by_key(|fault| fault.line);
    Ok(looked)
}

impl Looked {
    fn fault(&mut self, line: u64, refusal: RowRefusal) {
        self.refused += 1;
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(Fault { line, refusal });
        }
    }
}

/// `GET /preview/{id}`.
pub(super) async fn preview<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    only(&visit, &[Role::Clerk])?;
    let looked = found(&desk, &visit, &id)?;
    Ok(show_preview(&looked, &id, &visit, &desk, Vec::new()))
}

fn found<S>(desk: &Desk<S>, visit: &Visit, id: &str) -> Result<Arc<Looked>, Response> {
    match desk.clerk.kept(&visit.signed().name, id, visit.now()) {
        Some(What::Preview(looked)) => Ok(looked),
        _ => Err(visit.not_here()),
    }
}

/// `POST /preview/{id}`: the rows that hold are offered; the others stay where they are.
pub(super) async fn offer<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    only(&visit, &[Role::Clerk])?;
    let form = visit.form(request).await?;
    let looked = found(&desk, &visit, &id)?;
    let again =
        |key| show_preview(&looked, &id, &visit, &desk, vec![FieldError::of("how", key, &visit.words)]);
    let wanted = Wanted::read(&form).filter(|wanted| wanted.how != How::Screen);
    let Some(wanted) = wanted else { return Err(again("page_clerk.how_missing")) };
    let credential_type = of(&desk, &looked.credential_type, &visit)?;
    let Some(mapping) = &credential_type.register else { return Err(visit.not_here()) };
    if wanted.how == How::Letter && (mapping.letter.is_none() || desk.clerk.office.ask.en.is_empty()) {
        return Err(again("page_clerk.no_letters"));
    }
    let rows = read(&looked.bytes, credential_type, mapping, &wanted, visit.now());
    let Ok(rows) = rows else { return Err(visit.not_here()) };
    let made = make(&desk, credential_type, rows, wanted.how, &visit).await?;
    let id = desk.clerk.keep(&visit.signed().name, What::Made(Arc::new(made)), visit.now());
    Ok(see_other(&visit.href_of(MADE, &id)))
}

async fn make<S: ClerkStore + 'static>(
    desk: &Desk<S>,
    credential_type: &CredentialType,
    rows: Vec<Waiting>,
    how: How,
    visit: &Visit,
) -> Result<Made, Response> {
    let (now, zone, who) = (visit.now(), zone_of(credential_type), visit.signed().name.as_str());
    let mut made = Made {
        credential_type: credential_type.clone(),
        how,
        posted: Vec::new(),
        unchanged: 0,
        refused: 0,
        at: now,
    };
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let (mut whose, mut data) = (Vec::new(), Vec::new());
        for (_, addressee, row) in rows.by_ref().take(BATCH) {
            match row {
                Ok(row) => {
                    whose.push(addressee);
                    data.push(row);
                }
                Err(_) => made.refused += 1,
            }
        }
        let created = desk.service.issuer.create_offers_by(data, who, now).await;
        let created = created.map_err(|error| failed(&error, visit))?;
        for (addressee, created) in whose.into_iter().zip(created) {
            match created {
                Ok(offer) => {
                    made.unchanged += u64::from(!offer.is_new);
                    made.posted.extend(Posted::new(&offer, addressee, &zone));
                }
                Err(_) => made.refused += 1,
            }
        }
    }
    Ok(made)
}

fn show(credential_type: &CredentialType, visit: &Visit, errors: Vec<FieldError>) -> Response {
    let words = &visit.words;
    let title = words.say_with("page_clerk.register_title", &[("type", &words.name(&credential_type.name))]);
    let columns = credential_type.register.as_ref().map(RegisterMapping::columns).unwrap_or_default();
    let file = FileField {
        name: "file",
        label: "page_clerk.file",
        hint: Some("page_clerk.file_hint"),
        accept: ".csv,.txt,.tsv,text/csv,text/plain",
        errors: &errors,
    };
    let fields = html! { (file.render(words)) (button(&words.say("page_clerk.file_look"))) };
    let columns =
        html! { ul translate="no" { @for column in columns { li { code { (words.plain(column)) } } } } };
    let body = html! {
        p class="lead" { (words.say("page_clerk.register_lead")) }
        (upload_form(&visit.href_of(REGISTER, &credential_type.id), visit.token(), fields))
        (portage_web::page::details(&words.say("page_clerk.columns"), columns))
    };
    let path = REGISTER.path_of(&credential_type.id);
    visit.page(&path, title).with_errors(errors.clone()).with_body(body).answer()
}

fn show_preview<S>(
    looked: &Looked,
    id: &str,
    visit: &Visit,
    desk: &Desk<S>,
    errors: Vec<FieldError>,
) -> Response {
    let words = &visit.words;
    let counts = [
        ("page_clerk.rows", looked.rows),
        ("page_clerk.rows_new", looked.offered),
        ("page_clerk.rows_unchanged", looked.unchanged),
        ("page_clerk.rows_refused", looked.refused),
    ];
    let counts: Vec<_> =
        counts.map(|(key, count)| (words.say(key), html! { (words.number(count)) })).into_iter().collect();
    let body = html! {
        p class="lead" { (words.say("page_clerk.preview_lead")) }
        (summary_list(&counts))
        @if looked.refused > 0 { (faults(looked, visit)) }
        @else { (notice(Notice::Done, &words.say("page_clerk.no_faults"), html! {}, words)) }
        @if looked.offered + looked.unchanged > 0 {
            h2 { (words.say("page_clerk.offer_rows")) }
            @if looked.refused > 0 { p { (words.say("page_clerk.offer_rows_without")) } }
            (form(&visit.href_of(PREVIEW, id), visit.token(), html! {
                (how_fields(visit, &desk.clerk, &errors, false))
                (button(&words.say("page_clerk.offer_rows_make")))
            }))
        }
    };
    let path = PREVIEW.path_of(id);
    visit.page(&path, "page_clerk.preview_title").with_errors(errors.clone()).with_body(body).answer()
}

/// What is wrong, line by line: where and why, never what stands there.
fn faults(looked: &Looked, visit: &Visit) -> Markup {
    let words = &visit.words;
    let shown = u64::try_from(looked.faults.len()).unwrap_or(u64::MAX);
    html! {
        h2 { (words.say("page_clerk.faults")) }
        ul class="faults" {
            @for Fault { line, refusal } in &looked.faults {
                li {
                    strong { (words.say_with("page_clerk.fault_line", &[("line", &words.number(*line))])) }
                    @if let Some(column) = &refusal.column { " " code translate="no" { (words.plain(column)) } }
                    ": " (refusal.message.in_language(words.language()))
                }
            }
        }
        @if looked.refused > shown {
            p { (words.say_with("page_clerk.faults_more", &[("count", &words.number(looked.refused - shown))])) }
        }
    }
}
