//! An offer to one person: what the type needs, typed in.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use maud::{Markup, html};
use portage_catalog::{
    Addressee, Cells, ClaimDefinition, ClaimKind, CredentialType, Language, MappedClaim, RegisterMapping,
};
use portage_issuer::{ClerkStore, OfferData};
use portage_service::staff::{Role, Visit};
use portage_web::page::{
    Checkbox, Choice, Choices, FieldError, InputKind, Submitted, TextField, button, form, see_other,
};

use super::{Clerk, Desk, How, MADE, Made, OFFER, Wanted, What, failed, only};
use crate::paper::{self, Posted, zone_of};

/// What was typed, to be shown again beside its errors.
#[derive(Default)]
struct Typed {
    claims: BTreeMap<String, String>,
    record: String,
    address: String,
}

/// `GET /offer/{type}`.
pub(super) async fn page<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    only(&visit, &[Role::Clerk])?;
    let credential_type = desk.credential_type(&id).ok_or_else(|| visit.not_here())?;
    Ok(show(credential_type, &visit, &desk.clerk, &Typed::default(), Vec::new()))
}

/// `POST /offer/{type}`.
pub(super) async fn offer<S: ClerkStore + 'static>(
    State(desk): State<Desk<S>>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    only(&visit, &[Role::Clerk])?;
    let form = visit.form(request).await?;
    let credential_type = desk.credential_type(&id).ok_or_else(|| visit.not_here())?;
    let typed = Typed {
        claims: typed_claims(credential_type)
            .map(|claim| (claim.name.clone(), form.text(&field(claim)).trim().to_owned()))
            .collect(),
        record: form.text("record").trim().to_owned(),
        address: form.text("address").to_owned(),
    };
    let again = |errors| show(credential_type, &visit, &desk.clerk, &typed, errors);
    let (data, how, addressee) = read(&form, &typed, credential_type, &visit).map_err(again)?;
    let now = visit.now();
    let who = visit.signed().name.as_str();
    let created = desk.service.issuer.create_offers_by(vec![data], who, now).await;
    let created = created.map_err(|error| failed(&error, &visit))?.into_iter().next();
    let offer = match created {
        Some(Ok(offer)) => offer,
        Some(Err(error)) => {
            let refusal = crate::rows::explain(&error, None);
            let text = refusal.message.in_language(visit.words.language()).to_owned();
            return Err(again(vec![FieldError { field: "claims", text }]));
        }
        None => return Err(visit.not_here()),
    };
    let posted = Posted::new(&offer, addressee, &zone_of(credential_type));
    let made = Made {
        credential_type: credential_type.clone(),
        how,
        posted: posted.into_iter().collect(),
        unchanged: u64::from(!offer.is_new),
        refused: 0,
        at: now,
    };
    let id = desk.clerk.keep(&visit.signed().name, What::Made(Arc::new(made)), now);
    Ok(see_other(&visit.href_of(MADE, &id)))
}

type Read = (OfferData, How, Option<Addressee>);

fn read(
    form: &Submitted,
    typed: &Typed,
    credential_type: &CredentialType,
    visit: &Visit,
) -> Result<Read, Vec<FieldError>> {
    let words = &visit.words;
    let mut errors = Vec::new();
    if typed.record.is_empty() {
        errors.push(FieldError::of("record", "page_clerk.record_missing", words));
    }
    let wanted = Wanted::read(form);
    if wanted.is_none() {
        errors.push(FieldError::of("how", "page_clerk.how_missing", words));
    }
    let addressee = wanted.as_ref().is_some_and(|wanted| wanted.how == How::Letter).then(|| Addressee {
        lines: typed
            .address
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect(),
        language: Language::from_tag(form.text("language")),
    });
    if let Some(addressee) = &addressee {
        let is_empty = addressee.lines.is_empty();
        if let Err(refusal) = paper::check(Some(addressee).filter(|_| !is_empty)) {
            let text = refusal.message.in_language(words.language()).to_owned();
            errors.push(FieldError { field: "address", text });
        }
    }
    // Read as cells are, so that a day or a number is one whether it was typed or uploaded.
    let mapping = mapping_of(credential_type);
    let mut row = typed.claims.clone();
    row.insert(RECORD_COLUMN.to_owned(), typed.record.clone());
    let record = if typed.record.is_empty() { None } else { Some(mapping.claims_of(&row)) };
    let claims = match record {
        Some(Ok(record)) => record.claims,
        Some(Err(error)) => {
            let label = credential_type.claims.iter().find(|claim| claim.name == error.column);
            let label = label.map_or(error.column.clone(), |claim| words.name(&claim.label));
            let key = if typed.claims.get(&error.column).is_some_and(String::is_empty) {
                "page_clerk.claim_missing"
            } else {
                "page_clerk.claim_unreadable"
            };
            errors.push(FieldError { field: "claims", text: words.say_with(key, &[("label", &label)]) });
            serde_json::Map::new()
        }
        None => serde_json::Map::new(),
    };
    match wanted {
        Some(wanted) if errors.is_empty() => {
            let data = wanted.offer(credential_type, typed.record.clone(), claims);
            Ok((data, wanted.how, addressee))
        }
        _ => Err(errors),
    }
}

/// No claim is called so: it has a blank in it.
const RECORD_COLUMN: &str = "record number";

/// Each claim from the field of its name.
fn mapping_of(credential_type: &CredentialType) -> RegisterMapping {
    let claim = |claim: &ClaimDefinition| MappedClaim {
        claim: claim.name.clone(),
        kind: claim.kind,
        required: claim.required,
        cells: Cells::Column(claim.name.clone()),
    };
    RegisterMapping {
        record: RECORD_COLUMN.to_owned(),
        time_zone: zone_of(credential_type),
        claims: typed_claims(credential_type).map(claim).collect(),
        valid_until: None,
        valid_from: None,
        letter: None,
    }
}

