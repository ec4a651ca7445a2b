//! The letters, read again: text, tags, picture.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot read what it made has failed"
)]

use std::{collections::BTreeMap, process::Command};

use jiff::civil::date;
use lopdf::{Dictionary, Document, Object};
use portage_catalog::{Language, Text};
use portage_letter::{
    Addressee, CodeSheet, Letter, LetterError, Office, check_address, code_sheets, letters,
};

const LINK: &str = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fvancouver.example%2Foffers%2FhJ2c_9dKq0y3mZ-7VbX1sT4uRwE6nLpA8gFiOeYtQ5M";

fn text(en: &str, fr: &str) -> Text {
    Text { en: en.to_owned(), fr: fr.to_owned() }
}

fn office() -> Office {
    Office {
        name: text("City of Vancouver", "Ville de Vancouver"),
        address: vec!["453 West 12th Avenue, Vancouver BC  V5Y 1V4".to_owned()],
        ask: text(
            "Call 3-1-1, or 604-873-7000 from elsewhere, every day from 7 to 10. Or come to our counter at City Hall.",
            "Composez le 3-1-1, ou le 604-873-7000 d’ailleurs, tous les jours de 7 h à 22 h. Ou venez à notre comptoir, à l’hôtel de ville.",
        ),
        language: Language::En,
    }
}

fn addressee(language: Option<Language>) -> Addressee {
    let lines = ["Élise Wəyəθ Côté-Nguyễn", "204-1275 rue de l’Église", "Vancouver BC  V6H 3Z9"];
    Addressee { lines: lines.map(str::to_owned).to_vec(), language }
}

fn letter<'l>(office: &'l Office, to: &'l Addressee, name: &'l Text, about: &'l Text) -> Letter<'l> {
    Letter {
        office,
        addressee: Some(to),
        type_name: name,
        about,
        link: LINK,
        asks_code: true,
        day: date(2026, 6, 1),
        last_day: date(2026, 7, 1),
        reference: "5f2c1d0e9b8a7f6e5d4c3b2a19080706",
    }
}

fn licence() -> (Text, Text) {
    (
        text("Business Licence", "Permis d’exploitation d’entreprise"),
        text(
            "A municipality’s permission to carry on a business at an address.",
            "L’autorisation donnée par une municipalité d’exploiter une entreprise à une adresse.",
        ),
    )
}

fn made(language: Option<Language>) -> Vec<u8> {
    let (office, to, (name, about)) = (office(), addressee(language), licence());
    letters(&[letter(&office, &to, &name, &about)]).unwrap()
}

fn code_sheet(language: Option<Language>) -> Vec<u8> {
    let (office, to, (name, _)) = (office(), addressee(language), licence());
    let sheet = CodeSheet {
        office: &office,
        addressee: Some(&to),
        type_name: &name,
        tx_code: "493817",
        day: date(2026, 6, 1),
        reference: "5f2c1d0e9b8a7f6e5d4c3b2a19080706",
    };
    code_sheets(&[sheet]).unwrap()
}

fn read(pdf: &[u8]) -> Document {
    Document::load_mem(pdf).unwrap()
}

