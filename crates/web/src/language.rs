use axum::http::{HeaderMap, header};
use portage_catalog::Language;

/// The language a person asked for: the first `en…` or `fr…` of `Accept-Language` with the highest quality; English when neither
/// is named.
pub fn language_of(headers: &HeaderMap) -> Language {
    let Some(text) = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()) else {
        return Language::En;
    };
    let mut best = (Language::En, 0.0_f32);
    for range in text.split(',').take(16) {
        let mut parts = range.split(';').map(str::trim);
        let primary = parts.next().unwrap_or("").split('-').next().unwrap_or("");
        let quality = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
        let language = match primary.to_ascii_lowercase().as_str() {
            "en" => Language::En,
            "fr" => Language::Fr,
            _ => continue,
        };
        if quality > best.1 {
            best = (language, quality);
        }
    }
    best.0
}

/// The language of the terminal: `LC_ALL`, `LC_MESSAGES`, `LANG`, the first that is set. English unless it is one of ours.
pub fn language_of_terminal() -> Language {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .and_then(|tag| Language::from_tag(&tag))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, text.parse().unwrap());
        language_of(&headers)
    }

    #[test]
    fn the_preferred_of_the_two_languages_is_taken() {
        assert_eq!(asked("fr-CA,fr;q=0.9,en;q=0.8"), Language::Fr);
        assert_eq!(asked("en;q=0.2, fr;q=0.7"), Language::Fr);
        assert_eq!(asked("de, en"), Language::En);
        assert_eq!(asked("de"), Language::En);
        assert_eq!(asked(";;;,q=1"), Language::En);
        assert_eq!(language_of(&HeaderMap::new()), Language::En);
    }
}
