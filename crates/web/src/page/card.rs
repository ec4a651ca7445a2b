//! A credential as a card in its type's colours.

use std::fmt::Write;

use maud::{Markup, html};
use portage_catalog::{CredentialType, LEAST_CONTRAST, contrast};

/// A card.
#[derive(Debug, Clone)]
pub struct Card<'c> {
    /// The catalogue's id of the type, for its colours; the site's own where there is none.
    pub type_id: Option<&'c str>,
    /// Where its picture is served, if it has one.
    pub logo: Option<String>,
    /// What it is.
    pub name: Markup,
    /// Who issued it.
    pub issuer: Markup,
    /// What else stands on it: until when, and the like.
    pub lines: Vec<Markup>,
    /// Where the card leads.
    pub href: Option<String>,
}

impl Card<'_> {
    /// The card.
    pub fn render(&self) -> Markup {
        let class = self.type_id.map(class_of).unwrap_or_default();
        html! {
            div class={ "card " (class) } {
                div class="face" {
                    @if let Some(logo) = &self.logo { img src=(logo) alt="" width="48" height="48"; }
                    div {
                        h2 {
                            @if let Some(href) = &self.href { a href=(href) { (self.name) } } @else { (self.name) }
                        }
                        p { (self.issuer) }
                    }
                }
                @if !self.lines.is_empty() {
                    div class="below" { @for line in &self.lines { p { (line) } } }
                }
            }
        }
    }
}

/// The class of a type's card. An id has small letters, digits and hyphens.
fn class_of(id: &str) -> String {
    format!("type-{id}")
}

/// A stylesheet with the colours of these types' cards. Text that would be hard to read on its background is black or white instead.
pub fn card_style<'t>(types: impl IntoIterator<Item = &'t CredentialType>) -> String {
    let mut css = String::new();
    for ty in types {
        let (background, text) = (ty.colours.0.as_str(), ty.colours.1.as_str());
        let readable = |text: &&str| contrast(background, text).is_some_and(|ratio| ratio >= LEAST_CONTRAST);
        let Some(text) = [text, "#ffffff", "#000000"].into_iter().find(readable) else { continue };
        if is_colour(background) && is_colour(text) {
            let _ = writeln!(css, ".{} .face{{background:{background};color:{text}}}", class_of(&ty.id));
        }
    }
    css
}

/// `#rrggbb`: nothing else enters a stylesheet.
fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use portage_catalog::Catalog;

    use super::*;

    #[test]
    fn colours_come_from_the_type_and_are_readable() {
        let catalog = Catalog::bundled();
        let css = card_style(catalog.types());
        assert!(css.contains(".type-person .face{background:#003366;color:#ffffff}"), "{css}");
        let mut faint = catalog.credential_type("person").unwrap().clone();
        faint.colours = ("#ffffff".to_owned(), "#eeeeee".to_owned());
        assert!(card_style([&faint]).contains("background:#ffffff;color:#000000"));
        faint.colours = ("red}body{display:none".to_owned(), "#000000".to_owned());
        assert_eq!(card_style([&faint]), "");
    }
}
