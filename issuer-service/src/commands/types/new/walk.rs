//! The conversation: one question at a time, `<` goes back, nothing is written before the yes at the end.

use std::fs::File;

use portage_catalog::{Catalog, LEAST_CONTRAST, Language, contrast, is_reserved_claim_name, plain_up_to};
use portage_issuer::{Reading, RegisterError, column_names};
use portage_reason::Reason;

use super::{
    Clerk, CommandError,
    answers::{Answers, COLOURS, ClaimAnswer, ColourAnswer, DAYS, Kind, Picture, address, word},
    say, table,
};
use crate::{commands::types::check::ratio, config::Config};

/// Longest answer.
const LONGEST: usize = 500;
/// Most claims that a conversation makes.
const MOST_CLAIMS: usize = 100;

/// The questions about the type, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    NameEn,
    NameFr,
    Id,
    DescriptionEn,
    DescriptionFr,
    Address,
    Table,
    Claims,
    LastDay,
    Days,
    Protected,
    Colours,
    DisclosureEn,
    DisclosureFr,
}

const QUESTIONS: [Question; 14] = [
    Question::NameEn,
    Question::NameFr,
    Question::Id,
    Question::DescriptionEn,
    Question::DescriptionFr,
    Question::Address,
    Question::Table,
    Question::Claims,
    Question::LastDay,
    Question::Days,
    Question::Protected,
    Question::Colours,
    Question::DisclosureEn,
    Question::DisclosureFr,
];

/// What was answered to one question.
enum Reply<T> {
    Value(T),
    Back,
}

/// Whether a question was answered or the one before is wanted.
#[derive(PartialEq, Eq)]
enum Moved {
    On,
    Back,
}

pub(super) struct Walk<'a, C> {
    clerk: &'a mut C,
    catalog: &'a Catalog,
    config: &'a Config,
    language: Language,
    answers: Answers,
    columns: Vec<String>,
}

impl<'a, C: Clerk> Walk<'a, C> {
    pub(super) fn new(
        clerk: &'a mut C,
        catalog: &'a Catalog,
        config: &'a Config,
        language: Language,
    ) -> Self {
        Walk { clerk, catalog, config, language, answers: Answers::default(), columns: Vec::new() }
    }

    /// Asks everything, shows what was made of it with `show`, and asks whether that is it.
    pub(super) fn walk(
        mut self,
        show: impl Fn(&Answers, &mut C) -> Result<(), CommandError>,
    ) -> Result<Answers, CommandError> {
        let welcome = self.say("issuer.new_welcome", &[]);
        self.clerk.tell(&welcome)?;
        let mut at = 0;
        while let Some(question) = QUESTIONS.get(at) {
            at = match self.question(*question)? {
                Moved::On => at + 1,
                Moved::Back => self.before(at),
            };
        }
        loop {
            let shown = show(&self.answers, self.clerk);
            if let Err(error) = &shown {
                self.clerk.tell(&error.to_string())?;
            }
            self.numbered()?;
            let prompt = self.say("issuer.new_review", &[]);
            let answer = self.line(&prompt)?;
            // What is no type yet cannot be written: an answer has to change.
            if shown.is_ok() && ["y", "yes", "o", "oui"].contains(&answer.to_lowercase().as_str()) {
                return Ok(self.answers);
            }
            if ["n", "no", "non"].contains(&answer.to_lowercase().as_str()) {
                return Err(self.stopped());
            }
            let number = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            if let Some(question) = number.and_then(|number| QUESTIONS.get(number)) {
                self.question(*question)?;
            }
        }
    }

    /// The question before, of those that are asked.
    fn before(&self, at: usize) -> usize {
        let is_asked = |at: &usize| QUESTIONS.get(*at).is_some_and(|question| self.is_asked(*question));
        (0..at).rev().find(is_asked).unwrap_or_default()
    }

