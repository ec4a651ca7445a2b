//! Test vectors of other implementations, beside the project; a test without them says so and passes.

#![allow(dead_code, reason = "each test file uses some of these")]

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
    time::{Duration, Instant},
};

use portage_catalog::Contexts;
use portage_keys::{VerificationKey, multibase};
use portage_strict_json::Limits;
use serde_json::Value;

pub(crate) fn vectors(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors").join(name);
    if folder.exists() {
        return Some(folder);
    }
    println!("left out: {name} is not beside the project");
    None
}

pub(crate) fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The bundled contexts and `credentials/examples/v2`, which is never bundled.
pub(crate) fn contexts_with_examples(vectors: &Path) -> Contexts {
    let mut contexts = Contexts::bundled();
    let examples = text(&vectors.join("contexts/credentials-examples-v2.jsonld"));
    contexts.add("https://www.w3.org/ns/credentials/examples/v2", examples.as_bytes()).unwrap();
    contexts
}

/// The key of a did:key DID URL.
pub(crate) fn key_of(did_url: &str) -> VerificationKey {
    multibase::from_multikey(did_url.rsplit('#').next().unwrap()).unwrap()
}

pub(crate) fn strict_json(path: &Path) -> Value {
    portage_strict_json::parse(text(path).as_bytes(), Limits { max_bytes: 1 << 22, max_depth: 32 }).unwrap()
}

/// What this thread has computed so far: unlike a clock, it does not count what others do on a busy machine.
pub(crate) fn computed() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let on_cpu = text.split_whitespace().next().and_then(|nanoseconds| nanoseconds.parse().ok());
    on_cpu.map_or_else(|| START.elapsed(), Duration::from_nanos)
}
