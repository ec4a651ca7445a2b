//! Stories, told with the shipped programs as separate processes over HTTP.

#![expect(clippy::expect_used, reason = "a test that cannot set its scene has failed")]

mod asked_by_entity;
mod authorities;
mod department;
mod did_log;
mod notices;
mod public_log;
mod readme;
mod register;
mod story;

use std::path::PathBuf;

/// A folder of material that is not part of the project; the tests that read it pass without it and say so.
fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(path);
    if !path.exists() {
        eprintln!("left out: {} is not there", path.display());
        return None;
    }
    Some(path)
}
