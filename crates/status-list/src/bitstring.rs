//! Bitstring Status List 1.0: first entry = most significant bit of byte 0, GZIP, multibase `u`, `ttl` in milliseconds.

use std::io::Write as _;

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use jiff::Timestamp;
use portage_keys::{Entropy, multibase};
use serde_json::{Map, Value, json};

use crate::{MAX_PACKED, StatusError, StatusValue, expand};

const ENTRY_TYPE: &str = "BitstringStatusListEntry";
const LIST_TYPE: &str = "BitstringStatusList";
const LIST_CREDENTIAL_TYPE: &str = "BitstringStatusListCredential";
const CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";
/// The base context has no terms for the messages of a list (VCDM 2.0 §5.1: then this one comes last).
const UNDEFINED_TERMS: &str = "https://www.w3.org/ns/credentials/undefined-terms/v2";

/// Entries of a list: 2^17.
pub const ENTRIES: usize = 131_072;

/// What a list speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusPurpose {
    /// `revocation`.
    Revocation,
    /// `suspension`.
    Suspension,
    /// `refresh`.
    Refresh,
    /// `message`.
    Message,
}

impl StatusPurpose {
    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            StatusPurpose::Revocation => "revocation",
            StatusPurpose::Suspension => "suspension",
            StatusPurpose::Refresh => "refresh",
            StatusPurpose::Message => "message",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Revocation, Self::Suspension, Self::Refresh, Self::Message]
            .into_iter()
            .find(|purpose| purpose.name() == name)
    }

    /// What `value` means for this purpose.
    const fn meaning(self, value: u8) -> StatusValue {
        match (self, value) {
            (StatusPurpose::Refresh | StatusPurpose::Revocation | StatusPurpose::Suspension, 0) => {
                StatusValue::Valid
            }
            (StatusPurpose::Refresh | StatusPurpose::Message, value) => StatusValue::Informative(value),
            (StatusPurpose::Revocation, 1) => StatusValue::Revoked,
            (StatusPurpose::Suspension, 1) => StatusValue::Suspended,
            (StatusPurpose::Revocation | StatusPurpose::Suspension, value) => StatusValue::Unknown(value),
        }
    }
}

/// A list in memory, all entries default 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitstring {
    bits: Vec<u8>,
    /// Bits of an entry.
    size: u8,
}

impl Bitstring {
    /// [`ENTRIES`] zeros of one bit.
    pub fn new() -> Self {
        Bitstring { bits: vec![0; ENTRIES / 8], size: 1 }
    }

    /// [`ENTRIES`] zeros of 1, 2, 4 or 8 bits (`statusSize`); `None` for another size, whose entries would lie across bytes.
    pub fn with_size(size: u8) -> Option<Self> {
        matches!(size, 1 | 2 | 4 | 8)
            .then(|| Bitstring { bits: vec![0; ENTRIES / 8 * usize::from(size)], size })
    }

    /// Sets one entry to a value of its size.
    ///
    /// # Errors
    /// [`StatusError::IndexInvalid`]: past the end, or a value that does not fit.
    pub fn set_value(&mut self, index: usize, value: u8) -> Result<(), StatusError> {
        let (size, most) = (usize::from(self.size), 0xff_u8 >> (8 - self.size));
        if value > most {
            return Err(StatusError::IndexInvalid);
        }
        let first_bit = index.checked_mul(size).ok_or(StatusError::IndexInvalid)?;
        let byte = self.bits.get_mut(first_bit / 8).ok_or(StatusError::IndexInvalid)?;
        let shift = 8 - size - first_bit % 8;
        *byte = *byte & !(most << shift) | value << shift;
        Ok(())
    }

    /// Sets one entry to 1, or to 0.
    ///
    /// # Errors
    /// [`StatusError::IndexInvalid`].
    pub fn set(&mut self, index: usize, value: bool) -> Result<(), StatusError> {
        self.set_value(index, u8::from(value))
    }

    /// `encodedList`.
    pub fn encode(&self) -> String {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        // Writing to a `Vec` does not fail.
        let packed = gzip.write_all(&self.bits).and_then(|()| gzip.finish()).unwrap_or_default();
        multibase::encode_base64url(&packed)
    }
}

impl Default for Bitstring {
    fn default() -> Self {
        Self::new()
    }
}

/// A random index that `taken` does not hold; `None` when the list is three quarters full.
///
/// Random, because consecutive indexes would tell who was served on one day; not fuller, so that a free one is found in
/// a few tries (four on average at the end).
pub fn allocate(taken: &dyn Fn(usize) -> bool, count_taken: usize, entropy: &dyn Entropy) -> Option<usize> {
    const TRIES: usize = 1000;
    if count_taken >= ENTRIES / 4 * 3 {
        return None;
    }
    std::iter::repeat_with(|| {
        let mut bytes = [0_u8; 8];
        entropy.fill(&mut bytes);
        // ENTRIES is a power of two: no index is likelier than another.
        usize::try_from(u64::from_le_bytes(bytes) % ENTRIES as u64).unwrap_or_default()
    })
    .take(TRIES)
    .find(|index| !taken(*index))
}