/// What can be typed: not what is computed, and not pictures.
fn typed_claims(credential_type: &CredentialType) -> impl Iterator<Item = &ClaimDefinition> {
    credential_type.claims.iter().filter(|claim| {
        let is_derived = credential_type.derived.iter().any(|derived| derived.claim == claim.name);
        !is_derived && !matches!(claim.kind, ClaimKind::Binary | ClaimKind::Object)
    })
}

fn field(claim: &ClaimDefinition) -> String {
    format!("claim-{}", claim.name)
}

fn show(
    credential_type: &CredentialType,
    visit: &Visit,
    clerk: &Clerk,
    typed: &Typed,
    errors: Vec<FieldError>,
) -> Response {
    let words = &visit.words;
    let title = words.say_with("page_clerk.offer_title", &[("type", &words.name(&credential_type.name))]);
    let record = TextField {
        name: "record",
        label: "page_clerk.record",
        hint: Some("page_clerk.record_hint"),
        value: &typed.record,
        errors: &errors,
        ..TextField::default()
    };
    let fields = html! {
        (record.render(words))
        fieldset id="claims" class="field" tabindex="-1" {
            legend { (words.say("page_clerk.claims")) }
            @for claim in typed_claims(credential_type) { (claim_field(claim, typed, visit)) }
        }
        (how_fields(visit, clerk, &errors, true))
        (address_fields(visit, clerk, typed, &errors))
        (button(&words.say("page_clerk.offer_make")))
    };
    let body = form(&visit.href_of(OFFER, &credential_type.id), visit.token(), fields);
    let path = OFFER.path_of(&credential_type.id);
    visit.page(&path, title).with_errors(errors.clone()).with_body(body).answer()
}

fn claim_field(claim: &ClaimDefinition, typed: &Typed, visit: &Visit) -> Markup {
    let (words, id) = (&visit.words, field(claim));
    let hint = match claim.kind {
        ClaimKind::Date | ClaimKind::DateInt => Some("page_clerk.hint_date"),
        ClaimKind::DateTime => Some("page_clerk.hint_date_time"),
        ClaimKind::Boolean => Some("page_clerk.hint_yes_no"),
        ClaimKind::Number => Some("page_clerk.hint_number"),
        ClaimKind::String | ClaimKind::Binary | ClaimKind::Object => None,
    };
    let value = typed.claims.get(&claim.name).map(String::as_str).unwrap_or_default();
    html! {
        div class="field" {
            label for=(id) {
                span translate="no" { (words.text(&claim.label)) }
                @if !claim.required { " " span class="quiet" { (words.say("page.optional")) } }
            }
            @if let Some(hint) = hint { div class="hint" id={ (id) "-hint" } { (words.say(hint)) } }
            input id=(id) name=(id) type="text" value=[(!value.is_empty()).then_some(value)] autocomplete="off" spellcheck="false"
                aria-describedby=[hint.map(|_| format!("{id}-hint"))];
        }
    }
}

/// How it reaches the person, and whether a code comes another way.
pub(super) fn how_fields(visit: &Visit, clerk: &Clerk, errors: &[FieldError], one: bool) -> Markup {
    let words = &visit.words;
    let choice = |value: &str, key: &str| Choice {
        value: value.to_owned(),
        label: html! { (words.say(key)) },
        hint: None,
        is_chosen: false,
    };
    let mut choices = Vec::new();
    if one {
        choices.push(choice("screen", "page_clerk.how_screen"));
    }
    choices.push(choice("link", if one { "page_clerk.how_link" } else { "page_clerk.how_links" }));
    if !clerk.office.ask.en.is_empty() {
        choices.push(choice("letter", if one { "page_clerk.how_letter" } else { "page_clerk.how_letters" }));
    }
    let legend = words.say("page_clerk.how");
    let how = Choices { name: "how", legend: &legend, hint: None, choices: &choices, errors };
    let code = Checkbox {
        name: "code",
        id: "code",
        value: "yes",
        label: html! { (words.say("page_clerk.code")) },
        hint: Some(html! { (words.say("page_clerk.code_hint")) }),
        errors,
    };
    let again = Checkbox {
        name: "again",
        id: "again",
        value: "yes",
        label: html! { (words.say("page_clerk.again")) },
        hint: Some(html! { (words.say("page_clerk.again_hint")) }),
        errors,
    };
    html! { (how.render(words)) (code.render(words)) (again.render(words)) }
}

fn address_fields(visit: &Visit, clerk: &Clerk, typed: &Typed, errors: &[FieldError]) -> Markup {
    let words = &visit.words;
    if clerk.office.ask.en.is_empty() {
        return html! {};
    }
    let address = TextField {
        name: "address",
        label: "page_clerk.address",
        hint: Some("page_clerk.address_hint"),
        value: &typed.address,
        errors,
        kind: InputKind::Lines,
        optional: true,
        ..TextField::default()
    };
    let choice = |value: &str, text: &str| Choice {
        value: value.to_owned(),
        label: html! { span lang=(value) { (text) } },
        hint: None,
        is_chosen: false,
    };
    let choices = [choice("en", "English"), choice("fr", "Français")];
    let legend = words.say("page_clerk.language");
    let language = Choices { name: "language", legend: &legend, hint: None, choices: &choices, errors };
    html! { (address.render(words)) (language.render(words)) }
}
