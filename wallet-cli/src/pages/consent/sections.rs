//! What the two consent pages say, section by section.

use axum::response::Response;
use maud::{Markup, html};
use portage_catalog::plain;
use portage_reason::Reason;
use portage_trust::MayAsk;
use portage_wallet::{
    Asker, DisclosurePlan, Missing, PlannedAnswer, PurposeSource, Review, ShownPurpose, credential,
};
use portage_web::page::{
    Checkbox, FieldError, Heading, Notice, details, form, notice, plain_button, plain_link_button,
    summary_list,
};

use crate::{
    pages::{BEYOND, CONSENT, HOME, flow::Asked, shown, visit::Inside},
    ui,
};

pub(super) fn show(asked: &Asked, id: &str, errors: Vec<FieldError>, inside: &Inside) -> Response {
    let words = &inside.words;
    let path = CONSENT.path_of(id);
    let explained = asked.review.explained(inside.catalog()).lines(words.language());
    let explained =
        details(&words.say("page_wallet.explain"), html! { ul { @for line in explained { li { (line) } } } });
    let (title, body) = match &asked.review {
        Review::Answerable(plan) => {
            let who = shown::asker(plan.asker(), words);
            let title = Heading::Naming("page_wallet.consent_title", vec![("service", who)]);
            (title, plan_body(plan, id, &errors, explained, inside))
        }
        Review::Unanswerable { asker, missing } => {
            (Heading::Key("page_wallet.nothing_fits"), unanswerable(asker, missing, explained, inside))
        }
    };
    inside.page(&path, title).with_errors(errors).with_body(body).answer()
}

fn plan_body(
    plan: &DisclosurePlan,
    id: &str,
    errors: &[FieldError],
    explained: Markup,
    inside: &Inside,
) -> Markup {
    let words = &inside.words;
    let optional = plan.optional();
    let is_optional = |answer: &&PlannedAnswer| optional.iter().any(|group| group.contains(&answer.query));
    let (optional_answers, needed): (Vec<_>, Vec<_>) = plan.answers().iter().partition(is_optional);
    html! {
        (warnings(plan, inside))
        (who(plan.asker(), inside))
        (why(plan.asker(), inside))
        h2 { (words.say("page_wallet.learn")) }
        @if needed.is_empty() { p { (words.say("page_wallet.learn_nothing_needed")) } }
        @for answer in &needed { (learned(answer, inside)) }
        (not_learned(plan, inside))
        (terms(plan.asker().purpose.as_ref(), inside))
        (explained)
        (others(plan, id, inside))
        @if plan.is_protected() {
            p { (words.say("page_wallet.protected_no_way")) }
            (form(&inside.href_of(CONSENT, id), inside.token(), html! {
                div class="actions" { (plain_button(&words.say("page_wallet.consent_back"), "answer", "no")) }
            }))
        } @else {
            (question(plan, &optional, &optional_answers, id, errors, inside))
        }
    }
}

/// Who asks: name, host, and who says so.
fn who(asker: &Asker, inside: &Inside) -> Markup {
    let words = &inside.words;
    let mut rows = Vec::new();
    if let Some(name) = asker.name() {
        rows.push((words.say("page_wallet.name"), words.proper(name)));
    }
    rows.push((words.say("page_wallet.address"), html! { code { (asker.host) } }));
    let proof = words.say_with(asker.proof_message(), &[("host", &asker.host)]);
    rows.push((words.say("page_wallet.how_proved"), html! { (proof) }));
    rows.push((words.say("page_wallet.how_known"), html! { (how_known(asker, inside)) }));
    html! {
        h2 { (words.say("page_wallet.who")) }
        (summary_list(&rows))
    }
}

fn how_known(asker: &Asker, inside: &Inside) -> String {
    let words = &inside.words;
    let source = asker.purpose.as_ref().map(|purpose| &purpose.source);
    match (&asker.standing, source) {
        (MayAsk::Unknown, _) => words.say("page_wallet.known_not"),
        (MayAsk::NotRegistered(_), _) => words.say("page_wallet.known_not_for_this"),
        (MayAsk::Registered(_), Some(PurposeSource::Registered)) => words.say("wallet.registered"),
        (MayAsk::Registered(_), Some(PurposeSource::Vouched(by))) => {
            words.say_with("wallet.vouched", &[("authority", &words.name(&by.name))])
        }
        (MayAsk::Registered(_), _) => words.say("page_wallet.known_purpose_unknown"),
    }
}

/// What for, and by what law.
fn why(asker: &Asker, inside: &Inside) -> Markup {
    let words = &inside.words;
    html! {
        h2 { (words.say("page_wallet.why")) }
        @match &asker.purpose {
            None => p { (words.say("consent.no_purpose")) }
            Some(purpose) => {
                p { (words.text(&purpose.words.text)) }
                p { (words.say("page_wallet.by_what_law")) " " (words.proper(&purpose.words.law)) }
                @if purpose.source == PurposeSource::Told { p { strong { (words.say("wallet.purpose_told")) } } }
            }
        }
    }
}

