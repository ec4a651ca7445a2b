//! The layer test of the design: imports point down.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// The rows, bottom first. A crate may import any lower row, and in its own row along [`ARROWS`].
const ROWS: &[(&str, &[&str])] = &[
    ("base", &["portage-reason", "portage-strict-json", "portage-keys", "portage-clock"]),
    (
        "formats",
        &[
            "portage-jose",
            "portage-sd-jwt",
            "portage-ssi-engine",
            "portage-catalog",
            "portage-oca",
            "portage-data-integrity",
            "portage-did",
            "portage-vc",
            "portage-status-list",
            "portage-dcql",
            "portage-x509",
            "portage-transparency-log",
            "portage-letter",
        ],
    ),
    ("protocols", &["portage-oid4vci", "portage-oid4vp", "portage-federation"]),
    ("judgement", &["portage-trust", "portage-verification", "portage-explain", "portage-policy"]),
    ("roles", &["portage-issuer", "portage-wallet", "portage-verifier", "portage-authority"]),
    ("adapters", &["portage-storage", "portage-fetch", "portage-web", "portage-service"]),
    ("programs", &["wallet-cli", "issuer-service", "verifier-service", "authority-service"]),
];

/// Within a row: the left one may import the right ones.
const ARROWS: &[(&str, &[&str])] = &[
    ("portage-strict-json", &["portage-reason"]),
    ("portage-keys", &["portage-reason"]),
    ("portage-sd-jwt", &["portage-jose"]),
    ("portage-oca", &["portage-catalog"]),
    ("portage-data-integrity", &["portage-catalog", "portage-ssi-engine"]),
    ("portage-did", &["portage-jose", "portage-data-integrity"]),
    ("portage-vc", &["portage-did", "portage-data-integrity", "portage-catalog", "portage-jose"]),
    (
        "portage-status-list",
        &["portage-vc", "portage-did", "portage-data-integrity", "portage-catalog", "portage-jose"],
    ),
    ("portage-transparency-log", &["portage-catalog"]),
    ("portage-letter", &["portage-catalog"]),
    ("portage-verification", &["portage-trust"]),
    ("portage-policy", &["portage-verification"]),
    ("portage-service", &["portage-web", "portage-storage"]),
];

/// Crates that may import everything, and are imported by tests alone.
const DEV: &[&str] = &["portage-testkit", "portage-tests", "vc-api-harness", "xtask"];

/// What must stay pure: nothing from the keys up to the roles knows a network, a runtime, a store or a clock.
const PURE_UP_TO: &str = "roles";
const IMPURE: &[&str] = &["tokio", "reqwest", "axum", "hyper", "rusqlite", "portage-clock"];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .expect("cargo tells about its own workspace")
}

fn row_of(name: &str) -> Option<usize> {
    ROWS.iter().position(|(_, crates)| crates.contains(&name))
}

/// Crate → what it imports outside its tests.
fn imports(metadata: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    metadata
        .workspace_packages()
        .into_iter()
        .map(|package| {
            let imported = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind != DependencyKind::Development)
                .map(|dependency| dependency.name.to_string())
                .collect();
            (package.name.to_string(), imported)
        })
        .collect()
}

fn may_import(importer: &str, imported: &str) -> bool {
    match (row_of(importer), row_of(imported)) {
        (Some(upper), Some(lower)) if lower < upper => true,
        (Some(upper), Some(lower)) if lower == upper => {
            ARROWS.iter().any(|(left, right)| *left == importer && right.contains(&imported))
        }
        _ => false,
    }
}

#[test]
fn every_crate_has_its_row() {
    for package in metadata().workspace_packages() {
        let name = package.name.as_str();
        assert!(row_of(name).is_some() || DEV.contains(&name), "{name} stands in no row of the design");
    }
}

#[test]
fn imports_point_down() {
    let imports = imports(&metadata());
    let ours: BTreeSet<_> = imports.keys().cloned().collect();
    let mut upward = Vec::new();
    for (importer, imported) in imports.iter().filter(|(name, _)| !DEV.contains(&name.as_str())) {
        for imported in imported.intersection(&ours) {
            if !may_import(importer, imported) {
                upward.push(format!("{importer} -> {imported}"));
            }
        }
    }
    assert!(upward.is_empty(), "these imports point up or sideways: {upward:#?}");
}

