//! Text that somebody else wrote, made fit to be shown: on a terminal it moves no cursor and turns no line round (SD-JWT VC, textual information).

/// Longest text that is shown of a name, a label or a value.
pub(crate) const MAX_SHOWN: usize = 300;

/// The text on one line, without control characters, direction overrides and invisible characters, cut to 300 characters.
pub fn plain(text: &str) -> String {
    plain_up_to(text, MAX_SHOWN)
}

/// The same with another length.
pub fn plain_up_to(text: &str, max: usize) -> String {
    let mut shown = String::new();
    let mut length = 0;
    for character in text.chars() {
        let character = if character.is_whitespace() { ' ' } else { character };
        if is_unfit(character) || (character == ' ' && (shown.is_empty() || shown.ends_with(' '))) {
            continue;
        }
        if length == max {
            shown.push('…');
            return shown;
        }
        shown.push(character);
        length += 1;
    }
    shown.truncate(shown.trim_end().len());
    shown
}

/// Characters that move the cursor, turn the text round or are not seen.
fn is_unfit(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}' | '\u{E000}'..='\u{F8FF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w17_what_would_move_the_cursor_or_turn_the_text_is_gone() {
        assert_eq!(plain("City\u{1b}[2J of\u{202e}revuocnaV\u{200b}"), "City[2J ofrevuocnaV");
        assert_eq!(plain("two\n lines\tand a tab "), "two lines and a tab");
        assert_eq!(plain("Québec › L’Île-d’Orléans, 東京"), "Québec › L’Île-d’Orléans, 東京");
    }

    #[test]
    fn w17_ten_thousand_characters_are_cut() {
        let shown = plain(&"é".repeat(10_000));
        assert_eq!(shown.chars().count(), MAX_SHOWN + 1);
        assert!(shown.ends_with('…'));
    }
}
