//! The page for people: what each service may issue and ask, and what changed. No script, no style, nothing from elsewhere.

use std::{fmt::Write, sync::Arc};

use axum::{
    extract::{RawQuery, State},
    http::HeaderMap,
    response::{Html, IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use portage_authority::{Registration, RegistryStore};
use portage_catalog::{Language, Text, message};
use portage_transparency_log::{ReadEntry, diff_since};
use portage_web::{Refusal, escape, language_of};
use url::form_urlencoded;

use super::{Service, unavailable};
use crate::words;

/// How far back the page tells what changed.
const RECENT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// `GET /`, `GET /?lang=fr`.
pub(super) async fn show(
    State(service): State<Arc<Service>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let asked = query.and_then(|query| {
        let mut members = form_urlencoded::parse(query.as_bytes());
        members.find(|(name, _)| name == "lang").and_then(|(_, tag)| Language::from_tag(&tag))
    });
    let language = asked.unwrap_or_else(|| language_of(&headers));
    let authority = &service.authority;
    let registrations = authority.registrations().await.map_err(unavailable)?;
    let entries = service.read_log.read_on(async |from| authority.store().log(from).await);
    let entries = entries.await.map_err(unavailable)?;
    let since = service.clock.now().checked_sub(RECENT).unwrap_or(Timestamp::MIN);
    let page = Page { language, catalog: authority.catalog() };
    Ok(Html(page.html(&authority.profile().name, &registrations, &entries, since)).into_response())
}

struct Page<'a> {
    language: Language,
    catalog: &'a portage_catalog::Catalog,
}

impl Page<'_> {
    fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        escape(&message(key, self.language, values))
    }

    fn html(
        &self,
        name: &Text,
        registrations: &[Registration],
        entries: &[ReadEntry],
        since: Timestamp,
    ) -> String {
        let title = escape(name.in_language(self.language));
        let (other, other_words) = match self.language {
            Language::En => (Language::Fr.tag(), "Français"),
            Language::Fr => (Language::En.tag(), "English"),
        };
        let tag = self.language.tag();
        let mut body = String::new();
        let _ = write!(
            body,
            "<p><a href=\"/?lang={other}\" lang=\"{other}\" hreflang=\"{other}\">{other_words}</a></p>\n<h1>{title}</h1>\n"
        );
        let _ = writeln!(body, "<h2>{}</h2>", self.say("authority.page_who", &[]));
        if registrations.is_empty() {
            let _ = writeln!(body, "<p>{}</p>", self.say("authority.nobody", &[]));
        }
        for registration in registrations {
            let mut lines = words::lines(registration, self.catalog, self.language).into_iter();
            let _ = writeln!(body, "<h3>{}</h3>\n<ul>", escape(&lines.next().unwrap_or_default()));
            for line in lines {
                let _ = writeln!(body, "<li>{}</li>", escape(&line));
            }
            body.push_str("</ul>\n");
        }
        self.changes(&mut body, entries, since);
        format!(
            "<!DOCTYPE html>\n<html lang=\"{tag}-CA\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             </head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
        )
    }

    /// The words of `authority log diff`, and then every recent entry.
    fn changes(&self, body: &mut String, entries: &[ReadEntry], since: Timestamp) {
        let _ = writeln!(body, "<h2>{}</h2>", self.say("authority.page_asks", &[]));
        let services = diff_since(entries, since, self.language);
        if services.is_empty() {
            let _ = writeln!(body, "<p>{}</p>", self.say("authority.no_change", &[]));
        }
        for service in services {
            let _ = writeln!(body, "<h3>{} ({})</h3>\n<ul>", escape(&service.name), escape(&service.service));
            for (_, sentence) in service.changes {
                let _ = writeln!(body, "<li>{}</li>", escape(&sentence));
            }
            body.push_str("</ul>\n");
        }
        let _ = writeln!(body, "<h2>{}</h2>\n<ol>", self.say("authority.page_log", &[]));
        let last = (0..).zip(entries).collect::<Vec<_>>();
        for (index, entry) in last.into_iter().rev().take(MAX_ENTRIES) {
            let _ = writeln!(body, "<li>{}</li>", escape(&entry.sentence(index, self.language)));
        }
        body.push_str("</ol>\n");
    }
}

/// Most entries of the log on the page.
const MAX_ENTRIES: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_bring_markup_into_the_page() {
        let name = Text { en: "<script>alert(1)</script>".into(), fr: "Ville d'ici".into() };
        let catalog = portage_catalog::Catalog::bundled();
        let html =
            |language| Page { language, catalog: &catalog }.html(&name, &[], &[], Timestamp::UNIX_EPOCH);
        assert!(html(Language::En).contains("&lt;script&gt;") && !html(Language::En).contains("<script"));
        assert!(
            html(Language::Fr).contains("Ville d&#39;ici") && html(Language::Fr).contains("lang=\"fr-CA\"")
        );
    }
}