#[test]
fn the_layer_rule_finds_an_upward_import() {
    assert!(may_import("portage-wallet", "portage-keys"));
    assert!(may_import("portage-sd-jwt", "portage-jose"));
    assert!(!may_import("portage-keys", "portage-jose"));
    assert!(!may_import("portage-jose", "portage-sd-jwt"));
    assert!(!may_import("portage-wallet", "portage-testkit"));
}

#[test]
fn the_middle_is_pure() {
    let limit = ROWS.iter().position(|(row, _)| *row == PURE_UP_TO).expect("the row is in the table");
    for (name, imported) in imports(&metadata()) {
        if row_of(&name).is_some_and(|row| row <= limit) {
            for impure in IMPURE {
                assert!(!imported.contains(*impure), "{name} must not import {impure}");
            }
        }
    }
}

#[test]
fn primitives_are_named_in_keys_alone() {
    let primitives = [
        "ring",
        "ed25519-dalek",
        "p256",
        "sha2",
        "argon2",
        "chacha20poly1305",
        "concat-kdf",
        "getrandom",
        "subtle",
    ];
    for (name, imported) in imports(&metadata()) {
        if name != "portage-keys" {
            for primitive in primitives {
                assert!(!imported.contains(primitive), "{name} must not import {primitive}");
            }
        }
    }
}

#[test]
fn ssi_is_imported_by_its_facade_alone() {
    for (name, imported) in imports(&metadata()) {
        assert!(name == "portage-ssi-engine" || !imported.contains("ssi"), "{name} must not import ssi");
    }
}

/// The whole of `ssi` and what it brings are for second opinions in tests; a program carries one TLS stack.
#[test]
fn the_programs_carry_neither_the_whole_of_ssi_nor_a_second_tls_stack() {
    for program in ["wallet-cli", "issuer-service", "verifier-service", "authority-service"] {
        let output = std::process::Command::new(env!("CARGO"))
            .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--package", program])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .output()
            .expect("cargo tells what a program is made of");
        let tree = String::from_utf8(output.stdout).expect("a tree in UTF-8");
        let carries = |name: &str| tree.lines().any(|line| line.starts_with(&format!("{name} v")));
        assert!(carries("ring") && carries("ssi-json-ld"), "{program}: the tree could not be read");
        for unwanted in ["ssi", "aws-lc-sys", "aws-lc-rs", "openssl-sys", "native-tls", "rsa"] {
            assert!(!carries(unwanted), "{program} carries {unwanted}");
        }
    }
}

/// Rules that read claims are the verifier's: what evaluates them is large, and nobody else carries it.
#[test]
fn cedar_is_imported_by_policy_alone_and_carried_by_the_verifier_alone() {
    for (name, imported) in imports(&metadata()) {
        assert!(
            name == "portage-policy" || !imported.contains("cedar-policy"),
            "{name} must not import cedar-policy"
        );
    }
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .expect("cargo tells what everything is made of");
    for program in ["wallet-cli", "issuer-service", "verifier-service", "authority-service"] {
        let made_of = made_of(program, &metadata);
        assert!(made_of.contains("portage-verification"), "{program}: the graph could not be read");
        assert_eq!(made_of.contains("cedar-policy"), program == "verifier-service", "{program}");
    }
}

/// The names of the packages that a program carries: what it imports outside its tests, all the way down.
fn made_of(program: &str, metadata: &Metadata) -> BTreeSet<String> {
    let nodes = &metadata.resolve.as_ref().expect("the whole graph was asked for").nodes;
    let names: BTreeMap<_, _> =
        metadata.packages.iter().map(|package| (&package.id, package.name.to_string())).collect();
    let mut found = BTreeSet::new();
    let mut next: Vec<_> = names.iter().filter(|(_, name)| *name == program).map(|(id, _)| *id).collect();
    while let Some(id) = next.pop() {
        if !found.insert(id) {
            continue;
        }
        let node = nodes.iter().find(|node| &node.id == id).expect("every package has its node");
        let carried = node
            .deps
            .iter()
            .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
        next.extend(carried.map(|dependency| &dependency.pkg));
    }
    found.into_iter().filter_map(|id| names.get(id).cloned()).collect()
}

#[test]
fn no_crate_is_a_drawer() {
    for name in imports(&metadata()).keys() {
        for drawer in ["common", "core", "util", "utils", "types", "helpers"] {
            assert!(!name.split('-').any(|part| part == drawer), "{name} has no name yet");
        }
    }
}
