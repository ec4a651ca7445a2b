//! `verifier policy …` and `verifier purpose lint`: what somebody sees who writes the rules of a purpose.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Value, json};

/// The folder of a department that writes, without configuration or keys.
struct Desk(tempfile::TempDir);

impl Desk {
    /// A department whose purpose asks for a municipality, with the policy of the box.
    fn new() -> Self {
        let desk = Desk(tempfile::tempdir().unwrap());
        let mut purpose = specs("purposes/resident-rate.json");
        purpose["id"] = "ice-time".into();
        purpose["policy"] = "ice-time".into();
        desk.write("purposes/ice-time.json", &purpose.to_string());
        desk.write(
            "policies/ice-time.cedar",
            &policy("context.residency.claims.municipality == \"Vancouver\""),
        );
        desk
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_verifier"));
        command.args(arguments).arg("--dir").arg(self.0.path()).env("LC_ALL", "C").output().unwrap()
    }

    fn check(&self, more: &[&str]) -> Output {
        let file = self.path("policies/ice-time.cedar");
        self.run(&[&["policy", "check", file.to_str().unwrap()], more].concat())
    }

    fn lint(&self, more: &[&str]) -> Output {
        let file = self.path("purposes/ice-time.json");
        self.run(&[&["purpose", "lint", file.to_str().unwrap()], more].concat())
    }
}

