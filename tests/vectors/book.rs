//! What a run writes down: which files were read, how each case ended, what is left out and why.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use portage_strict_json::Limits;
use serde::Deserialize;
use serde_json::Value;

/// How a case ended: accepted, or refused with the name of a reason (or of what a library function says instead).
pub(crate) type Outcome = Result<(), String>;

/// The vectors, and what has become of them so far.
pub(crate) struct Book {
    root: PathBuf,
    used: RefCell<BTreeSet<String>>,
    rows: RefCell<Vec<Row>>,
    left_out: LeftOut,
}

/// One line of the table.
pub(crate) struct Row {
    pub(crate) family: &'static str,
    pub(crate) level: &'static str,
    /// Positive cases: those that were accepted, and all.
    pub(crate) accepted: (usize, usize),
    /// Negative cases: those that were refused for the right reason, and all.
    pub(crate) refused: (usize, usize),
    pub(crate) left_out: usize,
    pub(crate) wrong: Vec<String>,
    names: BTreeSet<String>,
    expected_failures: BTreeMap<String, Option<String>>,
}

/// `left-out.toml`.
#[derive(Deserialize)]
struct LeftOut {
    files: Vec<LeftOutFiles>,
    cases: Vec<LeftOutCases>,
}

/// Files that no family reads.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftOutFiles {
    reason: String,
    /// Files, or folders ending in `/`.
    paths: Vec<String>,
    /// What would contradict the reason.
    #[serde(default)]
    absent: Vec<Absent>,
}

/// Cases that end otherwise than their family says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftOutCases {
    family: String,
    reason: String,
    /// What they end with instead; absent: whatever it is.
    says: Option<String>,
    cases: Vec<String>,
}

/// A text that the sources in a folder do not hold, in whatever case. Once one of them does, what was left out may be within reach.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Absent {
    r#in: String,
    text: String,
}