    fn is_asked(&self, question: Question) -> bool {
        match question {
            Question::LastDay => self.answers.claims.iter().any(|claim| claim.kind == Kind::Date),
            Question::DisclosureFr => {
                self.answers.disclosure.as_ref().is_some_and(|text| !text.en.is_empty())
            }
            _ => true,
        }
    }

    /// The answers by their number, so that one can be changed.
    fn numbered(&mut self) -> Result<(), CommandError> {
        for (number, question) in (1..).zip(QUESTIONS) {
            let answer = self.answer(question);
            let answer = if answer.is_empty() { "–".to_owned() } else { answer };
            let line = format!("{number:>2}. {}: {answer}", self.say(question.title(), &[]));
            self.clerk.tell(&line)?;
        }
        Ok(())
    }

    fn answer(&self, question: Question) -> String {
        let answers = &self.answers;
        let disclosure = answers.disclosure.clone().unwrap_or_default();
        match question {
            Question::NameEn => answers.name.en.clone(),
            Question::NameFr => answers.name.fr.clone(),
            Question::Id => answers.id(),
            Question::DescriptionEn => answers.description.en.clone(),
            Question::DescriptionFr => answers.description.fr.clone(),
            Question::Address => answers.address.clone().unwrap_or_else(|| address(&self.config.url)),
            Question::Table => answers.record_column.clone().unwrap_or_default(),
            Question::Claims => {
                let names: Vec<_> = answers.claims.iter().map(ClaimAnswer::claim_name).collect();
                names.join(", ")
            }
            Question::LastDay => answers.last_day.clone().unwrap_or_default(),
            Question::Days => answers.validity_days.unwrap_or(DAYS).to_string(),
            Question::Protected => self.yes_or_no(answers.protected),
            Question::Colours => {
                let (background, text) = self.colours();
                format!("{text} / {background}")
            }
            Question::DisclosureEn => disclosure.en,
            Question::DisclosureFr => disclosure.fr,
        }
    }

    fn question(&mut self, question: Question) -> Result<Moved, CommandError> {
        let before = Some(self.answer(question)).filter(|before| !before.is_empty());
        let before = before.as_deref();
        let key = question.title();
        Ok(match question {
            Question::NameEn => {
                keep(self.text(key, before, Needed::Yes)?, |text| self.answers.name.en = text)
            }
            Question::NameFr => {
                keep(self.text(key, before, Needed::French)?, |text| self.answers.name.fr = text)
            }
            Question::DescriptionEn => {
                keep(self.text(key, before, Needed::Yes)?, |text| self.answers.description.en = text)
            }
            Question::DescriptionFr => {
                keep(self.text(key, before, Needed::French)?, |text| self.answers.description.fr = text)
            }
            Question::Id => keep(self.id(key, before)?, |id| self.answers.id = Some(id)),
            Question::Address => {
                keep(self.ask(key, before, https)?, |address| self.answers.address = Some(address))
            }
            Question::Table => self.table()?,
            Question::Claims => self.claims()?,
            Question::LastDay => self.last_day(before)?,
            Question::Days => {
                keep(self.ask(key, before, days)?, |days| self.answers.validity_days = Some(days))
            }
            Question::Protected => {
                let reply = self.yes(key, &[], self.answers.protected)?;
                keep(reply, |protected| self.answers.protected = protected)
            }
            Question::Colours => self.ask_colours()?,
            Question::DisclosureEn => keep(self.text(key, before, Needed::No)?, |text| {
                self.answers.disclosure.get_or_insert_default().en = text;
            }),
            Question::DisclosureFr => {
                if !self.is_asked(question) {
                    self.answers.disclosure = None;
                    return Ok(Moved::On);
                }
                keep(self.text(key, before, Needed::French)?, |text| {
                    self.answers.disclosure.get_or_insert_default().fr = text;
                })
            }
        })
    }

