//! The transcript in the README is what the demo prints.

use std::sync::Mutex;

use xtask::story::{self, Plot};

/// The lines between "$ cargo xtask demo" and the end of its block.
fn transcript(readme: &str) -> Vec<String> {
    readme
        .split("```")
        .find_map(|block| block.split_once("$ cargo xtask demo\n"))
        .map(|(_, lines)| lines.lines().map(str::to_owned).collect())
        .unwrap_or_default()
}

/// Whether `line` is what `expected` says, where `…` stands for anything.
fn fits(expected: &str, line: &str) -> bool {
    let mut rest = line;
    let mut parts = expected.split('…').peekable();
    let Some(first) = parts.next() else { return line.is_empty() };
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_shows_what_the_demo_prints() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("the README");
    let expected = transcript(&readme);
    assert!(expected.len() > 20, "the README has a transcript of `cargo xtask demo`");
    let said = Mutex::new(Vec::new());
    let say = |line: &str| said.lock().expect("one teller").extend(line.lines().map(str::to_owned));
    let (_, world) =
        story::play(&portage_tests::programs(), &Plot::default(), &say).await.expect("the story is told");
    world.stop().await.expect("every service stops when asked");
    let said = said.into_inner().expect("one teller");
    for (number, line) in said.iter().enumerate() {
        let shown = expected.get(number).map_or("", String::as_str);
        assert!(
            fits(shown, line),
            "line {}: the README has\n  {shown}\nthe demo prints\n  {line}",
            number + 1
        );
    }
}

#[test]
fn an_ellipsis_stands_for_anything_and_other_text_for_itself() {
    assert!(fits("ready at …", "ready at http://localhost:1"));
    assert!(fits("a … b … c", "a 1 b 2 c"));
    assert!(!fits("accepted", "rejected"));
    assert!(!fits("a … c", "a 1 d"));
}
