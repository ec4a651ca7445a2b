use std::sync::OnceLock;

use portage_keys::digest::sha256;

const STYLESHEET: &str = include_str!("../../static/portage.css");
const MARK: &str = include_str!("../../static/mark.svg");
/// The picture in a browser's tab, below a program's base.
pub(super) const MARK_PATH: &str = "/static/mark.svg";

/// The address of the stylesheet below a program's base. Its name changes with its content.
pub fn stylesheet_path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| {
        let digest = sha256(STYLESHEET.as_bytes());
        let name: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("/static/portage-{name}.css")
    })
}

/// The file of that name in `/static/`: its media type, and what is in it.
pub(super) fn named(file: &str) -> Option<(&'static str, &'static str)> {
    let is = |path: &str| path.strip_prefix("/static/") == Some(file);
    if is(stylesheet_path()) {
        return Some(("text/css; charset=utf-8", STYLESHEET));
    }
    is(MARK_PATH).then_some(("image/svg+xml", MARK))
}
