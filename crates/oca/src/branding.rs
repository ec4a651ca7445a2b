//! The branding overlay (RFC 0755 "Aries Specific branding Overlay"): colours, logo, the attribute that ends it.

use portage_catalog::{Logo, LogoError, MAX_LOGO_BYTES, contrast};
use portage_keys::base64url;
use serde_json::Value;

use crate::{Bundle, LeftOut};

/// The card of a bundle without a colour.
const NEUTRAL: &str = "#3d4551";
const WHITE: &str = "#ffffff";
const BLACK: &str = "#000000";

/// A text of the branding overlay that says something.
pub(crate) fn branding<'b>(bundle: &'b Bundle, member: &str) -> Option<&'b str> {
    let texts = bundle.overlays("branding").filter_map(|overlay| overlay.get(member).and_then(Value::as_str));
    texts.map(str::trim).find(|text| !text.is_empty())
}

/// Background and text. The text is white or black, whichever reads better: one of them has 4.5 to 1 on every background.
pub(crate) fn colours(bundle: &Bundle) -> (String, String) {
    let background = ["primary_background_color", "background_color"]
        .into_iter()
        .find_map(|member| colour(branding(bundle, member)?))
        .unwrap_or_else(|| NEUTRAL.to_owned());
    let on = |text: &str| contrast(&background, text).unwrap_or_default();
    let text = if on(WHITE) >= on(BLACK) { WHITE } else { BLACK };
    (background, text.to_owned())
}

/// `#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb(0, 51, 102)`, as `#rrggbb`; how much shines through is left out.
fn colour(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    if let Some(hex) = text.strip_prefix('#').filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())) {
        return match hex.len() {
            3 | 4 => Some(format!("#{}", hex.chars().take(3).flat_map(|c| [c, c]).collect::<String>())),
            6 | 8 => Some(format!("#{}", hex.get(..6)?)),
            _ => None,
        };
    }
    let channels = text.strip_prefix("rgba(").or_else(|| text.strip_prefix("rgb("))?.strip_suffix(')')?;
    let channels: Vec<&str> =
        channels.split([',', ' ', '/']).map(str::trim).filter(|channel| !channel.is_empty()).collect();
    let [red, green, blue] = channels.get(..3)? else { return None };
    let channel = |text: &str| text.parse::<u8>().ok();
    Some(format!("#{:02x}{:02x}{:02x}", channel(red)?, channel(green)?, channel(blue)?))
}

/// The embedded logo; or why there is none that could be kept. What stands elsewhere is never fetched.
pub(crate) fn logo(bundle: &Bundle) -> (Option<Logo>, Option<LeftOut>) {
    let Some(uri) = branding(bundle, "logo") else { return (None, None) };
    match data(uri) {
        None => (None, Some(LeftOut::RemoteLogo)),
        Some(read) => match read.and_then(|bytes| Logo::read(&bytes)) {
            Ok(logo) => (Some(logo), None),
            Err(error) => (None, Some(LeftOut::Logo(error.reason()))),
        },
    }
}

/// The bytes of a `data:` URL in base64 (RFC 2397); `None` for every other address.
fn data(uri: &str) -> Option<Result<Vec<u8>, LogoError>> {
    let start = uri.get(..5)?;
    if !start.eq_ignore_ascii_case("data:") {
        return None;
    }
    let base64 = uri.split_once(',').filter(|(header, _)| header.to_ascii_lowercase().ends_with(";base64"));
    let Some((_, base64)) = base64 else { return Some(Err(LogoError::Unsupported)) };
    if base64.len() > MAX_LOGO_BYTES.div_ceil(3) * 4 + 4 {
        return Some(Err(LogoError::TooLarge));
    }
    let base64 = base64.trim_end_matches('=').replace('+', "-").replace('/', "_");
    Some(base64url::decode(&base64).map_err(|_| LogoError::Malformed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_read_in_each_of_its_spellings() {
        for (written, read) in [
            ("#003366", Some("#003366")),
            ("#036", Some("#003366")),
            ("#003366FF", Some("#003366")),
            ("rgb(0, 51, 102)", Some("#003366")),
            ("rgba(0,51,102,0.5)", Some("#003366")),
            ("rgb(0 51 102 / 50%)", Some("#003366")),
            ("rgb(0, 51, 300)", None),
            ("rgb(0, 51)", None),
            ("#00336", None),
            ("blue", None),
            ("#00é", None),
        ] {
            assert_eq!(colour(written).as_deref(), read, "{written}");
        }
    }

    #[test]
    fn a_data_url_is_read_and_no_other() {
        assert_eq!(data("https://a.example/logo.png"), None);
        assert_eq!(data("hl:zQm"), None);
        assert_eq!(data(""), None);
        assert_eq!(data("data:image/png;base64,+/8="), Some(Ok(vec![0xfb, 0xff])));
        assert_eq!(data("DATA:image/png;BASE64,-_8"), Some(Ok(vec![0xfb, 0xff])));
        assert_eq!(data("data:image/svg+xml,<svg/>"), Some(Err(LogoError::Unsupported)));
        assert_eq!(data("data:image/png;base64,%%%"), Some(Err(LogoError::Malformed)));
        let long = format!("data:image/png;base64,{}", "A".repeat(MAX_LOGO_BYTES * 4 / 3 + 100));
        assert_eq!(data(&long), Some(Err(LogoError::TooLarge)));
    }
}