fn learned(answer: &PlannedAnswer, inside: &Inside) -> Markup {
    let words = &inside.words;
    let (name, issuer) = (words.name(&answer.name), shown::issuer_name(&answer.issuer, words));
    html! {
        h3 { (words.say_naming("page_wallet.learn_from", &[("type", &name), ("issuer", &issuer)])) }
        @if answer.learned.is_empty() { p { (words.say("consent.learn_exists")) } }
        @else { (shown::claims(&answer.learned, Some(&answer.credential), words)) }
        @if answer.in_issuers_words { p { (words.say("wallet.issuers_words")) } }
        @if answer.is_shown_whole() { p { strong { (words.say("consent.whole")) } } }
    }
}

fn not_learned(plan: &DisclosurePlan, inside: &Inside) -> Markup {
    let words = &inside.words;
    let with_more = plan.answers().iter().filter(|answer| !answer.withheld.is_empty());
    html! {
        h2 { (words.say("page_wallet.not_learn")) }
        @for answer in with_more {
            p { (words.say_naming("page_wallet.not_learn_from", &[("type", &words.name(&answer.name))])) }
            (shown::labels(answer.withheld.iter().map(|claim| &claim.label), "ticked crossed", words))
        }
        p { (words.say("page_wallet.not_learn_issuer")) }
    }
}

/// How long, how else, whom to ask.
fn terms(purpose: Option<&ShownPurpose>, inside: &Inside) -> Markup {
    let words = &inside.words;
    let Some(purpose) = purpose else {
        return html! { h2 { (words.say("page_wallet.terms")) } p { (words.say("consent.kept_unknown")) } };
    };
    let purpose = &purpose.words;
    let kept = match purpose.retention_days {
        0 => words.say("consent.not_kept"),
        days => words.count("consent.kept", u64::from(days), &[]),
    };
    html! {
        h2 { (words.say("page_wallet.terms")) }
        (summary_list(&[
            (words.say("page_wallet.how_long"), html! { (kept) }),
            (words.say("page_wallet.other_way"), words.text(&purpose.alternative)),
            (words.say("page_wallet.contact"), contact(&purpose.contact)),
        ]))
    }
}

/// An address to write to is a link; anything else is text.
pub(in crate::pages) fn contact(contact: &str) -> Markup {
    let shown = plain(contact);
    match shown.strip_prefix("mailto:").filter(|address| is_address(address)) {
        Some(address) => html! { a href=(shown) { (address) } },
        None => html! { (shown) },
    }
}

/// Letters, digits and what an address has: nothing that would add headers or another recipient.
fn is_address(text: &str) -> bool {
    text.contains('@') && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@.-_+".contains(&byte))
}

/// What speaks against answering, before anything else.
fn warnings(plan: &DisclosurePlan, inside: &Inside) -> Markup {
    let words = &inside.words;
    let asker = plan.asker();
    let who = shown::asker(asker, words);
    html! {
        @if asker.log.is_err() {
            (notice(Notice::Warning, &words.say("page_wallet.warn_log"), html! { p { (words.say("page_wallet.warn_log_why")) } }, words))
        }
        @if !asker.has_vouched_purpose() {
            @let key = if shown::is_known(asker) { "page_wallet.warn_purpose" } else { "page_wallet.warn_unknown" };
            (notice(Notice::Warning, &words.say(key), html! { p { (words.say(&format!("{key}_why"))) } }, words))
        }
        @if plan.is_beyond_purpose() {
            (notice(Notice::Warning, &words.say("page_wallet.warn_beyond"), html! {
                p { (words.say_naming("page_wallet.warn_beyond_why", &[("service", &who)])) }
                ul { @for beyond in &asker.beyond_purpose { li { (ui::disclosure::excess(beyond, inside.catalog(), words.language())) } } }
            }, words))
        }
        @for answer in plan.answers() { (doubts(answer, inside)) }
    }
}

fn doubts(answer: &PlannedAnswer, inside: &Inside) -> Markup {
    let words = &inside.words;
    let name = words.name(&answer.name);
    html! {
        @if answer.protected {
            (notice(Notice::Warning, &words.say("page_wallet.warn_protected"), html! {
                p { (words.say_naming("wallet.protected", &[("type", &name)])) }
            }, words))
        }
        @for doubt in &answer.doubts {
            @let sentence = match doubt {
                Reason::Revoked => words.say_with("page_wallet.doubt_revoked", &[("type", &name)]),
                Reason::Suspended => words.say_with("page_wallet.doubt_suspended", &[("type", &name)]),
                Reason::StatusUnavailable | Reason::KeyNotFound => words.say_with("consent.status_unknown", &[("type", &name)]),
                other => portage_catalog::reason_sentence(*other, words.language()).to_owned(),
            };
            (notice(Notice::Warning, &words.say_with("page_wallet.warn_doubt", &[("type", &name)]), html! { p { (sentence) } }, words))
        }
    }
}

