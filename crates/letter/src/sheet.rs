//! A sheet: what stands where, in reading order, and how it becomes a tagged page.

use std::num::NonZeroU16;

use krilla::{
    Document,
    action::LinkAction,
    annotation::{Annotation, LinkAnnotation, Target},
    color::rgb,
    geom::{Path, PathBuilder, Point, Quadrilateral, Rect},
    page::{Page, PageSettings},
    paint::Fill,
    surface::Surface,
    tagging::{
        Artifact, ArtifactType, BBox, ContentTag, Identifier, ListNumbering, Node, SpanTag, Tag, TagGroup,
    },
};
use portage_catalog::{Language, plain};
use qrcode::{Color, EcLevel, QrCode};

use crate::{
    LetterError,
    font::{Shaped, Weight},
};

/// A letter-size sheet, as printers in Canada have it, in points.
pub(crate) const WIDTH: f32 = 612.0;
const HEIGHT: f32 = 792.0;
pub(crate) const MARGIN: f32 = 72.0;
/// Below it nothing but the foot stands.
const BOTTOM: f32 = 734.0;
const FOOT: f32 = 756.0;

/// Nearly black, and the blue of the letterhead: 12 to 1 on white.
const INK: (u8, u8, u8) = (26, 26, 26);
pub(crate) const BLUE: (u8, u8, u8) = (1, 51, 102);
const GREY: (u8, u8, u8) = (84, 84, 84);

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) size: f32,
    pub(crate) leading: f32,
    pub(crate) weight: Weight,
    pub(crate) colour: (u8, u8, u8),
}

impl Style {
    fn scaled(self, scale: f32) -> Style {
        Style { size: self.size * scale, leading: self.leading * scale, ..self }
    }

    pub(crate) const BODY: Style = Style { size: 10.0, leading: 14.0, weight: Weight::Regular, colour: INK };
    pub(crate) const STRONG: Style = Style { weight: Weight::Bold, ..Style::BODY };
    pub(crate) const SMALL: Style = Style { size: 8.5, leading: 12.0, weight: Weight::Regular, colour: GREY };
    pub(crate) const ADDRESS: Style =
        Style { size: 10.0, leading: 12.0, weight: Weight::Regular, colour: INK };
    pub(crate) const TITLE: Style = Style { size: 16.0, leading: 21.0, weight: Weight::Bold, colour: BLUE };
    pub(crate) const HEADING: Style = Style { size: 11.5, leading: 16.0, weight: Weight::Bold, colour: BLUE };
    pub(crate) const OFFICE: Style = Style { size: 13.0, leading: 17.0, weight: Weight::Bold, colour: BLUE };
    pub(crate) const CODE: Style = Style { size: 34.0, leading: 44.0, weight: Weight::Bold, colour: INK };
}

/// One line of text at its place: the baseline's left end.
struct Line {
    x: f32,
    y: f32,
    style: Style,
    shaped: Shaped,
}

/// What a piece is to somebody who hears it read.
enum Role {
    Paragraph,
    Heading(u16),
    /// One step of a numbered list, with its number.
    Step,
    Link {
        uri: String,
        alt: String,
    },
    Figure {
        alt: String,
    },
    /// Decoration, and what is repeated: not read.
    Artifact(ArtifactType),
}

struct Piece {
    role: Role,
    /// The language, where it is not the sheet's.
    language: Option<Language>,
    lines: Vec<Line>,
    shape: Option<((u8, u8, u8), Path, Rect)>,
    /// What is read in the place of the lines.
    spoken: Option<String>,
}

/// A column of a sheet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) x: f32,
    pub(crate) width: f32,
}

impl Column {
    pub(crate) const WHOLE: Column = Column { x: MARGIN, width: WIDTH - 2.0 * MARGIN };
}

/// One side of paper in one language.
pub(crate) struct Sheet {
    language: Language,
    title: String,
    pieces: Vec<Piece>,
    /// Where the next text begins.
    pub(crate) y: f32,
    /// How much smaller than usual the body is set.
    scale: f32,
}

impl Sheet {
    pub(crate) fn new(language: Language, title: String) -> Self {
        Sheet { language, title, pieces: Vec::new(), y: 0.0, scale: 1.0 }
    }

    /// Sets what follows smaller.
    pub(crate) fn set_scale(&mut self, scale: f32) {
        self.scale = scale;
    }

