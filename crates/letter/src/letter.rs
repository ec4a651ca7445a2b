//! What stands on the sheets, and where.

use jiff::civil::Date;
use portage_catalog::{Language, Text, date_in_words, message};

use crate::{
    Addressee, CodeSheet, Letter, LetterError, MAX_ADDRESS_LINES, Office, languages,
    sheet::{Column, MARGIN, Sheet, Style, WIDTH},
};

/// Where the window of a No. 10 envelope shows the sheet however it slides: from 2.5 to 3.2 inches below the top, 0.9 to 4.4 from the left.
const WINDOW_TOP: f32 = 178.0;
const WINDOW: Column = Column { x: MARGIN, width: 240.0 };
/// Below the first fold; on the back no window is in the way.
const BODY_TOP: f32 = 262.0;
const BACK_TOP: f32 = 150.0;
const QR_WIDTH: f32 = 148.0;
const GAP: f32 = 22.0;

/// Both sides of a letter.
pub(crate) fn letter(letter: &Letter<'_>) -> Result<Vec<Sheet>, LetterError> {
    let [front, back] = languages(letter.office, letter.addressee);
    Ok(vec![side(letter, front, Side::Front)?, side(letter, back, Side::Back)?])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Front,
    Back,
}

/// One side, set smaller where its texts are long.
fn side(letter: &Letter<'_>, language: Language, side: Side) -> Result<Sheet, LetterError> {
    [1.0, 0.95]
        .into_iter()
        .find_map(|scale| side_at(letter, language, side, scale).ok())
        .map_or_else(|| side_at(letter, language, side, 0.9), Ok)
}

fn side_at(letter: &Letter<'_>, language: Language, side: Side, scale: f32) -> Result<Sheet, LetterError> {
    let say = |key: &str, values: &[(&str, &str)]| message(key, language, values);
    let type_name = letter.type_name.in_words(language);
    let name = letter.office.name.in_words(language);
    let title = say("letter.title", &[("type", &type_name)]);
    let mut sheet = Sheet::new(language, title.clone());
    match side {
        Side::Front => letterhead(
            &mut sheet,
            letter.office,
            letter.addressee,
            letter.day,
            "letter.other_side",
            language,
        )?,
        Side::Back => {
            office(&mut sheet, letter.office, language)?;
            sheet.y = BACK_TOP;
        }
    }

    sheet.set_scale(scale);
    sheet.heading(1, &title, Column::WHOLE)?;
    sheet.space(4.0);
    let about =
        [("type", type_name.as_str()), ("about", &letter.about.in_words(language)), ("office", &name)];
    sheet.paragraph(&say("letter.lead", &about), Style::BODY, Column::WHOLE)?;
    sheet.space(8.0);

    // The picture on the left, the steps beside it.
    let top = sheet.y;
    let steps = Column { x: MARGIN + QR_WIDTH + GAP, width: WIDTH - 2.0 * MARGIN - QR_WIDTH - GAP };
    sheet.heading(2, &say("letter.how", &[]), steps)?;
    sheet.space(2.0);
    let code = letter.asks_code.then_some("letter.step_code");
    let keys =
        ["letter.step_wallet", "letter.step_scan"].into_iter().chain(code).chain(["letter.step_agree"]);
    for (number, key) in (1..).zip(keys) {
        sheet.step(number, &say(key, &[("office", &name)]), steps)?;
    }
    let below_steps = sheet.y;
    sheet.y = top + 4.0;
    sheet.qr(letter.link, say("letter.qr_alt", &[("office", &name)]), MARGIN - 12.0, QR_WIDTH + 12.0)?;
    sheet.y = below_steps.max(top + QR_WIDTH + 16.0) + 6.0;

    sheet.paragraph(&say("letter.link", &[]), Style::STRONG, Column::WHOLE)?;
    sheet.link(letter.link, &say("letter.link_alt", &[("office", &name)]), Column::WHOLE)?;
    sheet.space(8.0);
    let until = say("letter.until", &[("day", &date_in_words(letter.last_day, language))]);
    sheet.paragraph(&until, Style::STRONG, Column::WHOLE)?;
    for (heading, text) in [
        ("letter.without", say("letter.without_text", &[])),
        ("letter.questions", letter.office.ask.in_words(language)),
    ] {
        sheet.space(8.0);
        sheet.heading(2, &say(heading, &[]), Column::WHOLE)?;
        sheet.paragraph(&text, Style::BODY, Column::WHOLE)?;
    }
    sheet.space(6.0);
    sheet.paragraph(&say("letter.yours", &[]), Style::SMALL, Column::WHOLE)?;
    sheet.foot(&say("letter.reference", &[("reference", letter.reference)]))?;
    sheet.fits()
}

