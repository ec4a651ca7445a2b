use std::fmt::Write;

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

/// Light squares around the code, that a camera needs (ISO/IEC 18004).
const QUIET: usize = 4;

/// A text as a QR code: a picture in the page itself, black on white in the dark, too. `label` is what somebody hears who does not see it. `None`
/// where the text is too long for any code.
pub fn qr_code(text: &str, label: &str) -> Option<Markup> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let side = code.width() + 2 * QUIET;
    Some(html! {
        div class="code" {
            svg viewBox={ "0 0 " (side) " " (side) } role="img" aria-label=(label) shape-rendering="crispEdges" {
                rect width=(side) height=(side) fill="#fff" {}
                path d=(rows(&code)) stroke="#000" {}
            }
        }
    })
}

/// One line a run of dark squares: a fifth of what one figure a square would weigh.
fn rows(code: &QrCode) -> String {
    let mut path = String::new();
    for (row, squares) in code.to_colors().chunks(code.width()).enumerate() {
        let mut column = 0;
        for run in squares.chunk_by(|left, right| left == right) {
            if run.first() == Some(&Color::Dark) {
                // Err: a String takes everything.
                let _ = write!(path, "M{} {}.5h{}", column + QUIET, row + QUIET, run.len());
            }
            column += run.len();
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_light_and_carries_no_style() {
        let text = format!("openid4vp://?client_id=x&request_uri=https%3A%2F%2F{}", "a".repeat(180));
        let html = qr_code(&text, "\"><script>").unwrap().into_string();
        assert!(html.len() < 16_000, "{}", html.len());
        assert!(
            !html.contains("style") && !html.contains("<script") && html.contains("role=\"img\""),
            "{html}"
        );
        assert!(qr_code(&"a".repeat(5000), "").is_none());
    }
}
