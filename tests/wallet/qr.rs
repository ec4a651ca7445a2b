//! A link as people get it on paper.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use qrcode::{Color, QrCode};

/// The text as a QR code in a PNG picture.
pub(crate) fn png(text: &str) -> Vec<u8> {
    let code = QrCode::new(text).unwrap();
    let (width, scale, quiet) = (code.width(), 6, 4);
    let side = (width + 2 * quiet) * scale;
    let dots = code.to_colors();
    let picture = GrayImage::from_fn(side as u32, side as u32, |x, y| {
        let (x, y) = (x as usize / scale, y as usize / scale);
        let inside = (quiet..quiet + width).contains(&x) && (quiet..quiet + width).contains(&y);
        let dark = inside && dots[(y - quiet) * width + x - quiet] == Color::Dark;
        Luma([if dark { 0 } else { 255 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}
