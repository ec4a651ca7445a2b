//! A decision in words: for staff at the counter, and for the person who comes back on the same device.

use maud::{Markup, html};
use portage_catalog::{Purpose, reason_hint, reason_sentence};
use portage_explain::{Explanation, Sentence};
use portage_reason::Reason;
use portage_verifier::{ShownToStaff, Verdict};
use portage_web::page::{Notice, Words, details, notice, summary_list};

/// What is told.
pub(crate) struct Told<'t> {
    pub(crate) verdict: &'t Verdict,
    pub(crate) purpose: Option<&'t Purpose>,
    pub(crate) explained: Option<&'t Explanation>,
    /// Whether the answer came back to the browser that asked.
    pub(crate) session_bound: bool,
}

/// Sentences about when and how old: what somebody at a counter has to see at once.
const AGES: [&str; 7] = [
    "explain.decided",
    "explain.in_force_ago",
    "explain.no_status",
    "explain.status_not_checked",
    "explain.chain_age",
    "explain.chain_until",
    "explain.logged",
];

impl Told<'_> {
    /// Whether nothing was shown: whoever said no and whoever has nothing look the same.
    fn nothing_was_shown(&self) -> bool {
        self.verdict.reasons() == [Reason::ConsentRequired]
    }

    pub(crate) fn title(&self) -> &'static str {
        match self.verdict {
            Verdict::Accepted { .. } => "page_counter.accepted",
            Verdict::Rejected { .. } if self.nothing_was_shown() => "page_counter.nothing_shown",
            Verdict::Rejected { .. } => "page_counter.rejected",
            Verdict::Indeterminate { .. } => "page_counter.indeterminate",
        }
    }

    /// For staff: with the claims that the purpose shows them, and no other.
    pub(crate) fn at_counter(&self, shown: &[ShownToStaff], words: &Words) -> Markup {
        html! {
            (self.what("page_counter.they_can", words))
            @if !shown.is_empty() {
                h2 { (words.say("page_counter.shown")) }
                (shown_claims(shown, words))
                p class="small quiet" { (words.say("page_counter.shown_only")) }
            }
            (self.on_what(words))
        }
    }

    /// For the person: no claim.
    pub(crate) fn for_person(&self, words: &Words) -> Markup {
        html! {
            (self.what("decision.todo", words))
            (self.on_what(words))
            p { (words.say("decision.back")) }
        }
    }

    /// The decision, and why. `todo` is the message that says who can do something.
    fn what(&self, todo: &str, words: &Words) -> Markup {
        let say = |key: &str| words.say(&format!("page_counter.{key}"));
        let told = match self.verdict {
            Verdict::Accepted { .. } => {
                notice(Notice::Done, &say("accepted_what"), html! { p { (say("accepted_why")) } }, words)
            }
            Verdict::Rejected { .. } if self.nothing_was_shown() => {
                notice(Notice::Information, &say("nothing_what"), html! { p { (say("nothing_why")) } }, words)
            }
            Verdict::Rejected { reasons, .. } => {
                notice(Notice::Refused, &say("rejected_what"), why(reasons, todo, words), words)
            }
            Verdict::Indeterminate { reasons, .. } => {
                let body = html! { p { (say("indeterminate_why")) } (why(reasons, todo, words)) };
                notice(Notice::Warning, &say("indeterminate_what"), body, words)
            }
        };
        html! {
            (told)
            @if let (false, Some(purpose)) = (matches!(self.verdict, Verdict::Accepted { .. }), self.purpose) {
                (without_a_wallet(purpose, words))
            }
        }
    }

    /// How old the evidence is, whether the answer is tied to the session, and the rest for whoever wants it.
    fn on_what(&self, words: &Words) -> Markup {
        let language = words.language();
        let sentences = self.explained.map(Explanation::sentences).unwrap_or_default();
        let is_age = |sentence: &&Sentence| AGES.contains(&sentence.key());
        let rest: Vec<&Sentence> =
            sentences.iter().filter(|sentence| !is_age(sentence) && !is_told_above(sentence)).collect();
        let bound = if self.session_bound { "bound" } else { "not_bound" };
        let ages: Vec<&Sentence> = sentences.iter().filter(is_age).collect();
        html! {
            @if !ages.is_empty() {
                h2 { (words.say("page_counter.ages")) }
                ul class="list" { @for sentence in &ages { li translate="no" { (sentence.text(language)) } } }
            }
            @if !self.nothing_was_shown() {
                h2 { (words.say(&format!("page_counter.{bound}"))) }
                p { (words.say(&format!("page_counter.{bound}_why"))) }
            }
            @if !rest.is_empty() {
                (details(&words.say("page_counter.rests_on"), html! {
                    ul class="list" { @for sentence in &rest { li translate="no" { (sentence.text(language)) } } }
                }))
            }
        }
    }
}

/// What the page says itself, in words of its own.
fn is_told_above(sentence: &Sentence) -> bool {
    let key = sentence.key();
    key.starts_with("decision.") || matches!(key, "explain.other_device" | "explain.same_device")
}

/// Each reason once, with what to do.
fn why(reasons: &[Reason], todo: &str, words: &Words) -> Markup {
    let language = words.language();
    let mut said: Vec<Reason> = Vec::new();
    for reason in reasons {
        if !said.contains(reason) {
            said.push(*reason);
        }
    }
    html! {
        @for reason in said {
            p { (words.say_with("decision.because", &[("sentence", reason_sentence(reason, language))])) }
            p { (words.say_with(todo, &[("hint", reason_hint(reason, language))])) }
        }
    }
}

/// How to do it without a wallet.
pub(crate) fn without_a_wallet(purpose: &Purpose, words: &Words) -> Markup {
    html! {
        h2 { (words.say("page_counter.no_phone")) }
        p translate="no" { (words.text(&purpose.alternative)) }
    }
}

fn shown_claims(shown: &[ShownToStaff], words: &Words) -> Markup {
    let row = |claim: &ShownToStaff| {
        let value = html! { span translate="no" { (words.value(&claim.value, claim.kind)) } };
        (words.name(&claim.label), value)
    };
    summary_list(&shown.iter().map(row).collect::<Vec<_>>())
}
