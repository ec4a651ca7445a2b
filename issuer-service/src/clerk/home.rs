//! The types, and what each of them needs.

use axum::{extract::State, response::Response};
use maud::{Markup, html};
use portage_catalog::CredentialType;
use portage_issuer::ClerkStore;
use portage_service::staff::{Role, Visit};
use portage_web::page::{details, plain_link_button, summary_list};

use super::{Desk, HOME, OFFER, REGISTER};

/// `GET /`.
pub(super) async fn page<S: ClerkStore + 'static>(State(desk): State<Desk<S>>, visit: Visit) -> Response {
    let words = &visit.words;
    let lead = match visit.signed().role {
        Role::Clerk => "page_clerk.home_lead",
        Role::Approver => "page_clerk.home_lead_approver",
        _ => "page_clerk.home_lead_auditor",
    };
    let body = html! {
        p class="lead" { (words.say(lead)) }
        @for credential_type in desk.types() { (one(credential_type, &visit)) }
    };
    visit.page(HOME.path, "page_clerk.home_title").with_body(body).answer()
}

fn one(credential_type: &CredentialType, visit: &Visit) -> Markup {
    let words = &visit.words;
    let needed = credential_type.claims.iter().filter(|claim| claim.required);
    let needed = html! { ul translate="no" { @for claim in needed { li { (words.text(&claim.label)) } } } };
    let second: Vec<_> = credential_type
        .second_person
        .iter()
        .map(|change| words.say(&format!("page_clerk.change_{}", change.name())))
        .collect();
    let rows = [
        (words.say("page_clerk.type_needs"), needed),
        (words.say("page_clerk.type_second"), html! { @if !second.is_empty() { (second.join(", ")) } }),
    ];
    html! {
        h2 translate="no" { (words.text(&credential_type.name)) }
        p translate="no" { (words.text(&credential_type.description)) }
        (details(&words.say("page_clerk.type_more"), summary_list(&rows)))
        @if visit.signed().role == Role::Clerk {
            div class="actions" {
                (plain_link_button(&visit.href_of(OFFER, &credential_type.id), &words.say_with("page_clerk.offer_go", &[("type", &words.name(&credential_type.name))])))
                @if credential_type.register.is_some() {
                    (plain_link_button(&visit.href_of(REGISTER, &credential_type.id), &words.say_with("page_clerk.register_go", &[("type", &words.name(&credential_type.name))])))
                }
            }
        }
    }
}
