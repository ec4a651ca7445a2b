//! A department makes a credential type, by hand as `specs/README.md` tells it and of a published bundle, and carries it through the three
//! programs: offered, taken in by a wallet, asked for, shown, believed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use portage_tests::Served;
use serde_json::{Value, json};

/// The formats that a type may have, as the programs name them.
pub(crate) const FORMATS: [&str; 4] = ["dc+sd-jwt", "vc+sd-jwt", "vc+jwt", "ldp_vc"];

/// One issuer, one verifier and one wallet of this machine, and whatever the department hands out.
pub(crate) struct Town {
    folder: tempfile::TempDir,
    pub(crate) issuer_id: String,
    issuer_url: String,
    verifier_id: String,
    services: Vec<Served>,
}

fn free_address() -> String {
    xtask::free_address().expect("a free port").to_string()
}

impl Town {
    fn new() -> Self {
        Self::with_issuer(&[])
    }

    /// With more arguments of the issuer's `init`.
    pub(crate) fn with_issuer(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut town = Town {
            folder,
            issuer_id: String::new(),
            issuer_url: String::new(),
            verifier_id: String::new(),
            services: Vec::new(),
        };
        fs::write(town.at("pass"), "correct horse battery staple\n").expect("written");
        let address = free_address();
        let made = town.one("issuer", &[&["init", "--demo", "--listen", &address], more].concat());
        let issuer = text(&made, "url");
        town.issuer_id = text(&made, "id");
        town.issuer_url = issuer.clone();
        let made = town.one("verifier", &["init", "--demo", "--listen", &free_address(), "--allow", &issuer]);
        town.verifier_id = text(&made, "id");
        town.one("wallet", &["init", "--demo", "--allow", &issuer, &text(&made, "url")]);
        town
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(portage_tests::programs().join(program));
        command.args(arguments).arg("--json").arg("--dir").arg(self.at(program));
        if program == "wallet" {
            command.arg("--passphrase-file").arg(self.at("pass"));
        }
        command.env_remove("PORTAGE_CLOCK").stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Output {
        self.command(program, arguments).output().expect("the program starts")
    }

    /// A command that must succeed, and the one object it prints.
    pub(crate) fn one(&self, program: &str, arguments: &[&str]) -> Value {
        let output = self.run(program, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {said}");
        serde_json::from_slice(&output.stdout).expect("one JSON object")
    }

    /// What the issuer answers at this path: its status, and its body.
    pub(crate) fn fetch(&self, path: &str) -> (u16, String) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().expect("a client");
            let url = format!("{}{path}", self.issuer_url);
            let response = client.get(url).send().await.expect("an answer");
            (response.status().as_u16(), response.text().await.expect("a body"))
        })
    }

    /// `serve` of the issuer and of the verifier, ready to answer.
    pub(crate) fn serve(&mut self) {
        self.start("issuer");
        self.start("verifier");
    }

    fn start(&mut self, program: &str) {
        let served = Served::start(&mut self.command(program, &["serve"]));
        self.services.push(served);
    }

    /// The verifier alone ends, and begins anew.
    pub(crate) fn restart_verifier(&mut self) {
        self.services.pop();
        self.start("verifier");
    }

    /// Both end, and begin anew.
    pub(crate) fn restart(&mut self) {
        self.services.clear();
        self.serve();
    }

    /// The list that verifier and wallet go by: this issuer may issue `types`, this verifier may ask for `purposes`.
    pub(crate) fn trust(&self, types: &[String], purposes: &[String]) {
        let list = json!({
            "issuers": [{ "id": self.issuer_id, "name": { "en": "Library", "fr": "Bibliothèque" },
                "tier": "municipal", "types": types }],
            "verifiers": [{ "id": self.verifier_id, "name": { "en": "Reading room", "fr": "Salle de lecture" },
                "purposes": purposes }],
        });
        let file = self.at("verifier/trust.json");
        fs::write(&file, list.to_string()).expect("written");
        self.one("wallet", &["trust", "import", utf8(&file)]);
    }

    /// The folder of a type of this issuer, given to the verifier and to the wallet.
    fn hand_out(&self, id: &str) {
        let folder = self.at("issuer/types").join(id);
        copy(&folder, &self.at("verifier/types").join(id));
        let added = self.one("wallet", &["type", "add", utf8(&folder), "--yes"]);
        assert_eq!(added, json!({ "type": id, "added": "new" }));
    }

    /// A purpose of the verifier's own that asks for `claims` of a type in that format. Its id.
    pub(crate) fn purpose(&self, made: &Names, format: &str, claims: &[&str]) -> String {
        let form = format.replace(['+', '_'], "-");
        let id = format!("ask-{}-{form}", made.id);
        let (meta, before) = match format {
            "dc+sd-jwt" => (json!({ "vct_values": [made.vct] }), None),
            _ => (json!({ "type_values": [[made.type_iri]] }), Some("credentialSubject")),
        };
        let path = |claim: &&str| json!({ "path": before.into_iter().chain([*claim]).collect::<Vec<_>>() });
        let both = |en: &str, fr: &str| json!({ "en": en, "fr": fr });
        let purpose = json!({
            "id": id,
            "name": both("Reading room", "Salle de lecture"),
            "text": both("To let you in.", "Pour vous laisser entrer."),
            "law": both("Library By-law 1 (example, not a real law)", "Règlement 1 (exemple, pas une vraie loi)"),
            "alternative": both("Show your plastic card.", "Montrez votre carte en plastique."),
            "query": { "credentials": [{ "id": "card", "format": format, "meta": meta,
                "claims": claims.iter().map(path).collect::<Vec<_>>() }] },
            "retention_days": 0,
            "contact": "mailto:privacy@library.example",
            "max_status_age": 86400,
            "paper": false,
            "same_holder": false,
        });
        let folder = self.at("verifier/purposes");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!("{id}.json")), format!("{purpose:#}")).expect("written");
        id
    }

    /// Offered by `issuer offer --claims`, taken by the wallet. The stored credential comes back.
    pub(crate) fn issue(&self, id: &str, format: &str, claims: &Path) -> Value {
        let arguments = ["offer", "--type", id, "--claims", utf8(claims), "--format", format, "--again"];
        let offer = text(&self.one("issuer", &arguments), "offer");
        self.one("wallet", &["accept", &offer, "--yes"])
    }

    /// Asked for that purpose, shown with that credential, and what the service reads in the end.
    fn show(&self, purpose: &str, credential: &str) -> Value {
        let request = self.one("verifier", &["request", "--purpose", purpose]);
        let (uri, choice) = (text(&request, "request_uri"), format!("card={credential}"));
        let plan = self.one("wallet", &["review", &uri, "--use", &choice]);
        // The wallet does not know what a purpose of the department's own may ask: without an authority's word it warns.
        assert_eq!(plan["warnings"], json!([{ "reason": "purpose_not_registered" }]), "{plan}");
        self.one("wallet", &["present", &uri, "--use", &choice, "--yes", "--unknown-verifier-too"]);
        let result = self.one("verifier", &["result", &text(&request, "transaction")]);
        assert_eq!(result["decision"], "accepted", "{purpose}: {result}");
        result["claims"]["card"].clone()
    }

    /// A type through every format, `asked` of its claims shown and nothing else. Purposes and types must have been handed out.
    pub(crate) fn carry(&self, made: &Names, claims: &Path, asked: &[&str], purposes: &[(&str, String)]) {
        let given: Value = read(claims);
        for (format, purpose) in purposes {
            let stored = self.issue(&made.id, format, claims);
            assert_eq!((&stored["type"], &stored["words"]), (&json!(made.id), &json!("catalogue")));
            let shown = self.show(purpose, &text(&stored, "id"));
            let expected: Value =
                asked.iter().map(|claim| ((*claim).to_owned(), given[claim].clone())).collect();
            let shown = if *format == "dc+sd-jwt" { &shown } else { &shown["credentialSubject"] };
            assert_eq!(shown, &expected, "{} {format}", made.id);
        }
    }
}