/// `credentialStatus` for one entry (no `id`, no `statusMessage`).
pub fn entry(list_url: &str, purpose: StatusPurpose, index: usize) -> Value {
    json!({
        "type": ENTRY_TYPE,
        "statusPurpose": purpose.name(),
        "statusListIndex": index.to_string(),
        "statusListCredential": list_url,
    })
}

/// What the values of a `message` entry mean: one text for each value of 1, 2, 4 or 8 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusMessages {
    bits: u8,
    texts: Vec<String>,
}

impl StatusMessages {
    /// The texts of the values 0, 1, 2 …; as many as 1, 2, 4 or 8 bits have values, or `None`.
    pub fn new(texts: Vec<String>) -> Option<Self> {
        let bits = [1, 2, 4, 8].into_iter().find(|bits| texts.len() == 1 << bits)?;
        Some(StatusMessages { bits, texts })
    }

    /// `statusSize`.
    pub const fn bits(&self) -> u8 {
        self.bits
    }

    /// What a value means.
    pub fn text(&self, value: u8) -> Option<&str> {
        self.texts.get(usize::from(value)).map(String::as_str)
    }

    fn to_value(&self) -> Value {
        let of_value = |(value, message): (usize, &String)| json!({ "status": format!("{value:#x}"), "message": message });
        self.texts.iter().enumerate().map(of_value).collect()
    }
}

/// `credentialStatus` for one entry of the purpose `message`.
pub fn message_entry(list_url: &str, index: usize, messages: &StatusMessages) -> Value {
    let mut entry = entry(list_url, StatusPurpose::Message, index);
    entry["statusSize"] = messages.bits.into();
    entry["statusMessage"] = messages.to_value();
    entry
}

/// A list credential that tells the size of its entries and what their values mean (§2.2, `statusPurpose`: `message`).
pub fn with_messages(mut list: Map<String, Value>, messages: &StatusMessages) -> Map<String, Value> {
    list.insert("@context".to_owned(), json!([CONTEXT, UNDEFINED_TERMS]));
    if let Some(Value::Object(subject)) = list.get_mut("credentialSubject") {
        subject.insert("statusSize".to_owned(), messages.bits.into());
        subject.insert("statusMessages".to_owned(), messages.to_value());
    }
    list
}

/// The unsecured `BitstringStatusListCredential`.
pub fn list_credential(
    list_url: &str,
    issuer: &str,
    purpose: StatusPurpose,
    bits: &Bitstring,
    valid_from: Timestamp,
    valid_until: Timestamp,
    ttl_milliseconds: u64,
) -> Map<String, Value> {
    let members = [
        ("@context", json!([CONTEXT])),
        ("id", list_url.into()),
        ("type", json!(["VerifiableCredential", LIST_CREDENTIAL_TYPE])),
        ("issuer", issuer.into()),
        ("validFrom", date_time_stamp(valid_from).into()),
        ("validUntil", date_time_stamp(valid_until).into()),
        (
            "credentialSubject",
            json!({
                "id": format!("{list_url}#list"),
                "type": LIST_TYPE,
                "statusPurpose": purpose.name(),
                "encodedList": bits.encode(),
                "ttl": ttl_milliseconds,
            }),
        ),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn date_time_stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A parsed `BitstringStatusListEntry`.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// `statusListCredential`.
    pub list_url: String,
    /// `statusPurpose`.
    pub purpose: StatusPurpose,
    /// `statusListIndex`: a decimal string, nothing else.
    pub index: usize,
    /// `statusSize`, 1 by default.
    pub size: u8,
    /// `statusMessage`: what the values mean.
    messages: Vec<(u8, String)>,
}

/// Shows no index: list and place together are a name for somebody.
impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").finish_non_exhaustive()
    }
}

impl Entry {
    /// Reads one `credentialStatus` object of type `BitstringStatusListEntry`.
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn parse(object: &Map<String, Value>) -> Result<Self, StatusError> {
        if !has_name(object.get("type"), ENTRY_TYPE) {
            return Err(StatusError::ListInvalid("an entry of another type"));
        }
        let purpose = object
            .get("statusPurpose")
            .and_then(Value::as_str)
            .and_then(StatusPurpose::from_name)
            .ok_or(StatusError::ListInvalid("statusPurpose"))?;
        let list_url = object
            .get("statusListCredential")
            .and_then(Value::as_str)
            .filter(|url| url.contains(':'))
            .ok_or(StatusError::ListInvalid("statusListCredential"))?
            .to_owned();
        let index = object.get("statusListIndex").and_then(Value::as_str).ok_or(StatusError::IndexInvalid)?;
        let (size, messages) = (status_size(object)?, messages(object)?);
        check_references(object.get("statusReference"))?;
        Ok(Entry { list_url, purpose, index: decimal(index)?, size, messages })
    }

    /// What the issuer says that a value means (`statusMessage`).
    pub fn message(&self, value: u8) -> Option<&str> {
        let found = self.messages.iter().find(|(known, _)| *known == value);
        found.map(|(_, message)| message.as_str())
    }

