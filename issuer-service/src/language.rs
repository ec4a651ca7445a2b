use portage_catalog::Language;

/// The language of the terminal: `LC_ALL`, `LC_MESSAGES`, `LANG`, the first that is set. English unless it begins with `fr`.
pub(crate) fn of_terminal() -> Language {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty());
    match set {
        Some(value) if value.to_string_lossy().starts_with("fr") => Language::Fr,
        _ => Language::En,
    }
}
