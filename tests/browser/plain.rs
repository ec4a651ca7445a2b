//! How hard a text is to read.
//!
//! English: the Flesch-Kincaid grade, `0.39 w + 11.8 s - 15.59` with `w` words a sentence and `s` syllables a word; grade 8 at most.
//! French: Flesch's reading ease as Kandel and Moles adapted it, `207 - 1.015 w - 73.6 s`; 60 at least, which is where Flesch puts
//! the eighth grade. Syllables are counted by rule, not by dictionary: both measures are of a whole page, not of a word.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    English,
    French,
}

/// Fewer words are a label, not a sentence; counting them would make every page look easy.
const SHORTEST: usize = 4;

/// Fewer sentences say nothing about a page.
const FEWEST: usize = 3;

/// What is wrong with the words of a page, if they are too hard. `blocks` are paragraphs, items, labels.
pub(crate) fn too_hard(blocks: &[String], tongue: Tongue) -> Option<String> {
    let sentences: Vec<Vec<&str>> = blocks
        .iter()
        .flat_map(|block| block.split(['.', '!', '?', ':', ';']))
        .map(words_of)
        .filter(|words| words.len() >= SHORTEST)
        .collect();
    if sentences.len() < FEWEST {
        return None;
    }
    let words: usize = sentences.iter().map(Vec::len).sum();
    let spoken: usize = sentences.iter().flatten().map(|word| syllables(word, tongue)).sum();
    let (per_sentence, per_word) = (ratio(words, sentences.len()), ratio(spoken, words));
    let (hard, measure) = match tongue {
        Tongue::English => {
            let grade = 0.39 * per_sentence + 11.8 * per_word - 15.59;
            (grade > 8.0, format!("Flesch-Kincaid grade {grade:.1}, 8 at most"))
        }
        Tongue::French => {
            let ease = 207.0 - 1.015 * per_sentence - 73.6 * per_word;
            (ease < 60.0, format!("Kandel-Moles ease {ease:.1}, 60 at least"))
        }
    };
    hard.then(|| {
        let mut worst = sentences
            .iter()
            .map(|words| (words.iter().map(|word| syllables(word, tongue)).sum::<usize>(), words.join(" ")))
            .collect::<Vec<_>>();
        worst.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
        worst.truncate(5);
        let worst: Vec<_> = worst.into_iter().map(|(_, sentence)| sentence).collect();
        format!("hard to read: {measure}; the longest sentences: {worst:?}")
    })
}

fn ratio(part: usize, whole: usize) -> f64 {
    let (part, whole) = (u32::try_from(part).unwrap_or(u32::MAX), u32::try_from(whole).unwrap_or(u32::MAX));
    f64::from(part) / f64::from(whole)
}

/// Words with a letter in them: numbers and signs are no words.
fn words_of(sentence: &str) -> Vec<&str> {
    sentence
        .split(|sign: char| {
            sign.is_whitespace() || matches!(sign, ',' | '(' | ')' | '«' | '»' | '"' | '–' | '—' | '/')
        })
        .filter(|word| word.chars().any(char::is_alphabetic))
        .collect()
}

fn syllables(word: &str, tongue: Tongue) -> usize {
    let word = word.to_lowercase();
    let letters: Vec<char> = word.chars().filter(|letter| letter.is_alphabetic()).collect();
    let vowel = |letter: char| "aeiouyàâäéèêëîïôöùûüœæ".contains(letter);
    let mut groups = 0;
    let mut before = false;
    for &letter in &letters {
        let now = vowel(letter);
        groups += usize::from(now && !before);
        before = now;
    }
    let text: String = letters.iter().collect();
    let mute = match tongue {
        // "make", "used", "names": the last e is not spoken; "table", "needed" and "places" keep it.
        Tongue::English => {
            (text.ends_with('e') && !text.ends_with("le") && !text.ends_with("ee"))
                || (text.ends_with("ed") && !text.ends_with("ted") && !text.ends_with("ded"))
                || (text.ends_with("es")
                    && !["ses", "ces", "xes", "zes", "ches", "shes", "ges"]
                        .iter()
                        .any(|end| text.ends_with(end)))
        }
        Tongue::French => ["e", "es", "ent"].iter().any(|end| text.ends_with(end)) && !text.ends_with("ment"),
    };
    if mute && groups > 1 { groups - 1 } else { groups.max(1) }
}

#[test]
fn a_plain_text_passes_and_an_official_one_does_not() {
    let text = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let plain = text(&[
        "You choose what to share. The market sees your trade name.",
        "It does not see your birth date.",
    ]);
    assert_eq!(too_hard(&plain, Tongue::English), None);
    let official = text(&[
        "Notwithstanding the aforementioned provisions, authorization of verification necessitates organizational accreditation. \
         Subsequent determinations constitute administrative responsibilities of participating jurisdictions.",
        "Applicable confidentiality considerations regarding identification documentation remain operational.",
    ]);
    assert!(too_hard(&official, Tongue::English).is_some());
    let plain = text(&[
        "Vous choisissez ce que vous montrez. Le marché voit le nom du commerce.",
        "Il ne voit pas votre date de naissance.",
    ]);
    assert_eq!(too_hard(&plain, Tongue::French), None);
    let official = text(&[
        "Nonobstant les dispositions susmentionnées, l'autorisation de vérification nécessite une accréditation organisationnelle. \
         Les déterminations subséquentes constituent des responsabilités administratives.",
        "Les considérations applicables de confidentialité relatives à l'identification documentaire demeurent opérationnelles.",
    ]);
    assert!(too_hard(&official, Tongue::French).is_some());
}

#[test]
fn syllables_are_counted_near_enough() {
    for (word, count) in [
        ("name", 1),
        ("table", 2),
        ("shared", 1),
        ("needed", 2),
        ("credential", 3),
        ("you", 1),
        ("places", 2),
    ] {
        assert_eq!(syllables(word, Tongue::English), count, "{word}");
    }
    for (word, count) in
        [("ville", 1), ("permis", 2), ("partage", 2), ("montrent", 1), ("nom", 1), ("vérifier", 3)]
    {
        assert_eq!(syllables(word, Tongue::French), count, "{word}");
    }
}
