//! What this authority holds: what those above it say of it, all the way up.

use jiff::Timestamp;
use portage_authority::{Authority, RegistryStore};
use portage_federation::{
    ENTITY_STATEMENT_MEDIA_TYPE, EntityConfiguration, EntityId, EntityStatement, HeldRights, Rights,
    SubordinateStatement, UnverifiedStatement,
};
use portage_fetch::Fetcher;
use portage_reason::Reason;
use url::Url;

use super::{CommandError, say};

/// Most links between an authority and the one at the top.
const MAX_DEPTH: usize = 6;
/// Most ways up that are followed.
const MAX_WAYS: usize = 32;
/// Longest statement.
const MAX_BYTES: usize = 256 << 10;

/// What the authority holds by each way up; an anchor holds what its configuration says. What is handed on is held against it, so that
/// nobody grants by mistake what others will not believe.
///
/// The keys of those above are taken from themselves: whoever checks a chain believes pinned keys alone, and narrows again.
pub(crate) async fn held<S: RegistryStore>(
    authority: &Authority<S>,
    fetcher: &Fetcher,
    now: Timestamp,
) -> Result<Vec<HeldRights>, CommandError> {
    let profile = authority.profile();
    if profile.superiors.is_empty() {
        return Ok(vec![authority.held_by_itself()]);
    }
    let mut held = Vec::new();
    // Who is asked about whom, and what those below were granted: nearest to the top first.
    let mut ways: Vec<(EntityId, EntityId, Vec<Rights>)> = Vec::new();
    ways.extend(profile.superiors.iter().map(|superior| (superior.clone(), profile.id.clone(), Vec::new())));
    let mut followed = 0;
    while let Some((superior, subject, below)) = ways.pop() {
        followed += 1;
        if followed > MAX_WAYS || below.len() >= MAX_DEPTH {
            continue;
        }
        let configuration = configuration(fetcher, &superior, now).await?;
        let Some(statement) = statement(fetcher, &configuration, &subject, now).await? else { continue };
        let Some(rights) = statement.rights else { continue };
        let granted: Vec<_> = [rights].into_iter().chain(below).collect();
        if configuration.authority_hints.is_empty()
            && let Some((top, rest)) = granted.split_first()
        {
            held.push(HeldRights::narrow(top, rest.iter().map(Some)));
        }
        let above = configuration.authority_hints.into_iter();
        ways.extend(above.map(|above| (above, superior.clone(), granted.clone())));
    }
    Ok(held)
}

/// Reads what an entity says of itself, and verifies that it is consistent.
pub(crate) async fn configuration(
    fetcher: &Fetcher,
    id: &EntityId,
    now: Timestamp,
) -> Result<EntityConfiguration, CommandError> {
    let url = id.configuration_url().map_err(CommandError::fault)?;
    let Some(jwt) = get(fetcher, &url, id).await? else {
        return Err(CommandError::Refused(
            Reason::KeyNotFound,
            say("authority.no_configuration", &[("entity", id.as_str())]),
        ));
    };
    read_configuration(&jwt, id, now)
}

/// Reads an Entity Configuration that is at hand.
pub(crate) fn read_configuration(
    jwt: &str,
    id: &EntityId,
    now: Timestamp,
) -> Result<EntityConfiguration, CommandError> {
    let verified = UnverifiedStatement::parse(jwt.trim()).and_then(|parsed| parsed.verify_self_signed(now));
    let statement =
        verified.map_err(|error| CommandError::Refused(error.reason(), format!("{id}: {error}")))?;
    match statement.into_statement() {
        EntityStatement::Configuration(configuration) if configuration.id == *id => Ok(configuration),
        _ => Err(CommandError::Refused(
            Reason::KeyMismatch,
            say("authority.other_configuration", &[("entity", id.as_str())]),
        )),
    }
}

/// What a superior, found at its address, says of an entity.
pub(crate) async fn said_of(
    fetcher: &Fetcher,
    superior: &EntityId,
    subject: &EntityId,
    now: Timestamp,
) -> Result<Option<SubordinateStatement>, CommandError> {
    let configuration = configuration(fetcher, superior, now).await?;
    statement(fetcher, &configuration, subject, now).await
}

/// What a superior says of an entity; none when it does not know it.
async fn statement(
    fetcher: &Fetcher,
    superior: &EntityConfiguration,
    subject: &EntityId,
    now: Timestamp,
) -> Result<Option<SubordinateStatement>, CommandError> {
    let Some(mut url) = superior.metadata.federation_endpoint("federation_fetch_endpoint") else {
        return Ok(None);
    };
    url.query_pairs_mut().append_pair("sub", subject.as_str());
    let Some(jwt) = get(fetcher, &url, &superior.id).await? else { return Ok(None) };
    let verified = UnverifiedStatement::parse(&jwt).and_then(|parsed| parsed.verify(&superior.keys, now));
    let statement = verified
        .map_err(|error| CommandError::Refused(error.reason(), format!("{}: {error}", superior.id)))?;
    match statement.into_statement() {
        EntityStatement::Subordinate(statement)
            if statement.issuer == superior.id && statement.subject == *subject =>
        {
            Ok(Some(statement))
        }
        _ => Ok(None),
    }
}

/// The body of an answer; none for 404.
async fn get(fetcher: &Fetcher, url: &Url, whose: &EntityId) -> Result<Option<String>, CommandError> {
    let answer = fetcher.get(url, ENTITY_STATEMENT_MEDIA_TYPE, MAX_BYTES).await;
    let answer = answer.map_err(|failure| CommandError::Fault(format!("{whose}: {failure}")))?;
    match answer.status {
        404 => Ok(None),
        _ if answer.is_success() => Ok(Some(String::from_utf8_lossy(&answer.body).into_owned())),
        status => Err(CommandError::Fault(format!("{whose}: answered with status {status}"))),
    }
}