    fn id(&mut self, key: &str, before: Option<&str>) -> Result<Reply<String>, CommandError> {
        let catalog = self.catalog;
        self.ask(key, before, |id| {
            if !portage_catalog::is_id(id) {
                return Err("issuer.new_not_an_id");
            }
            if catalog.credential_type(id).is_some() {
                return Err("issuer.new_id_taken");
            }
            Ok(id.to_owned())
        })
    }

    /// The columns of the file that is named, read as a register is; none where no file is. `None`: back.
    fn columns_of_a_table(&mut self) -> Result<Option<Vec<String>>, CommandError> {
        loop {
            let reply = self.ask(Question::Table.title(), None, |path| Ok(path.to_owned()))?;
            let Reply::Value(path) = reply else { return Ok(None) };
            if path.is_empty() {
                return Ok(Some(Vec::new()));
            }
            let read = File::open(&path).map_err(RegisterError::from);
            match read.and_then(|file| column_names(file, Reading::default())) {
                Ok(columns) => return Ok(Some(columns)),
                Err(error) => {
                    let what = plain_up_to(error.text().in_language(self.language), LONGEST);
                    let line = self.say("issuer.new_no_table", &[("what", &what)]);
                    self.clerk.tell(&line)?;
                }
            }
        }
    }

    /// A table to issue from: its columns become claims, one by one, as far as the clerk wants them.
    fn table(&mut self) -> Result<Moved, CommandError> {
        let Some(columns) = self.columns_of_a_table()? else { return Ok(Moved::Back) };
        self.answers.record_column = None;
        if columns.is_empty() {
            self.answers.claims.iter_mut().for_each(|claim| claim.column = None);
            return Ok(Moved::On);
        }
        let list = columns.join(", ");
        let found = self.say("issuer.new_columns", &[("columns", &plain_up_to(&list, 2000))]);
        self.clerk.tell(&found)?;
        let known = columns.clone();
        let reply = self.ask("issuer.new_record", None, move |column| {
            known.iter().find(|known| *known == column).cloned().ok_or("issuer.new_no_column")
        })?;
        let Reply::Value(record) = reply else { return Ok(Moved::Back) };
        self.answers.record_column = Some(record);
        self.columns.clone_from(&columns);
        for column in columns {
            if self.answers.claims.iter().any(|claim| claim.column.as_ref() == Some(&column)) {
                continue;
            }
            let take = self.yes("issuer.new_take_column", &[("column", &column)], true)?;
            match take {
                Reply::Back => return Ok(Moved::Back),
                Reply::Value(false) => {}
                Reply::Value(true) => {
                    let mut proposed = ClaimAnswer {
                        column: Some(column.clone()),
                        required: true,
                        ..ClaimAnswer::default()
                    };
                    proposed.label.en = table::label(&column);
                    if let Some(claim) = self.claim(proposed)? {
                        self.answers.claims.push(claim);
                    }
                }
            }
        }
        Ok(Moved::On)
    }

    /// The claims, until there are no more: a number changes one, `-` and a number takes one away.
    fn claims(&mut self) -> Result<Moved, CommandError> {
        loop {
            for (number, claim) in (1..).zip(self.answers.claims.clone()) {
                let line =
                    format!("{number:>2}. {} ({})", claim.label.in_words(self.language), claim.claim_name());
                self.clerk.tell(&line)?;
            }
            let prompt = self.say("issuer.new_claim", &[]);
            let answer = self.line(&prompt)?;
            let place =
                |text: &str| text.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            match answer.as_str() {
                "" => return Ok(Moved::On),
                "<" => return Ok(Moved::Back),
                answer => {
                    let count = self.answers.claims.len();
                    let removed = answer.strip_prefix('-').and_then(place).filter(|at| *at < count);
                    if let Some(at) = removed {
                        self.answers.claims.remove(at);
                    } else if let Some(claim) =
                        place(answer).and_then(|at| self.answers.claims.get(at).cloned())
                    {
                        let at = place(answer).unwrap_or_default();
                        if let Some(changed) = self.claim(claim)?
                            && let Some(claim) = self.answers.claims.get_mut(at)
                        {
                            *claim = changed;
                        }
                    } else if answer.chars().any(char::is_alphabetic) && count < MOST_CLAIMS {
                        let mut new = ClaimAnswer { required: true, ..ClaimAnswer::default() };
                        new.label.en = answer.to_owned();
                        if let Some(claim) = self.claim_after_label(new)? {
                            self.answers.claims.push(claim);
                        }
                    }
                }
            }
        }
    }

