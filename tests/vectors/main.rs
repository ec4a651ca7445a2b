//! Other people's documents: every family of vectors beside the project, at the level it speaks of.
//!
//! Signature families go through the libraries, whole documents through `verifier check`, the shipped program: this target starts itself again
//! as that program, so that a case is a process with files, options and an exit code. Every positive case must be accepted and every negative
//! one refused for the reason given here. What is left out stands in `left-out.toml` with its reason, and that list is exact: an entry that holds
//! after all, and a file of the collection's manifest that is neither used nor listed, are wrong.
//!
//! The table goes to standard output at each run, and stands in `docs/vectors.md`, which a run compares (`-- --write` writes it).
//! Without the vectors the target says what it leaves out and passes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot set its scene has failed; the table is what this target is for"
)]

mod book;
mod check;
mod data_integrity;
mod data_model;
mod did;
mod did_webvh;
mod encryption;
mod federation;
mod jose;
mod json_ld;
mod keys;
mod openid;
mod sd_jwt;
mod status_lists;

use std::{env, fmt::Write, fs, path::Path, process::ExitCode};

use book::{Book, Row};

fn main() -> ExitCode {
    let mut arguments: Vec<_> = env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "verifier") {
        return verifier_service::run(arguments).into();
    }
    let written = arguments.extract_if(.., |argument| argument == "--write").count() > 0;
    if arguments.iter().any(|argument| argument == "--list") {
        println!("every_family: test");
        return ExitCode::SUCCESS;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let vectors = here.join("../../shared/vectors");
    if !vectors.join("MANIFEST.tsv").exists() {
        println!("left out: the vectors are not beside the project (../shared/vectors)");
        return ExitCode::SUCCESS;
    }
    let book = Book::open(vectors, &here.join("vectors/left-out.toml"));
    for family in [
        keys::run,
        jose::run,
        encryption::run,
        did::run,
        did_webvh::run,
        json_ld::run,
        data_integrity::run,
        sd_jwt::run,
        data_model::run,
        status_lists::run,
        openid::run,
        federation::run,
    ] {
        family(&book);
    }
    let (rows, mut wrong) = book.close();
    let table = table(&rows);
    println!("\n{table}");
    for row in rows {
        wrong.extend(row.wrong.iter().map(|case| format!("{} ({}): {case}", row.family, row.level)));
    }
    wrong.extend(document(&here.join("../docs/vectors.md"), &table, written));
    for wrong in &wrong {
        println!("wrong: {wrong}");
    }
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// In Markdown: a line for each family at its level, and their sum.
fn table(rows: &[Row]) -> String {
    let mut text =
        String::from("| family | level | accepted | refused | left out |\n|---|---|--:|--:|--:|\n");
    let mut sum = [0; 5];
    for row in rows {
        let counts = [row.accepted.0, row.accepted.1, row.refused.0, row.refused.1, row.left_out];
        for (sum, count) in sum.iter_mut().zip(counts) {
            *sum += count;
        }
        line(&mut text, row.family, row.level, counts);
    }
    line(&mut text, "all", "", sum);
    text
}

fn line(text: &mut String, family: &str, level: &str, [accepted, good, refused, bad, left_out]: [usize; 5]) {
    writeln!(text, "| {family} | {level} | {accepted}/{good} | {refused}/{bad} | {left_out} |").unwrap();
}

/// Holds the table in the document to the run, or writes it there.
fn document(path: &Path, table: &str, write: bool) -> Option<String> {
    const MARKS: [&str; 2] = ["<!-- the table of the last run -->\n", "<!-- end of the table -->"];
    let page = fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(MARKS[0]).unwrap();
    let (stands, after) = rest.split_once(MARKS[1]).unwrap();
    if write {
        fs::write(path, format!("{before}{}{table}{}{after}", MARKS[0], MARKS[1])).unwrap();
        return None;
    }
    (stands != table).then(|| "docs/vectors.md holds another table; `-- --write` writes this one".to_owned())
}