fn specs(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs").join(file);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn policy(when: &str) -> String {
    format!(
        "@id(\"lives-here\")\n@en(\"Lives in the city.\")\n@fr(\"Habite la ville.\")\npermit (principal, action, resource)\nwhen {{ {when} }};\n"
    )
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// Exit code, and the last word on standard error.
fn ending(output: &Output) -> (Option<i32>, &str) {
    let said = std::str::from_utf8(&output.stderr).unwrap();
    (output.status.code(), said.split_whitespace().last().unwrap_or_default())
}

fn object(output: &Output) -> Value {
    serde_json::from_str(stdout(output)).unwrap()
}

#[test]
fn check_tells_in_both_languages_what_is_wrong_and_where() {
    let desk = Desk::new();
    let fine = desk.check(&[]);
    assert_eq!((fine.status.code(), stdout(&fine).lines().count()), (Some(0), 2), "{fine:?}");
    assert!(stdout(&fine).contains("fits what the purpose ice-time asks"), "{fine:?}");
    let fine = object(&desk.check(&["--json"]));
    assert_eq!(
        (&fine["fine"], &fine["rules"][0]["read"][0]["at"]),
        (&json!(true), &json!("residency.claims.municipality"))
    );

    desk.write("policies/ice-time.cedar", &policy("context.residency.claims.postal_code == \"V6B\""));
    let unfit = desk.check(&[]);
    assert_eq!(ending(&unfit), (Some(1), "malformed"));
    let said = stdout(&unfit);
    assert!(said.contains("line 4: The rule lives-here reads residency.claims.postal_code"), "{said}");
    assert!(said.contains("ligne 4\u{a0}: La règle lives-here lit residency.claims.postal_code"), "{said}");
    let unfit = desk.check(&["--json"]);
    assert_eq!(ending(&unfit), (Some(1), "malformed"));
    let unfit = object(&unfit);
    assert_eq!(
        (&unfit["fine"], &unfit["line"], &unfit["purpose"]),
        (&json!(false), &json!(4), &json!("ice-time"))
    );
    assert!(unfit["what"]["fr"].as_str().unwrap().contains("ne demande pas"), "{unfit}");
}

#[test]
fn check_holds_a_draft_against_the_purpose_that_is_said() {
    let desk = Desk::new();
    desk.write("draft.cedar", &policy("context.residency.claims.municipality == \"Vancouver\""));
    let draft = desk.path("draft.cedar");
    let draft = draft.to_str().unwrap();
    assert_eq!(desk.run(&["policy", "check", draft]).status.code(), Some(2), "no purpose names it");
    let file = desk.path("purposes/ice-time.json");
    for purpose in ["ice-time", "resident-rate", file.to_str().unwrap()] {
        let checked = desk.run(&["policy", "check", draft, "--purpose", purpose]);
        assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    }
    let other = desk.run(&["policy", "check", draft, "--purpose", "student-fare"]);
    assert_eq!(ending(&other), (Some(1), "malformed"));
    assert_eq!(desk.run(&["policy", "check", draft, "--purpose", "no-such"]).status.code(), Some(2));
    assert_eq!(desk.run(&["policy", "check", "no-such.cedar"]).status.code(), Some(3));
}

#[test]
fn show_reads_the_rules_as_sentences_and_names_what_each_reads() {
    let desk = Desk::new();
    let english = desk.run(&["policy", "show", "market-vendor-permit", "--lang", "en"]);
    let french = desk.run(&["policy", "show", "market-vendor-permit", "--lang", "fr"]);
    for (output, sentences) in [
        (&english, ["Whoever sells must be 19 or older", "Trade name (licence.claims.trade_name)"]),
        (&french, ["La personne qui vend doit avoir 19 ans", "Nom commercial (licence.claims.trade_name)"]),
    ] {
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        for sentence in sentences {
            assert!(stdout(output).contains(sentence), "{sentence}: {}", stdout(output));
        }
    }
    let shown = object(&desk.run(&["policy", "show", "ice-time", "--json"]));
    assert_eq!((&shown["policy"], &shown["rules"][0]["id"]), (&json!("ice-time"), &json!("lives-here")));

    let mut without = specs("purposes/resident-rate.json");
    without["id"] = "plain".into();
    without.as_object_mut().unwrap().remove("policy");
    without["shown_to_staff"] = json!(["residency.municipality"]);
    desk.write("purposes/plain.json", &without.to_string());
    let plain = desk.run(&["policy", "show", "plain", "--lang", "en"]);
    assert!(stdout(&plain).contains("has no policy") && stdout(&plain).contains("Municipality"), "{plain:?}");
    assert_eq!(desk.run(&["policy", "show", "no-such"]).status.code(), Some(2));
}

#[test]
fn schema_prints_what_rules_may_read() {
    let desk = Desk::new();
    let of_purpose = desk.run(&["policy", "schema", "ice-time"]);
    let of_type = desk.run(&["policy", "schema", "--type", "residency"]);
    for output in [&of_purpose, &of_type] {
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(stdout(output).contains("municipality"), "{output:?}");
    }
    assert!(stdout(&of_type).contains("postal_code") && !stdout(&of_purpose).contains("postal_code"));
    let told = object(&desk.run(&["policy", "schema", "--type", "residency", "--json"]));
    assert_eq!((&told["type"], told["schema"].is_string()), (&json!("residency"), true));
    for wrong in [
        &["policy", "schema"][..],
        &["policy", "schema", "--type", "no-such"],
        &["policy", "schema", "no-such"],
    ] {
        assert_eq!(desk.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn lint_knows_what_the_policy_reads_and_what_staff_see() {
    let desk = Desk::new();
    assert_eq!(desk.lint(&[]).status.code(), Some(0), "{:?}", desk.lint(&[]));
    let mut purpose = specs("purposes/resident-rate.json");
    (purpose["id"], purpose["policy"]) = ("ice-time".into(), "ice-time".into());
    let claims = purpose["query"]["credentials"][0]["claims"].as_array_mut().unwrap();
    claims.push(json!({ "path": ["resident_since"] }));
    desk.write("purposes/ice-time.json", &purpose.to_string());
    let unread = desk.lint(&["--json"]);
    assert_eq!(ending(&unread), (Some(1), "beyond_purpose"));
    let unread = object(&unread);
    assert_eq!(
        (&unread["findings"][0]["rule"], &unread["findings"][0]["about"]),
        (&json!("not_read"), &json!("resident_since"))
    );
    assert_eq!(unread["query"]["credentials"][0]["claims"].as_array().unwrap().len(), 1, "the smaller query");

    // Read by the relying party's own program, or by staff: then it stays.
    assert_eq!(desk.lint(&["--reads", "residency.resident_since"]).status.code(), Some(0));
    purpose["shown_to_staff"] = json!(["residency.resident_since"]);
    desk.write("purposes/ice-time.json", &purpose.to_string());
    assert_eq!(desk.lint(&[]).status.code(), Some(0));
}

#[test]
fn lint_tells_of_a_policy_that_is_not_there_or_does_not_fit() {
    let desk = Desk::new();
    desk.write("policies/ice-time.cedar", &policy("context == context"));
    let unfit = desk.lint(&["--json"]);
    assert_eq!(ending(&unfit), (Some(1), "malformed"));
    assert_eq!(object(&unfit)["findings"][0]["rule"], "policy_unfit");
    assert!(stdout(&desk.lint(&[])).contains("as a whole"), "{unfit:?}");
    fs::remove_file(desk.path("policies/ice-time.cedar")).unwrap();
    let missing = desk.lint(&[]);
    assert_eq!(ending(&missing), (Some(1), "malformed"));
    assert!(
        stdout(&missing).contains("It is not there") && stdout(&missing).contains("Elle n’est pas là"),
        "{missing:?}"
    );
}

/// What `check` refuses keeps a service from starting, in the same words.
#[test]
fn a_service_does_not_start_with_a_policy_that_check_refuses() {
    let desk = Desk::new();
    let made = desk.run(&["init", "--demo", "--listen", "127.0.0.1:18498"]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let request = ["request", "--purpose", "ice-time", "--json"];
    assert_eq!(desk.run(&request).status.code(), Some(0), "{:?}", desk.run(&request));
    let also = "context.residency.claims.municipality == \"Vancouver\" && context == context";
    desk.write("policies/ice-time.cedar", &policy(also));
    let stopped = desk.run(&request);
    assert_eq!(stopped.status.code(), Some(3));
    assert!(
        std::str::from_utf8(&stopped.stderr).unwrap().contains("reads context as a whole"),
        "{stopped:?}"
    );
    assert_eq!(ending(&desk.check(&[])), (Some(1), "malformed"));
}

#[test]
fn every_command_helps_with_an_example() {
    let desk = Desk::new();
    for arguments in [
        &["policy", "--help"][..],
        &["policy", "check", "--help"],
        &["policy", "show", "--help"],
        &["policy", "schema", "--help"],
        &["purpose", "lint", "--help"],
    ] {
        let help = desk.run(arguments);
        assert!(stdout(&help).contains("Example"), "{arguments:?}");
    }
}