    /// A claim that has an English label to begin with; `None`: the clerk went back before it.
    fn claim(&mut self, mut claim: ClaimAnswer) -> Result<Option<ClaimAnswer>, CommandError> {
        loop {
            match self.text("issuer.new_label_en", Some(&claim.label.en.clone()), Needed::Yes)? {
                Reply::Back => return Ok(None),
                Reply::Value(label) => claim.label.en = label,
            }
            if let Some(whole) = self.claim_after_label(claim.clone())? {
                return Ok(Some(whole));
            }
        }
    }

    fn claim_after_label(&mut self, mut claim: ClaimAnswer) -> Result<Option<ClaimAnswer>, CommandError> {
        let mut at = 0;
        loop {
            let moved = match at {
                0 => {
                    let before = Some(claim.label.fr.clone()).filter(|fr| !fr.is_empty());
                    keep(self.text("issuer.new_label_fr", before.as_deref(), Needed::French)?, |label| {
                        claim.label.fr = label;
                    })
                }
                1 => {
                    let proposed = claim.claim_name();
                    let reply = self.ask("issuer.new_claim_name", Some(&proposed), claim_name)?;
                    keep(reply, |name| claim.name = Some(name))
                }
                2 => {
                    let moved = keep(self.kind(&claim)?, |kind| claim.kind = kind);
                    match (moved, claim.kind) {
                        (Moved::On, Kind::Picture) => {
                            keep(self.picture(&claim)?, |picture| claim.picture = Some(picture))
                        }
                        (moved, _) => {
                            claim.picture = None;
                            moved
                        }
                    }
                }
                3 => {
                    let before = claim.description.clone().unwrap_or_default().en;
                    let before = Some(before).filter(|before| !before.is_empty());
                    keep(
                        self.text("issuer.new_claim_description_en", before.as_deref(), Needed::No)?,
                        |text| {
                            claim.description.get_or_insert_default().en = text;
                        },
                    )
                }
                4 => {
                    if claim.description.as_ref().is_none_or(|text| text.en.is_empty()) {
                        claim.description = None;
                        at += 1;
                        continue;
                    }
                    let before = claim.description.clone().unwrap_or_default().fr;
                    let before = Some(before).filter(|before| !before.is_empty());
                    keep(
                        self.text("issuer.new_claim_description_fr", before.as_deref(), Needed::French)?,
                        |text| claim.description.get_or_insert_default().fr = text,
                    )
                }
                5 => keep(self.yes("issuer.new_required", &[], claim.required)?, |yes| {
                    claim.required = yes;
                }),
                6 => keep(self.yes("issuer.new_personal", &[], claim.personal)?, |yes| claim.personal = yes),
                _ => return Ok(Some(claim)),
            };
            at = match (moved, at) {
                (Moved::On, at) => at + 1,
                (Moved::Back, 0) => return Ok(None),
                (Moved::Back, 5) if claim.description.is_none() => 3,
                (Moved::Back, at) => at - 1,
            };
        }
    }

