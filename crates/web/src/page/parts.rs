//! What stands in a page beside its fields.

use maud::{Markup, html};

use super::Words;

/// The name of the form field that has the anti-forgery token.
pub(super) const TOKEN_FIELD: &str = "form-token";

/// How much a notice matters. Each has words of its own: nothing is told by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Good to know.
    Information,
    /// It went well.
    Done,
    /// Think before you go on.
    Warning,
    /// It did not work, or was refused.
    Refused,
}

/// A notice with a heading and what stands below it.
pub fn notice(kind: Notice, heading: &str, body: Markup, words: &Words) -> Markup {
    let (class, spoken) = match kind {
        Notice::Information => ("notice information", None),
        Notice::Done => ("notice done", None),
        Notice::Warning => ("notice warning", Some("page.warning")),
        Notice::Refused => ("notice error", Some("page.refused")),
    };
    html! {
        div class=(class) {
            h2 {
                @if let Some(key) = spoken { span class="hidden" { (words.say(key)) " " } }
                (heading)
            }
            (body)
        }
    }
}

/// Names and what they stand for, one a line. An empty one is left out.
pub fn summary_list(rows: &[(String, Markup)]) -> Markup {
    html! {
        dl class="summary" {
            @for (name, value) in rows {
                @if !value.0.is_empty() { div { dt { (name) } dd { (value) } } }
            }
        }
    }
}

/// More to read, closed at first: works without a script.
pub fn details(summary: &str, body: Markup) -> Markup {
    html! { details { summary { (summary) } div { (body) } } }
}

/// A form that posts to `action` with the session's anti-forgery token.
pub fn form(action: &str, token: &str, body: Markup) -> Markup {
    html! {
        form method="post" action=(action) novalidate {
            input type="hidden" name=(TOKEN_FIELD) value=(token);
            (body)
        }
    }
}

/// The same for a form with files.
pub fn upload_form(action: &str, token: &str, body: Markup) -> Markup {
    html! {
        form method="post" action=(action) enctype="multipart/form-data" novalidate {
            input type="hidden" name=(TOKEN_FIELD) value=(token);
            (body)
        }
    }
}

/// The button that does what the page is for.
pub fn button(label: &str) -> Markup {
    html! { button type="submit" class="button" { (label) } }
}

/// A second button of the same form: `name=value` tells which one was pressed.
pub fn plain_button(label: &str, name: &str, value: &str) -> Markup {
    html! { button type="submit" class="button plain" name=(name) value=(value) { (label) } }
}

/// A button for what cannot be undone.
pub fn danger_button(label: &str) -> Markup {
    html! { button type="submit" class="button danger" { (label) } }
}

/// A link that looks like a second button: back, or somewhere else.
pub fn plain_link_button(href: &str, label: &str) -> Markup {
    html! { a class="button plain" href=(href) { (label) } }
}

/// A link that looks like a button: goes somewhere, changes nothing.
pub fn link_button(href: &str, label: &str) -> Markup {
    html! { a class="button" href=(href) { (label) } }
}
