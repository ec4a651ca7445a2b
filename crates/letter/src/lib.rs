//! Letters on paper: an offer that a person finds in the mail, and on a sheet of its own the code that makes it theirs.
//!
//! A [`Letter`] says what is offered, how to take it with a wallet (a QR code, and the same link in letters), how to go without, until when, and whom to
//! ask. It is one sheet of paper: the person's language on the front, the other on the back. A [`CodeSheet`] carries the `tx_code` of OpenID4VCI 1.0
//! §4.1.1, which the letter never has: the two are posted apart, so that one stolen envelope opens nothing.
//!
//! [`letters`] and [`code_sheets`] give PDF files after PDF/UA-1 (ISO 14289-1): a title, a language for the whole and for each part, a tree of headings,
//! paragraphs, steps and links in reading order, words for the QR code, and the parts of BC Sans that are used. BC Sans has the letters of French and of
//! the First Nations' languages of British Columbia, so a person's name is printed as it is written; a name with other letters
//! is refused ([`LetterError::Letter`]), never changed.
//!
//! What is in a letter is what reaches the person and what they do then: a name, an address, the kind of document, the link. No claim is in it. The
//! address stands where the window of a No. 10 envelope is, whichever way the sheet slides in it.
//!
//! Pure: values in, bytes out. Not here: who gets a letter (`issuer-service`), what stands behind the link (`issuer`).
//!
//! ```
//! use jiff::civil::date;
//! use portage_catalog::{Language, Text};
//! use portage_letter::{Letter, Office, letters};
//!
//! let text = |en: &str, fr: &str| Text { en: en.to_owned(), fr: fr.to_owned() };
//! let office = Office {
//!     name: text("City of Example", "Ville d’Exemple"),
//!     address: vec!["1 Main Street".to_owned(), "Example BC  V0V 0V0".to_owned()],
//!     ask: text("Call 311.", "Composez le 311."),
//!     language: Language::En,
//! };
//! let letter = Letter {
//!     office: &office,
//!     addressee: None,
//!     type_name: &text("Library card", "Carte de bibliothèque"),
//!     about: &text("For borrowing books.", "Pour emprunter des livres."),
//!     link: "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fcity.example%2Foffers%2Fx",
//!     asks_code: true,
//!     day: date(2026, 6, 1),
//!     last_day: date(2026, 7, 1),
//!     reference: "5f2c1d0e",
//! };
//! assert!(letters(&[letter])?.starts_with(b"%PDF-1.7"));
//! # Ok::<(), portage_letter::LetterError>(())
//! ```

mod font;
mod letter;
mod sheet;

use jiff::civil::Date;
use krilla::{
    Document, SerializeSettings,
    configure::{Accessibility, ConfigurationBuilder},
    destination::XyzDestination,
    geom::Point,
    metadata::Metadata,
    outline::{Outline, OutlineNode},
    tagging::{Tag, TagGroup, TagTree},
};
pub use portage_catalog::Addressee;
use portage_catalog::{Language, Text, plain};

use self::{
    font::Weight,
    sheet::{Sheet, tag_of},
};

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Its name.
    pub name: Text,
    /// Its address, a line each.
    pub address: Vec<String>,
    /// Whom to ask, and how.
    pub ask: Text,
    /// The language of the front for somebody whose own is not known.
    pub language: Language,
}

/// An offer on paper.
#[derive(Clone, Copy)]
pub struct Letter<'l> {
    /// Who writes.
    pub office: &'l Office,
    /// Whom it is for; `None`: it is handed over.
    pub addressee: Option<&'l Addressee>,
    /// What is offered.
    pub type_name: &'l Text,
    /// What that is, in a sentence.
    pub about: &'l Text,
    /// The offer's link: what the QR code holds.
    pub link: &'l str,
    /// Whether a code comes by another way.
    pub asks_code: bool,
    /// The day it is written.
    pub day: Date,
    /// The last day on which the offer can be opened.
    pub last_day: Date,
    /// The name of the offer, for whoever is asked.
    pub reference: &'l str,
}