/// A type's names for machines.
pub(crate) struct Names {
    id: String,
    vct: String,
    type_iri: String,
}

impl Names {
    pub(crate) fn of(definition: &Value) -> Self {
        Names {
            id: text(definition, "id"),
            vct: text(definition, "vct"),
            type_iri: text(definition, "type_iri"),
        }
    }
}

pub(crate) fn text(value: &Value, member: &str) -> String {
    assert!(value[member].is_string(), "no {member} in {value}");
    value[member].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn utf8(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

pub(crate) fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).expect("the file")).expect("JSON")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the folder") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
    }
}

/// Changes one of a type's files.
fn edit(folder: &Path, file: &str, change: impl FnOnce(&mut Value)) {
    let file = folder.join(file);
    let mut value = read(&file);
    change(&mut value);
    fs::write(&file, format!("{value:#}\n")).expect("written");
}

/// Steps 1 to 7 of `specs/README.md`: the folder of the student card becomes that of a library card with a derived claim and a register.
fn library_card(folder: &Path) {
    // 1. Copy a folder that is like yours, and give it your id.
    copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/credentials/student-card")), folder);
    for file in ["type.json", "schema.json", "context.jsonld", "example.json"] {
        let before = fs::read_to_string(folder.join(file)).expect("the file");
        let renamed = before
            .replace("student-card", "library-card")
            .replace("StudentCardCredential", "LibraryCardCredential")
            .replace("portage-identity.example", "library.example")
            .replace("student_first_name", "reader_name");
        fs::write(folder.join(file), renamed).expect("written");
    }
    let label = |en: &str, fr: &str| json!({ "en": en, "fr": fr });
    // 2. and 3. What it is called, its claims, and one that is derived.
    edit(folder, "type.json", |definition| {
        definition["name"] = label("Library Card", "Carte de bibliothèque");
        definition["description"] = label("Lends its holder books.", "Prête des livres à son titulaire.");
        definition["disclosure"] =
            label("To lend a book, the card alone is enough.", "Pour prêter un livre, la carte suffit.");
        definition["claims"][0]["label"] = label("Reader", "Lectrice ou lecteur");
        definition["claims"][0]["description"] = label("Who borrows.", "Qui emprunte.");
        definition["claims"][1] = json!({ "name": "birthdate_dateint", "kind": "date_int", "required": true,
            "personal": true, "label": label("Birth date", "Date de naissance"),
            "description": label("The day of birth.", "Le jour de naissance.") });
        let derived = json!({ "name": "age_over_16", "kind": "boolean", "required": false, "personal": false,
            "label": label("Over 16", "16 ans et plus"), "description": label("16 or older.", "16 ans ou plus.") });
        definition["claims"].as_array_mut().expect("claims").push(derived);
        definition["derived"] = json!([
            { "claim": "age_over_16", "from": "birthdate_dateint", "rule": { "age_at_least": 16 } }]);
    });
    // 4. The schema has exactly these claims.
    edit(folder, "schema.json", |schema| {
        let properties = schema["properties"].as_object_mut().expect("properties");
        properties.remove("student_last_name");
        properties.insert("birthdate_dateint".into(), json!({ "type": "integer" }));
        properties.insert("age_over_16".into(), json!({ "type": "boolean" }));
        schema["required"] = json!(["reader_name", "birthdate_dateint", "expiry_date"]);
    });
    // 5. The context has a term for each.
    edit(folder, "context.jsonld", |context| {
        let terms = context["@context"].as_object_mut().expect("terms");
        terms.remove("student_last_name");
        for name in ["birthdate_dateint", "age_over_16"] {
            let iri = format!("https://library.example/vocabulary/library-card#{name}");
            terms.insert(name.to_owned(), iri.into());
        }
    });
    // 6. The example, of nobody real. 7. The register.
    edit(folder, "example.json", |example| {
        example.as_object_mut().expect("claims").remove("student_last_name");
        example["birthdate_dateint"] = json!(19_900_228);
    });
    let register = json!({ "record": "No", "time_zone": "America/Vancouver", "valid_until": "Until", "claims": {
        "reader_name": { "column": "Reader" }, "birthdate_dateint": { "column": "Born" },
        "expiry_date": { "column": "Until" } } });
    fs::write(folder.join("register.json"), register.to_string()).expect("written");
}

