use qrcode::{
    EcLevel, QrCode,
    render::{svg, unicode},
};

/// The text as a QR code in SVG; empty when it is too long for any QR code.
pub(crate) fn svg(text: &str) -> String {
    match QrCode::with_error_correction_level(text, EcLevel::M) {
        Ok(code) => code.render::<svg::Color<'_>>().min_dimensions(256, 256).build(),
        Err(_) => String::new(),
    }
}

/// The text as a QR code of block characters, for a terminal.
pub(crate) fn terminal(text: &str) -> String {
    match QrCode::with_error_correction_level(text, EcLevel::L) {
        Ok(code) => code.render::<unicode::Dense1x2>().quiet_zone(true).build(),
        Err(_) => String::new(),
    }
}