    /// Leaves room, less where the body is set smaller.
    pub(crate) fn space(&mut self, points: f32) {
        self.y += points * self.scale;
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn language(&self) -> Language {
        self.language
    }

    pub(crate) fn paragraph(&mut self, text: &str, style: Style, column: Column) -> Result<(), LetterError> {
        self.text(Role::Paragraph, None, text, style, column)
    }

    /// The same in another language than the sheet's.
    pub(crate) fn paragraph_in(
        &mut self,
        language: Language,
        text: &str,
        style: Style,
        column: Column,
    ) -> Result<(), LetterError> {
        self.text(Role::Paragraph, Some(language), text, style, column)
    }

    pub(crate) fn heading(&mut self, level: u16, text: &str, column: Column) -> Result<(), LetterError> {
        let style = if level == 1 { Style::TITLE } else { Style::HEADING };
        self.text(Role::Heading(level), None, text, style, column)
    }

    /// Lines that keep their ends, as an address has them: one paragraph.
    pub(crate) fn lines(&mut self, texts: &[&str], style: Style, column: Column) -> Result<(), LetterError> {
        let mut lines = Vec::new();
        for text in texts {
            let shaped = shape(&plain(text), style)?;
            if shaped.width(style.size) > column.width {
                return Err(LetterError::TooLong);
            }
            self.y += style.leading;
            lines.push(Line { x: column.x, y: self.y, style, shaped });
        }
        if !lines.is_empty() {
            self.pieces.push(Piece {
                role: Role::Paragraph,
                language: None,
                lines,
                shape: None,
                spoken: None,
            });
        }
        Ok(())
    }

    /// A step of a list: its number, then its text beside it.
    pub(crate) fn step(&mut self, number: usize, text: &str, column: Column) -> Result<(), LetterError> {
        const INDENT: f32 = 18.0;
        let style = Style { colour: BLUE, ..Style::STRONG }.scaled(self.scale);
        let shaped = shape(&format!("{number}. "), style)?;
        let label = Line { x: column.x, y: self.y + style.leading, style, shaped };
        let beside = Column { x: column.x + INDENT, width: column.width - INDENT };
        self.text(Role::Step, None, text, Style::BODY, beside)?;
        if let Some(piece) = self.pieces.last_mut() {
            piece.lines.insert(0, label);
        }
        self.space(3.0);
        Ok(())
    }

    /// A link that is long: broken anywhere, so that whoever types it sees where each line ends.
    pub(crate) fn link(&mut self, uri: &str, alt: &str, column: Column) -> Result<(), LetterError> {
        let style = Style { size: 9.5, leading: 13.0, ..Style::BODY }.scaled(self.scale);
        let mut lines = Vec::new();
        let (mut line, mut width) = (String::new(), 0.0);
        for letter in uri.chars() {
            let letter_width = shape(letter.encode_utf8(&mut [0; 4]), style)?.width(style.size);
            if width + letter_width > column.width {
                lines.push(std::mem::take(&mut line));
                width = 0.0;
            }
            line.push(letter);
            width += letter_width;
        }
        lines.push(line);
        let set = |(line, at): (String, u16)| {
            let y = self.y + style.leading * f32::from(at);
            Ok(Line { x: column.x, y, style, shaped: shape(&line, style)? })
        };
        let count = u16::try_from(lines.len()).map_err(|_| LetterError::TooLong)?;
        let lines = lines.into_iter().zip(1..).map(set).collect::<Result<Vec<_>, LetterError>>()?;
        self.y += style.leading * f32::from(count);
        let role = Role::Link { uri: uri.to_owned(), alt: alt.to_owned() };
        self.pieces.push(Piece { role, language: None, lines, shape: None, spoken: None });
        Ok(())
    }

    /// A text whose letters are read one by one, such as a code: `spoken` is what a screen reader and the clipboard get.
    pub(crate) fn code(&mut self, text: &str, spoken: &str, column: Column) -> Result<(), LetterError> {
        self.text(Role::Paragraph, None, text, Style::CODE, column)?;
        if let Some(piece) = self.pieces.last_mut() {
            piece.spoken = Some(spoken.to_owned());
        }
        Ok(())
    }

    /// The QR code of `text` with its quiet zone, this wide.
    pub(crate) fn qr(&mut self, text: &str, alt: String, x: f32, width: f32) -> Result<(), LetterError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| LetterError::TooLong)?;
        let side = code.width();
        let module = width / of_count(side + 8);
        let mut path = PathBuilder::new();
        for (row, colours) in code.to_colors().chunks(side).enumerate() {
            // A run of dark modules is one bar: fewer to draw, and no hairline between them.
            let mut at = 0;
            for run in colours.chunk_by(|left, right| left == right) {
                if run.first() == Some(&Color::Dark) {
                    let (left, top) = (x + module * of_count(at + 4), self.y + module * of_count(row + 4));
                    path.push_rect(rect(left, top, module * of_count(run.len()), module)?);
                }
                at += run.len();
            }
        }
        let path = path.finish().ok_or(LetterError::TooLong)?;
        let around = rect(x, self.y, width, width)?;
        let shape = Some((INK, path, around));
        let role = Role::Figure { alt };
        self.pieces.push(Piece { role, language: None, lines: Vec::new(), shape, spoken: None });
        Ok(())
    }

    /// A bar of colour: decoration.
    pub(crate) fn bar(&mut self, x: f32, y: f32, width: f32, height: f32) -> Result<(), LetterError> {
        let around = rect(x, y, width, height)?;
        let mut path = PathBuilder::new();
        path.push_rect(around);
        let path = path.finish().ok_or(LetterError::TooLong)?;
        let role = Role::Artifact(ArtifactType::Layout);
        let shape = Some((BLUE, path, around));
        self.pieces.push(Piece { role, language: None, lines: Vec::new(), shape, spoken: None });
        Ok(())
    }

    /// The line at the foot, where nothing else stands.
    pub(crate) fn foot(&mut self, text: &str) -> Result<(), LetterError> {
        let y = self.y;
        self.y = FOOT - Style::SMALL.leading;
        self.lines(&[text], Style::SMALL, Column::WHOLE)?;
        self.y = y;
        Ok(())
    }

    /// That everything found room.
    pub(crate) fn fits(self) -> Result<Self, LetterError> {
        if self.y > BOTTOM { Err(LetterError::TooLong) } else { Ok(self) }
    }

    fn text(
        &mut self,
        role: Role,
        language: Option<Language>,
        text: &str,
        style: Style,
        column: Column,
    ) -> Result<(), LetterError> {
        let style = style.scaled(self.scale);
        let space = shape(" ", style)?.width(style.size);
        let mut lines = Vec::new();
        let (mut line, mut width) = (String::new(), 0.0);
        // A no-break space breaks nothing: split at plain spaces alone.
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let word_width = shape(word, style)?.width(style.size);
            if line.is_empty() {
                (line, width) = (word.to_owned(), word_width);
            } else if width + space + word_width > column.width {
                // The space at the end is what tells a reader of the file that a word ended.
                lines.push(format!("{line} "));
                (line, width) = (word.to_owned(), word_width);
            } else {
                line.push(' ');
                line.push_str(word);
                width += space + word_width;
            }
            if word_width > column.width {
                return Err(LetterError::TooLong);
            }
        }
        lines.push(line);
        let mut set = Vec::with_capacity(lines.len());
        for text in lines {
            self.y += style.leading;
            set.push(Line { x: column.x, y: self.y, style, shaped: shape(&text, style)? });
        }
        self.pieces.push(Piece { role, language, lines: set, shape: None, spoken: None });
        Ok(())
    }

    /// Draws it as the next page; what it is to somebody who hears it.
    pub(crate) fn draw(self, document: &mut Document, page_index: usize) -> Result<TagGroup, LetterError> {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(LetterError::TooLong)?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        let mut drawn = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            drawn.push(draw_piece(piece, &mut surface)?);
        }
        surface.finish();

        let mut section = TagGroup::new(Tag::Section.with_lang(Some(tag_of(self.language).to_owned())));
        let mut steps: Option<TagGroup> = None;
        for (piece, drawn) in self.pieces.into_iter().zip(drawn) {
            let is_step = matches!(piece.role, Role::Step);
            let Some(node) = group(piece, drawn, &mut page, page_index)? else { continue };
            match (is_step, &mut steps) {
                (true, Some(list)) => list.push(node),
                (true, none) => {
                    *none = Some(TagGroup::with_children(Tag::L(ListNumbering::Decimal), vec![node.into()]));
                }
                (false, _) => {
                    section.children.extend(steps.take().map(Node::from));
                    section.push(node);
                }
            }
        }
        section.children.extend(steps.map(Node::from));
        page.finish();
        Ok(section)
    }
}