#[test]
fn the_steps_of_the_readme_lead_from_a_copied_folder_to_a_decision() {
    let mut town = Town::new();
    let folder = town.at("issuer/types/library-card");
    library_card(&folder);
    // 8. Check it. 9. Look at it.
    let checked = town.one("issuer", &["type", "check", "library-card", "--strict"]);
    assert_eq!(checked, json!({ "type": "library-card", "findings": [] }));
    let looked_at = town.one("issuer", &["type", "show", "library-card"]);
    assert_eq!(looked_at["name"]["fr"], "Carte de bibliothèque", "{looked_at}");
    // 10. Offer it: the configuration, the service, whoever holds it and whoever asks for it.
    let config = town.at("issuer/issuer.toml");
    let written = fs::read_to_string(&config).expect("the configuration");
    fs::write(&config, written.replace("types = [", "types = [\"library-card\", ")).expect("written");
    let names = Names::of(&read(&folder.join("type.json")));
    let purposes: Vec<_> =
        FORMATS.map(|format| (format, town.purpose(&names, format, &["reader_name"]))).to_vec();
    let age_names = Names { id: "age".to_owned(), ..Names::of(&read(&folder.join("type.json"))) };
    let age = town.purpose(&age_names, "dc+sd-jwt", &["age_over_16"]);
    town.hand_out("library-card");
    let ids: Vec<_> = purposes.iter().map(|(_, id)| id.clone()).chain([age.clone()]).collect();
    town.trust(&["library-card".to_owned()], &ids);
    town.serve();

    let record = town.at("record.json");
    let claims = json!({ "reader_name": "Ada Tremblay", "birthdate_dateint": 19_900_228, "expiry_date": "2999-12-31" });
    fs::write(&record, claims.to_string()).expect("written");
    town.carry(&names, &record, &["reader_name"], &purposes);

    // From the table too, and its derived claim without the birth date behind it.
    let table = town.at("readers.csv");
    fs::write(&table, "No;Reader;Born;Until\n7;Grace Roy;1991-05-06;2999-12-31\n").expect("written");
    let offer = town.one("issuer", &["offer", "--type", "library-card", "--from", utf8(&table)]);
    let stored = town.one("wallet", &["accept", &text(&offer, "offer"), "--yes"]);
    assert_eq!(town.show(&age, &text(&stored, "id")), json!({ "age_over_16": true }));
}

