use serde_json::Value;

use crate::{ClaimKind, Language, message, plain};

/// A claim's value as a person reads it: yes and no, days with their hyphens, a picture by its size. `kind` where the type is known.
pub fn shown_value(value: &Value, kind: Option<ClaimKind>, language: Language) -> String {
    match (value, kind) {
        (Value::Bool(true), _) => message("value.yes", language, &[]),
        (Value::Bool(false), _) => message("value.no", language, &[]),
        (Value::Number(number), Some(ClaimKind::DateInt)) => {
            number.as_u64().map_or_else(|| number.to_string(), shown_date)
        }
        (Value::Number(number), _) => number.to_string(),
        (Value::String(text), Some(ClaimKind::Binary)) => {
            let size = (text.len() * 3 / 4).div_ceil(1024).to_string();
            message("value.picture", language, &[("size", &size)])
        }
        (Value::String(text), _) => plain(text),
        (Value::Array(items), _) => {
            let items: Vec<String> = items.iter().map(|item| shown_value(item, kind, language)).collect();
            items.join(", ")
        }
        (Value::Object(members), _) if !members.is_empty() => plain(&value.to_string()),
        (Value::Object(_) | Value::Null, _) => "–".to_owned(),
    }
}

/// `19900115` as `1990-01-15`.
fn shown_date(date: u64) -> String {
    format!("{:04}-{:02}-{:02}", date / 10_000, date / 100 % 100, date % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_shown_in_words() {
        let shown = |value: Value, kind| shown_value(&value, kind, Language::Fr);
        assert_eq!(shown(json!(true), None), "oui");
        assert_eq!(shown(json!(19900115), Some(ClaimKind::DateInt)), "1990-01-15");
        assert_eq!(shown(json!(["a", "b"]), None), "a, b");
        assert_eq!(shown(json!("x".repeat(4096)), Some(ClaimKind::Binary)), "une image (3\u{a0}Kio)");
    }
}
