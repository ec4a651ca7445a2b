use std::{fs::File, io::Read, path::Path};

/// Most of a table's first line that is read.
const LONGEST: u64 = 64 << 10;

/// The column names of a table of comma- or semicolon-separated values, and no row of it. `None`: its first line does not read as such.
pub(super) fn columns(path: &Path) -> std::io::Result<Option<Vec<String>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let Some(line) = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next() else { return Ok(None) };
    let Ok(line) = std::str::from_utf8(line) else { return Ok(None) };
    Ok(split(line))
}

fn split(line: &str) -> Option<Vec<String>> {
    let count = |separator: char| line.matches(separator).count();
    let separator = if count(';') > count(',') { ';' } else { ',' };
    let name = |cell: &str| cell.trim().trim_matches('"').trim().to_owned();
    let columns: Vec<String> = line.split(separator).map(name).collect();
    let is_name =
        |name: &String| !name.is_empty() && name.chars().count() <= 200 && !name.contains(char::is_control);
    columns.iter().all(is_name).then_some(columns)
}

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
    fn the_first_line_gives_columns_and_each_a_label() {
        let columns = split("FOLDERYEAR;LicenceRSN;\"BusinessTradeName\";issued_date").unwrap();
        let labels: Vec<_> = columns.iter().map(|column| label(column)).collect();
        assert_eq!(labels, ["FOLDERYEAR", "Licence RSN", "Business Trade Name", "Issued date"]);
        assert_eq!(split("a,,b"), None);
        assert_eq!(split(""), None);
    }
}