/// What it is drawn of, for the tree of tags.
fn draw_piece(piece: &Piece, surface: &mut Surface<'_>) -> Result<Vec<Identifier>, LetterError> {
    Ok(match (&piece.role, &piece.shape) {
        (Role::Artifact(kind), Some((colour, path, _))) => {
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(*kind)));
            fill(surface, *colour, path);
            surface.end_tagged();
            Vec::new()
        }
        (_, Some((colour, path, _))) => {
            let id = surface.start_tagged(ContentTag::Other);
            fill(surface, *colour, path);
            surface.end_tagged();
            vec![id]
        }
        (_, None) => {
            let mut ids = Vec::with_capacity(piece.lines.len());
            for line in &piece.lines {
                let spoken = SpanTag::empty().with_actual_text(piece.spoken.as_deref());
                ids.push(draw_line(surface, line, spoken)?);
            }
            ids
        }
    })
}

/// What it is to somebody who hears it; `None`: an artifact.
fn group(
    piece: Piece,
    drawn: Vec<Identifier>,
    page: &mut Page<'_>,
    page_index: usize,
) -> Result<Option<TagGroup>, LetterError> {
    let text = |ids: Vec<Identifier>| ids.into_iter().map(Node::from).collect::<Vec<_>>();
    Ok(match piece.role {
        Role::Artifact(_) => None,
        Role::Paragraph => {
            let language = piece.language.map(|language| tag_of(language).to_owned());
            Some(TagGroup::with_children(Tag::P.with_lang(language), text(drawn)))
        }
        Role::Heading(level) => {
            let title = piece.lines.iter().map(|line| line.shaped.text.as_str()).collect::<String>();
            let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
            Some(TagGroup::with_children(Tag::Hn(level, Some(title)), text(drawn)))
        }
        Role::Step => {
            let mut drawn = drawn.into_iter();
            let label = drawn.next().map(Node::from).into_iter().collect();
            let body = drawn.map(Node::from).collect();
            let label = TagGroup::with_children(Tag::Lbl, label);
            let body = TagGroup::with_children(Tag::LBody, body);
            Some(TagGroup::with_children(Tag::LI, vec![label.into(), body.into()]))
        }
        Role::Figure { alt } => {
            let around = piece.shape.map(|(_, _, around)| BBox::new(page_index, around));
            Some(TagGroup::with_children(Tag::Figure(Some(alt)).with_bbox(around), text(drawn)))
        }
        Role::Link { uri, alt } => {
            let quads = piece.lines.iter().map(Line::around).collect::<Result<Vec<Quadrilateral>, _>>()?;
            let target = Target::Action(LinkAction::new(uri).into());
            let link = LinkAnnotation::new_with_quad_points(quads, target);
            let mut children = text(drawn);
            children.push(page.add_tagged_annotation(Annotation::new_link(link, Some(alt))).into());
            let link = TagGroup::with_children(Tag::Link, children);
            Some(TagGroup::with_children(Tag::P, vec![link.into()]))
        }
    })
}

