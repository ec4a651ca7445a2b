/// `BusinessTradeName` and `trade_name` as words.
pub(super) fn label(column: &str) -> String {
    let mut label = String::new();
    let mut before = ' ';
    for character in column.chars() {
        let character = if matches!(character, '_' | '-' | '.') { ' ' } else { character };
        if character.is_uppercase() && before.is_lowercase() {
            label.push(' ');
        }
        label.push(character);
        before = character;
    }
    let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = label.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default()
        + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_gives_a_label() {
        let columns = ["FOLDERYEAR", "LicenceRSN", "BusinessTradeName", "issued_date", "Prénom"];
        let labels = columns.map(label);
        assert_eq!(labels, ["FOLDERYEAR", "Licence RSN", "Business Trade Name", "Issued date", "Prénom"]);
    }
}