    /// The value of this entry in a list whose signature, issuer and validity the caller has checked: `id` equal to the URL asked (an absent `id`
    /// is refused), type, purpose, length, index.
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn value_in(&self, list: &Map<String, Value>) -> Result<StatusValue, StatusError> {
        if list.get("id").and_then(Value::as_str) != Some(&self.list_url) {
            return Err(StatusError::ListInvalid("id is not the address asked"));
        }
        if !has_name(list.get("type"), LIST_CREDENTIAL_TYPE) {
            return Err(StatusError::ListInvalid("a credential of another type"));
        }
        let subject = subject(list)?;
        if !has_name(subject.get("type"), LIST_TYPE) {
            return Err(StatusError::ListInvalid("a subject of another type"));
        }
        if !has_name(subject.get("statusPurpose"), self.purpose.name()) {
            return Err(StatusError::ListInvalid("a list for another purpose"));
        }
        let encoded = subject
            .get("encodedList")
            .and_then(Value::as_str)
            .ok_or(StatusError::ListInvalid("encodedList"))?;
        let value = value_at(encoded, self.index, self.size)?;
        Ok(self.purpose.meaning(value))
    }
}

/// The value of entry `index`, `size` bits wide, most significant bit first.
fn value_at(encoded: &str, index: usize, size: u8) -> Result<u8, StatusError> {
    if encoded.len() > MAX_PACKED / 3 * 4 {
        return Err(StatusError::TooLarge);
    }
    let packed = multibase::decode_base64url(encoded).map_err(|_| StatusError::ListInvalid("encodedList"))?;
    let size = usize::from(size);
    let first_bit = index.checked_mul(size).ok_or(StatusError::IndexInvalid)?;
    // An entry lies in one byte or in two neighbours.
    let expanded = expand::around(GzDecoder::new(packed.as_slice()), first_bit / 8)?;
    let entries = expanded.length * 8 / size;
    if entries < ENTRIES {
        return Err(StatusError::ListInvalid("fewer entries than 131,072"));
    }
    if index >= entries {
        return Err(StatusError::IndexInvalid);
    }
    let pair = u16::from_be_bytes(expanded.bytes);
    let value = (pair << (first_bit % 8)) >> (16 - size);
    u8::try_from(value).map_err(|_| StatusError::IndexInvalid)
}

/// `credentialSubject.ttl` in milliseconds, if there.
pub fn ttl_milliseconds(list: &Map<String, Value>) -> Option<u64> {
    subject(list).ok()?.get("ttl")?.as_u64()
}

fn subject(list: &Map<String, Value>) -> Result<&Map<String, Value>, StatusError> {
    list.get("credentialSubject")
        .and_then(Value::as_object)
        .ok_or(StatusError::ListInvalid("credentialSubject"))
}

/// `statusSize`: 1 by default. Where messages are, there is one for each value; for more than one bit they have to be.
fn status_size(object: &Map<String, Value>) -> Result<u8, StatusError> {
    const WRONG: StatusError = StatusError::ListInvalid("statusSize");
    let size = match object.get("statusSize") {
        None => 1,
        Some(size) => size.as_u64().ok_or(WRONG)?,
    };
    let size = u8::try_from(size).ok().filter(|size| (1..=8).contains(size)).ok_or(WRONG)?;
    let messages = object.get("statusMessage").map(|messages| messages.as_array().map_or(0, Vec::len));
    match messages {
        None if size == 1 => Ok(size),
        Some(count) if count == 1 << size => Ok(size),
        _ => Err(StatusError::ListInvalid("statusMessage")),
    }
}

/// `statusReference`: a URL, or several.
fn check_references(references: Option<&Value>) -> Result<(), StatusError> {
    let urls = match references {
        None => return Ok(()),
        Some(Value::Array(urls)) => urls.as_slice(),
        Some(url) => std::slice::from_ref(url),
    };
    let is_url =
        |url: &Value| url.as_str().is_some_and(|url| url.contains(':') && !url.contains(char::is_whitespace));
    if urls.iter().all(is_url) { Ok(()) } else { Err(StatusError::ListInvalid("statusReference")) }
}

/// `statusMessage`: objects with `status`, hexadecimal after `0x`, and `message`.
fn messages(object: &Map<String, Value>) -> Result<Vec<(u8, String)>, StatusError> {
    const WRONG: StatusError = StatusError::ListInvalid("statusMessage");
    let messages = match object.get("statusMessage") {
        None => return Ok(Vec::new()),
        Some(messages) => messages.as_array().ok_or(WRONG)?,
    };
    let read = |message: &Value| {
        let digits = message.get("status")?.as_str()?.strip_prefix("0x")?;
        let value = u8::from_str_radix(digits, 16).ok()?;
        Some((value, message.get("message")?.as_str()?.to_owned()))
    };
    messages.iter().map(|message| read(message).ok_or(WRONG)).collect()
}

fn decimal(text: &str) -> Result<usize, StatusError> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_err(|_| StatusError::IndexInvalid);
    }
    Err(StatusError::IndexInvalid)
}

/// Whether a member is `name`, or an array that holds it.
fn has_name(member: Option<&Value>, name: &str) -> bool {
    match member {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
