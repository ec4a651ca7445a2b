//! Fields of a form: each with a label, and where it has them a hint and an error, tied to it for screen readers.

use maud::{Markup, html};

use super::Words;

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name, which is its id in the page too.
    pub field: &'static str,
    /// What is wrong and what to do, in words.
    pub text: String,
}

impl FieldError {
    /// An error told by a message.
    pub fn of(field: &'static str, key: &str, words: &Words) -> Self {
        FieldError { field, text: words.say(key) }
    }
}

/// What is typed into a text field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InputKind {
    /// One line.
    #[default]
    Line,
    /// A passphrase: not shown while it is typed. The value never comes back in a page.
    Secret,
    /// A short code: digits are offered first on a touch keyboard.
    Code,
    /// Several lines.
    Lines,
}

/// A field that somebody types into.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextField<'f> {
    /// Its name in the form, and its id.
    pub name: &'static str,
    /// The label's message.
    pub label: &'static str,
    /// The hint's message.
    pub hint: Option<&'static str>,
    /// What was typed before.
    pub value: &'f str,
    /// The errors of the form: those of this field are shown.
    pub errors: &'f [FieldError],
    /// What is typed.
    pub kind: InputKind,
    /// `autocomplete`, such as `current-password`; off where empty.
    pub autocomplete: &'static str,
    /// Whether the form cannot do without it. Checked by the program, not by the browser.
    pub optional: bool,
}

impl TextField<'_> {
    /// The field.
    pub fn render(&self, words: &Words) -> Markup {
        let ids = Ids::of(self.name, self.hint, self.errors);
        let autocomplete = if self.autocomplete.is_empty() { "off" } else { self.autocomplete };
        html! {
            div class={ "field" @if ids.error.is_some() { " wrong" } } {
                label for=(self.name) {
                    (words.say(self.label))
                    @if self.optional { " " span class="quiet" { (words.say("page.optional")) } }
                }
                (ids.hint_and_error(words))
                @match self.kind {
                    InputKind::Lines => {
                        textarea id=(self.name) name=(self.name) rows="4" spellcheck="false" autocomplete=(autocomplete)
                            aria-describedby=[ids.described_by()] aria-invalid=[ids.invalid()] { (self.value) }
                    }
                    kind => {
                        input id=(self.name) name=(self.name) type={ @if kind == InputKind::Secret { "password" } @else { "text" } }
                            class=[(kind == InputKind::Code).then_some("short")]
                            inputmode=[(kind == InputKind::Code).then_some("numeric")]
                            value=[(kind != InputKind::Secret && !self.value.is_empty()).then_some(self.value)]
                            spellcheck="false" autocapitalize="none" autocomplete=(autocomplete)
                            aria-describedby=[ids.described_by()] aria-invalid=[ids.invalid()];
                    }
                }
            }
        }
    }
}

/// A file that somebody chooses.
#[derive(Debug, Clone, Copy, Default)]
pub struct FileField<'f> {
    /// Its name in the form, and its id.
    pub name: &'static str,
    /// The label's message.
    pub label: &'static str,
    /// The hint's message.
    pub hint: Option<&'static str>,
    /// `accept`, such as `image/png,image/jpeg`.
    pub accept: &'static str,
    /// The errors of the form.
    pub errors: &'f [FieldError],
}

impl FileField<'_> {
    /// The field.
    pub fn render(&self, words: &Words) -> Markup {
        let ids = Ids::of(self.name, self.hint, self.errors);
        html! {
            div class={ "field" @if ids.error.is_some() { " wrong" } } {
                label for=(self.name) { (words.say(self.label)) }
                (ids.hint_and_error(words))
                input id=(self.name) name=(self.name) type="file" accept=[(!self.accept.is_empty()).then_some(self.accept)]
                    aria-describedby=[ids.described_by()] aria-invalid=[ids.invalid()];
            }
        }
    }
}

/// One way to answer a question.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Its value in the form.
    pub value: String,
    /// What a person reads.
    pub label: Markup,
    /// What a person reads below it.
    pub hint: Option<Markup>,
    /// Whether it is chosen already. Never for a consent.
    pub is_chosen: bool,
}

/// A question with one answer: radio buttons.
#[derive(Debug, Clone, Copy)]
pub struct Choices<'f> {
    /// Its name in the form, and the id of the first choice.
    pub name: &'static str,
    /// The question.
    pub legend: &'f str,
    /// The hint's message.
    pub hint: Option<&'static str>,
    /// The answers.
    pub choices: &'f [Choice],
    /// The errors of the form.
    pub errors: &'f [FieldError],
}