/// The sheet with the code: both languages on one side.
pub(crate) fn code_sheet(code: &CodeSheet<'_>) -> Result<Vec<Sheet>, LetterError> {
    let [first, second] = languages(code.office, code.addressee);
    let type_name = |language| code.type_name.in_words(language);
    let title = message("letter.code_title", first, &[("type", &type_name(first))]);
    let mut sheet = Sheet::new(first, title.clone());
    letterhead(&mut sheet, code.office, code.addressee, code.day, "letter.other_below", first)?;
    sheet.heading(1, &title, Column::WHOLE)?;
    sheet.y += 4.0;
    let lead = message("letter.code_lead", first, &[("office", &code.office.name.in_words(first))]);
    sheet.paragraph(&lead, Style::BODY, Column::WHOLE)?;
    sheet.y += 10.0;
    // Wide apart to the eye, one word to whoever hears it.
    let apart: Vec<String> = code.tx_code.chars().map(String::from).collect();
    sheet.code(&apart.join("\u{a0}"), code.tx_code, Column::WHOLE)?;
    sheet.y += 8.0;
    sheet.paragraph(&message("letter.code_keep", first, &[]), Style::BODY, Column::WHOLE)?;
    sheet.paragraph(&code.office.ask.in_words(first), Style::BODY, Column::WHOLE)?;

    sheet.y += 18.0;
    sheet.bar(MARGIN, sheet.y, WIDTH - 2.0 * MARGIN, 0.8)?;
    sheet.y += 6.0;
    let title = message("letter.code_title", second, &[("type", &type_name(second))]);
    sheet.paragraph_in(second, &title, Style::HEADING, Column::WHOLE)?;
    let lead = message("letter.code_lead", second, &[("office", &code.office.name.in_words(second))]);
    sheet.paragraph_in(second, &lead, Style::BODY, Column::WHOLE)?;
    sheet.paragraph_in(second, &message("letter.code_keep", second, &[]), Style::BODY, Column::WHOLE)?;
    sheet.paragraph_in(second, &code.office.ask.in_words(second), Style::BODY, Column::WHOLE)?;
    // Enough to find the letter that belongs to it, not more.
    let short: String = code.reference.chars().take(8).collect();
    sheet.foot(&message("letter.reference", first, &[("reference", &short)]))?;
    Ok(vec![sheet.fits()?])
}

/// Who writes: the name in both languages, and the address.
fn office(sheet: &mut Sheet, office: &Office, language: Language) -> Result<(), LetterError> {
    sheet.bar(MARGIN, 44.0, 36.0, 4.0)?;
    sheet.y = 50.0;
    sheet.paragraph(&office.name.in_words(language), Style::OFFICE, Column::WHOLE)?;
    if !same_in_both(&office.name) {
        let small = Style { size: 10.0, leading: 14.0, ..Style::SMALL };
        let other = other_than(language);
        sheet.paragraph_in(other, &office.name.in_words(other), small, Column::WHOLE)?;
    }
    let address: Vec<&str> = office.address.iter().map(String::as_str).collect();
    sheet.lines(&address, Style::SMALL, Column::WHOLE)?;
    if sheet.y > BACK_TOP { Err(LetterError::TooLong) } else { Ok(()) }
}

/// Who writes, to whom, when, and where the other language is. Leaves the sheet at the first line of the text.
fn letterhead(
    sheet: &mut Sheet,
    from: &Office,
    addressee: Option<&Addressee>,
    day: Date,
    other_place: &str,
    language: Language,
) -> Result<(), LetterError> {
    office(sheet, from, language)?;
    if let Some(addressee) = addressee {
        set_address(sheet, addressee)?;
    }
    // Beside the window.
    let x = WINDOW.x + WINDOW.width + 40.0;
    let beside = Column { x, width: WIDTH - MARGIN - x };
    let other = other_than(language);
    sheet.y = WINDOW_TOP;
    sheet.paragraph(&date_in_words(day, language), Style::ADDRESS, beside)?;
    sheet.paragraph_in(other, &message(other_place, other, &[]), Style::SMALL, beside)?;
    sheet.y = BODY_TOP;
    Ok(())
}

const fn other_than(language: Language) -> Language {
    match language {
        Language::En => Language::Fr,
        Language::Fr => Language::En,
    }
}

fn same_in_both(text: &Text) -> bool {
    text.fr.is_empty() || text.en == text.fr
}

/// The address in the window.
pub(crate) fn set_address(sheet: &mut Sheet, addressee: &Addressee) -> Result<(), LetterError> {
    let lines: Vec<&str> =
        addressee.lines.iter().map(String::as_str).filter(|line| !line.trim().is_empty()).collect();
    if lines.len() > MAX_ADDRESS_LINES {
        return Err(LetterError::TooLong);
    }
    sheet.y = WINDOW_TOP;
    sheet.lines(&lines, Style::ADDRESS, WINDOW)
}