/// The code of an offer, on paper of its own.
#[derive(Clone, Copy)]
pub struct CodeSheet<'l> {
    /// Who writes.
    pub office: &'l Office,
    /// Whom it is for.
    pub addressee: Option<&'l Addressee>,
    /// What is offered.
    pub type_name: &'l Text,
    /// The `tx_code`.
    pub tx_code: &'l str,
    /// The day it is written.
    pub day: Date,
    /// The name of the offer.
    pub reference: &'l str,
}

/// Why there is no letter. Says nothing of what was to stand in it, but for one letter of the alphabet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// A letter that the face in the box does not have.
    #[error("the letter {0:?} cannot be printed")]
    Letter(char),
    /// Something is longer than its place.
    #[error("a name, an address or a text is longer than its place in the letter")]
    TooLong,
    /// The face in the box cannot be read.
    #[error("the face of the letter cannot be read")]
    Face,
    /// The file was not made.
    #[error("the file was not made: {0}")]
    File(String),
}

/// Most lines of an address, the name among them: the window shows no more.
pub const MAX_ADDRESS_LINES: usize = 5;

/// Whether an address can be printed as it is written: known before anything is offered.
///
/// # Errors
/// [`LetterError::Letter`], [`LetterError::TooLong`].
pub fn check_address(addressee: &Addressee) -> Result<(), LetterError> {
    letter::set_address(&mut Sheet::new(Language::En, String::new()), addressee)
}

/// One PDF with these letters, two sides each: front and back of one sheet.
///
/// # Errors
/// [`LetterError`].
pub fn letters(letters: &[Letter<'_>]) -> Result<Vec<u8>, LetterError> {
    document(letters.iter().map(letter::letter))
}

/// One PDF with these codes, a side each.
///
/// # Errors
/// [`LetterError`].
pub fn code_sheets(sheets: &[CodeSheet<'_>]) -> Result<Vec<u8>, LetterError> {
    document(sheets.iter().map(letter::code_sheet))
}

/// A person's language first, the other after it.
fn languages(office: &Office, addressee: Option<&Addressee>) -> [Language; 2] {
    match addressee.and_then(|addressee| addressee.language).unwrap_or(office.language) {
        Language::En => [Language::En, Language::Fr],
        Language::Fr => [Language::Fr, Language::En],
    }
}

/// The file: its title and language are those of its first sheet.
fn document(items: impl Iterator<Item = Result<Vec<Sheet>, LetterError>>) -> Result<Vec<u8>, LetterError> {
    let configuration = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| LetterError::File("PDF/UA-1 is not to be had".to_owned()))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        compress_content_streams: true,
        enable_tagging: true,
        xmp_metadata: true,
        ..SerializeSettings::default()
    });
    let mut tree = TagTree::new();
    let mut outline = Outline::new();
    let mut first = None;
    let mut page = 0;
    for item in items {
        let mut part = TagGroup::new(Tag::Part);
        for (at, sheet) in item?.into_iter().enumerate() {
            first.get_or_insert_with(|| (sheet.title().to_owned(), sheet.language()));
            if at == 0 {
                let place = XyzDestination::new(page, Point::from_xy(0.0, 0.0));
                outline.push_child(OutlineNode::new(plain(sheet.title()), place));
            }
            part.push(sheet.draw(&mut document, page)?);
            page += 1;
        }
        tree.push(part);
    }
    let (title, language) = first.ok_or(LetterError::File("there is nothing to print".to_owned()))?;
    document.set_outline(outline);
    document.set_tag_tree(tree.with_lang(Some(tag_of(language).to_owned())));
    document.set_metadata(
        Metadata::new().title(title).language(tag_of(language).to_owned()).producer("Portage".to_owned()),
    );
    document.finish().map_err(|error| LetterError::File(kind_of(&error)))
}

/// Which kind of error: the library's own text could quote what was to be printed.
fn kind_of(error: &krilla::error::KrillaError) -> String {
    let text = format!("{error:?}");
    text.split(['(', '{']).next().unwrap_or_default().trim().to_owned()
}

/// Whether both faces are there: what a program asks at its start.
pub fn has_faces() -> bool {
    [Weight::Regular, Weight::Bold].into_iter().all(|weight| weight.face().is_some())
}
