//! JWE, compact serialization (RFC 7516 §7.1): `ECDH-ES` on P-256, direct, with `A128GCM` or `A256GCM`. Nothing else is read: no key wrapping, no
//! password, no compression. What costs work before a key is proved to fit is refused by its name.

use portage_keys::{
    AgreementKey, AgreementPublicKey, Entropy,
    aead::{self, IV, Sealed, TAG},
    base64url,
};
use portage_reason::Reason;
use portage_strict_json::Limits;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::{
    EncryptionJwk,
    encryption_jwk::{ECDH_ES, coordinates, public_key},
    jws::parse_members,
};

/// `enc`: how the content is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentEncryption {
    /// `A128GCM`.
    A128Gcm,
    /// `A256GCM`.
    A256Gcm,
}

impl ContentEncryption {
    /// Both, the preferred one first.
    pub const ALL: [ContentEncryption; 2] = [ContentEncryption::A256Gcm, ContentEncryption::A128Gcm];

    /// The name in a header.
    pub const fn name(self) -> &'static str {
        match self {
            ContentEncryption::A128Gcm => "A128GCM",
            ContentEncryption::A256Gcm => "A256GCM",
        }
    }

    /// Reads `enc`; everything else is `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    const fn key_length(self) -> usize {
        match self {
            ContentEncryption::A128Gcm => 16,
            ContentEncryption::A256Gcm => 32,
        }
    }
}

/// Why a JWE was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JweError {
    /// Not five parts of canonical base64url, a header that is not a JSON object of the right members, `crit`, a point off the curve.
    #[error("not a JWE: {0}")]
    Malformed(&'static str),
    /// Over the limit.
    #[error("the message is over the limit")]
    TooLarge,
    /// Another `alg`, another `enc`, or `zip`.
    #[error("a way to encrypt that is not allowed here")]
    AlgNotAllowed,
    /// It was encrypted to another key, or changed on the way.
    #[error("the message does not fit the key")]
    NotForThisKey,
}

impl JweError {
    /// `malformed`, `too_large`, `alg_not_allowed`, `key_mismatch`.
    pub fn reason(&self) -> Reason {
        match self {
            JweError::Malformed(_) => Reason::Malformed,
            JweError::TooLarge => Reason::TooLarge,
            JweError::AlgNotAllowed => Reason::AlgNotAllowed,
            JweError::NotForThisKey => Reason::KeyMismatch,
        }
    }
}

/// Encrypts to a key, whose `kid` goes along: an ephemeral key for this one message. `None` never comes of a sound key.
///
/// # Errors
/// [`JweError`]: the primitives refused; nothing in a recipient's key that was read leads there.
pub fn encrypt(
    message: &[u8],
    recipient: &EncryptionJwk,
    enc: ContentEncryption,
    entropy: &dyn Entropy,
) -> Result<String, JweError> {
    let ephemeral = AgreementKey::generate(entropy);
    let mut header = Map::new();
    header.insert("alg".into(), ECDH_ES.into());
    header.insert("enc".into(), enc.name().into());
    header.extend(recipient.kid().map(|kid| ("kid".to_owned(), kid.into())));
    header.insert("epk".into(), Value::Object(coordinates(&ephemeral.public_key())));
    let header = base64url::encode(Value::Object(header).to_string().as_bytes());
    let key = content_key(&ephemeral, recipient.key(), enc, [&[], &[]]).ok_or(JweError::AlgNotAllowed)?;
    let sealed =
        aead::seal(&key, header.as_bytes(), message, entropy).map_err(|_| JweError::NotForThisKey)?;
    let [iv, ciphertext, tag] = [&sealed.iv[..], &sealed.ciphertext, &sealed.tag].map(base64url::encode);
    Ok(format!("{header}..{iv}.{ciphertext}.{tag}"))
}

/// A compact JWE as it arrived: parsed, and nothing in it opened.
pub struct EncryptedMessage {
    header: String,
    kid: Option<String>,
    enc: ContentEncryption,
    ephemeral: AgreementPublicKey,
    parties: [Vec<u8>; 2],
    sealed: Sealed,
}