/// Other credentials that would answer as well.
fn others(plan: &DisclosurePlan, id: &str, inside: &Inside) -> Markup {
    let words = &inside.words;
    let with_others: Vec<_> = plan.answers().iter().filter(|answer| !answer.others.is_empty()).collect();
    html! {
        @for answer in with_others {
            h2 { (words.say("page_wallet.others")) }
            p { (words.say_naming("page_wallet.others_why", &[("type", &words.name(&answer.name))])) }
            (form(&inside.href_of(CONSENT, id), inside.token(), html! {
                ul class="list" {
                    @for other in &answer.others {
                        @if let Ok(Some(held)) = credential(inside.store(), other) {
                            @let name = words.name(&held.name(inside.catalog()));
                            @let day = words.day_of(held.received);
                            li {
                                (words.say_with("page_wallet.others_one", &[("type", &name), ("day", &day)])) " "
                                (plain_button(&words.say("page_wallet.others_use"), "use", &format!("{}={}", answer.query, other.0)))
                            }
                        }
                    }
                }
            }))
        }
    }
}

fn question(
    plan: &DisclosurePlan,
    optional: &[Vec<String>],
    optional_answers: &[&PlannedAnswer],
    id: &str,
    errors: &[FieldError],
    inside: &Inside,
) -> Markup {
    let words = &inside.words;
    let who = shown::asker(plan.asker(), words);
    let asks_unknown = plan.needs_second_agreement() && !plan.is_beyond_purpose();
    html! {
        h2 { (words.say_naming("page_wallet.question", &[("service", &who)])) }
        p { (words.say("page_wallet.question_no")) }
        (form(&inside.href_of(CONSENT, id), inside.token(), html! {
            @if !optional.is_empty() {
                h3 { (words.say("page_wallet.optional")) }
                p { (words.say("page_wallet.optional_why")) }
                @for answer in optional_answers {
                    (Checkbox {
                        name: "optional",
                        id: &format!("optional-{}", answer.query),
                        value: &answer.query,
                        label: html! { (words.say_naming("page_wallet.optional_show", &[("type", &words.name(&answer.name))])) },
                        hint: Some(learned(answer, inside)),
                        errors: &[],
                    }.render(words))
                }
            }
            @if asks_unknown {
                (Checkbox {
                    name: "unknown",
                    id: "",
                    value: "yes",
                    label: html! { (words.say_with("page_wallet.unknown_tick", &[("host", &plan.asker().host)])) },
                    hint: None,
                    errors,
                }.render(words))
            }
            div class="actions" {
                button type="submit" class="button" name="answer" value="yes" {
                    (words.say(if plan.is_beyond_purpose() { "page_wallet.yes_beyond" } else { "page_wallet.yes" }))
                }
                (plain_button(&words.say("page_wallet.no"), "answer", "no"))
            }
        }))
    }
}

pub(super) fn show_beyond(
    plan: &DisclosurePlan,
    id: &str,
    errors: Vec<FieldError>,
    inside: &Inside,
) -> Response {
    let words = &inside.words;
    let who = shown::asker(plan.asker(), words);
    let body = html! {
        p class="lead" { (words.say_naming("page_wallet.beyond_lead", &[("service", &who)])) }
        p { (words.say("page_wallet.beyond_advice")) }
        (form(&inside.href_of(BEYOND, id), inside.token(), html! {
            @for (at, beyond) in plan.asker().beyond_purpose.iter().enumerate() {
                @let first = errors.as_slice();
                (Checkbox {
                    name: "beyond",
                    id: &if at == 0 { "beyond".to_owned() } else { format!("beyond-{at}") },
                    value: &at.to_string(),
                    label: html! { (words.say("page_wallet.beyond_tick")) " " (ui::disclosure::excess(beyond, inside.catalog(), words.language())) },
                    hint: None,
                    errors: if at == 0 { first } else { &[] },
                }.render(words))
            }
            div class="actions" {
                (plain_button(&words.say("page_wallet.no"), "answer", "no"))
                button type="submit" class="button danger" name="answer" value="yes" { (words.say("page_wallet.beyond_yes")) }
            }
        }))
    };
    inside.page(&BEYOND.path_of(id), "page_wallet.beyond_title").with_errors(errors).with_body(body).answer()
}

/// Nothing in the wallet answers. To whoever asks it looks like a no.
fn unanswerable(asker: &Asker, missing: &[Missing], explained: Markup, inside: &Inside) -> Markup {
    let words = &inside.words;
    let names = missing.iter().map(|query| {
        let known = query.credential_type.as_deref().and_then(|id| inside.catalog().credential_type(id));
        match known {
            Some(known) => words.proper(&known.name),
            None => html! { (plain(query.credential_type.as_deref().unwrap_or(&query.query))) },
        }
    });
    html! {
        p class="lead" { (words.say("page_wallet.nothing_fits_lead")) }
        p { (words.say("wallet.missing")) }
        ul { @for name in names { li { (name) } } }
        (who(asker, inside))
        (why(asker, inside))
        (terms(asker.purpose.as_ref(), inside))
        (explained)
        p { (words.say("page_wallet.nothing_fits_no")) }
        div class="actions" { (plain_link_button(&inside.href(HOME), &words.say("page_wallet.back_home"))) }
    }
}