impl Choices<'_> {
    /// The question.
    pub fn render(&self, words: &Words) -> Markup {
        let ids = Ids::of(self.name, self.hint, self.errors);
        html! {
            fieldset class={ "field" @if ids.error.is_some() { " wrong" } } aria-describedby=[ids.described_by()] {
                legend { (self.legend) }
                (ids.hint_and_error(words))
                @for (at, choice) in self.choices.iter().enumerate() {
                    @let id = if at == 0 { self.name.to_owned() } else { format!("{}-{at}", self.name) };
                    div class="choice" {
                        input id=(id) type="radio" name=(self.name) value=(choice.value) checked[choice.is_chosen]
                            aria-describedby=[choice.hint.is_some().then(|| format!("{id}-hint"))];
                        label for=(id) { (choice.label) }
                        @if let Some(hint) = &choice.hint { div class="hint" id={ (id) "-hint" } { (hint) } }
                    }
                }
            }
        }
    }
}

/// One box to tick. Never ticked already.
#[derive(Debug, Clone)]
pub struct Checkbox<'f> {
    /// Its name in the form.
    pub name: &'static str,
    /// Its id, where the form has several of the name; its name else.
    pub id: &'f str,
    /// Its value.
    pub value: &'f str,
    /// What a person reads.
    pub label: Markup,
    /// What a person reads below it.
    pub hint: Option<Markup>,
    /// The errors of the form.
    pub errors: &'f [FieldError],
}

impl Checkbox<'_> {
    /// The box.
    pub fn render(&self, words: &Words) -> Markup {
        let ids = Ids::of(self.name, None, self.errors);
        let id = if self.id.is_empty() { self.name } else { self.id };
        let hint = self.hint.is_some().then(|| format!("{id}-hint"));
        let described: Vec<String> = hint.into_iter().chain(ids.described_by()).collect();
        html! {
            div class={ "field" @if ids.error.is_some() { " wrong" } } {
                (ids.hint_and_error(words))
                div class="choice" {
                    input id=(id) type="checkbox" name=(self.name) value=(self.value)
                        aria-describedby=[(!described.is_empty()).then(|| described.join(" "))] aria-invalid=[ids.invalid()];
                    label for=(id) { (self.label) }
                    @if let Some(hint) = &self.hint { div class="hint" id={ (id) "-hint" } { (hint) } }
                }
            }
        }
    }
}

/// What a field is described by.
struct Ids<'f> {
    name: &'static str,
    hint: Option<&'static str>,
    error: Option<&'f FieldError>,
}

impl<'f> Ids<'f> {
    fn of(name: &'static str, hint: Option<&'static str>, errors: &'f [FieldError]) -> Self {
        Ids { name, hint, error: errors.iter().find(|error| error.field == name) }
    }

    fn described_by(&self) -> Option<String> {
        let hint = self.hint.map(|_| format!("{}-hint", self.name));
        let error = self.error.map(|_| format!("{}-error", self.name));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn invalid(&self) -> Option<&'static str> {
        self.error.map(|_| "true")
    }

    fn hint_and_error(&self, words: &Words) -> Markup {
        html! {
            @if let Some(hint) = self.hint { div class="hint" id={ (self.name) "-hint" } { (words.say(hint)) } }
            @if let Some(error) = self.error {
                div class="why" id={ (self.name) "-error" } {
                    span class="hidden" { (words.say("page.error")) " " } (error.text)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use portage_catalog::Language;

    use super::*;

    #[test]
    fn a_field_is_tied_to_its_label_hint_and_error() {
        let words = Words::new(Language::En);
        let errors = [FieldError { field: "code", text: "Type the code.".to_owned() }];
        let field = TextField {
            name: "code",
            label: "page.field",
            hint: Some("page.field"),
            errors: &errors,
            ..TextField::default()
        };
        let html = field.render(&words).into_string();
        for part in [
            "<label for=\"code\">",
            "id=\"code-hint\"",
            "id=\"code-error\"",
            "aria-describedby=\"code-hint code-error\"",
            "aria-invalid=\"true\"",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn u03_what_was_typed_comes_back_as_text_and_a_secret_not_at_all() {
        let words = Words::new(Language::En);
        let value = "\"><img src=x onerror=alert(1)>";
        let field = TextField { name: "link", label: "page.field", value, ..TextField::default() };
        let html = field.render(&words).into_string();
        assert!(html.contains("value=\"&quot;&gt;&lt;img"), "{html}");
        let secret = TextField { kind: InputKind::Secret, ..field }.render(&words).into_string();
        assert!(!secret.contains("onerror"), "{secret}");
    }
}