    fn kind(&mut self, claim: &ClaimAnswer) -> Result<Reply<Kind>, CommandError> {
        let label = claim.label.en.to_lowercase();
        let from_table = claim.column.is_some();
        let guess = match claim.kind {
            Kind::Text if label.contains("date") || label.contains("birth") => 4,
            Kind::Text if !from_table && (label.contains("photo") || label.contains("picture")) => 5,
            kind => Kind::ALL.iter().position(|known| *known == kind).unwrap_or_default() + 1,
        };
        self.ask("issuer.new_kind", Some(&guess.to_string()), |text| {
            let number = text.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            match number.and_then(|number| Kind::ALL.get(number)) {
                // No cell can hold one, and the type would be refused at the end.
                Some(Kind::Picture) if from_table => Err("issuer.new_no_cell"),
                kind => kind.copied().ok_or("issuer.new_no_kind"),
            }
        })
    }

    /// What kind of picture, which a reader has to know before they draw it.
    fn picture(&mut self, claim: &ClaimAnswer) -> Result<Reply<Picture>, CommandError> {
        let before = if claim.picture == Some(Picture::Png) { "2" } else { "1" };
        self.ask("issuer.new_picture", Some(before), |text| match text {
            "1" => Ok(Picture::Jpeg),
            "2" => Ok(Picture::Png),
            _ => Err("issuer.new_no_picture"),
        })
    }

    /// Which claim is the last valid day, where one of them is a date.
    fn last_day(&mut self, before: Option<&str>) -> Result<Moved, CommandError> {
        let dates: Vec<String> = self
            .answers
            .claims
            .iter()
            .filter(|claim| claim.kind == Kind::Date)
            .map(ClaimAnswer::claim_name)
            .collect();
        if dates.is_empty() {
            self.answers.last_day = None;
            return Ok(Moved::On);
        }
        let list = dates.join(", ");
        let line = self.say("issuer.new_dates", &[("claims", &list)]);
        self.clerk.tell(&line)?;
        let reply = self.ask(Question::LastDay.title(), before, move |name| match name {
            "" | "-" => Ok(None),
            name if dates.iter().any(|date| date == name) => Ok(Some(name.to_owned())),
            _ => Err("issuer.new_no_date"),
        })?;
        Ok(keep(reply, |claim| self.answers.last_day = claim))
    }

    fn colours(&self) -> (String, String) {
        match &self.answers.colours {
            Some(colours) => (colours.background.clone(), colours.text.clone()),
            None => (COLOURS.0.to_owned(), COLOURS.1.to_owned()),
        }
    }

    /// Two colours, such that one can be read on the other.
    fn ask_colours(&mut self) -> Result<Moved, CommandError> {
        loop {
            let (background, text) = self.colours();
            let Reply::Value(background) = self.ask("issuer.new_background", Some(&background), colour)?
            else {
                return Ok(Moved::Back);
            };
            let Reply::Value(text) = self.ask("issuer.new_text_colour", Some(&text), colour)? else {
                continue;
            };
            let found = contrast(&background, &text).unwrap_or_default();
            if found >= LEAST_CONTRAST {
                self.answers.colours = Some(ColourAnswer { background, text });
                return Ok(Moved::On);
            }
            let found = ratio(found, self.language);
            let line = self.say("issuer.finding_low_contrast", &[("contrast", &found)]);
            self.clerk.tell(&line)?;
        }
    }

    fn text(
        &mut self,
        key: &str,
        before: Option<&str>,
        needed: Needed,
    ) -> Result<Reply<String>, CommandError> {
        self.ask(key, before, |text| match (text, needed) {
            ("", Needed::Yes) => Err("issuer.new_needed"),
            // Said again, because it is so easily left for later; what is missing is then shown in English, marked.
            ("-", Needed::French | Needed::No) => Ok(String::new()),
            ("", Needed::French) => Err("issuer.new_french"),
            (text, _) => Ok(text.to_owned()),
        })
    }

    fn yes(&mut self, key: &str, values: &[(&str, &str)], before: bool) -> Result<Reply<bool>, CommandError> {
        let usual = self.yes_or_no(before);
        let question = self.say(key, values);
        self.ask_in_words(&question, Some(&usual), |text| match text.to_lowercase().as_str() {
            "y" | "yes" | "o" | "oui" => Ok(true),
            "n" | "no" | "non" => Ok(false),
            _ => Err("issuer.new_yes_or_no"),
        })
    }

