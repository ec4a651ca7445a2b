//! The resolve endpoint (§8.3): whoever pins this authority asks it about a stranger, and nobody else.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use jiff::Timestamp;
use portage_authority::{Registration, WhoKnows};
use portage_federation::{BELOW, MAX_LEVELS, RESOLVE_RESPONSE_MEDIA_TYPE};
use portage_verification::{Sources, follow};
use portage_web::Refusal;
use tokio::time::Instant;
use url::form_urlencoded;

use super::{
    Service,
    asking::{self, AT_ONCE, BOUND, first_answer},
    unavailable,
    wire::{invalid, signed},
};

/// How long one authority may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Longest name of a subject.
const MAX_SUBJECT: usize = 2048;

/// `federation_resolve_endpoint`. The subject may be a DID as well, which the standard does not foresee.
pub(super) async fn resolve(
    State(service): State<Arc<Service>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let question = Question::read(query.as_deref().unwrap_or_default())?;
    let authority = &service.authority;
    if !question.may_rest_on(authority.profile().id.as_str()) {
        return Err(Refusal::bad_request("invalid_trust_anchor"));
    }
    let now = service.clock.now();
    let answer =
        match authority.who_knows(&question.subject, question.below.is_none()).await.map_err(unavailable)? {
            WhoKnows::Registered(registration) => {
                answer_for_registered(&service, &question.subject, &registration, now).await?
            }
            WhoKnows::Perhaps(authorities) => {
                let levels = question.below.unwrap_or(MAX_LEVELS);
                match levels.checked_sub(1) {
                    Some(further) => answer_from_any(&service, &question, authorities, further, now).await?,
                    None => None,
                }
            }
        };
    let answer = answer.ok_or(Refusal::not_found())?;
    Ok(signed(RESOLVE_RESPONSE_MEDIA_TYPE, answer))
}

struct Question {
    subject: String,
    anchors: Vec<String>,
    /// How many levels further down may be asked, when an authority asks.
    below: Option<u8>,
}

impl Question {
    /// §8.3.1: of several anchors any one will do.
    fn may_rest_on(&self, own: &str) -> bool {
        self.anchors.iter().any(|anchor| anchor == own)
    }

    fn read(query: &str) -> Result<Self, Refusal> {
        let (mut subjects, mut anchors, mut below) = (Vec::new(), Vec::new(), None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "sub" => subjects.push(value.into_owned()),
                "trust_anchor" => anchors.push(value.into_owned()),
                BELOW => below = Some(value.parse::<u8>().map_or(0, |levels| levels.min(MAX_LEVELS))),
                _ => {}
            }
        }
        match <[String; 1]>::try_from(subjects) {
            Ok([subject]) if !subject.is_empty() && subject.len() <= MAX_SUBJECT => {
                Ok(Question { subject, anchors, below })
            }
            _ => Err(invalid("sub must be there once")),
        }
    }
}

/// What is missing is what the entity says of itself; its address is known since it was registered.
async fn answer_for_registered(
    service: &Service,
    subject: &str,
    registration: &Registration,
    now: Timestamp,
) -> Result<Option<String>, Refusal> {
    let url = registration.id.configuration_url().map_err(unavailable)?;
    let own = service.ways_out.go(service.sources.entity_statement(&url)).await;
    let Ok(bytes) = own else { return Ok(None) };
    let Ok(own) = String::from_utf8(bytes) else { return Ok(None) };
    let chain = vec![own.trim().to_owned()];
    let published = service.published().await?;
    service.authority.answer(subject, chain, &registration.id, &published, now).await.map_err(unavailable)
}

/// Asks several authorities at once, none of them for long, until one knows; nobody, when none of them knew a moment ago.
async fn answer_from_any(
    service: &Arc<Service>,
    question: &Question,
    authorities: Vec<Registration>,
    levels: u8,
    now: Timestamp,
) -> Result<Option<String>, Refusal> {
    let asked = asking::Question::new(&question.subject, question.below, &authorities);
    if service.misses.knows(&asked, Instant::now()) {
        return Ok(None);
    }
    let ask = |authority: Registration| {
        let (service, subject) = (service.clone(), question.subject.clone());
        async move {
            let asking = answer_from(&service, &subject, &authority, levels, now);
            let asking = tokio::time::timeout(PATIENCE, asking);
            service.ways_out.go(asking).await.unwrap_or(Ok(None))
        }
    };
    let answer = first_answer(authorities.into_iter().map(ask), AT_ONCE, BOUND).await?;
    if answer.is_none() {
        service.misses.note(asked, Instant::now());
    }
    Ok(answer)
}

/// Asks an authority below or beside.
async fn answer_from(
    service: &Service,
    subject: &str,
    asked: &Registration,
    levels: u8,
    now: Timestamp,
) -> Result<Option<String>, Refusal> {
    let mut inquiry = service.authority.inquiry(subject, asked, levels, now);
    follow(&mut inquiry, &service.sources).await;
    let found = inquiry.into_found();
    if found.is_empty() {
        return Ok(None);
    }
    let published = service.published().await?;
    for found in found {
        let answer = service.authority.answer(subject, found.statements, &asked.id, &published, now);
        if let Some(answer) = answer.await.map_err(unavailable)? {
            return Ok(Some(answer));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_trust_anchors_any_one_will_do_and_one_subject_is_asked_about() {
        const SUB: &str = "sub=https://city.example&trust_anchor=https://canada.example";
        let read = |query: &str| Question::read(query).ok();
        let may = |query: &str| read(query).map(|question| question.may_rest_on("https://bc.example"));
        assert_eq!(may(SUB), Some(false), "of another");
        assert_eq!(may("sub=https://city.example"), Some(false), "of nobody");
        assert_eq!(may(&format!("{SUB}&trust_anchor=https://bc.example")), Some(true));
        assert_eq!(may(&format!("{SUB}&sub=https://town.example")), None);
        assert_eq!(read(&format!("{SUB}&below=200")).and_then(|question| question.below), Some(MAX_LEVELS));
    }
}
