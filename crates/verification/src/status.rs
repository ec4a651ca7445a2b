//! Status, last of all: every entry a credential names, each in a list that its own issuer signed.

use jiff::SignedDuration;
use portage_did::address::may_contact;
use portage_jose::UnverifiedJwt;
use portage_reason::Reason;
use portage_status_list::{StatusError, StatusValue, bitstring, token};
use portage_strict_json::Limits;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    Expectations, FetchedList, InputFormat, StatusNote, Unavailable,
    context::check_contexts,
    input::{UnverifiedCredential, issuer_of, strings},
    issuer_key::IssuerKeys,
    refusal::Refusal,
    validity::Validity,
};

/// One entry, and the list it points into.
#[derive(Clone)]
pub(crate) struct StatusEntry {
    pub(crate) url: Url,
    kind: EntryKind,
}

#[derive(Clone)]
enum EntryKind {
    Bitstring(bitstring::Entry),
    Token(token::Entry),
}

/// Most entries of one credential: each may ask for a list, and opens it. More than one for each purpose is nobody's need.
const MAX_ENTRIES: usize = 8;

const BITSTRING_ENTRY: &str = "BitstringStatusListEntry";

impl StatusEntry {
    /// Every entry of a credential: `status` of a JWT (Token Status List), `credentialStatus` of a VCDM 2.0 credential (Bitstring Status List). A
    /// mechanism that is not known, none where the member is there, or the member of the other kind of credential is refused: never read as
    /// "has no status".
    pub(crate) fn read_all(
        format: InputFormat,
        claims: &Map<String, Value>,
        expectations: &Expectations<'_>,
    ) -> Result<Vec<Self>, Refusal> {
        let of_another = match format {
            InputFormat::DcSdJwt => "credentialStatus",
            InputFormat::LdpVc => "status",
            _ => "",
        };
        if claims.contains_key(of_another) {
            return Err(Reason::StatusListInvalid.into());
        }
        let mut kinds = Vec::new();
        if let Some(status) = claims.get("status") {
            kinds.push(EntryKind::Token(token::Entry::parse(status).map_err(|error| error.reason())?));
        }
        if let Some(status) = claims.get("credentialStatus") {
            kinds.extend(bitstring_entries(status)?.into_iter().map(EntryKind::Bitstring));
        }
        if kinds.len() > MAX_ENTRIES {
            return Err(Reason::TooComplex.into());
        }
        kinds.into_iter().map(|kind| Self::of(kind, expectations)).collect()
    }

    fn of(kind: EntryKind, expectations: &Expectations<'_>) -> Result<Self, Refusal> {
        let url = match &kind {
            EntryKind::Bitstring(entry) => &entry.list_url,
            EntryKind::Token(entry) => &entry.uri,
        };
        let url = Url::parse(url).map_err(|_| Reason::StatusListInvalid)?;
        may_contact(&url, expectations.loopback).map_err(|error| error.reason())?;
        Ok(StatusEntry { url, kind })
    }
}

fn bitstring_entries(status: &Value) -> Result<Vec<bitstring::Entry>, Refusal> {
    let objects = match status {
        Value::Array(objects) if !objects.is_empty() => objects.as_slice(),
        Value::Object(_) => std::slice::from_ref(status),
        _ => return Err(Reason::StatusListInvalid.into()),
    };
    let entry = |object: &Value| {
        let object = object.as_object().ok_or(Reason::StatusListInvalid)?;
        if !strings(object.get("type")).any(|name| name == BITSTRING_ENTRY) {
            return Err(Reason::StatusListInvalid);
        }
        bitstring::Entry::parse(object).map_err(|error| error.reason())
    };
    objects.iter().map(|object| entry(object).map_err(Refusal::from)).collect()
}

impl StatusEntry {
    /// A value that refuses nothing, and what the issuer says that it means.
    fn note(&self, value: u8) -> StatusNote {
        match &self.kind {
            EntryKind::Bitstring(entry) => StatusNote {
                purpose: entry.purpose.name(),
                value,
                message: entry.message(value).map(str::to_owned),
            },
            EntryKind::Token(_) => StatusNote { purpose: "", value, message: None },
        }
    }
}

