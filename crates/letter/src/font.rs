//! The two faces, and a text shaped in one of them.

use std::sync::OnceLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, ShapePlan, UnicodeBuffer, script};

use crate::LetterError;

/// Regular or bold: the letter has no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// One face: what measures, and what the document embeds a part of.
pub(crate) struct Face {
    shaping: rustybuzz::Face<'static>,
    /// What shaping needs to know of the face: found once, it is most of the work.
    plan: ShapePlan,
    pub(crate) font: Font,
}

/// A text in one face, ready to be drawn in any size.
pub(crate) struct Shaped {
    pub(crate) text: String,
    pub(crate) glyphs: Vec<KrillaGlyph>,
    /// Its width in a size of 1.
    width: f32,
}

impl Shaped {
    pub(crate) fn width(&self, size: f32) -> f32 {
        self.width * size
    }
}

impl Weight {
    /// The face; `None` if the file in the box is no font, which a test would find.
    pub(crate) fn face(self) -> Option<&'static Face> {
        static REGULAR: OnceLock<Option<Face>> = OnceLock::new();
        static BOLD: OnceLock<Option<Face>> = OnceLock::new();
        match self {
            Weight::Regular => {
                REGULAR.get_or_init(|| Face::read(include_bytes!("../fonts/BCSans-Regular.ttf")))
            }
            Weight::Bold => BOLD.get_or_init(|| Face::read(include_bytes!("../fonts/BCSans-Bold.ttf"))),
        }
        .as_ref()
    }
}

impl Face {
    fn read(bytes: &'static [u8]) -> Option<Face> {
        let font = Font::new(bytes.into(), 0)?;
        let shaping = rustybuzz::Face::from_slice(bytes, 0)?;
        let plan = ShapePlan::new(&shaping, Direction::LeftToRight, Some(script::LATIN), None, &[]);
        Some(Face { shaping, plan, font })
    }

    pub(crate) fn has(&self, letter: char) -> bool {
        self.shaping.glyph_index(letter).is_some()
    }

    /// Shapes one line, left to right: the face has no letters of a script that runs the other way.
    pub(crate) fn shape(&self, text: &str) -> Result<Shaped, LetterError> {
        if let Some(letter) = text.chars().find(|letter| !self.has(*letter)) {
            return Err(LetterError::Letter(letter));
        }
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(Direction::LeftToRight);
        buffer.set_script(script::LATIN);
        let shaped = rustybuzz::shape_with_plan(&self.shaping, &self.plan, buffer);
        let em = self.font.units_per_em();
        let (infos, positions) = (shaped.glyph_infos(), shaped.glyph_positions());
        let mut glyphs = Vec::with_capacity(infos.len());
        let mut width = 0.0;
        for (at, (info, position)) in infos.iter().zip(positions).enumerate() {
            let start = byte(info.cluster);
            let later = infos.iter().skip(at).map(|later| byte(later.cluster)).find(|later| *later > start);
            let part = |units: i32| of_em(units, em);
            width += part(position.x_advance);
            glyphs.push(KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                part(position.x_advance),
                part(position.x_offset),
                part(position.y_offset),
                part(position.y_advance),
                start..later.unwrap_or(text.len()),
                None,
            ));
        }
        Ok(Shaped { text: text.to_owned(), glyphs, width })
    }
}

fn byte(cluster: u32) -> usize {
    usize::try_from(cluster).unwrap_or(usize::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "a glyph is some thousand units wide")]
fn of_em(units: i32, em: f32) -> f32 {
    units as f32 / em
}