impl EncryptedMessage {
    /// Parses a compact JWE of at most 1 MiB. Whatever is not `ECDH-ES` with `A128GCM` or `A256GCM` is refused here, before any key is looked for.
    ///
    /// # Errors
    /// [`JweError::Malformed`], [`JweError::TooLarge`], [`JweError::AlgNotAllowed`].
    pub fn parse(compact: &str) -> Result<Self, JweError> {
        if compact.len() > Limits::MESSAGE.max_bytes {
            return Err(JweError::TooLarge);
        }
        let parts: Vec<&str> = compact.split('.').collect();
        let [header, encrypted_key, iv, ciphertext, tag] = parts[..] else {
            return Err(JweError::Malformed("not five parts between dots"));
        };
        let members = parse_members(&decode(header)?, Limits::METADATA, "the header is not a JSON object")
            .map_err(|_| JweError::Malformed("the header is not a JSON object"))?;
        if members.contains_key("crit") {
            return Err(JweError::Malformed("a header that demands an extension"));
        }
        if text(&members, "alg")? != Some(ECDH_ES) || members.contains_key("zip") {
            return Err(JweError::AlgNotAllowed);
        }
        let enc = text(&members, "enc")?.and_then(ContentEncryption::from_name);
        let enc = enc.ok_or(JweError::AlgNotAllowed)?;
        if !encrypted_key.is_empty() {
            return Err(JweError::Malformed("an encrypted key where the key is agreed on"));
        }
        let party = |name| text(&members, name)?.map(decode).transpose().map(Option::unwrap_or_default);
        Ok(EncryptedMessage {
            kid: text(&members, "kid")?.map(str::to_owned),
            enc,
            ephemeral: ephemeral(&members)?,
            parties: [party("apu")?, party("apv")?],
            sealed: Sealed { iv: sized::<IV>(iv)?, ciphertext: decode(ciphertext)?, tag: sized::<TAG>(tag)? },
            header: header.to_owned(),
        })
    }

    /// Which key it says it is encrypted to.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// How its content is encrypted.
    pub fn enc(&self) -> ContentEncryption {
        self.enc
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`JweError::NotForThisKey`].
    pub fn decrypt(&self, key: &AgreementKey) -> Result<Zeroizing<Vec<u8>>, JweError> {
        let parties = [self.parties[0].as_slice(), self.parties[1].as_slice()];
        let key = content_key(key, &self.ephemeral, self.enc, parties).ok_or(JweError::NotForThisKey)?;
        let opened = aead::open(&key, self.header.as_bytes(), &self.sealed);
        opened.map(Zeroizing::new).map_err(|_| JweError::NotForThisKey)
    }
}

/// Shows nothing of the message.
impl std::fmt::Debug for EncryptedMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncryptedMessage").field("enc", &self.enc).finish_non_exhaustive()
    }
}

/// `OtherInfo` of RFC 7518 §4.6.2: AlgorithmID (`enc`, the key is used directly), PartyUInfo, PartyVInfo, the length of the key in bits.
fn content_key(
    own: &AgreementKey,
    other: &AgreementPublicKey,
    enc: ContentEncryption,
    parties: [&[u8]; 2],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut info = Vec::new();
    for field in [enc.name().as_bytes(), parties[0], parties[1]] {
        info.extend_from_slice(&u32::try_from(field.len()).ok()?.to_be_bytes());
        info.extend_from_slice(field);
    }
    let bits = u32::try_from(enc.key_length() * 8).ok()?;
    info.extend_from_slice(&bits.to_be_bytes());
    own.derive(other, &info, enc.key_length())
}

/// `epk`: a public key of P-256.
fn ephemeral(header: &Map<String, Value>) -> Result<AgreementPublicKey, JweError> {
    const WHAT: JweError = JweError::Malformed("epk is not a public key of P-256");
    let epk = header.get("epk").and_then(Value::as_object).ok_or(WHAT)?;
    let is_p256 =
        epk.get("kty").is_some_and(|kty| kty == "EC") && epk.get("crv").is_some_and(|crv| crv == "P-256");
    if !is_p256 || epk.contains_key("d") {
        return Err(WHAT);
    }
    public_key(epk).map_err(|_| WHAT)
}

fn text<'m>(header: &'m Map<String, Value>, name: &str) -> Result<Option<&'m str>, JweError> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JweError::Malformed("a member of the header that is not a string")),
    }
}

fn decode(part: &str) -> Result<Vec<u8>, JweError> {
    base64url::decode(part).map_err(|_| JweError::Malformed("not canonical base64url"))
}

fn sized<const N: usize>(part: &str) -> Result<[u8; N], JweError> {
    decode(part)?.try_into().map_err(|_| JweError::Malformed("an IV or a tag of another length"))
}

#[cfg(test)]
mod tests {
    use portage_keys::OsEntropy;
    use serde_json::json;

    use super::*;

    fn recipient() -> (AgreementKey, EncryptionJwk) {
        let key = AgreementKey::generate(&OsEntropy);
        let jwk = EncryptionJwk::new(key.public_key(), "k-1");
        (key, jwk)
    }

