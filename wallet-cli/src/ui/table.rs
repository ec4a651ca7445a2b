use comfy_table::{ContentArrangement, Table, presets};

/// Columns of a terminal below which a table is harder to read than lines.
const NARROW: u16 = 60;
/// What a terminal that does not know its width is taken for.
const USUAL: u16 = 100;

/// Rows under a header: a table, or on a narrow terminal a paragraph for each row.
pub(crate) fn rows<const N: usize>(header: [String; N], rows: Vec<[String; N]>) -> String {
    let mut table = Table::new();
    match table.width() {
        Some(1..NARROW) => return paragraphs(&header, &rows),
        Some(0) => drop(table.set_width(USUAL)),
        _ => {}
    }
    table.load_style(presets::UTF8_FULL).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header);
    table.add_rows(rows);
    table.to_string()
}

fn paragraphs<const N: usize>(header: &[String; N], rows: &[[String; N]]) -> String {
    let paragraph = |row: &[String; N]| {
        let lines =
            header.iter().zip(row).map(|(name, value)| format!("{name}: {}", value.replace('\n', ", ")));
        lines.collect::<Vec<_>>().join("\n")
    };
    rows.iter().map(paragraph).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_gets_a_paragraph_for_each_row() {
        let header = ["Id", "From"].map(str::to_owned);
        let rows = [["a", "one\ntwo"].map(str::to_owned), ["b", "three"].map(str::to_owned)];
        assert_eq!(paragraphs(&header, &rows), "Id: a\nFrom: one, two\n\nId: b\nFrom: three");
    }
}