/// A bundle with every kind of claim, a picture among them, and French that is not whole.
fn made_up() -> Value {
    json!({
        "capture_base": { "type": "spec/capture_base/1.0", "flagged_attributes": ["name"], "attributes": {
            "name": "Text", "pages": "Numeric", "adult": "Boolean", "joined_dateint": "DateTime",
            "until": "DateTime", "seen": "DateTime", "picture": "Binary", "GIS_coordinates": "Text" } },
        "overlays": [
            { "type": "spec/overlays/meta/1.0", "language": "en", "name": "Made Up Card" },
            { "type": "spec/overlays/meta/1.0", "language": "fr", "name": "Carte inventée" },
            { "type": "spec/overlays/label/1.0", "language": "en", "attribute_labels": { "name": "Holder’s name" } },
            { "type": "spec/overlays/format/1.0", "attribute_formats": { "until": "YYYY-MM-DD", "picture": "image/png" } },
        ],
    })
}

/// `issuer type import`, `type check`: the type's names and the file of its example claims.
fn import(town: &Town, bundle: &Path, id: &str) -> (Names, PathBuf) {
    let made = town.one("issuer", &["type", "import", utf8(bundle), "--id", id]);
    assert_eq!(made["formats"], json!(FORMATS), "{made}");
    assert_eq!(town.one("issuer", &["type", "check", id])["type"], id);
    let folder = town.at("issuer/types").join(id);
    (Names::of(&read(&folder.join("type.json"))), folder.join("example.json"))
}

#[test]
fn a_made_up_bundle_with_a_picture_is_believed_in_every_format() {
    let mut town = Town::new();
    let bundle = town.at("bundle.json");
    fs::write(&bundle, made_up().to_string()).expect("written");
    let (names, example) = import(&town, &bundle, "made-up-card");
    let asked = ["picture", "adult", "joined_dateint"];
    let purposes: Vec<_> = FORMATS.map(|format| (format, town.purpose(&names, format, &asked))).to_vec();
    town.hand_out("made-up-card");
    town.trust(&["made-up-card".to_owned()], &purposes.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>());
    town.serve();
    town.carry(&names, &example, &asked, &purposes);
}

#[test]
fn the_published_bundles_go_from_the_file_to_a_decision() {
    let Some(folder) = super::shared("data/oca-bundles") else { return };
    let mut town = Town::new();
    let mut bundles: Vec<_> =
        fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    bundles.sort();
    assert_eq!(bundles.len(), 6, "every published bundle");
    let mut carried = Vec::new();
    for (bundle, format) in bundles.iter().zip(FORMATS.into_iter().cycle()) {
        let stem = bundle.file_stem().expect("a name").to_string_lossy();
        let (names, example) = import(&town, bundle, &format!("imported-{stem}"));
        let claims = read(&example);
        let first = claims.as_object().and_then(|claims| claims.keys().next()).expect("a claim").clone();
        let purpose = town.purpose(&names, format, &[&first]);
        town.hand_out(&names.id);
        carried.push((names, example, first, format, purpose));
    }
    let types: Vec<_> = carried.iter().map(|(names, ..)| names.id.clone()).collect();
    let purposes: Vec<_> = carried.iter().map(|(.., purpose)| purpose.clone()).collect();
    town.trust(&types, &purposes);
    town.serve();
    for (names, example, first, format, purpose) in &carried {
        town.carry(names, example, &[first], &[(format, purpose.clone())]);
        println!("{} as {format}", names.id);
    }
}