impl Line {
    fn around(&self) -> Result<Quadrilateral, LetterError> {
        let Style { size, leading, .. } = self.style;
        let top = self.y - size;
        Ok(rect(self.x, top, self.shaped.width(size).max(1.0), leading)?.into())
    }
}

fn draw_line(surface: &mut Surface<'_>, line: &Line, span: SpanTag<'_>) -> Result<Identifier, LetterError> {
    let face = line.style.weight.face().ok_or(LetterError::Face)?;
    let id = surface.start_tagged(ContentTag::Span(span));
    surface.set_fill(Some(ink(line.style.colour)));
    let start = Point::from_xy(line.x, line.y);
    let Shaped { text, glyphs, .. } = &line.shaped;
    surface.draw_glyphs(start, glyphs, face.font.clone(), text, line.style.size, false);
    surface.end_tagged();
    Ok(id)
}

fn fill(surface: &mut Surface<'_>, colour: (u8, u8, u8), path: &Path) {
    surface.set_fill(Some(ink(colour)));
    surface.draw_path(path);
}

fn ink((red, green, blue): (u8, u8, u8)) -> Fill {
    Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }
}

fn shape(text: &str, style: Style) -> Result<Shaped, LetterError> {
    style.weight.face().ok_or(LetterError::Face)?.shape(&printable(text))
}

/// The same with the signs that the face has: a narrow no-break space is a no-break one.
pub(crate) fn printable(text: &str) -> String {
    text.replace('\u{202f}', "\u{a0}").replace('\u{2011}', "-")
}

fn rect(x: f32, y: f32, width: f32, height: f32) -> Result<Rect, LetterError> {
    Rect::from_xywh(x, y, width, height).ok_or(LetterError::TooLong)
}

#[expect(clippy::cast_precision_loss, reason = "a QR code has 177 modules at most")]
fn of_count(count: usize) -> f32 {
    count as f32
}

/// The language as a document says it.
pub(crate) const fn tag_of(language: Language) -> &'static str {
    match language {
        Language::En => "en-CA",
        Language::Fr => "fr-CA",
    }
}