    fn yes_or_no(&self, yes: bool) -> String {
        self.say(if yes { "value.yes" } else { "value.no" }, &[])
    }

    fn ask<T>(
        &mut self,
        key: &str,
        before: Option<&str>,
        read: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<Reply<T>, CommandError> {
        let question = self.say(key, &[]);
        self.ask_in_words(&question, before, read)
    }

    /// Asks until the answer can be used. Nothing but Enter is what was answered before, or what is proposed.
    fn ask_in_words<T>(
        &mut self,
        question: &str,
        before: Option<&str>,
        read: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<Reply<T>, CommandError> {
        let asked = before.map_or_else(|| question.to_owned(), |before| format!("{question} [{before}]"));
        let prompt = self.say("issuer.new_prompt", &[("question", &asked)]);
        loop {
            let line = self.line(&prompt)?;
            let answer = match (line.as_str(), before) {
                ("<", _) => return Ok(Reply::Back),
                ("", Some(before)) => before,
                (line, _) => line,
            };
            match read(answer) {
                Ok(value) => return Ok(Reply::Value(value)),
                Err(key) => {
                    let line = self.say(key, &[]);
                    self.clerk.tell(&line)?;
                }
            }
        }
    }

    fn line(&mut self, prompt: &str) -> Result<String, CommandError> {
        match self.clerk.ask(prompt) {
            Ok(Some(line)) => Ok(plain_up_to(&line, LONGEST)),
            Ok(None) | Err(_) => Err(self.stopped()),
        }
    }

    fn stopped(&self) -> CommandError {
        CommandError::Refused(Reason::ConsentRequired, self.say("issuer.new_stopped", &[]))
    }

    fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        say(key, self.language, values)
    }
}

/// Whether a text may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needed {
    Yes,
    /// By `-`, knowingly.
    French,
    No,
}

fn keep<T>(reply: Reply<T>, keep: impl FnOnce(T)) -> Moved {
    match reply {
        Reply::Value(value) => {
            keep(value);
            Moved::On
        }
        Reply::Back => Moved::Back,
    }
}

fn https(text: &str) -> Result<String, &'static str> {
    match url::Url::parse(text) {
        Ok(url) if url.scheme() == "https" && url.query().is_none() && url.fragment().is_none() => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err("issuer.new_not_https"),
    }
}

fn days(text: &str) -> Result<u32, &'static str> {
    text.parse().ok().filter(|days| *days > 0).ok_or("issuer.new_not_days")
}

fn colour(text: &str) -> Result<String, &'static str> {
    contrast(text, text).map(|_| text.to_lowercase()).ok_or("issuer.new_not_a_colour")
}

/// A name that a claim may have; one with other signs in it becomes one.
fn claim_name(text: &str) -> Result<String, &'static str> {
    let name = word(text, '_');
    if name.is_empty() || is_reserved_claim_name(&name) { Err("issuer.new_not_a_name") } else { Ok(name) }
}

impl Question {
    const fn title(self) -> &'static str {
        match self {
            Question::NameEn => "issuer.new_name_en",
            Question::NameFr => "issuer.new_name_fr",
            Question::Id => "issuer.new_id",
            Question::DescriptionEn => "issuer.new_description_en",
            Question::DescriptionFr => "issuer.new_description_fr",
            Question::Address => "issuer.new_address",
            Question::Table => "issuer.new_table",
            Question::Claims => "issuer.new_claims",
            Question::LastDay => "issuer.new_last_day",
            Question::Days => "issuer.new_days",
            Question::Protected => "issuer.new_protected",
            Question::Colours => "issuer.new_colours",
            Question::DisclosureEn => "issuer.new_disclosure_en",
            Question::DisclosureFr => "issuer.new_disclosure_fr",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, io};

