//! What authorities gave the service to carry from its start on: `purposes/<id>.statement.jwt` beside the purposes, `trust-chain.json` in the folder.
//! Neither need be there: while the service runs it asks for both.

use std::{fs, io, path::Path};

use jiff::Timestamp;
use portage_catalog::{Catalog, Purpose, PurposeId};
use portage_federation::{MAX_STATEMENTS, PurposeStatement, ResolveResponse, UnverifiedStatement};
use portage_strict_json::Limits;
use portage_verifier::Vouched;

use crate::{commands::CommandError, wiring::unreadable};

/// The chain of the service, in its folder.
const TRUST_CHAIN: &str = "trust-chain.json";
/// How the file of a statement ends, after the id of its purpose.
const STATEMENT: &str = ".statement.jwt";
/// Longest file that is read.
const MAX_FILE: usize = 256 << 10;

/// Reads what is there. A statement of another purpose than the file beside it stops the start: people would be shown other words, and
/// wallets would hold requests against another query, than the service goes by.
pub(crate) fn read(dir: &Path, catalog: &Catalog) -> Result<Vouched, CommandError> {
    let vouched = Vouched::default();
    let folder = dir.join("purposes");
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        entries => Some(entries.map_err(|error| unreadable(&folder, &error))?),
    };
    for entry in entries.into_iter().flatten() {
        let path = entry.map_err(|error| unreadable(&folder, &error))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(id) = name.strip_suffix(STATEMENT) else { continue };
        let id = PurposeId(id.to_owned());
        let purpose =
            catalog.purpose(&id).ok_or_else(|| refused(&path, "there is no purpose of this name"))?;
        let (said, text) = statement(&path, purpose)?;
        vouched.statements.replace(&id, said.issuer.as_str(), text, said.issued_at, said.expires_at);
    }
    if let Some(chain) = own_chain(dir)? {
        vouched.trust_chain.replace(chain.statements, chain.issued_at, chain.expires_at);
    }
    Ok(vouched)
}

fn statement(path: &Path, purpose: &Purpose) -> Result<(PurposeStatement, String), CommandError> {
    let bytes = read_file(path)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    let said = PurposeStatement::unverified(&text).map_err(|error| refused(path, &error.to_string()))?;
    match Purpose::from_value(&said.purpose) {
        Ok(of) if of == *purpose => Ok((said, text)),
        _ => Err(refused(
            path,
            "the authority signed another purpose than the one beside it; have it sign this one",
        )),
    }
}

/// The service's own chain as its file has it: carried to whoever judges it, not judged here.
pub(crate) struct OwnChain {
    pub(crate) statements: Vec<String>,
    /// When the oldest statement was issued.
    pub(crate) issued_at: Timestamp,
    /// When the first statement ends.
    pub(crate) expires_at: Timestamp,
}

/// `trust-chain.json`; none where there is no such file.
pub(crate) fn own_chain(dir: &Path) -> Result<Option<OwnChain>, CommandError> {
    let path = dir.join(TRUST_CHAIN);
    let Some(bytes) = read_file(&path)? else { return Ok(None) };
    let no_chain = || refused(&path, "no trust chain");
    let chain = trust_chain(&bytes).filter(|chain| (1..=MAX_STATEMENTS).contains(&chain.len()));
    let statements = chain.ok_or_else(no_chain)?;
    let (mut issued_at, mut expires_at) = (Timestamp::MAX, Timestamp::MAX);
    for statement in &statements {
        let read = UnverifiedStatement::parse(statement).map_err(|_| no_chain())?;
        issued_at = issued_at.min(read.unverified().issued_at());
        expires_at = expires_at.min(read.unverified().expires_at());
    }
    Ok(Some(OwnChain { statements, issued_at, expires_at }))
}

/// The statements in a file: the answer of an authority, or an array.
pub(crate) fn trust_chain(bytes: &[u8]) -> Option<Vec<String>> {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(chain) = ResolveResponse::unverified_chain(text.trim()) {
        return Some(chain);
    }
    let parsed = portage_strict_json::parse(bytes, Limits::METADATA).ok();
    parsed.and_then(|value| serde_json::from_value(value).ok())
}

/// A file; `None` where there is none.
fn read_file(path: &Path) -> Result<Option<Vec<u8>>, CommandError> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
        Ok(bytes) if bytes.len() > MAX_FILE => Err(refused(path, "too large")),
        Ok(bytes) => Ok(Some(bytes)),
    }
}

fn refused(path: &Path, what: &str) -> CommandError {
    CommandError::Fault(format!("{}: {what}", path.display()))
}