/// What a page says, white space aside.
fn words(document: &Document, page: u32) -> String {
    document.extract_text(&[page]).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_letter_says_what_how_until_when_and_whom_to_ask_in_both_languages() {
    let document = read(&made(Some(Language::En)));
    let (front, back) = (words(&document, 1), words(&document, 2));
    for part in [
        "City of Vancouver",
        "June 1, 2026",
        "Élise Wəyəθ Côté-Nguyễn",
        "Business Licence: get it on your phone",
        "Scan the square code",
        "in another letter",
        "until July 1, 2026",
        "Without a phone",
        "Call 3-1-1",
        "Reference 5f2c1d0e9b8a7f6e5d4c3b2a19080706",
    ] {
        assert!(front.contains(part), "{part} in {front}");
    }
    for part in
        ["Ville de Vancouver", "Permis d’exploitation", "jusqu’au 1er juillet 2026", "Composez le 3-1-1"]
    {
        assert!(back.contains(part), "{part} in {back}");
    }
    assert!(!back.contains("Élise"), "the address stands once");
    let link: String = LINK.chars().filter(|letter| !letter.is_whitespace()).collect();
    for page in [&front, &back] {
        assert!(page.replace(' ', "").contains(&link), "{page}");
    }
}

#[test]
fn the_persons_own_language_comes_first() {
    for (language, first, lang) in [
        (Some(Language::Fr), "à mettre sur votre téléphone", "fr-CA"),
        (Some(Language::En), "get it on your phone", "en-CA"),
        (None, "get it on your phone", "en-CA"),
    ] {
        let document = read(&made(language));
        assert!(words(&document, 1).contains(first), "{language:?}");
        assert_eq!(catalog_text(&document, b"Lang"), lang);
    }
}

#[test]
fn the_code_is_on_a_sheet_of_its_own_and_the_link_is_not_on_it() {
    let letter = read(&made(Some(Language::En)));
    let everything = words(&letter, 1) + &words(&letter, 2);
    assert!(!everything.replace([' ', '\u{a0}'], "").contains("493817"));
    let sheet = read(&code_sheet(Some(Language::En)));
    let said = words(&sheet, 1).replace([' ', '\u{a0}'], "");
    assert!(said.contains("493817"), "{said}");
    assert!(!said.contains("credential_offer_uri") && !said.contains("5f2c1d0e9b8a"), "{said}");
    assert!(said.contains("Votrecode") && said.contains("Yourcode"), "{said}");
    assert_eq!(sheet.get_pages().len(), 1);
}

#[test]
fn a_letter_is_tagged_has_a_title_a_language_and_words_for_its_picture() {
    let document = read(&made(Some(Language::Fr)));
    let catalog = document.catalog().unwrap();
    let marked = catalog.get(b"MarkInfo").unwrap();
    let marked = document.dereference(marked).unwrap().1.as_dict().unwrap();
    assert!(marked.get(b"Marked").unwrap().as_bool().unwrap());
    let preferences = document.dereference(catalog.get(b"ViewerPreferences").unwrap()).unwrap().1;
    assert!(preferences.as_dict().unwrap().get(b"DisplayDocTitle").unwrap().as_bool().unwrap());
    let metadata = document.dereference(catalog.get(b"Metadata").unwrap()).unwrap().1.as_stream().unwrap();
    let metadata = String::from_utf8(metadata.content.clone()).unwrap();
    assert!(
        metadata.contains("pdfuaid:part") && metadata.contains("à mettre sur votre téléphone"),
        "{metadata}"
    );

    let root = document.dereference(catalog.get(b"StructTreeRoot").unwrap()).unwrap().1.as_dict().unwrap();
    let mut kinds = BTreeMap::new();
    let (mut alts, mut languages) = (Vec::new(), Vec::new());
    walk(&document, root, &mut |element| {
        if let Ok(kind) = element.get(b"S").and_then(Object::as_name) {
            *kinds.entry(String::from_utf8_lossy(kind).into_owned()).or_insert(0) += 1;
        }
        alts.extend(element.get(b"Alt").ok().map(spelled));
        languages.extend(element.get(b"Lang").ok().map(spelled));
    });
    for (kind, least) in
        [("H1", 2), ("H2", 6), ("P", 10), ("L", 2), ("LI", 8), ("LBody", 8), ("Link", 2), ("Figure", 2)]
    {
        assert!(kinds.get(kind).is_some_and(|count| *count >= least), "{kind} {kinds:?}");
    }
    assert!(alts.iter().any(|alt| alt.starts_with("Code carré")), "{alts:?}");
    assert!(alts.iter().any(|alt| alt.starts_with("Square code")), "{alts:?}");
    for lang in ["en-CA", "fr-CA"] {
        assert!(languages.iter().any(|language| language == lang), "{languages:?}");
    }
}

#[test]
fn fonts_are_embedded() {
    for pdf in [made(None), code_sheet(None)] {
        let document = read(&pdf);
        let descriptors: Vec<_> = document
            .objects
            .values()
            .filter_map(|object| object.as_dict().ok())
            .filter(|dictionary| {
                dictionary.get(b"Type").and_then(Object::as_name).is_ok_and(|name| name == b"FontDescriptor")
            })
            .collect();
        assert!(descriptors.len() >= 2);
        for descriptor in descriptors {
            assert!(
                [&b"FontFile2"[..], b"FontFile3"].iter().any(|file| descriptor.has(file)),
                "{descriptor:?}"
            );
        }
        assert!(pdf.len() < 60_000, "{}", pdf.len());
    }
}

#[test]
fn the_qr_code_holds_the_link() {
    let document = read(&made(Some(Language::En)));
    for page in [1, 2] {
        assert_eq!(qr_of(&document, page), LINK);
    }
}

#[test]
fn letters_of_many_are_one_file_in_their_order() {
    let (office, (name, about)) = (office(), licence());
    let people: Vec<_> =
        (0..6).map(|number| Addressee { lines: vec![format!("Person {number}")], language: None }).collect();
    let all: Vec<_> = people.iter().map(|to| letter(&office, to, &name, &about)).collect();
    let document = read(&letters(&all).unwrap());
    assert_eq!(document.get_pages().len(), 12);
    assert!(words(&document, 11).contains("Person 5"));
}

#[test]
fn an_address_that_cannot_be_printed_as_it_is_is_refused() {
    let of = |lines: &[&str]| Addressee {
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        language: None,
    };
    assert_eq!(
        check_address(&of(&["Élise Côté", "sʔəq̓ʷaʔ", "Žofie Łuszczyńska", "Jørgen Ångström"])),
        Ok(())
    );
    assert_eq!(check_address(&of(&["王小明"])), Err(LetterError::Letter('王')));
    assert_eq!(check_address(&of(&["a"; 6])), Err(LetterError::TooLong));
    assert_eq!(check_address(&of(&["a"; 5])), Ok(()));
    assert_eq!(check_address(&of(&["a".repeat(80).as_str()])), Err(LetterError::TooLong));
}

#[test]
fn poppler_reads_the_same_text() {
    let folder = std::env::temp_dir().join(format!("portage-letter-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("letter.pdf");
    std::fs::write(&path, made(Some(Language::Fr))).unwrap();
    let output = Command::new("pdftotext").arg("-raw").arg(&path).arg("-").output();
    std::fs::remove_dir_all(&folder).unwrap();
    let Ok(output) = output else {
        println!("left out: pdftotext is not installed");
        return;
    };
    let said = String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["Élise Wəyəθ Côté-Nguyễn", "Lisez le code carré avec lui", "Scan the square code with it"]
    {
        assert!(said.contains(part), "{part} in {said}");
    }
}

fn catalog_text(document: &Document, key: &[u8]) -> String {
    spelled(document.catalog().unwrap().get(key).unwrap())
}

/// A text string: UTF-16 with its mark, or one byte a letter.
fn spelled(object: &Object) -> String {
    let bytes = object.as_str().unwrap();
    match bytes.strip_prefix(&[0xfe, 0xff]) {
        Some(wide) => {
            let units: Vec<u16> =
                wide.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).unwrap()
        }
        None => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn walk(document: &Document, element: &Dictionary, look: &mut impl FnMut(&Dictionary)) {
    look(element);
    let Ok(children) = element.get(b"K") else { return };
    let children = match document.dereference(children).unwrap().1 {
        Object::Array(children) => children.clone(),
        one => vec![one.clone()],
    };
    for child in children {
        if let Ok((_, Object::Dictionary(child))) = document.dereference(&child)
            && child.has(b"S")
        {
            walk(document, child, look);
        }
    }
}

/// The QR code of a page, from the squares that it is drawn of.
fn qr_of(document: &Document, page: u32) -> String {
    const DOTS: f32 = 4.0;
    let id = document.get_pages()[&page];
    let content = lopdf::content::Content::decode(&document.get_page_content(id)).unwrap();
    let mut squares = Vec::new();
    let mut corners: Vec<(f32, f32)> = Vec::new();
    for operation in &content.operations {
        let numbers: Vec<f32> =
            operation.operands.iter().filter_map(|operand| operand.as_float().ok()).collect();
        match (operation.operator.as_str(), numbers.as_slice()) {
            ("m", [x, y]) => corners = vec![(*x, *y)],
            ("l", [x, y]) => corners.push((*x, *y)),
            ("re", [x, y, width, height]) => squares.push((*x, *y, x + width, y + height)),
            ("h", _) => {
                let xs = corners.iter().map(|corner| corner.0);
                let ys = corners.iter().map(|corner| corner.1);
                squares.push((
                    xs.clone().fold(f32::MAX, f32::min),
                    ys.clone().fold(f32::MAX, f32::min),
                    xs.fold(f32::MIN, f32::max),
                    ys.fold(f32::MIN, f32::max),
                ));
            }
            _ => {}
        }
    }
    // The bar of the letterhead stands above.
    squares.retain(|(_, _, _, high)| *high < 700.0);
    let (width, height) = (612 * 4, 792 * 4);
    let mut paper = vec![255_u8; width * height];
    for (left, low, right, high) in &squares {
        let dots = |from: f32, to: f32| (from * DOTS).round() as usize..(to * DOTS).round() as usize;
        for y in dots(792.0 - high, 792.0 - low) {
            paper[y * width..][dots(*left, *right)].fill(0);
        }
    }
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| paper[y * width + x]);
    let grids = prepared.detect_grids();
    assert_eq!(grids.len(), 1, "{} squares", squares.len());
    grids[0].decode().unwrap().1
}

#[test]
#[ignore = "writes the letters where LETTERS says, to look at them"]
fn to_look_at() {
    let Ok(folder) = std::env::var("LETTERS") else { return };
    for (name, language) in [("en", Language::En), ("fr", Language::Fr)] {
        std::fs::write(format!("{folder}/letter-{name}.pdf"), made(Some(language))).unwrap();
        std::fs::write(format!("{folder}/code-{name}.pdf"), code_sheet(Some(language))).unwrap();
    }
}