    use super::*;

    /// Somebody who gives these answers and then goes.
    struct Scripted {
        answers: VecDeque<&'static str>,
        told: Vec<String>,
    }

    impl Clerk for Scripted {
        fn ask(&mut self, prompt: &str) -> io::Result<Option<String>> {
            self.told.push(prompt.to_owned());
            Ok(self.answers.pop_front().map(|answer| format!("{answer}\n")))
        }

        fn tell(&mut self, line: &str) -> Result<(), CommandError> {
            self.told.push(line.to_owned());
            Ok(())
        }

        fn is_coloured(&self) -> bool {
            false
        }
    }

    fn walk(language: Language, answers: &[&'static str]) -> (Result<Answers, CommandError>, Vec<String>) {
        let mut clerk = Scripted { answers: answers.iter().copied().collect(), told: Vec::new() };
        let folder = tempfile::tempdir().unwrap();
        let text = r#"
            url = "https://city.example"
            listen = "127.0.0.1:1"
            name = { en = "City", fr = "Ville" }
            did = "did:web"
            types = ["person"]
            [validity_days]
            [signing]
            jose = "EdDSA"
            data_integrity = "eddsa-rdfc-2022"
            [status]
            publish_seconds = 60
            ttl_seconds = 60
            [notification]
            enabled = false
            [network]
            allow = []
        "#;
        std::fs::write(folder.path().join("issuer.toml"), text).unwrap();
        let config = Config::read(folder.path()).unwrap();
        let catalog = Catalog::bundled();
        let walk = Walk::new(&mut clerk, &catalog, &config, language);
        let made = walk.walk(|answers, _| super::super::make(answers, &catalog, &config).map(drop));
        (made, clerk.told)
    }

    const TYPE: [&str; 7] =
        ["Library Card", "Carte de bibliothèque", "", "Lends books.", "Prête des livres.", "", ""];
    const CLAIM: [&str; 7] = ["Valid until", "Valide jusqu’au", "", "4", "-", "", ""];

    #[test]
    fn a_conversation_makes_a_type() {
        let rest = ["", "valid_until", "", "", "", "", "-", "y"];
        let (made, _) = walk(Language::En, &[&TYPE[..], &CLAIM, &rest].concat());
        let made = made.unwrap();
        assert_eq!((made.id().as_str(), made.last_day.as_deref()), ("library-card", Some("valid_until")));
        let claim = &made.claims[0];
        assert_eq!(
            (claim.claim_name().as_str(), claim.kind, claim.required),
            ("valid_until", Kind::Date, true)
        );
        assert_eq!(made.address.as_deref(), Some("https://city.example"));
        assert_eq!(made.disclosure, None);
    }

    #[test]
    fn a_typo_is_corrected_by_going_back_and_at_the_end_by_its_number() {
        let typo =
            ["Libary", "<", "Library Card", "Carte", "person", "Library", "library-card", "Lends.", ""];
        let (_, told) = walk(Language::En, &typo);
        assert!(told.iter().any(|line| line == "Name in English [Libary]:"), "{told:?}");
        assert!(told.iter().any(|line| line == "There is a type of that id already."));
        assert!(told.iter().any(|line| line.starts_with("An id has small letters")));

        // Back over a question that was not asked: without a date there is no last day.
        let back = ["Holder", "Titulaire", "", "1", "-", "", "y", "", "<", "", "90", "", "", "", "-"];
        let end = ["2", "Carte de prêt", "y"];
        let (made, told) = walk(Language::En, &[&TYPE[..], &back, &end].concat());
        let made = made.unwrap();
        assert_eq!((made.name.fr.as_str(), made.validity_days), ("Carte de prêt", Some(90)), "{told:?}");
        assert_eq!(made.claims[0].claim_name(), "holder_value", "a format keeps holder for itself");
    }

    #[test]
    fn colours_that_cannot_be_read_are_asked_again_and_french_is_left_out_only_knowingly() {
        let name = ["Library Card", "", "-", "", "Lends books.", "-", "", "", ""];
        let rest = ["", "", "#ffffff", "#eeeeee", "#ffffff", "blue", "#000000", "-", "oui"];
        let (made, told) = walk(Language::Fr, &[&name[..], &rest].concat());
        let made = made.unwrap();
        assert_eq!(made.colours.unwrap().text, "#000000");
        assert_eq!(made.name.fr, "");
        assert!(told.iter().any(|line| line.contains("contraste de 1,1")), "{told:?}");
        assert!(told.iter().any(|line| line.starts_with("En français s’il vous plaît")));
        assert!(told.iter().any(|line| line == "Nom en anglais\u{a0}:"), "{told:?}");
    }

    #[test]
    fn a_table_is_read_as_a_register_is_whatever_its_encoding_and_separator() {
        let folder = tempfile::tempdir().unwrap();
        let text = "Numéro;\"Nom, prénom\";Photo;\nBL-1;Ada;x;\n";
        let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (name, bytes) in [
            ("utf-8", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
            ("utf-16", [b"\xff\xfe".to_vec(), utf_16].concat()),
            ("windows-1252", text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect()),
            ("tab", text.replace(';', "\t").into_bytes()),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, bytes).unwrap();
            let file: &'static str = Box::leak(file.to_str().unwrap().to_owned().into_boxed_str());
            let book = folder.path().join("book.xlsx");
            std::fs::write(&book, b"PK\x03\x04").unwrap();
            let book: &'static str = Box::leak(book.to_str().unwrap().to_owned().into_boxed_str());
            let table = [book, "no/such/file", file, "Numéro"];
            let number = ["y", "", "Numéro", "", "", "-", "", ""];
            let photo = ["n", "y", "", "Photo", "", "5", "1", "-", "", ""];
            let face = ["Face", "Visage", "", "5", "2", "-", "n", "", ""];
            let rest = [&photo[..], &face, &["", "", "", "", "-", "y"]].concat();
            let (made, told) = walk(Language::En, &[&TYPE[..6], &table, &number, &rest].concat());
            let made = made.unwrap_or_else(|error| panic!("{name}: {error} {told:#?}"));
            assert_eq!(made.record_column.as_deref(), Some("Numéro"));
            let columns: Vec<_> = made.claims.iter().map(|claim| claim.column.as_deref()).collect();
            assert_eq!(columns, [Some("Numéro"), Some("Photo"), None], "{name}");
            assert!(told.iter().any(|line| line.starts_with("A table cannot hold a picture")), "{told:#?}");
            assert_eq!(made.claims[2].picture, Some(Picture::Png));
            let draft = made.draft(&url::Url::parse("https://city.example").unwrap()).unwrap();
            assert_eq!(draft.claims[2].definition.media_type.as_deref(), Some("image/png"));
            assert!(told.iter().any(|line| line == "Columns: Numéro, Nom, prénom, Photo"), "{told:#?}");
            let refused: Vec<_> =
                told.iter().filter(|line| line.starts_with("That file could not be read")).collect();
            assert_eq!(refused.len(), 2, "{told:#?}");
            assert!(refused[0].to_lowercase().contains("spreadsheet"), "{refused:?}");
        }
    }

    #[test]
    fn whoever_leaves_has_made_nothing() {
        for leaving in [&["Library Card"][..], &TYPE, &[]] {
            let (made, _) = walk(Language::En, leaving);
            assert_eq!(made.unwrap_err().to_string(), "Nothing was written.");
        }
        let no = ["", "", "", "", "-", "n"];
        let (made, _) = walk(Language::En, &[&TYPE[..], &no].concat());
        assert_eq!(made.unwrap_err().reason(), Some(Reason::ConsentRequired));
    }
}