impl Absent {
    /// The first source that holds the text; an error when there are no sources.
    fn found(&self, project: &Path) -> Option<String> {
        fn holds(path: &Path, text: &str, read: &mut usize) -> Option<String> {
            if path.is_dir() {
                return fs::read_dir(path).ok()?.find_map(|entry| holds(&entry.ok()?.path(), text, read));
            }
            *read += 1;
            let source = fs::read_to_string(path).unwrap_or_default().to_lowercase();
            source.contains(text).then(|| path.display().to_string())
        }
        let mut read = 0;
        let found = holds(&project.join(&self.r#in), &self.text.to_lowercase(), &mut read);
        found.or_else(|| (read == 0).then(|| "no file that could".to_owned()))
    }
}

impl Book {
    pub(crate) fn open(root: PathBuf, left_out: &Path) -> Self {
        let text = fs::read_to_string(left_out).unwrap();
        let left_out = toml::from_str(&text).unwrap_or_else(|error| panic!("left-out.toml: {error}"));
        Book { root, used: RefCell::default(), rows: RefCell::default(), left_out }
    }

    /// The file's place; it counts as used.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.used.borrow_mut().insert(path.to_owned());
        self.root.join(path)
    }

    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// As the product reads JSON, but for the size.
    pub(crate) fn json(&self, path: &str) -> Value {
        let limits = Limits { max_bytes: 1 << 24, max_depth: 64 };
        portage_strict_json::parse(self.text(path).as_bytes(), limits)
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// JSON that tests of strictness may spoil on purpose.
    pub(crate) fn lenient_json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The names in a folder, in order.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries =
            fs::read_dir(self.root.join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    pub(crate) fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// Runs a family at one level. What panics is wrong; the other families go on.
    pub(crate) fn family(&self, family: &'static str, level: &'static str, run: impl FnOnce(&mut Row)) {
        let of_family = self.left_out.cases.iter().filter(|cases| cases.family == family);
        let expected_failures = of_family
            .flat_map(|cases| cases.cases.iter().map(|case| (case.clone(), cases.says.clone())))
            .collect();
        let mut row = Row {
            family,
            level,
            accepted: (0, 0),
            refused: (0, 0),
            left_out: 0,
            wrong: Vec::new(),
            names: BTreeSet::new(),
            expected_failures,
        };
        if catch_unwind(AssertUnwindSafe(|| run(&mut row))).is_err() {
            row.wrong.push("panicked".to_owned());
        }
        for case in row.expected_failures.keys() {
            row.wrong.push(format!("left-out.toml names {case}, which did not run"));
        }
        self.rows.borrow_mut().push(row);
    }

    /// The rows, and what is wrong with the list of what is left out.
    pub(crate) fn close(self) -> (Vec<Row>, Vec<String>) {
        let rows = self.rows.into_inner();
        let mut wrong = Vec::new();
        let used = self.used.into_inner();
        let manifest = fs::read_to_string(self.root.join("MANIFEST.tsv")).unwrap();
        let mut files: BTreeSet<&str> =
            manifest.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
        for path in self.left_out.files.iter().flat_map(|entry| &entry.paths) {
            let fits =
                |file: &&str| *file == path || (path.ends_with('/') && file.starts_with(path.as_str()));
            let fitting: Vec<&str> = files.iter().copied().filter(fits).collect();
            if fitting.is_empty() {
                wrong.push(format!(
                    "left-out.toml names {path}, where no file is, or one that is named twice"
                ));
            }
            for file in fitting {
                files.remove(file);
                if used.contains(file) {
                    wrong.push(format!("left-out.toml names {path}, and {file} is used"));
                }
            }
        }
        for file in files.into_iter().filter(|file| !used.contains(*file)) {
            wrong.push(format!("{file} is neither used nor left out"));
        }
        for cases in &self.left_out.cases {
            if !rows.iter().any(|row| row.family == cases.family) {
                wrong.push(format!("left-out.toml names the family {}, which did not run", cases.family));
            }
            if cases.reason.is_empty() {
                wrong.push(format!("left-out.toml gives no reason in {}", cases.family));
            }
        }
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for files in &self.left_out.files {
            for absent in &files.absent {
                if let Some(file) = absent.found(&project) {
                    wrong.push(format!(
                        "left-out.toml leaves out {:?} until there is `{}` in {}; {file} holds it",
                        files.paths, absent.text, absent.r#in
                    ));
                }
            }
        }
        if self.left_out.files.iter().any(|files| files.reason.is_empty()) {
            wrong.push("left-out.toml gives no reason for some files".to_owned());
        }
        (rows, wrong)
    }
}

impl Row {
    /// A positive case.
    pub(crate) fn accepts(&mut self, name: &str, run: impl FnOnce() -> Outcome) {
        self.accepted.1 += 1;
        let ended = ended(run);
        let right = ended == "accepted";
        self.accepted.0 += usize::from(right);
        self.settle(name, "accepted", right, ended);
    }

    /// A negative case, and why it has to be refused.
    pub(crate) fn refuses(&mut self, name: &str, reason: &str, run: impl FnOnce() -> Outcome) {
        self.refused.1 += 1;
        let ended = ended(run);
        let right = ended == reason;
        self.refused.0 += usize::from(right);
        self.settle(name, reason, right, ended);
    }

    fn settle(&mut self, name: &str, expected: &str, right: bool, ended: String) {
        if !self.names.insert(name.to_owned()) {
            self.wrong.push(format!("two cases are called {name}"));
        }
        match (right, self.expected_failures.remove(name)) {
            (true, None) => {}
            (true, Some(_)) => {
                self.wrong.push(format!("left-out.toml names {name}, which holds: {expected}"))
            }
            (false, Some(says)) if says.as_ref().is_none_or(|says| *says == ended) => self.left_out += 1,
            (false, Some(says)) => {
                self.wrong
                    .push(format!("{name}: {ended}, where left-out.toml says {}", says.unwrap_or_default()));
            }
            (false, None) => self.wrong.push(format!("{name}: {ended} instead of {expected}")),
        }
    }
}

fn ended(run: impl FnOnce() -> Outcome) -> String {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => "accepted".to_owned(),
        Ok(Err(reason)) => reason,
        Err(_) => "panicked".to_owned(),
    }
}

/// The name of the reason of an error that has one.
macro_rules! reason {
    ($result:expr) => {
        $result.map(|_| ()).map_err(|error| error.reason().to_string())
    };
}
pub(crate) use reason;

/// Accepted if the two are the same.
pub(crate) fn same<T: PartialEq>(got: T, expected: T) -> Outcome {
    if got == expected { Ok(()) } else { Err("another value".to_owned()) }
}

/// Bytes of hexadecimal digits.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Hexadecimal digits of bytes.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