/// Checks one entry in the list that was fetched for it, at most `max_age` old.
pub(crate) fn check_entry(
    entry: &StatusEntry,
    keys: &IssuerKeys,
    list: &Result<FetchedList, Unavailable>,
    max_age: SignedDuration,
    expectations: &Expectations<'_>,
) -> Result<Option<StatusNote>, Refusal> {
    let list = list.as_ref().map_err(|unavailable| match unavailable {
        Unavailable::Refused(reason) => Refusal::Rejected(*reason),
        Unavailable::Unreachable => UNAVAILABLE,
    })?;
    if list.age.as_secs() > max_age.as_secs() {
        return Err(UNAVAILABLE);
    }
    let text = list_text(&list.bytes).ok_or(UNAVAILABLE)?;
    let value = match &entry.kind {
        EntryKind::Bitstring(bitstring) => value_in_credential(bitstring, text, keys, expectations)?,
        EntryKind::Token(token) => value_in_token(token, text, keys, expectations)?,
    };
    match value {
        StatusValue::Valid => Ok(None),
        StatusValue::Informative(value) => Ok(Some(entry.note(value))),
        StatusValue::Revoked => Err(Reason::Revoked.into()),
        StatusValue::Suspended => Err(Reason::Suspended.into()),
        StatusValue::Unknown(_) => Err(UNAVAILABLE),
    }
}

const UNAVAILABLE: Refusal = Refusal::Indeterminate(Reason::StatusUnavailable);

/// The text of something that can be a list at all: JSON, or the three parts of a compact JWS. A page of HTML is no list, and no verdict
/// about one.
fn list_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.=+/".contains(&byte);
    let compact = text.split('.').count() == 3 && text.bytes().all(part);
    (text.starts_with('{') || compact).then_some(text)
}

/// What can be wrong with the list's own signature and form is `status_list_invalid`; a limit keeps its name.
fn list_refusal(reason: Reason) -> Refusal {
    match reason {
        Reason::TooLarge | Reason::TooComplex => reason.into(),
        _ => Reason::StatusListInvalid.into(),
    }
}

fn status_refusal(error: &StatusError) -> Refusal {
    error.reason().into()
}

/// A list that has lapsed, or that comes from the future, says nothing about today.
fn check_time(validity: Validity, expectations: &Expectations<'_>) -> Result<(), Refusal> {
    validity.check(expectations.now).map_err(|_| UNAVAILABLE)
}

/// Bitstring Status List §3.2: the list credential verified like any credential of the same issuer.
fn value_in_credential(
    entry: &bitstring::Entry,
    text: &str,
    keys: &IssuerKeys,
    expectations: &Expectations<'_>,
) -> Result<StatusValue, Refusal> {
    let list = UnverifiedCredential::read_status_list(text).map_err(|error| list_refusal(error.reason))?;
    // In this version a list is signed by whoever issued the credential.
    if issuer_of(list.unverified_members()) != Some(keys.issuer()) {
        return Err(Reason::StatusListInvalid.into());
    }
    check_contexts(list.unverified_members(), expectations.contexts).map_err(list_refusal)?;
    let list = list.verify(keys, expectations).map_err(|refusal| list_refusal(refusal.reason()))?;
    check_time(list.validity, expectations)?;
    entry.value_in(&list.claims).map_err(|error| status_refusal(&error))
}

/// Token Status List §8.3.
fn value_in_token(
    entry: &token::Entry,
    text: &str,
    keys: &IssuerKeys,
    expectations: &Expectations<'_>,
) -> Result<StatusValue, Refusal> {
    let jwt = UnverifiedJwt::parse_within(text, Limits::STATUS_LIST)
        .map_err(|error| list_refusal(error.reason()))?;
    if jwt.unverified_claims().get("iss").is_some_and(|iss| iss.as_str() != Some(keys.issuer())) {
        return Err(Reason::StatusListInvalid.into());
    }
    let named = keys.for_jwt(jwt.header()).map_err(|refusal| list_refusal(refusal.reason()))?;
    let list = jwt.verify(&named.key, &[token::TYP]).map_err(|error| list_refusal(error.reason()))?;
    let validity = Validity::of_claims(list.claims()).map_err(|refusal| list_refusal(refusal.reason()))?;
    check_time(validity, expectations)?;
    entry.value_in(&list).map_err(|error| status_refusal(&error))
}