    /// The message with another header.
    fn with_header(compact: &str, change: impl FnOnce(&mut Map<String, Value>)) -> String {
        let (header, rest) = compact.split_once('.').unwrap();
        let mut header: Map<String, Value> =
            serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap();
        change(&mut header);
        format!("{}.{rest}", base64url::encode(Value::Object(header).to_string().as_bytes()))
    }

    #[test]
    fn what_is_encrypted_is_opened_by_the_recipient_alone() {
        let (key, jwk) = recipient();
        for enc in ContentEncryption::ALL {
            let compact = encrypt(b"a message", &jwk, enc, &OsEntropy).unwrap();
            let message = EncryptedMessage::parse(&compact).unwrap();
            assert_eq!((message.kid(), message.enc()), (Some("k-1"), enc));
            assert_eq!(message.decrypt(&key).unwrap().as_slice(), b"a message");
            assert_eq!(message.decrypt(&recipient().0).err(), Some(JweError::NotForThisKey));
            let renamed = with_header(&compact, |header| drop(header.insert("kid".into(), "k-2".into())));
            let renamed = EncryptedMessage::parse(&renamed).unwrap();
            assert_eq!(renamed.decrypt(&key).err(), Some(JweError::NotForThisKey), "the header is sealed");
        }
    }

    #[test]
    fn v37_other_ways_to_encrypt_are_refused_before_a_key_is_looked_for() {
        let (_, jwk) = recipient();
        let sound = encrypt(b"a message", &jwk, ContentEncryption::A128Gcm, &OsEntropy).unwrap();
        assert!(EncryptedMessage::parse(&sound).is_ok());
        for (name, value) in [
            ("alg", json!("dir")),
            ("alg", json!("RSA1_5")),
            ("alg", json!("RSA-OAEP-256")),
            ("alg", json!("PBES2-HS256+A128KW")),
            ("alg", json!("ECDH-ES+A128KW")),
            ("alg", json!("none")),
            ("enc", json!("A128CBC-HS256")),
            ("enc", json!("A192GCM")),
            ("enc", json!("XC20P")),
            ("zip", json!("DEF")),
        ] {
            let other = with_header(&sound, |header| drop(header.insert(name.into(), value.clone())));
            let refused = EncryptedMessage::parse(&other).unwrap_err();
            assert_eq!(refused, JweError::AlgNotAllowed, "{name} {value}");
        }
    }

    #[test]
    fn v37_a_point_off_the_curve_and_other_shapes_are_malformed() {
        let (_, jwk) = recipient();
        let sound = encrypt(b"a message", &jwk, ContentEncryption::A256Gcm, &OsEntropy).unwrap();
        let epk =
            |name: &'static str, value: Value| with_header(&sound, |header| header["epk"][name] = value);
        let parts: Vec<&str> = sound.split('.').collect();
        for bad in [
            epk("y", json!(base64url::encode(&[1; 32]))),
            epk("x", json!("")),
            epk("crv", json!("P-384")),
            epk("d", json!("AA")),
            with_header(&sound, |header| drop(header.remove("epk"))),
            with_header(&sound, |header| drop(header.insert("crit".into(), json!(["exp"])))),
            with_header(&sound, |header| drop(header.insert("apu".into(), json!("a=")))),
            with_header(&sound, |header| drop(header.insert("kid".into(), json!(1)))),
            sound.replace("..", ".AA."),
            format!("{sound}.AA"),
            parts[..4].join("."),
            format!("{}..{}.{}.{}", parts[0], &parts[2][..8], parts[3], parts[4]),
            format!("{}..{}.{}.{}", parts[0], parts[2], parts[3], &parts[4][..20]),
        ] {
            assert!(matches!(EncryptedMessage::parse(&bad), Err(JweError::Malformed(_))), "{bad}");
        }
        let long = format!("{sound}{}", "A".repeat(1 << 20));
        assert_eq!(EncryptedMessage::parse(&long).unwrap_err(), JweError::TooLarge);
    }

    /// RFC 7518 appendix C: the key that Bob and Alice agree on, for `A128GCM`.
    #[test]
    fn the_agreement_of_rfc_7518_comes_out() {
        let bytes = |text: &str| base64url::decode(text).unwrap();
        let alice =
            AgreementKey::from_secret_bytes(&bytes("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo")).unwrap();
        let bob = AgreementPublicKey::from_coordinates(
            &bytes("weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ"),
            &bytes("e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"),
        )
        .unwrap();
        let key = content_key(&alice, &bob, ContentEncryption::A128Gcm, [b"Alice", b"Bob"]).unwrap();
        assert_eq!(base64url::encode(&key), "VqqN6vgjbSBcIijNcacQGg");
    }
}
